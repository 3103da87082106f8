package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A patchTable is every path that one Update operation accepts, in the order
// in which AWS's errors list them. It is the documentation of the operation.
//
// Operations run in the order of the request on one copy of the resource; the
// first that fails ends the call, and nothing is stored. What holds between
// fields is checked by the caller on the result.
type patchTable[T any] struct {
	dialect patchDialect
	paths   []patchPath[T]
}

// A patchPath is one path with what each operation does there; nil means that
// AWS does not take the operation. In at, {name} stands for one token.
type patchPath[T any] struct {
	at      string
	add     patchSetter[T]
	replace patchSetter[T]
	remove  patchSetter[T]
	copy    patchSetter[T]
}

// A patchSetter carries one operation out on the resource.
type patchSetter[T any] func(t *tx, target *T, op patchOp) error

// A patchOp is one operation of a request, its path taken apart.
type patchOp struct {
	op    string
	path  string   // as sent
	names []string // what the {names} of the path stand for, unescaped
	value *string  // nil when absent or null
	from  string
}

// A patchDialect is how a resource words the refusal of an operation. known
// says that the path is in the table and the operation is not; ops are then
// those the path takes, and paths are those that take the operation.
type patchDialect func(op patchOp, known bool, paths, ops []string) error

// plainDialect is the wording of RestApi, Method and MethodResponse.
func plainDialect(op patchOp, known bool, _, ops []string) error {
	if known {
		return wire.BadRequest("Invalid patch operation specified. Must be one of: [%s]", strings.Join(ops, ", "))
	}
	return wire.BadRequest("Invalid patch path %s", truncated(op.path))
}

// tableDialect is the wording of Resource, Model, RequestValidator and
// DocumentationPart; the two spaces are AWS's.
func tableDialect(op patchOp, _ bool, paths, _ []string) error {
	if len(paths) == 0 {
		return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Please choose supported operations", truncated(op.path), op.op)
	}
	return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", truncated(op.path), op.op, strings.Join(paths, ", "))
}

// apply runs the operations on target. After an error target is half changed
// and must not be stored.
func (p patchTable[T]) apply(t *tx, target *T, ops []wire.PatchOperation) error {
	for _, o := range ops {
		op := patchOp{op: text(o.Op), path: "null", value: o.Value, from: text(o.From)}
		if o.Path != nil {
			op.path = *o.Path
		}
		if err := p.applyOne(t, target, op); err != nil {
			return err
		}
	}
	return nil
}

func (p patchTable[T]) applyOne(t *tx, target *T, op patchOp) error {
	for i := range p.paths {
		names, ok := matchPath(p.paths[i].at, op.path)
		if !ok {
			continue
		}
		op.names = names
		if set := p.paths[i].setter(op.op); set != nil {
			return set(t, target, op)
		}
		return p.dialect(op, true, p.pathsFor(op.op), p.paths[i].ops())
	}
	return p.dialect(op, false, p.pathsFor(op.op), nil)
}

// setter returns what the path does for an operation; move and test are in
// AWS's enumeration and supported nowhere.
func (p *patchPath[T]) setter(op string) patchSetter[T] {
	switch op {
	case "add":
		return p.add
	case "replace":
		return p.replace
	case "remove":
		return p.remove
	case "copy":
		return p.copy
	}
	return nil
}

// ops lists the operations that the path takes, as errors print them.
func (p *patchPath[T]) ops() []string {
	var out []string
	for _, op := range []string{"add", "remove", "replace", "copy"} {
		if p.setter(op) != nil {
			out = append(out, op)
		}
	}
	return out
}

// pathsFor lists the paths that take an operation.
func (p patchTable[T]) pathsFor(op string) []string {
	var out []string
	for i := range p.paths {
		if p.paths[i].setter(op) != nil {
			out = append(out, p.paths[i].at)
		}
	}
	return out
}

// matchPath compares a path with a pattern token by token and returns what
// the pattern's {names} stand for. Tokens are JSON pointer tokens: ~1 is a
// slash, ~0 a tilde.
func matchPath(pattern, path string) ([]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	var names []string
	for i, w := range want {
		if strings.HasPrefix(w, "{") {
			if got[i] == "" {
				return nil, false
			}
			names = append(names, unescapePointer(got[i]))
			continue
		}
		if w != got[i] {
			return nil, false
		}
	}
	return names, true
}

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")

func unescapePointer(token string) string { return pointerUnescaper.Replace(token) }

// mapPaths is the path of a map's entries: add sets one, replace and remove
// want it to be there. Removing the last entry of a map removes the map.
func mapPaths[T, V any](at string, field func(*T) *map[string]V, parse func(*string) V, absent func() error) []patchPath[T] {
	set := func(_ *tx, target *T, op patchOp) error {
		m := field(target)
		if *m == nil {
			*m = make(map[string]V)
		}
		(*m)[op.names[0]] = parse(op.value)
		return nil
	}
	present := func(then patchSetter[T]) patchSetter[T] {
		return func(t *tx, target *T, op patchOp) error {
			if _, ok := (*field(target))[op.names[0]]; !ok {
				return absent()
			}
			return then(t, target, op)
		}
	}
	drop := func(_ *tx, target *T, op patchOp) error {
		m := field(target)
		if delete(*m, op.names[0]); len(*m) == 0 {
			*m = nil
		}
		return nil
	}
	return []patchPath[T]{{at: at, add: set, replace: present(set), remove: present(drop)}}
}

// setText replaces an optional string; an empty one clears it.
func setText[T any](field func(*T) **string) patchSetter[T] {
	return func(_ *tx, target *T, op patchOp) error {
		*field(target) = given(op.value)
		return nil
	}
}

// parseBool reads a patch value as AWS does: "true" is true, all else false.
func parseBool(v *string) bool { return strings.EqualFold(text(v), "true") }

func parseString(v *string) string { return text(v) }
