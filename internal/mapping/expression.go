package mapping

import (
	"cmp"
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A Kind is which of AWS's parameter mappings an expression is of, which decides
// what it may read.
type Kind uint8

// The kinds of parameter mappings.
const (
	IntegrationRequest Kind = iota // Integration.requestParameters
	MethodResponse                 // IntegrationResponse.responseParameters
	GatewayResponse                // GatewayResponse.responseParameters
)

// ErrNotJSON is the error of a body expression when the body looks like JSON
// and is none.
var ErrNotJSON = errors.New("body is not JSON")

// A source is what an expression reads.
type source uint8

const (
	fromStatic source = iota
	fromPath
	fromQuery
	fromQueryAll
	fromHeader
	fromHeaderAll
	fromBody
	fromResponseHeader
	fromResponseHeaderAll
	fromResponseBody
	fromContext
	fromStageVariable
)

// An Expression is the compiled right side of a parameter mapping. It is
// immutable and used by any number of calls at once.
type Expression struct {
	text string
	from source
	name string         // of a parameter, header or variable; a static value
	path *jsonpath.Path // into a body; nil for all of it
}

// ParseExpression compiles an expression. The error is an *InvalidError.
func ParseExpression(text string, kind Kind) (*Expression, error) {
	e := &Expression{text: text}
	if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
		e.name = text[1 : n-1]
		return e, nil
	}
	if !e.parse(text, kind) {
		return nil, &InvalidError{Text: text}
	}
	return e, nil
}

func (e *Expression) parse(text string, kind Kind) bool {
	head, rest, _ := strings.Cut(text, ".")
	switch head {
	case "context":
		e.from = fromContext
		return e.named(rest)
	case "stageVariables":
		e.from = fromStageVariable
		return e.named(rest)
	}
	if rest, ok := strings.CutPrefix(text, "integration.response."); ok && kind == MethodResponse {
		return e.parseResponse(rest)
	}
	rest, ok := strings.CutPrefix(text, "method.request.")
	if !ok || kind == MethodResponse {
		return false
	}
	if rest == "body" || strings.HasPrefix(rest, "body.") {
		e.from = fromBody
		return kind == IntegrationRequest && e.body(rest)
	}
	location, name, _ := strings.Cut(rest, ".")
	switch location {
	case "path":
		e.from = fromPath
	case "querystring":
		e.from = fromQuery
	case "multivaluequerystring":
		e.from = fromQueryAll
	case "header":
		e.from = fromHeader
	case "multivalueheader":
		e.from = fromHeaderAll
	default:
		return false
	}
	return e.named(name)
}

func (e *Expression) parseResponse(rest string) bool {
	location, name, _ := strings.Cut(rest, ".")
	switch location {
	case "header":
		e.from = fromResponseHeader
		return e.named(name)
	case "multivalueheader":
		e.from = fromResponseHeaderAll
		return e.named(name)
	case "body":
		e.from = fromResponseBody
		return e.body(rest)
	}
	return false
}

func (e *Expression) named(name string) bool {
	e.name = name
	return ValidName(name)
}

// body reads "body" or "body.{JSONPath}", whose "$." is left out.
func (e *Expression) body(rest string) bool {
	path, ok := strings.CutPrefix(rest, "body.")
	if !ok {
		return rest == "body"
	}
	if !strings.HasPrefix(path, "$") {
		path = "$." + path
	}
	var err error
	e.path, err = jsonpath.Compile(path)
	return err == nil
}

// Source returns what the expression reads of the method request, such as
// "method.request.header.X-A", and "" when it reads something else: the
// control plane checks that the method declares it.
func (e *Expression) Source() string {
	switch e.from {
	case fromPath, fromQuery, fromQueryAll, fromHeader, fromHeaderAll:
		return e.text
	}
	return ""
}

// String returns the expression's text.
func (e *Expression) String() string { return e.text }

// Eval returns the expression's value for a call; several values are joined
// with commas. ok is false when its source is absent or empty: then the target
// is not sent at all. The error is ErrNotJSON, or that of a side's memory or time.
func (e *Expression) Eval(s *Scope) (text string, ok bool, err error) {
	switch e.from {
	case fromStatic:
		text = e.name
	case fromPath:
		text, _ = s.pathParam(e.name)
	case fromQuery:
		text, _ = s.queryParam(e.name)
	case fromHeader:
		text, _ = s.headerParam(e.name)
	case fromResponseHeader:
		text, _ = lastExact(s.ResponseHeaders, e.name)
	case fromContext:
		text, _ = s.Context.Lookup(e.name)
	case fromStageVariable:
		text = s.StageVariables[e.name]
	case fromBody:
		text, err = e.evalBody(s, RequestSide)
	case fromResponseBody:
		text, err = e.evalBody(s, ResponseSide)
	default:
		var few [8]string
		text = strings.Join(e.values(few[:0], s), ",")
	}
	if err == nil {
		err = s.gaveUp
	}
	return text, text != "" && err == nil, err
}

// EvalAll appends the expression's values for a call to dst: all of a
// multi-value source, one or none of any other. The errors are those of Eval.
func (e *Expression) EvalAll(dst []string, s *Scope) ([]string, error) {
	switch e.from {
	case fromQueryAll, fromHeaderAll, fromResponseHeaderAll:
		return e.values(dst, s), s.gaveUp
	}
	text, ok, err := e.Eval(s)
	if ok {
		dst = append(dst, text)
	}
	return dst, err
}

// values appends the values of a multi-value source.
func (e *Expression) values(dst []string, s *Scope) []string {
	if e.from == fromQueryAll {
		for _, p := range s.queryParams() {
			if p.Name == e.name {
				dst = append(dst, p.Value)
			}
		}
		return dst
	}
	if e.from == fromResponseHeaderAll {
		return appendValues(dst, s.ResponseHeaders, func(name string) bool { return name == e.name })
	}
	if s.Host != "" && httpmsg.EqualFold(e.name, "Host") {
		return append(dst, s.Host)
	}
	return appendValues(dst, s.seenHeaders(), func(name string) bool { return httpmsg.EqualFold(name, e.name) })
}

func appendValues(dst []string, h httpmsg.Header, wanted func(name string) bool) []string {
	for i := range h {
		if wanted(h[i].Name) {
			dst = append(dst, h[i].Value)
		}
	}
	return dst
}

// evalBody returns the body, or what a path finds in it: a string as it is, an
// object or list as JSON. A body that does not begin like JSON has no members.
func (e *Expression) evalBody(s *Scope, side Side) (string, error) {
	d := s.body(side)
	if e.path == nil {
		return d.text, nil
	}
	if !looksLikeJSON(d.text) {
		return "", nil
	}
	doc, err := s.parse(side)
	if err != nil {
		return "", cmp.Or(s.gaveUp, ErrNotJSON)
	}
	v, err := e.path.GetWithin(doc, s.bounds(side))
	if err != nil && err != jsonpath.ErrNotFound {
		if _, ofPath := err.(*jsonpath.Error); !ofPath {
			return "", err
		}
	}
	if err != nil || v.IsNull() {
		return "", nil
	}
	switch v.Kind() {
	case value.KindList, value.KindMap:
		return s.print(side, v, value.Value.AppendJSONMax)
	}
	return v.Text(), nil
}

func looksLikeJSON(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	return text != "" && strings.IndexByte(`{["'`, text[0]) >= 0
}
