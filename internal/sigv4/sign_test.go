package sigv4

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A signCase is a request to sign, and what for.
type signCase struct {
	method, path, query, host string
	headers                   [][2]string
	body, hash, token         string
	region, service           string
}

// sign signs with the Signer under test.
func (c *signCase) sign(s *Signer) Signed {
	r := &Request{Method: c.method, Path: c.path, Query: c.query, Host: c.host, Header: seq(c.headers), Body: []byte(c.body), BodyHash: c.hash}
	return s.Sign(r, testKey, &Credential{SecretAccessKey: testSecret, SessionToken: c.token}, Target{c.region, c.service}, testTime)
}

// judge signs with the SDK, which is given the lines that signatures here cover
// and, for S3, the path in the one encoding that it should have.
func (c *signCase) judge(t testing.TB, got Signed) (authorization, query string) {
	t.Helper()
	req := &http.Request{Method: c.method, Host: c.host, Header: http.Header{"X-Amz-Content-Sha256": {got.ContentSHA256}}}
	req.URL = opaqueURL(c.path, c.query)
	if c.service == "s3" {
		req.URL.Opaque = "//h" + escapedOnce(c.path)
	}
	for _, h := range c.headers {
		name := strings.ToLower(h[0])
		if (strings.HasPrefix(name, "x-amz-") && name != "x-amz-" || name == "content-type") && name != "x-amz-content-sha256" {
			req.Header.Add(name, h[1])
		}
	}
	keys := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: c.token}
	err := v4.NewSigner().SignHTTP(context.Background(), keys, req, got.ContentSHA256, c.service, c.region, testTime,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = c.service == "s3" })
	if err != nil {
		t.Fatal(err)
	}
	if date := req.Header.Get("X-Amz-Date"); date != got.Date {
		t.Errorf("date %s, want %s", got.Date, date)
	}
	return req.Header.Get("Authorization"), req.URL.RawQuery
}

func (c *signCase) check(t testing.TB, s *Signer) {
	t.Helper()
	got := c.sign(s)
	authorization, query := c.judge(t, got)
	if got.Authorization != authorization || got.Query != query {
		t.Errorf("%+v:\ngot  %s\n     %q\nwant %s\n     %q", c, got.Authorization, got.Query, authorization, query)
	}
	path := c.path
	if c.service == "s3" {
		path = escapedOnce(path)
	}
	if got.Path != path {
		t.Errorf("%+v: path %q, want %q", c, got.Path, path)
	}
}

