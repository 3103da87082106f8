package httpmsg

import (
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	tests := map[string]struct{ host, name bool }{
		"":                            {true, false},
		"example.com":                 {true, true},
		"example.com.":                {true, true},
		"Example.com":                 {true, false},
		"a_b-c.1":                     {true, true},
		"127.0.0.1":                   {true, true},
		"127.0.0.1:80":                {true, false},
		"[::1]:80":                    {true, false},
		".a":                          {true, false},
		"a..b":                        {true, false},
		"a b":                         {false, false},
		"a/b":                         {false, false},
		"a@b":                         {false, false},
		"a%2fb":                       {false, false},
		"ä":                           {false, false},
		"a\r\nb":                      {false, false},
		strings.Repeat("a", 254):      {true, true},
		strings.Repeat("a", 255):      {true, false},
		strings.Repeat("a", 64) + "#": {false, false},
	}
	for s, want := range tests {
		if got := ValidHost(s); got != want.host {
			t.Errorf("ValidHost(%q) = %v", s, got)
		}
		if got := ValidHostname(s); got != want.name {
			t.Errorf("ValidHostname(%q) = %v", s, got)
		}
	}
}

func TestParseLength(t *testing.T) {
	valid := map[string]int64{"0": 0, "007": 7, "18": 18, "999999999999999999": 999999999999999999}
	for s, want := range valid {
		if n, ok := ParseLength(s); n != want || !ok {
			t.Errorf("%q: %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "-1", "+1", " 1", "1 ", "1,1", "0x1", "1_0", "1.0", "١", "1000000000000000000"} {
		if n, ok := ParseLength([]byte(s)); ok {
			t.Errorf("%q is taken for %d", s, n)
		}
	}
}

func TestChunkSize(t *testing.T) {
	tests := map[string]struct {
		size   int64
		digits int
	}{
		"":                  {0, 0},
		"0":                 {0, 1},
		"1aF;x=1":           {0x1af, 3},
		"5 ":                {5, 1},
		"g":                 {0, 0},
		"-1":                {0, 0},
		"0x1":               {0, 1},
		"\x10":              {0, 0},
		"00fffffffffffff":   {0xfffffffffffff, 15},
		"fffffffffffffff":   {0xfffffffffffffff, 15},
		"0000000000000001":  {0, 0},
		"ffffffffffffffff;": {0, 0},
	}
	for line, want := range tests {
		if size, digits := ChunkSize([]byte(line)); size != want.size || digits != want.digits {
			t.Errorf("%q: %d of %d digits, want %d of %d", line, size, digits, want.size, want.digits)
		}
	}
}
