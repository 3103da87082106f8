package main

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"hash"
	"math/big"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
)

// A tokenGroup is cases of one kind.
type tokenGroup struct {
	name  string
	cases []tokenCase
}

func tokenGroups() []tokenGroup {
	return []tokenGroup{
		{"nothing", soundTokens()}, {"algorithm", algorithmCases()}, {"key", keyCases()}, {"extension", extensionCases()},
		{"issuer", issuerCases()}, {"audience", audienceCases()}, {"use", useCases()}, {"time", timeCases()}, {"scope", scopeCases()},
		{"JSON", jsonCases()}, {"encoding", encodingCases()}, {"signature", signatureCases()}, {"header line", headerLineCases()},
	}
}

// of is a case with a token.
func of(name string, token func(*tokenWorld) string) tokenCase {
	return tokenCase{name: name, token: token}
}

// claiming is a case whose token the issuer has signed, with claims in place of good ones.
func claiming(name string, claims map[string]any) tokenCase {
	return of(name, func(w *tokenWorld) string { return w.signed(claims) })
}

// writing is one whose payload is written out; see tokenWorld.written.
func writing(name, payload string) tokenCase {
	return of(name, func(w *tokenWorld) string { return w.written(payload) })
}

// heading is one whose header the issuer's key has signed, written out.
func heading(name, header string) tokenCase {
	return of(name, func(w *tokenWorld) string { return w.key.Sign(header, w.payload(nil)) })
}

// by is one that the attacker's key has signed, with more in its header.
func by(name string, header func(*tokenWorld) map[string]any) tokenCase {
	return of(name, func(w *tokenWorld) string { return w.headed(w.evil, header(w)) })
}

func at(path string, c tokenCase) tokenCase {
	c.path = path
	return c
}

func gets(got string, c tokenCase) tokenCase {
	c.got = got
	return c
}

func soundTokens() []tokenCase {
	return []tokenCase{
		gets("200", of("an ID token", func(w *tokenWorld) string { return w.good })),
		gets("200", of("with Bearer", func(w *tokenWorld) string { return "Bearer " + w.good })),
		gets("200", of("signed with ES256", func(w *tokenWorld) string { return w.ec.Token(w.issuer.Claims(nil)) })),
		gets("200", of("signed with PS256", func(w *tokenWorld) string { return w.pss.Token(w.issuer.Claims(nil)) })),
		gets("200", at("/scoped", of("an access token with the scope", func(w *tokenWorld) string { return w.issuer.AccessToken(tokenScope) }))),
		gets("200", at("/aud", of("of the audience", func(w *tokenWorld) string { return w.good }))),
		gets("200", of("with a URL of keys, which nobody asks", func(w *tokenWorld) string {
			return w.headed(w.key, map[string]any{"jku": w.attacker.KeysURL(), "x5u": w.attacker.KeysURL(), "jwk": w.evil.JWK()})
		})),
		gets("200", heading("with a header that is written out", `{"alg":"RS256","kid":"k1"}`)),
		gets("200", writing("with a payload that is written out", `{{claims},"a":[1,{"b":null}]}`)),
		gets("200", part("with a signature that nobody has changed", 2, func(s string) string { return s })),
		gets("200", at("/scoped", claiming("an access token with a list of scopes", map[string]any{"token_use": "access", "scope": []string{"openid", tokenScope}}))),
		gets("200", at("/scoped", claiming("an access token of Keycloak's", map[string]any{"token_use": nil, "typ": "Bearer", "scope": "openid " + tokenScope}))),
		gets("200", claiming("an ID token of Keycloak's", map[string]any{"token_use": nil, "typ": "ID"})),
		gets("200", at("/aud", claiming("of several audiences", map[string]any{"aud": []string{"other", "client-7"}}))),
		gets("200", claiming("of a clock that is half a minute ahead", map[string]any{"iat": time.Now().Add(30 * time.Second).Unix()})),
	}
}

// hmacToken is a token signed with a secret.
func (w *tokenWorld) hmacToken(alg string, newHash func() hash.Hash, kid string, secret []byte) string {
	text := oidctest.Encode([]byte(jsonText(map[string]any{"alg": alg, "typ": "JWT", "kid": kid}))) + "." + oidctest.Encode([]byte(w.payload(nil)))
	h := hmac.New(newHash, secret)
	h.Write([]byte(text))
	return text + "." + oidctest.Encode(h.Sum(nil))
}

