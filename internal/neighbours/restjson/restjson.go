// Package restjson is AWS's REST protocol with JSON, which Lambda speaks: the method and
// the path name the operation and what it is about, JSON or a payload comes and goes.
package restjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/awsjson"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Route is how an operation is called. In an input the tag uri has a field take a
// label, query a parameter, header a line, and payload the whole body; the others are
// members of the body's JSON. A member that no field is for is refused.
type Route struct {
	Operation string
	Method    string
	Path      string // with labels, /functions/{FunctionName}/code
	Status    int    // of its answers; 0 means 200
}

// A Sender is an output that is no JSON: it sends itself, and returns the status.
type Sender interface {
	Send(w http.ResponseWriter, c *operation.Call) int
}

// A Protocol is that of one service. It is an operation.Protocol.
type Protocol struct {
	Called string // the service's name in messages, such as Lambda
	Wrong  string // type of the error for inputs that break the model's constraints

	routes []route
	status map[string]int
}

type route struct {
	Route
	parts []string
}

// New makes the protocol of a service with these operations.
func New(called, wrong string, routes []Route) *Protocol {
	p := &Protocol{Called: called, Wrong: wrong, status: make(map[string]int, len(routes))}
	for _, r := range routes {
		p.routes = append(p.routes, route{r, strings.Split(strings.Trim(r.Path, "/"), "/")})
		p.status[r.Operation] = r.Status
	}
	return p
}

// match finds the route of a request, and what its labels are, unescaped.
func (p *Protocol) match(r *http.Request) (*route, map[string]string) {
	path := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for i := range p.routes {
		if rt := &p.routes[i]; rt.Method == r.Method && len(rt.parts) == len(path) {
			if labels, ok := rt.labels(path); ok {
				return rt, labels
			}
		}
	}
	return nil, nil
}

func (rt *route) labels(path []string) (map[string]string, bool) {
	labels := make(map[string]string, 2)
	for i, part := range rt.parts {
		name, label := strings.CutPrefix(part, "{")
		if !label {
			if part != path[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(path[i])
		if err != nil || value == "" {
			return nil, false
		}
		labels[strings.TrimSuffix(name, "}")] = value
	}
	return labels, true
}

// Read finds the operation of a request by its method and path.
func (p *Protocol) Read(r *http.Request, body []byte, known map[string]operation.Operation) (string, func(any) error, error) {
	rt, labels := p.match(r)
	if rt == nil {
		return "", nil, &wire.Error{Status: http.StatusNotImplemented, Type: "UnknownOperationException", Message: "This server does not answer " + r.Method + " " + wire.Truncated(r.URL.Path) +
			": of " + p.Called + " it answers " + operation.Names(known)}
	}
	return rt.Operation, func(in any) error { return p.bind(rt.Operation, r, labels, body, in) }, nil
}

// bind reads a request into the struct that in points to.
func (p *Protocol) bind(name string, r *http.Request, labels map[string]string, body []byte, in any) error {
	v, query := reflect.ValueOf(in).Elem(), r.URL.Query()
	payload := false
	var known []string
	for i := range v.NumField() {
		field, tag := v.Field(i), v.Type().Field(i).Tag
		if _, ok := tag.Lookup("payload"); ok {
			field.SetBytes(slices.Clone(body))
			payload = true
		}
		if label := tag.Get("uri"); label != "" {
			field.SetString(labels[label])
		}
		if line := tag.Get("header"); line != "" {
			field.SetString(r.Header.Get(line))
		}
		if parameter := tag.Get("query"); parameter != "" {
			known = append(known, parameter)
			if err := p.parameter(field, parameter, query[parameter]); err != nil {
				return err
			}
		}
	}
	for parameter := range query {
		if !slices.Contains(known, parameter) && !strings.HasPrefix(parameter, "X-Amz-") {
			return p.Invalid("This server does not support the parameter " + wire.Truncated(parameter) + " of " + name + ".")
		}
	}
	if payload {
		return nil
	}
	return awsjson.Bind(name, body, in, p.Invalid)
}

// parameter reads what a query says under one name.
func (p *Protocol) parameter(field reflect.Value, name string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	switch field.Kind() {
	case reflect.Slice:
		field.Set(reflect.ValueOf(values))
	case reflect.Int:
		n, err := strconv.Atoi(values[0])
		if err != nil {
			return p.Invalid(fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must be an integer", wire.Truncated(values[0]), strings.ToLower(name[:1])+name[1:]))
		}
		field.SetInt(int64(n))
	default:
		field.SetString(values[0])
	}
	return nil
}

// Invalid is the error of the service for inputs that break the model's constraints.
func (p *Protocol) Invalid(text string) error {
	return &wire.Error{Status: http.StatusBadRequest, Type: p.Wrong, Message: text}
}

// Answer sends what an operation returned.
func (p *Protocol) Answer(w http.ResponseWriter, c *operation.Call, out any) int {
	if s, ok := out.(Sender); ok {
		return s.Send(w, c)
	}
	status := p.status[c.Operation]
	if status == 0 {
		status = http.StatusOK
	}
	if _, none := out.(*operation.Nothing); none {
		return send(w, c, status, nil)
	}
	return send(w, c, status, encode(out))
}

// Refuse sends an error, whose type a header says.
func (p *Protocol) Refuse(w http.ResponseWriter, c *operation.Call, e *wire.Error) int {
	if e.Type == "UnauthorizedException" {
		e = &wire.Error{Status: http.StatusForbidden, Type: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	whose := "User"
	if e.Status >= http.StatusInternalServerError {
		whose = "Service"
	}
	w.Header()["x-amzn-ErrorType"] = []string{e.Type}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	body := map[string]string{"Type": whose, "message": e.Message}
	if e.Type == "ResourceNotFoundException" || e.Type == "ServiceException" { // whose member has a capital
		body = map[string]string{"Type": whose, "Message": e.Message}
	}
	return send(w, c, e.Status, encode(body))
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
	if status != http.StatusNoContent {
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(text)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that went away is nobody's error; of a 204 there is nothing
	return status
}
