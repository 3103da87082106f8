package authz

import (
	"crypto/sha256"
	"encoding/json"
	"time"
)

// A Remote keeps answers where other processes find them, sealed: what comes from there is
// of a process that has the same key. It is safe for concurrent use.
type Remote interface {
	// Get returns what was put under a key, nil for nothing, and for how long that is
	// still good. known is false where nobody can say in a few milliseconds.
	Get(key [sha256.Size]byte) (data []byte, ttl time.Duration, known bool)

	// Put keeps data, which does not change any more, for a time. Nobody waits for it.
	Put(key [sha256.Size]byte, data []byte, ttl time.Duration)
}

// Share has the cache keep its answers in a Remote, too, and look there before a function
// is asked. It is called before anything is kept.
func (c *Cache) Share(r Remote) { c.remote = r }

// farLife is the least time for which an answer of another process is kept here.
const farLife = time.Millisecond

// far returns the answer that another process has kept, and for how long it is good; nil
// for none.
func (c *Cache) far(key Key) (*Answer, time.Duration) {
	if c.remote == nil {
		return nil, 0
	}
	data, ttl, known := c.remote.Get(key)
	if !known || len(data) == 0 || ttl < farLife {
		return nil, 0
	}
	answer, err := ReadAnswer(data, false)
	if err != nil {
		return nil, 0
	}
	return answer, ttl
}

// putFar has other processes find an answer.
func (c *Cache) putFar(w *Wanted, answer *Answer) {
	if c.remote == nil || answer == nil {
		return
	}
	if data, err := farAnswer(answer); err == nil && len(data) <= MaxAnswer {
		c.remote.Put(w.Key, data, w.TTL)
	}
}

// farAnswer is an answer as a function could have written it, with its context in order.
func farAnswer(a *Answer) ([]byte, error) {
	context := []byte{'{'}
	for i := range a.Context {
		name, err := json.Marshal(a.Context[i].Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(a.Context[i].Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			context = append(context, ',')
		}
		context = append(append(append(context, name...), ':'), value...)
	}
	return json.Marshal(struct {
		PrincipalID string          `json:"principalId"`
		Context     json.RawMessage `json:"context"`
		UsageKey    *string         `json:"usageIdentifierKey"`
		Document    json.RawMessage `json:"policyDocument"`
	}{a.PrincipalID, append(context, '}'), given(a.UsageKey), json.RawMessage(a.Document)})
}

// given is text that is not empty, nil for none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
