package cache

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// response is an answer with a body of a size.
func response(size int) *httpmsg.Response {
	return &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "A", Value: "b"}}, Body: []byte(strings.Repeat("x", size))}
}

// keyOf is the key of one text.
func keyOf(text string) Key {
	var m KeyMaker
	m.Add(text)
	return m.Key()
}

// keep keeps an answer of a size for an hour.
func keep(p *Part, key string, size int) {
	p.Keep(keyOf(key), nil, response(size), time.Now(), time.Hour)
}

func found(p *Part, key string) bool {
	a := p.Find(keyOf(key))
	if a != nil {
		a.Release()
	}
	return a != nil
}

// An answer is there until its time is over, and is a copy.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1 << 20)
		defer c.Close()
		p := c.Stage("a/prod", "1", 1<<20)
		from := &httpmsg.Response{Status: 404, Header: httpmsg.Header{{Name: "A", Value: "b"}, {Name: "C", Value: ""}, {Name: "D", Value: "e"}}, Body: []byte("body"), Length: 7}
		p.Keep(keyOf("k"), nil, from, time.Now(), time.Minute)
		from.Body[0], from.Header[0].Value = 'X', "X"
		time.Sleep(time.Minute - 1)
		a := p.Find(keyOf("k"))
		if a == nil || a.Status != 404 || a.Length != 7 || string(a.Body) != "body" || fmt.Sprint(a.Header) != "[{A b} {C } {D e}]" {
			t.Errorf("got %+v", a)
		}
		time.Sleep(time.Nanosecond)
		if found(p, "k") || found(p, "other") {
			t.Error("found after its time")
		}
	})
}

// What is too large, and a stream, is not kept; an answer whose call began later stays.
func TestWhatIsNotKept(t *testing.T) {
	c := New(64 << 20)
	defer c.Close()
	p := c.Stage("a/prod", "1", 64<<20)
	if keep(p, "k", MaxBody+1); found(p, "k") {
		t.Error("a body that is too large is kept")
	}
	if keep(p, "k", MaxBody); !found(p, "k") {
		t.Error("a body of the largest size is not kept")
	}
	now := time.Now()
	p.Keep(keyOf("k"), nil, response(1), now.Add(time.Second), time.Hour)
	p.Keep(keyOf("k"), nil, response(2), now, time.Hour)
	if a := p.Find(keyOf("k")); len(a.Body) != 1 {
		t.Error("an answer of an earlier call has taken the place of a later one's")
	}
}

// A part is one while its life and size are, and empty when it is another.
func TestLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1 << 20)
		defer c.Close()
		first := c.Stage("a/prod", "1", 1<<20)
		other := c.Stage("a/test", "1", 1<<20)
		keep(first, "k", 1)
		keep(other, "k", 1)
		if c.Stage("a/prod", "1", 1<<20) != first || !found(first, "k") {
			t.Error("the part has changed")
		}
		for i, next := range []*Part{c.Stage("a/prod", "2", 1<<20), c.Stage("a/prod", "2", 1<<19)} {
			if found(next, "k") {
				t.Errorf("change %d: the new part has what the old one had", i)
			}
			keep(next, "k", 1)
		}
		keep(first, "late", 1) // by a call that began before
		c.Forget("a/prod")
		synctest.Wait()
		if found(c.Stage("a/prod", "2", 1<<19), "k") || !found(other, "k") {
			t.Error("what is forgotten is found, or another's is not")
		}
		entries := c.store.(*memory).entries.Load()
		if n := entries.EstimatedSize(); n != 1 || first.held.bytes.Load() != 0 || other.held.bytes.Load() == 0 {
			t.Errorf("%d entries are left, %d bytes of the first part", n, first.held.bytes.Load())
		}
	})
}

// All parts together keep to the budget, and each to its own bound.
func TestBounds(t *testing.T) {
	for name, tt := range map[string]struct{ budget, limit int64 }{"the budget": {1 << 20, 1 << 30}, "the part's": {1 << 30, 1 << 20}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(tt.budget)
				defer c.Close()
				p := c.Stage("a/prod", "1", tt.limit)
				for i := range 4000 {
					keep(p, fmt.Sprint(i), 1000)
					if i%50 == 0 {
						synctest.Wait()
					}
				}
				synctest.Wait()
				m := c.store.(*memory)
				entries := m.entries.Load()
				entries.CleanUp()
				sum := int64(0)
				for _, a := range entries.All() {
					sum += a.weight
				}
				if held, counted := p.held.bytes.Load(), c.ledger.used.Load(); held != sum || counted != sum || held > 1<<20 || held < 1<<19 {
					t.Errorf("the part holds %d bytes, the cache %d, the entries %d", held, counted, sum)
				}
			})
		})
	}
}

// A cache is used by many at once, while its stages change.
func TestConcurrentUse(t *testing.T) {
	c := New(1 << 20)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 2000 {
				p := c.Stage("a/prod", fmt.Sprint(i/500), 1<<19)
				key := keyOf(fmt.Sprint(i % 40))
				a, turn := p.Find(key), (*Turn)(nil)
				if a == nil {
					a, turn = p.Fetch(key, time.Now().Add(time.Hour), nil)
				}
				switch {
				case a != nil:
					a.Release()
				case i%5 == 0:
					turn.Fail()
				default:
					p.Keep(key, turn, response(i), time.Now(), time.Hour)
				}
				if worker == 0 && i%300 == 0 {
					c.Forget("a/prod")
				}
			}
		})
	}
	wg.Wait()
	c.Close()
	p := c.Stage("a/prod", "9", 1<<19)
	if keep(p, "k", 1); found(p, "k") {
		t.Error("a closed cache keeps answers")
	}
}
