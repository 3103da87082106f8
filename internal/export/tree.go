package export

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// maxDepth is how deep the values of a document may be nested that come as JSON text: as
// deep as the schema of a model can be.
const maxDepth = 400

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
	at      map[string]int // the places of members by name, once there are many
}

type member struct {
	name  string
	value value
}

// indexFrom is the number of members from which an object keeps a map of them.
const indexFrom = 12

// find returns the place of the member called name, -1 when o has none.
func (o *object) find(name string) int {
	if o.at != nil {
		if i, ok := o.at[name]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
}

// set gives o a member, or the member another value.
func (o *object) set(name string, v value) {
	if i := o.find(name); i >= 0 {
		o.members[i].value = v
		return
	}
	o.members = append(o.members, member{name, v})
	switch n := len(o.members); {
	case n == indexFrom:
		o.at = make(map[string]int)
		for i, m := range o.members {
			o.at[m.name] = i
		}
	case n > indexFrom:
		o.at[name] = n - 1
	}
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
	if i := o.find(name); i >= 0 {
		return o.members[i].value
	}
	return nil
}

// has reports whether o has a member called name.
func (o *object) has(name string) bool { return o.find(name) >= 0 }

// sized returns an object with room for some members.
func sized(members int) *object { return &object{members: make([]member, 0, members)} }

// newObject returns an object with members that are given as names and values in turn.
func newObject(pairs ...value) *object {
	o := sized(len(pairs) / 2)
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

// parse reads the value that a JSON text begins with. What stands behind it means nothing
// to the service where it reads the schema of a model. Of members with one name the last
// one counts.
func parse(text string) (value, error) {
	p := parser{jsontext.NewReader([]byte(text), maxDepth, utf8.RuneError)}
	return p.value()
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

// sizeOfValue is what a value takes in a list that grew, in bytes: 58 were measured of a
// text of numbers. An object's members take as much for each of their two texts.
const sizeOfValue = 58

// TreeSize is about how much memory Document takes for what it reads of a definition, in
// bytes, beside the document: many times as much as the texts have. Commas and colons in
// prose count as values.
func TreeSize(src *Source) int {
	n := 0
	for i := range src.Models {
		n += 2 * treeSize(text(src.Models[i].Schema)) // the schemas are copied
	}
	if src.Documentation != nil {
		for i := range src.Documentation.Parts {
			n += treeSize(text(src.Documentation.Parts[i].Properties))
		}
	}
	return n
}

func treeSize(text string) int {
	values := 1
	for _, mark := range []string{",", ":", "[", "{"} {
		values += strings.Count(text, mark)
	}
	return len(text) + sizeOfValue*values
}
