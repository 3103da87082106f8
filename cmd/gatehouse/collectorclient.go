package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// What bounds a request to a collector.
const (
	collectorTime   = 10 * time.Second
	collectorAnswer = 64 << 10 // bytes of an answer that are read
)

// A collectorClient sends what is observed to a collector over HTTP. One goroutine uses it.
type collectorClient struct {
	url     string
	headers string      // file of the headers that its requests have; "" for none
	header  http.Header // as the file had them when it could be read last
	client  *http.Client
}

// newCollectorClient makes a client that follows no redirection: the headers are for the
// collector alone.
func newCollectorClient(url, headers string) *collectorClient {
	const headBytes, connections = 64 << 10, 2
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout, transport.MaxResponseHeaderBytes = collectorTime, headBytes
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = connections, 1
	return &collectorClient{url: url, headers: headers, client: &http.Client{
		Transport: transport, Timeout: collectorTime, CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected },
	}}
}

// post sends a request once, and returns the answer with the beginning of its body. No
// error repeats the URL; errRedirected is one.
func (c *collectorClient) post(ctx context.Context, contentType string, body []byte) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = c.requestHeader(contentType)
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, nil, errors.Unwrap(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, collectorAnswer))
	if err != nil {
		answer = nil // the status says what became of the request
	}
	return resp, answer, nil
}

// requestHeader is that of a request: what the file says goes before our own. It is read
// each time, so that a token in it can change; while it cannot be read, what it said last
// holds.
func (c *collectorClient) requestHeader(contentType string) http.Header {
	if c.headers != "" {
		if read, err := readHeaders(c.headers); err == nil {
			c.header = read
		}
	}
	out := c.header.Clone()
	if out == nil {
		out = make(http.Header)
	}
	if out.Get("Content-Type") == "" {
		out.Set("Content-Type", contentType)
	}
	if out.Get("User-Agent") == "" {
		out.Set("User-Agent", "gatehouse")
	}
	return out
}

// checkCollectorURL takes what integration.CheckURL takes. A user and a query, in which
// keys are sent, are refused first: other errors repeat them.
func checkCollectorURL(url string) error {
	_, rest, _ := strings.Cut(url, "//")
	authority, _, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(authority, "@"):
		return errors.New("a collector's URL has no user: what proves who sends belongs into the file of headers")
	case strings.Contains(url, "?"):
		return errors.New("a collector's URL has no query: what proves who sends belongs into the file of headers")
	}
	return integration.CheckURL(url)
}

// maxHeaderFile bounds a file of headers.
const maxHeaderFile = 16 << 10

// readHeaders reads a file of headers, a "Name: value" a line; lines that are empty or
// begin with # are passed over. No error repeats what the file says.
func readHeaders(name string) (http.Header, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxHeaderFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxHeaderFile {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxHeaderFile)
	}
	out := make(http.Header)
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line := strings.TrimSpace(string(line))
		if line == "" || line[0] == '#' {
			continue
		}
		field, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || !httpmsg.ValidName(field) || !httpmsg.ValidValue(value) || ofTransport[http.CanonicalHeaderKey(field)] {
			return nil, fmt.Errorf("%s:%d: is no header such as Authorization: Bearer …", name, number)
		}
		out.Add(field, value)
	}
	return out, nil
}

// ofTransport are the headers that say how a request goes over its connection.
var ofTransport = map[string]bool{"Host": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Upgrade": true, "Trailer": true, "Te": true, "Content-Encoding": true}
