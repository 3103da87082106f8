package portal

import (
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// maxDepth is how deep the arrays and objects of a document may be nested: an export has
// models of 400 levels at the most.
const maxDepth = 500

// An object is a JSON object, its members in their order. The other values are []any,
// string, number, bool and nil.
type object struct{ members []member }

type member struct {
	name  string
	value any
}

// A number is one in its own spelling.
type number string

// parse reads a document.
func parse(text []byte) (*object, error) {
	r := jsontext.NewReader(text, maxDepth, '\uFFFD')
	v, err := readValue(&r)
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, err
	}
	o, _ := v.(*object)
	return o, nil
}

func readValue(r *jsontext.Reader) (any, error) {
	kind, err := r.Peek()
	if err != nil {
		return nil, err
	}
	switch kind {
	case jsontext.Object:
		return readObject(r)
	case jsontext.Array:
		var list []any
		err := r.Array(func() error {
			v, err := readValue(r)
			list = append(list, v)
			return err
		})
		return list, err
	case jsontext.String:
		return r.Text()
	case jsontext.Number:
		n, err := r.Number()
		return number(n), err
	case jsontext.Bool:
		return r.Bool()
	}
	return nil, r.Null()
}

func readObject(r *jsontext.Reader) (*object, error) {
	o := new(object)
	err := r.Object(func(name []byte) error {
		m := member{name: string(name)}
		v, err := readValue(r)
		m.value = v
		o.members = append(o.members, m)
		return err
	})
	return o, err
}

// get is the member of a name, nil where there is none. A nil object has none.
func (o *object) get(name string) any {
	if o == nil {
		return nil
	}
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].value
		}
	}
	return nil
}

// object is a member that is an object, nil for any other.
func (o *object) object(name string) *object {
	v, _ := o.get(name).(*object)
	return v
}

// text is a member that is a string, "" for any other.
func (o *object) text(name string) string {
	s, _ := o.get(name).(string)
	return s
}

// list is a member that is an array, nil for any other.
func (o *object) list(name string) []any {
	l, _ := o.get(name).([]any)
	return l
}

// isTrue reports whether a member is true.
func (o *object) isTrue(name string) bool { return o.get(name) == true }

// each visits the members that are objects.
func (o *object) each(visit func(name string, value *object)) {
	if o == nil {
		return
	}
	for i := range o.members {
		if v, ok := o.members[i].value.(*object); ok {
			visit(o.members[i].name, v)
		}
	}
}