func TestSign(t *testing.T) {
	const empty, hello = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	base := signCase{method: "POST", path: "/", host: "lambda.us-east-1.amazonaws.com", region: "us-east-1", service: "lambda"}
	tests := map[string]func(c *signCase){
		"plain":                     func(*signCase) {},
		"session token":             func(c *signCase) { c.token = "FwoGZXIvYXdzE//+=token" },
		"other region and service":  func(c *signCase) { c.region, c.service = "eu-central-1", "execute-api" },
		"body":                      func(c *signCase) { c.body = "hello" },
		"binary body":               func(c *signCase) { c.body = "\x00\xff\r\n\x80" },
		"hash for the body":         func(c *signCase) { c.hash = hello },
		"port":                      func(c *signCase) { c.host = "127.0.0.1:5000" },
		"no path":                   func(c *signCase) { c.path = "" },
		"path with escapes":         func(c *signCase) { c.path = "/a%20b/%2F/%zz%4/c:d/(e)/é//f/../~" },
		"ARN in the path":           func(c *signCase) { c.path = "/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations" },
		"query":                     func(c *signCase) { c.query = "b=2&a=2&a=1&é=%C3%A9&plus=+&space=%20&slash=/&none&=x&&" },
		"query sorted once encoded": func(c *signCase) { c.query = "a=a/b&a=a-b&a/=1&a-=1" },
		"query in part unreadable":  func(c *signCase) { c.query = "a=%zz&b=1;2&%=1&c=%4&d=1" },
		"content type":              func(c *signCase) { c.headers = [][2]string{{"content-TYPE", "application/x-amz-json-1.1"}} },
		"lines not covered": func(c *signCase) {
			c.headers = [][2]string{{"Accept", "*/*"}, {"X-Amzn-Trace-Id", "Root=1"}, {"User-Agent", "u"}, {"Authorization", "Bearer x"}, {"X-Amz-", "short"}, {"Host", "other"}}
		},
		"runs of blanks": func(c *signCase) {
			c.headers = [][2]string{{"X-Amz-A", "  a   b \t  c\t\td  "}, {"X-Amz-B", "   "}, {"X-Amz-C", ""}, {"X-Amz-D", "\ta  "}}
		},
		"lines of one name": func(c *signCase) {
			c.headers = [][2]string{{"X-Amz-B", "2"}, {"x-amz-a", "0"}, {"x-amz-b", "1"}, {"X-AMZ-B", " 3 "}}
		},
		"names that begin alike": func(c *signCase) {
			c.headers = [][2]string{{"X-Amz-Ab", "2"}, {"X-Amz-A_", "1"}, {"X-Amz-A", "1"}, {"X-Amz-A-B", "3"}}
		},
		"lines of the signer": func(c *signCase) {
			c.headers, c.token = [][2]string{{"X-Amz-Date", "old"}, {"x-amz-content-sha256", "old"}, {"X-Amz-Security-Token", "old"}, {"X-Amz-Target", "T"}}, "token"
		},
		"a token of the caller's own": func(c *signCase) { c.headers = [][2]string{{"X-Amz-Security-Token", "own"}} },
		"S3":                          func(c *signCase) { c.service, c.path = "s3", "/bucket/a%20b/c(d)%2f%C3%A9~'/%zz%/é" },
		"S3, root":                    func(c *signCase) { c.service = "s3" },
		"S3, no path":                 func(c *signCase) { c.service, c.path = "s3", "" },
		"S3, unsigned payload":        func(c *signCase) { c.service, c.hash, c.body = "s3", "UNSIGNED-PAYLOAD", "any" },
	}
	var s Signer
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			c := base
			change(&c)
			c.check(t, &s)
		})
	}
	c := base
	if got := c.sign(&s); got.ContentSHA256 != empty {
		t.Errorf("an empty body's hash is %s", got.ContentSHA256)
	}
	c.body = "hello"
	if got := c.sign(&s); got.ContentSHA256 != hello {
		t.Errorf("the body's hash is %s", got.ContentSHA256)
	}
}

// TestSignMany signs what the SDK signs to be verified, for many services, with
// one Signer.
func TestSignMany(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	services := []string{"lambda", "s3", "sqs", "dynamodb", "execute-api", "sns", "states"}
	var s Signer
	for range 600 {
		req, body := generate(t, rng)
		c := signCase{method: req.Method, path: req.URL.EscapedPath(), query: req.URL.RawQuery, host: req.Host, body: string(body),
			region: "eu-west-1", service: services[rng.IntN(len(services))]}
		for name, values := range req.Header {
			for _, v := range values {
				c.headers = append(c.headers, [2]string{strings.Replace(name, "X-", "X-Amz-", 1), v})
			}
		}
		c.check(t, &s)
	}
}

// What is signed verifies here, but for S3's path.
func TestSignVerifies(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret, SessionToken: "token"}
	v := NewVerifier(testOptions("execute-api", credential))
	r := &Request{Method: "PUT", Path: "/prod/a%20b//c", Query: "b&a=%2f", Host: "h", Body: []byte("x")}
	signed := new(Signer).Sign(r, testKey, &credential, Target{testRegion, "execute-api"}, testTime)
	r.Query = signed.Query
	r.Header = seq([][2]string{{"X-Amz-Date", signed.Date}, {"X-Amz-Content-Sha256", signed.ContentSHA256}, {"X-Amz-Security-Token", "token"}, {"Authorization", signed.Authorization}})
	if _, err := v.Verify(r); err != nil {
		t.Error(err)
	}
}