// relabelled is a token of a key with another algorithm in its header.
func (w *tokenWorld) relabelled(k *oidctest.Key, alg any) string {
	return w.headed(k, map[string]any{"alg": alg})
}

func algorithmCases() []tokenCase {
	public := func(w *tokenWorld) *rsa.PublicKey { return w.key.Private.Public().(*rsa.PublicKey) }
	pkix := func(w *tokenWorld) []byte {
		der, _ := x509.MarshalPKIXPublicKey(public(w))
		return der
	}
	pemOf := func(w *tokenWorld) []byte { return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(w)}) }
	confused := func(name, alg string, h func() hash.Hash, secret func(*tokenWorld) []byte) tokenCase {
		return of(name, func(w *tokenWorld) string { return w.hmacToken(alg, h, "k1", secret(w)) })
	}
	unsigned := func(name, alg string) tokenCase {
		return of(name, func(w *tokenWorld) string {
			return oidctest.Encode([]byte(`{"alg":"`+alg+`","kid":"k1"}`)) + "." + oidctest.Encode([]byte(w.payload(nil))) + "."
		})
	}
	label := func(name string, k func(*tokenWorld) *oidctest.Key, alg any) tokenCase {
		return of(name, func(w *tokenWorld) string { return w.relabelled(k(w), alg) })
	}
	issuers, ec, pss := func(w *tokenWorld) *oidctest.Key { return w.key }, func(w *tokenWorld) *oidctest.Key { return w.ec }, func(w *tokenWorld) *oidctest.Key { return w.pss }
	return []tokenCase{
		unsigned("none", "none"), unsigned("None", "None"), unsigned("NONE", "NONE"), unsigned("nOnE", "nOnE"), unsigned("RS256 without a signature", "RS256"),
		label("none, with a signature", issuers, "none"),
		label("no algorithm", issuers, nil), label("an empty one", issuers, ""), label("a number", issuers, 256), label("a list", issuers, []string{"RS256"}),
		label("rs256", issuers, "rs256"), label("RS256 and a blank", issuers, "RS256 "), label("RS256 and NUL", issuers, "RS256\x00"),
		label("RS1", issuers, "RS1"), label("EdDSA", issuers, "EdDSA"), label("HS256 over a signature of RSA", issuers, "HS256"), label("a very long one", issuers, strings.Repeat("RS256", 1000)),
		label("RS256 called RS384", issuers, "RS384"), label("RS256 called RS512", issuers, "RS512"), label("RS256 called PS256", issuers, "PS256"),
		label("RS256 called ES256", issuers, "ES256"), label("ES256 called RS256", ec, "RS256"), label("ES256 called ES384", ec, "ES384"),
		label("ES256 called ES256K", ec, "ES256K"), label("PS256 called RS256", pss, "RS256"), label("RS512 at a key for RS256", func(*tokenWorld) *oidctest.Key { return oidctest.RSA("k1", "RS512") }, "RS512"),
		heading("none, then RS256", `{"alg":"none","alg":"RS256","kid":"k1"}`), heading("RS256, then none", `{"alg":"RS256","alg":"none","kid":"k1"}`),
		heading("ALG", `{"ALG":"RS256","kid":"k1"}`), heading("alg within an object", `{"a":{"alg":"RS256"},"kid":"k1"}`),
		confused("HS256 with the public key as PEM", "HS256", sha256.New, pemOf),
		confused("HS256 with the PEM's last end of line gone", "HS256", sha256.New, func(w *tokenWorld) []byte { return pemOf(w)[:len(pemOf(w))-1] }),
		confused("HS256 with the public key as DER", "HS256", sha256.New, pkix),
		confused("HS256 with the public key as PKCS 1", "HS256", sha256.New, func(w *tokenWorld) []byte { return x509.MarshalPKCS1PublicKey(public(w)) }),
		confused("HS256 with the modulus", "HS256", sha256.New, func(w *tokenWorld) []byte { return public(w).N.Bytes() }),
		confused("HS256 with the JWK", "HS256", sha256.New, func(w *tokenWorld) []byte { return []byte(jsonText(w.key.JWK())) }),
		confused("HS256 with nothing", "HS256", sha256.New, func(*tokenWorld) []byte { return nil }),
		confused("HS384 with the public key as PEM", "HS384", sha512.New384, pemOf),
		confused("HS512 with the public key as PEM", "HS512", sha512.New, pemOf),
		confused("an HMAC called RS256", "RS256", sha256.New, pemOf),
		of("HS256 with a secret that the issuer publishes", func(w *tokenWorld) string {
			return w.hmacToken("HS256", sha256.New, "secret1", []byte("0123456789abcdef0123456789abcdef"))
		}),
	}
}

