package sigv4

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// mutations yields texts that differ from s in one place: each bit of each
// byte flipped, each byte gone, and bytes put in between.
func mutations(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(s) {
			for bit := range 8 {
				if !yield(s[:i] + string([]byte{s[i] ^ 1<<bit}) + s[i+1:]) {
					return
				}
			}
			if !yield(s[:i] + s[i+1:]) {
				return
			}
		}
		for i := range len(s) + 1 {
			for _, c := range []string{"a", "0", "/", "%", "+", " ", "&", "=", ";", ",", "\n", "%00"} {
				if !yield(s[:i] + c + s[i:]) {
					return
				}
			}
		}
	}
}

// tampered lists every change to a signed request that it tries, with a word
// on what was changed. Changes that leave the meaning as it was are left out:
// they may verify.
func tampered(s *signedRequest, yield func(what string, changed *signedRequest)) {
	change := func(what string, f func(*signedRequest)) {
		c := s.clone()
		f(c)
		if !reflect.DeepEqual(c, s) {
			yield(what, c)
		}
	}
	for m := range mutations(s.method) {
		change("method", func(c *signedRequest) { c.method = m })
	}
	for m := range mutations(s.path) {
		if one(m) == one(s.path) {
			continue // repeated slashes count as one
		}
		change("path", func(c *signedRequest) { c.path = m })
	}
	meaning, _ := url.ParseQuery(s.query)
	for m := range mutations(s.query) {
		if q, err := url.ParseQuery(m); err == nil && reflect.DeepEqual(q, meaning) {
			continue // the same parameters in another spelling
		}
		change("query", func(c *signedRequest) { c.query = m })
	}
	for m := range mutations(s.host) {
		if strings.Trim(m, " \t") != s.host {
			change("host", func(c *signedRequest) { c.host = m })
		}
	}
	for m := range mutations(string(s.body)) {
		change("body", func(c *signedRequest) { c.body = []byte(m) })
	}
	tamperedHeaders(s, change)
}

func tamperedHeaders(s *signedRequest, change func(string, func(*signedRequest))) {
	for i, h := range s.headers {
		name, value := h[0], h[1]
		if name == "Authorization" {
			var before authorization
			_ = before.parse(value)
			for m := range mutations(value) {
				var after authorization
				if err := after.parse(m); err == nil && after == before {
					continue // white space between the fields
				}
				change("authorization", func(c *signedRequest) { c.headers[i][1] = m })
			}
			continue
		}
		for m := range mutations(value) {
			if string(appendValue(nil, m)) != string(appendValue(nil, value)) {
				change("value of "+name, func(c *signedRequest) { c.headers[i][1] = m })
			}
		}
		for m := range mutations(name) {
			if !strings.EqualFold(m, name) {
				change("name "+name, func(c *signedRequest) { c.headers[i][0] = m })
			}
		}
		change("without "+name, func(c *signedRequest) { c.headers = append(c.headers[:i], c.headers[i+1:]...) })
		change("another "+name, func(c *signedRequest) { c.headers = append(c.headers, [2]string{name, value}) })
	}
	change("unsigned x-amz header", func(c *signedRequest) {
		c.headers = append(c.headers, [2]string{"X-Amz-Invocation-Type", "Event"})
	})
}

// one is a path with repeated slashes as one.
func one(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path
}

// TestTampering changes every part of signed requests: nothing verifies.
func TestTampering(t *testing.T) {
	for name, presign := range map[string]bool{"header": false, "presigned": true} {
		t.Run(name, func(t *testing.T) {
			credential := Credential{SecretAccessKey: testSecret, SessionToken: "FwoGZXIvYXdzE//+="}
			req, err := http.NewRequest("POST", "https://a1b2.execute-api.us-east-1.amazonaws.com/prod/o%2F1/%C3%A9?b=2&a=1%202&a=%2B&e=&X-Amz-Expires=60", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header["X-Two"] = []string{"first one", "second"}
			s := sdkSign(t, req, []byte(`{"a": 1}`), credential, presign)
			v := NewVerifier(testOptions("execute-api", credential))
			if _, err := v.Verify(s.request()); err != nil {
				t.Fatalf("untouched: %v", err)
			}
			tried := map[string]int{}
			tampered(s, func(what string, c *signedRequest) {
				tried[what]++
				if _, err := v.Verify(c.request()); err == nil {
					t.Errorf("%s: verifies as %s %s?%s %q %q", what, c.method, c.path, c.query, c.headers, c.body)
				}
			})
			total := 0
			for _, n := range tried {
				total += n
			}
			t.Logf("%d changes refused", total)
			if total < 5000 || tried["path"] < 100 || tried["query"] < 300 || tried["body"] < 50 {
				t.Errorf("tried only %v", tried)
			}
		})
	}
}

// TestRepeatedSlashes holds the one liberty that is AWS's: a signature of the
// path with repeated slashes as one is good for the path with them, and a
// signature of repeated slashes is good for nothing else.
func TestRepeatedSlashes(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	v := NewVerifier(testOptions("execute-api", credential))
	sign := func(path string) *signedRequest {
		req, _ := http.NewRequest("GET", "https://a1b2.execute-api.us-east-1.amazonaws.com"+path, nil)
		return sdkSign(t, req, nil, credential, false)
	}
	for _, tt := range []struct {
		signed, sent string
		ok           bool
	}{
		{"/prod/a/b", "/prod//a///b", true},
		{"/prod//a", "/prod//a", true},
		{"/prod//a", "/prod/a", false},
		{"/prod/a/../b", "/prod/a/../b", true},
		{"/prod/b", "/prod/a/../b", false},
		{"/prod/b", "/prod/./b", false},
		{"/prod/b", "/prod/b/", false},
	} {
		s := sign(tt.signed)
		s.path = tt.sent
		if _, err := v.Verify(s.request()); (err == nil) != tt.ok {
			t.Errorf("signed %s, sent %s: %v, want verified %v", tt.signed, tt.sent, err, tt.ok)
		}
	}
}

// reasonOf is the reason of a refusal, 0 for none.
func reasonOf(err error) Reason {
	if e, ok := err.(*Error); ok {
		return e.Reason
	}
	return 0
}
