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

// encode returns k as a byte string.
func (k Key) encode() ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	return append(k.siblings(), k.ID...), nil
}

func (k Key) check() error {
	if n := len(k.Account) + len(k.Region) + len(k.Kind) + len(k.Parent) + len(k.ID); n > MaxKey {
		return fmt.Errorf("key of %d bytes: %w", n, ErrTooLarge)
	}
	if k.Kind == "" {
		return errNoKind
	}
	return nil
}

// siblings returns what the keys of k and all its siblings begin with.
func (k Key) siblings() []byte {
	b := make([]byte, 0, len(k.Account)+len(k.Region)+len(k.Kind)+len(k.Parent)+len(k.ID)+8)
	for _, part := range [...]string{k.Account, k.Region, k.Kind, k.Parent} {
		b = append(appendPart(b, part), keyEnd)
	}
	return b
}

// below returns what the keys of all documents begin with whose parent begins
// with k.Parent + "/".
func (k Key) below() []byte {
	k.Parent += "/"
	b := k.siblings()
	return b[:len(b)-1]
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

// span returns the byte strings between which all keys lie that begin with
// prefix, one of siblings or below. No key equals either end: a prefix from
// siblings is itself the key of the empty ID, so it begins one byte shorter.
func span(prefix []byte) (after, before []byte) {
	last := len(prefix) - 1
	before = bytes.Clone(prefix)
	before[last]++
	if prefix[last] == keyEnd {
		return prefix[:last:last], before
	}
	return prefix, before
}

// checkServed checks the name and size of a row of the change feed.
func checkServed(kind, id string, data []byte) error {
	switch {
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
