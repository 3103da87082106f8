package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxQuery bounds the query string, in bytes.
const maxQuery = 64 << 10

// A request holds the parts of an HTTP request that an operation's input is made
// from.
type request struct {
	labels []string // unescaped, in the order of the path
	query  url.Values
	header http.Header
	body   []byte // kept by an input whose payload it is
}

// parseQuery reads a query string.
func parseQuery(raw string) (url.Values, error) {
	if len(raw) > maxQuery {
		return nil, Serialization("The query string must not be longer than %d bytes.", maxQuery)
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, Serialization("The query string holds an invalid percent-encoding.")
	}
	for key, values := range query {
		if !utf8.ValidString(key) || slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
			return nil, Serialization("The query string is not valid UTF-8.")
		}
	}
	return query, nil
}

// bind fills the input of a route, the structure in, from a request and checks
// it against the service's model.
func (rt *route) bind(in reflect.Value, req *request) error {
	var d decoder
	s := rt.op.input
	if s.hasBody() {
		if err := d.body(s, in, req.body); err != nil {
			return err
		}
	}
	for i, member := range rt.labels {
		in.Field(member).SetString(req.labels[i])
	}
	for i := range s.members {
		m := &s.members[i]
		var err error
		switch m.location {
		case inQuery:
			err = rt.bindQuery(m, in.Field(i), req.query, &d)
		case inHeader:
			if v := req.header.Get(m.wire); v != "" {
				in.Field(i).Set(reflect.ValueOf(&v))
			}
		case inPayload:
			in.Field(i).SetBytes(req.body)
		}
		if err != nil {
			return err
		}
	}
	return validate(rt.op, in, d.missing)
}

// hasBody reports whether some member travels in a JSON body. Operations
// without such a member ignore their body.
func (s *shape) hasBody() bool {
	return slices.ContainsFunc(s.members, func(m member) bool { return m.location == inBody })
}

// bindQuery fills one member from the query. The first of several values counts
// where one is wanted. An empty number or boolean is an absent one.
func (rt *route) bindQuery(m *member, v reflect.Value, query url.Values, d *decoder) (err error) {
	if m.wire == "*" {
		v.Set(reflect.ValueOf(rt.unnamed(query)))
		return nil
	}
	values, ok := query[m.wire]
	if !ok {
		if m.required {
			d.missing = append(d.missing, v.Addr().Interface())
		}
		return nil
	}
	text := values[0]
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = text
	case **string:
		*p = &text
	case *[]string:
		*p = split(values, m.commas)
	case **bool:
		if text != "" {
			*p, err = readNew(func() (bool, error) { return parseBool(text) })
		}
	case **int32:
		if text != "" {
			*p, err = readNew(func() (int32, error) { return parseInt(text) })
		}
	}
	return err
}

// unnamed returns the query parameters that are no member of their own. Those
// of a presigned request are the signature's.
func (rt *route) unnamed(query url.Values) map[string]string {
	var m map[string]string
	for key, values := range query {
		if key == rt.key || strings.HasPrefix(key, "X-Amz-") || rt.op.input.find(inQuery, key) >= 0 {
			continue
		}
		if m == nil {
			m = make(map[string]string)
		}
		m[key] = values[0]
	}
	return m
}

// split returns the elements of a query list, which come one a parameter and
// for some lists also between commas.
func split(values []string, commas bool) []string {
	if !commas {
		return values
	}
	var list []string
	for _, v := range values {
		list = append(list, strings.Split(v, ",")...)
	}
	return list
}

// parseInt reads an integer of the query.
func parseInt(text string) (int32, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, Serialization("'%s' can not be converted to an Integer", quoted(text))
	}
	return int32(n), nil
}
