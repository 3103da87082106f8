package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"maps"
	"slices"
	"strings"
	"sync"
)

const (
	// maxKeys bounds the signing keys that are kept. There is one a day for each
	// secret, region and service.
	maxKeys = 1000
	// maxDates bounds the dates of which keys are kept: those that requests may have which
	// are taken on one day. A presigned URL lasts for a week, which is on eight dates, and
	// the clock of who signs may be in the next day already.
	maxDates = 9
)

// A keyCache keeps the signing keys of the last dates that requests were signed on.
type keyCache struct {
	mu    sync.RWMutex
	keys  map[keyID]*signingKey
	dates []string // of the keys, in order
}

type keyID struct{ secret, date, region, service string }

// get returns the signing key of a secret for a scope, if it is kept.
func (c *keyCache) get(secret string, scope *Scope) (*signingKey, bool) {
	c.mu.RLock()
	key, ok := c.keys[keyID{secret, scope.Date, scope.Region, scope.Service}]
	c.mu.RUnlock()
	return key, ok
}

// put keeps a key, unless it is of a date before all that are kept.
func (c *keyCache) put(secret string, scope *Scope, key *signingKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil || len(c.keys) >= maxKeys {
		c.keys, c.dates = make(map[keyID]*signingKey), nil
	}
	// What is kept refers to no memory of a request.
	id := keyID{strings.Clone(secret), strings.Clone(scope.Date), strings.Clone(scope.Region), strings.Clone(scope.Service)}
	c.keys[id] = key
	at, known := slices.BinarySearch(c.dates, id.date)
	if known {
		return
	}
	c.dates = slices.Insert(c.dates, at, id.date)
	if len(c.dates) > maxDates {
		oldest := c.dates[0]
		c.dates = slices.Delete(c.dates, 0, 1)
		maps.DeleteFunc(c.keys, func(old keyID, _ *signingKey) bool { return old.date == oldest })
	}
}

// find returns the signing key of a secret for a scope; s is for working in.
func (c *keyCache) find(s *scratch, secret string, scope *Scope) *signingKey {
	key, ok := c.get(secret, scope)
	if !ok {
		s.deriveKey(secret, *scope)
		key = newSigningKey(s.key)
		c.put(secret, scope, key)
	}
	return key
}

// A signingKey makes the signatures of one secret for one scope.
type signingKey struct{ macs sync.Pool } // of hash.Hash, set up with the key

func newSigningKey(key []byte) *signingKey {
	own := append([]byte(nil), key...)
	return &signingKey{sync.Pool{New: func() any { return hmac.New(sha256.New, own) }}}
}

// sign appends the signature of a string to sign.
func (k *signingKey) sign(dst, toSign []byte) []byte {
	h := k.macs.Get().(hash.Hash)
	h.Reset()
	h.Write(toSign)
	dst = h.Sum(dst)
	k.macs.Put(h)
	return dst
}
