package apidoc

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// maxDepth is how deep the objects and arrays of a part may be nested.
const maxDepth = 100

// A property is one member of what a part says.
type property struct {
	name string // without escapes
	text string // of name and value, as it is written
}

// CheckProperties returns the error that keeps a text from being what a part may
// say: a JSON object, which is nested 100 levels deep at the most. It takes time in
// proportion to the text.
func CheckProperties(text string) error {
	_, err := properties(text)
	return err
}

// MergeProperties returns what a part says when imported texts are merged into it,
// one after the other: their members replace those of the same name, and the others
// stay where they are. Where that changes nothing the text stays as it is, white
// space included. All are texts that CheckProperties takes. It takes time in
// proportion to all of them together.
func MergeProperties(existing string, imported ...string) string {
	said, _ := properties(existing)
	at := make(map[string]int, len(said))
	for i, p := range said {
		at[p.name] = i
	}
	changed := false
	for _, text := range imported {
		more, _ := properties(text)
		for _, p := range more {
			i, found := at[p.name]
			switch {
			case !found:
				at[p.name] = len(said)
				said, changed = append(said, p), true
			case said[i].text != p.text:
				said[i], changed = p, true
			}
		}
	}
	if !changed {
		return existing
	}
	texts := make([]string, len(said))
	for i, p := range said {
		texts[i] = p.text
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// properties lists the members of a JSON object in their order.
func properties(text string) ([]property, error) {
	var list []property
	r := jsontext.NewReader([]byte(text), maxDepth, utf8.RuneError)
	if kind, err := r.Peek(); err == nil && kind != jsontext.Object {
		return nil, errors.New("it is no object")
	}
	err := r.Object(func(name []byte) error {
		p, start := property{name: string(name)}, r.NameOffset()
		if err := r.Skip(); err != nil {
			return err
		}
		p.text = text[start:r.Offset()]
		list = append(list, p)
		return nil
	})
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	return list, nil
}
