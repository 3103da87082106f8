package jsonschema

import (
	"fmt"
	"slices"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// matched counts the schemas that v is valid against, up to enough.
func matched(r *run, schemas []*node, v value.Value, enough int) int {
	n := 0
	for _, s := range schemas {
		if n == enough || r.err != nil {
			break
		}
		if s.holds(r, v) {
			n++
		}
	}
	return n
}

type allOf []*node

func (k allOf) holds(r *run, v value.Value) bool {
	return !slices.ContainsFunc(k, func(s *node) bool { return !s.holds(r, v) })
}

func (k allOf) message(r *run, v value.Value) string {
	return fmt.Sprintf("instance failed to match all required schemas (matched only %d out of %d)", matched(r, k, v, len(k)), len(k))
}

type anyOf []*node

func (k anyOf) holds(r *run, v value.Value) bool { return matched(r, k, v, 1) == 1 }

func (k anyOf) message(*run, value.Value) string {
	return fmt.Sprintf("instance failed to match at least one required schema among %d", len(k))
}

type oneOf []*node

func (k oneOf) holds(r *run, v value.Value) bool { return matched(r, k, v, 2) == 1 }

func (k oneOf) message(r *run, v value.Value) string {
	return fmt.Sprintf("instance failed to match exactly one schema (matched %d out of %d)", matched(r, k, v, len(k)), len(k))
}

type not struct{ schema *node }

func (k not) holds(r *run, v value.Value) bool { return !k.schema.holds(r, v) && r.err == nil }

func (k not) message(*run, value.Value) string {
	return "instance matched a schema which it should not have"
}

// dependencies are what the presence of a member asks for.
type dependencies struct {
	members []memberDependency // by name
	schemas []schemaDependency // by name
}

type memberDependency struct {
	name  string
	needs []string // sorted
}

type schemaDependency struct {
	name   string
	schema *node
}

func (k *dependencies) holds(r *run, v value.Value) bool {
	m := v.AsMap()
	for i := range k.members {
		d := &k.members[i]
		if !r.spend(1+len(d.needs)/4) || m.Has(d.name) && len(missing(d.needs, m)) > 0 {
			return false
		}
	}
	for i := range k.schemas {
		if d := &k.schemas[i]; m.Has(d.name) && !d.schema.holds(r, v) {
			return false
		}
	}
	return r.err == nil
}

// message is never asked for: report says more than one thing.
func (k *dependencies) message(*run, value.Value) string { return "" }

// report notes each member that asks for others in vain, and what the schemas
// that members ask for say themselves.
func (k *dependencies) report(r *run, m *value.Map) {
	for i := range k.members {
		d := &k.members[i]
		if lost := missing(d.needs, m); m.Has(d.name) && len(lost) > 0 {
			r.add(fmt.Sprintf(`property "%s" of object has missing property dependencies (schema requires %s; missing: %s)`,
				cut(d.name), namesText(d.needs), namesText(lost)))
		}
	}
	for i := range k.schemas {
		if d := &k.schemas[i]; m.Has(d.name) {
			d.schema.report(r, value.FromMap(m))
		}
	}
}
