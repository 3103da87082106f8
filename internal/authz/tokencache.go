package authz

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
)

// What is kept of tokens that were verified: a bounded table without locks, in which a
// token has one place, by its digest. Who has the place loses it to the next, which
// costs its next call a verification and nothing else. Tokens that are large are not
// kept, so that the table is bounded in bytes.
const (
	keptTokens   = 2048 // a power of two
	maxKeptToken = 4 << 10
)

// A digest stands for a token, so that none is kept in memory.
type digest = [sha256.Size]byte

// digestOf returns the digest of a token that is short enough to be kept.
func digestOf(text string) (d digest, short bool) {
	if len(text) > maxKeptToken {
		return d, false
	}
	var buf [maxKeptToken]byte // on the stack, which a conversion would not be
	return sha256.Sum256(buf[:copy(buf[:], text)]), true
}

// A keptToken is a verified token, with what it was verified with.
type keptToken struct {
	digest digest
	pool   *Pool
	keys   *keySet
	token  *Token
}

type tokenCache [keptTokens]atomic.Pointer[keptToken]

func (c *tokenCache) place(d *digest) *atomic.Pointer[keptToken] {
	return &c[binary.LittleEndian.Uint64(d[:])%keptTokens]
}

// find returns a token that a pool of the list has signed with the keys that it still
// has, and may still use.
func (c *tokenCache) find(d *digest, pools []*Pool) *Token {
	kept := c.place(d).Load()
	if kept == nil || kept.digest != *d {
		return nil
	}
	for _, p := range pools {
		if p == kept.pool && p.stillHas(kept.keys) {
			return kept.token
		}
	}
	return nil
}

// keep notes a token that has been verified.
func (c *tokenCache) keep(kept *keptToken) { c.place(&kept.digest).Store(kept) }
