package cache

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// others is a Remote in memory.
type others struct {
	mu            sync.Mutex
	data          map[[sha256.Size]byte][]byte
	until         map[[sha256.Size]byte]time.Time
	away, unknown bool
	gets          int
}

func newOthers() *others {
	return &others{data: make(map[[sha256.Size]byte][]byte), until: make(map[[sha256.Size]byte]time.Time)}
}

func (o *others) Get(key [sha256.Size]byte) ([]byte, time.Duration, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gets++
	if o.away || o.unknown {
		return nil, 0, false
	}
	if left := time.Until(o.until[key]); left > 0 {
		return o.data[key], left, true
	}
	return nil, 0, true
}

func (o *others) Put(key [sha256.Size]byte, data []byte, ttl time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.data[key], o.until[key] = data, time.Now().Add(ttl)
}

func (o *others) Away() bool { o.mu.Lock(); defer o.mu.Unlock(); return o.away }

// ask is what a process answers with: what it finds, or what its backend says, which it
// keeps.
func ask(p *Part, backend string) string {
	key := Key{1}
	a, turn := p.Find(key), (*Turn)(nil)
	if a == nil {
		a, turn = p.Fetch(key, time.Now().Add(time.Minute), nil)
	}
	if a != nil {
		defer a.Release()
		return string(a.Body)
	}
	p.Keep(key, turn, &httpmsg.Response{Status: 200, Body: []byte(backend)}, time.Now(), time.Minute)
	return backend
}

// What one process keeps another finds, for as long as it is good; what is made anew, or
// flushed, on one is seen on the other; without the others each has its own.
func TestProcessesShareAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOthers()
		part := func(life string) func() *Part {
			c := New(1 << 20)
			c.Share(o)
			t.Cleanup(c.Close)
			return func() *Part { return c.Stage("a/prod", life, 1<<20) }
		}
		first, second := part("1")(), part("1")()
		want := func(p *Part, backend, want string) {
			t.Helper()
			if got := ask(p, backend); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		want(first, "one", "one")
		want(second, "two", "one")
		if gets := o.gets; gets != 2 {
			t.Errorf("%d looks", gets)
		}
		want(second, "two", "one") // from here
		if o.gets != 2 {
			t.Error("what was found a moment ago is looked for again")
		}
		want(part("2")(), "flushed", "flushed")
		second.Keep(Key{1}, nil, &httpmsg.Response{Status: 200, Body: []byte("anew")}, time.Now(), time.Minute)
		time.Sleep(near)
		want(first, "three", "anew")
		o.unknown = true
		time.Sleep(near)
		want(first, "four", "anew") // nobody can say: what is here is good
		o.unknown, o.away = false, true
		time.Sleep(near)
		want(first, "four", "anew")
		time.Sleep(time.Minute)
		want(first, "five", "five")
		o.away = false
		time.Sleep(near)
		want(second, "six", "six") // what was kept alone is not among the others
		for key := range o.data {
			o.data[key] = []byte("\x01anything")
		}
		time.Sleep(near)
		want(first, "seven", "seven")
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	whole := &httpmsg.Response{Status: 201, Length: 5, Header: httpmsg.Header{{Name: "A", Value: "b"}, {Name: "Content-Type", Value: ""}}, Body: []byte("body")}
	f.Add(encodeAnswer(whole))
	f.Add(encodeAnswer(&httpmsg.Response{Status: 200}))
	f.Add([]byte{answerVersion, 200, 1, 0, 1, 1, 'A', 1, '\n', 0})
	f.Add([]byte{answerVersion, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeAnswer(data)
		if err != nil {
			if !errors.As(err, new(farError)) {
				t.Error(err)
			}
			return
		}
		for _, h := range got.Header {
			if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
				t.Errorf("%q breaks the framing", h)
			}
		}
		again, err := decodeAnswer(encodeAnswer(got))
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("%+v became %+v, %v", got, again, err)
		}
	})
}
