package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Remote keeps answers where other processes find them. It is safe for concurrent use.
type Remote interface {
	// Get returns what was put under a key, nil for nothing, and for how long that is
	// still good. known is false where nobody can say in a few milliseconds. What comes
	// may be anybody's.
	Get(key [sha256.Size]byte) (data []byte, ttl time.Duration, known bool)

	// Put keeps data, which does not change any more, for a time. Nobody waits for it.
	Put(key [sha256.Size]byte, data []byte, ttl time.Duration)

	// Away reports whether the others cannot be reached: what is here is all there is.
	Away() bool
}

// Share has the cache keep its answers in a Remote, too, and find there what other
// processes have kept. It is called before the first part is made. An answer is used from
// here for near at the most before it is looked for there again: so a client that has it
// made anew on another process is heeded soon.
func (c *Cache) Share(r Remote) { c.remote = r }

// near is how long an answer that others may replace is used without a look there.
const near = time.Second

// usable reports whether an answer is good without a look at what others have.
func (c *Cache) usable(a *Answer, now time.Time) bool {
	return now.Before(a.expires) && (a.near.IsZero() || now.Before(a.near) || c.remote.Away())
}

// farKey is under which others find an answer: a digest of what names the stage's cache,
// which a flush changes, and of the key.
func (p *Part) farKey(key Key) [sha256.Size]byte {
	sum := sha256.New()
	sum.Write(p.far[:])
	sum.Write(key[:])
	return [sha256.Size]byte(sum.Sum(nil))
}

// farName is what a part is called among processes.
func farName(name, life string) Key {
	var m KeyMaker
	m.Add(name)
	m.Add(life)
	return m.Key()
}

// fetchFar looks for an answer that another process has kept, and keeps it here. Where
// nobody can say whether there is one, that which is here is good until it expires. It is
// nil for none, and to be released.
func (p *Part) fetchFar(key Key) *Answer {
	r := p.cache.remote
	data, ttl, known := r.Get(p.farKey(key))
	if !known {
		if a := p.cache.store.Get(p, key); a != nil {
			if time.Now().Before(a.expires) {
				return a
			}
			a.Release()
		}
		return nil
	}
	from, err := decodeAnswer(data)
	if err != nil {
		return nil
	}
	now := time.Now()
	a := newAnswer(&p.cache.ledger, from, time.Time{}, now.Add(ttl))
	if a == nil {
		return nil
	}
	a.near = now.Add(near)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cache.store.Put(p, key, a)
	return a
}

// putFar has others find an answer.
func (p *Part) putFar(key Key, from *httpmsg.Response, ttl time.Duration) {
	if r := p.cache.remote; r != nil && !r.Away() && len(from.Body) <= MaxBody {
		r.Put(p.farKey(key), encodeAnswer(from), ttl)
	}
}

// The form of an answer among processes: a byte for the version, and numbers as varints
// before what they are about: the status, the length of the answer and one more, how many
// header lines there are, the length of each name and value, and that of the body.
const (
	answerVersion = 1
	maxFarLines   = 1024
	maxFarHeader  = 256 << 10 // bytes of names and values
)

func encodeAnswer(from *httpmsg.Response) []byte {
	size := 32 + len(from.Body)
	for _, f := range from.Header {
		size += len(f.Name) + len(f.Value) + 6
	}
	out := append(make([]byte, 0, size), answerVersion)
	out = binary.AppendUvarint(out, uint64(from.Status))
	out = binary.AppendVarint(out, from.Length)
	out = binary.AppendUvarint(out, uint64(len(from.Header)))
	for _, f := range from.Header {
		out = append(binary.AppendUvarint(out, uint64(len(f.Name))), f.Name...)
		out = append(binary.AppendUvarint(out, uint64(len(f.Value))), f.Value...)
	}
	return append(binary.AppendUvarint(out, uint64(len(from.Body))), from.Body...)
}

// A farError is of bytes that are no answer.
type farError string

func (e farError) Error() string { return "not an answer of a cache: " + string(e) }

// decodeAnswer reads what encodeAnswer has made, or anybody: nothing that it takes can
// break the framing of what is sent to a client.
func decodeAnswer(data []byte) (*httpmsg.Response, error) {
	if len(data) == 0 || data[0] != answerVersion {
		return nil, farError("version")
	}
	r := farReader{data: data[1:]}
	status := r.number(599)
	length, n := binary.Varint(r.data)
	if n <= 0 || length < -1 || length > 1<<40 {
		return nil, farError("length")
	}
	r.data = r.data[n:]
	lines := r.number(maxFarLines)
	if r.failed || status < 200 {
		return nil, farError("head")
	}
	out := &httpmsg.Response{Status: status, Length: length, Header: make(httpmsg.Header, 0, min(lines, 64))}
	for left := maxFarHeader; lines > 0; lines-- {
		name, value := r.text(left), r.text(left)
		if left -= len(name) + len(value); r.failed || left < 0 || !httpmsg.ValidName(name) || !httpmsg.ValidValue(value) {
			return nil, farError("header")
		}
		out.Header = append(out.Header, httpmsg.Field{Name: name, Value: value})
	}
	out.Body = r.bytes(MaxBody)
	if r.failed || len(r.data) > 0 {
		return nil, farError("body")
	}
	return out, nil
}

// A farReader reads numbers and texts behind their lengths.
type farReader struct {
	data   []byte
	failed bool
}

func (r *farReader) number(most int) int {
	x, n := binary.Uvarint(r.data)
	if n <= 0 || x > uint64(most) {
		r.failed = true
		return 0
	}
	r.data = r.data[n:]
	return int(x)
}

func (r *farReader) bytes(most int) []byte {
	n := r.number(most)
	if r.failed || n > len(r.data) {
		r.failed = true
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *farReader) text(most int) string { return string(r.bytes(most)) }
