package gateway

import (
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
)

// firstPiece is how much of an answer is copied for one write, in bytes. Beyond it to hand
// the system two pieces costs less, where there is no TLS.
const firstPiece = 16 << 10

// answer writes an answer whose head is in c.wire from now on, and returns how much of body went out;
// the whole did unless t.broken says why not.
func (t *talk) answer(c *call, body []byte, now time.Time) int {
	start, first := len(c.wire), 0
	var sent int
	if tcp := t.guest.tcp; start+len(body) > firstPiece && tcp != nil && t.state == nil {
		first = min(len(body), stretch)
		sent, t.broken = t.putBoth(tcp, c, body[:first], now)
	} else {
		first = min(len(body), max(0, firstPiece-start))
		c.wire = append(c.wire, body[:first]...)
		sent, t.broken = t.put(c.wire, now)
	}
	if t.broken != nil {
		return max(0, sent-start)
	}
	if first == len(body) {
		return first
	}
	sent, t.broken = t.put(body[first:], time.Now())
	return first + sent
}

// putBoth is put for c.wire with body behind it, as one write.
func (t *talk) putBoth(tcp *net.TCPConn, c *call, body []byte, now time.Time) (int, error) {
	t.limitWrites(now, now.Add(answerTime))
	if t.delivery.ended() {
		return 0, os.ErrDeadlineExceeded
	}
	c.pieces = [2][]byte{c.wire, body}
	c.both = c.pieces[:]
	n, err := c.both.WriteTo(tcp)
	c.pieces = [2][]byte{}
	if t.delivery != nil {
		t.delivery.took(int(n))
	}
	return int(n), err
}

// Write implements http1.Transport, for what goes out beside answers.
func (t *talk) Write(p []byte) (int, error) { return t.put(p, time.Now()) }

// put writes p from now on, each piece within the time that a client has for it. All that goes out
// does so here or in putBoth.
func (t *talk) put(p []byte, now time.Time) (n int, err error) {
	end := now.Add(answerTime)
	for due := 0; n < len(p) && err == nil; {
		if due <= 0 {
			if due = piece; n > 0 {
				now = time.Now()
			}
			t.limitWrites(now, end)
		}
		if t.delivery.ended() {
			return n, os.ErrDeadlineExceeded
		}
		var took int
		took, err = t.nc.Write(p[n:min(len(p), n+stretch)])
		n, due = n+took, due-took
		if t.delivery != nil {
			t.delivery.took(took)
		}
	}
	return n, err
}

// limitWrites gives the client its time for a piece, but not beyond end.
func (t *talk) limitWrites(now, end time.Time) {
	if timeout := t.guest.door.writeTime; timeout > 0 {
		t.writes.want = now.Add(timeout)
		if t.writes.want.After(end) {
			t.writes.want = end
		}
	}
	if t.writes.due(now) {
		_ = t.nc.SetWriteDeadline(t.writes.have)
	}
}

// unreadable is the answer in AWS's form to what http1 refuses to read.
func unreadable(refused http1.Refusal) *refusal {
	switch refused {
	case http1.Timeout:
		return requestTimeout
	case http1.HeadTooLarge:
		return tooLong
	}
	return &refusal{status: int(refused), errorType: "BadRequestException", message: http.StatusText(int(refused)), cause: Malformed}
}

// worded is a refusal as it goes out on a connection that ends.
func worded(f *refusal) []byte {
	resp := f.answer()
	return append(appendHead(nil, resp, form{length: int64(len(resp.Body)), date: time.Now().UTC().Format(http.TimeFormat), closing: true}), resp.Body...)
}