func keyCases() []tokenCase {
	kid := func(name string, kid any) tokenCase {
		return by(name, func(*tokenWorld) map[string]any { return map[string]any{"kid": kid} })
	}
	own := func(name string, k func(*tokenWorld) *oidctest.Key) tokenCase {
		return of(name, func(w *tokenWorld) string { return k(w).Token(w.issuer.Claims(nil)) })
	}
	devNull := func(w *tokenWorld) string { return w.hmacToken("HS256", sha256.New, "../../../../dev/null", nil) }
	return []tokenCase{
		own("an attacker's under the issuer's kid", func(w *tokenWorld) *oidctest.Key { return w.evil }),
		own("an attacker's EC key under the issuer's kid", func(w *tokenWorld) *oidctest.Key { return w.evilEC }),
		own("one for encryption", func(w *tokenWorld) *oidctest.Key { return w.encryption }),
		own("one that may not verify", func(w *tokenWorld) *oidctest.Key { return w.unsigned }),
		own("one of 1,024 bits", func(w *tokenWorld) *oidctest.Key { return w.short }),
		own("another of the issuer's", func(w *tokenWorld) *oidctest.Key {
			return &oidctest.Key{ID: "p1", Algorithm: "RS256", Private: w.key.Private}
		}),
		of("ES256 at the kid of P-384", func(w *tokenWorld) string { return w.headed(w.ec, map[string]any{"kid": "e384"}) }),
		of("RS256 at the kid of P-256", func(w *tokenWorld) string { return w.headed(w.key, map[string]any{"kid": "e1"}) }),
		kid("no kid", nil), kid("an empty kid", ""), kid("a kid of a number", 1), kid("a kid of a list", []string{"k1"}), kid("a kid of an object", map[string]any{"k1": 1}),
		kid("a path", "../../../../etc/passwd"), of("a path to nothing, and an HMAC of nothing", devNull), kid("/dev/null", "/dev/null"), kid("file:///dev/null", "file:///dev/null"),
		kid("SQL", "k1' OR '1'='1"), kid("SQL with a key", "x' UNION SELECT 'evil'--"), kid("a command", "k1|/usr/bin/id"), kid("a template", "${jndi:ldap://127.0.0.1/x}"),
		by("a URL", func(w *tokenWorld) map[string]any { return map[string]any{"kid": w.attacker.KeysURL()} }),
		kid("a kid with NUL", "k1\x00"), kid("a kid with an end of line", "k1\n"), kid("K1", "K1"), kid("a kid and a blank", "k1 "), kid("a kid of 513 bytes", strings.Repeat("k", 513)), kid("a kid of 9,000 bytes", strings.Repeat("k", 9000)),
		heading("the kid twice", `{"alg":"RS256","kid":"none","kid":"k1"}`),
		by("an URL of keys (jku)", func(w *tokenWorld) map[string]any { return map[string]any{"jku": w.attacker.KeysURL()} }),
		by("an URL of keys of another kid", func(w *tokenWorld) map[string]any {
			return map[string]any{"jku": w.attacker.KeysURL(), "kid": "evil1"}
		}),
		by("an URL that begins like the issuer's", func(w *tokenWorld) map[string]any {
			return map[string]any{"jku": w.issuer.URL + "@" + strings.TrimPrefix(w.attacker.KeysURL(), "http://")}
		}),
		by("an URL of certificates (x5u)", func(w *tokenWorld) map[string]any { return map[string]any{"x5u": w.attacker.URL + "/cert.pem"} }),
		by("its own key (jwk)", func(w *tokenWorld) map[string]any { return map[string]any{"jwk": w.evil.JWK()} }),
		by("its own key, and no kid", func(w *tokenWorld) map[string]any { return map[string]any{"jwk": w.evil.JWK(), "kid": nil} }),
		by("its own certificate (x5c)", func(*tokenWorld) map[string]any { return map[string]any{"x5c": []string{"MIIB"}} }),
		by("a digest of a certificate (x5t)", func(*tokenWorld) map[string]any { return map[string]any{"x5t": "AAAA", "x5t#S256": "AAAA"} }),
		of("the attacker's issuer and key", func(w *tokenWorld) string { return w.attacker.Token(nil) }),
		of("the attacker's issuer, the issuer's key", func(w *tokenWorld) string { return w.key.Token(w.attacker.Claims(nil)) }),
	}
}

