// Package oidctest is an OpenID Connect issuer for tests: its discovery document, its
// keys, and tokens that it signs, by nothing but the standard library, so that what
// verifies them is not compared with itself.
package oidctest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// An Issuer answers at an address of its own until its test ends.
type Issuer struct {
	URL string // the iss of its tokens

	mu        sync.Mutex
	keys      []byte // what it answers for its keys
	signer    *Key
	discovery []byte
	handler   http.HandlerFunc // in place of its own answers; nil for none
	fetched   map[string]int   // how often each path was asked for
}

// New starts an issuer with one RSA key, whose kid is k1.
func New(tb testing.TB) *Issuer {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	i := &Issuer{URL: "http://" + ln.Addr().String(), fetched: make(map[string]int)}
	i.discovery = mustJSON(map[string]any{"issuer": i.URL, "jwks_uri": i.KeysURL(), "id_token_signing_alg_values_supported": []string{"RS256"}})
	i.SetKeys(RSA("k1", "RS256"))
	srv := &http.Server{Handler: i, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(ln) }()
	tb.Cleanup(func() { _ = srv.Close() })
	return i
}

// KeysURL is where its keys are.
func (i *Issuer) KeysURL() string { return i.URL + "/keys" }

// ServeHTTP answers.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetched[r.URL.Path]++
	keys, discovery, handler := i.keys, i.discovery, i.handler
	i.mu.Unlock()
	switch {
	case handler != nil:
		handler(w, r)
	case r.URL.Path == "/.well-known/openid-configuration":
		_, _ = w.Write(discovery)
	case r.URL.Path == "/keys":
		_, _ = w.Write(keys)
	default:
		http.NotFound(w, r)
	}
}

// SetKeys replaces its keys. The first signs from now on.
func (i *Issuer) SetKeys(keys ...*Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys, i.signer = Set(keys...), keys[0]
}

// SetKeysText replaces what it answers for its keys, and not who signs.
func (i *Issuer) SetKeysText(text []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = text
}

// SetDiscovery replaces the discovery document.
func (i *Issuer) SetDiscovery(text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.discovery = []byte(text)
}

// Answer has a handler answer everything from now on; nil is the issuer itself.
func (i *Issuer) Answer(h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handler = h
}

// Fetched is how often a path was asked for.
func (i *Issuer) Fetched(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetched[path]
}

// Claims are those of an ID token that is good for an hour, with others in their place;
// one that is nil is left out.
func (i *Issuer) Claims(others map[string]any) map[string]any { return Claims(i.URL, others) }

// Claims are those of an issuer's ID token.
func Claims(issuer string, others map[string]any) map[string]any {
	now := time.Now().Unix()
	claims := map[string]any{
		"sub": "ada", "aud": "client-1", "token_use": "id", "iss": issuer, "iat": now, "auth_time": now, "exp": now + 3600,
	}
	maps.Copy(claims, others)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

// Token is an ID token of its own, with other claims in place of those of Claims.
func (i *Issuer) Token(others map[string]any) string {
	i.mu.Lock()
	signer := i.signer
	i.mu.Unlock()
	return signer.Token(i.Claims(others))
}

// AccessToken is an access token with scopes.
func (i *Issuer) AccessToken(scope string) string {
	return i.Token(map[string]any{"token_use": "access", "aud": nil, "client_id": "client-1", "scope": scope})
}

// Fetch gets a URL, as those who verify tokens do.
func Fetch(ctx context.Context, url string, most int) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
}
