package main

import (
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/acmecert"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// issuedRows are what was published of an ACME authority: they are kept for an issuer, which
// is made after the feed. It is the feed's Issued.
type issuedRows struct {
	mu         sync.Mutex
	issuer     *acmecert.Issuer // nil before give
	certs      map[string]*snapshot.Issued
	challenges map[string]*snapshot.Challenge
}

// SetIssued implements feed.Issued.
func (r *issuedRows) SetIssued(name string, c *snapshot.Issued) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.issuer != nil {
		r.issuer.SetIssued(name, c)
		return
	}
	if r.certs == nil {
		r.certs = make(map[string]*snapshot.Issued)
	}
	r.certs[name] = c
}

// SetChallenge implements feed.Issued.
func (r *issuedRows) SetChallenge(key string, c *snapshot.Challenge) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.issuer != nil {
		return r.issuer.SetChallenge(key, c)
	}
	if r.challenges == nil {
		r.challenges = make(map[string]*snapshot.Challenge)
	}
	r.challenges[key] = c
	return nil
}

// give hands on what was published, from now on to an issuer.
func (r *issuedRows) give(to *acmecert.Issuer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.issuer = to
	for name, c := range r.certs {
		to.SetIssued(name, c)
	}
	for key, c := range r.challenges {
		_ = to.SetChallenge(key, c) // one that cannot be read has no answer, as before
	}
	r.certs, r.challenges = nil, nil
}
