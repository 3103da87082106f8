// Package mapping is what the templates and the parameter mappings of one call
// can see: the request, the response of the backend, $context, the stage's
// variables; and the expressions that parameter mappings are made of.
//
// Compiled templates and expressions are shared by all calls; a Scope belongs
// to one. What a mapping's value becomes (a header, a path, a query parameter)
// and which template applies is the pipeline's business.
package mapping

import (
	"cmp"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A Side says which message $input and body expressions read.
type Side uint8

// The two sides of a call.
const (
	RequestSide  Side = iota // the method request
	ResponseSide             // the integration response; $input.params still reads the request
)

// A Param is one named value: a path variable without braces and "+", a query
// parameter or a header, decoded.
type Param struct{ Name, Value string }

// A Scope is the state of one call that templates and expressions read, and
// the overrides that templates write. It belongs to one goroutine at a time.
// The zero value is an empty scope; Reset makes a used one so again and keeps
// its memory. Its inputs must not change once a template or expression ran,
// except that the response may be set between the two sides.
type Scope struct {
	Context        Context
	Headers        httpmsg.Header        // of the request, as a Lambda event has them
	SeeHeaders     func() httpmsg.Header // makes Headers when they are first needed; nil where they are set
	Host           string                // Host header, which Headers lacks; "" for none
	PathParams     []Param
	RawQuery       string // parsed when it is first needed
	StageVariables map[string]string

	RequestBody     []byte // parsed as JSON once, when first needed
	ResponseBody    []byte // of the integration
	ResponseHeaders httpmsg.Header

	// RequestMemory and ResponseMemory are asked for what the templates and
	// expressions of a side make, parsed bodies included; nil asks nobody. Their
	// errors end a render or an evaluation.
	RequestMemory, ResponseMemory value.Meter

	Deadline time.Time             // ends a render with an error, before MaxTime; zero for MaxTime alone
	Hook     func(vtl.Event) error // told of each step of a render, unless nil

	Overrides Overrides

	side     Side
	template *Template // being rendered
	request  document
	response document
	query    paramList                // as sent
	once     paramList                // query without repeated names
	header   paramList                // without repeated names
	extra    [extraObjects]*value.Map // what #set put into $context and its parts

	gaveUp error        // why something could not be made; the first reason
	dues   [2]time.Time // by Side; zero before its work begins

	run        vtl.RunOptions
	pathBounds jsonpath.Bounds
	scratch    []byte // for what is about to become a string

	requestOverride  *overrideMap
	responseOverride *overrideMap
	overrideFault    *OverrideError // the first
}

// Overrides are what templates set under $context.requestOverride and
// $context.responseOverride, in the order in which they were set. A list is
// joined with commas.
type Overrides struct {
	RequestHeader  []Param
	RequestPath    []Param
	RequestQuery   []Param
	ResponseHeader []Param
	ResponseStatus int // 0 when not set, or not an integer from 100 to 599
}

// Reset empties the scope for the next call.
func (s *Scope) Reset() {
	path, query, once, header, scratch := s.PathParams, s.query.list, s.once.list, s.header.list, s.scratch
	*s = Scope{}
	s.PathParams, s.query.list, s.once.list, s.header.list = emptied(path), emptied(query), emptied(once), emptied(header)
	if cap(scratch) <= 64<<10 {
		s.scratch = scratch[:0]
	}
}

// emptied forgets what a list holds and keeps its memory, unless that is much.
func emptied(list []Param) []Param {
	if cap(list) > 256 {
		return nil
	}
	clear(list)
	return list[:0]
}

// A document is a body as text and, once it was asked for, as JSON.
type document struct {
	raw    []byte // what text and json were made from
	text   string
	json   value.Value
	read   bool
	parsed bool
	err    error // why text is not JSON
}

// body returns the document of a side.
func (s *Scope) body(side Side) *document {
	d, raw := &s.request, s.RequestBody
	if side == ResponseSide {
		d, raw = &s.response, s.ResponseBody
	}
	if !d.read || len(raw) != len(d.raw) || len(raw) > 0 && &raw[0] != &d.raw[0] {
		*d = document{raw: raw, read: true}
		if err := s.take(side, len(raw)); err != nil {
			s.giveUp(err)
			d.parsed, d.err = true, err
			return d
		}
		d.text = string(raw)
		if len(raw) == 0 {
			d.text = "{}" // as AWS shows an empty body (recorded)
		}
	}
	return d
}

// parse returns the body of a side as JSON, read leniently as Jayway's parser
// does: a text that begins like no JSON, such as a form or XML, is one string to
// its end.
func (s *Scope) parse(side Side) (value.Value, error) {
	d := s.body(side)
	if !d.parsed {
		d.json, d.err = value.Parse(d.text, value.Limits{Memory: s.memory(side)})
		if _, malformed := d.err.(*value.ParseError); d.err != nil && !malformed {
			s.giveUp(d.err)
		}
		d.parsed = true
	}
	return d.json, d.err
}

// RequestJSON returns the request's body as JSON, read once for whoever asks. A
// body that is no JSON by the letter of the standard is ErrNotJSON here, however
// lenient templates are; other errors are those of RequestMemory.
func (s *Scope) RequestJSON() (value.Value, error) {
	if len(s.RequestBody) > 0 && jsontext.Check(s.RequestBody, value.DefaultDepth) != nil {
		return value.Value{}, ErrNotJSON
	}
	doc, err := s.parse(RequestSide)
	if err != nil {
		err = cmp.Or(s.gaveUp, ErrNotJSON)
	}
	return doc, err
}

// pathParam returns a path variable.
func (s *Scope) pathParam(name string) (string, bool) { return lookup(s.PathParams, name) }

// queryParam returns the last value of a query parameter.
func (s *Scope) queryParam(name string) (string, bool) { return lookup(s.queryParams(), name) }

// headerParam returns the last value of a request header. AWS compares names
// letter by letter. Here the spelling asked for goes first and then any other:
// over HTTP/2, and from many clients, names are in lower case.
func (s *Scope) headerParam(name string) (string, bool) {
	headers := s.seenHeaders()
	if v, ok := lastExact(headers, name); ok {
		return v, true
	}
	if v, ok := headers.Last(name); ok {
		return v, true
	}
	if s.Host != "" && httpmsg.EqualFold(name, "Host") {
		return s.Host, true
	}
	return "", false
}

// seenHeaders returns the request's headers but Host.
func (s *Scope) seenHeaders() httpmsg.Header {
	if see := s.SeeHeaders; see != nil {
		s.SeeHeaders = nil
		s.Headers = see()
	}
	return s.Headers
}

// Query returns the query parameters as the client sent them, decoded, repeated
// names included. It belongs to the scope.
func (s *Scope) Query() []Param { return s.queryParams() }

// queryParams returns all query parameters, repeated names included.
func (s *Scope) queryParams() []Param {
	if !s.query.made && s.affordQuery() {
		s.query.list = parseQuery(s.query.list[:0], s.RawQuery)
		s.query.made = true
	}
	return s.query.list
}

// affordQuery asks for the memory of a long list of query parameters: two bytes
// of the request become two entries of lists and one of an index.
func (s *Scope) affordQuery() bool {
	const few, each = 256, 128
	n := strings.Count(s.RawQuery, "&") + strings.Count(s.RawQuery, ";") + 1
	if n <= few {
		return true
	}
	err := s.take(RequestSide, n*each)
	if err != nil {
		s.giveUp(err)
		s.query = paramList{list: s.query.list[:0], made: true}
	}
	return err == nil
}

func lookup(params []Param, name string) (string, bool) {
	for i := len(params) - 1; i >= 0; i-- {
		if params[i].Name == name {
			return params[i].Value, true
		}
	}
	return "", false
}

func lastExact(h httpmsg.Header, name string) (string, bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Name == name {
			return h[i].Value, true
		}
	}
	return "", false
}

// parseQuery splits a raw query at "&" and ";" and decodes it.
func parseQuery(dst []Param, raw string) []Param {
	for raw != "" {
		pair := raw
		if i := strings.IndexAny(raw, "&;"); i >= 0 {
			pair, raw = raw[:i], raw[i+1:]
		} else {
			raw = ""
		}
		if pair == "" {
			continue
		}
		name, val, _ := strings.Cut(pair, "=")
		dst = append(dst, Param{UnescapeQuery(name), UnescapeQuery(val)})
	}
	return dst
}

// UnescapeQuery decodes "+" and %XX as the parameters of a query are read; a percent
// sign that starts no escape stays.
func UnescapeQuery(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out = append(out, ' ')
		case s[i] == '%':
			c, ok := percent.Decode(s[i:])
			if !ok {
				out = append(out, '%')
				continue
			}
			out = append(out, c)
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}
