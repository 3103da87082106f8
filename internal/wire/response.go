package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
)

// A download is an output that is no JSON document.
type download interface {
	parts() (contentType, contentDisposition *string, body []byte)
}

func (r *ExportResponse) parts() (*string, *string, []byte) {
	return r.ContentType, r.ContentDisposition, r.Body
}

func (r *SDKResponse) parts() (*string, *string, []byte) {
	return r.ContentType, r.ContentDisposition, r.Body
}

// An answer is what a successful call is answered with, besides its status.
type answer struct {
	contentType, disposition *string // headers; nil for none
	body                     []byte
}

var jsonType = "application/json"

// encodeOutput makes the answer of an operation's output.
func encodeOutput(op *Operation, out any) (answer, error) {
	if op.output == "" {
		return answer{}, nil
	}
	if reflect.ValueOf(out).IsNil() {
		return answer{}, fmt.Errorf("%s has returned no output", op.Name)
	}
	if d, ok := out.(download); ok {
		contentType, disposition, body := d.parts()
		return answer{contentType, disposition, body}, nil
	}
	body, err := encode(out)
	if err != nil {
		return answer{}, fmt.Errorf("encode output of %s: %w", op.Name, err)
	}
	return answer{&jsonType, nil, body}, nil
}

func setHeader(h http.Header, name string, value *string) {
	if value != nil {
		h.Set(name, *value)
	}
}

// writeError writes the answer of a failed call and returns its status. An error
// that is no Error becomes a 500, which tells the client nothing more.
func writeError(w http.ResponseWriter, c *call, err error) int {
	e := &Error{Status: http.StatusInternalServerError, Type: "InternalFailure", Message: "Internal server error"}
	errors.As(err, &e)
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h["x-amzn-ErrorType"] = []string{e.Type} // spelled as the service does
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	body, _ := encode(struct { // a string always encodes
		Message string `json:"message"`
	}{e.Message})
	write(w, c.id, e.Status, body)
	return e.Status
}

// write sends an answer whose other headers are set. It always gives
// the length, which net/http leaves out of a 204, as HTTP wants.
func write(w http.ResponseWriter, id string, status int, body []byte) {
	h := w.Header()
	h["x-amzn-RequestId"] = []string{id}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // a client that went away is nobody's error
}

// encode returns v as JSON, without the escapes that HTML would need.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
