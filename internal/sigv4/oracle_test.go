package sigv4

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A signedRequest is a request that the SDK signed, as it goes over the wire.
type signedRequest struct {
	method, path, query, host string
	headers                   [][2]string
	body                      []byte
}

func (s *signedRequest) request() *Request {
	return &Request{Method: s.method, Path: s.path, Query: s.query, Host: s.host, Region: testRegion, Header: seq(s.headers), Body: s.body}
}

func (s *signedRequest) clone() *signedRequest {
	c := *s
	c.headers = append([][2]string(nil), s.headers...)
	c.body = append([]byte(nil), s.body...)
	return &c
}

// sdkSign signs a request with the SDK.
func sdkSign(t testing.TB, req *http.Request, body []byte, credential Credential, presign bool) *signedRequest {
	t.Helper()
	sum := sha256.Sum256(body)
	return sdkSignBody(t, req, body, hex.EncodeToString(sum[:]), credential, presign)
}

// sdkSignBody signs a request with the SDK, with hash for that of the body.
func sdkSignBody(t testing.TB, req *http.Request, body []byte, hash string, credential Credential, presign bool) *signedRequest {
	t.Helper()
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: credential.SecretAccessKey, SessionToken: credential.SessionToken}
	signer := v4.NewSigner()
	req.ContentLength = int64(len(body))
	out := &signedRequest{method: req.Method, host: req.Host, body: body}
	if presign {
		target, header, err := signer.PresignHTTP(context.Background(), creds, req, hash, "execute-api", testRegion, testTime)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		out.path, out.query = u.EscapedPath(), u.RawQuery
		req.Header = header
	} else {
		if err := signer.SignHTTP(context.Background(), creds, req, hash, "execute-api", testRegion, testTime); err != nil {
			t.Fatal(err)
		}
		out.path, out.query = req.URL.EscapedPath(), req.URL.RawQuery
		if len(body) > 0 {
			req.Header.Set("Content-Length", fmt.Sprint(len(body)))
		}
	}
	for name, values := range req.Header {
		for _, v := range values {
			if name != "Host" {
				out.headers = append(out.headers, [2]string{name, v})
			}
		}
	}
	return out
}

// text makes a text of up to n characters of an alphabet that is rich in what
// needs care.
func text(rng *rand.Rand, n int) string {
	alphabet := []rune("abcXYZ019-._~ /:+%&=?#*()[]{}@!$',;\"<>|\\^`éü漢𝄞")
	var b strings.Builder
	for range rng.IntN(n + 1) {
		b.WriteRune(alphabet[rng.IntN(len(alphabet))])
	}
	return b.String()
}

