package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// http2Client is Go's client, which talks HTTP/2 with a door whatever the host.
func http2Client(t *testing.T, in *door) *http.Client {
	t.Helper()
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: in.tls.RootCAs, ServerName: in.tls.ServerName},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, in.address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// request is a signed call for Go's client.
func (c *signedCall) request(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), c.method, "https://"+c.host+c.target, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range c.lines {
		if l[0] != "Content-Length" {
			r.Header.Add(l[0], l[1])
		}
	}
	return r
}

// TestSignedHTTP2 calls a method of AWS_IAM over HTTP/2, whose header has no Host, small
// letters, and a cookie in crumbs: what AWS's signer has signed is let in, and nothing else.
func TestSignedHTTP2(t *testing.T) {
	t.Parallel()
	up := newRecorder(t)
	w, _, secure := newSignatureWorld(t, up.url)
	client := http2Client(t, secure)
	change := func(c *signedCall, name, value string) { *c.line(name) = value }
	for name, tt := range map[string]struct {
		sign   signing
		change func(c *signedCall)
		want   string // the error's type, "" for none
	}{
		"a body":                    {},
		"no body":                   {sign: signing{method: "GET", noBody: true}},
		"a query":                   {sign: signing{target: "/prod/in/a%20b?x=1&x=2&y=%2F&z="}},
		"a cookie in crumbs":        {sign: signing{header: map[string]string{"Cookie": "a=1; b=2; c=3"}}},
		"headers of its own":        {sign: signing{header: map[string]string{"X-Own": "  a   b ", "Content-Type": "application/json"}}},
		"a session":                 {sign: signing{by: "session"}},
		"presigned":                 {sign: signing{presign: true, method: "GET", noBody: true}},
		"a body that is not signed": {sign: signing{header: map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}}},
		"nobody's":                  {change: func(c *signedCall) { c.lines = nil }, want: "MissingAuthenticationTokenException"},
		"a wrong secret":            {sign: signing{secret: "another-secret-of-alice"}, want: "InvalidSignatureException"},
		"another host":              {change: func(c *signedCall) { c.host = "SEC.execute-api.localhost:443" }, want: "InvalidSignatureException"},
		"another body":              {change: func(c *signedCall) { c.body = "[]" }, want: "InvalidSignatureException"},
		"another verb":              {change: func(c *signedCall) { c.method = "PUT" }, want: "InvalidSignatureException"},
		"another path":              {change: func(c *signedCall) { c.target += "y" }, want: "InvalidSignatureException"},
		"another cookie": {sign: signing{header: map[string]string{"Cookie": "a=1; b=2"}},
			change: func(c *signedCall) { change(c, "Cookie", "b=2; a=1") }, want: "InvalidSignatureException"},
		"a session's other token": {sign: signing{by: "session"},
			change: func(c *signedCall) { change(c, "X-Amz-Security-Token", w.sessions["second"].Token) }, want: "UnrecognizedClientException"},
	} {
		t.Run(name, func(t *testing.T) {
			call := w.call(t, &tt.sign)
			if tt.change != nil {
				tt.change(call)
			}
			resp, err := client.Do(call.request(t))
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			got, status := resp.Header.Get("x-amzn-ErrorType"), 403
			if tt.want == "" {
				status = 200
			}
			if resp.ProtoMajor != 2 || resp.StatusCode != status || got != tt.want {
				t.Errorf("got %s %d %s %s, want %d %s", resp.Proto, resp.StatusCode, got, body, status, tt.want)
			}
		})
	}
}
