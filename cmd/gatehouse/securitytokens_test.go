package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
)

// A tokenCase is a request with a token, and what becomes of it. Those that are not
// let in are 401, and the backend sees nothing of them.
type tokenCase struct {
	name  string
	path  string                   // /id, /scoped or /aud; "" is /id
	token func(*tokenWorld) string // the Authorization header; nil for none
	lines func(*tokenWorld) string // all header lines, in place of token
	got   string                   // "" is 401
}

// A tokenWorld is an issuer of the pool that the API's authorizers name, with its keys,
// and an attacker who has issuer and keys of his own.
type tokenWorld struct {
	issuer, attacker            *oidctest.Issuer
	key, ec, pss                *oidctest.Key // that the issuer signs with
	encryption, short, unsigned *oidctest.Key // that it has, and that sign nothing
	evil, evilEC                *oidctest.Key // under the ids of the issuer's
	good                        string        // a token that lets in
}

const (
	tokenPool  = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI"
	tokenScope = "pets/read"
	weakBits   = 1024
)

func newTokenWorld(t *testing.T) *tokenWorld {
	w := &tokenWorld{
		issuer: oidctest.New(t), attacker: oidctest.New(t),
		key: oidctest.RSA("k1", "RS256"), ec: oidctest.EC("e1", elliptic.P256(), ""), pss: oidctest.RSA("p1", "PS256"),
		encryption: oidctest.OtherRSA("enc1", "RS256"), short: oidctest.NewRSA("short1", "RS256", weakBits), unsigned: oidctest.OtherRSA("ops1", "RS256"),
		evil: oidctest.OtherRSA("k1", "RS256"), evilEC: oidctest.EC("e1", elliptic.P256(), ""),
	}
	w.encryption.Members = map[string]any{"use": "enc"}
	w.unsigned.Members = map[string]any{"use": nil, "key_ops": []string{"encrypt"}}
	p384 := oidctest.EC("e384", elliptic.P384(), "")
	secret := oidctest.RSA("secret1", "RS256")
	secret.Members = map[string]any{"kty": "oct", "k": oidctest.Encode([]byte("0123456789abcdef0123456789abcdef")), "alg": "HS256", "n": nil, "e": nil}
	w.issuer.SetKeys(w.key, w.ec, w.pss, w.encryption, w.short, w.unsigned, p384, secret)
	w.attacker.SetKeys(w.evil)
	w.good = w.issuer.Token(nil)
	return w
}

// signed is a token of the issuer's key with other claims.
func (w *tokenWorld) signed(claims map[string]any) string { return w.issuer.Token(claims) }

// headed is a token that a key has signed, with other members in its header.
func (w *tokenWorld) headed(k *oidctest.Key, header map[string]any) string {
	all := map[string]any{"alg": k.Algorithm, "kid": k.ID}
	maps.Copy(all, header)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return k.Sign(jsonText(all), w.payload(nil))
}

// written is a token of the issuer's key with a payload as it stands. {claims} in it are
// the members of a good one.
func (w *tokenWorld) written(payload string) string {
	claims := strings.Trim(w.payload(nil), "{}")
	return w.key.Sign(`{"alg":"RS256","kid":"k1"}`, strings.ReplaceAll(payload, "{claims}", claims))
}

func (w *tokenWorld) payload(claims map[string]any) string { return jsonText(w.issuer.Claims(claims)) }

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// tokenAPI has a method for ID tokens, one for access tokens with a scope and one for an
// audience.
func tokenAPI(upstream string) string {
	authorizer := func(more fields) fields {
		x := fields{"type": "cognito_user_pools", "providerARNs": []string{tokenPool}}
		maps.Copy(x, more)
		return fields{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "cognito_user_pools", "x-amazon-apigateway-authorizer": x}
	}
	path := func(security string, scopes ...string) fields {
		return fields{"x-amazon-apigateway-any-method": fields{
			"security": []fields{{security: append([]string{}, scopes...)}}, "responses": fields{"200": fields{"description": "ok"}},
			"x-amazon-apigateway-integration": fields{"type": "http_proxy", "httpMethod": "GET", "uri": upstream + "/up/in"},
		}}
	}
	return jsonText(fields{
		"openapi": "3.0.1", "info": fields{"title": "a", "version": "1"},
		"components": fields{"securitySchemes": fields{
			"pool": authorizer(nil), "audience": authorizer(fields{"identityValidationExpression": "client-[0-9]"}),
		}},
		"paths": fields{"/id": path("pool"), "/scoped": path("pool", tokenScope), "/aud": path("audience")},
	})
}

// TestSecurityTokens sends tokens that somebody has made up, and some good ones, through
// the program. None but the good ones gets in, and nobody is asked for the attacker's keys.
func TestSecurityTokens(t *testing.T) {
	t.Parallel()
	w, up := newTokenWorld(t), newRecorder(t)
	_, plain, _ := openDoorsWith(t, "identity-pools:\n  "+tokenPool+": "+w.issuer.URL+"\n", map[string]string{"sec": tokenAPI(up.url)})
	for _, g := range tokenGroups() {
		for _, c := range g.cases {
			t.Run(c.name, func(t *testing.T) { c.run(t, w, plain, up) })
		}
	}
	if n := w.attacker.Fetched("/keys"); n > 0 {
		t.Errorf("the attacker's keys were fetched %d times", n)
	}
	const most = 1 + 1 // at the start, and for one unknown kid a minute
	if n := w.issuer.Fetched("/keys"); n > most {
		t.Errorf("the issuer's keys were fetched %d times", n)
	}
}

func (c *tokenCase) run(t *testing.T, w *tokenWorld, in *door, up *recorder) {
	up.take()
	nc := in.dial(t)
	lines := ""
	switch {
	case c.lines != nil:
		lines = c.lines(w)
	case c.token != nil:
		lines = "Authorization: " + c.token(w) + "\r\n"
	}
	path := c.path
	if path == "" {
		path = "/id"
	}
	go func() { _, _ = fmt.Fprintf(nc, "GET /prod%s HTTP/1.1\r\n%s%s\r\n", path, securityHost, lines) }()
	want := c.got
	if want == "" {
		want = "401 Unauthorized"
	}
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	got := fmt.Sprint(resp.StatusCode)
	var said struct{ Message string }
	if resp.StatusCode == http.StatusUnauthorized && json.Unmarshal(body, &said) == nil {
		got += " " + said.Message
	}
	if got != want {
		t.Errorf("got %s %s, want %s", got, body, want)
	}
	if n := len(up.take()); (n > 0) != (want == "200") {
		t.Errorf("the backend saw %d requests", n)
	}
}

// curveOrder is the order of an EC key's curve.
func curveOrder(k *oidctest.Key) *big.Int { return k.Private.Public().(*ecdsa.PublicKey).Params().N }

// der is an ECDSA signature in ASN.1, as TLS has it and JWS does not.
func der(r, s []byte) []byte {
	out, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)})
	if err != nil {
		panic(err)
	}
	return out
}
