package vtl

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// entries is what a map's methods need: a map, or a host's Entries.
type entries interface {
	Len() int
	KeyAt(i int) value.Value
	ValueAt(i int) value.Value
	Find(key value.Value) int
}

// A mapEntries is a map as entries.
type mapEntries value.Map

func (m *mapEntries) of() *value.Map            { return (*value.Map)(m) }
func (m *mapEntries) Len() int                  { return m.of().Len() }
func (m *mapEntries) KeyAt(i int) value.Value   { return m.of().Key(i) }
func (m *mapEntries) ValueAt(i int) value.Value { return valueAt(m.of(), i) }
func (m *mapEntries) Find(key value.Value) int  { return m.of().Find(key) }

// A hostEntries is a host's object as entries.
type hostEntries struct{ value.Entries }

func (h hostEntries) KeyAt(i int) value.Value {
	key, _ := h.At(i)
	return value.String(key)
}

func (h hostEntries) ValueAt(i int) value.Value {
	_, v := h.At(i)
	return v
}

func (h hostEntries) Find(key value.Value) int {
	if !key.IsString() {
		return -1
	}
	for i := range h.Len() {
		if k, _ := h.At(i); k == key.AsString() {
			return i
		}
	}
	return -1
}

// entriesOf returns the entries of a map or of what acts like one, or nil.
func entriesOf(v value.Value) entries {
	if m := v.AsMap(); m != nil {
		return (*mapEntries)(m)
	}
	switch o := v.AsObject().(type) {
	case *scope:
		return (*mapEntries)(o.storage())
	case value.Entries:
		return hostEntries{o}
	}
	return nil
}

// A viewKind says what of a map a view shows.
type viewKind uint8

const (
	viewKeys viewKind = iota
	viewValues
	viewEntries
)

// A view is keySet(), values() or entrySet() of a map. It shows the map as it
// is at any time.
type view struct {
	opaque
	kind viewKind
	of   entries
}

func (v *view) class() class {
	switch v.kind {
	case viewKeys:
		return classKeySet
	case viewValues:
		return classValues
	}
	return classEntrySet
}

func (v *view) Len() int { return v.of.Len() }

func (v *view) elem(i int) value.Value {
	switch v.kind {
	case viewKeys:
		return v.of.KeyAt(i)
	case viewValues:
		return v.of.ValueAt(i)
	}
	return value.FromObject(&mapEntry{of: v.of, key: v.of.KeyAt(i), val: v.of.ValueAt(i)})
}

// snapshot returns the elements as a list.
func (v *view) snapshot() *value.List {
	vals := make([]value.Value, v.Len())
	for i := range vals {
		vals[i] = v.elem(i)
	}
	return value.NewList(vals...)
}

// PrintText prints the elements as a list.
func (v *view) PrintText(p *value.Printer) { p.Text(value.FromList(v.snapshot())) }

// PrintJSON writes the elements as a list.
func (v *view) PrintJSON(p *value.Printer) { p.JSON(value.FromList(v.snapshot())) }

// A mapEntry is a Map.Entry.
type mapEntry struct {
	opaque
	of       entries
	key, val value.Value
}

func (*mapEntry) class() class { return classEntry }

// PrintText prints key=value.
func (e *mapEntry) PrintText(p *value.Printer) {
	p.Text(e.key)
	p.String("=")
	p.Text(e.value())
}

// value returns the entry's value as it is now; of an entry that was removed
// the last one.
func (e *mapEntry) value() value.Value {
	if i := e.of.Find(e.key); i >= 0 {
		return e.of.ValueAt(i)
	}
	return e.val
}
