// Package sdktest is the HTTP client that the tests give AWS's SDK for Go.
//
// When an answer comes, the SDK closes the body of its request. If net/http has
// sent all of the body then but not yet looked for its end, the closed body's
// WriteTo gives it io.EOF, which io.Copy takes for a failure; so net/http closes
// the connection, under the answer that the SDK is reading: "use of closed
// network connection". It takes a busy machine, a server near by, a request
// longer than net/http's buffer and an answer that does not come in one read.
package sdktest

import (
	"io"
	"net/http"
)

// A Client sends the requests of the SDK with bodies that can only be read, and
// whose end is found also when they are closed. It is safe for concurrent use.
type Client struct{ http.Client }

// NewClient returns a Client with connections of its own: httptest.Server.Close
// closes those that net/http's default client keeps.
func NewClient() *Client {
	return &Client{http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}}
}

// Do implements the SDK's aws.HTTPClient.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.Client.Do(r)
}
