package integration

import (
	"errors"
	"io"
	"net"
	"os"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// The ways a call fails, to be told apart with errors.Is. The gateway answers
// ErrTimeout and ErrNetwork with 504, ErrBusy with 503, the others with 500; after
// ErrGone nobody is there to read an answer. Two more come from httpmsg: ErrTooLarge
// (the body of the response is over the limit, 500 as well) and ErrBudget (there is
// no memory for it just now, 503).
var (
	ErrTimeout = errors.New("endpoint request timed out")
	ErrNetwork = errors.New("network error communicating with endpoint")
	ErrBusy    = errors.New("no connection is free")
	ErrAddress = errors.New("invalid endpoint address")
	ErrRequest = errors.New("request cannot be sent")
	ErrGone    = errors.New("the client has gone")
)

// The ways signing a call of an AWS service fails. The gateway answers both
// with 500.
var (
	ErrCredentials = errors.New("no credentials to sign the call with")
	ErrRole        = errors.New("role cannot be assumed")
)

// An Error is why a call failed. errors.Is finds both its kind and its cause.
type Error struct {
	Kind     error  // one of the kinds above
	Op       string // what was being done: "dial", "handshake", "write", "read"
	Endpoint string // host and port
	Err      error  // the cause, for the log; never nil
}

// Error gives the whole story, for the log: clients never see it.
func (e *Error) Error() string {
	return e.Kind.Error() + ": " + e.Op + " " + e.Endpoint + ": " + e.Err.Error()
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// failure gives err its kind by what it is.
func failure(op string, key *poolKey, err error) error {
	if err == io.EOF { // as a cause it says nothing
		err = errClosed
	}
	return &Error{Kind: kindOf(err), Op: op, Endpoint: key.addr, Err: err}
}

func kindOf(err error) error {
	var (
		timeout net.Error
		dns     *net.DNSError
		addr    *net.AddrError
	)
	switch {
	case errors.Is(err, httpmsg.ErrTooLarge):
		return httpmsg.ErrTooLarge
	case errors.Is(err, httpmsg.ErrBudget):
		return httpmsg.ErrBudget
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ErrTimeout
	case errors.As(err, &dns), errors.As(err, &addr):
		return ErrAddress
	default:
		return ErrNetwork
	}
}

var errClosed = errors.New("connection closed before the response was complete")