func extensionCases() []tokenCase {
	with := func(name, members string) tokenCase { return heading(name, `{"alg":"RS256","kid":"k1",`+members+`}`) }
	return []tokenCase{
		with("crit of a claim", `"crit":["exp"],"exp":1`), with("crit of what nobody knows", `"crit":["x"],"x":1`), with("crit of b64", `"crit":["b64"],"b64":false`),
		with("an empty crit", `"crit":[]`), with("crit of null", `"crit":null`), with("b64 alone", `"b64":false`), with("compression", `"zip":"DEF"`),
		with("encryption", `"enc":"A256GCM"`), with("a token within (cty)", `"cty":"JWT"`), with("a logout token", `"typ":"logout+jwt"`),
		with("a security event", `"typ":"secevent+jwt"`), with("a proof of possession", `"typ":"dpop+jwt"`), with("a type of a number", `"typ":1`),
		with("a type of JSON", `"typ":"JOSE+JSON"`),
	}
}

func issuerCases() []tokenCase {
	iss := func(name string, of func(url string) any) tokenCase {
		return tokenCase{name: name, token: func(w *tokenWorld) string { return w.signed(map[string]any{"iss": of(w.issuer.URL)}) }}
	}
	return []tokenCase{
		iss("a slash more", func(url string) any { return url + "/" }), iss("text behind it", func(url string) any { return url + ".evil.example" }),
		iss("in capitals", func(url string) any { return strings.ToUpper(url) }), iss("https in place of http", func(url string) any { return "https" + strings.TrimPrefix(url, "http") }),
		iss("a path behind it", func(url string) any { return url + "/x/.." }), iss("a blank behind it", func(url string) any { return url + " " }),
		iss("a list with it", func(url string) any { return []string{url} }), iss("none", func(string) any { return nil }), iss("an empty one", func(string) any { return "" }),
		iss("a number", func(string) any { return 1 }), iss("Cognito, of the pool", func(string) any { return "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI" }),
		iss("another pool of Cognito's", func(string) any { return "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other" }),
		iss("accounts.google.com", func(string) any { return "https://accounts.google.com" }),
		writing("the issuer twice, the last good", `{"iss":"https://evil.example",{claims}}`), writing("the issuer twice, the first good", `{{claims},"iss":"https://evil.example"}`),
	}
}

func audienceCases() []tokenCase {
	aud := func(name string, v any) tokenCase { return at("/aud", claiming(name, map[string]any{"aud": v})) }
	return []tokenCase{
		aud("of another client", "other"), aud("none", nil), aud("an empty one", ""), aud("longer than the pattern", "client-10"), aud("text before it", "xclient-1"),
		aud("an end of line behind it", "client-1\n"), aud("on a line of its own", "x\nclient-1\nx"), aud("a list of others", []string{"a", "b"}), aud("a list within a list", []any{[]string{"client-1"}}),
		aud("a list that is no text", []any{1, "client-1"}), aud("an object", map[string]any{"client-1": 1}), aud("a number", 1), aud("in capitals", "CLIENT-1"),
		at("/aud", of("of an access token, which has none", func(w *tokenWorld) string { return w.issuer.AccessToken(tokenScope) })),
	}
}

