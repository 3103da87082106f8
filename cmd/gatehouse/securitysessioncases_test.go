package main

import "strings"

func querySignatures() []signatureCase {
	header := func(name, value, got string) signatureCase {
		c := requery(name, "X-Amz-", "X-Amz-", got)
		c.change = func(_ *signatureWorld, call *signedCall) { call.add("Authorization", value) }
		return c
	}
	cases := []signatureCase{
		requery("another path", "/in/x", "/in/y", wrongSignature),
		requery("a parameter more", "?", "?a=1&", wrongSignature),
		requery("another method, behind a presigned GET", "/in/x", "/in/x", wrongSignature).method("DELETE"),
		requery("a signature that is none", "X-Amz-Signature=", "X-Amz-Signature=0", wrongSignature),
		requery("no signature", "X-Amz-Signature=", "X-Amz-Signatur=", incomplete),
		requery("an empty signature", "&X-Amz-Signature=", "&X-Amz-Signature=&x=", incomplete),
		requery("no algorithm", "X-Amz-Algorithm=", "X-Amz-Algorith=", incomplete),
		requery("another algorithm", "HMAC-SHA256", "HMAC-SHA1", incomplete),
		requery("no credential", "X-Amz-Credential=", "X-Amz-Credentia=", incomplete),
		requery("no date", "X-Amz-Date=", "X-Amz-Dat=", incomplete),
		requery("no signed headers", "X-Amz-SignedHeaders=", "X-Amz-SignedHeader=", incomplete),
		requery("the host is not signed", "SignedHeaders=host", "SignedHeaders=accept", wrongSignature),
		requery("another key", "ALICE%2F", "READER%2F", wrongSignature),
		requery("nobody's key", "ALICE%2F", "NOBODY%2F", unknownSigner),
		requery("another region", "us-east-1", "eu-west-1", wrongSignature),
		requery("another service", "execute-api%2F", "sts%2F", wrongSignature),
		requery("a second signature", "?", "?X-Amz-Signature=0&", incomplete),
		requery("a second signature, its name escaped", "?", "?X-Amz%2DSignature=0&", incomplete),
		requery("a second key", "?", "?X-Amz-Credential=READER%2F20260101%2Fus-east-1%2Fexecute-api%2Faws4_request&", incomplete),
		requery("a second date", "?", "?X-Amz-Date=20260101T000000Z&", incomplete),
		requery("names in lower case", "X-Amz-", "x-amz-", incomplete),
		requery("a token that was not signed", "?", "?X-Amz-Security-Token=a&", unknownSigner),
		requery("an escape that is none", "X-Amz-Signature=", "X-Amz-Signature=%q", incomplete),
		requery("NUL in the signature", "X-Amz-Signature=", "X-Amz-Signature=%00", wrongSignature),
		requery("NUL behind the key", "ALICE%2F", "ALICE%00%2F", unknownSigner),
		requery("bytes that are no UTF-8 for a key", "ALICE%2F", "%FF%FE%2F", unknownSigner),
		requery("a semicolon for an ampersand", "&X-Amz-Signature", ";X-Amz-Signature", incomplete),
		header("a header beside it: a bearer token", "Bearer x", incomplete),
		header("a header beside it: empty", "", incomplete),
		header("a header beside it: another's, unsigned", "AWS4-HMAC-SHA256 Credential=ALICE/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=0", incomplete),
		{name: "half in the header, half in the query", got: incomplete, change: func(_ *signatureWorld, c *signedCall) {
			before, signature, _ := strings.Cut(*c.line("Authorization"), ", Signature=")
			*c.line("Authorization") = before
			c.target += "?X-Amz-Signature=" + signature
		}},
		{name: "a signature of the header, in the query", got: wrongSignature, late: true, change: func(_ *signatureWorld, c *signedCall) {
			_, rest, _ := strings.Cut(*c.line("Authorization"), "Credential=")
			credential, rest, _ := strings.Cut(rest, ", SignedHeaders=")
			names, signature, _ := strings.Cut(rest, ", Signature=")
			c.target += "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + strings.ReplaceAll(credential, "/", "%2F") + "&X-Amz-Date=" + *c.line("X-Amz-Date") +
				"&X-Amz-SignedHeaders=" + strings.ReplaceAll(names, ";", "%3B") + "&X-Amz-Signature=" + signature
			c.drop("Authorization")
		}},
	}
	return cases
}

// method is a case that is sent with another method.
func (c signatureCase) method(verb string) signatureCase {
	c.change = func(_ *signatureWorld, call *signedCall) { call.method = verb }
	return c
}

