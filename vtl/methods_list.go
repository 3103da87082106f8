package vtl

import (
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// listMethods are the methods of java.util.List that leave its size alone;
// arrays have them too.
var listMethods = methodTable{
	"size": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(listOf(self).Len())), nil
	}}},
	"isEmpty": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Bool(listOf(self).Len() == 0), nil
	}}},
	"get": {{"i", listGet}},
	"set": {{"iO", listSet}},
	"contains": {{"O", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return value.Bool(r.indexOf(listOf(self), args[0]) >= 0), nil
	}}},
	"containsAll": {{"C", listContainsAll}},
	"indexOf": {{"O", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return value.Int(int64(r.indexOf(listOf(self), args[0]))), nil
	}}},
	"lastIndexOf":  {{"O", listLastIndexOf}},
	"iterator":     {{"", newIterator}},
	"listIterator": {{"", newIterator}},
	"subList":      {{"ii", listSubList}},
	"toArray":      {{"", listToArray}, {"O", listToArray}},
}

// growMethods are the methods of java.util.ArrayList that change its size, and
// those of json-smart's list.
var growMethods = methodTable{
	"add":    {{"O", listAdd}, {"iO", listInsert}},
	"addAll": {{"C", listAddAll}, {"iC", listInsertAll}},
	"remove": {{"i", listRemoveAt}, {"O", listRemove}},
	"removeAll": {{"C", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return r.filter(self, args[0], false)
	}}},
	"retainAll": {{"C", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return r.filter(self, args[0], true)
	}}},
	"clear": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		self.AsList().Clear()
		return none()
	}}},
	"clone":          {{"", listClone}},
	"ensureCapacity": {{"i", func(*run, value.Value, []value.Value) (value.Value, error) { return none() }}},
	"trimToSize":     {{"", func(*run, value.Value, []value.Value) (value.Value, error) { return none() }}},
	"toJSONString":   {{"", listToJSON}},
	"appendElement": {{"O", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		if !self.AsList().IsJSON() {
			return value.Value{}, nil
		}
		_, err := listAdd(r, self, args)
		return self, err
	}}},
}

func inRange(i int64, n int) error {
	if i < 0 || i >= int64(n) {
		return errIndex(i, n)
	}
	return nil
}

func listGet(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	l, i := listOf(self), num(args[0])
	if err := inRange(i, l.Len()); err != nil {
		return value.Value{}, err
	}
	return l.At(int(i)), nil
}

func listSet(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	l, i := listOf(self), num(args[0])
	if err := inRange(i, l.Len()); err != nil {
		return value.Value{}, err
	}
	old := l.At(int(i))
	l.Set(int(i), args[1])
	return old, nil
}

// indexOf returns where l first has an element that equals v, or -1.
func (r *run) indexOf(l *value.List, v value.Value) int {
	if !r.work(l.Len()) {
		return -1
	}
	for i, e := range l.Values() {
		if r.equal(e, v) {
			return i
		}
	}
	return -1
}

func listLastIndexOf(r *run, self value.Value, args []value.Value) (value.Value, error) {
	vals := listOf(self).Values()
	if !r.work(len(vals)) {
		return value.Value{}, r.err
	}
	for i := len(vals) - 1; i >= 0; i-- {
		if r.equal(vals[i], args[0]) {
			return value.Int(int64(i)), nil
		}
	}
	return value.Int(-1), nil
}

func listContainsAll(r *run, self value.Value, args []value.Value) (value.Value, error) {
	elements, err := r.elementsOf(args[0])
	if err != nil {
		return value.Value{}, err
	}
	for _, e := range elements {
		if r.indexOf(listOf(self), e) < 0 || r.err != nil {
			return value.Bool(false), r.err
		}
	}
	return value.Bool(true), nil
}

// elementsOf returns the elements of a collection.
func (r *run) elementsOf(v value.Value) ([]value.Value, error) {
	if l := listOf(v); l != nil {
		return l.Values(), nil
	}
	if view, ok := v.AsObject().(*view); ok {
		if err := r.charge(view.Len() * elementSize); err != nil {
			return nil, err
		}
		return view.snapshot().Values(), nil
	}
	return nil, errNull
}

func newIterator(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
	it, _ := iterate(self)
	return value.FromObject(&iteratorRef{it: it}), nil
}

func listSubList(r *run, self value.Value, args []value.Value) (value.Value, error) {
	l, from, to := listOf(self), num(args[0]), num(args[1])
	if from < 0 || to > int64(l.Len()) || from > to {
		return value.Value{}, errIndex(to, l.Len())
	}
	part := l.Values()[from:to]
	if err := r.chargeElements(len(part), len(part)); err != nil {
		return value.Value{}, err
	}
	return value.FromList(value.NewList(append([]value.Value(nil), part...)...)), nil
}

