package http1

import (
	"bytes"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// bufferSize is what a buffer holds before it grows, in bytes: most heads are smaller.
const bufferSize = 4 << 10

// A Buffer is what a connection needs while a request comes or is answered: memory for
// what comes, and for the lines of its header.
type Buffer struct {
	data   []byte // all of it may be written to
	header httpmsg.Header
	first  [bufferSize]byte
	fields [24]httpmsg.Field
}

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// NewBuffer takes a buffer, which Free gives back.
func NewBuffer() *Buffer {
	b := buffers.Get().(*Buffer)
	b.data = b.first[:]
	return b
}

// Bytes is the memory for what comes.
func (b *Buffer) Bytes() []byte { return b.data }

// Free gives the buffer back. It must not be used afterwards.
func (b *Buffer) Free() {
	b.lines()
	b.data = nil
	buffers.Put(b)
}

// lines forgets the header lines that there were, and returns memory for others.
func (b *Buffer) lines() httpmsg.Header {
	clear(b.fields[:min(len(b.header), len(b.fields))]) // also where there were more, which are elsewhere
	b.header = nil
	return b.fields[:0]
}

// grow makes room for more, up to most bytes in all.
func (b *Buffer) grow(most int) {
	next := make([]byte, min(2*len(b.data), most))
	copy(next, b.data)
	b.data = next
}

func indexLF(p []byte) int { return bytes.IndexByte(p, '\n') }
