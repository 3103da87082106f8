package cache

import (
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// MaxBody bounds the body of an answer that is kept, in bytes (documented).
const MaxBody = 1 << 20

// An Answer is what a method answered. It never changes: whoever is given one appends
// its header to another and does not write to its body. Its memory counts until all who
// were given it have released it.
type Answer struct {
	Status int
	Header httpmsg.Header
	Body   []byte
	Length int64 // as in httpmsg.Response

	began   time.Time // the call whose answer it is
	expires time.Time
	near    time.Time // until then others are not asked; zero where nobody is

	weight  int64
	ledger  *ledger
	holders atomic.Int32 // the store, and the calls that were given it
}

// newAnswer copies an answer, whose memory goes back when its call ends. The copy has
// one holder. It is nil where there is no room for it.
func newAnswer(l *ledger, from *httpmsg.Response, began, expires time.Time) *Answer {
	weight := weigh(from)
	if !l.take(weight) {
		return nil
	}
	a := &Answer{
		Status: from.Status, Header: make(httpmsg.Header, len(from.Header)), Body: append([]byte(nil), from.Body...), Length: from.Length,
		began: began, expires: expires, weight: weight, ledger: l,
	}
	a.holders.Store(1)
	size := 0
	for _, f := range from.Header {
		size += len(f.Name) + len(f.Value)
	}
	block := make([]byte, 0, size)
	for _, f := range from.Header {
		block = append(append(block, f.Name...), f.Value...)
	}
	text := string(block)
	for i, f := range from.Header {
		name, value := len(f.Name), len(f.Name)+len(f.Value)
		a.Header[i] = httpmsg.Field{Name: text[:name], Value: text[name:value]}
		text = text[value:]
	}
	return a
}

// overhead is roughly what an answer takes beside its texts: the entry in the store
// with its key, the structures, and what is lost to rounding.
const (
	overhead       = 576
	overheadHeader = 32 // of each header line
)

// weigh is roughly how many bytes of memory a kept copy of an answer takes.
func weigh(a *httpmsg.Response) int64 {
	n := overhead + len(a.Body)
	for i := range a.Header {
		n += overheadHeader + len(a.Header[i].Name) + len(a.Header[i].Value)
	}
	return int64(n)
}

// hold adds a holder. It reports false for an answer that has none any more, whose
// memory has been given back.
func (a *Answer) hold() bool {
	for n := a.holders.Load(); n > 0; n = a.holders.Load() {
		if a.holders.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}

// Release is called once by each who was given the answer, when it uses it no more.
func (a *Answer) Release() {
	if a.holders.Add(-1) == 0 {
		a.ledger.give(a.weight)
	}
}

// A ledger counts the bytes of all answers in memory: of those that are kept, and of
// those that have been let go of while slow clients still take them.
type ledger struct {
	limit int64
	used  atomic.Int64
}

// take counts n bytes more, and reports whether there is room for them.
func (l *ledger) take(n int64) bool {
	if l.used.Add(n) <= l.limit {
		return true
	}
	l.used.Add(-n)
	return false
}

func (l *ledger) give(n int64) { l.used.Add(-n) }
