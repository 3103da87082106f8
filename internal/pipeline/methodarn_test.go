package pipeline

import "testing"

// TestMethodARN has the ARN as the path was sent, and its plain spelling where that is
// another one.
func TestMethodARN(t *testing.T) {
	const api = "arn:aws:execute-api:us-east-1:000000000000:abc/prod/"
	tests := map[string]struct{ request, want, plain string }{
		"the root":                  {"GET /", "GET/", ""},
		"the root, twice":           {"GET //", "GET/", ""},
		"a path":                    {"POST /x", "POST/x", ""},
		"a slash at the end":        {"GET /x/", "GET/x/", "GET/x"},
		"slashes before":            {"GET ///x", "GET/x", ""},
		"slashes within":            {"GET /x//y", "GET/x//y", ""},
		"an escape":                 {"GET /%61dmin", "GET/%61dmin", "GET/admin"},
		"an escaped slash":          {"GET /a%2Fb", "GET/a%2Fb", "GET/a/b"},
		"an escaped slash in front": {"GET /%2Fb", "GET/%2Fb", "GET/b"},
		"one at the end":            {"GET /a%2F", "GET/a%2F", "GET/a"},
		"upper case":                {"GET /X", "GET/X", ""},
		"a colon":                   {"GET /a:b*?", "GET/a:b*", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newRig(t, mock(nil)).stage.newCall(parseRequest(tt.request))
			defer c.answer.Release()
			c.scope.Context.HTTPMethod = c.req.Method
			plain := tt.plain
			if plain != "" {
				plain = api + plain
			}
			if got, also := c.methodARN(), c.plainARN(); got != api+tt.want || also != plain {
				t.Errorf("got %q and %q, want %q and %q", got, also, api+tt.want, plain)
			}
		})
	}
}
