package integration

import (
	"context"
	"errors"
	"time"
)

// gone is closed when a client has gone; a nil client never goes.
func gone(client context.Context) <-chan struct{} {
	if client == nil {
		return nil
	}
	return client.Done()
}

// isGone reports whether a client has gone.
func isGone(client context.Context) bool { return client != nil && client.Err() != nil }

// longAgo is a deadline that ends reads and writes that are under way.
var longAgo = time.Unix(1, 0)

// endWith ends what is under way on a connection when its call's client goes. What
// it returns puts an end to that, and reports whether the connection can go on.
func (cn *conn) endWith(client context.Context) (stop func() bool) {
	if client == nil {
		return goesOn
	}
	return context.AfterFunc(client, cn.interrupt)
}

func goesOn() bool { return true }

// orGone is err, or that the client of req has gone, where that is why.
func orGone(req *Request, err error) error {
	if !isGone(req.Client) {
		return err
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Op: "wait"}
	}
	return &Error{Kind: ErrGone, Op: e.Op, Endpoint: e.Endpoint, Err: context.Cause(req.Client)}
}
