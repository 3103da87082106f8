// Package httpmsg holds the data plane's own request and response: plain
// data, free of net/http, with the client's bytes kept as they came.
//
// The listener's adaptor makes a Request and writes a Response; everything
// between them reads and builds these. Exact Lambda events need the order,
// spelling and duplicates of headers, which net/http's maps lose, and the hot
// path needs messages that cost no allocation per header. A message belongs
// to one goroutine at a time.
package httpmsg

import (
	"context"
	"io"
	"time"
)

// A Request is one call as the client sent it. Its strings stay valid for as
// long as anyone holds them; Body may live in a pooled buffer and dies with
// the call.
type Request struct {
	Method   string // in the client's spelling
	Path     string // raw path within the stage, not decoded, starts with "/"
	Sent     string // raw path as the client sent it, with what leads to the stage; "" is Path
	Query    string // raw query without "?"
	Host     string // Host header, with the port if the client sent one
	Scheme   string // "http" or "https"
	Proto    string // "HTTP/1.1" or "HTTP/2.0"
	Peer     *Peer  // nil where there is no connection, as when a method is tested
	SourceIP string // address of the peer, or of the client a trusted proxy names
	// ForwardedBy is the address of the server that passes the call of an edge-optimized
	// endpoint on, and stands behind SourceIP in X-Forwarded-For; "" for none.
	ForwardedBy string
	Header      Header // without Host

	// VPCEndpoint is by which the call comes: that of the peer's listener, or the one
	// whose networks SourceIP is in; nil for none.
	VPCEndpoint *VPCEndpoint

	// Domain is by which custom domain name the call comes, nil for the default
	// endpoint of an API.
	Domain *CustomDomain

	// ClientCert is the certificate of the client of a custom domain name with mutual TLS;
	// nil where the name has none, and where the client may not call: ClientRefused says
	// why.
	ClientCert    *ClientCert
	ClientRefused string

	Body     []byte // nothing before ReadBody where Unread is set
	Unread   BodyReader
	Received time.Time
	Deadline time.Time // when the answer is due at the latest; zero for none

	// Client ends when the client has gone, and nobody waits for the answer any
	// more. It is nil where that is not noticed before the answer is written.
	Client  context.Context
	Watcher ClientWatcher // can notice it where Client is nil; nil where nothing can
}

// A ClientWatcher notices that a client has gone, where that costs more than most calls
// are worth.
type ClientWatcher interface {
	// WatchClient returns a context that ends when the client has gone, or when its
	// answer has been written. The request's body has been read before.
	WatchClient() context.Context
}

// WatchClient makes Client tell of the client's leaving, for a call that may take
// long. The body must have been read.
func (r *Request) WatchClient() {
	if r.Client == nil && r.Watcher != nil {
		r.Client = r.Watcher.WatchClient()
	}
}

// A BodyReader takes in a request's body when the stage wants it: a request that
// is refused without its body costs no memory for one, and waits for no client.
type BodyReader interface {
	// ReadBody reads the body to its end, and is called once at the most. The
	// bytes are valid for as long as the request is. Its errors are ErrTooLarge,
	// ErrBudget, os.ErrDeadlineExceeded for a client that is too slow, and others
	// for a body that is malformed or breaks off.
	ReadBody() ([]byte, error)
}

// ReadBody makes Body the whole body. It waits for the client where the body has
// not been read; its errors are those of BodyReader, and Body is then empty.
func (r *Request) ReadBody() (err error) {
	if from := r.Unread; from != nil {
		r.Unread = nil
		r.Body, err = from.ReadBody()
	}
	return err
}

// SentPath returns the raw path as the client sent it.
func (r *Request) SentPath() string {
	if r.Sent == "" {
		return r.Path
	}
	return r.Sent
}

// PublicPath returns the path as functions are told it: that within the stage and,
// behind a custom domain name, with the base path before it.
func (r *Request) PublicPath() string {
	switch d := r.Domain; {
	case d == nil || d.BasePath == "":
		return r.Path
	case d.StageInPath:
		return "/" + d.BasePath + r.Path
	}
	return r.SentPath()
}

// Target returns the request target in origin form.
func (r *Request) Target() string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}

// A Response is one answer. Exactly one of Body and Stream carries the
// payload; a nil Stream means Body, which may be empty. Who writes the
// response closes Stream, then calls Done and Release.
type Response struct {
	Status int
	Header Header
	Body   []byte
	Stream io.ReadCloser

	// Length is how long a Stream will be, in bytes, above 0 where that is known: one
	// that ends sooner fails. Without one it is what an answer to HEAD says of a body
	// that nobody has read, as a backend said it; below 0 nothing is known of it. 0,
	// and any other method, count Body.
	Length int64

	// Received is when a backend's response had come, a stream's head; zero where nobody
	// noted it.
	Received time.Time

	// KeepsRequest says that Stream still needs the request's body. Otherwise who
	// writes a Stream gives that back before.
	KeepsRequest bool

	free func()
	done func(*Done)
}

// OnDone registers who is told when the response has been written. Only one can
// be.
func (r *Response) OnDone(done func(*Done)) { r.done = done }

// Done tells it. Who writes the response calls it once, before Release.
func (r *Response) Done(d *Done) {
	if r.done != nil {
		r.done(d)
	}
}

// OnRelease registers what gives the response's buffers back. Calls stack:
// the last registered runs first.
func (r *Response) OnRelease(free func()) {
	if prev := r.free; prev != nil {
		r.free = func() { free(); prev() }
		return
	}
	r.free = free
}

// Release gives pooled buffers back. The response's Body must not be used
// afterwards. A second call does nothing.
func (r *Response) Release() {
	if free := r.free; free != nil {
		r.free = nil
		free()
	}
}
