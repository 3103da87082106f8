package pipeline

import (
	"context"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// A StreamRate bounds how fast a streamed answer goes on: beyond its first Free bytes
// by PerSecond bytes a second.
type StreamRate struct {
	Free      int64
	PerSecond int64
}

// AWSStreamRate is the rate of AWS's streams: 2 MB a second beyond 10 MB (documented).
func AWSStreamRate() StreamRate { return StreamRate{Free: 10 << 20, PerSecond: 2 << 20} }

// A pace is a stream under a rate. The zero pace bounds nothing.
type pace struct {
	rate StreamRate
	next time.Time // before which nothing more may pass
}

func (p *pace) start(rate *StreamRate) {
	if rate != nil {
		p.rate = *rate
	}
}

// pacePiece is how much of a stream under a rate passes at a time, in bytes.
const pacePiece = 32 << 10

// bound is the part of buf that may be filled at once.
func (p *pace) bound(buf []byte) []byte {
	if p.rate.PerSecond <= 0 {
		return buf
	}
	return buf[:min(len(buf), pacePiece)]
}

// took notes that n bytes have passed. Time in which nothing came earns nothing.
func (p *pace) took(n int) {
	if p.rate.PerSecond <= 0 {
		return
	}
	over := int64(n) - max(p.rate.Free, 0)
	if p.rate.Free = max(p.rate.Free-int64(n), 0); over <= 0 {
		return
	}
	if now := time.Now(); p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(over) * time.Second / time.Duration(p.rate.PerSecond))
}

// wait waits until more may pass, or the client has gone.
func (p *pace) wait(client context.Context) error {
	if p.next.IsZero() {
		return nil
	}
	left := time.Until(p.next)
	if left <= 0 {
		return nil
	}
	var gone <-chan struct{}
	if client != nil {
		gone = client.Done()
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-gone:
		return &integration.Error{Kind: integration.ErrGone, Op: "wait", Err: context.Cause(client)}
	}
}
