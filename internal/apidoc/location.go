// Package apidoc knows the parts of an API's documentation: which entity of the
// API a part is about, which part an entity has, its own or one that it inherits
// from a more general location, and what becomes of a part that is imported again.
package apidoc

import (
	"fmt"
	"strings"
)

// A Location names an entity of an API, or all entities that a pattern takes in.
// "" is for what is not said. Locations can be compared, and be keys of maps,
// once they are complete.
type Location struct {
	Type       string // AWS's name, such as PATH_PARAMETER
	Path       string // of the resource: /pets/{id}
	Method     string // GET; * for any
	StatusCode string // 200; * for any
	Name       string // of a parameter, a header, an authorizer or a model
}

// anyValue is the method, or the status code, of a location that is about all.
const anyValue = "*"

// A rule says what is said of the location of a type, after the table of AWS's
// developer guide.
type rule struct {
	path       bool // / where it is not said
	method     bool // * where it is not said
	statusCode bool // * where it is not said
	name       bool
	named      bool // it has to have a name
	inherited  bool // more specific entities have the part as well
}

// rules has one line for each type. The guide's table has no name for
// REQUEST_BODY; the reference of the API does, and so it is taken.
var rules = map[string]rule{
	"API":             {},
	"AUTHORIZER":      {name: true},
	"MODEL":           {name: true},
	"RESOURCE":        {path: true},
	"METHOD":          {path: true, method: true, inherited: true},
	"PATH_PARAMETER":  {path: true, method: true, name: true, named: true, inherited: true},
	"QUERY_PARAMETER": {path: true, method: true, name: true, inherited: true},
	"REQUEST_HEADER":  {path: true, method: true, name: true, named: true, inherited: true},
	"REQUEST_BODY":    {path: true, method: true, name: true, inherited: true},
	"RESPONSE":        {path: true, method: true, statusCode: true, inherited: true},
	"RESPONSE_HEADER": {path: true, method: true, statusCode: true, name: true, named: true, inherited: true},
	"RESPONSE_BODY":   {path: true, method: true, statusCode: true, inherited: true},
}

// Complete returns l with AWS's defaults for what is not said. The error says
// that there is no such type, or that a field is said that the type does not
// have, or is missing; AWS documents that these are errors and not its words.
func (l Location) Complete() (Location, error) {
	r, known := rules[l.Type]
	if !known {
		return l, fmt.Errorf("there is no type '%s'", l.Type)
	}
	for _, f := range []struct {
		name  string
		value *string
		valid bool
		def   string
	}{
		{"path", &l.Path, r.path, "/"}, {"method", &l.Method, r.method, anyValue},
		{"statusCode", &l.StatusCode, r.statusCode, anyValue}, {"name", &l.Name, r.name, ""},
	} {
		switch {
		case *f.value != "" && !f.valid:
			return l, fmt.Errorf("type '%s' has no %s", l.Type, f.name)
		case *f.value == "" && f.valid:
			*f.value = f.def
		}
	}
	if r.named && l.Name == "" {
		return l, fmt.Errorf("type '%s' needs a name", l.Type)
	}
	return l, nil
}

// String returns the location as AWS's messages show it: type 'API'.
func (l Location) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "type '%s'", l.Type)
	for _, f := range []struct{ name, value string }{{"path", l.Path}, {"method", l.Method}, {"statusCode", l.StatusCode}, {"name", l.Name}} {
		if f.value != "" {
			fmt.Fprintf(&b, ", %s '%s'", f.name, f.value)
		}
	}
	return b.String()
}

// Parts are parts of documentation by their complete locations. One goroutine asks at a
// time.
type Parts[T any] struct {
	at map[string]map[Location]T // by path, and there by what else the location says

	path   string           // of the entity that was asked for last
	scopes []map[Location]T // at that path and above it, the nearest first; nil before the first
}

// NewParts makes an index of parts. The locations are complete.
func NewParts[T any](parts map[Location]T) *Parts[T] {
	p := &Parts[T]{at: make(map[string]map[Location]T)}
	for l, part := range parts {
		at := p.at[l.Path]
		if at == nil {
			at = make(map[Location]T)
			p.at[l.Path] = at
		}
		l.Path = ""
		at[l] = part
	}
	return p
}

// Find returns the part that an entity has: its own, or else the one of the most
// specific location that takes the entity in. The path is decided first, then the status
// code (both documented), then the method, whose place AWS does not tell. It looks at
// each level of the entity's path that has parts. The levels without, and the path's
// text, count when the path is another than that of the call before.
func (p *Parts[T]) Find(entity Location) (part T, ok bool) {
	p.enter(entity.Path)
	scopes := p.scopes
	if !rules[entity.Type].inherited {
		scopes = scopes[:1]
	}
	l := entity
	l.Path = ""
	for _, scope := range scopes {
		for _, l.StatusCode = range patterns(entity.StatusCode) {
			for _, l.Method = range patterns(entity.Method) {
				if part, ok = scope[l]; ok {
					return part, true
				}
			}
		}
	}
	return part, false
}

// enter makes scopes those of a path: its own, which may have no parts, and those above
// it that have some.
func (p *Parts[T]) enter(path string) {
	if p.scopes != nil && p.path == path {
		return
	}
	p.path, p.scopes = path, append(p.scopes[:0], p.at[path])
	for path != "/" && path != "" {
		path = above(path)
		if at := p.at[path]; at != nil {
			p.scopes = append(p.scopes, at)
		}
	}
}

// patterns lists the values by which a location takes in an entity's value, the
// most specific first.
func patterns(value string) []string {
	if value == "" || value == anyValue {
		return []string{value}
	}
	return []string{value, anyValue}
}

// above is the path of the resource above another.
func above(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}
