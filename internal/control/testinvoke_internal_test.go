package control

import (
	"strings"
	"testing"
)

func TestTestTarget(t *testing.T) {
	tests := map[string]struct{ text, path, query string }{
		"none is the resource (recorded)": {"", "/pets/{id}", ""},
		"query alone":                     {"?a=1", "/pets/{id}", "a=1"},
		"path":                            {"/pets/7", "/pets/7", ""},
		"path and query":                  {"/pets/7?a=1?b=2", "/pets/7", "a=1?b=2"},
		"empty query":                     {"/pets/7?", "/pets/7", ""},
		"no slash":                        {"pets/7", "/pets/7", ""},
		"slashes":                         {"//pets//7/", "//pets//7/", ""},
		"escapes stay":                    {"/a%2Fb%20c?d=%26", "/a%2Fb%20c", "d=%26"},
		"a line's end is escaped":         {"/a b\r\nHost: x?q=\t\x7f", "/a%20b%0D%0AHost:%20x", "q=%09%7F"},
		"other text stays":                {"/ü/#/日本?q=é", "/ü/#/日本", "q=é"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if path, query := testTarget(tt.text, "/pets/{id}"); path != tt.path || query != tt.query {
				t.Errorf("got %q %q, want %q %q", path, query, tt.path, tt.query)
			}
		})
	}
}

func FuzzTestTarget(f *testing.F) {
	for _, seed := range []string{"", "/", "?", "/a?b", "a b", "\r\n", "\xff?\xfe", "/%", "??", "/\x7f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, query := testTarget(text, "/x")
		if path[0] != '/' || strings.Contains(path, "?") {
			t.Errorf("%q: path %q", text, path)
		}
		for _, part := range []string{path, query} {
			for i := 0; i < len(part); i++ {
				if part[i] <= ' ' || part[i] == 0x7f {
					t.Errorf("%q: %q would not stay within a request line", text, part)
				}
			}
		}
		whole := path
		if query != "" {
			whole += "?" + query
		}
		if again, query2 := testTarget(whole, "/x"); again != path || query2 != query {
			t.Errorf("%q: %q %q, and then %q %q", text, path, query, again, query2)
		}
	})
}
