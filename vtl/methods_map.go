package vtl

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// mapMethods are the methods of java.util.Map, also for the host's objects
// that act like one.
var mapMethods = methodTable{
	"size": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(entriesOf(self).Len())), nil
	}}},
	"isEmpty": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Bool(entriesOf(self).Len() == 0), nil
	}}},
	"get": {{"O", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		return memberOf(self, args[0]), nil
	}}},
	"getOrDefault": {{"OO", mapGetOrDefault}},
	"containsKey": {{"O", func(_ *run, self value.Value, args []value.Value) (value.Value, error) {
		return value.Bool(entriesOf(self).Find(args[0]) >= 0), nil
	}}},
	"containsValue": {{"O", mapContainsValue}},
	"put":           {{"OO", mapPutMethod}},
	"putIfAbsent":   {{"OO", mapPutIfAbsent}},
	"putAll":        {{"M", mapPutAll}},
	"replace":       {{"OO", mapReplace}},
	"remove":        {{"O", mapRemove}, {"OO", mapRemovePair}},
	"clear":         {{"", mapClear}},
	"clone":         {{"", mapClone}},
	"keySet":        {{"", mapView(viewKeys)}},
	"values":        {{"", mapView(viewValues)}},
	"entrySet":      {{"", mapView(viewEntries)}},
}

// viewMethods are the methods of the views of a map.
var viewMethods = methodTable{
	"size": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Int(int64(viewOf(self).Len())), nil
	}}},
	"isEmpty": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.Bool(viewOf(self).Len() == 0), nil
	}}},
	"contains": {{"O", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return value.Bool(r.viewIndex(viewOf(self), args[0]) >= 0), nil
	}}},
	"containsAll": {{"C", viewContainsAll}},
	"iterator":    {{"", newIterator}},
	"toArray":     {{"", listToArray}, {"O", listToArray}},
	"remove":      {{"O", viewRemove}},
	"removeAll": {{"C", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return r.filterView(self, args[0], false)
	}}},
	"retainAll": {{"C", func(r *run, self value.Value, args []value.Value) (value.Value, error) {
		return r.filterView(self, args[0], true)
	}}},
	"add":    {{"O", viewAdd}},
	"addAll": {{"C", viewAdd}},
	"clear": {{"", func(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
		m, ok := viewOf(self).of.(*mapEntries)
		if !ok {
			return value.Value{}, errReadOnly
		}
		m.of().Clear()
		return none()
	}}},
}

// mapGet returns the value under key, or null.
func mapGet(m *value.Map, key value.Value) value.Value {
	if key.IsString() {
		v, _ := m.Get(key.AsString())
		return v
	}
	if i := m.Find(key); i >= 0 {
		return valueAt(m, i)
	}
	return value.Value{}
}

// memberOf is get(key) of anything that acts like a map.
func memberOf(v, key value.Value) value.Value {
	if m := v.AsMap(); m != nil {
		return mapGet(m, key)
	}
	if s, ok := v.AsObject().(*scope); ok {
		return s.member(key)
	}
	es := entriesOf(v)
	if i := es.Find(key); i >= 0 {
		return es.ValueAt(i)
	}
	return value.Value{}
}

// mapPut puts v under key within the limits.
func (r *run) mapPut(m *value.Map, key, v value.Value) error {
	if err := r.chargeElements(1, m.Len()+1); err != nil {
		return err
	}
	m.SetKey(key, v)
	return nil
}

// mutable returns the map that a template may change.
func mutable(v value.Value) (*value.Map, error) {
	if m := v.AsMap(); m != nil {
		return m, nil
	}
	if s, ok := v.AsObject().(*scope); ok {
		return s.storage(), nil
	}
	return nil, errReadOnly
}

func mapGetOrDefault(_ *run, self value.Value, args []value.Value) (value.Value, error) {
	es := entriesOf(self)
	if i := es.Find(args[0]); i >= 0 {
		return es.ValueAt(i), nil
	}
	return args[1], nil
}

func mapContainsValue(r *run, self value.Value, args []value.Value) (value.Value, error) {
	es := entriesOf(self)
	r.work(es.Len())
	for i := range es.Len() {
		if r.equal(es.ValueAt(i), args[0]) {
			return value.Bool(true), nil
		}
	}
	return value.Bool(false), nil
}

func mapPutMethod(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil {
		return value.Value{}, err
	}
	old := mapGet(m, args[0])
	return old, r.mapPut(m, args[0], args[1])
}

