package jsonschema

import (
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// maxText bounds, in bytes, how much of a value a message repeats.
const maxText = 1 << 10

// text is v as JSON.
func text(v value.Value) string {
	b, err := v.AppendJSONMax(nil, maxText)
	if err != nil {
		return cut(string(b)) + "..."
	}
	return cut(string(b))
}

// cut shortens s to what a message repeats.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// namesText is names as a JSON list.
func namesText(names []string) string {
	vals := make([]value.Value, len(names))
	for i, name := range names {
		vals[i] = value.String(name)
	}
	return text(value.FromList(value.NewJSONList(vals...)))
}
