package vtl

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// errChanged is what Java's iterators throw when a list or map gets or loses
// elements while it is gone over.
var errChanged = errors.New("a list or map was changed during #foreach")

// An iterator goes over a list, a map's values, a view or another iterator.
type iterator struct {
	list  *value.List
	of    entries // of a view or map
	kind  viewKind
	inner *iteratorRef
	i     int
	size  int // of what is gone over, when it began
	more  bool
}

// iterate returns an iterator over what v contains; false if it is nothing to
// go over.
func iterate(v value.Value) (iterator, bool) {
	if l := listOf(v); l != nil {
		return iterator{list: l, size: l.Len()}, true
	}
	switch o := v.AsObject().(type) {
	case *view:
		return iterator{of: o.of, kind: o.kind, size: o.Len(), more: o.Len() > 0}, true
	case *iteratorRef:
		return iterator{inner: o}, true
	}
	if es := entriesOf(v); es != nil {
		return iterator{of: es, kind: viewValues, size: es.Len(), more: es.Len() > 0}, true
	}
	return iterator{}, false
}

func (it *iterator) hasNext() bool {
	switch {
	case it.inner != nil:
		return it.inner.it.hasNext()
	case it.list != nil:
		return it.i != it.list.Len()
	}
	return it.more
}

// next returns the next element. Only a change of size is noticed, which is
// what a change comes to but in odd cases.
func (it *iterator) next() (value.Value, error) {
	switch {
	case it.inner != nil:
		return it.inner.it.next()
	case it.list != nil:
		if it.list.Len() != it.size {
			return value.Value{}, errChanged
		}
		if it.i >= it.size {
			return value.Value{}, errNoElement
		}
		it.i++
		return it.list.At(it.i - 1), nil
	}
	if !it.more {
		return value.Value{}, errNoElement
	}
	if it.of.Len() != it.size {
		return value.Value{}, errChanged
	}
	v := view{kind: it.kind, of: it.of}
	e := v.elem(it.i)
	it.i++
	it.more = it.i < it.size
	return e, nil
}

// remove removes the element that next returned last.
func (it *iterator) remove() error {
	if it.i == 0 {
		return errors.New("nothing to remove")
	}
	if it.list != nil {
		it.i--
		it.list.Delete(it.i)
		it.size--
		return nil
	}
	m, ok := it.of.(*mapEntries)
	if !ok {
		return errReadOnly
	}
	it.i--
	m.of().DeleteAt(it.i)
	it.size--
	return nil
}

// An iteratorRef is an iterator as a value.
type iteratorRef struct {
	opaque
	it iterator
}

func (*iteratorRef) class() class { return classIterator }

// AppendText prints the class and, like everything whose hash code is an
// address in Java, a constant.
func (*iteratorRef) AppendText(dst []byte) []byte {
	return append(dst, "java.util.ArrayList$Itr@0"...)
}

var errNoElement = errors.New("there is no further element")
