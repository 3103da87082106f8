package functions

import (
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An invocation is one call of a function on its way through a worker. Its caller may
// leave it; the worker goes on with it then, as at Lambda.
type invocation struct {
	id      string
	arn     string
	trace   string // X-Amzn-Trace-Id
	context string // of the client, JSON; "" for none
	streams bool   // the caller wants the response as it comes
	began   time.Time
	tail    *tail // of what is printed; nil where the caller does not want it

	done chan struct{} // closed when outcome is set

	mu      sync.Mutex
	event   *httpmsg.Buffer // nil when a worker has it, or none is to have it
	settled bool
	left    bool // nobody waits for the outcome
	outcome outcome
}

// An outcome is what came of an invocation.
type outcome struct {
	body   *httpmsg.Buffer // what the function returned; nil for none
	text   []byte          // the same, where it is ours
	failed bool            // the function failed: what there is says how
	stream *stream         // in place of body, while it comes
	at     time.Time
}

// settle gives the invocation its outcome. It is false where it has one: the first
// counts. Where no worker has taken the event, as when none could be started, none does
// any more.
func (v *invocation) settle(o outcome) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.settled {
		return false
	}
	o.at = time.Now()
	v.settled, v.outcome = true, o
	v.forget()
	if v.left {
		v.outcome.drop()
	}
	close(v.done)
	return true
}

// leave says that the caller does not want the outcome any more.
func (v *invocation) leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.left = true; v.settled {
		v.outcome.drop()
	}
}

// drop gives back what an outcome holds that nobody takes.
func (o *outcome) drop() {
	if o.body != nil {
		o.body.Free()
		o.body = nil
	}
	if o.stream != nil {
		_ = o.stream.Close()
	}
}

// takeEvent returns the event, which the caller is to free. It is nil where the
// invocation has its outcome without it.
func (v *invocation) takeEvent() *httpmsg.Buffer {
	v.mu.Lock()
	defer v.mu.Unlock()
	event := v.event
	v.event = nil
	return event
}

// forget gives back the memory of an event that no worker has taken.
func (v *invocation) forget() {
	if v.event != nil {
		v.event.Free()
		v.event = nil
	}
}
