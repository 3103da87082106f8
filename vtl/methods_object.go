package vtl

import (
	"errors"
	"strings"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// objectMethods are the methods of java.lang.Object that reach nothing.
var objectMethods = methodTable{
	"toString": {{"", func(r *run, self value.Value, _ []value.Value) (value.Value, error) {
		v, c := r.text(0, self)
		if c != next {
			return value.Value{}, r.err
		}
		return v, nil
	}}},
	"equals": {{"O", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return value.Bool(r.equal(self, args[0])), nil
	}}},
	"hashCode": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		h := hasher{budget: maxHash}
		n := h.hash(self, 0)
		return value.Int(int64(n)), h.err
	}}},
	"getClass": {{"", func(r *run, self value.Value, _ []value.Value) (value.Value, error) { return r.getClass(self), nil }}},
}

// comparableMethods is what else a class with an order has: comparing it with
// something of another class fails.
var comparableMethods = methodTable{
	"compareTo": {{"O", func(*run, value.Value, []value.Value) (value.Value, error) {
		return value.Value{}, errors.New("the classes cannot be compared")
	}}},
}

var classMethods = methodTable{
	"getName": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.String(nameOf(self)), nil
	}}},
	"getTypeName": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.String(nameOf(self)), nil
	}}},
	"getCanonicalName": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.String(strings.ReplaceAll(nameOf(self), "$", ".")), nil
	}}},
	"getSimpleName": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		name := strings.TrimSuffix(nameOf(self), ";")
		simple := name[strings.LastIndexAny(name, ".$")+1:]
		switch {
		case simple == "[B":
			simple = "byte[]"
		case simple == "[C":
			simple = "char[]"
		case name[0] == '[':
			simple += "[]"
		}
		return value.String(simple), nil
	}}},
}

func nameOf(v value.Value) string {
	c, _ := v.AsObject().(*classRef)
	return c.name
}

var streamMethods = methodTable{
	"count": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		s, _ := self.AsObject().(*charStream)
		return value.Long(int64(s.n)), nil
	}}},
}

var entryMethods = methodTable{
	"getKey": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) { return entryOf(self).key, nil }}},
	"getValue": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return entryOf(self).value(), nil
	}}},
	"setValue": {{"O", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		e := entryOf(self)
		m, ok := e.of.(*mapEntries)
		if !ok {
			return value.Value{}, errReadOnly
		}
		old := e.value()
		e.val = args[0]
		return old, r.mapPut(m.of(), e.key, args[0])
	}}},
}

func entryOf(v value.Value) *mapEntry {
	e, _ := v.AsObject().(*mapEntry)
	return e
}

var iteratorMethods = methodTable{
	"hasNext": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Bool(iteratorOf(self).hasNext()), nil
	}}},
	"next": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) { return iteratorOf(self).next() }}},
	"remove": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		if err := iteratorOf(self).remove(); err != nil {
			return value.Value{}, err
		}
		return none()
	}}},
}

func iteratorOf(v value.Value) *iterator {
	it, _ := v.AsObject().(*iteratorRef)
	return &it.it
}

// scopeMethods are the methods of $foreach beside those of a map.
var scopeMethods = methodTable{
	"getIndex":   {{"", scopeGetter("index")}},
	"getCount":   {{"", scopeGetter("count")}},
	"getHasNext": {{"", scopeGetter("hasNext")}},
	"hasNext":    {{"", scopeGetter("hasNext")}},
	"getFirst":   {{"", scopeGetter("first")}},
	"isFirst":    {{"", scopeGetter("first")}},
	"getLast":    {{"", scopeGetter("last")}},
	"isLast":     {{"", scopeGetter("last")}},
	"getTopmost": {{"", scopeGetter("topmost")}},
	"getParent":  {{"", scopeGetter("parent")}},
	"getInfo":    {{"", scopeGetter("info")}},
}

func scopeGetter(name string) method {
	return func(r *run, self value.Value, _ []value.Value) (value.Value, error) {
		s, _ := self.AsObject().(*scope)
		return s.property(r, name, name), nil
	}
}
