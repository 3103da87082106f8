package trace

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

func sameText(a, b string) bool { return a == b }

func fieldsOf(list []mapping.Param) httpmsg.Header {
	out := make(httpmsg.Header, len(list))
	for i, p := range list {
		out[i] = httpmsg.Field{Name: p.Name, Value: p.Value}
	}
	return out
}

// javaMap prints a list as Java prints a map: {a=b, c=d}. The values of one
// name are joined with commas. Of a long list what cannot be shown is left out.
func javaMap(list httpmsg.Header, same func(a, b string) bool) string {
	var b strings.Builder
	list = list[:min(len(list), MaxLogLine)]
	b.WriteByte('{')
	for i, f := range list {
		if b.Len() > MaxLogLine {
			break
		}
		if containsName(list[:i], f.Name, same) {
			continue
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + "=" + f.Value)
		for _, other := range list[i+1:] {
			if same(f.Name, other.Name) {
				b.WriteString("," + other.Value)
			}
		}
	}
	b.WriteByte('}')
	return b.String()
}

func containsName(list httpmsg.Header, name string, same func(a, b string) bool) bool {
	for i := range list {
		if same(list[i].Name, name) {
			return true
		}
	}
	return false
}

// javaHeader prints a header as Java prints a map, its secrets masked.
func javaHeader(h httpmsg.Header) string { return javaMap(masked(h), httpmsg.EqualFold) }

// masked is h with its secrets made unreadable.
func masked(h httpmsg.Header) httpmsg.Header {
	out := make(httpmsg.Header, len(h))
	for i, f := range h {
		if isSecret(f.Name) {
			f.Value = mapping.MaskSecret(f.Value)
		}
		out[i] = f
	}
	return out
}

// isSecret reports whether a header, or a member of $context, of that name holds
// a secret. AWS masks the first two and prints the others, whose use is not
// worth the risk.
func isSecret(name string) bool {
	return httpmsg.EqualFold(name, "Authorization") || httpmsg.EqualFold(name, "x-api-key") ||
		httpmsg.EqualFold(name, "X-Amz-Security-Token") || name == "apiKey"
}
