package apimodel

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// maxFlattened bounds a schema with all that it refers to, in bytes.
const maxFlattened = 10 << 20

// Flatten puts the models that a model refers to, and those that they refer to,
// into its schema under definitions. What is larger than 10 MiB then is refused.
func (a API) Flatten(m *wire.Model) error {
	if !IsJSON(text(m.ContentType)) || !strings.Contains(*m.Schema, "/models/") {
		return nil
	}
	f := &flattener{api: a, done: make(map[string]bool), definitions: value.NewMap(0)}
	root, err := parse(*m.Schema)
	if err != nil || root.AsMap() == nil {
		return nil // stored before schemas were checked
	}
	f.rewrite(root, "")
	if err := f.collect(); err != nil {
		return err
	}
	if f.definitions.Len() == 0 {
		return nil
	}
	own := member(root.AsMap(), "definitions")
	if own.AsMap() == nil {
		own = value.FromMap(value.NewMap(f.definitions.Len()))
		root.AsMap().Set("definitions", own)
	}
	for i := range f.definitions.Len() {
		name, schema := f.definitions.At(i)
		if !own.AsMap().Has(name) {
			own.AsMap().Set(name, schema)
		}
	}
	out, err := root.AppendJSONMax(nil, maxFlattened)
	if err != nil {
		return wire.BadRequest("Model %s is larger than %d bytes when flattened", *m.Name, maxFlattened)
	}
	m.Schema = new(string(out))
	return nil
}

// A flattener collects the models that a schema refers to.
type flattener struct {
	api         API
	queue       []string
	done        map[string]bool // queued once
	size        int             // bytes of the schemas and of what is put into them
	definitions *value.Map
}

// collect reads the models of the queue until all are there.
func (f *flattener) collect() error {
	for ; len(f.queue) > 0; f.queue = f.queue[1:] {
		name := f.queue[0]
		m, err := f.api.Models.Model(name)
		if err != nil {
			return err
		}
		if f.size += len(*m.Schema); f.size > maxFlattened {
			return wire.BadRequest("Model %s refers to more than %d bytes of schemas", name, maxFlattened)
		}
		schema, err := parse(*m.Schema)
		if err != nil {
			return err
		}
		f.rewrite(schema, "/definitions/"+name)
		f.definitions.Set(name, schema)
	}
	if f.size > maxFlattened {
		return wire.BadRequest("Its references make the schema larger than %d bytes when flattened", maxFlattened)
	}
	return nil
}

// rewrite makes the references of a schema local: those to models lead to
// their definitions, and those within the schema follow it to its new place.
func (f *flattener) rewrite(v value.Value, at string) {
	if l := v.AsList(); l != nil {
		for _, item := range l.Values() {
			f.rewrite(item, at)
		}
	}
	m := v.AsMap()
	for i := range m.Len() {
		key, member := m.At(i)
		if key != "$ref" || !member.IsString() {
			f.rewrite(member, at)
			continue
		}
		ref := member.AsString()
		if rest, local := strings.CutPrefix(ref, "#"); local {
			if f.size += len(at); f.size <= maxFlattened {
				m.SetAt(i, value.String("#"+at+rest))
			}
		} else if name := f.api.referred(ref); name != "" {
			m.SetAt(i, value.String("#/definitions/"+name))
			if !f.done[name] {
				f.done[name] = true
				f.queue = append(f.queue, name)
			}
		}
	}
}
