package main

import (
	"container/list"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// secrets reads the keys under which secrets are kept, nil for none. In memory they are
// kept under a key of this process.
func (c *config) secrets() (*secrets.Keyring, error) {
	switch {
	case c.SecretsKeyFile != "":
		text, err := os.ReadFile(c.SecretsKeyFile)
		if err != nil {
			return nil, fmt.Errorf("secrets-key-file: %s: %w", c.SecretsKeyFile, reason(err))
		}
		ring, err := secrets.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("secrets-key-file: %s: %w", c.SecretsKeyFile, err)
		}
		return ring, nil
	case c.InMemory:
		return secrets.New(), nil
	}
	return nil, nil
}

// Bounds of uploaded certificates that are ready for handshakes.
const (
	readyCertificates = 512             // some 3 KiB each
	certificateWait   = 5 * time.Second // for the store
	certificateRetry  = 5 * time.Second // after one could not be made ready
)

// uploadedCertificates makes certificates that were uploaded for domain names ready when a
// handshake wants them, and keeps those that were wanted last.
type uploadedCertificates struct {
	read func(ctx context.Context, row string) (*snapshot.DomainCertificate, error) // of the store
	keys *secrets.Keyring
	log  *slog.Logger

	mu    sync.Mutex
	ready map[string]*list.Element // of *readyCertificate, by row and fingerprint
	order list.List                // the one that was wanted last is first
}

// A readyCertificate is one that is ready or is being made so, by the first who wants it.
type readyCertificate struct {
	name string
	made chan struct{} // closed when cert and err are there
	cert *tls.Certificate
	err  error     // with errReplaced there is a cert, too
	till time.Time // with an err: when it is tried again
}

// get returns the certificate of a handshake, nil where there is none that can be shown.
func (u *uploadedCertificates) get(h gateway.Handshake) *tls.Certificate {
	if u == nil || h.Uploaded == "" {
		return nil
	}
	e, first := u.entry(h.Row + " " + h.Uploaded)
	if first {
		e.cert, e.err = u.load(h)
		if e.err != nil && e.err != errReplaced {
			e.till = time.Now().Add(certificateRetry)
			u.log.Error("an uploaded certificate cannot be shown", "id", h.Row, "error", e.err)
		}
		close(e.made)
	}
	<-e.made
	return e.cert
}

// entry returns that of a name, and whether the caller has to make it.
func (u *uploadedCertificates) entry(name string) (e *readyCertificate, first bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at := u.ready[name]; at != nil {
		e = at.Value.(*readyCertificate)
		if !e.failed(time.Now()) {
			u.order.MoveToFront(at)
			return e, false
		}
		u.order.Remove(at)
	}
	if u.ready == nil {
		u.ready = make(map[string]*list.Element)
	}
	e = &readyCertificate{name: name, made: make(chan struct{})}
	u.ready[name] = u.order.PushFront(e)
	if u.order.Len() > readyCertificates {
		last := u.order.Back()
		u.order.Remove(last)
		delete(u.ready, last.Value.(*readyCertificate).name)
	}
	return e, true
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

// errReplaced is that the store has another certificate than the handshake was to show,
// since one was uploaded that the handshakes do not know of yet. It is shown, and not
// kept under a name which is not its own: the other one may be uploaded again.
var errReplaced = errors.New("another certificate has been uploaded meanwhile")

// load reads the certificate of a handshake from the store.
func (u *uploadedCertificates) load(h gateway.Handshake) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), certificateWait)
	defer cancel()
	c, err := u.read(ctx, h.Row)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, errors.New("it is gone")
	}
	key, err := u.keys.Open(c.Key, c.About())
	if err != nil {
		return nil, fmt.Errorf("its private key: %w", err)
	}
	out := new(tls.Certificate)
	for block, rest := pem.Decode([]byte(c.Chain)); block != nil; block, rest = pem.Decode(rest) {
		out.Certificate = append(out.Certificate, block.Bytes)
	}
	if out.PrivateKey, err = x509.ParsePKCS8PrivateKey(key); err != nil || len(out.Certificate) == 0 {
		return nil, errors.New("it is no certificate with a private key")
	}
	if c.Fingerprint != h.Uploaded {
		return out, errReplaced
	}
	return out, nil // without Leaf, which handshakes do not need, and which is most of the memory
}