func mapPutIfAbsent(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil {
		return value.Value{}, err
	}
	if old := mapGet(m, args[0]); !old.IsNull() {
		return old, nil
	}
	return value.Value{}, r.mapPut(m, args[0], args[1])
}

func mapPutAll(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil {
		return value.Value{}, err
	}
	if args[0].IsNull() {
		return value.Value{}, errNull
	}
	from := entriesOf(args[0])
	for i := range from.Len() {
		r.steps--
		if err := r.mapPut(m, from.KeyAt(i), from.ValueAt(i)); err != nil {
			return value.Value{}, err
		}
	}
	return none()
}

func mapReplace(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil || m.Find(args[0]) < 0 {
		return value.Value{}, err
	}
	return mapPutMethod(r, self, args)
}

func mapRemove(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil {
		return value.Value{}, err
	}
	i := m.Find(args[0])
	if i < 0 {
		return value.Value{}, nil
	}
	r.work(m.Len())
	old := valueAt(m, i)
	m.DeleteAt(i)
	return old, nil
}

func mapRemovePair(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil {
		return value.Value{}, err
	}
	i := m.Find(args[0])
	if i < 0 || !r.equal(valueAt(m, i), args[1]) {
		return value.Bool(false), nil
	}
	m.DeleteAt(i)
	return value.Bool(true), nil
}

func mapClear(_ *run, self value.Value, _ []value.Value) (value.Value, error) {
	m, err := mutable(self)
	if err != nil {
		return value.Value{}, err
	}
	m.Clear()
	return none()
}

func mapClone(r *run, self value.Value, _ []value.Value) (value.Value, error) {
	es := entriesOf(self)
	if err := r.chargeElements(es.Len(), es.Len()); err != nil {
		return value.Value{}, err
	}
	m := value.NewMap(es.Len())
	for i := range es.Len() {
		m.SetKey(es.KeyAt(i), es.ValueAt(i))
	}
	return value.FromMap(m), nil
}

func mapView(kind viewKind) method {
	return func(r *run, self value.Value, _ []value.Value) (value.Value, error) {
		return value.FromObject(&view{kind: kind, of: entriesOf(self)}), r.charge(elementSize)
	}
}

func viewOf(v value.Value) *view {
	w, _ := v.AsObject().(*view)
	return w
}

// viewIndex returns where a view has an element that equals v, or -1.
func (r *run) viewIndex(w *view, v value.Value) int {
	if w.kind == viewKeys {
		return w.of.Find(v)
	}
	r.work(w.Len())
	for i := range w.Len() {
		if r.equal(w.elem(i), v) {
			return i
		}
	}
	return -1
}

func viewContainsAll(r *run, self value.Value, args []value.Value) (value.Value, error) {
	elements, err := r.elementsOf(args[0])
	if err != nil {
		return value.Value{}, err
	}
	for _, e := range elements {
		if r.viewIndex(viewOf(self), e) < 0 {
			return value.Bool(false), nil
		}
	}
	return value.Bool(true), nil
}

func viewRemove(r *run, self value.Value, args []value.Value) (value.Value, error) {
	m, ok := viewOf(self).of.(*mapEntries)
	if !ok {
		return value.Value{}, errReadOnly
	}
	i := r.viewIndex(viewOf(self), args[0])
	if i >= 0 {
		m.of().DeleteAt(i)
	}
	return value.Bool(i >= 0), nil
}

func viewAdd(*run, value.Value, []value.Value) (value.Value, error) {
	return value.Value{}, errReadOnly
}

// filterView keeps the entries of which the view shows something that is in a
// collection, or those of which it does not.
func (r *run) filterView(self, by value.Value, keep bool) (value.Value, error) {
	elements, err := r.elementsOf(by)
	if err != nil {
		return value.Value{}, err
	}
	if err := r.charge(len(elements) * elementSize); err != nil {
		return value.Value{}, err
	}
	other := value.NewList(append([]value.Value(nil), elements...)...)
	w := viewOf(self)
	m, ok := w.of.(*mapEntries)
	if !ok {
		return value.Value{}, errReadOnly
	}
	changed := false
	for i := w.Len() - 1; i >= 0; i-- {
		if !r.step(0) {
			return value.Value{}, r.err
		}
		found := r.indexOf(other, w.elem(i)) >= 0
		if r.err != nil { // the search has used up the time
			return value.Value{}, r.err
		}
		if found != keep {
			m.of().DeleteAt(i)
			changed = true
		}
	}
	return value.Bool(changed), nil
}