func sessionCases() []signatureCase {
	// token sends another token than was signed: it is looked at before the signature.
	token := func(name string, to func(*signatureWorld, string) string) signatureCase {
		return signatureCase{name: name, sign: signing{by: "session"}, got: unknownSigner, change: func(w *signatureWorld, c *signedCall) {
			at := c.line("X-Amz-Security-Token")
			*at = to(w, *at)
		}}
	}
	at := func(i int) func(*signatureWorld, string) string {
		return func(_ *signatureWorld, s string) string {
			n := (i + len(s)) % len(s)
			other := "A"
			if s[n] == 'A' {
				other = "B"
			}
			return s[:n] + other + s[n+1:]
		}
	}
	is := func(text string) func(*signatureWorld, string) string {
		return func(*signatureWorld, string) string { return text }
	}
	return []signatureCase{
		{name: "over", sign: signing{by: "over"}, got: expiredSigner},
		{name: "over for a year", sign: signing{by: "long ago"}, got: expiredSigner},
		{name: "over, presigned", sign: signing{by: "over", presign: true, noBody: true, method: "GET"}, got: expiredSigner},
		{name: "of another server", sign: signing{by: "foreign"}, got: unknownSigner},
		{name: "of another server, presigned", sign: signing{by: "foreign", presign: true, noBody: true, method: "GET"}, got: unknownSigner},
		{name: "a wrong secret", late: true, sign: signing{by: "session", secret: "not-the-secret-of-it"}},
		{name: "its first user's secret", late: true, sign: signing{by: "session", secret: "alice-secret-alice"}},
		{name: "the token is gone", got: unknownSigner, sign: signing{by: "session"}, change: func(_ *signatureWorld, c *signedCall) { c.drop("X-Amz-Security-Token") }},
		{name: "the token is not signed", sign: signing{by: "session"}, change: func(_ *signatureWorld, c *signedCall) { replaceIn(c, ";x-amz-security-token", "") }},
		{name: "the token twice", got: unknownSigner, sign: signing{by: "session"}, change: func(_ *signatureWorld, c *signedCall) {
			c.add("X-Amz-Security-Token", *c.line("X-Amz-Security-Token"))
		}},
		token("another session's token", func(w *signatureWorld, _ string) string { return w.sessions["second"].Token }),
		token("the token of one that is over", func(w *signatureWorld, _ string) string { return w.sessions["over"].Token }),
		token("a foreign token", func(w *signatureWorld, _ string) string { return w.sessions["foreign"].Token }),
		token("the token of the file's", is("token")),
		token("altered at its first letter", at(0)), token("altered at its second", at(1)), token("altered in its nonce", at(9)),
		token("altered in its middle", at(100)), token("altered near its end", at(-3)), token("altered at its end", at(-1)),
		token("cut off", func(_ *signatureWorld, s string) string { return s[:len(s)-4] }),
		token("longer", func(_ *signatureWorld, s string) string { return s + "AAAA" }),
		token("padded", func(_ *signatureWorld, s string) string { return s + "==" }),
		token("in capitals", func(_ *signatureWorld, s string) string { return strings.ToUpper(s) }),
		token("empty", is("")),
		token("a JWT", is("eyJhbGciOiJub25lIn0.eyJyIjoiYWRtaW4ifQ.")),
		token("JSON", is(`{"k":"ALICE","e":9999999999}`)),
		token("bytes that are no UTF-8", is("1\xff\xfe")),
		token("very long", is("1"+strings.Repeat("A", 9000))),
		{name: "a token beside a key that has none", got: unknownSigner, sign: signing{header: map[string]string{"X-Amz-Security-Token": "x"}}},
		{name: "the id of another session", got: unknownSigner, sign: signing{by: "session"}, change: func(w *signatureWorld, c *signedCall) {
			replaceIn(c, w.sessions["session"].AccessKeyID, w.sessions["second"].AccessKeyID)
		}},
		{name: "the id in lower case", got: unknownSigner, sign: signing{by: "session"}, change: func(w *signatureWorld, c *signedCall) {
			replaceIn(c, w.sessions["session"].AccessKeyID, strings.ToLower(w.sessions["session"].AccessKeyID))
		}},
		{name: "a user's id with a session's token", got: unknownSigner, sign: signing{by: "session"}, change: func(w *signatureWorld, c *signedCall) {
			replaceIn(c, w.sessions["session"].AccessKeyID, "ALICE")
		}},
		{name: "the file's session without its token", got: unknownSigner, sign: signing{by: "STATIC"}, change: func(_ *signatureWorld, c *signedCall) { c.drop("X-Amz-Security-Token") }},
		{name: "the file's session with another token", got: unknownSigner, sign: signing{by: "STATIC"}, change: func(_ *signatureWorld, c *signedCall) { *c.line("X-Amz-Security-Token") = "tokem" }},
	}
}

func policyCases() []signatureCase {
	by := func(name, who, method, target string) signatureCase {
		return signatureCase{name: name, sign: signing{by: who, method: method, target: target}, late: true, got: deniedSigner}
	}
	told := map[string]string{"X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
	return []signatureCase{
		by("another verb", "READER", "PUT", ""),
		{name: "another verb, and the hash of the body is told", sign: signing{by: "READER", method: "PUT", header: told}, got: deniedSigner},
		{name: "another verb, without a body", sign: signing{by: "READER", method: "GET", noBody: true}, got: deniedSigner},
		{name: "another verb by an override that is signed", late: true, sign: signing{by: "READER", header: map[string]string{"X-Http-Method-Override": "DELETE"}}, got: deniedSigner},
		by("what is denied", "READER", "", "/prod/in/secret"),
		by("the same with a slash at its end", "READER", "", "/prod/in/secret/"),
		by("the same with an escape", "READER", "", "/prod/in/%73ecret"),
		by("the same with a query", "READER", "", "/prod/in/secret?a=1"),
		by("the same behind doubled slashes", "READER", "", "//prod//in/secret"),
		by("another account", "ABROAD", "", ""),
		by("a role's session beyond the role", "role", "", "/prod/in/y"),
		by("a session beyond its policy", "bounded", "", "/prod/in/y"),
		by("the same with an escape and a slash", "bounded", "", "/prod/in/y%2Fx"),
		{name: "the same by another verb", sign: signing{by: "bounded", method: "GET", noBody: true}, got: deniedSigner},
	}
}
