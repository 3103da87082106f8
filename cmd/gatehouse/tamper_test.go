package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// A rawRequest is a request as it goes over the wire.
type rawRequest struct {
	method, path, query string
	headers             [][2]string
	body                string
}

func (r *rawRequest) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s?%s HTTP/1.1\r\n", r.method, r.path, r.query)
	for _, h := range r.headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	return b.String() + "\r\n" + r.body
}

// signRaw signs a POST as an SDK does, in a header or in the query.
func signRaw(t *testing.T, target, body string, presign bool) *rawRequest {
	t.Helper()
	req, err := http.NewRequest("POST", target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	credential := aws.Credentials{AccessKeyID: aliceKey, SecretAccessKey: aliceSecret, SessionToken: "a//+=="}
	hash, now := hex.EncodeToString(sum[:]), time.Now()
	if presign {
		signed, header, err := v4.NewSigner().PresignHTTP(context.Background(), credential, req, hash, "apigateway", "us-east-1", now)
		if err != nil {
			t.Fatal(err)
		}
		if req.URL, err = url.Parse(signed); err != nil {
			t.Fatal(err)
		}
		req.Header = header
	} else {
		req.Header.Set("Content-Type", "application/json")
		if err := v4.NewSigner().SignHTTP(context.Background(), credential, req, hash, "apigateway", "us-east-1", now); err != nil {
			t.Fatal(err)
		}
	}
	out := &rawRequest{method: "POST", path: req.URL.EscapedPath(), query: req.URL.RawQuery, body: body}
	req.Header.Set("Host", req.URL.Host)
	req.Header.Set("Content-Length", strconv.Itoa(len(body)))
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		out.headers = append(out.headers, [2]string{name, req.Header.Get(name)})
	}
	return out
}

// flips yields texts that differ from s in one place: bits of each byte
// flipped, each byte gone, and bytes put in between.
func flips(s string, yield func(string)) {
	for i := range len(s) {
		for _, bit := range []byte{1, 2, 0x20, 0x80} {
			yield(s[:i] + string([]byte{s[i] ^ bit}) + s[i+1:])
		}
		yield(s[:i] + s[i+1:])
		for _, c := range []string{"a", "/", "&", ","} {
			yield(s[:i] + c + s[i:])
		}
	}
}

// eachTampered yields r with one change to its method, path, query, header or
// body. Other spellings of the same are left out: they may get in.
func eachTampered(r *rawRequest, yield func(what, raw string)) {
	change := func(what string, f func(*rawRequest)) {
		c := *r
		c.headers = slices.Clone(r.headers)
		f(&c)
		yield(what, c.String())
	}
	flips(r.method, func(s string) { change("method", func(c *rawRequest) { c.method = s }) })
	flips(r.path, func(s string) {
		if strings.ReplaceAll(s, "//", "/") != r.path { // AWS takes repeated slashes as one
			change("path", func(c *rawRequest) { c.path = s })
		}
	})
	meaning, _ := url.ParseQuery(r.query)
	flips(r.query, func(s string) {
		if q, err := url.ParseQuery(s); err != nil || !reflect.DeepEqual(q, meaning) {
			change("query", func(c *rawRequest) { c.query = s })
		}
	})
	flips(r.body, func(s string) { change("body", func(c *rawRequest) { c.body = s }) })
	for i, h := range r.headers {
		flips(h[0], func(s string) {
			if !strings.EqualFold(s, h[0]) {
				change("name "+h[0], func(c *rawRequest) { c.headers[i][0] = s })
			}
		})
		flips(h[1], func(s string) {
			if !slices.Equal(fieldsOf(h[0], s), fieldsOf(h[0], h[1])) {
				change("value of "+h[0], func(c *rawRequest) { c.headers[i][1] = s })
			}
		})
		change("without "+h[0], func(c *rawRequest) { c.headers = slices.Delete(c.headers, i, i+1) })
		if h[0] != "Content-Length" { // a length that is said twice is the same length
			change("twice "+h[0], func(c *rawRequest) { c.headers = append(c.headers, h) })
		}
	}
	change("another x-amz header", func(c *rawRequest) { c.headers = append(c.headers, [2]string{"X-Amz-Meta", "1"}) })
}

// fieldsOf is what counts of a header's value: not the white space around it
// and between its parts, and not what stands between an authorization's fields.
func fieldsOf(name, value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' && name == "Authorization" })
}

// send writes a request that ends the connection's sending side, and returns
// the statuses of all that is answered.
func send(address, raw string) ([]int, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(nc, raw); err == nil { // an early refusal may have closed it
		_ = nc.(*net.TCPConn).CloseWrite()
	}
	var statuses []int
	for r := bufio.NewReader(nc); ; {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses, nil
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			return statuses, err
		}
		statuses = append(statuses, resp.StatusCode)
	}
}

// outside are the statuses of answers from before an operation.
var outside = []int{400, 403, 405, 413, 414, 417, 431, 501, 505}

// TestTamperedRequests changes every part of signed requests and sends them to
// a server: it answers none from inside, and what they ask for is not done.
func TestTamperedRequests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.yaml")
	if err := os.WriteFile(keys, []byte(credentialText("  sessionToken: a//+==")), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, base := launchWith(t, dir, "in-memory: true\ncredentials: "+keys+"\n", "--log-level", "error")
	c := signedClient(base, "us-east-1", aliceKey, aliceSecret, "a//+==")
	api, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	target := base + "/restapis/" + *api.Id + "/requestvalidators?b=2&a=1%202&a=%2B&e=&X-Amz-Expires=300"
	for name, presign := range map[string]bool{"header": false, "presigned": true} {
		t.Run(name, func(t *testing.T) {
			signed := signRaw(t, target, `{"name": "a", "validateRequestBody": false}`, presign)
			count := func() int {
				out, err := c.GetRequestValidators(t.Context(), &apigateway.GetRequestValidatorsInput{RestApiId: api.Id, Limit: aws.Int32(500)})
				if err != nil {
					t.Fatal(err)
				}
				return len(out.Items)
			}
			before := count()
			address := strings.TrimPrefix(base, "http://")
			if got, err := send(address, signed.String()); err != nil || !slices.Equal(got, []int{201}) || count() != before+1 {
				t.Fatalf("untouched: %v, %v", got, err)
			}
			tried := sendTampered(t, address, signed)
			if after := count(); after != before+1 {
				t.Errorf("%d validators were made", after-before-1)
			}
			if tried < 4000 {
				t.Errorf("tried only %d", tried)
			}
		})
	}
}

// sendTampered sends what eachTampered yields, over a few connections at a
// time.
func sendTampered(t *testing.T, address string, signed *rawRequest) (tried int) {
	type attempt struct{ what, raw string }
	attempts := make(chan attempt)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for a := range attempts {
				got, err := send(address, a.raw)
				in := slices.ContainsFunc(got, func(status int) bool { return !slices.Contains(outside, status) })
				if err != nil || in || len(got) == 0 {
					t.Errorf("%s: %v, %v\n%q", a.what, got, err, a.raw)
				}
			}
		})
	}
	eachTampered(signed, func(what, raw string) {
		if raw != signed.String() {
			tried++
			attempts <- attempt{what, raw}
		}
	})
	close(attempts)
	workers.Wait()
	return tried
}
