package vtl

import (
	"unicode/utf16"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A javaObject is an Object of ours: something of the Java library that is
// more than a value. Its methods are in the tables of its class.
type javaObject interface {
	value.Object
	class() class
}

// opaque is part of every javaObject. The engine never asks it anything.
type opaque struct{}

func (opaque) Get(string) (value.Value, bool) { return value.Value{}, false }

func (opaque) Call(string, []value.Value) (value.Value, bool, error) {
	return value.Value{}, false, nil
}

// A scope is $foreach: what a loop tells about itself, and a map in which a
// template can keep something for the time of the loop.
type scope struct {
	opaque
	loop     *foreachStmt
	parent   *scope
	replaced value.Value // what the variable was outside of all loops
	store    *value.Map
	index    int
	hasNext  bool
}

func (*scope) class() class { return classScope }

// newScope makes the scope of a loop that begins.
func (r *run) newScope(loop *foreachStmt, previous value.Value) *scope {
	var s *scope
	if n := len(r.scopes); n > 0 {
		s = r.scopes[n-1]
		r.scopes = r.scopes[:n-1]
	} else {
		s = &scope{}
	}
	s.loop, s.index = loop, -1
	if outer, ok := previous.AsObject().(*scope); ok {
		s.parent = outer
	} else {
		s.replaced = previous
	}
	return s
}

// storage returns the map in which a template keeps its own values.
func (s *scope) storage() *value.Map {
	if s.store == nil {
		s.store = value.NewMap(0)
	}
	return s.store
}

// member returns a value that a template keeps here, or in an outer scope.
func (s *scope) member(key value.Value) value.Value {
	for ; s != nil; s = s.parent {
		if i := s.store.Find(key); i >= 0 {
			return valueAt(s.store, i)
		}
	}
	return value.Value{}
}

// top returns the outermost loop's scope.
func (s *scope) top() *scope {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// PrintText prints what a template keeps here.
func (s *scope) PrintText(p *value.Printer) { p.Text(value.FromMap(s.storage())) }

// A blockRef is the value of a variable that #define made, or of $bodyContent.
type blockRef struct {
	opaque
	r      *run
	render uint64 // which of r's renders it belongs to
	frame  *frame // where it was made
	body   *blockBody
	depth  int // of its use in itself
}

func (*blockRef) class() class { return classBlock }

// newBlock returns a block made in frame f.
func (r *run) newBlock(f *frame, body *blockBody) *blockRef {
	return &blockRef{r: r, render: r.render.Load(), frame: f, body: body}
}

// AppendText renders the block; it is how one within a list is printed. Who
// kept it beyond the render gets nothing.
func (b *blockRef) AppendText(dst []byte) []byte {
	r := b.r
	if r.render.Load() != b.render {
		return dst
	}
	out := r.out
	r.out = nil
	v, _ := r.blockText(0, b)
	r.out = out
	return append(dst, v.AsString()...)
}

// blockOf returns the block in v, or nil.
func blockOf(v value.Value) *blockRef {
	if v.Kind() != value.KindObject {
		return nil
	}
	b, _ := v.AsObject().(*blockRef)
	return b
}

// A classRef is a java.lang.Class, of which there is only the name.
type classRef struct {
	opaque
	name string
}

func (*classRef) class() class { return classClass }

func (c *classRef) AppendText(dst []byte) []byte {
	return append(append(dst, "class "...), c.name...)
}

// A javaChar is a java.lang.Character, one UTF-16 unit.
type javaChar struct {
	opaque
	unit uint16
}

func (*javaChar) class() class { return classCharacter }

func (c *javaChar) AppendText(dst []byte) []byte {
	return append(dst, string(utf16.Decode([]uint16{c.unit}))...)
}

// A javaArray is an array of objects, such as String.split returns. Methods
// of lists work on it.
type javaArray struct {
	opaque
	list value.List
	name string // of the class
}

func (*javaArray) class() class { return classArray }

func (a *javaArray) AppendText(dst []byte) []byte {
	return append(append(dst, a.name...), "@0"...)
}

// A charStream is what String.chars returns; it can only be counted.
type charStream struct {
	opaque
	n int
}

func (*charStream) class() class { return classStream }

// listOf returns the list that v is or wraps, or nil.
func listOf(v value.Value) *value.List {
	if l := v.AsList(); l != nil {
		return l
	}
	if a, ok := v.AsObject().(*javaArray); ok {
		return &a.list
	}
	return nil
}

func valueAt(m *value.Map, i int) value.Value {
	_, v := m.At(i)
	return v
}
