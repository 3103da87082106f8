package gateway

import (
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/truststore"
)

// A trust is whom a custom domain name with mutual TLS believes. It never changes.
type trust struct {
	store *truststore.Store // nil for one that cannot be read: nobody is let in
}

// newTrust is the trust of a domain name, nil where that has no mutual TLS, or is none.
func newTrust(d *snapshot.DomainName) *trust {
	if d == nil || d.Truststore == "" {
		return nil
	}
	store, _, err := truststore.Parse([]byte(d.Truststore), time.Now())
	if err != nil {
		return &trust{}
	}
	return &trust{store}
}

// A verdict is what a trust says of a connection's certificate. It never changes.
type verdict struct {
	by      *trust
	cert    *httpmsg.ClientCert // nil where it is refused
	refused string
	until   time.Time // when it has to be asked again
}

// unsure is how long a refusal holds: a certificate may become valid.
const unsure = time.Minute

// verify asks a trust for a client's certificate.
func (t *trust) verify(peer *httpmsg.Peer, now time.Time) *verdict {
	v := &verdict{by: t, until: now.Add(unsure)}
	switch {
	case len(peer.Certificates) == 0:
		v.refused = "the client has shown no certificate"
		return v
	case t.store == nil:
		v.refused = "the truststore cannot be read"
		return v
	}
	cert, until, err := t.store.Verify(peer.Certificates[0], now)
	if err != nil {
		v.refused = err.Error()
		return v
	}
	text := truststore.TextOf(cert)
	v.until = until
	v.cert = &httpmsg.ClientCert{
		PEM: text.PEM, SubjectDN: text.Subject, IssuerDN: text.Issuer, SerialNumber: text.Serial, NotBefore: text.NotBefore, NotAfter: text.NotAfter,
	}
	return v
}

// keptVerdicts is of how many domain names a connection keeps the verdict.
const keptVerdicts = 16

// verdicts are those of a connection, the last one first. They may be used by many
// goroutines; the zero value has none.
type verdicts struct{ kept atomic.Pointer[[]*verdict] }

// of returns the verdict of a trust that holds, nil for none.
func (vs *verdicts) of(t *trust, now time.Time) *verdict {
	kept := vs.kept.Load()
	if kept == nil {
		return nil
	}
	for _, v := range *kept {
		if v.by == t && now.Before(v.until) {
			return v
		}
	}
	return nil
}

// keep puts a verdict in front, in place of one of the same trust, or of the last. When
// two are kept at the same time one may be lost, and is made again.
func (vs *verdicts) keep(v *verdict) {
	next := []*verdict{v}
	if kept := vs.kept.Load(); kept != nil {
		for _, other := range *kept {
			if other.by != v.by && len(next) < keptVerdicts {
				next = append(next, other)
			}
		}
	}
	vs.kept.Store(&next)
}

// identify notes on a call for a domain name with mutual TLS who its client is. A
// connection keeps the verdicts of the last names: until the truststore changes, or a
// certificate expires, one verification does for all of its requests for a name.
func (t *trust) identify(c *call, g *guest) {
	now := c.req.Received
	var v *verdict
	if g != nil {
		v = g.verdicts.of(t, now)
	}
	if v == nil {
		v = t.verify(c.req.Peer, now)
		if g != nil {
			g.verdicts.keep(v)
		}
	}
	c.req.ClientCert, c.req.ClientRefused = v.cert, v.refused
}
