//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// readKeys reads a JWK Set as the file of an issuer.
func readKeys(set string) ([]authz.PoolIssuer, func(), error) {
	return new(authz.KeyFiles).Read([]authz.PoolIssuer{{ARN: "*", File: "keys"}}, func(string) ([]byte, error) { return []byte(set), nil })
}

// TestTokens verifies tokens whose header or payload is a document. The signature is
// somebody's, so that nothing but the reading costs.
func TestLinearTokens(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	with, commit, err := readKeys(string(oidctest.Set(k)))
	if err != nil {
		t.Fatal(err)
	}
	commit()
	pools := authz.NewPools(authz.PoolOptions{})
	t.Cleanup(pools.Close)
	pools.Configure(&authz.PoolSettings{Issuers: with})
	a, err := authz.NewUserPoolAuthorizer(&snapshot.Authorizer{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI"}})
	if err != nil {
		t.Fatal(err)
	}
	u := a.Bind(pools)
	now := time.Now()
	verify := func(token string) {
		if _, err := u.Verify(&authz.TokenRequest{Values: []string{token}, Now: now, Until: now.Add(time.Minute)}); err == nil {
			t.Fatal("it is let in")
		}
	}
	const size, most = 2 << 10, 32 << 10 // twice what is read at all
	for name, shape := range documents {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, size, most, shape, func(doc string) {
				verify(oidctest.Encode([]byte(`{"alg":"RS256","kid":"k1"}`)) + "." + oidctest.Encode([]byte(doc)) + ".AAAA")
				verify(oidctest.Encode([]byte(doc)) + ".e30.AAAA")
			})
		})
	}
	for name, shape := range repeats(".", "a", "Bearer ", "=", "a.", "\n") {
		t.Run(name, func(t *testing.T) { lineartest.CheckTo(t, size, most, shape, verify) })
	}
}

// TestKeySets reads JWK Sets.
func TestLinearKeySets(t *testing.T) {
	key := strings.TrimSuffix(strings.TrimPrefix(string(oidctest.Set(oidctest.RSA("", "RS256"))), `{"keys":[`), `]}`)
	for name, shape := range with(map[string]func(int) string{
		"keys":       members("keys", "[", "]", func(int) string { return key }),
		"small keys": members("keys", "[", "]", func(int) string { return `{"kty":"oct"}` }),
		"empty keys": members("keys", "[", "]", func(int) string { return `{}` }),
		"a long modulus": func(n int) string {
			return `{"keys":[{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("A_", n/2) + `"}]}`
		},
		"a long exponent": func(n int) string {
			return `{"keys":[{"kty":"RSA","n":"AQAB","e":"` + strings.Repeat("A_", n/2) + `"}]}`
		},
		"a long point": func(n int) string {
			return `{"keys":[{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A_", n/2) + `","y":"AA"}]}`
		},
		"certificates": func(n int) string {
			return `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","x5c":[` + many(n, ",", func(int) string { return `"MIIB"` }) + `]}]}`
		},
		"members of a key": func(n int) string {
			return `{"keys":[{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":1`, i) }) + `}]}`
		},
	}, documents) {
		t.Run(name, func(t *testing.T) {
			lineartest.CheckTo(t, 32<<10, authz.MaxKeySet, shape, func(doc string) { _, _, _ = readKeys(doc) })
		})
	}
}