// generate makes a request for the SDK to sign.
func generate(t testing.TB, rng *rand.Rand) (*http.Request, []byte) {
	t.Helper()
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	path := "/prod"
	for range rng.IntN(4) {
		path += "/" + text(rng, 6)
	}
	u := &url.URL{Scheme: "https", Host: "a1b2c3.execute-api.us-east-1.amazonaws.com", Path: path}
	if rng.IntN(2) == 0 { // as SDKs encode a label, slashes included
		label := text(rng, 6)
		u.RawPath = u.EscapedPath() + "/" + url.PathEscape(label)
		u.Path += "/" + label
	}
	query := url.Values{}
	for range rng.IntN(4) {
		key := text(rng, 4)
		for range rng.IntN(3) {
			query.Add(key, text(rng, 6))
		}
	}
	u.RawQuery = query.Encode()
	var body []byte
	if rng.IntN(2) == 0 {
		body = []byte(text(rng, 40))
	}
	req, err := http.NewRequest(methods[rng.IntN(len(methods))], u.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rng.IntN(4) {
		name := fmt.Sprintf("X-Some-%d", i)
		for range 1 + rng.IntN(2) {
			req.Header.Add(name, strings.TrimSpace(text(rng, 8)+"  "+text(rng, 3)))
		}
	}
	return req, body
}

// TestSDKSignatures verifies what the SDK signs, in both forms, with and
// without a session token.
func TestSDKSignatures(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 600 {
		req, body := generate(t, rng)
		credential := Credential{SecretAccessKey: testSecret}
		if i%3 == 0 {
			credential.SessionToken = "FwoGZXIvYXdzE//+=token"
		}
		presign := i%2 == 0
		if presign && i%4 == 0 {
			q := req.URL.Query()
			q.Set("X-Amz-Expires", "900")
			req.URL.RawQuery = q.Encode()
		}
		s := sdkSign(t, req, body, credential, presign)
		v := NewVerifier(testOptions("execute-api", credential))
		if _, err := v.Verify(s.request()); err != nil {
			t.Fatalf("%d: %s %s?%s %q: %v", i, s.method, s.path, s.query, s.headers, err)
		}
	}
}

func TestUnsignedPayload(t *testing.T) {
	req, _ := http.NewRequest("POST", "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod", nil)
	req.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, req, "UNSIGNED-PAYLOAD", "execute-api", testRegion, testTime); err != nil {
		t.Fatal(err)
	}
	s := &signedRequest{method: "POST", path: "/prod", host: req.Host, body: []byte("any")}
	for name := range req.Header {
		s.headers = append(s.headers, [2]string{name, req.Header.Get(name)})
	}
	v := NewVerifier(testOptions("execute-api", Credential{SecretAccessKey: testSecret}))
	r := s.request()
	if _, err := v.Verify(r); reasonOf(err) != WrongSignature {
		t.Errorf("not allowed: %v, want a wrong signature", err)
	}
	r.Protected = true
	if _, err := v.Verify(r); err != nil {
		t.Errorf("allowed: %v", err)
	}
}

// TestBodyHash verifies with a hash that the caller has, and only if it is the
// body's.
func TestBodyHash(t *testing.T) {
	req, _ := http.NewRequest("POST", "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod", nil)
	credential := Credential{SecretAccessKey: testSecret}
	s := sdkSign(t, req, []byte("body"), credential, false)
	v := NewVerifier(testOptions("execute-api", credential))
	r := s.request()
	sum := sha256.Sum256(r.Body)
	r.Body, r.BodyHash = nil, hex.EncodeToString(sum[:])
	if _, err := v.Verify(r); err != nil {
		t.Error(err)
	}
	r.BodyHash = EmptyBody
	if _, err := v.Verify(r); reasonOf(err) != WrongSignature {
		t.Errorf("other hash: %v, want a wrong signature", err)
	}
}

// TestConcurrent verifies good and bad requests at once, so that the race
// detector sees what is shared and a mixed-up scratch shows.
func TestConcurrent(t *testing.T) {
	credential := Credential{SecretAccessKey: testSecret}
	v := NewVerifier(testOptions("execute-api", credential))
	rng := rand.New(rand.NewPCG(3, 4))
	var requests []*signedRequest
	for range 8 {
		req, body := generate(t, rng)
		requests = append(requests, sdkSign(t, req, body, credential, false))
	}
	for i := range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for n := range 200 {
				s := requests[(n+i)%len(requests)]
				if n%2 == 1 {
					s = s.clone()
					s.method += "X"
				}
				if _, err := v.Verify(s.request()); (err == nil) != (n%2 == 0) {
					t.Fatalf("%s %s: %v", s.method, s.path, err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	credential := Credential{SecretAccessKey: testSecret}
	req, _ := http.NewRequest("POST", "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod/orders/17?expand=lines&limit=25", nil)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	for name, presign := range map[string]bool{"header": false, "presigned": true} {
		b.Run(name, func(b *testing.B) {
			r := sdkSign(b, req.Clone(context.Background()), []byte(`{"quantity": 3}`), credential, presign).request()
			v := NewVerifier(testOptions("execute-api", credential))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScopeOf(b *testing.B) {
	req, _ := http.NewRequest("GET", "https://a1b2c3.execute-api.us-east-1.amazonaws.com/prod", nil)
	r := sdkSign(b, req, nil, Credential{SecretAccessKey: testSecret}, false).request()
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ScopeOf(r); !ok {
			b.Fatal("no scope")
		}
	}
}

// at is the time of the tests, moved.
func at(d time.Duration) func() time.Time {
	return func() time.Time { return testTime.Add(d) }
}
