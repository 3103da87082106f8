package pipeline

import (
	"fmt"
	"runtime/debug"
)

// A panic is a fault of this program, and ends one call: it is answered, logged
// and accounted for as every other failure, and gives back what the call holds.

// caught makes an error of a panic, with the stack that led there.
func (c *call) caught(fault any) *failure {
	c.panicked = true
	return engineError("panic", fmt.Errorf("%v\n%s", fault, debug.Stack()))
}

// attempt takes the call through its steps, on a way through them.
func (c *call) attempt(way func(*call) error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = c.caught(fault)
		}
	}()
	return way(c)
}

// answerPlainly makes the answer to a call whose own gateway response panicked.
func (c *call) answerPlainly(f *failure) {
	c.logFailure(f)
	c.refuse(f)
	c.answer.Body = c.defaultBody(f)
	c.finish()
}

// handOnTrace ends the trace and hands it on. The answer is complete: it is not
// lost with it.
func (c *call) handOnTrace() {
	if c.trace == nil {
		return
	}
	defer func() {
		if fault := recover(); fault != nil {
			c.logFailure(c.caught(fault))
		}
	}()
	c.trace.Complete(c.answer.Status)
	c.stage.services.Trace(c.trace)
}
