// Package patch carries out the operations of an Update call on a resource, by a
// table of the paths that the call takes.
package patch

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Table is every path that one Update operation accepts, in the order
// in which AWS's errors list them. It is the documentation of the operation.
//
// Operations run in the order of the request on one copy of the resource; the
// first that fails ends the call, and nothing is stored. What holds between
// members is checked by the caller on the result.
type Table[C, T any] struct {
	Dialect Dialect
	Paths   []Path[C, T]
}

// A Path is one path with what each operation does there; nil means that AWS
// does not take the operation. In At, {name} stands for one token. Where
// several paths fit, the first that takes the operation counts.
type Path[C, T any] struct {
	At      string
	Add     Setter[C, T]
	Replace Setter[C, T]
	Remove  Setter[C, T]
	Copy    Setter[C, T] // from Op.from
}

// A Setter carries one operation out on the resource. The C is what a setter may
// look into, such as the transaction.
type Setter[C, T any] func(c C, target *T, op *Op) error

// An Op is one operation of a request, its path taken apart.
type Op struct {
	Op    string   // "null" when absent
	Path  string   // as sent; "null" when absent
	Names []string // what the {names} of the path stand for, unescaped
	Value *string  // nil when absent or null
	From  string
}

// A Dialect makes the error by which a resource refuses an operation; resources
// word it differently. known lists the operations that the path takes, and is nil
// when the table does not have the path; paths lists the paths that take the
// operation.
type Dialect func(op *Op, known, paths []string) error

// Plain is the wording of RestApi, Method and MethodResponse.
func Plain(op *Op, known, _ []string) error {
	if known != nil {
		return wire.BadRequest("Invalid patch operation specified. Must be one of: [%s]", strings.Join(known, ", "))
	}
	return ErrPath(op)
}

// ErrPath is GatewayResponse's wording of every refusal, and that of the
// plain dialect for unknown paths.
func ErrPath(op *Op) error {
	return wire.BadRequest("Invalid patch path %s", wire.Truncated(op.Path))
}

// Listed is the wording of Resource, Model, RequestValidator and
// DocumentationPart, and our guess where none is recorded. The two spaces are
// AWS's.
func Listed(op *Op, _, paths []string) error {
	if len(paths) == 0 {
		return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Please choose supported operations", wire.Truncated(op.Path), op.Op)
	}
	return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", wire.Truncated(op.Path), op.Op, strings.Join(paths, ", "))
}

// Bounds of ours where AWS publishes none.
const (
	MaxOperations = 10_000 // of one request
	MaxMembers    = 1000   // of a list or a map of a document
)

// ErrTooMany refuses a list or a map with more than so many members.
func ErrTooMany(member string, most int) error {
	return wire.BadRequest("Invalid %s specified: it cannot have more than %d members", member, most)
}

// Apply runs the operations on target. After an error target is half changed
// and must not be stored.
func (p *Table[C, T]) Apply(c C, target *T, ops []wire.PatchOperation) error {
	return apply(ops, p.Dialect, p.index(), func(i int, op *Op) error { return p.Paths[i].setter(op.Op)(c, target, op) })
}

// An entry is where a path is and which of the operations it takes. What is done by
// entries is compiled once, and not for each table.
type entry struct {
	at    string
	takes [len(operations)]bool
}

// operations are those that a path can take, as errors print them. AWS's enumeration
// has move and test, too, and they are supported nowhere.
var operations = [...]string{"add", "remove", "replace", "copy"}

// index lists the paths of the table.
func (p *Table[C, T]) index() []entry {
	out := make([]entry, len(p.Paths))
	for i := range p.Paths {
		out[i].at = p.Paths[i].At
		for j, op := range operations {
			out[i].takes[j] = p.Paths[i].setter(op) != nil
		}
	}
	return out
}

// setter returns what the path does for an operation, nil when that is nothing.
func (p *Path[C, T]) setter(op string) Setter[C, T] {
	switch op {
	case "add":
		return p.Add
	case "replace":
		return p.Replace
	case "remove":
		return p.Remove
	case "copy":
		return p.Copy
	}
	return nil
}

// apply runs operations; set runs one on the path of an index.
func apply(ops []wire.PatchOperation, dialect Dialect, paths []entry, set func(path int, op *Op) error) error {
	if len(ops) > MaxOperations {
		return ErrTooMany("patchOperations", MaxOperations)
	}
	for i := range ops {
		op := &Op{
			Op: orNull(ops[i].Op), Path: orNull(ops[i].Path), Value: ops[i].Value, From: text(ops[i].From),
		}
		path, err := op.find(dialect, paths)
		if err == nil {
			err = set(path, op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find returns the first path that takes the operation, and fills in its names.
func (op *Op) find(dialect Dialect, paths []entry) (path int, err error) {
	tokens := strings.Split(op.Path, "/")
	var known []string
	for i := range paths {
		names, ok := Match(paths[i].at, tokens)
		if !ok {
			continue
		}
		if paths[i].has(op.Op) {
			op.Names = names
			return i, nil
		}
		if known == nil {
			known = paths[i].ops()
		}
	}
	return 0, dialect(op, known, pathsFor(paths, op.Op))
}

// has reports whether the path takes an operation.
func (e *entry) has(op string) bool {
	i := slices.Index(operations[:], op)
	return i >= 0 && e.takes[i]
}

// ops lists the operations that the path takes.
func (e *entry) ops() []string {
	var out []string
	for i, op := range operations {
		if e.takes[i] {
			out = append(out, op)
		}
	}
	return out
}

// pathsFor lists the paths that take an operation.
func pathsFor(paths []entry, op string) []string {
	var out []string
	for i := range paths {
		if paths[i].has(op) {
			out = append(out, paths[i].at)
		}
	}
	return out
}

// Taken lists what the table takes, in its order: "add /variables/{name}".
func (p *Table[C, T]) Taken() []string {
	var out []string
	for _, path := range p.index() {
		for _, op := range path.ops() {
			out = append(out, op+" "+path.at)
		}
	}
	return out
}

// Match compares the tokens of a path with a pattern and returns what the
// pattern's {names} stand for. Tokens are JSON pointer tokens: ~1 is a slash,
// ~0 a tilde. A {name+}, of which a pattern has one at most, stands for one token
// or more, empty ones too: for a path whose slashes some clients do not escape.
func Match(pattern string, tokens []string) ([]string, bool) {
	more := len(tokens) - strings.Count(pattern, "/") - 1 // than the pattern has
	if more < 0 || more > 0 && !strings.Contains(pattern, "+}") {
		return nil, false
	}
	var names []string
	i := 0
	for want := range strings.SplitSeq(pattern, "/") {
		got := tokens[i]
		switch {
		case strings.HasSuffix(want, "+}"):
			got = strings.Join(tokens[i:i+more+1], "/")
			i += more
			names = append(names, Unescape(got))
		case !strings.HasPrefix(want, "{"):
			if want != got {
				return nil, false
			}
		case got == "":
			return nil, false
		default:
			names = append(names, Unescape(got))
		}
		i++
	}
	return names, true
}

var (
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
)

// Unescape reads a token of a JSON pointer.
func Unescape(token string) string { return pointerUnescaper.Replace(token) }

// Escape writes a token of a JSON pointer.
func Escape(token string) string { return pointerEscaper.Replace(token) }

// text returns the value of an optional string, "" when absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orNull returns what s points to, and for nil what errors print for an absent
// member.
func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// given returns s unless it is absent or empty.
func given(s *string) *string {
	if text(s) == "" {
		return nil
	}
	return s
}
