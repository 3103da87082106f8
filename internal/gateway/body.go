package gateway

import (
	"io"
	"net/http"
	"time"
)

const (
	// slowest is how fast each piece of a body must come, in bytes a second. A piece
	// is what comes at that rate within a ReadTimeout.
	slowest = 1 << 10
	// bodyTime bounds a whole body, however steadily it comes.
	bodyTime = 30 * time.Minute
	// smallRest is how much of a body that nobody wanted is read so that the
	// connection can serve the next request, in bytes.
	smallRest = 256 << 10
)

// A body is a request's body on its way from the client, who has a time for each
// piece of it, and one for the whole. A client that sends a byte now and then is
// cut off as soon as one that sends nothing; a fixed limit for the whole, which
// net/http has, would cut large bodies off on slow lines, and run on while the
// request is being served. The zero value is no body.
type body struct {
	from    io.ReadCloser // nil for none
	control interface{ SetReadDeadline(time.Time) error }
	talk    *talk         // nil on HTTP/2
	guest   *guest        // nil on HTTP/1
	timeout time.Duration // for a piece
	end     time.Time     // of the time for this piece
	last    time.Time     // nothing is read beyond it
	due     int           // bytes of this piece that have not come
	left    int64         // bytes that were announced and have not come; below 0 nobody knows
	whole   bool          // it has been read to its end
	read    func()        // called then; nil for nobody
	first   [1]byte       // read by Await
	ahead   bool          // first is still to be delivered
}

// start makes b the body of a request, if it has one.
func (b *body) start(a *arrival, timeout time.Duration) {
	*b = body{}
	if !mayHaveBody(a) {
		return
	}
	*b = body{control: a.control(), talk: a.talk, timeout: timeout, left: a.length}
	if a.talk != nil {
		b.from = a.talk.h1.Body()
	} else {
		b.from, b.guest = a.stream.r.Body, a.guest()
	}
	b.control.SetReadDeadline(time.Now().Add(timeout))
}

// mayHaveBody reports whether there is a body to read. Over HTTP/2 one may follow
// a length of 0, and only reading it shows that there is none.
func mayHaveBody(a *arrival) bool {
	return a.length != 0 || a.stream != nil && a.stream.r.Header["Content-Length"] != nil
}

// Await implements httpmsg.Sender.
func (b *body) Await() error {
	n, err := b.take(b.first[:])
	if b.ahead = n > 0; err == io.EOF {
		return nil
	}
	return err
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.ahead && len(p) > 0 {
		b.ahead = false
		return copy(p, b.first[:]), nil
	}
	return b.take(p)
}

// take reads what comes next from the client.
func (b *body) take(p []byte) (int, error) {
	if b.due <= 0 {
		now := time.Now()
		if b.last.IsZero() {
			b.last = now.Add(bodyTime)
		}
		b.end, b.due = now.Add(b.timeout), max(1, int(b.timeout*slowest/time.Second))
	}
	end := b.end
	if b.last.Before(end) {
		end = b.last
	}
	b.control.SetReadDeadline(end) // only a test's recorder cannot
	n, err := b.wait(p)
	b.due -= n
	if b.left > 0 {
		b.left -= int64(n)
	}
	switch {
	case err == io.EOF:
		b.control.SetReadDeadline(time.Time{})
		if !b.whole && b.read != nil {
			b.read()
		}
		b.whole = true
	case err != nil:
		b.left = -1 // where the next request begins
	}
	return n, err
}

// wait is from.Read, while the connection counts as one that waits for its client.
func (b *body) wait(p []byte) (int, error) {
	if b.guest != nil {
		b.guest.awaits(true)
		defer b.guest.awaits(false)
	}
	return b.from.Read(p)
}

// Interrupt implements httpmsg.Sender.
func (b *body) Interrupt() {
	if b.talk != nil {
		b.talk.interrupt()
		return
	}
	b.control.SetReadDeadline(longAgo)
}

// Close implements io.Closer.
func (b *body) Close() error { return b.from.Close() }

// unread reports whether there is a body of which something may still come.
func (b *body) unread() bool { return b.from != nil && !b.whole }

// endless reports whether what may still come is too much to be read for the sake
// of the next request, or not known. A client that waits to be told to go on may
// never send it.
func (b *body) endless(a *arrival) bool {
	return b != nil && b.unread() && (b.left < 0 || b.left >= smallRest || a.expects)
}

// dismiss ends the body of a request that has been answered over HTTP/1. Unless the
// connection ends, it reads the rest, so that the next request can follow.
func (b *body) dismiss(closing bool) {
	if !b.unread() {
		return
	}
	if !closing {
		b.control.SetReadDeadline(time.Now().Add(silence))
		if _, err := io.CopyN(io.Discard, b.from, smallRest); err == io.EOF {
			return
		}
	}
	b.talk.unread = true
}

// paced returns the request of a stream with its body at a pace, itself if it has none. It
// is a copy because net/http looks at the body of its own when it closes the request.
func paced(a *arrival, timeout time.Duration) *http.Request {
	r := a.stream.r
	if !mayHaveBody(a) {
		return r
	}
	out, b := *r, new(body)
	b.start(a, timeout)
	out.Body = b
	return &out
}
