package pipeline

import (
	"fmt"
	"runtime/debug"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A panic is a fault of this program, and ends one call: it is answered, logged
// and accounted for as every other failure, and gives back what the call holds.

// caught makes an error of a panic, with the stack that led there.
func (c *call) caught(fault any) *failure {
	c.panicked = true
	return engineError("panic", fmt.Errorf("%v\n%s", fault, debug.Stack()))
}

// attempt runs way, which takes the call through its steps, and makes a failure of a
// panic in them.
func (c *call) attempt(way func(*call) error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = c.caught(fault)
		}
	}()
	return way(c)
}

// answerPlainly makes the answer to a call whose own gateway response panicked.
// What panics even then, such as the log, leaves an answer of which nothing is
// computed: whoever gets it gives back what the call holds.
func (c *call) answerPlainly(f *failure) {
	c.logCaught(f)
	defer func() {
		if recover() != nil {
			c.answer.Stream, c.answer.Length, c.answer.Status = nil, 0, 500
			c.answer.Header = append(c.answer.Header[:0], httpmsg.Field{Name: "Content-Type", Value: "application/json"},
				httpmsg.Field{Name: "x-amzn-RequestId", Value: c.scope.Context.RequestID})
			c.answer.Body = []byte(`{"message": "Internal server error"}`)
		}
	}()
	c.replaceAnswer(f)
	c.answer.Body = c.defaultBody(f)
	c.finish()
}

// logCaught logs a panic, unless the log is what panics.
func (c *call) logCaught(f *failure) {
	defer func() { _ = recover() }()
	c.logFailure(f)
}

// handOnTrace ends the trace and hands it on. The answer is complete by now, so a
// panic in here costs the trace and nothing else.
func (c *call) handOnTrace() {
	if c.trace == nil {
		return
	}
	defer func() {
		if fault := recover(); fault != nil {
			c.logCaught(c.caught(fault))
		}
	}()
	c.trace.Complete(c.answer.Status)
	if hand := c.stage.services.Trace; hand != nil {
		hand(c.trace)
	}
}
