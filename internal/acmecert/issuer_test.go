package acmecert

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// lifetime is that of certificates in these tests.
const lifetime = 90 * 24 * time.Hour

// A rig is an Issuer whose authority is a function, which notes what it is asked for.
type rig struct {
	*Issuer
	store   *store.Store
	changed chan struct{}
	began   time.Time
	log     bytes.Buffer

	mu     sync.Mutex
	wanted []string
	asked  []string // what, when and how
	issued []string
	answer func(ctx context.Context, name string) error // nil issues
}

func newRig(t *testing.T, st *store.Store, keys *secrets.Keyring, names ...string) *rig {
	t.Helper()
	r := &rig{store: st, changed: make(chan struct{}, 1), began: time.Now(), wanted: names}
	r.Issuer = New(Options{
		Client: &acme.Client{DirectoryURL: "https://authority.example/directory"}, HTTP: true, Store: st, Keys: keys, Changed: r.changed,
		Names:  func() []string { r.mu.Lock(); defer r.mu.Unlock(); return slices.Clone(r.wanted) },
		Issued: func(name string) { r.mu.Lock(); defer r.mu.Unlock(); r.issued = append(r.issued, name) },
		Log:    slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	r.obtain = func(ctx context.Context, name, kind string) (*certificate, error) {
		r.mu.Lock()
		r.asked = append(r.asked, fmt.Sprintf("%s %s %s", name, time.Since(r.began).Round(time.Second), kind))
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			if err := answer(ctx, name); err != nil {
				return nil, err
			}
		}
		return newCertificate(name)
	}
	return r
}

// want has other names be wanted.
func (r *rig) want(names ...string) {
	r.mu.Lock()
	r.wanted = names
	r.mu.Unlock()
	r.changed <- struct{}{}
}

// run runs the Issuer for some time.
func (r *rig) run(t *testing.T, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	r.Run(ctx)
}

func newCertificate(name string) (*certificate, error) {
	return newCertificateOf(name, time.Now())
}

// newCertificateOf is a certificate whose time has begun at some moment.
func newCertificateOf(name string, began time.Time) (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: began, NotAfter: began.Add(lifetime)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return checked([][]byte{der}, name, key, time.Now())
}

func memory(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func (r *rig) expect(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.asked) // of one moment any may be first
	slices.Sort(want)
	if !slices.Equal(r.asked, want) {
		t.Errorf("the authority was asked for\n%s\nwant\n%s\nlog\n%s", strings.Join(r.asked, "\n"), strings.Join(want, "\n"), &r.log)
	}
}

// TestRenewal issues once, again when a third of the time is left, also after a restart,
// and no more when the name is not wanted.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, keys := memory(t), secrets.New()
		r := newRig(t, st, keys, "a.example.com")
		r.run(t, 61*24*time.Hour)
		r.expect(t, "a.example.com 0s tls-alpn-01", "a.example.com 1440h0m0s tls-alpn-01")
		if !r.Has("a.example.com") || r.Has("b.example.com") || r.Failures() != nil || len(r.issued) != 2 {
			t.Errorf("has %v, failures %v, issued %v", r.Has("a.example.com"), r.Failures(), r.issued)
		}
		cert, err := r.Certificate(t.Context(), "a.example.com")
		if err != nil || cert == nil {
			t.Fatalf("got %v, %v", cert, err)
		}
		if leaf, err := x509.ParseCertificate(cert.Certificate[0]); err != nil || leaf.DNSNames[0] != "a.example.com" {
			t.Errorf("got %v, %v", leaf, err)
		}
		if cert, err := r.Certificate(t.Context(), "b.example.com"); cert != nil || err != nil {
			t.Errorf("of a name without: %v, %v", cert, err)
		}

		again := newRig(t, st, keys, "a.example.com") // a day after the renewal
		again.run(t, 60*24*time.Hour)
		again.expect(t, "a.example.com 1416h0m0s tls-alpn-01")
		gone := newRig(t, st, keys)
		gone.run(t, 365*24*time.Hour)
		gone.expect(t)
		if cert, err := gone.Certificate(t.Context(), "a.example.com"); cert != nil || err != nil {
			t.Errorf("a certificate that has expired is kept: %v, %v", cert, err)
		}
	})
}

