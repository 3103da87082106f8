package policy

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// Expand resolves the short form of resources, execute-api:/{stage}/{VERB}/{path},
// in the Resource and NotResource elements of a resource policy to ARNs of an
// API. The rest of the text stays as it is, letter by letter. It reports only
// what keeps it from reading the text; whether it is a policy is for [Parse].
func Expand(text string, api API) (string, error) {
	doc, err := readJSON(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	done := 0
	for _, n := range resourceNodes(doc) {
		rest, ok := strings.CutPrefix(n.text, "execute-api:/")
		if !ok {
			continue
		}
		b.WriteString(text[done:n.start])
		b.WriteString(quote(api.ARN() + "/" + rest))
		done = n.end
	}
	b.WriteString(text[done:])
	return b.String(), nil
}

// resourceNodes lists the resources of a document, in the order of the text.
func resourceNodes(doc *node) []*node {
	var out []*node
	for _, statement := range elements(doc.get("Statement")) {
		for i, key := range statement.keys {
			if key != "Resource" && key != "NotResource" {
				continue
			}
			for _, n := range elements(statement.items[i]) {
				if n.kind == jsontext.String {
					out = append(out, n)
				}
			}
		}
	}
	return out
}

// elements is the items of a list, or the one value that is no list.
func elements(n *node) []*node {
	switch {
	case n == nil:
		return nil
	case n.kind == jsontext.Array:
		return n.items
	}
	return []*node{n}
}

// quote writes a JSON string.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always can be
	return strings.TrimSuffix(b.String(), "\n")
}
