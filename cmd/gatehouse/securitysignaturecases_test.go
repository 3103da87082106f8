package main

import (
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// A signatureGroup is cases of one kind.
type signatureGroup struct {
	name  string
	cases []signatureCase
}

func signatureGroups() []signatureGroup {
	return []signatureGroup{
		{"nothing", soundSignatures()}, {"request", alteredRequests()}, {"body", alteredBodies()}, {"path", alteredPaths()},
		{"header", alteredHeaders()}, {"scope", scopeOfSignatures()}, {"time", timesOfSignatures()}, {"key", keysOfSignatures()},
		{"form", formsOfSignatures()}, {"signature", valuesOfSignatures()}, {"signed headers", signedHeaderCases()},
		{"query", querySignatures()}, {"session", sessionCases()}, {"policy", policyCases()},
	}
}

// authorizing replaces a part of the Authorization header.
func authorizing(name, old, new, got string) signatureCase {
	return signatureCase{name: name, got: got, change: func(_ *signatureWorld, c *signedCall) {
		at := c.line("Authorization")
		*at = strings.Replace(*at, old, new, 1)
	}}
}

// authorized sends another Authorization header.
func authorized(name, value, got string) signatureCase {
	return signatureCase{name: name, got: got, change: func(_ *signatureWorld, c *signedCall) { *c.line("Authorization") = value }}
}

// altering changes the call behind the signer's back. The signature is looked at when
// the body is there.
func altering(name string, change func(*signedCall)) signatureCase {
	return signatureCase{name: name, late: true, change: func(_ *signatureWorld, c *signedCall) { change(c) }}
}

// early is a case that is refused without the body.
func early(c signatureCase, got string) signatureCase {
	c.late, c.got = false, got
	return c
}

// bodiless is a case of a call without a body.
func bodiless(c signatureCase) signatureCase {
	c.sign.noBody = true
	return c
}

// requery changes the target of a presigned call.
func requery(name, old, new, got string) signatureCase {
	return signatureCase{name: name, sign: signing{presign: true, noBody: true, method: "GET", target: "/prod/in/x?X-Amz-Expires=60"}, got: got, change: func(_ *signatureWorld, c *signedCall) {
		if !strings.Contains(c.target, old) {
			panic(c.target + " has no " + old)
		}
		c.target = strings.Replace(c.target, old, new, 1)
	}}
}

func soundSignatures() []signatureCase {
	told := map[string]string{"X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
	return []signatureCase{
		{name: "signed in the header", got: letIn},
		{name: "without a body", sign: signing{method: "GET", noBody: true}, got: letIn},
		{name: "presigned", sign: signing{presign: true, noBody: true, method: "GET", target: "/prod/in/x?X-Amz-Expires=60"}, got: letIn},
		{name: "the hash of the body is told", sign: signing{header: told}, got: letIn},
		{name: "escapes in the path", sign: signing{target: "/prod/in/a%2Fb%20c"}, got: letIn},
		{name: "a query in no order", sign: signing{target: "/prod/in/x?b=2&a=%C3%A9&a=1&c"}, got: letIn},
		{name: "an own header, signed", sign: signing{header: map[string]string{"X-Own": "a  b"}}, got: letIn},
		{name: "an own header, not signed", got: letIn, change: func(_ *signatureWorld, c *signedCall) { c.add("X-Own", "a") }},
		{name: "the stage by path", sign: signing{host: "localhost:4566", target: "/_aws/execute-api/sec/prod/in/x"}, got: letIn},
		{name: "the stage by LocalStack's path", sign: signing{host: "localhost:4566", target: "/restapis/sec/prod/_user_request_/in/x"}, got: letIn},
		{name: "another name of the host", sign: signing{host: "sec.execute-api.us-east-1.amazonaws.com"}, got: letIn},
		{name: "doubled slashes, signed as one", sign: signing{target: "/prod/in/x"}, got: letIn, change: func(_ *signatureWorld, c *signedCall) { c.target = "//prod//in/x" }},
		{name: "an unsigned body under TLS", tls: true, sign: signing{header: map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}}, got: letIn},
		{name: "almost five minutes old", sign: signing{ago: 290 * time.Second}, got: letIn},
		{name: "a session of STS", sign: signing{by: "session"}, got: letIn},
		{name: "a session of the file", sign: signing{by: "STATIC"}, got: letIn},
		{name: "a session, presigned", sign: signing{by: "session", presign: true, noBody: true, method: "GET"}, got: letIn},
		{name: "what a policy allows", sign: signing{by: "READER"}, got: letIn},
		{name: "what a session's policy allows", sign: signing{by: "bounded"}, got: letIn},
		{name: "sent a second time within five minutes, as at AWS", got: letIn, twice: true},
	}
}

func alteredRequests() []signatureCase {
	to := func(name, target string) signatureCase {
		return altering(name, func(c *signedCall) { c.target = target })
	}
	return []signatureCase{
		altering("another method", func(c *signedCall) { c.method = "PUT" }),
		early(altering("the method in another case", func(c *signedCall) { c.method = "Post" }), missingSigner),
		bodiless(early(altering("another method, without a body", func(c *signedCall) { c.method = "DELETE" }), wrongSignature)),
		early(altering("an override of the method", func(c *signedCall) { c.add("X-HTTP-Method-Override", "DELETE") }), wrongSignature),
		early(altering("an override in lower case", func(c *signedCall) { c.add("x-http-method-override", "DELETE") }), wrongSignature),
		to("another path", "/prod/in/y"),
		to("a longer path", "/prod/in/x/y"),
		to("a slash at the end", "/prod/in/x/"),
		to("a query", "/prod/in/x?a=1"),
		to("a parameter without a name", "/prod/in/x?=1"),
		to("an escape that is none in the query", "/prod/in/x?a=%zz"),
		{name: "a parameter changed", late: true, sign: signing{target: "/prod/in/x?a=1"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x?a=2" }},
		{name: "a parameter gone", late: true, sign: signing{target: "/prod/in/x?a=1"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x" }},
		{name: "a parameter doubled", late: true, sign: signing{target: "/prod/in/x?a=1"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x?a=1&a=1" }},
		{name: "a parameter's name in capitals", late: true, sign: signing{target: "/prod/in/x?a=1"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x?A=1" }},
		{name: "a plus for its escape", late: true, sign: signing{target: "/prod/in/x?a=%2B"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x?a=+" }},
		{name: "NUL in a parameter", late: true, sign: signing{target: "/prod/in/x?a=1"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x?a=1%00" }},
		altering("another host", func(c *signedCall) { c.host = "sec.execute-api.example.com" }),
		altering("a port behind the host", func(c *signedCall) { c.host += ":80" }),
		altering("the host in capitals", func(c *signedCall) { c.host = strings.ToUpper(c.host) }),
		altering("a dot behind the host", func(c *signedCall) { c.host += "." }),
		early(altering("another host in an absolute target", func(c *signedCall) { c.target = "http://sec.execute-api.example.com" + c.target }), badRequest),
		{name: "signed for another API's host", late: true, sign: signing{host: "other.execute-api.localhost"}, change: func(_ *signatureWorld, c *signedCall) { c.host = "sec.execute-api.localhost" }},
		{name: "signed for another stage", late: true, sign: signing{target: "/dev/in/x"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x" }},
		{name: "signed without the stage", late: true, sign: signing{target: "/in/x"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x" }},
		{name: "signed by host, sent by path", late: true, change: func(_ *signatureWorld, c *signedCall) {
			c.host, c.target = "localhost", "/_aws/execute-api/sec/prod/in/x"
		}},
		{name: "signed by one path, sent by another", late: true, sign: signing{host: "localhost", target: "/_aws/execute-api/sec/prod/in/x"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/restapis/sec/prod/_user_request_/in/x" }},
		{name: "signed for the open method", late: true, sign: signing{target: "/prod/open"}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/x" }},
	}
}

func alteredBodies() []signatureCase {
	const told, empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", sigv4.EmptyBody
	hashed := func(name, hash string, late bool, body string) signatureCase {
		return signatureCase{name: name, late: late, sign: signing{header: map[string]string{"X-Amz-Content-Sha256": hash}},
			change: func(_ *signatureWorld, c *signedCall) { c.body = body }}
	}
	return []signatureCase{
		altering("another body", func(c *signedCall) { c.body = "[]" }),
		altering("one letter is another", func(c *signedCall) { c.body = "{ " }),
		altering("no body", func(c *signedCall) { c.body = ""; *c.line("Content-Length") = "0" }),
		altering("a longer body", func(c *signedCall) { c.body += " "; *c.line("Content-Length") = "3" }),
		altering("a shorter body", func(c *signedCall) { c.body = "{"; *c.line("Content-Length") = "1" }),
		altering("NUL in the body", func(c *signedCall) { c.body = "{\x00" }),
		altering("a body that is no UTF-8", func(c *signedCall) { c.body = "\xff\xfe" }),
		altering("in chunks, where a length was signed", func(c *signedCall) { c.chunked = true }),
		altering("in chunks, and another", func(c *signedCall) { c.chunked, c.body = true, "[]" }),
		altering("a coding that was not signed, of another body", func(c *signedCall) { c.add("Content-Encoding", "gzip"); c.body = "\x1f\x8b" }),
		{name: "a body where none was signed", late: true, sign: signing{noBody: true}, change: func(_ *signatureWorld, c *signedCall) { c.add("Content-Length", "2"); c.body = "{}" }},
		{name: "a body for a presigned GET", late: true, sign: signing{presign: true, noBody: true, method: "GET"}, change: func(_ *signatureWorld, c *signedCall) { c.add("Content-Length", "2"); c.body = "{}" }},
		hashed("another body than the hash that is told", told, true, "[]"),
		hashed("the hash of no body, and a body", empty, true, "{}"),
		{name: "the hash is changed", sign: signing{header: map[string]string{"X-Amz-Content-Sha256": told}}, change: func(_ *signatureWorld, c *signedCall) { *c.line("X-Amz-Content-Sha256") = empty }},
		{name: "the hash is taken away", sign: signing{header: map[string]string{"X-Amz-Content-Sha256": told}}, late: true, change: func(_ *signatureWorld, c *signedCall) { c.drop("X-Amz-Content-Sha256") }},
		{name: "a second hash", sign: signing{header: map[string]string{"X-Amz-Content-Sha256": told}}, late: true, change: func(_ *signatureWorld, c *signedCall) { c.add("X-Amz-Content-Sha256", empty) }},
		early(altering("a hash that was not signed", func(c *signedCall) { c.add("X-Amz-Content-Sha256", told) }), wrongSignature),
		hashed("the hash in capitals", strings.ToUpper(told), true, "{}"),
		hashed("a hash that is none", "sha256", true, "{}"),
		hashed("a hash that is cut off", told[:63], true, "{}"),
		hashed("a body in signed pieces", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true, "{}"),
		hashed("pieces with a trailer", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", true, "{}"),
		hashed("an unsigned body without TLS", "UNSIGNED-PAYLOAD", true, "{}"),
		hashed("an unsigned body, in lower case", "unsigned-payload", true, "{}"),
		{name: "an unsigned body under TLS, another path", tls: true, sign: signing{header: map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}}, change: func(_ *signatureWorld, c *signedCall) { c.target = "/prod/in/y" }},
		{name: "signed, and declared as unsigned", tls: true, sign: signing{header: map[string]string{"X-Amz-Content-Sha256": told}}, change: func(_ *signatureWorld, c *signedCall) { *c.line("X-Amz-Content-Sha256") = "UNSIGNED-PAYLOAD" }},
	}
}

func alteredPaths() []signatureCase {
	from := func(name, signed, sent string) signatureCase {
		return signatureCase{name: name, late: true, sign: signing{target: signed}, change: func(_ *signatureWorld, c *signedCall) { c.target = sent }}
	}
	refused := func(name, target string) signatureCase {
		return signatureCase{name: name, got: badRequest, change: func(_ *signatureWorld, c *signedCall) { c.target = target }}
	}
	return []signatureCase{
		from("an escape for a letter", "/prod/in/x", "/prod/in/%78"),
		from("a letter for an escape", "/prod/in/%78", "/prod/in/x"),
		from("a slash for its escape", "/prod/in/a%2Fb", "/prod/in/a/b"),
		from("an escape for a slash", "/prod/in/a/b", "/prod/in/a%2Fb"),
		from("an escape in lower case", "/prod/in/a%2Fb", "/prod/in/a%2fb"),
		from("an escape of an escape", "/prod/in/a%2Fb", "/prod/in/a%252Fb"),
		from("an escape that is resolved", "/prod/in/a%252Fb", "/prod/in/a%2Fb"),
		from("another case", "/prod/in/x", "/prod/in/X"),
		from("one slash for two, signed as two", "/prod/in//x", "/prod/in/x"),
		from("a semicolon's parameters", "/prod/in/x", "/prod/in/x;a=1"),
		from("a plus for a blank", "/prod/in/a%20b", "/prod/in/a+b"),
		from("a backslash", "/prod/in/x", "/prod/in/%5Cx"),
		from("NUL in the path", "/prod/in/x", "/prod/in/x%00"),
		from("bytes that are no UTF-8", "/prod/in/x", "/prod/in/x%FF%FE"),
		from("a question mark, escaped", "/prod/in/x", "/prod/in/x%3Fa=1"),
		refused("a dot segment", "/prod/in/./x"),
		refused("two dots", "/prod/in/y/../x"),
		refused("two dots, escaped", "/prod/in/y/%2e%2e/x"),
		refused("an escape that is none", "/prod/in/%zz"),
		refused("half an escape", "/prod/in/x%"),
	}
}

func alteredHeaders() []signatureCase {
	own := signing{header: map[string]string{"X-Own": "a"}}
	typed := signing{header: map[string]string{"Content-Type": "application/json"}}
	change := func(name string, s signing, to func(*signedCall)) signatureCase {
		return signatureCase{name: name, late: true, sign: s, change: func(_ *signatureWorld, c *signedCall) { to(c) }}
	}
	return []signatureCase{
		change("a signed header is another", own, func(c *signedCall) { *c.line("X-Own") = "b" }),
		change("a signed header is gone", own, func(c *signedCall) { c.drop("X-Own") }),
		change("a signed header twice", own, func(c *signedCall) { c.add("X-Own", "a") }),
		change("a second value", own, func(c *signedCall) { c.add("x-own", "b") }),
		change("a signed header's value in capitals", own, func(c *signedCall) { *c.line("X-Own") = "A" }),
		change("a tab in a signed header", own, func(c *signedCall) { *c.line("X-Own") = "a\tb" }),
		change("bytes that are no UTF-8", own, func(c *signedCall) { *c.line("X-Own") = "a\xff" }),
		change("an empty value", own, func(c *signedCall) { *c.line("X-Own") = "" }),
		change("another type of content", typed, func(c *signedCall) { *c.line("Content-Type") = "text/plain" }),
		early(altering("a header of AWS's that is not signed", func(c *signedCall) { c.add("X-Amz-Invocation-Type", "Event") }), wrongSignature),
		early(altering("the same in lower case", func(c *signedCall) { c.add("x-amz-target", "a") }), wrongSignature),
		early(altering("a security token that is not signed", func(c *signedCall) { c.add("X-Amz-Security-Token", "a") }), wrongSignature),
		early(altering("NUL in a header", func(c *signedCall) { c.add("X-Own", "a\x00b") }), noRequest),
		early(altering("a line end in a header", func(c *signedCall) { c.add("X-Own", "a\rX-Amz-Date: b") }), noRequest),
		early(altering("a folded line", func(c *signedCall) { c.add("X-Own", "a\r\n b") }), noRequest),
		early(altering("a blank before the colon", func(c *signedCall) { c.add("X-Amz-Date ", "b") }), noRequest),
		early(altering("a second Host", func(c *signedCall) { c.add("Host", "sec.execute-api.localhost") }), noRequest),
	}
}

func scopeOfSignatures() []signatureCase {
	return []signatureCase{
		{name: "another region", sign: signing{region: "eu-west-1"}},
		{name: "the region in capitals", sign: signing{region: "US-EAST-1"}},
		{name: "all regions", sign: signing{region: "*"}},
		{name: "a region and a blank", sign: signing{region: "us-east-1%20"}},
		authorizing("no region", "/us-east-1/", "//", wrongSignature),
		{name: "another service", sign: signing{service: "apigateway"}},
		{name: "STS", sign: signing{service: "sts"}},
		{name: "Lambda", sign: signing{service: "lambda"}},
		{name: "the service in capitals", sign: signing{service: "Execute-API"}},
		authorizing("no service", "/execute-api/", "//", wrongSignature),
		authorizing("another end", "aws4_request", "aws5_request", wrongSignature),
		authorizing("no end", "/aws4_request", "/", wrongSignature),
		authorizing("more parts", "aws4_request", "aws4_request/x", incomplete),
		authorizing("fewer parts", "/execute-api", "", incomplete),
		{name: "another region than was signed", change: func(_ *signatureWorld, c *signedCall) { replaceIn(c, "/us-east-1/", "/us-east-2/") }},
		{name: "signed for another region, sent as this one's", late: true, sign: signing{region: "eu-west-1"}, change: func(_ *signatureWorld, c *signedCall) { replaceIn(c, "/eu-west-1/", "/us-east-1/") }},
		{name: "signed for another service, sent as this one's", late: true, sign: signing{service: "sts"}, change: func(_ *signatureWorld, c *signedCall) { replaceIn(c, "/sts/", "/execute-api/") }},
	}
}

// replaceIn replaces a part of the Authorization header.
func replaceIn(c *signedCall, old, new string) {
	at := c.line("Authorization")
	*at = strings.Replace(*at, old, new, 1)
}

func timesOfSignatures() []signatureCase {
	dated := func(name, date, got string) signatureCase {
		return signatureCase{name: name, got: got, change: func(_ *signatureWorld, c *signedCall) { *c.line("X-Amz-Date") = date }}
	}
	presigned := func(name, query string, ago time.Duration, got string) signatureCase {
		return signatureCase{name: name, got: got, sign: signing{presign: true, noBody: true, method: "GET", target: "/prod/in/x?" + query, ago: ago}}
	}
	const day = 24 * time.Hour
	return []signatureCase{
		{name: "six minutes old", sign: signing{ago: 6 * time.Minute}},
		{name: "a day old", sign: signing{ago: day}},
		{name: "years old", sign: signing{ago: 3000 * day}},
		{name: "six minutes ahead", sign: signing{ago: -6 * time.Minute}},
		{name: "a day ahead", sign: signing{ago: -day}},
		{name: "old, and dated anew", got: "", sign: signing{ago: 3000 * day}, change: func(_ *signatureWorld, c *signedCall) {
			*c.line("X-Amz-Date") = time.Now().UTC().Format("20060102T150405Z")
		}},
		{name: "moved by a second", late: true, change: func(_ *signatureWorld, c *signedCall) {
			at, _ := time.Parse("20060102T150405Z", *c.line("X-Amz-Date"))
			*c.line("X-Amz-Date") = at.Add(time.Second).Format("20060102T150405Z")
		}},
		dated("no date", "", incomplete),
		dated("a date alone", "20260101", incomplete),
		dated("ISO 8601 in its long form", "2026-01-01T00:00:00Z", incomplete),
		dated("seconds since 1970", "1767225600", incomplete),
		dated("another zone", "20260101T000000+0000", incomplete),
		dated("the thirteenth month", "20261301T000000Z", incomplete),
		dated("digits of another script", "２0260101T000000Z", incomplete),
		{name: "two dates", got: incomplete, change: func(_ *signatureWorld, c *signedCall) { c.add("X-Amz-Date", "20260101T000000Z") }},
		{name: "the date is gone", got: incomplete, change: func(_ *signatureWorld, c *signedCall) { c.drop("X-Amz-Date") }},
		{name: "a Date that was not signed in its place", late: true, change: func(_ *signatureWorld, c *signedCall) {
			at, _ := time.Parse("20060102T150405Z", *c.line("X-Amz-Date"))
			c.drop("X-Amz-Date")
			c.add("Date", at.Format("Mon, 02 Jan 2006 15:04:05")+" GMT")
		}},
		presigned("presigned, and over", "X-Amz-Expires=60", 2*time.Minute, wrongSignature),
		presigned("presigned for no time", "X-Amz-Expires=0", 0, incomplete),
		presigned("presigned for more than a week", "X-Amz-Expires=604801", 0, incomplete),
		presigned("presigned for less than no time", "X-Amz-Expires=-1", 0, incomplete),
		presigned("presigned with a sign", "X-Amz-Expires=%2B60", 0, incomplete),
		presigned("presigned for an hour in words", "X-Amz-Expires=1h", 0, incomplete),
		presigned("presigned beyond 64 bits", "X-Amz-Expires=18446744073709551676", 0, incomplete),
		presigned("presigned ahead of time", "X-Amz-Expires=600", -6*time.Minute, wrongSignature),
		requery("made to last longer", "X-Amz-Expires=60", "X-Amz-Expires=6000", wrongSignature),
		requery("its end taken away", "X-Amz-Expires=60&", "", wrongSignature),
	}
}

func keysOfSignatures() []signatureCase {
	named := func(name, id, got string) signatureCase {
		return authorizing(name, "Credential=ALICE/", "Credential="+id+"/", got)
	}
	cases := []signatureCase{
		{name: "nobody's", sign: signing{by: "NOBODY"}, got: unknownSigner},
		{name: "disabled", sign: signing{by: "GONE"}, got: unknownSigner},
		{name: "disabled, and the secret is wrong", sign: signing{by: "GONE", secret: "not-the-secret-of-it"}, got: unknownSigner},
		{name: "another's secret", late: true, sign: signing{secret: "reader-secret-reader"}},
		{name: "the secret and a blank", late: true, sign: signing{secret: "alice-secret-alice "}},
		{name: "half the secret", late: true, sign: signing{secret: "alice-sec"}},
		{name: "the secret in capitals", late: true, sign: signing{secret: "ALICE-SECRET-ALICE"}},
		{name: "the key for its secret", late: true, sign: signing{secret: "ALICE"}},
		{name: "signed by one, sent as another's", late: true, sign: signing{by: "READER"}, change: func(_ *signatureWorld, c *signedCall) { replaceIn(c, "Credential=READER/", "Credential=ALICE/") }},
		named("none", "", incomplete),
		named("in lower case", "alice", unknownSigner),
		named("longer", "ALICEX", unknownSigner),
		named("shorter", "ALIC", unknownSigner),
		named("any", "*", unknownSigner),
		named("the principal", "arn:aws:iam::111122223333:user", unknownSigner),
		named("the whole principal", "arn:aws:iam::111122223333:user/alice", incomplete),
		named("an account", "111122223333", unknownSigner),
		named("a path", "../ALICE", incomplete),
		named("an escape", "%41LICE", unknownSigner),
		named("letters of another script", "АLICE", unknownSigner),
		named("bytes that are no UTF-8", "\xff\xfe", unknownSigner),
		named("a quote", `ALICE"`, unknownSigner),
		named("very long", strings.Repeat("A", 7000), unknownSigner),
		named("AWS's own example", "AKIDEXAMPLE", unknownSigner),
		named("test", "test", unknownSigner),
	}
	return cases
}

func formsOfSignatures() []signatureCase {
	return []signatureCase{
		{name: "none", got: missingSigner, change: func(_ *signatureWorld, c *signedCall) { c.drop("Authorization") }},
		authorized("an empty header", "", incomplete),
		authorized("a bearer token", "Bearer eyJhbGciOiJub25lIn0.e30.", incomplete),
		authorized("a name and a password", "Basic YWxpY2U6YWxpY2Utc2VjcmV0", incomplete),
		authorized("a bare word", "alice", incomplete),
		authorized("an algorithm alone", "AWS4-HMAC-SHA256", incomplete),
		authorized("signature version 2", "AWS ALICE:frJIUN8DYpKDtOLCwo//yllqDzg=", incomplete),
		authorized("signature version 3", "AWS3-HTTPS AWSAccessKeyId=ALICE, Algorithm=HmacSHA256, Signature=x", incomplete),
		authorizing("another algorithm", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", incomplete),
		authorizing("an elliptic one", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", incomplete),
		authorizing("in lower case", "AWS4-HMAC-SHA256", "aws4-hmac-sha256", incomplete),
		authorizing("none named", "AWS4-HMAC-SHA256 ", "none ", incomplete),
		authorizing("no algorithm", "AWS4-HMAC-SHA256 ", "", incomplete),
		authorizing("no credential", "Credential=", "Credentia=", incomplete),
		authorizing("no signature", "Signature=", "Signatur=", incomplete),
		authorizing("no signed headers", "SignedHeaders=", "SignedHeader=", incomplete),
		authorizing("names in lower case", "Credential=", "credential=", incomplete),
		authorizing("two signatures", "Signature=", "Signature=0, Signature=", incomplete),
		authorizing("two credentials", "Credential=", "Credential=GONE/20260101/us-east-1/execute-api/aws4_request, Credential=", incomplete),
		authorizing("two lists of headers", "SignedHeaders=", "SignedHeaders=host, SignedHeaders=", incomplete),
		authorizing("a part without a value", "SignedHeaders=", "x, SignedHeaders=", incomplete),
		authorizing("tabs for blanks", ", SignedHeaders", ",\tSignedHeaders", incomplete),
		authorizing("semicolons for commas", ", SignedHeaders", "; SignedHeaders", wrongSignature),
		authorizing("quoted", "Signature=", `Signature="`, wrongSignature).later(),
		authorized("endless", "AWS4-HMAC-SHA256 "+strings.Repeat("a=b, ", 2000), wrongSignature),
		{name: "two headers", got: incomplete, change: func(_ *signatureWorld, c *signedCall) { c.add("Authorization", *c.line("Authorization")) }},
		{name: "two headers, one a bearer token", got: incomplete, change: func(_ *signatureWorld, c *signedCall) { c.add("authorization", "Bearer x") }},
		{name: "in a header of the proxy's", got: missingSigner, change: func(_ *signatureWorld, c *signedCall) {
			c.add("Proxy-Authorization", *c.line("Authorization"))
			c.drop("Authorization")
		}},
		{name: "in a cookie", got: missingSigner, change: func(_ *signatureWorld, c *signedCall) {
			c.add("Cookie", "Authorization="+*c.line("Authorization"))
			c.drop("Authorization")
		}},
		{name: "in a query's Authorization", got: missingSigner, change: func(_ *signatureWorld, c *signedCall) {
			c.target += "?Authorization=AWS4-HMAC-SHA256"
			c.drop("Authorization")
		}},
	}
}

// later is a case that is refused when its body has come.
func (c signatureCase) later() signatureCase {
	c.late = true
	return c
}

func valuesOfSignatures() []signatureCase {
	value := func(name string, to func(string) string) signatureCase {
		return altering(name, func(c *signedCall) {
			at := c.line("Authorization")
			before, signature, _ := strings.Cut(*at, "Signature=")
			*at = before + "Signature=" + to(signature)
		})
	}
	flipped := func(at int) func(string) string {
		return func(s string) string {
			digit := "0"
			if s[at] == '0' {
				digit = "1"
			}
			return s[:at] + digit + s[at+1:]
		}
	}
	return []signatureCase{
		value("its first digit", flipped(0)),
		value("its middle digit", flipped(31)),
		value("its last digit", flipped(63)),
		value("in capitals", func(s string) string { return "A" + strings.ToUpper(s[1:]) }),
		value("cut off", func(s string) string { return s[:63] }),
		value("half of it", func(s string) string { return s[:32] }),
		value("one digit of it", func(s string) string { return s[:1] }),
		value("longer", func(s string) string { return s + "0" }),
		value("twice", func(s string) string { return s + s }),
		value("zeros", func(string) string { return strings.Repeat("0", 64) }),
		value("no digits", func(string) string { return strings.Repeat("g", 64) }),
		value("with 0x", func(s string) string { return "0x" + s }),
		value("base64", func(string) string { return "frJIUN8DYpKDtOLCwo//yllqDzg=" }),
		value("backwards", func(s string) string {
			b := []byte(s)
			for i := range 32 {
				b[i], b[63-i] = b[63-i], b[i]
			}
			return "f" + string(b[1:])
		}),
		value("bytes that are no UTF-8", func(s string) string { return s[:62] + "\xff\xfe" }),
		value("with an escape", func(s string) string { return "%30" + s[1:] }),
		value("the hash of no bytes", func(string) string { return sigv4.EmptyBody }),
	}
}

func signedHeaderCases() []signatureCase {
	list := func(name, from, to, got string) signatureCase {
		c := authorizing(name, "SignedHeaders="+from, "SignedHeaders="+to, got)
		return c
	}
	return []signatureCase{
		list("not the host", "content-length;host;x-amz-date", "content-length;x-amz-date", wrongSignature),
		list("the host alone", "content-length;host;x-amz-date", "host", wrongSignature),
		list("not the length", "content-length;host;x-amz-date", "host;x-amz-date", wrongSignature).later(),
		list("not sorted", "content-length;host", "host;content-length", incomplete),
		list("one twice", "content-length;host", "content-length;host;host", incomplete),
		list("in capitals", "content-length;host", "Content-Length;Host", incomplete),
		list("with a blank between", "content-length;host", "content-length; host", incomplete),
		list("with commas", "content-length;host;x-amz-date", "content-length,host,x-amz-date", incomplete),
		list("an empty name", "content-length;host", "content-length;;host", incomplete),
		list("an end that is empty", "x-amz-date", "x-amz-date;", incomplete).replacing(";x-amz-date,", ";x-amz-date;,"),
		list("one that is not there", "content-length;host;x-amz-date", "content-length;host;x-amz-date;x-none", wrongSignature).later(),
		list("the header itself", "content-length", "authorization;content-length", wrongSignature).later(),
		list("hundreds", "content-length;host;x-amz-date", strings.Repeat("a;", 300)+"host", wrongSignature),
		list("bytes that are no UTF-8", "content-length;host", "content-length;host\xff", incomplete),
	}
}

// replacing is a case with another replacement in the Authorization header.
func (c signatureCase) replacing(old, new string) signatureCase {
	c.change = func(_ *signatureWorld, call *signedCall) { replaceIn(call, old, new) }
	return c
}
