package httpmsg

import (
	"strings"
	"testing"
)

func TestValidName(t *testing.T) {
	const token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range 256 {
		s := string([]byte{byte(c)})
		if got, want := ValidName(s), strings.Contains(token, s); got != want {
			t.Errorf("ValidName(%q) = %v, want %v", s, got, want)
		}
		if got, want := ValidName("X-"+s), strings.Contains(token, s); got != want {
			t.Errorf("ValidName(%q) = %v, want %v", "X-"+s, got, want)
		}
	}
	if ValidName("") {
		t.Error("the empty name is valid")
	}
}

func TestValidValue(t *testing.T) {
	for c := range 256 {
		control := c < 32 && c != '\t' || c == 127
		for at := range 20 { // in any place of the eight bytes that are looked at together
			for _, filler := range []string{"a", " ", "\t", "\x80", "\xff", "~"} {
				s := strings.Repeat(filler, at) + string([]byte{byte(c)}) + strings.Repeat(filler, 20-at)
				if got := ValidText(s); got == control {
					t.Errorf("ValidText(%q) = %v", s, got)
				}
			}
		}
	}
	tests := map[string]bool{
		"": true, "a": true, "a b": true, "a\tb": true, "caf\xe9": true, "é": true,
		" a": false, "a ": false, "\ta": false, "a\t": false, " ": false,
		"a\r\nX: y": false, "a\n": false, "a\x00": false, "\x7f": false,
	}
	for value, want := range tests {
		if got := ValidValue(value); got != want {
			t.Errorf("ValidValue(%q) = %v, want %v", value, got, want)
		}
	}
	if got := TrimValue(" \t a b\t "); got != "a b" {
		t.Errorf("TrimValue = %q", got)
	}
}

func TestHasToken(t *testing.T) {
	for list, want := range map[string]bool{
		"": false, "close": true, "CLOSE": true, "keep-alive, close": true, "close,x": true, "\t close ,": true, ",,close": true,
		"closed": false, "x-close": false, "close x": false, "close;x": false, "clo,se": false, "\"close\"": false,
	} {
		if got := HasToken(list, "close"); got != want {
			t.Errorf("HasToken(%q) = %v", list, got)
		}
	}
}