func useCases() []tokenCase {
	use := func(name string, v any) tokenCase { return claiming(name, map[string]any{"token_use": v}) }
	return []tokenCase{
		of("an access token where an ID token is wanted", func(w *tokenWorld) string { return w.issuer.AccessToken(tokenScope) }),
		at("/scoped", of("an ID token where an access token is wanted", func(w *tokenWorld) string { return w.good })),
		at("/scoped", claiming("an ID token with the scope", map[string]any{"scope": tokenScope})),
		use("refresh", "refresh"), use("ID", "ID"), use("empty", ""), use("a list", []string{"id"}), use("a number", 1), use("true", true),
		claiming("neither, with a scope", map[string]any{"token_use": nil, "scope": "openid"}),
		claiming("neither, of Keycloak's type Refresh", map[string]any{"token_use": nil, "typ": "Refresh"}),
		claiming("neither, of Keycloak's type Bearer", map[string]any{"token_use": nil, "typ": "Bearer"}),
		claiming("neither, that tells of a logout", map[string]any{"token_use": nil, "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}),
		of("neither, of the type of access tokens", func(w *tokenWorld) string {
			return w.key.Sign(`{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, w.payload(map[string]any{"token_use": nil}))
		}),
		writing("the use twice", `{{claims},"token_use":"id"}`),
	}
}

func timeCases() []tokenCase {
	const hour = 3600
	now := time.Now().Unix()
	exp := func(name string, v any) tokenCase { return claiming(name, map[string]any{"exp": v}) }
	expired := func(c tokenCase) tokenCase { return gets("401 The incoming token has expired", c) }
	later := func(name, claim string, v any) tokenCase { return claiming(name, map[string]any{claim: v}) }
	return []tokenCase{
		expired(exp("expired an hour ago", now-hour)), expired(exp("expired a second ago", now-1)), expired(exp("expired in 1970", 0)), expired(exp("expired, with a fraction", float64(now)-0.5)),
		exp("no end", nil), exp("an end that is text", "9999999999"), exp("an end that is true", true), exp("an end that is a list", []int64{now + hour}), exp("an end before 1970", -1),
		writing("an end of 1e300", `{"exp":1e300,"iss":"x"}`), exp("an end in the year 11000", int64(285000000000)), writing("an end of NaN", `{"exp":NaN}`),
		of("expired, of somebody else's key", func(w *tokenWorld) string { return w.evil.Token(w.issuer.Claims(map[string]any{"exp": now - hour})) }),
		writing("an end twice", `{"exp":1,{claims}}`), writing("an end twice, one spelled with an escape", `{"e\u0078p":9999999999,{claims}}`), writing("an end called EXP", `{"EXP":9999999999}`),
		later("valid in an hour", "nbf", now+hour), later("valid from a time that is text", "nbf", "0"), later("valid from a time that is null", "nbf", []any{nil}),
		later("made in an hour", "iat", now+hour), later("made in ten years", "iat", now+10*365*24*hour), later("made at a time that is text", "iat", "yesterday"), later("made before 1970", "iat", -5),
	}
}

func scopeCases() []tokenCase {
	scope := func(name string, v any) tokenCase {
		return at("/scoped", claiming(name, map[string]any{"token_use": "access", "aud": nil, "scope": v}))
	}
	return []tokenCase{
		scope("another", "pets/write"), scope("none", nil), scope("an empty one", ""), scope("one that begins like it", "pets/readall"), scope("the first part of it", "pets"),
		scope("in capitals", "PETS/READ"), scope("with a comma", "pets/read,openid"), scope("with a star", "pets/*"), scope("a number", 1), scope("true", true),
		scope("an object", map[string]any{tokenScope: true}), scope("a list within a list", []any{[]string{tokenScope}}), scope("with an escape of the slash's", "pets%2Fread"),
	}
}

func jsonCases() []tokenCase {
	return []tokenCase{
		writing("an empty payload", ""), writing("an empty object", "{}"), writing("a list", "[{{claims}}]"), writing("a text", `"x"`), writing("null", "null"), writing("true", "true"),
		writing("cut short", `{{claims}`), writing("text behind it", `{{claims}}x`), writing("a second object behind it", `{{claims}}{}`), writing("a comma too many", `{{claims},}`),
		writing("a comment", `{/**/{claims}}`), writing("a name without quotes", `{a:1,{claims}}`), writing("apostrophes", `{'a':1,{claims}}`), writing("a byte order mark", "\ufeff{{claims}}"),
		writing("NUL between members", "{\x00{claims}}"), writing("NUL behind it", "{{claims}}\x00"), writing("a raw end of line in a text", "{\"a\":\"\n\",{claims}}"), writing("half a surrogate pair", `{"a":"\ud800",{claims}}`),
		writing("bytes that are no UTF-8 in a value", "{\"a\":\"\xff\",{claims}}"), writing("bytes that are no UTF-8 in a name", "{\"\xc3\x28\":1,{claims}}"), writing("a slash in two bytes", "{\"a\":\"\xc0\xaf\",{claims}}"),
		writing("UTF-16", "\xff\xfe{\x00}\x00"), writing("a claim twice", `{"sub":"root",{claims}}`), writing("lists within lists, 17 deep", `{"a":`+strings.Repeat("[", 17)+strings.Repeat("]", 17)+`,{claims}}`),
		writing("lists within lists, 5,000 deep", `{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`,{claims}}`), writing("300 claims", `{`+manyMembers(300)+`,{claims}}`),
		writing("a claim of 13,000 bytes", `{"a":"`+strings.Repeat("x", 13000)+`",{claims}}`), writing("a number of 5,000 digits, for a time", `{"iat":`+strings.Repeat("9", 5000)+`}`),
		heading("a header that is a list", `["RS256"]`), heading("an empty header", `{}`), heading("a header cut short", `{"alg":"RS256","kid":"k1"`), heading("text behind the header", `{"alg":"RS256","kid":"k1"}x`),
		heading("a header with 40 members", `{"alg":"RS256","kid":"k1",`+manyMembers(40)+`}`), heading("a header that is no UTF-8", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"a\":\"\xff\"}"),
		heading("a member of the header twice", `{"alg":"RS256","kid":"k1","a":1,"a":2}`), heading("a header 5,000 deep", `{"alg":"RS256","kid":"k1","a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`}`),
	}
}

func manyMembers(n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = `"m` + big.NewInt(int64(i)).String() + `":1`
	}
	return strings.Join(names, ",")
}

// part changes one of the three parts of a good token.
func part(name string, i int, change func(string) string) tokenCase {
	return of(name, func(w *tokenWorld) string {
		parts := strings.Split(w.good, ".")
		parts[i] = change(parts[i])
		return strings.Join(parts, ".")
	})
}

// whole changes a good token.
func whole(name string, change func(string) string) tokenCase {
	return of(name, func(w *tokenWorld) string { return change(w.good) })
}

// respelled is a part of base64 whose last character has bits that stand for nothing:
// another spelling of the same bytes.
func respelled(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func encodingCases() []tokenCase {
	std := strings.NewReplacer("-", "+", "_", "/")
	signature := func(w *tokenWorld, i int) string { return strings.Split(w.good, ".")[i] }
	return []tokenCase{
		part("padding behind the header", 0, func(s string) string { return s + "=" }), part("padding behind the payload", 1, func(s string) string { return s + "==" }), part("padding behind the signature", 2, func(s string) string { return s + "==" }),
		part("another spelling of the signature", 2, respelled), part("an end of a line's half in the payload", 1, func(s string) string { return s[:8] + "%0A" + s[8:] }),
		of("base64 of the other alphabet", func(w *tokenWorld) string {
			text := w.key.Sign(`{"alg":"RS256","kid":"k1","a":"???>>>~~~"}`, w.payload(nil))
			return std.Replace(text)
		}),
		part("a blank in the payload", 1, func(s string) string { return s[:8] + " " + s[8:] }), part("a tab in the signature", 2, func(s string) string { return s[:8] + "\t" + s[8:] }),
		part("an escape in the signature", 2, func(s string) string { return "%" + s }), part("a letter that is none of base64's", 2, func(s string) string { return s[:8] + "!" + s[9:] }),
		whole("two parts", func(s string) string { return s[:strings.LastIndexByte(s, '.')] }), whole("four parts", func(s string) string { return s + ".AAAA" }),
		whole("a dot behind it", func(s string) string { return s + "." }), whole("a dot before it", func(s string) string { return "." + s }), whole("dots alone", func(string) string { return ".." }), whole("5,000 dots", func(string) string { return strings.Repeat(".", 5000) }),
		part("no header", 0, func(string) string { return "" }), part("no payload", 1, func(string) string { return "" }), part("no signature", 2, func(string) string { return "" }),
		of("encrypted (JWE)", func(w *tokenWorld) string {
			return oidctest.Encode([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"k1"}`)) + ".AAAA.AAAA.AAAA.AAAA"
		}),
		of("encrypted with a key of its own (JWE, dir)", func(w *tokenWorld) string {
			return oidctest.Encode([]byte(`{"alg":"dir","enc":"A128CBC-HS256","kid":"k1"}`)) + "..AAAA.AAAA.AAAA"
		}),
		of("a token within a token", func(w *tokenWorld) string { return w.key.Sign(`{"alg":"RS256","kid":"k1"}`, w.good) }),
		of("JSON, flattened", func(w *tokenWorld) string {
			return `{"protected":"` + signature(w, 0) + `","payload":"` + signature(w, 1) + `","signature":"` + signature(w, 2) + `"}`
		}),
		of("JSON, with a list of signatures", func(w *tokenWorld) string {
			return `{"payload":"` + signature(w, 1) + `","signatures":[{"protected":"` + signature(w, 0) + `","signature":"` + signature(w, 2) + `"}]}`
		}),
		of("base64 over all of it", func(w *tokenWorld) string { return base64.StdEncoding.EncodeToString([]byte(w.good)) }),
		of("16,385 bytes", func(w *tokenWorld) string { return w.good + strings.Repeat("A", 16385-len(w.good)) }),
		of("a letter that is no ASCII", func(w *tokenWorld) string { return w.good[:8] + "\xe9" + w.good[9:] }),
	}
}

// resigned is a good token whose signature is another.
func resigned(name string, key func(*tokenWorld) *oidctest.Key, change func(signature []byte, k *oidctest.Key) []byte) tokenCase {
	return of(name, func(w *tokenWorld) string {
		k := key(w)
		text := k.Token(w.issuer.Claims(nil))
		text = text[:strings.LastIndexByte(text, '.')]
		return text + "." + oidctest.Encode(change(k.Signature(text), k))
	})
}

func signatureCases() []tokenCase {
	rsaKey, ecKey := func(w *tokenWorld) *oidctest.Key { return w.key }, func(w *tokenWorld) *oidctest.Key { return w.ec }
	const half = 32
	fixed := func(name string, signature ...byte) tokenCase {
		return resigned(name, ecKey, func([]byte, *oidctest.Key) []byte { return signature })
	}
	n := func(k *oidctest.Key) *big.Int { return curveOrder(k) }
	numbers := func(name string, r, s func(r, s, n *big.Int) *big.Int) tokenCase {
		return resigned(name, ecKey, func(sig []byte, k *oidctest.Key) []byte {
			a, b := new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
			return append(r(a, b, n(k)).FillBytes(make([]byte, half)), s(a, b, n(k)).FillBytes(make([]byte, half))...)
		})
	}
	zero, order := func(_, _, _ *big.Int) *big.Int { return new(big.Int) }, func(_, _, n *big.Int) *big.Int { return n }
	same := func(r, _, _ *big.Int) *big.Int { return r }
	return []tokenCase{
		resigned("a bit turned", rsaKey, func(s []byte, _ *oidctest.Key) []byte { s[0] ^= 1; return s }), resigned("cut short", rsaKey, func(s []byte, _ *oidctest.Key) []byte { return s[:len(s)-1] }),
		resigned("a byte more", rsaKey, func(s []byte, _ *oidctest.Key) []byte { return append(s, 0) }), resigned("a zero before it", rsaKey, func(s []byte, _ *oidctest.Key) []byte { return append([]byte{0}, s...) }),
		resigned("zeros", rsaKey, func(s []byte, _ *oidctest.Key) []byte { return make([]byte, len(s)) }), resigned("the number 1", rsaKey, func(s []byte, _ *oidctest.Key) []byte { return append(make([]byte, len(s)-1), 1) }),
		resigned("the modulus", rsaKey, func(_ []byte, k *oidctest.Key) []byte { return modulus(k).Bytes() }),
		resigned("the modulus more", rsaKey, func(s []byte, k *oidctest.Key) []byte {
			return new(big.Int).Add(new(big.Int).SetBytes(s), modulus(k)).Bytes()
		}),
		fixed("nothing, at an EC key"), fixed("a byte, at an EC key", 1),
		numbers("r and s are 0", zero, zero), numbers("r is 0", zero, func(_, s, _ *big.Int) *big.Int { return s }), numbers("s is 0", same, zero), numbers("r and s are the order", order, order),
		numbers("s is the order more, in its bytes", same, func(_, s, n *big.Int) *big.Int { return new(big.Int).Mod(new(big.Int).Add(s, big.NewInt(1)), n) }),
		numbers("r and s exchanged", func(_, s, _ *big.Int) *big.Int { return s }, same),
		resigned("an EC signature in DER", ecKey, func(s []byte, _ *oidctest.Key) []byte { return der(s[:half], s[half:]) }),
		resigned("an EC signature of 33 bytes each", ecKey, func(s []byte, _ *oidctest.Key) []byte {
			return append(append(append([]byte{0}, s[:half]...), 0), s[half:]...)
		}),
		of("of another good token", func(w *tokenWorld) string {
			other := w.signed(map[string]any{"sub": "root"})
			return other[:strings.LastIndexByte(other, '.')] + w.good[strings.LastIndexByte(w.good, '.'):]
		}),
		part("the payload of another", 1, func(s string) string { return oidctest.Encode([]byte(strings.Replace(decoded(s), "ada", "root", 1))) }),
		part("the header in another spelling", 0, func(s string) string { return oidctest.Encode([]byte(decoded(s) + " ")) }),
	}
}

func modulus(k *oidctest.Key) *big.Int { return k.Private.Public().(*rsa.PublicKey).N }

func decoded(s string) string {
	text, _ := base64.RawURLEncoding.DecodeString(s)
	return string(text)
}

func headerLineCases() []tokenCase {
	lines := func(name, got string, lines func(*tokenWorld) string) tokenCase {
		return tokenCase{name: name, lines: lines, got: got}
	}
	value := func(name string, value func(good string) string) tokenCase {
		return of(name, func(w *tokenWorld) string { return value(w.good) })
	}
	line := func(s string) string { return "Authorization: " + s + "\r\n" }
	return []tokenCase{
		lines("none", "", func(*tokenWorld) string { return "" }), lines("empty", "", func(*tokenWorld) string { return line("") }),
		lines("a good one, then a bad one", "", func(w *tokenWorld) string { return line(w.good) + line("x") }), lines("a bad one, then a good one", "", func(w *tokenWorld) string { return line("x") + line(w.good) }),
		lines("a good one twice", "", func(w *tokenWorld) string { return line(w.good) + line(w.good) }), lines("a good one, and an empty one", "", func(w *tokenWorld) string { return line(w.good) + line("") }),
		lines("an empty one, and a good one in lower case", "", func(w *tokenWorld) string { return line("") + "authorization: " + w.good + "\r\n" }),
		lines("folded", "400", func(w *tokenWorld) string { return "Authorization:\r\n " + w.good + "\r\n" }), lines("with NUL", "400", func(w *tokenWorld) string { return line(w.good + "\x00") }),
		lines("a blank before the colon", "400", func(w *tokenWorld) string { return "Authorization : " + w.good + "\r\n" }),
		value("Bearer alone", func(string) string { return "Bearer" }), value("Bearer twice", func(s string) string { return "Bearer Bearer " + s }), value("two blanks behind Bearer", func(s string) string { return "Bearer  " + s }),
		value("a tab behind Bearer", func(s string) string { return "Bearer\t" + s }), value("nothing behind Bearer", func(s string) string { return "Bearer" + s }), value("Basic", func(s string) string { return "Basic " + s }),
		value("JWT", func(s string) string { return "JWT " + s }), value("Token", func(s string) string { return "Token token=" + s }), value("quotes", func(s string) string { return `"` + s + `"` }),
		value("two tokens with a comma", func(s string) string { return s + "," + s }), value("two tokens with a blank", func(s string) string { return s + " " + s }), value("text before it", func(s string) string { return "x" + s }),
		lines("in X-Forwarded-Authorization", "", func(w *tokenWorld) string { return "X-Forwarded-" + line(w.good) }), lines("in a cookie", "", func(w *tokenWorld) string { return "Cookie: Authorization=" + w.good + "\r\n" }),
		lines("in X-Amzn-Remapped-Authorization", "", func(w *tokenWorld) string { return "X-Amzn-Remapped-" + line(w.good) }), lines("in Proxy-Authorization", "", func(w *tokenWorld) string { return "Proxy-" + line(w.good) }),
		lines("named with an underscore", "", func(w *tokenWorld) string { return "Authorization_: " + w.good + "\r\n" }),
		lines("taken away by Connection", "200", func(w *tokenWorld) string { return line(w.good) + "Connection: Authorization\r\n" }),
		{name: "in the query", path: "/id?Authorization=x&access_token=x", lines: func(*tokenWorld) string { return "" }},
	}
}
