package main

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// TestHTTPSRedirect sends requests for stages that come without TLS to the same URL under
// it, and serves those of a trusted proxy, the control plane, and what comes under TLS.
func TestHTTPSRedirect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rsaPair(t, dir)
	const tlsOn = "in-memory: true\ngateway-tls-listen: 127.0.0.1:0\ncertificates:\n- {cert: cert.pem, key: key.pem}\n"
	p, c, url := launchWith(t, dir, tlsOn+"https-redirect: 8443\nportal: shop\n")
	namedAPI(t, c, "shop", "")
	ask := func(url, request string) string {
		t.Helper()
		nc := say(t, strings.TrimPrefix(url, "http://"), request)
		defer func() { _ = nc.Close() }()
		resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.Status + " " + resp.Header.Get("Location")
	}
	for request, want := range map[string]string{
		"GET /prod/x%2Fy?a=b HTTP/1.1\r\nHost: shop.execute-api.localhost:80\r\n\r\n":                       "308 Permanent Redirect https://shop.execute-api.localhost:8443/prod/x%2Fy?a=b",
		"POST /prod/x HTTP/1.1\r\nHost: shop.execute-api.localhost\r\nContent-Length: 2\r\n\r\nhi":          "308 Permanent Redirect https://shop.execute-api.localhost:8443/prod/x",
		"GET http://shop.execute-api.localhost/prod/x HTTP/1.1\r\nHost: shop.execute-api.localhost\r\n\r\n": "308 Permanent Redirect https://shop.execute-api.localhost:8443/prod/x",
		"GET /_aws/execute-api/shop/prod/x HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n\r\n": "308 Permanent Redirect https://localhost:8443/_aws/execute-api/shop/prod/x",
		"GET /_aws/execute-api/shop/prod/x HTTP/1.1\r\nHost: [::1]\r\n\r\n":                                 "403 Forbidden ",
		"GET /_gatehouse/docs/shop/prod/ HTTP/1.1\r\nHost: localhost\r\n\r\n":                               "308 Permanent Redirect https://localhost:8443/_gatehouse/docs/shop/prod/",
		"GET /restapis HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n":                     "200 OK ",
	} {
		if got := ask(url, request); got != want {
			t.Errorf("%q: got %s, want %s", request, got, want)
		}
	}
	address := secureLine.FindStringSubmatch(p.printed())[1]
	if got := askSecure(address, "localhost", "shop.execute-api.localhost", "/prod/x", (*issued)(nil).shows()); !strings.HasPrefix(got, "200 shop") {
		t.Errorf("under TLS: %s", got)
	}
	_, c, url = launchWith(t, dir, tlsOn+"https-redirect: 443\ntrusted-proxies: [127.0.0.1]\n")
	namedAPI(t, c, "shop", "")
	if got := ask(url, "GET /prod/x HTTP/1.1\r\nHost: shop.execute-api.localhost\r\n\r\n"); got != "200 OK " {
		t.Errorf("a trusted proxy: %s", got)
	}
}
