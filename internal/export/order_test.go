package export

import (
	"slices"
	"strings"
	"testing"
)

// Orders in published exports, by what the keys are.
func TestJavaOrder(t *testing.T) {
	const response = "method.response.header."
	tests := map[string][]string{
		"integration responses": {`4\d{2}`, "default", `5\d{2}`},
		"response headers":      {"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"},
		"more response headers": {"operand_1", "operand_2", "operator"},
		"response parameters":   {response + "Access-Control-Allow-Methods", response + "Access-Control-Allow-Headers", response + "Access-Control-Allow-Origin"},
		"request parameters":    {"integration.request.querystring.page", "integration.request.querystring.type"},
		"parameters":            {"method.request.querystring.type", "method.request.querystring.page"},
		"more parameters":       {"method.request.header.Content-Type", "method.request.path.paasproxy", "method.request.header.Content-Disposition"},
		"extensions":            {extensionPrefix + "gateway-responses", extensionPrefix + "request-validators"},
		"more extensions":       {extensionPrefix + "security-policy", extensionPrefix + "policy"},
		"documentation":         {extensionPrefix + "documentation", "x-bar"},
		"models":                {"Pets", "Empty", "NewPetResponse", "Pet", "NewPet", "PetType"},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			m := make(map[string]bool)
			for _, key := range want {
				m[key] = true
			}
			if got := javaOrder(m); !slices.Equal(got, want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), strings.Join(want, " "))
			}
		})
	}
}

func TestStatusOrder(t *testing.T) {
	if got := statusOrder(map[string]bool{"200": true, "400": true, "500": true}); !slices.Equal(got, []string{"400", "500", "200"}) {
		t.Errorf("got %s", got)
	}
}

// The hash is that of Java's strings: "polygenelubricants" has the lowest there is.
func TestJavaHash(t *testing.T) {
	for text, want := range map[string]uint32{"": 0, "a": 97, "polygenelubricants": 0x80008000} {
		if got := javaHash(text); got != want {
			t.Errorf("%q: got %#x, want %#x", text, got, want)
		}
	}
	if units := 31*uint32(0xd83d) + 0xde00; javaHash("\U0001F600") != units^units>>16 {
		t.Errorf("a surrogate pair: got %#x", javaHash("\U0001F600"))
	}
}
