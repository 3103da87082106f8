package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

var (
	one = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	two = hex.EncodeToString(bytes.Repeat([]byte{2}, 32))
)

func ring(t *testing.T, lines ...string) *Keyring {
	t.Helper()
	r, err := Parse([]byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is sealed is opened by its key, wherever in the ring that is, and by no other, and
// for nothing but what it is about.
func TestSeal(t *testing.T) {
	first, both, second := ring(t, "# the first", one, ""), ring(t, two+"\r", one), ring(t, two)
	sealed := first.Seal([]byte("secret"), "a")
	if again := first.Seal([]byte("secret"), "a"); again == sealed || strings.Contains(sealed, "secret") || KeyOf(sealed) != first.Current() {
		t.Errorf("sealed as %s and %s", sealed, again)
	}
	for _, r := range []*Keyring{first, both} {
		if got, err := r.Open(sealed, "a"); string(got) != "secret" || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
	}
	for _, r := range []*Keyring{second, New(), nil} {
		if _, err := r.Open(sealed, "a"); !errors.Is(err, ErrNoKey) {
			t.Errorf("got %v", err)
		}
	}
	if both.Current() != second.Current() {
		t.Error("the first key does not seal")
	}
	for _, bad := range []string{"", ".", "1", "1." + first.Current() + ".", "2" + sealed[1:], sealed[:len(sealed)-1], sealed + "A", sealed[:40] + "x" + sealed[41:]} {
		if got, err := first.Open(bad, "a"); err == nil {
			t.Errorf("%q: got %s", bad, got)
		}
	}
	if _, err := first.Open(sealed, "b"); err == nil {
		t.Error("it is opened for what it is not about")
	}
}

// Errors of key files name the line, and never what it holds.
func TestParse(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":       {"", "there is no key: "},
		"comments":      {"# key\n\n", "there is no key: "},
		"a short key":   {"c2VjcmV0", "line 1 is no key: "},
		"a long key":    {"\n" + one + one, "line 2 is no key: "},
		"a password":    {one + "\nhunter2hunter2", "line 2 is no key: "},
		"no digits":     {strings.Repeat("x", 64), "line 1 is no key: "},
		"a key twice":   {one + "\n" + hex.EncodeToString(bytes.Repeat([]byte{1}, 32)), "line 2 is a key that is there already"},
		"too many keys": {manyKeys(), "there are more than 8 keys"},
	} {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
}

func manyKeys() string {
	var lines []string
	for i := range 9 {
		lines = append(lines, hex.EncodeToString(bytes.Repeat([]byte{byte(i)}, 32)))
	}
	return strings.Join(lines, "\n")
}

func FuzzOpen(f *testing.F) {
	r := New()
	f.Add(r.Seal([]byte("secret"), "a"))
	f.Fuzz(func(t *testing.T, sealed string) {
		if plain, err := r.Open(sealed, "b"); err == nil {
			t.Errorf("%q holds %q", sealed, plain)
		}
	})
}

// TestDerive makes the same keys of the same ring, others for another purpose, and those of
// a key wherever it stands in the ring.
func TestDerive(t *testing.T) {
	one, two := strings.Repeat("01", keyBytes), strings.Repeat("02", keyBytes)
	ring := func(lines ...string) *Keyring {
		r, err := Parse([]byte(strings.Join(lines, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := ring(one).Derive("a"), ring(two, one).Derive("a")
	if len(a) != 1 || len(b) != 2 || a[0] != b[1] || a[0] == b[0] {
		t.Errorf("got %x and %x", a, b)
	}
	if other := ring(one).Derive("b"); other[0] == a[0] {
		t.Error("two purposes have one key")
	}
	if none := (*Keyring)(nil).Derive("a"); none != nil {
		t.Errorf("got %x", none)
	}
}
