package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits on what a Store takes.
const (
	MaxKey = 4 << 10  // bytes of all parts of a Key together
	MaxDoc = 64 << 20 // bytes of a document or of what is served
)

// A Key names a document. Kind must be set, the other parts may be empty; all
// may hold any bytes. Documents with the same Account, Region, Kind and Parent
// are siblings, ordered by the bytes of their ID.
//
// An account and region of "" are the server's own: what must be unique on
// the whole server, such as API ids, gets a document there beside the one in
// its account.
type Key struct{ Account, Region, Kind, Parent, ID string }

// Keys are stored as one byte string: each part but the ID is followed by
// keyEnd, the ID comes last. Within the parts, keyEnd and keyEscape are
// escaped, which keeps the order of bytes: a part sorts before its own
// continuations, and siblings are neighbours.
const (
	keyEnd    = 0x00
	keyEscape = 0x01 // 00 becomes 01 01, and 01 becomes 01 02
)

var errNoKind = errors.New("key without a kind")

// check reports what is wrong with k.
func (k Key) check() error {
	if n := len(k.Account) + len(k.Region) + len(k.Kind) + len(k.Parent) + len(k.ID); n > MaxKey {
		return fmt.Errorf("key of %d bytes: %w", n, ErrTooLarge)
	}
	if k.Kind == "" {
		return errNoKind
	}
	return nil
}

// encode returns k as a byte string, and how much of it is its siblings' too.
func (k Key) encode() (key []byte, siblings int) {
	key = make([]byte, 0, len(k.Account)+len(k.Region)+len(k.Kind)+len(k.Parent)+len(k.ID)+8)
	for _, part := range [...]string{k.Account, k.Region, k.Kind, k.Parent} {
		key = append(appendPart(key, part), keyEnd)
	}
	return append(key, k.ID...), len(key)
}

func appendPart(b []byte, part string) []byte {
	for i := range len(part) {
		switch c := part[i]; c {
		case keyEnd, keyEscape:
			b = append(b, keyEscape, c+1)
		default:
			b = append(b, c)
		}
	}
	return b
}

// siblingsEnd returns how much of an encoded key is its siblings' too.
func siblingsEnd(key []byte) int {
	n := 0
	for range 4 {
		n += bytes.IndexByte(key[n:], keyEnd) + 1
	}
	return n
}

// next returns the first byte string after key.
func next(key []byte) []byte { return append(key[:len(key):len(key)], 0) }

// nextPrefix returns the first byte string after all that begin with prefix,
// which is a key and so has a byte that is not 0xff.
func nextPrefix(prefix []byte) []byte {
	end := len(prefix)
	for prefix[end-1] == 0xff {
		end--
	}
	after := bytes.Clone(prefix[:end])
	after[end-1]++
	return after
}

// checkServed checks the name and size of a row of the change feed.
func checkServed(kind, id string, data []byte) error {
	switch { // the kind is text to SQLite
	case kind == "" || !utf8.ValidString(kind) || strings.IndexByte(kind, 0) >= 0:
		return errNoKind
	case len(kind)+len(id) > MaxKey:
		return fmt.Errorf("key of %d bytes: %w", len(kind)+len(id), ErrTooLarge)
	}
	return checkDoc(data)
}

func checkDoc(doc []byte) error {
	if len(doc) > MaxDoc {
		return fmt.Errorf("document of %d bytes: %w", len(doc), ErrTooLarge)
	}
	return nil
}
