package template

import (
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// members are those of an object, none of anything else.
func members(t *openapi.Tree) []openapi.Member {
	if t == nil {
		return nil
	}
	return t.Members
}

// text is the text of a scalar, "" of anything else.
func text(t *openapi.Tree) string {
	if t == nil || t.Kind == openapi.ListTree || t.Kind == openapi.ObjectTree || t.Kind == openapi.NullTree {
		return ""
	}
	return t.Text
}

func newText(s string, at openapi.Position) *openapi.Tree {
	return &openapi.Tree{Kind: openapi.TextTree, Text: s, Position: at}
}

// optional is the text of a scalar, nil where there is none.
func optional(t *openapi.Tree) *string {
	if s := text(t); s != "" {
		return &s
	}
	return nil
}

// truth is a boolean, which CloudFormation also takes as a text; nil where there is none.
func truth(t *openapi.Tree) *bool {
	switch strings.ToLower(text(t)) {
	case "true", "yes", "on":
		return new(true)
	case "false", "no", "off":
		return new(false)
	}
	return nil
}

// isTrue reports whether a value is there and true.
func isTrue(t *openapi.Tree) bool {
	b := truth(t)
	return b != nil && *b
}

// whole is a whole number, which CloudFormation also takes as a text; nil where there is
// none.
func whole(t *openapi.Tree) *int32 {
	n, err := strconv.ParseInt(text(t), 10, 32)
	if err != nil {
		return nil
	}
	return new(int32(n))
}

// list are the items of a list, and a value that is none as the one item.
func list(t *openapi.Tree) []*openapi.Tree {
	switch {
	case t == nil || t.Kind == openapi.NullTree:
		return nil
	case t.Kind == openapi.ListTree:
		return t.Items
	}
	return []*openapi.Tree{t}
}

// texts are the texts of a list.
func texts(t *openapi.Tree) []string {
	var out []string
	for _, item := range list(t) {
		out = append(out, text(item))
	}
	return out
}

// textMap has the texts of an object's members, nil where there are none.
func textMap(t *openapi.Tree) map[string]string {
	var out map[string]string
	for _, m := range members(t) {
		if out == nil {
			out = make(map[string]string)
		}
		out[m.Name] = text(m.Value)
	}
	return out
}

// templateMap is textMap in the form that mapping templates have.
func templateMap(t *openapi.Tree) map[string]*string {
	var out map[string]*string
	for _, m := range members(t) {
		if out == nil {
			out = make(map[string]*string)
		}
		out[m.Name] = new(textOrJSON(m.Value))
	}
	return out
}

// textOrJSON is a value that is text, or is written as JSON.
func textOrJSON(t *openapi.Tree) string {
	if t != nil && t.Kind == openapi.TextTree {
		return t.Text
	}
	var b strings.Builder
	writeJSON(&b, t)
	return b.String()
}
