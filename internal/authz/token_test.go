package authz

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Claims are printed as AWS does; the rows that are recorded are marked.
func TestPrintClaims(t *testing.T) {
	tests := map[string]struct{ name, value, want string }{
		"a text":                     {"sub", `"ada"`, "ada"},
		"a text with escapes":        {"name", `"A\u00e9\n\"\\"`, "Aé\n\"\\"},
		"exp (recorded)":             {"exp", `1494139638`, "Sun May 07 06:47:18 UTC 2017"},
		"iat (recorded)":             {"iat", `1469814773`, "Fri Jul 29 17:52:53 UTC 2016"},
		"nbf":                        {"nbf", `1469814773`, "Fri Jul 29 17:52:53 UTC 2016"},
		"exp with a fraction":        {"exp", `1494139638.75`, "Sun May 07 06:47:18 UTC 2017"},
		"auth_time (recorded)":       {"auth_time", `1469814773`, "1469814773"},
		"true (recorded)":            {"email_verified", `true`, "true"},
		"one in a list (recorded)":   {"cognito:groups", `["admin"]`, "admin"},
		"a list":                     {"cognito:groups", `["admin","a,b"]`, "admin,a,b"},
		"an empty list":              {"cognito:groups", `[]`, ""},
		"a list of other things":     {"x", `[1,true,null,"a",{"b":1}]`, `1,true,null,a,{"b":1}`},
		"an object":                  {"address", `{"formatted":"1 Rd","n":[1, 2]}`, `{"formatted":"1 Rd","n":[1,2]}`},
		"identities":                 {"identities", `[{"userId":"1","issuer":null,"primary":"true"}]`, `{"userId":"1","issuer":null,"primary":"true"}`},
		"a number with a fraction":   {"x", `1.50`, "1.5"},
		"a number below zero":        {"x", `-7`, "-7"},
		"a number beyond 64 bits":    {"x", `123456789012345678901234567890`, "123456789012345678901234567890"},
		"a text that is a number":    {"custom:n", `"007"`, "007"},
		"an empty text":              {"custom:e", `""`, ""},
		"a name with escapes":        {`a\u0062`, `"x"`, "x"},
		"a name with a quotation":    {`a\"b`, `"x"`, "x"},
		"a name with two backslash":  {`a\\\\b`, `"x"`, "x"},
		"a claim that is left alone": {"exp_", `1`, "1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			token, err := parseToken(oidctest.RSA("k1", "RS256").Sign(`{"alg":"RS256"}`, `{"n":null,"`+tt.name+`":`+tt.value+`}`))
			if err != nil {
				t.Fatal(err)
			}
			var plain string
			if err := json.Unmarshal([]byte(`"`+tt.name+`"`), &plain); err != nil {
				t.Fatal(err)
			}
			got, want := printClaims(token.claims), []mapping.Param{{Name: plain, Value: tt.want}}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// A token is of the key with its kid; without a kid it is of the only one that fits.
func TestFindKey(t *testing.T) {
	a, b, ec := oidctest.RSA("a", "RS256"), oidctest.OtherRSA("b", "RS256"), oidctest.EC("c", elliptic.P256(), "")
	bare := func(k *oidctest.Key) *oidctest.Key { return &oidctest.Key{Algorithm: k.Algorithm, Private: k.Private} }
	tests := map[string]struct {
		keys []*oidctest.Key
		by   *oidctest.Key
		in   bool
	}{
		"by kid":                                    {[]*oidctest.Key{a, b}, b, true},
		"of two with one kid, the first":            {[]*oidctest.Key{a, {ID: "a", Algorithm: "RS256", Private: b.Private}}, a, true},
		"no kid, one key":                           {[]*oidctest.Key{a}, bare(a), true},
		"no kid, one key of the algorithm":          {[]*oidctest.Key{a, ec}, bare(ec), true},
		"no kid, two keys":                          {[]*oidctest.Key{a, b}, bare(b), false},
		"a kid, one key without":                    {[]*oidctest.Key{bare(a)}, a, true},
		"a kid, a key with it and one without":      {[]*oidctest.Key{bare(b), a}, a, true},
		"a kid, and two keys without":               {[]*oidctest.Key{bare(a), bare(b)}, a, false},
		"a kid that no key has":                     {[]*oidctest.Key{b}, a, false},
		"a kid of a key for another algorithm":      {[]*oidctest.Key{{ID: "a", Algorithm: "RS512", Private: a.Private}}, a, false},
		"a key for any algorithm":                   {[]*oidctest.Key{{ID: "a", Algorithm: "RS256", Private: a.Private, Members: map[string]any{"alg": nil}}}, &oidctest.Key{ID: "a", Algorithm: "PS384", Private: a.Private}, true},
		"a key whose algorithm nobody knows":        {[]*oidctest.Key{{ID: "a", Algorithm: "RS256", Private: a.Private, Members: map[string]any{"alg": "XX"}}, b}, a, false},
		"a key whose certificate is of another key": {[]*oidctest.Key{{ID: "a", Algorithm: "RS256", Private: a.Private, Members: map[string]any{"x5c": []string{"AAAA"}}}, b}, a, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			u := filePools(t, &PoolIssuer{Issuer: poolIssuer}, oidctest.Set(tt.keys...))
			if got := verified(u, tt.by.Token(oidctest.Claims(poolIssuer, nil))); (got == "in") != tt.in {
				t.Error(got)
			}
		})
	}
}

// At Cognito's own issuer no algorithm but RS256 counts, whoever has its keys, and every
// token says what it is for.
func TestCognitoOnly(t *testing.T) {
	rs, ps, ec := oidctest.RSA("a", "RS256"), oidctest.RSA("b", "PS256"), oidctest.EC("c", elliptic.P256(), "")
	set := oidctest.Set(rs, ps, ec)
	cognito, other := filePools(t, new(PoolIssuer), set), filePools(t, &PoolIssuer{Issuer: poolIssuer}, set)
	for k, want := range map[*oidctest.Key]string{rs: "in", ps: "Unauthorized", ec: "Unauthorized"} {
		if got := verified(cognito, k.Token(oidctest.Claims(benchIssuer, nil))); got != want {
			t.Errorf("%s of Cognito: %s", k.Algorithm, got)
		}
		if got := verified(other, k.Token(oidctest.Claims(poolIssuer, map[string]any{"token_use": nil}))); got != "in" {
			t.Errorf("%s of another: %s", k.Algorithm, got)
		}
	}
	if got := verified(cognito, rs.Token(oidctest.Claims(benchIssuer, map[string]any{"token_use": nil}))); got != "Unauthorized" {
		t.Errorf("without a use: %s", got)
	}
}

// filePools is an authorizer of one pool, whose issuer has the keys of a file.
func filePools(tb testing.TB, in *PoolIssuer, set []byte) *UserPools {
	tb.Helper()
	in.ARN, in.File = "*", "keys.json"
	with, commit, err := new(KeyFiles).Read([]PoolIssuer{*in}, func(string) ([]byte, error) { return set, nil })
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

func verified(u *UserPools, token string) string {
	_, err := u.Verify(&TokenRequest{Values: []string{token}, Now: time.Now(), Until: time.Now().Add(time.Minute)})
	return outcome(err)
}

// A token that is kept is still of its pool, and ends when it says so.
func TestKeptToken(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	u := filePools(t, &PoolIssuer{Issuer: poolIssuer}, oidctest.Set(k))
	token := k.Token(oidctest.Claims(poolIssuer, nil))
	at := func(u *UserPools, when time.Duration, scopes ...string) string {
		_, err := u.Verify(&TokenRequest{Values: []string{token}, Scopes: scopes, Now: time.Now().Add(when), Until: time.Now().Add(time.Minute)})
		return outcome(err)
	}
	other := filePools(t, &PoolIssuer{Issuer: poolIssuer}, oidctest.Set(oidctest.OtherRSA("k1", "RS256")))
	other.cache = u.cache
	for name, got := range map[string]string{
		"at first": at(u, 0), "kept": at(u, 0), "an hour later": at(u, time.Hour+time.Second), "at scopes": at(u, 0, "s"),
		"at another pool that shares what is kept": at(other, 0), "again": at(u, 0),
	} {
		want := map[string]string{"an hour later": "The incoming token has expired", "at scopes": "Unauthorized", "at another pool that shares what is kept": "Unauthorized"}[name]
		if want == "" {
			want = "in"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	r := &TokenRequest{Values: []string{token}, Now: time.Now(), Until: time.Now().Add(time.Minute)}
	if n := testing.AllocsPerRun(100, func() { _, _ = u.Verify(r) }); n > 0 {
		t.Errorf("a token that is kept costs %v allocations", n)
	}
}

// What an issuer says of itself is taken where it is of that issuer, and its keys are no
// less safe than it.
func TestDiscovery(t *testing.T) {
	const issuer = "https://login.example.com/a"
	tests := map[string]struct{ document, keys string }{
		"an issuer":                  {`{"issuer":"` + issuer + `","x":[{}],"jwks_uri":"https://keys.example.com/k?v=1"}`, "https://keys.example.com/k?v=1"},
		"of another issuer":          {`{"issuer":"https://evil.example","jwks_uri":"https://evil.example/k"}`, ""},
		"with a slash more":          {`{"issuer":"` + issuer + `/","jwks_uri":"https://evil.example/k"}`, ""},
		"without an issuer":          {`{"jwks_uri":"https://evil.example/k"}`, ""},
		"keys without TLS":           {`{"issuer":"` + issuer + `","jwks_uri":"http://login.example.com/k"}`, ""},
		"keys of a file":             {`{"issuer":"` + issuer + `","jwks_uri":"file:///etc/passwd"}`, ""},
		"keys with a password":       {`{"issuer":"` + issuer + `","jwks_uri":"https://a:b@login.example.com/k"}`, ""},
		"keys of no host":            {`{"issuer":"` + issuer + `","jwks_uri":"https:///k"}`, ""},
		"no keys":                    {`{"issuer":"` + issuer + `"}`, ""},
		"keys that are a list":       {`{"issuer":"` + issuer + `","jwks_uri":[]}`, ""},
		"HTML":                       {`<html>`, ""},
		"nothing":                    {``, ""},
		"lists within lists":         {`{"issuer":"` + issuer + `","a":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`, ""},
		"an issuer that is a number": {`{"issuer":1}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := NewPools(PoolOptions{Fetch: func(_ context.Context, url string, _ int) ([]byte, error) {
				if url != issuer+"/.well-known/openid-configuration" {
					return nil, errors.New("not found")
				}
				return []byte(tt.document), nil
			}})
			t.Cleanup(p.Close)
			keys, err := p.discover(t.Context(), issuer)
			if keys != tt.keys || (err == nil) != (tt.keys != "") {
				t.Errorf("got %q, %v", keys, err)
			}
		})
	}
}

// Where the tokens of a pool come from, and their keys.
func TestPlaceOfPool(t *testing.T) {
	const own = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1"
	const arn = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Ab1"
	tests := map[string]struct {
		set      map[string]string
		endpoint string
		arn      string
		want     string
	}{
		"Cognito's":                    {arn: arn, want: own + " " + own + "/.well-known/jwks.json"},
		"Cognito's in China":           {arn: "arn:aws-cn:cognito-idp:cn-north-1:111122223333:userpool/cn-north-1_Ab1", want: "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab1 https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab1/.well-known/jwks.json"},
		"what stands in for Cognito":   {arn: arn, endpoint: "http://127.0.0.1:5000/", want: own + " http://127.0.0.1:5000/eu-west-1_Ab1/.well-known/jwks.json"},
		"an issuer":                    {arn: arn, set: map[string]string{arn: "https://login.example.com/"}, want: "https://login.example.com/ discovered"},
		"an issuer and its keys":       {arn: arn, set: map[string]string{arn: "https://login.example.com/ keys=https://x/keys"}, want: "https://login.example.com/ https://x/keys"},
		"keys alone":                   {arn: arn, set: map[string]string{arn: "keys=https://x/{pool}/{region}"}, want: own + " https://x/eu-west-1_Ab1/eu-west-1"},
		"the ARN before a pattern":     {arn: arn, set: map[string]string{"*": "https://a/", arn: "https://b/"}, want: "https://b/ discovered"},
		"a longer pattern":             {arn: arn, set: map[string]string{"*": "https://a/", "arn:aws:cognito-idp:eu-*": "https://b/"}, want: "https://b/ discovered"},
		"a pattern of another account": {arn: arn, set: map[string]string{"arn:*:999999999999:*": "https://b/"}, want: own + " " + own + "/.well-known/jwks.json"},
		"an issuer of a local pool":    {arn: "arn:aws:cognito-idp:local:111122223333:userpool/local_Ab1", set: map[string]string{"*": "http://127.0.0.1:9229/{pool}"}, want: "http://127.0.0.1:9229/local_Ab1 discovered"},
		"an issuer of a secret pool":   {arn: "arn:aws-iso:cognito-idp:us-iso-east-1:111122223333:userpool/us-iso-east-1_Ab1", set: map[string]string{"*": "http://127.0.0.1:9229/{pool}"}, want: "http://127.0.0.1:9229/us-iso-east-1_Ab1 discovered"},
		"a pool that Cognito has not":  {arn: "arn:aws:cognito-idp:local:111122223333:userpool/local_Ab1", want: "nowhere"},
		"a partition of nobody":        {arn: "arn:aws-x:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_Ab1", want: "nowhere"},
		"no ARN":                       {arn: "hello", want: "nowhere"},
		"of another service":           {arn: "arn:aws:lambda:eu-west-1:111122223333:userpool/eu-west-1_Ab1", want: "nowhere"},
		"a region that is a host":      {arn: "arn:aws:cognito-idp:evil.example/x:111122223333:userpool/a_b", want: "nowhere"},
		"a region of evil":             {arn: "arn:aws:cognito-idp:x@evil-1:111122223333:userpool/a_b", want: "nowhere"},
		"a pool that is a path":        {arn: "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/../../a_b", want: "nowhere"},
		"a pool with a query":          {arn: "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/a_b?x", want: "nowhere"},
		"a text behind it":             {arn: arn + "\n", want: "nowhere"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := &PoolSettings{Endpoint: tt.endpoint}
			for arn, text := range tt.set {
				in, err := ParsePoolIssuer(arn, text)
				if err != nil {
					t.Fatal(err)
				}
				s.Issuers = append(s.Issuers, in)
			}
			p := s.place(tt.arn)
			got := p.issuer + " " + p.keysURL
			switch {
			case p.nowhere != nil:
				got = "nowhere"
			case p.keysURL == "":
				got += "discovered"
			}
			if got != tt.want {
				t.Errorf("got %s (%v), want %s", got, p.nowhere, tt.want)
			}
		})
	}
}

// FuzzToken compares what is let in with what go-jose and encoding/json make of it: a
// token that is verified here is verified there, by the same key, and says the same.
func FuzzToken(f *testing.F) {
	rs, ps, ec := oidctest.RSA("a", "RS256"), oidctest.RSA("b", "PS256"), oidctest.EC("c", elliptic.P256(), "")
	keys := map[string]*oidctest.Key{"a": rs, "b": ps, "c": ec}
	u := filePools(f, &PoolIssuer{Issuer: poolIssuer}, oidctest.Set(rs, ps, ec))
	for k := range maps.Values(keys) {
		f.Add(k.Token(oidctest.Claims(poolIssuer, nil)))
	}
	good := rs.Token(oidctest.Claims(poolIssuer, map[string]any{"a": []any{1.5, "\u00e9\n"}}))
	for _, more := range []string{"", "=", "\n", ".", ".AAAA", "A"} {
		f.Add(good + more)
	}
	f.Add(rs.Sign(`{"alg":"RS256","kid":"a","a":"\u0062"}`, `{"iss":"`+poolIssuer+`","exp":9999999999,"token_use":"id","a\"b":{"a":[]}}`))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := u.Verify(&TokenRequest{Values: []string{text}, Now: time.Now(), Until: time.Now().Add(time.Second)})
		if err != nil {
			if outcome(err) != "Unauthorized" && outcome(err) != expiredMessage {
				t.Fatalf("%s: %v", outcome(err), err)
			}
			return
		}
		if scheme := "Bearer "; len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			text = text[len(scheme):]
		}
		jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := jws.Verify(keys[jws.Signatures[0].Protected.KeyID].Private.Public())
		if err != nil {
			t.Fatal(err)
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil || claims["iss"] != poolIssuer {
			t.Fatal(err, claims)
		}
		for _, c := range token.Claims {
			if want, ok := claims[c.Name].(string); ok && want != c.Value {
				t.Errorf("%q is %q, want %q", c.Name, c.Value, want)
			}
		}
	})
}

// FuzzKeySet reads JWK Sets. What is taken of them verifies something.
func FuzzKeySet(f *testing.F) {
	f.Add(oidctest.Set(oidctest.RSA("a", "RS256"), oidctest.EC("c", elliptic.P384(), "")))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := parseKeySet(text, nil)
		if err != nil {
			return
		}
		for _, k := range set.keys {
			if len(k.algorithms) == 0 || algorithmsOf(k.key) == nil {
				t.Errorf("%+v", k)
			}
		}
	})
}

// FuzzPoolIssuer reads what the configuration says of pools.
func FuzzPoolIssuer(f *testing.F) {
	f.Add("*", "https://login.example.com/ keys=https://x/{pool}")
	f.Add("arn:aws:cognito-idp:*", "keys=keys.json")
	f.Fuzz(func(t *testing.T, arn, text string) {
		in, err := ParsePoolIssuer(arn, text)
		if err != nil {
			return
		}
		if in.Issuer == "" && in.Keys == "" && in.File == "" {
			t.Errorf("%q is nothing", text)
		}
		_ = in.matches(benchARN)
	})
}
