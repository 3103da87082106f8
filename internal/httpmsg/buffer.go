package httpmsg

import (
	"io"
	"math/bits"
)

// Buffers come in powers of two from 1 KiB to 8 MiB, and in one class of
// MaxBody, the size that most large ones end at.
const (
	minShift = 10
	maxShift = 23
	classes  = maxShift - minShift + 2
)

// classFor returns the smallest class that holds size bytes and its capacity.
// A size above every class has none (the number classes) and its own capacity.
func classFor(size int) (class, room int) {
	if size > 1<<maxShift {
		if size <= MaxBody {
			return classes - 1, MaxBody
		}
		return classes, size
	}
	class = max(bits.Len(uint(max(size, 1)-1)), minShift) - minShift
	return class, 1 << (class + minShift)
}

const (
	// firstRoom is how much a sender is believed about the length it announces
	// before its bytes are there.
	firstRoom = 16 << 10
	// growth is how many times larger each next buffer is: a sender holds less than
	// so many times what it has sent.
	growth = 2
	// ampleGrowth is growth while most of the budget is free. Each growth copies what
	// there is, so that fewer of them take less time.
	ampleGrowth = 8
)

// A Buffer holds one body in memory borrowed from a Budget. It belongs to one
// goroutine at a time.
type Buffer struct {
	budget *Budget
	data   []byte
	probe  [1]byte
	free   func()   // Free, bound once so that Release costs no allocation
	upload transfer // that fills it
}

// Bytes returns what the buffer holds. It is valid until Free.
func (b *Buffer) Bytes() []byte { return b.data }

// Free gives the memory back. The buffer must not be used afterwards.
func (b *Buffer) Free() { b.budget.put(b) }

// Leave gives what was borrowed back to the budget. The memory itself is not used for
// another buffer: it stays with whoever holds what Bytes returned. The buffer must
// not be used afterwards.
func (b *Buffer) Leave() { b.budget.used.Add(-int64(cap(b.data))) }

// FreeFunc returns Free as a value, for Response.OnRelease, without allocating.
func (b *Buffer) FreeFunc() func() { return b.free }

// Write appends p, growing the buffer. Its only error is ErrBudget, for which it does
// not wait as a body on its way does: its caller may hold what others need.
func (b *Buffer) Write(p []byte) (int, error) {
	if len(p) > cap(b.data)-len(b.data) {
		next, err := b.budget.Buffer(max(len(b.data)+len(p), 2*cap(b.data)))
		if err != nil {
			return 0, err
		}
		b.moveTo(next)
	}
	b.data = append(b.data, p...)
	return len(p), nil
}

// grow moves the content to memory of at least size bytes, for which it may wait.
func (b *Buffer) grow(size int) error {
	var next *Buffer
	var err error
	if b.upload.from == nil {
		next, err = b.budget.forBody(size)
	} else {
		next, err = b.budget.await(&b.upload, size, roomTime)
	}
	if err != nil {
		return err
	}
	if err := b.upload.holds(cap(next.data)); err != nil {
		next.Free()
		return err
	}
	b.moveTo(next)
	return nil
}

// moveTo moves the content to the memory of next, and gives back what it was in.
func (b *Buffer) moveTo(next *Buffer) {
	next.data = append(next.data, b.data...)
	b.data, next.data = next.data, b.data
	next.Free()
}

// ReadBody reads r to its end into a borrowed buffer. size is the length that
// the sender announced, -1 when it did not: it sizes the first buffer, up to 16 KiB.
// For a Sender nothing is borrowed before its first byte has come, so that a promise
// of 10 MB costs nothing. A body longer than limit is ErrTooLarge (r has then been
// read to at most one byte beyond it), no memory is ErrBudget, and an error of r is
// returned as it is.
func (b *Budget) ReadBody(r io.Reader, size int64, limit int) (body *Buffer, err error) {
	if size > int64(limit) {
		return nil, ErrTooLarge
	}
	first := min(int(size), firstRoom)
	if size < 0 {
		first = 4 << 10
	}
	from, sent := r.(Sender)
	var buf *Buffer
	if sent {
		if err = from.Await(); err == nil {
			buf, err = b.await(nil, first, roomTime)
		}
	} else {
		buf, err = b.forBody(first)
	}
	if err != nil {
		return nil, err
	}
	if sent {
		b.enter(buf, from)
	}
	whole := false
	defer func() { // also when r panics
		if cut := b.leave(&buf.upload); cut != nil {
			b.keep(buf)
			body, err = nil, cut
		} else if !whole {
			buf.Free()
		}
	}()
	if err := buf.readAll(r, int(size), limit); err != nil {
		return nil, err
	}
	whole = true
	return buf, nil
}

func (b *Buffer) readAll(r io.Reader, size, limit int) error {
	for {
		room := b.data[len(b.data):min(cap(b.data), limit)]
		probing := len(room) == 0
		if probing { // full: see whether there is more before asking for memory
			room = b.probe[:]
		}
		n, err := r.Read(room)
		b.upload.came(n)
		if n > 0 && probing {
			if len(b.data) >= limit {
				return ErrTooLarge
			}
			if grown := b.grow(b.budget.nextSize(cap(b.data), size, limit)); grown != nil {
				return grown
			}
			b.data = append(b.data, b.probe[0])
		} else {
			b.data = b.data[:len(b.data)+n]
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// nextSize returns how large a full buffer becomes: several times its size,
// but no more than was announced or is allowed.
func (b *Budget) nextSize(size, announced, limit int) int {
	next := growth * size
	if b.limit <= 0 || b.used.Load() < b.limit/4 {
		next = ampleGrowth * size
	}
	if announced > size {
		next = min(next, announced)
	}
	return min(next, limit)
}