// The keys kept are bounded, and those of another day go.
func TestSigningKeys(t *testing.T) {
	var s Signer
	sign := func(secret string, at time.Time) string {
		return s.Sign(&Request{Method: "GET", Host: "h"}, testKey, &Credential{SecretAccessKey: secret}, Target{testRegion, "sqs"}, at).Authorization
	}
	first := sign("0", testTime)
	for i := range maxKeys + 10 {
		sign(fmt.Sprint(i), testTime)
		if n := len(s.keys.keys); n > maxKeys {
			t.Fatalf("%d keys are kept", n)
		}
	}
	if again := sign("0", testTime); again != first {
		t.Errorf("signed %s, then %s", first, again)
	}
	if tomorrow := sign("0", testTime.AddDate(0, 0, 1)); tomorrow == first {
		t.Error("the key of a day signs on the next")
	}
}

// The keys of a date stay when those of others come, as they do where somebody calls with
// a URL that was presigned yesterday, and go when they are the oldest of too many.
func TestKeysOfDates(t *testing.T) {
	var c keyCache
	on := func(day int) *Scope {
		return &Scope{Date: testTime.AddDate(0, 0, day).Format("20060102"), Region: testRegion, Service: "sqs"}
	}
	kept := func(day int) bool { _, ok := c.get("s", on(day)); return ok }
	for day := range maxDates {
		c.put("s", on(-day), newSigningKey(nil))
		c.put("t", on(-day), newSigningKey(nil))
	}
	for day := range maxDates {
		if !kept(-day) {
			t.Errorf("the key of %d days ago went", day)
		}
	}
	c.put("s", on(-maxDates), newSigningKey(nil))
	if kept(-maxDates) || !kept(0) || !kept(1-maxDates) {
		t.Error("a key that is too old was kept, or others went for it")
	}
	c.put("s", on(1), newSigningKey(nil))
	if !kept(1) || !kept(0) || kept(1-maxDates) {
		t.Error("the keys of the oldest date stayed, or others went")
	}
	if len(c.keys) != 2*(maxDates-1)+1 || len(c.dates) != maxDates {
		t.Errorf("%d keys of %v", len(c.keys), c.dates)
	}
}

// TestSignConcurrently lets the race detector see what calls share.
func TestSignConcurrently(t *testing.T) {
	var s Signer
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 200 {
				c := signCase{method: "POST", path: fmt.Sprintf("/%d/%d", i, n), host: "h", body: fmt.Sprint(n), region: fmt.Sprint(n % 3), service: "sqs"}
				c.check(t, &s)
			}
		})
	}
	wg.Wait()
}

// FuzzSign compares with the SDK. What Go takes for space around a value and
// HTTP does not is left out.
func FuzzSign(f *testing.F) {
	f.Add("/a%20b//é", "b=1&a=+;&%zz", "a  b", "X-Amz-A", "token", []byte("\x00"), true)
	f.Add("/%2f%", "=&a=/&a=-", " \t ", "content-type", "", []byte(nil), false)
	var s Signer
	f.Fuzz(func(t *testing.T, path, query, value, name, token string, body []byte, s3 bool) {
		if strings.TrimSpace(value) != strings.Trim(value, " \t") || strings.TrimSpace(token) != strings.Trim(token, " \t") ||
			!validName(name) || strings.Contains(path, "?") || strings.Count(query, "&") > 1000 {
			t.Skip()
		}
		c := signCase{method: "PUT", path: "/" + path, query: query, host: "h", body: string(body), token: token, region: "r", service: "sqs",
			headers: [][2]string{{name, value}, {"X-Amz-A", "z"}, {strings.ToUpper(name), "2"}}}
		if s3 {
			c.service = "s3"
		}
		c.check(t, &s)
	})
}

func BenchmarkSign(b *testing.B) {
	var s Signer
	credential := &Credential{SecretAccessKey: testSecret, SessionToken: "token"}
	r := &Request{Method: "POST", Path: "/2015-03-31/functions/f/invocations", Host: "lambda.us-east-1.amazonaws.com", Body: make([]byte, 1500),
		Header: seq([][2]string{{"Content-Type", "application/json"}, {"Accept", "*/*"}, {"X-Amz-Source-Arn", "arn:aws:execute-api:us-east-1:1:a/b/GET/"}})}
	b.ReportAllocs()
	for b.Loop() {
		s.Sign(r, testKey, credential, Target{testRegion, "lambda"}, testTime)
	}
}
