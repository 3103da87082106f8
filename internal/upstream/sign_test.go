package upstream

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// known are callers of one key.
type known struct{ verifier *sigv4.Verifier }

func newKnown(id, secret string) *known {
	return &known{sigv4.NewVerifier(sigv4.Options{Forwards: true, Lookup: func(key, _ string) (sigv4.Credential, bool) {
		return sigv4.Credential{SecretAccessKey: secret}, key == id
	}})}
}

func (k *known) request(r *http.Request) *sigv4.Request {
	path, query := sentTarget(r)
	return &sigv4.Request{Method: r.Method, Path: path, Query: query, Host: r.Host, Header: lines(r.Header)}
}

func (k *known) Claim(r *http.Request) (*sigv4.Claim, error) {
	claim, err := k.verifier.Claim(k.request(r))
	if err != nil {
		return nil, &wire.Error{Status: 403, Type: "SignatureDoesNotMatch", Message: err.Error()}
	}
	return claim, nil
}

func (k *known) Caller(_ *http.Request, scope sigv4.Scope, _ string) (*wire.Caller, error) {
	if scope.Region == "eu-west-3" {
		return nil, wire.AccessDenied("%s", "not there")
	}
	return &wire.Caller{Account: "000000000000", Principal: scope.AccessKeyID}, nil
}