// TestWrongClock has an authority whose certificates are old when they come, by the clock of
// this machine: they are renewed in a half of the time that is left each, and one that has
// expired is a failure.
func TestWrongClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memory(t), secrets.New(), "a.example.com")
		age := 80 * 24 * time.Hour
		r.obtain = func(_ context.Context, name, _ string) (*certificate, error) {
			r.mu.Lock()
			r.asked = append(r.asked, time.Since(r.began).Round(time.Second).String())
			r.mu.Unlock()
			return newCertificateOf(name, time.Now().Add(-age))
		}
		r.run(t, 11*24*time.Hour)
		r.expect(t, "0s", "120h0m0s", "240h0m0s")
		age = lifetime + time.Hour
		expired := newRig(t, memory(t), secrets.New(), "a.example.com")
		expired.obtain = r.obtain
		expired.run(t, time.Second)
		if f := expired.Failures(); len(f) != 1 || !strings.Contains(f[0].Error, "has expired at ") || !f[0].Until.IsZero() {
			t.Errorf("failures: %+v", f)
		}
	})
}

// TestStoreFails asks the authority for nothing while the store does not say what there is,
// and replaces what nobody can read.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memory(t)
		if _, err := st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
			return tx.Put(store.Key{Kind: kindCertificate, ID: "a.example.com"}, []byte("[]"))
		}); err != nil {
			t.Fatal(err)
		}
		replaced := newRig(t, st, secrets.New(), "a.example.com")
		replaced.run(t, time.Minute)
		replaced.expect(t, "a.example.com 0s tls-alpn-01")
		_ = st.Close()
		closed := newRig(t, st, secrets.New(), "a.example.com")
		closed.run(t, time.Hour)
		closed.expect(t)
	})
}

// TestBackoff tries again later and later, with the other challenge each time, says why,
// and is through with it once the authority issues.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memory(t), secrets.New(), "a.example.com")
		tries := 0
		r.answer = func(context.Context, string) error {
			if tries++; tries > 6 {
				return nil
			}
			return fmt.Errorf("nobody\nanswers %s", strings.Repeat("x", 1000))
		}
		done := make(chan struct{})
		go func() { r.run(t, 24*time.Hour); close(done) }()
		time.Sleep(time.Hour)
		if f := r.Failures(); len(f) != 1 || f[0].Name != "a.example.com" || !strings.HasPrefix(f[0].Error, "nobody answers xxx") || len(f[0].Error) > longestError+3 || !f[0].Until.IsZero() {
			t.Errorf("failures: %+v", f)
		}
		<-done
		r.expect(t, "a.example.com 0s tls-alpn-01", "a.example.com 1m0s http-01", "a.example.com 6m0s tls-alpn-01", "a.example.com 36m0s http-01",
			"a.example.com 1h36m0s tls-alpn-01", "a.example.com 5h36m0s http-01", "a.example.com 9h36m0s tls-alpn-01")
		if f := r.Failures(); f != nil {
			t.Errorf("failures: %+v", f)
		}
	})
}

// TestAuthorityAtLimit leaves an authority alone that refuses for now, with all names, for
// as long as it says but an hour at most; and the challenge that has worked is tried first.
func TestAuthorityAtLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, memory(t), secrets.New(), "a.example.com")
		r.answer = func(_ context.Context, name string) error {
			if time.Since(r.began) < 2*time.Hour {
				return &acme.Error{StatusCode: 429, ProblemType: "urn:ietf:params:acme:error:rateLimited", Header: http.Header{"Retry-After": {"86400"}}}
			}
			return nil
		}
		r.worked = byHTTP
		go func() { time.Sleep(time.Minute); r.want("a.example.com", "b.example.com") }()
		r.run(t, 4*time.Hour)
		r.expect(t, "a.example.com 0s http-01", "b.example.com 1h0m0s http-01", "a.example.com 1h0m0s tls-alpn-01", "b.example.com 2h0m0s tls-alpn-01", "a.example.com 2h0m0s http-01")
	})
}

