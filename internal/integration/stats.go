package integration

import (
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A Failure is a way in which calls of backends fail, as metrics tell them apart.
type Failure struct {
	Name  string
	Calls int64 // that have failed so
}

// failures is how many kinds there are, with one for all others.
const failures = 9

// kinds are what errors.Is finds in the errors of Do, in the order of Failures.
var kinds = [failures]struct {
	name string
	err  error // nil is any
}{
	{"client_gone", ErrGone}, {"timeout", ErrTimeout}, {"network", ErrNetwork}, {"crowded", ErrBusy}, {"address", ErrAddress}, {"request", ErrRequest},
	{"too_large", httpmsg.ErrTooLarge}, {"memory", httpmsg.ErrBudget}, {"other", nil},
}

// fails counts a call that failed.
func (c *Client) fails(err error) {
	for i := range kinds {
		if kinds[i].err == nil || errors.Is(err, kinds[i].err) {
			c.failed[i].Add(1)
			return
		}
	}
}

// Failures returns how many calls have failed so far, by the way in which they did. A
// stream that breaks off behind its head is none of them.
func (c *Client) Failures() []Failure {
	list := make([]Failure, failures)
	for i := range kinds {
		list[i] = Failure{kinds[i].name, c.failed[i].Load()}
	}
	return list
}

// Stats are how many connections to backends there are.
type Stats struct {
	Open, Idle int64 // Idle are those of the open ones that no call uses
	Limit      int64 // of the open ones; 0 is none
	Waiting    int64 // calls that wait for a place among them
}

// Stats returns the numbers of now.
func (c *Client) Stats() Stats {
	p := &c.pool
	idle := max(p.idle.Load(), 0)
	return Stats{Open: max(p.slots.open.Load(), idle), Idle: idle, Limit: p.slots.limit, Waiting: p.slots.waiting.Load()}
}
