package main

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Bounds of stored certificates that are ready for handshakes.
const (
	mostReady        = 512             // some 3 KiB each
	certificateWait  = 5 * time.Second // for the store
	certificateRetry = 5 * time.Second // after one could not be made ready
)

// readyCertificates makes certificates of the store ready when a handshake wants them, and
// keeps those that were wanted last.
type readyCertificates struct {
	log *slog.Logger

	mu    sync.Mutex
	byID  map[string]*list.Element // of *readyCertificate
	order list.List                // the one that was wanted last is first
}

// A readyCertificate is one that is ready or is being made so, by the first who wants it.
type readyCertificate struct {
	id   string
	made chan struct{}    // closed when cert and err are there
	cert *tls.Certificate // nil for none
	err  error            // with errReplaced there is a cert, too
	till time.Time        // with an err: when it is tried again
}

// errReplaced is that the store has another certificate than the handshake was to show,
// since one was uploaded that the handshakes do not know of yet. It is shown, and not
// kept under a name which is not its own: the other one may be uploaded again.
var errReplaced = errors.New("another certificate has been uploaded meanwhile")

// ready returns the certificate of an id, which load reads when it is first wanted; nil
// where there is none, or none that can be shown.
func (r *readyCertificates) ready(id string, load func(context.Context) (*tls.Certificate, error)) *tls.Certificate {
	e, first := r.entry(id)
	if first {
		ctx, cancel := context.WithTimeout(context.Background(), certificateWait)
		defer cancel()
		if e.cert, e.err = load(ctx); e.err != nil && e.err != errReplaced {
			e.cert, e.till = nil, time.Now().Add(certificateRetry)
			r.log.Error("a certificate cannot be shown", "id", id, "error", e.err)
		}
		close(e.made)
	}
	<-e.made
	return e.cert
}

// entry returns that of an id, and whether the caller has to make it.
func (r *readyCertificates) entry(id string) (e *readyCertificate, first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := r.byID[id]; at != nil {
		e = at.Value.(*readyCertificate)
		if !e.failed(time.Now()) {
			r.order.MoveToFront(at)
			return e, false
		}
		r.order.Remove(at)
	}
	if r.byID == nil {
		r.byID = make(map[string]*list.Element)
	}
	e = &readyCertificate{id: id, made: make(chan struct{})}
	r.byID[id] = r.order.PushFront(e)
	if r.order.Len() > mostReady {
		last := r.order.Back()
		r.order.Remove(last)
		delete(r.byID, last.Value.(*readyCertificate).id)
	}
	return e, true
}

// drop forgets what was read of an id.
func (r *readyCertificates) drop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := r.byID[id]; at != nil {
		r.order.Remove(at)
		delete(r.byID, id)
	}
}

// failed reports whether it could not be made, and is to be tried again.
func (e *readyCertificate) failed(now time.Time) bool {
	select {
	case <-e.made:
		return e.err != nil && now.After(e.till)
	default:
		return false
	}
}
