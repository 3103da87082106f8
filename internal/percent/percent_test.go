package percent

import (
	"net/url"
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	const all = "aZ09-._~ !\"#$%&'()*+,/:;<=>?@[\\]^`{|}\x00\x1f\x7fé\xff"
	for name, tt := range map[string]struct {
		keep *Set
		want string
	}{
		"unreserved": {Unreserved, "aZ09-._~%20%21%22%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D%00%1F%7F%C3%A9%FF"},
		"segment":    {Segment, "aZ09-._~%20!%22%23$%25&'()*+,%2F:;%3C=%3E%3F@%5B%5C%5D%5E%60%7B%7C%7D%00%1F%7F%C3%A9%FF"},
		"nothing":    {new(Set), strings.ToUpper("%61%5a%30%39%2d%2e%5f%7e%20%21%22%23%24%25%26%27%28%29%2a%2b%2c%2f%3a%3b%3c%3d%3e%3f%40%5b%5c%5d%5e%60%7b%7c%7d%00%1f%7f%c3%a9%ff")},
	} {
		if got := string(Append([]byte("x"), all, tt.keep)); got != "x"+tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		if back, ok := Unescape(tt.want); !ok || back != all {
			t.Errorf("%s: read back as %q", name, back)
		}
	}
}

func TestUnescape(t *testing.T) {
	tests := map[string]struct {
		want string
		ok   bool
	}{
		"":             {"", true},
		"a+b":          {"a+b", true},
		"%41%4a%4A":    {"AJJ", true},
		"a%2Fb%2525":   {"a/b%25", true},
		"%":            {"", false},
		"%4":           {"", false},
		"a%4g":         {"", false},
		"%41%":         {"", false},
		"%%41":         {"", false},
		"\x00\xff%00é": {"\x00\xff\x00é", true},
	}
	for in, tt := range tests {
		if got, ok := Unescape(in); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %q, %v, want %q, %v", in, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzUnescape compares with net/url.
func FuzzUnescape(f *testing.F) {
	f.Add("a%2fb+%")
	f.Add("%E9é%")
	f.Fuzz(func(t *testing.T, s string) {
		want, err := url.PathUnescape(s)
		got, ok := Unescape(s)
		if got != want || ok != (err == nil) {
			t.Errorf("%q: %q, %v, want %q, %v", s, got, ok, want, err)
		}
		if back, ok := Unescape(string(Append(nil, s, Segment))); !ok || back != s {
			t.Errorf("%q: encoded and read back as %q", s, back)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], "arn:aws:lambda:us-east-1:123456789012:function:orders", Unreserved)
	}
}

func BenchmarkUnescape(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Unescape("orders%2F17%20of%20today")
	}
}
