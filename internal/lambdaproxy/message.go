package lambdaproxy

// ErrorMessage returns what a function that threw says of its error, "" when it
// says nothing.
func ErrorMessage(body []byte) string { return stringMember(body, "errorMessage") }

// RefusalMessage returns why Lambda's API did not run a function, "" when it says
// nothing.
func RefusalMessage(body []byte) string { return stringMember(body, "message", "Message") }

// stringMember returns the text of a member of a JSON object.
func stringMember(body []byte, names ...string) string {
	var text []byte
	r := jsonReader{text: body}
	r.object(func(key []byte) bool {
		for _, name := range names {
			if string(key) == name && r.peek() == '"' {
				var ok bool
				text, ok = r.string(text[:0])
				return ok
			}
		}
		return r.skip(0)
	})
	return string(text)
}
