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
// members is checked by the caller on the result.
type patchTable[T any] struct {
	dialect patchDialect
	paths   []patchPath[T]
}

// A patchPath is one path with what each operation does there; nil means that
// AWS does not take the operation. In at, {name} stands for one token. Where
// several paths fit, the first that takes the operation counts.
type patchPath[T any] struct {
	at      string
	add     patchSetter[T]
	replace patchSetter[T]
	remove  patchSetter[T]
	copy    patchSetter[T] // from patchOp.from
}

// A patchSetter carries one operation out on the resource.
type patchSetter[T any] func(t *tx, target *T, op *patchOp) error

// A patchOp is one operation of a request, its path taken apart.
type patchOp struct {
	op    string   // "null" when absent
	path  string   // as sent; "null" when absent
	names []string // what the {names} of the path stand for, unescaped
	value *string  // nil when absent or null
	from  string
}

// A patchDialect is how a resource words the refusal of an operation. known
// are the operations of the path, nil when the table does not have the path;
// paths are those that take the operation.
type patchDialect func(op *patchOp, known, paths []string) error

// plainDialect is the wording of RestApi, Method and MethodResponse.
func plainDialect(op *patchOp, known, _ []string) error {
	if known != nil {
		return wire.BadRequest("Invalid patch operation specified. Must be one of: [%s]", strings.Join(known, ", "))
	}
	return errPatchPath(op)
}

// errPatchPath is GatewayResponse's wording of every refusal, and that of the
// plain dialect for unknown paths.
func errPatchPath(op *patchOp) error {
	return wire.BadRequest("Invalid patch path %s", truncated(op.path))
}

// tableDialect is the wording of Resource, Model, RequestValidator and
// DocumentationPart, and our guess where none is recorded. The two spaces are
// AWS's.
func tableDialect(op *patchOp, _, paths []string) error {
	if len(paths) == 0 {
		return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Please choose supported operations", truncated(op.path), op.op)
	}
	return wire.BadRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", truncated(op.path), op.op, strings.Join(paths, ", "))
}

// maxPatch bounds the operations of one request, of which AWS publishes no
// bound: one for each of the method settings that a stage may have.
const maxPatch = maxMethodSettings

// apply runs the operations on target. After an error target is half changed
// and must not be stored.
func (p *patchTable[T]) apply(t *tx, target *T, ops []wire.PatchOperation) error {
	if len(ops) > maxPatch {
		return errTooMany("patchOperations", maxPatch)
	}
	for i := range ops {
		op := &patchOp{
			op: *withDefault(ops[i].Op, "null"), path: *withDefault(ops[i].Path, "null"),
			value: ops[i].Value, from: text(ops[i].From),
		}
		if err := p.applyOne(t, target, op); err != nil {
			return err
		}
	}
	return nil
}

func (p *patchTable[T]) applyOne(t *tx, target *T, op *patchOp) error {
	tokens := strings.Split(op.path, "/")
	var known []string
	for i := range p.paths {
		names, ok := matchPath(p.paths[i].at, tokens)
		if !ok {
			continue
		}
		if set := p.paths[i].setter(op.op); set != nil {
			op.names = names
			return set(t, target, op)
		}
		if known == nil {
			known = p.paths[i].ops()
		}
	}
	return p.dialect(op, known, p.pathsFor(op.op))
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
func (p *patchTable[T]) pathsFor(op string) []string {
	var out []string
	for i := range p.paths {
		if p.paths[i].setter(op) != nil {
			out = append(out, p.paths[i].at)
		}
	}
	return out
}

// Taken lists what the table takes, in its order: "add /variables/{name}".
func (p *patchTable[T]) Taken() []string {
	var out []string
	for i := range p.paths {
		for _, op := range p.paths[i].ops() {
			out = append(out, op+" "+p.paths[i].at)
		}
	}
	return out
}

// matchPath compares the tokens of a path with a pattern and returns what the
// pattern's {names} stand for. Tokens are JSON pointer tokens: ~1 is a slash,
// ~0 a tilde.
func matchPath(pattern string, tokens []string) ([]string, bool) {
	if strings.Count(pattern, "/")+1 != len(tokens) {
		return nil, false
	}
	var names []string
	i := 0
	for want := range strings.SplitSeq(pattern, "/") {
		got := tokens[i]
		i++
		if !strings.HasPrefix(want, "{") {
			if want != got {
				return nil, false
			}
			continue
		}
		if got == "" {
			return nil, false
		}
		names = append(names, unescapePointer(got))
	}
	return names, true
}

var (
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
)

func unescapePointer(token string) string { return pointerUnescaper.Replace(token) }
func escapePointer(token string) string   { return pointerEscaper.Replace(token) }
