package export

import (
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// maxDepth is how deep the values of a document may be nested that come as JSON text,
// such as the schemas of models: as deep as an import takes them.
const maxDepth = 256

// A value is one of a document: a string, a bool, an int32, a number, a list, an
// *object, or nil for null.
type value any

// A number is a number as JSON writes it.
type number string

// A list is the items of an array.
type list []value

// An object has its members in the order in which they were first set.
type object struct {
	members []member
	at      map[string]int // the places of members by name
}

type member struct {
	name  string
	value value
}

// set gives o a member, or the member another value.
func (o *object) set(name string, v value) {
	if i, ok := o.at[name]; ok {
		o.members[i].value = v
		return
	}
	if o.at == nil {
		o.at = make(map[string]int)
	}
	o.at[name] = len(o.members)
	o.members = append(o.members, member{name, v})
}

// text sets a member that has a text, and none where there is no text.
func (o *object) text(name string, s *string) {
	if s != nil && *s != "" {
		o.set(name, *s)
	}
}

// texts sets a member that has a list of texts, and none where the list is empty.
func (o *object) texts(name string, values []string) {
	if len(values) > 0 {
		o.set(name, textList(values))
	}
}

// fill sets a member that is an object, unless it is empty.
func (o *object) fill(name string, members *object) {
	if len(members.members) > 0 {
		o.set(name, members)
	}
}

// get returns the member called name, nil when o has none.
func (o *object) get(name string) value {
	if i, ok := o.at[name]; ok {
		return o.members[i].value
	}
	return nil
}

// has reports whether o has a member called name.
func (o *object) has(name string) bool {
	_, ok := o.at[name]
	return ok
}

// newObject returns an object with members that are given as names and values in turn.
func newObject(pairs ...value) *object {
	o := new(object)
	for i := 0; i < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func textList(values []string) list {
	out := make(list, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// parse reads a JSON text. Of members with one name the last one counts.
func parse(text string) (value, error) {
	p := parser{jsontext.NewReader([]byte(text), maxDepth, utf8.RuneError)}
	v, err := p.value()
	if err == nil {
		err = p.End()
	}
	return v, err
}

// parseObject reads a JSON text that should be an object, and returns nil when it is
// something else.
func parseObject(text string) *object {
	v, err := parse(text)
	if err != nil {
		return nil
	}
	o, _ := v.(*object)
	return o
}

type parser struct{ jsontext.Reader }

func (p *parser) value() (value, error) {
	kind, err := p.Peek()
	if err != nil {
		return nil, err
	}
	switch kind {
	case jsontext.Bool:
		return p.Bool()
	case jsontext.Number:
		digits, err := p.Number()
		return number(digits), err
	case jsontext.String:
		return p.Text()
	case jsontext.Array:
		items := list{}
		err := p.Array(func() error {
			item, err := p.value()
			items = append(items, item)
			return err
		})
		return items, err
	case jsontext.Object:
		o := new(object)
		err := p.Object(func(name []byte) error {
			key := string(name)
			v, err := p.value()
			o.set(key, v)
			return err
		})
		return o, err
	}
	return nil, p.Null()
}
