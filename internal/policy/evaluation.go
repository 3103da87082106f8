package policy

import "strconv"

// maxSteps is what one evaluation may cost. A step looks at one byte, which takes one to
// two nanoseconds. A policy of 8192 characters and headers of 10 KB stay below it,
// unless values with many ? meet a text that nearly matches at each of its places.
const maxSteps = 1 << 24

// What some ways to look at a byte, and a key, cost in steps.
const (
	folding = 4  // in a comparison without case
	reading = 16 // of a number, a date and the like, and of the error where it is none
	asking  = 64 // for the values of a key
)

// TooManySteps says why an evaluation has given up.
var TooManySteps = "it takes more than " + strconv.Itoa(maxSteps) + " steps to compare what the call sends"

// An evaluation is the way of one request through a policy. Once it has no steps left,
// what it finds means nothing.
type evaluation struct {
	request *Request
	steps   int // that are left; less than 0 when there were too few
}

// spend takes steps, and reports whether there were as many left.
func (e *evaluation) spend(n int) bool {
	if e.steps < n {
		e.steps = -1
		return false
	}
	e.steps -= n
	return true
}

// exceeded reports whether no steps are left.
func (e *evaluation) exceeded() bool { return e.steps < 0 }

// values returns the values of a condition key.
func (e *evaluation) values(key string) []string {
	if !e.spend(asking) {
		return nil
	}
	return e.request.values(key)
}

// values returns the values of a condition key; a request without a Context has none.
func (r *Request) values(key string) []string {
	if r.Context == nil {
		return nil
	}
	return r.Context(key)
}
