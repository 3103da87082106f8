package spelling

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	words := []string{"listen", "gateway-listen", "log-level", "uri", "get", "x-amazon-apigateway-integration"}
	tests := map[string]struct{ text, want string }{
		"a character left out":         {"lisen", "listen"},
		"a character too many":         {"listenn", "listen"},
		"another character":            {"log_level", "log-level"},
		"two swapped":                  {"lsiten", "listen"},
		"case":                         {"Listen", "listen"},
		"several edits of a long word": {"x-amazn-apigatway-integraton", "x-amazon-apigateway-integration"},
		"a short word":                 {"gte", "get"},
		"the word itself":              {"listen", ""},
		"another word":                 {"credentials", ""},
		"nothing":                      {"", ""},
		"a word of two":                {"xx", ""},
		"too long to compare":          {strings.Repeat("listen", 20), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, ok := Nearest(tt.text, words); got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
		})
	}
}