// request is one that its caller has signed.
func request(t *testing.T, url, host, service, region, declared string, presign bool, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPut, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if req.Host = host; declared != "" && !presign {
		req.Header.Set("X-Amz-Content-Sha256", declared)
	}
	payload := declared
	if payload == "" {
		sum := sha256.Sum256([]byte(body))
		payload = hex.EncodeToString(sum[:])
	}
	key, signer := aws.Credentials{AccessKeyID: "CALLER", SecretAccessKey: "caller's"}, v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if !presign {
		if err := signer.SignHTTP(context.Background(), key, req, payload, service, region, time.Now()); err != nil {
			t.Fatal(err)
		}
		return req
	}
	q := req.URL.Query()
	q.Set("X-Amz-Expires", "60")
	req.URL.RawQuery = q.Encode()
	uri, _, err := signer.PresignHTTP(context.Background(), key, req, payload, service, region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	out, err := http.NewRequest(http.MethodPut, uri, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	out.Host = host
	return out
}

// Calls are signed anew, with what their callers said of the body, and the upstream's
// verifier believes them; what cannot be signed anew is refused.
func TestSign(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("body"))
	hashed, otherBody := hex.EncodeToString(sum[:]), strings.Repeat("0", 64)
	for name, tt := range map[string]struct {
		service, region, declared, path, host string
		presign                               bool
		want                                  string // of the upstream: service, region, payload and host
		refused                               string
	}{
		"JSON":           {service: "dynamodb", region: "eu-west-1", path: "/", want: "dynamodb eu-west-1 " + hashed + " UP"},
		"a hash":         {service: "s3", region: "us-east-1", declared: hashed, path: "/b/a%20key//x?acl", want: "s3 us-east-1 " + hashed + " UP"},
		"unsigned":       {service: "s3", region: "us-east-1", declared: "UNSIGNED-PAYLOAD", path: "/b/k", want: "s3 us-east-1 UNSIGNED-PAYLOAD UP"},
		"trailer":        {service: "s3", region: "us-east-1", declared: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", path: "/b/k", want: "s3 us-east-1 STREAMING-UNSIGNED-PAYLOAD-TRAILER UP"},
		"presigned":      {service: "s3", region: "us-east-1", declared: "UNSIGNED-PAYLOAD", path: "/b/k?versionId=1", presign: true, want: "s3 us-east-1 UNSIGNED-PAYLOAD UP"},
		"a signed chunk": {service: "s3", region: "us-east-1", declared: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", path: "/b/k", refused: "NotImplemented: A body in chunks that are signed"},
		"not allowed":    {service: "s3", region: "eu-west-3", declared: hashed, path: "/b/k", refused: "AccessDeniedException: not there"},
		"another body":   {service: "s3", region: "us-east-1", declared: otherBody, path: "/b/k", refused: "InvalidSignatureException: The body is not the one that was signed."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up, told := newKnown("SERVER", "server's"), make(chan string, 1)
			at := backend(t, func(_ http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != "body" {
					told <- "a part"
					return
				}
				claim, err := up.verifier.Claim(up.request(r))
				if err != nil {
					told <- err.Error()
					return
				}
				s := claim.Scope()
				told <- s.Service + " " + s.Region + " " + claim.Payload() + " " + r.Host
			})
			url, _, _ := front(t, Options{URL: at, Callers: newKnown("CALLER", "caller's"), Sign: &Signing{Credentials: func(context.Context) (string, sigv4.Credential, error) {
				return "SERVER", sigv4.Credential{SecretAccessKey: "server's"}, nil
			}}})
			resp, err := http.DefaultClient.Do(request(t, url+tt.path, strings.TrimPrefix(url, "http://"), tt.service, tt.region, tt.declared, tt.presign, "body"))
			if err != nil {
				t.Fatal(err)
			}
			answer, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if tt.refused != "" {
				if !strings.Contains(string(answer), tt.refused) {
					t.Errorf("got %s %s", resp.Status, answer)
				}
				if tt.declared == otherBody && <-told != "a part" {
					t.Error("the upstream has all of it")
				}
				return
			}
			if want := strings.Replace(tt.want, "UP", strings.TrimPrefix(at, "http://"), 1); resp.StatusCode != 200 {
				t.Errorf("got %s %s", resp.Status, answer)
			} else if got := <-told; got != want {
				t.Errorf("the upstream has %s, want %s", got, want)
			}
		})
	}
}

// Who has no key is not passed on, and neither is who has the region of another.
func TestStrangers(t *testing.T) {
	t.Parallel()
	at := backend(t, func(http.ResponseWriter, *http.Request) { t.Error("it came through") })
	url, _, _ := front(t, Options{URL: at, Callers: newKnown("SOMEBODY", "else")})
	host := strings.TrimPrefix(url, "http://")
	for name, req := range map[string]*http.Request{
		"a stranger":  request(t, url+"/b/k", host, "s3", "us-east-1", "", false, "x"),
		"presigned":   request(t, url+"/b/k", host, "s3", "us-east-1", "UNSIGNED-PAYLOAD", true, "x"),
		"not signed":  httptest.NewRequest(http.MethodGet, url+"/b/k", nil),
		"a long body": request(t, url+"/b/k", host, "sqs", "us-east-1", "", false, strings.Repeat("x", maxWhole+1)),
	} {
		req.RequestURI = ""
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(name, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}

// Who is not known takes no place from those who are.
func TestStrangersTakeNoPlace(t *testing.T) {
	t.Parallel()
	at := backend(t, func(http.ResponseWriter, *http.Request) { t.Error("it came through") })
	url, _, _ := frontWith(t, Options{URL: at, Callers: newKnown("CALLER", "caller's")}, func(s *Server) {
		for len(s.places) < maxCalls {
			s.places <- struct{}{}
		}
	})
	host := strings.TrimPrefix(url, "http://")
	stranger := request(t, url+"/", host, "sqs", "us-east-1", "", false, "x")
	stranger.Header.Set("Authorization", strings.Replace(stranger.Header.Get("Authorization"), "CALLER", "NOBODY", 1))
	for want, req := range map[int]*http.Request{http.StatusForbidden: stranger, http.StatusServiceUnavailable: request(t, url+"/", host, "sqs", "us-east-1", "", false, "x")} {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("got %s, want %d", resp.Status, want)
		}
	}
}

// A body that had to be read is sent with its length, one of no bytes as none.
func TestLengthIsTold(t *testing.T) {
	t.Parallel()
	told := make(chan string, 1)
	at := backend(t, func(_ http.ResponseWriter, r *http.Request) { told <- fmt.Sprint(r.ContentLength, r.TransferEncoding) })
	url, _, _ := front(t, Options{URL: at, Callers: newKnown("CALLER", "caller's")})
	for body, want := range map[string]string{"": "0 []", "{}": "2 []"} {
		resp, err := http.DefaultClient.Do(request(t, url+"/", strings.TrimPrefix(url, "http://"), "eks", "us-east-1", "", false, body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%q: %s", body, resp.Status)
		} else if got := <-told; got != want {
			t.Errorf("%q: the upstream is told of %s, want %s", body, got, want)
		}
	}
}

// A transport that still sends the body of a call that has ended gets no more of it: the
// memory is another call's.
func TestBodyEndsWithItsCall(t *testing.T) {
	t.Parallel()
	whole, err := httpmsg.NewBudget(1<<20).ReadBody(strings.NewReader("body"), 4, 10)
	if err != nil {
		t.Fatal(err)
	}
	c := &call{whole: whole}
	body := c.body()
	if _, err := io.ReadFull(body, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	c.end()
	if rest, err := io.ReadAll(body); len(rest) != 0 || err == nil {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestBucketOf(t *testing.T) {
	for host, want := range map[string]string{
		"b.s3.localhost:4566": "b", "a.b.s3.eu-west-1.amazonaws.com": "a.b", "b.s3-eu-west-1.amazonaws.com": "b", "b.localhost:4566": "b",
		"localhost:4566": "", "127.0.0.1:4566": "", "s3.localhost:4566": "", "s3.amazonaws.com": "", "[::1]:4566": "", "": "",
	} {
		if got := bucketOf(host); got != want {
			t.Errorf("%s: got %q, want %q", host, got, want)
		}
	}
}

// The last byte of a body comes only behind the check of all.
func TestChecked(t *testing.T) {
	for _, body := range []string{"", "a", "ab", strings.Repeat("abc", 10_000)} {
		sum := sha256.Sum256([]byte(body))
		for want, ok := range map[string]bool{hex.EncodeToString(sum[:]): true, strings.Repeat("0", 64): false} {
			for size := range 4 {
				told := false
				b := &checked{from: bufio.NewReader(iotest.OneByteReader(strings.NewReader(body))), sum: sha256.New(), want: want, wrong: func() { told = true }}
				var got bytes.Buffer
				_, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{b}, make([]byte, 1<<(size*5)))
				if ok && (got.String() != body || err != nil || told) || !ok && (!errors.Is(err, errChanged) || !told || len(body) > 0 && got.Len() >= len(body)) {
					t.Errorf("%d bytes in pieces: got %d, %v", len(body), got.Len(), err)
				}
			}
		}
	}
}
