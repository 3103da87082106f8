package target

import "testing"

func TestAppendQuery(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"clean":              {"a=1&b=%20x+y", "a=1&b=%20x+y"},
		"semicolon splits":   {"a=1;b=2", "a=1&b=2"},
		"bad escape":         {"a=%zz&b=%2", "a=%25zz&b=%252"},
		"braces and quotes":  {`a={"x"}`, "a=%7B%22x%22%7D"},
		"bytes above ASCII":  {"a=é", "a=%C3%A9"},
		"a bare hash cannot": {"a#b", "a%23b"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(AppendQuery(nil, true, tt.in)); got != "&"+tt.want {
				t.Errorf("got %q, want it behind &: %q", got, tt.want)
			}
		})
	}
}

func TestAppendParameter(t *testing.T) {
	got := string(AppendParameter(AppendParameter([]byte("/x"), false, "a b", "c&d"), true, "e", "é"))
	if want := "/x?a%20b=c%26d&e=%C3%A9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