// TestIssuesAtOnce works on a few names at once, whatever becomes of the others, and
// gives each a time.
func TestIssuesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for n := range 10 {
			names = append(names, fmt.Sprintf("n%d.example.com", n))
		}
		r := newRig(t, memory(t), secrets.New(), names...)
		running, most := 0, 0
		r.answer = func(ctx context.Context, name string) error {
			r.mu.Lock()
			running++
			most = max(most, running)
			r.mu.Unlock()
			defer func() { r.mu.Lock(); running--; r.mu.Unlock() }()
			if name == "n0.example.com" {
				<-ctx.Done()
				return ctx.Err()
			}
			time.Sleep(time.Second)
			return nil
		}
		r.run(t, issueTime+time.Second)
		if most != issuesAtOnce || len(r.issued) != 9 {
			t.Errorf("%d at once, issued %v", most, r.issued)
		}
		if f := r.Failures(); len(f) != 1 || f[0].Name != "n0.example.com" || f[0].Error != context.DeadlineExceeded.Error() {
			t.Errorf("failures: %+v", f)
		}
	})
}

// TestKeysOfCertificates seals private keys, seals them again under another key, and
// issues again what no key opens; another authority's certificate is replaced.
func TestKeysOfCertificates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, old := memory(t), parsed(t, "1")
		newRig(t, st, old, "a.example.com").run(t, time.Minute)
		first := certificateOf(t, st, old)

		both := parsed(t, "2", "1")
		rotated := newRig(t, st, both, "a.example.com")
		rotated.run(t, time.Minute)
		rotated.expect(t)
		if next := parsed(t, "2"); !bytes.Equal(certificateOf(t, st, next), first) {
			t.Error("it is not sealed again under the new key")
		}
		lost := newRig(t, st, parsed(t, "3"), "a.example.com")
		if _, err := lost.Certificate(t.Context(), "a.example.com"); !errors.Is(err, secrets.ErrNoKey) {
			t.Errorf("without the key: %v", err)
		}
		lost.run(t, time.Minute)
		lost.expect(t, "a.example.com 0s tls-alpn-01")

		other := newRig(t, st, parsed(t, "3"), "a.example.com")
		other.directory = "https://another.example/directory"
		other.run(t, time.Minute)
		other.expect(t, "a.example.com 0s tls-alpn-01")
	})
}

// parsed is a ring of keys that digits stand for.
func parsed(t *testing.T, digits ...string) *secrets.Keyring {
	t.Helper()
	var text strings.Builder
	for _, d := range digits {
		text.WriteString(strings.Repeat(d, 64) + "\n")
	}
	ring, err := secrets.Parse([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// certificateOf is the certificate of a.example.com, whose key has to be sealed.
func certificateOf(t *testing.T, st *store.Store, keys *secrets.Keyring) []byte {
	t.Helper()
	s := shelf{st, keys, false}
	cert, err := s.certificate(t.Context(), "a.example.com")
	if err != nil || cert == nil {
		t.Fatalf("got %v, %v", cert, err)
	}
	k, err := s.read(t.Context(), kindCertificate, "a.example.com")
	if err != nil || secrets.KeyOf(k.Key) != keys.Current() {
		t.Fatalf("sealed by %q, %v", secrets.KeyOf(k.Key), err)
	}
	return cert.Certificate[0]
}

// TestAccountKey keeps one key for each authority.
func TestAccountKey(t *testing.T) {
	s := shelf{memory(t), secrets.New(), false}
	keys := make(map[string]bool)
	for _, directory := range []string{"https://a.example", "https://b.example", "https://a.example"} {
		key, err := s.account(t.Context(), directory)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		keys[string(der)] = true
	}
	if len(keys) != 2 {
		t.Errorf("two authorities have %d keys", len(keys))
	}
}

// TestChecked takes no other certificate than was asked for.
func TestChecked(t *testing.T) {
	cert, err := newCertificate("a.example.com")
	if err != nil {
		t.Fatal(err)
	}
	key := cert.key.(*ecdsa.PrivateKey)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		chain [][]byte
		name  string
		key   *ecdsa.PrivateKey
	}{
		"another name": {cert.chain, "b.example.com", key}, "another key": {cert.chain, "a.example.com", other}, "nothing": {nil, "a.example.com", key},
		"no certificate": {[][]byte{{1}}, "a.example.com", key}, "a chain too long": {slices.Repeat(cert.chain, maxChain+1), "a.example.com", key},
	} {
		if _, err := checked(test.chain, test.name, test.key, time.Now()); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := checked(cert.chain, "a.example.com", key, time.Now().Add(lifetime+time.Hour)); err == nil {
		t.Error("one that has expired is taken")
	}
}
