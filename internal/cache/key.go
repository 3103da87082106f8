package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// A Key is what an answer is kept under. It is a digest, so that it takes the same
// memory whatever clients send, and nobody finds two requests that have one key.
type Key [sha256.Size]byte

// A KeyMaker makes a key of texts and numbers. Its zero value is ready. It has memory of
// its own, which does not grow with the texts, and belongs to one goroutine.
type KeyMaker struct {
	buf  []byte    // what is not in the digest yet
	long hash.Hash // nil for a key that buf has room for
}

// keyChunk is how many bytes of a key are hashed at once. Most keys are no longer.
const keyChunk = 512

// Add adds a text. Its length stands before it, so that no two lists of texts are one
// key.
func (m *KeyMaker) Add(text string) {
	m.AddNumber(len(text))
	for len(text) > 0 {
		n := min(len(text), keyChunk-len(m.buf))
		m.buf = append(m.buf, text[:n]...)
		if text = text[n:]; len(m.buf) == keyChunk {
			m.flush()
		}
	}
}

// AddNumber adds a number of 0 or more, such as how many texts follow.
func (m *KeyMaker) AddNumber(n int) {
	if len(m.buf) > keyChunk-binary.MaxVarintLen64 {
		m.flush()
	}
	m.buf = binary.AppendUvarint(m.buf, uint64(n))
}

func (m *KeyMaker) flush() {
	if m.long == nil {
		m.long = sha256.New()
	}
	m.long.Write(m.buf)
	m.buf = m.buf[:0]
}

// Key returns the key of what was added, and begins another one.
func (m *KeyMaker) Key() Key {
	defer m.Reset()
	if m.long == nil {
		return sha256.Sum256(m.buf)
	}
	m.long.Write(m.buf)
	return Key(m.long.Sum(nil))
}

// Reset forgets what was added.
func (m *KeyMaker) Reset() { m.buf, m.long = m.buf[:0], nil }
