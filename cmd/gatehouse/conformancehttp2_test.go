package main

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// TestConformanceHTTP2 is what a client of HTTP/2 changes: events show header
// names in lower case, the protocol stays HTTP/1.1, and answers have no headers
// of a connection.
func TestConformanceHTTP2(t *testing.T) {
	r := newConformanceRig(t)
	cases := []conformanceCase{{method: ofFunction()}}
	r.deploy(t, cases)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.roots, ServerName: "localhost"}, ForceAttemptHTTP2: true}}
	t.Cleanup(client.CloseIdleConnections)
	req, err := http.NewRequest("GET", "https://"+r.secure+cases[0].at.fill("{x}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = cases[0].at.fill("{host}")
	req.Header.Set("X-Mixed", "1")
	r.backend.expect(`{"statusCode": 201, "headers": {"X-Answer": "1", "Connection": "close"}, "body": "made"}`)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.ProtoMajor != 2 || resp.StatusCode != 201 || string(body) != "made" {
		t.Errorf("%s %d %s (%v)", resp.Proto, resp.StatusCode, body, err)
	}
	if h := resp.Header; h.Get("X-Answer") != "1" || h.Get("x-amzn-Remapped-Connection") != "close" || h["Connection"] != nil {
		t.Errorf("the answer has %v", h)
	}
	_, saw, _ := cutMessage(r.backend.take())
	var event struct {
		Headers        map[string]string
		RequestContext struct{ Protocol string }
	}
	if err := json.Unmarshal([]byte(saw), &event); err != nil {
		t.Fatal(err)
	}
	if event.Headers["x-mixed"] != "1" || event.Headers["X-Forwarded-Proto"] != "https" || event.Headers["Host"] != req.Host || event.RequestContext.Protocol != "HTTP/1.1" {
		t.Errorf("the event is %s", saw)
	}
}
