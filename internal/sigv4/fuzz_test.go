package sigv4

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzVerify feeds strangers' bytes into every part: nothing verifies that was
// not signed, nothing panics.
func FuzzVerify(f *testing.F) {
	credential := Credential{SecretAccessKey: testSecret}
	for _, s := range []*signedRequest{signedHeader(f, credential), signedQuery(f, credential, "60")} {
		authorization := ""
		for _, h := range s.headers {
			if h[0] == "Authorization" {
				authorization = h[1]
			}
		}
		f.Add(s.method, s.path, s.query, s.host, authorization, "20150830T123600Z", []byte(nil))
	}
	f.Add("GET", "//a/../%2f", "a=%zz&=&&+", "h", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,,SignedHeaders=;;,Signature=,", "Sun, 30 Aug 2015 12:36:00 GMT", []byte("x"))
	v := NewVerifier(testOptions("execute-api", Credential{SecretAccessKey: "not " + testSecret}))
	f.Fuzz(func(t *testing.T, method, path, query, host, authorization, date string, body []byte) {
		lines := [][2]string{{"X-Amz-Date", date}}
		if authorization != "" {
			lines = append(lines, [2]string{"Authorization", authorization})
		}
		r := &Request{Method: method, Path: path, Query: query, Host: host, Header: seq(lines), Body: body}
		if scope, err := v.Verify(r); err == nil {
			t.Fatalf("%+v verifies", scope)
		} else if reasonOf(err) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		ScopeOf(r)
	})
}

// FuzzCanonicalQuery compares the canonical query with what net/url reads: the
// same parameters, each encoded, in order.
func FuzzCanonicalQuery(f *testing.F) {
	for _, s := range []string{"", "a", "a=1&a=0&b", "a=b=c", "%41=%2f&+=%20", "&&=&", "%", "%4", "%zz=1", "é=漢", "a;b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		var s scratch
		got, ok := s.appendQuery(nil, query)
		values, err := url.ParseQuery(strings.ReplaceAll(query, ";", "%3B"))
		if ok != (err == nil) {
			t.Fatalf("%q: ok %v, net/url says %v", query, ok, err)
		}
		if !ok {
			return
		}
		var want []string
		for k, vs := range values {
			for _, v := range vs {
				want = append(want, escape(k)+"="+escape(v))
			}
		}
		// "=" sorts before every character of a canonical value and name but
		// "%", "-", "." and the digits, so names are compared first.
		slices.SortFunc(want, func(a, b string) int {
			ka, va, _ := strings.Cut(a, "=")
			kb, vb, _ := strings.Cut(b, "=")
			if c := strings.Compare(ka, kb); c != 0 {
				return c
			}
			return strings.Compare(va, vb)
		})
		if joined := strings.Join(want, "&"); string(got) != joined {
			t.Fatalf("%q: got %q, want %q", query, got, joined)
		}
	})
}

// escape is net/url's escaping in the spelling of the canonical request.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// FuzzCanonicalPath: every path has a canonical form of its own, from which
// the path can be read back.
func FuzzCanonicalPath(f *testing.F) {
	for _, s := range []string{"/", "/a b", "/%2F", "//a//", "/é/..", "a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := string(appendPath(nil, path, encodedAgain))
		if back, err := url.PathUnescape(got); err != nil || back != path && path != "" {
			t.Fatalf("%q: canonical %q reads back as %q, %v", path, got, back, err)
		}
		if collapsed := string(appendPath(nil, path, collapsed)); path != "" && collapsed != string(appendPath(nil, one(path), encodedAgain)) {
			t.Fatalf("%q: collapsed to %q", path, collapsed)
		}
	})
}

// FuzzAuthorization: what the parser takes apart can be put together again.
func FuzzAuthorization(f *testing.F) {
	for _, s := range []string{"", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=c, Signature=d", "a b=c,,d", "Credential=a", ", ,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var a, again authorization
		if a.parse(value) != nil {
			return
		}
		text := a.algorithm + " Credential=" + a.credential + ", SignedHeaders=" + a.signedHeaders + ", Signature=" + a.signature
		if a.algorithm == "" {
			return
		}
		if err := again.parse(text); err != nil || again != a {
			t.Fatalf("%q: %+v, again %+v, %v", value, a, again, err)
		}
	})
}
