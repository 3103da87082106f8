package acmecert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// aboutChallenge is what the sealed key of a challenge's certificate is about.
func aboutChallenge(name string) string { return "acmeChallenge " + name }

// publisher makes what has other processes know the answers to challenges. It returns when
// they do, as far as told waits.
func (s *shelf) publisher(told func(context.Context, store.Revision)) func(context.Context, string, *snapshot.Challenge, *tls.Certificate) error {
	return func(ctx context.Context, key string, c *snapshot.Challenge, cert *tls.Certificate) error {
		if c == nil {
			_, err := s.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error { return tx.Retract(snapshot.ServedChallenge, key) })
			return err
		}
		if cert != nil {
			der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
			if err != nil {
				return err
			}
			c.Chain, c.Sealed = cert.Certificate, s.keys.Seal(der, aboutChallenge(key))
		}
		data, err := snapshot.Encode(snapshot.ServedChallenge, c)
		if err != nil {
			return err
		}
		rev, err := s.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
			return tx.Publish(store.Served{Kind: snapshot.ServedChallenge, ID: key, Data: data})
		})
		if err == nil && told != nil {
			told(ctx, rev)
		}
		return err
	}
}

// A published is the certificates that any process has had issued.
type published struct {
	mu   sync.Mutex
	kept map[string]*snapshot.Issued // by name
}

// SetIssued takes the certificate of a name that some process has had issued, nil where it
// is gone.
func (i *Issuer) SetIssued(name string, c *snapshot.Issued) {
	i.published.mu.Lock()
	if i.published.kept == nil {
		i.published.kept = make(map[string]*snapshot.Issued)
	}
	if i.published.kept[name] = c; c == nil {
		delete(i.published.kept, name)
	}
	i.published.mu.Unlock()
	i.opts.Issued(name)
}

// SetChallenge takes the answer to a challenge, by its key, that some process has to give;
// nil where there is none any more. An error is of one that cannot be read.
func (i *Issuer) SetChallenge(key string, c *snapshot.Challenge) error {
	if strings.HasPrefix(key, "/") {
		answer := ""
		if c != nil {
			answer = c.Answer
		}
		i.setToken(key, answer)
		return nil
	}
	if c == nil {
		i.setCertificate(key, nil)
		return nil
	}
	der, err := i.opts.Keys.Open(c.Sealed, aboutChallenge(key))
	if err != nil {
		return err
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil || len(c.Chain) == 0 {
		return errors.Join(err, errNoCertificate)
	}
	i.setCertificate(key, &tls.Certificate{Certificate: c.Chain, PrivateKey: private})
	return nil
}

// shared returns the certificate of a name that was published, nil for none.
func (i *Issuer) shared(name string) (*tls.Certificate, error) {
	i.published.mu.Lock()
	c := i.published.kept[name]
	i.published.mu.Unlock()
	if c == nil {
		return nil, nil
	}
	key, err := i.shelf.open(kindCertificate, name, &kept{Key: c.Key})
	if err == nil && len(c.Chain) == 0 {
		err = errNoCertificate
	}
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: c.Chain, PrivateKey: key}, nil
}
