package mapping

import (
	"maps"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// An inputObject is $input.
type inputObject Scope

// Get resolves $input.body: the raw text, "{}" for an empty body.
func (o *inputObject) Get(name string) (value.Value, bool) {
	if name != "body" {
		return value.Value{}, false
	}
	return value.String((*Scope)(o).body(o.side).text), true
}

// Call resolves $input.json(path), $input.path(path), $input.params() and
// $input.params(name).
func (o *inputObject) Call(method string, args []value.Value) (value.Value, bool, error) {
	s := (*Scope)(o)
	switch {
	case method == "params" && len(args) == 0:
		return value.FromObject((*paramsObject)(o)), true, nil
	case len(args) != 1:
		return noCall()
	case method == "params":
		name, err := s.text(s.side, args[0])
		return value.String(s.param(name)), true, err
	case method == "json":
		return s.json(args[0])
	case method == "path":
		v, _, err := s.find(args[0])
		return v, true, err
	}
	return noCall()
}

// param looks for a name among path variables, query parameters and headers;
// "" when it is nowhere.
func (s *Scope) param(name string) string {
	if v, ok := s.pathParam(name); ok {
		return v
	}
	if v, ok := s.queryParam(name); ok {
		return v
	}
	v, _ := s.headerParam(name)
	return v
}

// json prints what a path leads to as JSON, and "" in quotes when that is
// nothing.
func (s *Scope) json(path value.Value) (value.Value, bool, error) {
	v, found, err := s.find(path)
	if err != nil {
		return value.Value{}, true, err
	}
	if !found {
		return value.String(`""`), true, nil
	}
	out, err := s.print(s.side, v, value.Value.AppendJSONMax)
	return value.String(out), true, err
}

// find evaluates a path on the body of this side. A body that begins like JSON
// and is none has no members, and not even a root.
func (s *Scope) find(path value.Value) (v value.Value, found bool, err error) {
	name, err := s.text(s.side, path)
	if err != nil {
		return value.Value{}, false, err
	}
	p, err := s.compile(name)
	if err != nil {
		return value.Value{}, false, err
	}
	doc, err := s.parse(s.side)
	if err != nil {
		return value.Value{}, false, s.gaveUp
	}
	if doc.IsNull() { // Jayway refuses such a document
		return value.Value{}, p.String() == "$", nil
	}
	v, err = p.GetWithin(doc, s.bounds(s.side))
	if err == jsonpath.ErrNotFound {
		return value.Value{}, false, nil
	}
	return v, err == nil, err
}

// compile returns a path from the template's cache.
func (s *Scope) compile(path string) (*jsonpath.Path, error) {
	if s.template == nil {
		return jsonpath.Compile(path)
	}
	return s.template.paths.compile(path)
}

// A paramList is made when it is first needed.
type paramList struct {
	list []Param
	made bool
}

var paramNames = [...]string{"path", "querystring", "header"}

// Get resolves a member of $input.params().
func (o *paramsObject) Get(name string) (value.Value, bool) {
	switch name {
	case "path":
		return value.FromObject((*pathParamsObject)(o)), true
	case "querystring":
		return value.FromObject((*queryParamsObject)(o)), true
	case "header":
		return value.FromObject((*headersObject)(o)), true
	}
	return value.Value{}, false
}

func (o *paramsObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *paramsObject) Len() int { return len(paramNames) }

func (o *paramsObject) At(i int) (string, value.Value) {
	v, _ := o.Get(paramNames[i])
	return paramNames[i], v
}

func (o *pathParamsObject) Get(name string) (value.Value, bool) {
	v, ok := (*Scope)(o).pathParam(name)
	return value.String(v), ok
}

func (o *pathParamsObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *pathParamsObject) Len() int { return len(o.PathParams) }

func (o *pathParamsObject) At(i int) (string, value.Value) {
	return o.PathParams[i].Name, value.String(o.PathParams[i].Value)
}

func (o *queryParamsObject) Get(name string) (value.Value, bool) {
	v, ok := (*Scope)(o).queryParam(name)
	return value.String(v), ok
}

func (o *queryParamsObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *queryParamsObject) Len() int { return len((*Scope)(o).distinctQuery()) }

func (o *queryParamsObject) At(i int) (string, value.Value) {
	p := (*Scope)(o).distinctQuery()[i]
	return p.Name, value.String(p.Value)
}

func (o *headersObject) Get(name string) (value.Value, bool) {
	v, ok := (*Scope)(o).headerParam(name)
	return value.String(v), ok
}

func (o *headersObject) Call(string, []value.Value) (value.Value, bool, error) { return noCall() }

func (o *headersObject) Len() int { return len((*Scope)(o).distinctHeaders()) }

func (o *headersObject) At(i int) (string, value.Value) {
	p := (*Scope)(o).distinctHeaders()[i]
	return p.Name, value.String(p.Value)
}

// distinctQuery returns each query parameter once, with its last value.
func (s *Scope) distinctQuery() []Param {
	if !s.once.made {
		s.once.list = distinct(append(s.once.list[:0], s.queryParams()...))
		s.once.made = true
	}
	return s.once.list
}

// distinctHeaders returns each header once, spelled as it first came, with its
// last value. Names are sorted without regard to case (recorded).
func (s *Scope) distinctHeaders() []Param {
	if s.header.made {
		return s.header.list
	}
	list := s.header.list[:0]
	if s.Host != "" {
		list = append(list, Param{"Host", s.Host})
	}
	for _, f := range s.seenHeaders() {
		list = append(list, Param{f.Name, f.Value})
	}
	slices.SortStableFunc(list, func(a, b Param) int { return httpmsg.CompareFold(a.Name, b.Name) })
	out := list[:0]
	for _, p := range list {
		if n := len(out); n > 0 && httpmsg.EqualFold(out[n-1].Name, p.Name) {
			out[n-1].Value = p.Value
			continue
		}
		out = append(out, p)
	}
	s.header = paramList{list: out, made: true}
	return out
}

// distinct drops repeated names in place: the first keeps its place and gets
// the last value.
func distinct(list []Param) []Param {
	const few = 32
	var index map[string]int
	if len(list) > few {
		index = make(map[string]int, len(list))
	}
	out := list[:0]
	for _, p := range list {
		at := -1
		if index == nil {
			at = slices.IndexFunc(out, func(q Param) bool { return q.Name == p.Name })
		} else if i, ok := index[p.Name]; ok {
			at = i
		}
		if at >= 0 {
			out[at].Value = p.Value
			continue
		}
		if index != nil {
			index[p.Name] = len(out)
		}
		out = append(out, p)
	}
	return out
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
