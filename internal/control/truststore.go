package control

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/truststore"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The truststore of a domain name with mutual TLS is read when a call names it, and
// stored beside the name: what is in S3 afterwards counts when the next call names it,
// as at AWS.

// A truststoreDoc is the truststore of a domain name as it was read.
type truststoreDoc struct {
	PEM string `json:"pem"`
}

// A truststorePlace is where a truststore is read from.
type truststorePlace struct{ uri, version string }

// A readTruststore is what was read there.
type readTruststore struct {
	truststorePlace
	text     string
	warnings []string
}

// A truststoreWanted error says that a transaction needs a truststore, which cannot be
// read within it.
type truststoreWanted struct{ truststorePlace }

func (w *truststoreWanted) Error() string { return "the truststore " + w.uri + " is to be read first" }

// withTruststore runs a call that may need a truststore: once more with what was read
// where it asks for one.
func withTruststore(ctx context.Context, s *Service, run func(*readTruststore) (*wire.DomainName, error)) (*wire.DomainName, error) {
	out, err := run(nil)
	wanted, ok := errors.AsType[*truststoreWanted](err)
	if !ok {
		return out, err
	}
	read, err := s.readTruststore(ctx, wanted.truststorePlace)
	if err != nil {
		return nil, err
	}
	if out, err = run(read); errors.As(err, &wanted) { // another call has changed the name meanwhile
		return nil, errConcurrent()
	}
	return out, err
}

// readTruststore reads one. One of which nothing can be used is refused: nobody could
// call the name.
func (s *Service) readTruststore(ctx context.Context, at truststorePlace) (*readTruststore, error) {
	if s.truststore == nil {
		return nil, wire.BadRequest("The truststore %s cannot be read: no data plane runs here", wire.Truncated(at.uri))
	}
	text, err := s.truststore(ctx, at.uri, at.version)
	if err != nil {
		return nil, wire.BadRequest("The truststore %s cannot be read: %v", wire.Truncated(at.uri), err)
	}
	_, warnings, err := truststore.Parse(text, s.now())
	if err != nil {
		return nil, wire.BadRequest("The truststore %s cannot be used: %v", wire.Truncated(at.uri), err)
	}
	return &readTruststore{at, string(text), warnings}, nil
}

// keepTruststore stores the truststore of a domain name, or that it has none; it asks
// for the one that it needs and has not got.
func (t *tx) keepTruststore(d *wire.DomainName, got *readTruststore) error {
	m := d.MutualTLSAuthentication
	if m == nil || text(m.TruststoreURI) == "" {
		d.MutualTLSAuthentication = nil
		if there, err := t.exists(kindTruststore, keyOfDomain(d)); !there || err != nil {
			return err
		}
		return t.remove(kindTruststore, keyOfDomain(d), errDomainName())
	}
	want := truststorePlace{*m.TruststoreURI, text(m.TruststoreVersion)}
	if got == nil || got.truststorePlace != want {
		return &truststoreWanted{want}
	}
	m.TruststoreWarnings = got.warnings
	return t.save(kindTruststore, keyOfDomain(d), &truststoreDoc{got.text})
}

// truststoreOf is the text of the truststore of a domain name, "" for none.
func (t *tx) truststoreOf(d *wire.DomainName) (string, error) {
	if d.MutualTLSAuthentication == nil {
		return "", nil
	}
	doc, err := load[truststoreDoc](t, kindTruststore, keyOfDomain(d), errDomainName())
	if err != nil {
		return "", err
	}
	return doc.PEM, nil
}

// truststoreURI takes an object of S3 (documented; AWS's words are not known).
var truststoreURI = regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{0,62}/.`)

// maxTruststoreURI is the longest URI, in characters: 1,024 of them can be the key.
const maxTruststoreURI = 1100

// maxVersion is the longest version of an object, in characters (documented).
const maxVersion = 1024

// checkMutualTLS checks what holds between mutual TLS and what else a domain name has.
// It is for regional endpoints and the policy TLS_1_2 (documented; the first text is
// recorded, the others are ours).
func checkMutualTLS(d *wire.DomainName) error {
	m := d.MutualTLSAuthentication
	switch {
	case m == nil || text(m.TruststoreURI) == "" && text(m.TruststoreVersion) == "":
		return nil
	case !slices.Equal(d.EndpointConfiguration.Types, []string{"REGIONAL"}):
		return wire.BadRequest("Mutual TLS authentication is supported for Regional APIs only")
	case text(m.TruststoreURI) == "":
		return wire.BadRequest("A truststoreVersion wants a truststoreUri")
	case !truststoreURI.MatchString(*m.TruststoreURI) || len(*m.TruststoreURI) > maxTruststoreURI:
		return wire.BadRequest("Invalid truststore URI specified: %s. It must be s3://bucket/key", wire.Truncated(*m.TruststoreURI))
	case len(text(m.TruststoreVersion)) > maxVersion:
		return wire.BadRequest("Invalid truststore version specified")
	case text(d.SecurityPolicy) != "TLS_1_2":
		return wire.BadRequest("Mutual TLS authentication is not supported with the security policy %s, only with TLS_1_2", text(d.SecurityPolicy))
	}
	return nil
}

// namesTruststore reports whether a patch says something of the truststore, which then
// is read again.
func namesTruststore(ops []wire.PatchOperation) bool {
	return slices.ContainsFunc(ops, func(op wire.PatchOperation) bool {
		return strings.HasPrefix(text(op.Path), "/mutualTlsAuthentication/")
	})
}

// truststorePath sets a member of the settings of mutual TLS. It takes a value away that
// there is not, as Terraform does where it sets none.
func truststorePath(at string, field func(*wire.MutualTLSAuthentication) **string) patchPath[wire.DomainName] {
	return anyOp(at, func(_ *tx, d *wire.DomainName, op *patch.Op) error {
		m := d.MutualTLSAuthentication
		if m == nil {
			m = new(wire.MutualTLSAuthentication)
		}
		*field(m) = given(op.Value)
		if m.TruststoreWarnings = nil; m.TruststoreURI == nil && text(op.Value) == "" {
			m.TruststoreVersion = nil // mutual TLS is off
		}
		if d.MutualTLSAuthentication = m; m.TruststoreURI == nil && m.TruststoreVersion == nil {
			d.MutualTLSAuthentication = nil
		}
		return nil
	})
}
