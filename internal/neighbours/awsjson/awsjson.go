// Package awsjson is AWS's JSON protocol, version 1.1, which CloudWatch Logs and ACM
// speak: a header names the operation, JSON comes and goes.
package awsjson

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Protocol is that of one service. It is an operation.Protocol. Inputs and outputs
// are structs of encoding/json; a member of a request that the input has no field for
// is refused.
type Protocol struct {
	Target  string // what stands before the dot in X-Amz-Target, such as Logs_20140328
	Called  string // the service's name in messages, such as CloudWatch Logs
	Wrong   string // type of the error for inputs that break the model's constraints; "" means ValidationException
	Unknown string // type of the error for an operation that there is not; "" means UnknownOperationException
}

// contentType is that of requests and answers.
const contentType = "application/x-amz-json-1.1"

// Read finds the operation of a request by its header.
func (p *Protocol) Read(r *http.Request, body []byte, known map[string]operation.Operation) (string, func(any) error, error) {
	target := r.Header.Get("X-Amz-Target")
	name, ok := strings.CutPrefix(target, p.Target+".")
	if _, is := known[name]; !ok || !is {
		return "", nil, &wire.Error{Status: http.StatusBadRequest, Type: cmp.Or(p.Unknown, "UnknownOperationException"),
			Message: "This server answers " + operation.Names(known) + " of " + p.Called + " alone, and not " + wire.Truncated(target)}
	}
	return name, func(in any) error { return p.bind(name, body, in) }, nil
}

// bind reads the JSON of a request into what in points to.
func (p *Protocol) bind(name string, body []byte, in any) error {
	return Bind(name, body, in, p.Invalid)
}

// Bind reads an object of JSON into what in points to, for an operation. No body is an
// empty object. invalid makes the error for a member that the input has no field for.
func Bind(name string, body []byte, in any, invalid func(text string) error) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(in)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is more behind the object")
		}
	}
	if err == nil {
		return nil
	}
	if member, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid("This server does not support the member " + wire.Truncated(member) + " of " + name + ".")
	}
	text := "The request is no JSON"
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		text = "The member " + wrong.Field + " can not be a " + wrong.Value
	}
	return wire.Serialization("%s", text)
}

// Invalid is the error of the service for inputs that break the model's constraints.
func (p *Protocol) Invalid(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: cmp.Or(p.Wrong, "ValidationException"), Message: text}
}

// Answer sends what an operation returned; of Nothing an empty body, as CloudWatch Logs
// and ACM do.
func (p *Protocol) Answer(w http.ResponseWriter, c *operation.Call, out any) int {
	var text []byte
	if _, none := out.(*operation.Nothing); !none {
		text = encode(out)
	}
	return send(w, c, http.StatusOK, text)
}

// Refuse sends an error.
func (p *Protocol) Refuse(w http.ResponseWriter, c *operation.Call, e *wire.Error) int {
	if e.Type == "UnauthorizedException" {
		e = &wire.Error{Status: http.StatusBadRequest, Type: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	status := e.Status
	if status < http.StatusInternalServerError && status != http.StatusRequestEntityTooLarge {
		status = http.StatusBadRequest // whatever it is, but for what the servers before it say
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	return send(w, c, status, encode(map[string]string{"__type": e.Type, "message": e.Message}))
}

// encode is the JSON of a value of which there always is one.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // of these types there is no error
	return bytes.TrimRight(b.Bytes(), "\n")
}

func send(w http.ResponseWriter, c *operation.Call, status int, text []byte) int {
	h := w.Header()
	h["x-amzn-RequestId"] = []string{c.RequestID}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that went away is nobody's error
	return status
}
