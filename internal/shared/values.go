package shared

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/valkey"
)

// Values are bytes that nodes keep for each other for a time. What a node gets is what
// somebody has put who reaches the server: only sealed values are certain to be of a node
// that has the key. It is safe for concurrent use.
type Values struct {
	client *valkey.Client
	prefix string
	aeads  []cipher.AEAD // the first seals, all open; none keeps values as they are

	queue  chan value
	queued atomic.Int64 // bytes

	hits, misses, late, dropped atomic.Int64
}

type value struct {
	key  [32]byte
	data []byte
	ttl  time.Duration
}

const (
	// MaxValue is the longest value, in bytes.
	MaxValue = 2 << 20
	// maxQueued is how many bytes wait to be put.
	maxQueued = 16 << 20
	// getTime is how long a call waits for a value.
	getTime = 5 * time.Millisecond
	putTime = 500 * time.Millisecond
	putters = 2
)

// NewValues returns the values of a kind. keys seal them, the first of them new ones; nil
// keeps them as they are.
func NewValues(c *valkey.Client, kind string, keys [][32]byte) (*Values, error) {
	v := &Values{client: c, prefix: "gatehouse:" + kind + ":", queue: make(chan value, 1024)}
	for i := range keys {
		block, err := aes.NewCipher(keys[i][:])
		if err != nil {
			return nil, err
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		v.aeads = append(v.aeads, aead)
	}
	return v, nil
}

// ValuesStats are numbers of Values since they began.
type ValuesStats struct {
	Hits, Misses int64
	Late         int64 // questions that were not answered in time
	Dropped      int64 // values that were not put, since too much waited
}

// Stats returns what has happened so far.
func (v *Values) Stats() ValuesStats {
	return ValuesStats{v.hits.Load(), v.misses.Load(), v.late.Load(), v.dropped.Load()}
}

// Away reports whether the server is not there, as far as is known.
func (v *Values) Away() bool { return v.client.Away() }

// Get returns a value and how long it is still good. known is false where the server did
// not say in a few milliseconds whether there is one; nil is that there is none.
func (v *Values) Get(key [32]byte) (data []byte, ttl time.Duration, known bool) {
	if v.Away() {
		return nil, 0, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), getTime)
	defer cancel()
	data, ttl, err := v.client.GetFor(ctx, v.prefix+hex.EncodeToString(key[:]), MaxValue)
	switch {
	case errors.Is(err, valkey.ErrNothing):
		v.misses.Add(1)
		return nil, 0, true
	case err != nil:
		v.late.Add(1)
		return nil, 0, false
	}
	if data = v.open(key, data); data == nil {
		v.misses.Add(1)
		return nil, 0, true
	}
	v.hits.Add(1)
	return data, ttl, true
}

// open opens a value, nil for one that nobody with a key has sealed for this place.
func (v *Values) open(key [32]byte, data []byte) []byte {
	if len(v.aeads) == 0 {
		return data
	}
	for _, aead := range v.aeads {
		if n := aead.NonceSize(); len(data) > n {
			if plain, err := aead.Open(nil, data[:n], data[n:], key[:]); err == nil {
				return plain
			}
		}
	}
	return nil
}

// Put keeps a value for a time, soon: nobody waits for that. One that is too long, or for
// which too many wait, is not kept. The value does not change any more.
func (v *Values) Put(key [32]byte, data []byte, ttl time.Duration) {
	size := int64(len(data))
	if size > MaxValue-64 || ttl < time.Millisecond || v.Away() {
		return
	}
	if v.queued.Add(size) > maxQueued {
		v.queued.Add(-size)
		v.dropped.Add(1)
		return
	}
	select {
	case v.queue <- value{key, data, ttl}:
	default:
		v.queued.Add(-size)
		v.dropped.Add(1)
	}
}

// Run puts values, until ctx ends.
func (v *Values) Run(ctx context.Context) {
	var all sync.WaitGroup
	for range putters {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case next := <-v.queue:
					v.put(ctx, &next)
				}
			}
		})
	}
	all.Wait()
}

func (v *Values) put(ctx context.Context, next *value) {
	defer v.queued.Add(-int64(len(next.data)))
	data := next.data
	if len(v.aeads) > 0 {
		nonce := make([]byte, v.aeads[0].NonceSize())
		_, _ = rand.Read(nonce) // never fails
		data = v.aeads[0].Seal(nonce, nonce, data, next.key[:])
	}
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	_ = v.client.Set(ctx, v.prefix+hex.EncodeToString(next.key[:]), data, next.ttl) // what is not kept is asked for again
}
