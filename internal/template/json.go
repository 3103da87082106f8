package template

import (
	"encoding/json"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// writeJSON writes a value as JSON, its members in their order.
func writeJSON(b *strings.Builder, t *openapi.Tree) {
	switch {
	case t == nil || t.Kind == openapi.NullTree:
		b.WriteString("null")
	case t.Kind == openapi.TextTree:
		b.Write(quoted(t.Text))
	case t.Kind == openapi.ListTree:
		b.WriteByte('[')
		for i, item := range t.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, item)
		}
		b.WriteByte(']')
	case t.Kind == openapi.ObjectTree:
		b.WriteByte('{')
		for i, m := range t.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(quoted(m.Name))
			b.WriteByte(':')
			writeJSON(b, m.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(t.Text)
	}
}

func quoted(s string) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text encodes
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}
