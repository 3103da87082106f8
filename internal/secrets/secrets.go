// Package secrets seals values that are kept: with AES-256-GCM, under keys that are kept
// elsewhere. A sealed value says which key opens it and what it is about, so that it can
// stand for nothing else.
//
// It leaves where keys come from, and where sealed values go, to others.
package secrets

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	keyBytes = 32
	// maxKeys is how many keys a ring has: the one that seals, and those before it.
	maxKeys = 8
	// version begins each sealed value.
	version = "1"
)

// ErrNoKey says that a value was sealed under a key that the ring does not have.
var ErrNoKey = errors.New("it was sealed under another key")

// A Keyring has keys: the first seals, and all open. It never changes, and is safe for
// concurrent use.
type Keyring struct{ keys []key }

type key struct {
	id     string
	secret []byte
	aead   cipher.AEAD
}

// New makes a ring with a key of its own, which ends with the process.
func New() *Keyring {
	secret := make([]byte, keyBytes)
	rand.Read(secret) // never fails: the runtime aborts instead
	return &Keyring{[]key{newKey(secret)}}
}

// Parse reads keys, one a line, each of 32 bytes in base64 or hexadecimal. Empty lines and
// such that begin with # are none. Its errors name the line and never what it holds.
func Parse(text []byte) (*Keyring, error) {
	var ring Keyring
	for i, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		secret, ok := decode(string(line))
		if !ok {
			return nil, fmt.Errorf("line %d is no key: 32 bytes in base64 or hexadecimal, such as openssl rand -base64 32 prints", i+1)
		}
		k := newKey(secret)
		if ring.find(k.id) != nil {
			return nil, fmt.Errorf("line %d is a key that is there already", i+1)
		}
		if ring.keys = append(ring.keys, k); len(ring.keys) > maxKeys {
			return nil, fmt.Errorf("there are more than %d keys", maxKeys)
		}
	}
	if len(ring.keys) == 0 {
		return nil, errors.New("there is no key: 32 bytes in base64 or hexadecimal, such as openssl rand -base64 32 prints")
	}
	return &ring, nil
}

func decode(text string) ([]byte, bool) {
	if len(text) == 2*keyBytes {
		secret, err := hex.DecodeString(text)
		return secret, err == nil
	}
	secret, err := base64.StdEncoding.DecodeString(text)
	return secret, err == nil && len(secret) == keyBytes
}

// newKey makes a key usable. Its id follows from it and tells nothing of it.
func newKey(secret []byte) key {
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // the key has the length that there is to get wrong
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has the block size of GCM
	}
	sum := sha256.Sum256(append([]byte("gatehouse secrets key id\x00"), secret...))
	return key{hex.EncodeToString(sum[:8]), secret, aead}
}

func (r *Keyring) find(id string) *key {
	for i := range r.keys {
		if r.keys[i].id == id {
			return &r.keys[i]
		}
	}
	return nil
}

// Current is the id of the key that seals.
func (r *Keyring) Current() string { return r.keys[0].id }

// Has reports whether values that were sealed under the key of an id can be opened.
func (r *Keyring) Has(id string) bool { return r != nil && r.find(id) != nil }

// Derive makes a key for one purpose of each key of the ring, in their order: the first is
// that of the key that seals. Rings with the same keys make the same ones, and who has one
// learns nothing of the others. A nil ring makes none.
func (r *Keyring) Derive(purpose string) [][keyBytes]byte {
	if r == nil {
		return nil
	}
	out := make([][keyBytes]byte, len(r.keys))
	for i, k := range r.keys {
		made, err := hkdf.Key(sha256.New, k.secret, nil, "gatehouse "+purpose, keyBytes)
		if err != nil {
			panic(err) // not of so few bytes
		}
		copy(out[i][:], made)
	}
	return out
}

// KeyOf is the id of the key under which a value was sealed, "" for none.
func KeyOf(sealed string) string {
	form, rest, _ := strings.Cut(sealed, ".")
	id, _, ok := strings.Cut(rest, ".")
	if form != version || !ok {
		return ""
	}
	return id
}

// Seal seals a value, which is about something: only with the same text is it opened.
func (r *Keyring) Seal(plain []byte, about string) string {
	k := &r.keys[0]
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+len(plain)+k.aead.Overhead())
	rand.Read(nonce) // never fails: the runtime aborts instead
	return version + "." + k.id + "." + base64.RawStdEncoding.EncodeToString(k.aead.Seal(nonce, nonce, plain, []byte(about)))
}

// Open opens a value. An error says nothing of what it holds; without the key it is
// ErrNoKey. A nil ring opens nothing.
func (r *Keyring) Open(sealed, about string) ([]byte, error) {
	id := KeyOf(sealed)
	if !r.Has(id) {
		return nil, ErrNoKey
	}
	k := r.find(id)
	data, err := base64.RawStdEncoding.DecodeString(sealed[len(version)+1+len(id)+1:])
	if err != nil || len(data) < k.aead.NonceSize() {
		return nil, errors.New("it is no sealed value")
	}
	n := k.aead.NonceSize()
	plain, err := k.aead.Open(nil, data[:n], data[n:], []byte(about))
	if err != nil {
		return nil, errors.New("it has been changed, or is about something else")
	}
	return plain, nil
}
