package gateway

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

const (
	// answerTime bounds the writing of a whole answer, however steadily it is taken.
	answerTime = 10 * time.Minute
	// stretch is how much of a body is written at a time, in bytes: how fast a client
	// takes an answer is known for each.
	stretch = 64 << 10
	// smallAnswer is the longest body that costs no more than the connection of
	// HTTP/1 that it goes to, in bytes.
	smallAnswer = 1 << 10
	// resetTime is how long the reset of a stream may take to go out before its
	// connection is closed.
	resetTime = time.Second
)

// A delivery is the answer to a call on its way to the client, and the memory that
// waits for that.
type delivery struct {
	answer, request httpmsg.Delivery // what they hold of each budget

	talk   *talk   // nil on HTTP/2
	stream *stream // nil on HTTP/1
	guest  *guest  // nil on HTTP/1
	cut    atomic.Bool
	hangUp *time.Timer // set by Interrupt
}

// deliver begins the delivery of a call's answer.
func (c *call) deliver(answers *httpmsg.Budget, resp *httpmsg.Response) {
	d, least := &c.delivery, 0
	d.talk, d.stream = c.from.talk, c.from.stream
	if d.talk != nil {
		d.talk.delivery, least = d, smallAnswer
	} else {
		d.guest = c.from.guest()
	}
	if n := len(resp.Body); n > least {
		d.answer.Begin(answers, d, n)
	}
	if c.read != nil {
		if n := cap(c.read.Bytes()); n > least {
			d.request.Begin(c.budget, d, n)
		}
	}
}

// took notes that the client has taken n bytes more.
func (d *delivery) took(n int) {
	d.answer.Took(n)
	d.request.Took(n)
}

// ended reports whether nothing more is to be written.
func (d *delivery) ended() bool { return d != nil && d.cut.Load() }

// end ends the delivery, behind the release of what it held. One that is cut off when
// the client has just taken the last byte leaves the connection as it was.
func (d *delivery) end() {
	d.answer.End()
	d.request.End()
	if d.hangUp != nil {
		d.hangUp.Stop()
	}
	if d.talk != nil {
		d.talk.delivery = nil
		if d.cut.Load() {
			d.talk.writes.have = longAgo
		}
	}
}

// Interrupt implements httpmsg.Interrupter.
func (d *delivery) Interrupt() {
	switch {
	case d.cut.Swap(true):
	case d.talk != nil:
		_ = d.talk.guest.Conn.SetWriteDeadline(longAgo)
	default:
		_ = http.NewResponseController(d.stream.w).SetWriteDeadline(longAgo)
		if g := d.guest; g != nil {
			d.hangUp = time.AfterFunc(resetTime, func() { _ = g.Close() })
		}
	}
}
