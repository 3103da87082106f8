package mapping

import (
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// overrides returns the map behind $context.requestOverride or
// responseOverride, made with its parts when first asked for: nested #sets
// must work although nothing was there.
func (s *Scope) overrides(m **value.Map, parts ...string) *value.Map {
	if *m == nil {
		*m = value.NewMap(len(parts))
		for _, part := range parts {
			(*m).Set(part, value.FromMap(value.NewMap(0)))
		}
	}
	return *m
}

// collectOverrides fills in s.Overrides from what templates have set so far.
func (s *Scope) collectOverrides() {
	o := &s.Overrides
	if m := s.requestOverride; m != nil {
		o.RequestHeader = params(o.RequestHeader[:0], m, "header")
		o.RequestPath = params(o.RequestPath[:0], m, "path")
		o.RequestQuery = params(o.RequestQuery[:0], m, "querystring")
	}
	if m := s.responseOverride; m != nil {
		o.ResponseHeader = params(o.ResponseHeader[:0], m, "header")
		o.ResponseStatus = 0
		v, _ := m.Get("status")
		if n, ok := v.AsInt(); ok && 100 <= n && n <= 599 {
			o.ResponseStatus = int(n)
		}
	}
}

// params appends the members of a part of the overrides. Null is none.
func params(dst []Param, m *value.Map, part string) []Param {
	v, _ := m.Get(part)
	set := v.AsMap()
	for i := range set.Len() {
		if name, v := set.At(i); !v.IsNull() {
			dst = append(dst, Param{name, overrideText(v)})
		}
	}
	return dst
}

// overrideText is the text of an override; a list is joined with commas.
func overrideText(v value.Value) string {
	l := v.AsList()
	if l == nil {
		return v.Text()
	}
	var out []byte
	for i := range l.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		out = l.At(i).AppendText(out)
	}
	return string(out)
}
