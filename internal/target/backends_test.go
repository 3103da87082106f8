package target

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

func newBackends(t testing.TB, addresses map[string][]string) *Backends {
	t.Helper()
	b, err := NewBackends(addresses)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// certificate makes a client certificate that is its own authority.
func certificate(t testing.TB, until time.Time) *snapshot.ClientCertificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &snapshot.ClientCertificate{Certificate: der, PrivateKey: private}
}

func TestBadClientCertificate(t *testing.T) {
	good := certificate(t, time.Now())
	for name, c := range map[string]*snapshot.ClientCertificate{
		"no certificate": {Certificate: []byte("x"), PrivateKey: good.PrivateKey},
		"no key":         {Certificate: good.Certificate, PrivateKey: []byte("secret")},
	} {
		err := newBackends(t, nil).SetClientCertificate("k", c)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewBackends(t *testing.T) {
	_, err := NewBackends(map[string][]string{"orders": {"a:1", "b"}})
	if want := `orders: address "b": the port is missing`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The way of a target through a link follows what the link stands for.
func TestLink(t *testing.T) {
	b := newBackends(t, map[string][]string{"one": {"one.example:1"}, "two": {"two.example:2"}})
	stage := &snapshot.Stage{Account: "000000000000", Region: "us-east-1", Variables: map[string]string{"id": "l1"}}
	h := HTTP{URI: ParseURI("http://{h}.example/x"), Link: ParseURI("${stageVariables.id}")}
	fixed := HTTP{URI: ParseURI("http://a.example/x"), Link: h.Link}
	for name, target := range map[string]*Target{"a host of the request": h.Bind(stage, b), "a host of the definition": fixed.Bind(stage, b)} {
		b.SetVPCLink("000000000000/us-east-1/l1", nil)
		var refused *ConfigError
		if _, _, err := target.Resolve(nil, []Value{{Name: "h", Text: "a"}}); !errors.As(err, &refused) || refused.Field != "integration.connectionId" || target.Check() == nil {
			t.Errorf("%s: without the link: %v, %v", name, err, target.Check())
		}
		var last *integration.Endpoint
		for _, link := range []string{"one", "two"} {
			b.SetVPCLink("000000000000/us-east-1/l1", &snapshot.VPCLink{Name: link})
			ep, path, err := target.Resolve(nil, []Value{{Name: "h", Text: "a"}})
			if err != nil || string(path) != "/x" || ep.Authority() != "a.example" || ep == last || target.Check() != nil {
				t.Errorf("%s: %v %s, %v, %v", name, ep, path, err, target.Check())
			}
			last = ep
		}
	}
}

// BenchmarkLink is what finding a link's addresses costs a call.
func BenchmarkLink(b *testing.B) {
	backends := newBackends(b, map[string][]string{"orders": {"127.0.0.1:1"}})
	backends.SetVPCLink("000000000000/us-east-1/o1", &snapshot.VPCLink{ID: "o1", Name: "orders"})
	h := HTTP{URI: ParseURI("http://orders.internal/x"), Link: ParseURI("o1")}
	t := h.Bind(&snapshot.Stage{Account: "000000000000", Region: "us-east-1"}, backends)
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := t.Resolve(buf, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A certificate that goes, or that nobody can read any more, is not shown by the
// targets that were made while it was there. The same one again changes nothing.
func TestWithdrawnCertificate(t *testing.T) {
	const key = "000000000000/us-east-1/c1"
	stage := &snapshot.Stage{Account: "000000000000", Region: "us-east-1", ClientCertificateID: "c1"}
	good := certificate(t, time.Now().AddDate(1, 0, 0))
	good.ID = "c1"
	for name, change := range map[string]*snapshot.ClientCertificate{"gone": nil, "not readable": {ID: "c1", Certificate: []byte("x")}, "another": certificate(t, time.Now())} {
		for uri, values := range map[string][]Value{"https://a.example/x": nil, "https://{h}/x": {{Name: "h", Text: "a.example"}}} {
			b := newBackends(t, nil)
			if err := b.SetClientCertificate(key, good); err != nil {
				t.Fatal(err)
			}
			h := HTTP{URI: ParseURI(uri)}
			target := h.Bind(stage, b)
			again := *good
			if err := b.SetClientCertificate(key, &again); err != nil {
				t.Fatal(err)
			}
			if _, _, err := target.Resolve(nil, values); err != nil || target.Check() != nil {
				t.Errorf("%s, %s: before: %v, %v", name, uri, err, target.Check())
			}
			_ = b.SetClientCertificate(key, change) // the error of one that is not readable is TestBadClientCertificate's
			var refused *ConfigError
			if _, _, err := target.Resolve(nil, values); !errors.As(err, &refused) || refused.Field != "clientCertificateId" || target.Check() == nil {
				t.Errorf("%s, %s: after: %v, %v", name, uri, err, target.Check())
			}
		}
	}
}
