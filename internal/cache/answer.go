package cache

import (
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// MaxBody bounds the body of an answer that is kept, in bytes (documented).
const MaxBody = 1 << 20

// An Answer is what a method answered. It never changes: whoever is given one appends
// its header to another and does not write to its body.
type Answer struct {
	Status int
	Header httpmsg.Header
	Body   []byte
	Length int64 // as in httpmsg.Response

	began   time.Time // the call whose answer it is
	expires time.Time
}

// newAnswer copies an answer, whose memory goes back when its call ends.
func newAnswer(from *httpmsg.Response, began, expires time.Time) *Answer {
	a := &Answer{
		Status: from.Status, Header: make(httpmsg.Header, len(from.Header)), Body: append([]byte(nil), from.Body...), Length: from.Length,
		began: began, expires: expires,
	}
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

// overhead is roughly what an answer takes beside its texts: the entry in the store,
// the structures, and what is lost to rounding.
const (
	overhead       = 512
	overheadHeader = 32 // of each header line
)

// weight is roughly how many bytes of memory the answer takes under a key.
func (a *Answer) weight(key string) uint32 {
	n := overhead + len(key) + len(a.Body)
	for i := range a.Header {
		n += overheadHeader + len(a.Header[i].Name) + len(a.Header[i].Value)
	}
	return uint32(n)
}
