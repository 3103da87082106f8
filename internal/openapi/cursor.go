package openapi

import (
	"iter"
	"strconv"
	"strings"
)

// A cursor is a value of a document together with the way from the top of its
// file. A nil cursor is a value that is not there; its methods answer so.
type cursor struct {
	node *node
	up   *cursor // nil at the top
	key  string  // the member or index of up that this is
	at   *field  // the member of up, nil for items
}

// top returns the cursor of a whole file.
func top(src *source) *cursor { return &cursor{node: src.root} }

// is reports whether c is there and of kind k.
func (c *cursor) is(k kind) bool { return c != nil && c.node.kind == k }

// get returns the member called key, nil when c has none or it is null.
func (c *cursor) get(key string) *cursor {
	if c == nil {
		return nil
	}
	f := c.node.field(key)
	if f == nil || f.value.kind == null {
		return nil
	}
	return c.member(f)
}

func (c *cursor) member(f *field) *cursor {
	return &cursor{node: f.value, up: c, key: f.name, at: f}
}

// members yields the members of c in the order of the document, nulls included.
func (c *cursor) members() iter.Seq2[string, *cursor] {
	return func(yield func(string, *cursor) bool) {
		if !c.is(object) {
			return
		}
		for i := range c.node.fields {
			f := &c.node.fields[i]
			if !yield(f.name, c.member(f)) {
				return
			}
		}
	}
}

// items yields the items of c.
func (c *cursor) items() iter.Seq2[int, *cursor] {
	return func(yield func(int, *cursor) bool) {
		if !c.is(list) {
			return
		}
		for i, n := range c.node.items {
			if !yield(i, &cursor{node: n, up: c, key: strconv.Itoa(i)}) {
				return
			}
		}
	}
}

// text returns the characters of c, which are those of the document for a number
// too, and false when c is no scalar or null.
func (c *cursor) text() (string, bool) {
	if c == nil {
		return "", false
	}
	switch c.node.kind {
	case text, number, boolean:
		return c.node.value, true
	}
	return "", false
}

// str returns the text of the member called key, "" when there is none.
func (c *cursor) str(key string) string {
	s, _ := c.get(key).text()
	return s
}

// bool returns the truth of c. YAML 1.1 also writes it yes and on.
func (c *cursor) bool() (value, ok bool) {
	s, ok := c.text()
	if !ok {
		return false, false
	}
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// int32 returns the whole number that c is or spells.
func (c *cursor) int32() (int32, bool) {
	s, ok := c.text()
	if !ok {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 32)
	return int32(i), err == nil
}

// place is where c stands: for a member the place of its key, which is where one
// looks, and its value otherwise.
func (c *cursor) place() Position {
	p := c.node.position()
	if c.at != nil {
		p.Line, p.Column = c.at.line, c.at.column
	}
	return p
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// maxReference bounds a reference, in bytes.
const maxReference = 2000

// reference returns what leads to c: a JSON pointer after # and, when it is not in
// the main document, after the name of its file. Of what only a longer one would
// lead to it returns that of the innermost value around it that a shorter one
// leads to.
func (c *cursor) reference() string {
	var keys []string
	src := c.node.src
	for ; c.up != nil; c = c.up {
		keys = append(keys, c.key)
	}
	var b strings.Builder
	if src != nil {
		b.WriteString(src.ref)
	}
	b.WriteString("#")
	for i := len(keys) - 1; i >= 0; i-- {
		if b.Len()+len(keys[i]) > maxReference {
			break
		}
		b.WriteString("/" + pointerEscaper.Replace(keys[i]))
	}
	return b.String()
}
