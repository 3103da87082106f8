package authz

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const benchARN = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI"

// benchToken is a token such as Cognito's.
func benchToken(k *oidctest.Key) string {
	return k.Token(oidctest.Claims(benchIssuer, map[string]any{
		"cognito:username": "ada", "cognito:groups": []string{"staff", "keepers"}, "email": "ada@example.com", "email_verified": true,
		"origin_jti": "0f9c8f5e-3f0c-4a50-9b7e-1f0b6d8b1c11", "event_id": "0f9c8f5e-3f0c-4a50-9b7e-1f0b6d8b1c12", "jti": "0f9c8f5e-3f0c-4a50-9b7e-1f0b6d8b1c13",
	}))
}

const benchIssuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"

// benchPools are the pools of an authorizer whose one issuer has a key.
func benchPools(tb testing.TB, k *oidctest.Key) *UserPools {
	tb.Helper()
	var files KeyFiles
	with, commit, err := files.Read([]PoolIssuer{{ARN: "*", File: "keys"}}, func(string) ([]byte, error) { return oidctest.Set(k), nil })
	if err != nil {
		tb.Fatal(err)
	}
	commit()
	pools := NewPools(PoolOptions{})
	tb.Cleanup(pools.Close)
	pools.Configure(&PoolSettings{Issuers: with})
	a, err := NewUserPoolAuthorizer(&snapshot.Authorizer{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{benchARN}})
	if err != nil {
		tb.Fatal(err)
	}
	return a.Bind(pools)
}

// BenchmarkVerifyPKCS1v15 is the signature alone, which BenchmarkToken is compared with.
func BenchmarkVerifyPKCS1v15(b *testing.B) {
	k := oidctest.RSA("k1", "RS256")
	token := benchToken(k)
	text := token[:strings.LastIndexByte(token, '.')]
	signature := k.Signature(text)
	digest := sha256.Sum256([]byte(text))
	b.ReportAllocs()
	for b.Loop() {
		if err := rsa.VerifyPKCS1v15(k.Private.Public().(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkToken is all that is done with a token that nobody has seen before.
func BenchmarkToken(b *testing.B) {
	k := oidctest.RSA("k1", "RS256")
	u, token := benchPools(b, k), benchToken(k)
	r := &TokenRequest{Values: []string{token}, Now: time.Now(), Until: time.Now().Add(time.Minute)}
	b.ReportAllocs()
	for b.Loop() {
		kept, err := u.verify(token, r)
		if err != nil {
			b.Fatal(err)
		}
		if err := kept.token.admits(r, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkKeptToken is what is done with a token that was verified before.
func BenchmarkKeptToken(b *testing.B) {
	k := oidctest.RSA("k1", "RS256")
	u := benchPools(b, k)
	r := &TokenRequest{Values: []string{"Bearer " + benchToken(k)}, Now: time.Now(), Until: time.Now().Add(time.Minute)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := u.Verify(r); err != nil {
			b.Fatal(err)
		}
	}
}
