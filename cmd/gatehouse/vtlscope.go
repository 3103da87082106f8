package main

import (
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// templateVars are variables of a file's own before $input and $util of a
// call.
type templateVars struct {
	own         *value.Map
	call        *mapping.Scope
	scope       vtl.Vars
	input, util bool
}

// bind makes the call that $input reads.
func (v *templateVars) bind(body string, params *value.Map, side mapping.Side) {
	v.call = newTemplateScope(body, params)
	if side == mapping.ResponseSide {
		v.call.ResponseBody = v.call.RequestBody
	}
	v.scope = v.call.Vars(side)
}

// addOverrides gives a $context what templates set overrides in, unless it has
// that.
func (v *templateVars) addOverrides(context *value.Map) {
	real, _ := v.scope.Lookup("context")
	for _, name := range []string{"requestOverride", "responseOverride"} {
		if o, ok := real.AsObject().Get(name); ok && !context.Has(name) {
			context.Set(name, o)
		}
	}
}

// Lookup implements vtl.Vars.
func (v *templateVars) Lookup(name string) (value.Value, bool) {
	if x, ok := v.own.Get(name); ok {
		return x, true
	}
	if name == "input" && v.input || name == "util" && v.util {
		return v.scope.Lookup(name)
	}
	return value.Value{}, false
}

// known reports whether there is what a template refers to, in a call of API Gateway
// or in the $context of the file.
func (v *templateVars) known(path []string, call bool) bool {
	if mapping.Known(path, call) {
		return true
	}
	if path[0] != "context" || call {
		return false
	}
	x, _ := v.own.Get("context")
	for _, name := range path[1:] {
		o := x.AsObject()
		if o == nil {
			return false
		}
		if x, _ = o.Get(name); x.IsNull() {
			return false
		}
	}
	return true
}

// A contextObject is $context, or a map in it, from a file. As on AWS it prints as
// nothing.
type contextObject struct{ members *value.Map }

// Get implements value.Object.
func (c *contextObject) Get(name string) (value.Value, bool) {
	v, ok := c.members.Get(name)
	return ofContext(v), ok
}

// ofContext makes maps of $context what they are on AWS.
func ofContext(v value.Value) value.Value {
	if m := v.AsMap(); m != nil {
		return value.FromObject(&contextObject{m})
	}
	return v
}

// Set implements value.ObjectSetter.
func (c *contextObject) Set(name string, v value.Value) bool {
	c.members.Set(name, v)
	return true
}

// Call implements value.Object: there are only the methods of maps.
func (c *contextObject) Call(string, []value.Value) (value.Value, bool, error) {
	return value.Value{}, false, nil
}

// Len implements value.Entries.
func (c *contextObject) Len() int { return c.members.Len() }

// At implements value.Entries.
func (c *contextObject) At(i int) (string, value.Value) {
	name, v := c.members.At(i)
	return name, ofContext(v)
}

// AppendText implements value.TextAppender.
func (c *contextObject) AppendText(dst []byte) []byte { return dst }

// newTemplateScope is a call with a body and parameters of the form of
// $input.params().
func newTemplateScope(body string, params *value.Map) *mapping.Scope {
	s := &mapping.Scope{RequestBody: []byte(body)}
	eachParam(params, "path", func(name, text string) {
		s.PathParams = append(s.PathParams, mapping.Param{Name: name, Value: text})
	})
	eachParam(params, "querystring", func(name, text string) {
		if s.RawQuery != "" {
			s.RawQuery += "&"
		}
		s.RawQuery += escapeAll(name) + "=" + escapeAll(text)
	})
	eachParam(params, "header", func(name, text string) {
		s.Headers = append(s.Headers, httpmsg.Field{Name: name, Value: text})
	})
	return s
}

// eachParam visits the parameters in one place, a list member by member.
func eachParam(params *value.Map, place string, visit func(name, text string)) {
	v, _ := params.Get(place)
	m := v.AsMap()
	for i := range m.Len() {
		name, v := m.At(i)
		if l := v.AsList(); l != nil {
			for _, x := range l.Values() {
				visit(name, x.Text())
			}
			continue
		}
		visit(name, v.Text())
	}
}

// escapeAll writes every byte as %XX, which no reader can misread.
func escapeAll(s string) string {
	return string(percent.Append(nil, s, new(percent.Set)))
}
