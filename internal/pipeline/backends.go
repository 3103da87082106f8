package pipeline

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Backends is what integrations and stages name by an id of their account: VPC
// links, with the addresses that the server's configuration has for them, and
// client certificates. It is safe for concurrent use; a change is seen by the
// next call. Keys are made by snapshot.OfAccount.
type Backends struct {
	upstreams map[string]*integration.Upstream // by the name of a VPC link, or the ARN of its target

	mu           sync.Mutex // of who changes a map
	links        atomic.Pointer[map[string]vpcLink]
	certificates atomic.Pointer[map[string]*clientCertificate]
}

type vpcLink struct {
	name     string
	upstream *integration.Upstream // nil when the configuration has no addresses
}

// A clientCertificate is one as handshakes need it. Calls with the same
// settings share connections, so there is one value of each.
type clientCertificate struct {
	verified, insecure *tls.Config
	expires            time.Time
}

// NewBackends makes a Backends without links and certificates. addresses are
// those behind VPC links, host:port each, by the link's name or by its target's
// ARN.
func NewBackends(addresses map[string][]string) (*Backends, error) {
	b := &Backends{upstreams: make(map[string]*integration.Upstream, len(addresses))}
	b.links.Store(&map[string]vpcLink{})
	b.certificates.Store(&map[string]*clientCertificate{})
	for name, list := range addresses {
		u, err := integration.NewUpstream(list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.upstreams[name] = u
	}
	return b, nil
}

// SetVPCLink says what a link is now; nil is gone.
func (b *Backends) SetVPCLink(key string, l *snapshot.VPCLink) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(*b.links.Load())
	if delete(next, key); l != nil {
		next[key] = vpcLink{name: l.Name, upstream: b.upstream(l)}
	}
	b.links.Store(&next)
}

// upstream finds the addresses behind a link; its name goes before its target.
func (b *Backends) upstream(l *snapshot.VPCLink) *integration.Upstream {
	if u := b.upstreams[l.Name]; u != nil {
		return u
	}
	for _, arn := range l.TargetARNs {
		if u := b.upstreams[arn]; u != nil {
			return u
		}
	}
	return nil
}

// SetClientCertificate says what a certificate is now; nil is gone.
func (b *Backends) SetClientCertificate(key string, c *snapshot.ClientCertificate) error {
	var parsed *clientCertificate
	if c != nil {
		var err error
		if parsed, err = parseClientCertificate(c); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := maps.Clone(*b.certificates.Load())
	if delete(next, key); parsed != nil {
		next[key] = parsed
	}
	b.certificates.Store(&next)
	return nil
}

// parseClientCertificate makes the settings of handshakes. The certificate is
// shown to every server that asks for one, whichever authorities it names: it
// is its own, which few name.
func parseClientCertificate(c *snapshot.ClientCertificate) (*clientCertificate, error) {
	leaf, err := x509.ParseCertificate(c.Certificate)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("key of a client certificate: %w", err)
	}
	pair := &tls.Certificate{Certificate: [][]byte{c.Certificate}, PrivateKey: key, Leaf: leaf}
	config := func(insecure bool) *tls.Config {
		return &tls.Config{
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil },
			ClientSessionCache:   tls.NewLRUClientSessionCache(64),
			InsecureSkipVerify:   insecure, //nolint:gosec // tlsConfig.insecureSkipVerification asks for it
		}
	}
	return &clientCertificate{verified: config(false), insecure: config(true), expires: leaf.NotAfter}, nil
}

// A refusal is why a stage's settings or the server's do not let a backend be
// called.
type refusal struct{ field, reason string }

func (r *refusal) Error() string { return r.reason }

const connectionField = "integration.connectionId"

// through returns where calls go that take the VPC link of a key; id is the
// link's.
func (b *Backends) through(key, id string) (*integration.Upstream, error) {
	var link vpcLink
	known := false
	if b != nil {
		link, known = (*b.links.Load())[key]
	}
	switch {
	case id == "":
		return nil, &refusal{connectionField, "the id of the VPC link is empty under the stage's variables"}
	case !known:
		return nil, &refusal{connectionField, "VPC link " + id + " does not exist"}
	case link.upstream == nil:
		return nil, &refusal{connectionField, "VPC link " + id + " (" + link.name + ") has no addresses: its name, or the ARN of its target, is not under vpc-links in the configuration file"}
	}
	return link.upstream, nil
}

// certificate returns the client certificate of a key, nil when there is none.
func (b *Backends) certificate(key string) *clientCertificate {
	if b == nil {
		return nil
	}
	return (*b.certificates.Load())[key]
}

// config returns the settings of handshakes with HTTPS backends.
func (c *clientCertificate) config(insecure bool) *tls.Config {
	if insecure {
		return c.insecure
	}
	return c.verified
}