func listToArray(r *run, self value.Value, args []value.Value) (value.Value, error) {
	if len(args) == 1 && args[0].IsNull() {
		return value.Value{}, errNull
	}
	elements, err := r.elementsOf(self)
	if err != nil {
		return value.Value{}, err
	}
	if err := r.chargeElements(len(elements), len(elements)); err != nil {
		return value.Value{}, err
	}
	a := &javaArray{name: "[Ljava.lang.Object;"}
	for _, e := range elements {
		a.list.Append(e)
	}
	return value.FromObject(a), nil
}

func listAdd(r *run, self value.Value, args []value.Value) (value.Value, error) {
	l := self.AsList()
	if err := r.chargeElements(1, l.Len()+1); err != nil {
		return value.Value{}, err
	}
	l.Append(args[0])
	return value.Bool(true), nil
}

func listInsert(r *run, self value.Value, args []value.Value) (value.Value, error) {
	l, i := self.AsList(), num(args[0])
	if i < 0 || i > int64(l.Len()) {
		return value.Value{}, errIndex(i, l.Len())
	}
	if err := r.chargeElements(1, l.Len()+1); err != nil {
		return value.Value{}, err
	}
	r.work(l.Len())
	l.Insert(int(i), args[1])
	return none()
}

func listAddAll(r *run, self value.Value, args []value.Value) (value.Value, error) {
	return r.insertAll(self, self.AsList().Len(), args[0])
}

func listInsertAll(r *run, self value.Value, args []value.Value) (value.Value, error) {
	l, i := self.AsList(), num(args[0])
	if i < 0 || i > int64(l.Len()) {
		return value.Value{}, errIndex(i, l.Len())
	}
	return r.insertAll(self, int(i), args[1])
}

func (r *run) insertAll(self value.Value, at int, from value.Value) (value.Value, error) {
	elements, err := r.elementsOf(from)
	if err != nil {
		return value.Value{}, err
	}
	l := self.AsList()
	if err := r.chargeElements(len(elements), l.Len()+len(elements)); err != nil {
		return value.Value{}, err
	}
	r.work(len(elements))
	l.InsertAll(at, elements)
	return value.Bool(len(elements) > 0), nil
}

func listRemoveAt(r *run, self value.Value, args []value.Value) (value.Value, error) {
	l, i := self.AsList(), num(args[0])
	if err := inRange(i, l.Len()); err != nil {
		return value.Value{}, err
	}
	r.work(l.Len())
	old := l.At(int(i))
	l.Delete(int(i))
	return old, nil
}

func listRemove(r *run, self value.Value, args []value.Value) (value.Value, error) {
	l := self.AsList()
	i := r.indexOf(l, args[0])
	if i >= 0 {
		l.Delete(i)
	}
	return value.Bool(i >= 0), nil
}

// filter keeps the elements that are in a collection, or those that are not.
func (r *run) filter(self, by value.Value, keep bool) (value.Value, error) {
	elements, err := r.elementsOf(by)
	if err != nil {
		return value.Value{}, err
	}
	if err := r.charge(2 * len(elements) * elementSize); err != nil {
		return value.Value{}, err
	}
	other := value.NewList(append([]value.Value(nil), elements...)...)
	l := self.AsList()
	var kept []value.Value
	for _, e := range l.Values() {
		if !r.step(0) {
			return value.Value{}, r.err
		}
		found := r.indexOf(other, e) >= 0
		if r.err != nil { // the search has used up the time
			return value.Value{}, r.err
		}
		if found == keep {
			kept = append(kept, e)
		}
	}
	changed := len(kept) != l.Len()
	if changed {
		l.Clear()
		l.InsertAll(0, kept)
	}
	return value.Bool(changed), nil
}

func listClone(r *run, self value.Value, _ []value.Value) (value.Value, error) {
	l := self.AsList()
	if err := r.chargeElements(l.Len(), l.Len()); err != nil {
		return value.Value{}, err
	}
	vals := append([]value.Value(nil), l.Values()...)
	if l.IsJSON() {
		return value.FromList(value.NewJSONList(vals...)), nil
	}
	return value.FromList(value.NewList(vals...)), nil
}

func listToJSON(r *run, self value.Value, _ []value.Value) (value.Value, error) {
	if !self.AsList().IsJSON() {
		return value.Value{}, nil
	}
	v, c := r.text(0, self)
	if c != next {
		return value.Value{}, r.err
	}
	return v, nil
}
