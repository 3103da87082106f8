package lambdaproxy

import (
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// ErrorMessage returns what a function that threw says of its error, "" when it
// says nothing.
func ErrorMessage(body []byte) string { return stringMember(body, "errorMessage") }

// InvokeErrorMessage returns why Lambda's API did not run a function, "" when it says
// nothing.
func InvokeErrorMessage(body []byte) string { return stringMember(body, "message", "Message") }

// maxMessageDepth bounds the nesting of what a message is looked for in.
const maxMessageDepth = 512

// stringMember returns the text of a member of a JSON object.
func stringMember(body []byte, names ...string) string {
	var text []byte
	r := jsontext.NewReader(body, maxMessageDepth, '?')
	_ = r.Object(func(name []byte) error { // what comes before a mistake counts
		wanted := slices.ContainsFunc(names, func(n string) bool { return n == string(name) })
		if kind, _ := r.Peek(); !wanted || kind != jsontext.String {
			return r.Skip()
		}
		var err error
		text, err = r.AppendText(text[:0])
		return err
	})
	return string(text)
}
