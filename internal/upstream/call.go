package upstream

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A call is one request on its way to the upstream and back.
type call struct {
	server *Server
	r      *http.Request
	ctx    context.Context
	cancel context.CancelCauseFunc
	moved  func() // is called when bytes have come or gone

	scope   sigv4.Scope // what the request is signed for; zero where it is not signed
	payload string      // what its signature says of the body; "" where that is not known
	who     *wire.Caller
	whole   *httpmsg.Buffer // the body, where it had to be read; nil where it was not
	lent    *lentBody       // it, in the hands of the transport; nil before that
	out     *http.Request
}

// prepare makes the request that goes to the upstream, of a call that is identified.
func (c *call) prepare() error {
	to, err := c.target()
	if err != nil {
		return err
	}
	path, query := sentTarget(c.r)
	c.out = (&http.Request{Method: c.r.Method, Host: c.r.Host, Header: passedOn(c.r.Header), ContentLength: c.r.ContentLength}).WithContext(c.ctx)
	c.out.Header.Add("Via", "1.1 "+c.server.name)
	if c.out.Header["User-Agent"] == nil {
		c.out.Header["User-Agent"] = []string{""} // the transport would name itself
	}
	path = strings.TrimSuffix(to.EscapedPath(), "/") + path
	if c.server.options.Sign != nil {
		if path, query, err = c.sign(to, path, query); err != nil {
			return err
		}
	}
	c.out.URL = &url.URL{Scheme: to.Scheme, Host: to.Host, RawQuery: query}
	switch {
	case c.server.tellsProxy(to):
		c.out.URL.Opaque = "//" + to.Host + path // not what the caller's Host says
	case strings.HasPrefix(path, "//"): // which as Opaque would be an authority
		c.out.URL.Path, c.out.URL.RawPath = unescaped(path), path
	default:
		c.out.URL.Opaque = path // as it was sent, by the letter
	}
	if c.out.Body = c.body(); c.whole != nil {
		c.out.ContentLength = int64(len(c.whole.Bytes()))
	}
	return nil
}

// identify finds out who calls where that is asked, and what the request is signed for.
func (c *call) identify() error {
	callers := c.server.options.Callers
	if callers == nil {
		c.scope, _ = sigv4.ScopeOf(&sigv4.Request{Header: lines(c.r.Header), Query: c.r.URL.RawQuery})
		return nil
	}
	claim, err := callers.Claim(c.r)
	if err != nil {
		return err
	}
	var body []byte
	if !claim.Settled() {
		c.whole, err = c.server.held.ReadBody(c.r.Body, c.r.ContentLength, maxWhole)
		switch {
		case errors.Is(err, httpmsg.ErrTooLarge):
			return &wire.Error{Status: http.StatusRequestEntityTooLarge, Type: "RequestEntityTooLargeException", Message: "A body over 10 MB needs the header X-Amz-Content-Sha256"}
		case errors.Is(err, httpmsg.ErrBudget):
			return &wire.Error{Status: http.StatusServiceUnavailable, Type: "ServiceUnavailable", Message: "Too many bodies are on their way: try again"}
		case err != nil:
			return errUnread
		}
		body = c.whole.Bytes()
		if c.scope, err = claim.Verify(body); err != nil {
			refused, _ := errors.AsType[*sigv4.Error](err)
			return &wire.Error{Status: http.StatusForbidden, Type: refused.Type, Message: refused.Message}
		}
		sum := sha256.Sum256(body)
		c.payload = hex.EncodeToString(sum[:])
	} else {
		c.scope, c.payload = claim.Scope(), claim.Payload()
	}
	c.who, err = callers.Caller(c.r, c.scope, claim.Token())
	return err
}

// end gives back what the call has held. The transport may still be sending the body of
// a call that was answered before it had come.
func (c *call) end() {
	if c.lent != nil {
		_ = c.lent.Close() // never fails
	}
	if c.whole != nil {
		c.whole.Free()
	}
}

// target is where a call goes.
func (c *call) target() (*url.URL, error) {
	if c.server.url != nil {
		return new(*c.server.url), nil
	}
	region := c.scope.Region
	if sign := c.server.options.Sign; sign != nil && sign.Region != "" {
		region = sign.Region
	}
	if !isLabel(c.scope.Service) || !isLabel(region) {
		return nil, &wire.Error{Status: http.StatusForbidden, Type: "MissingAuthenticationToken", Message: "The upstream is found by what a request is signed for, and this one does not say"}
	}
	return url.Parse(strings.NewReplacer("{service}", c.scope.Service, "{region}", region).Replace(c.server.options.URL))
}

// isLabel reports whether a name can stand between the dots of a host name.
func isLabel(name string) bool {
	return name != "" && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && name[0] != '-' && name[len(name)-1] != '-'
}

// sentTarget is the path and the query as the client sent them.
func sentTarget(r *http.Request) (path, query string) {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.EscapedPath(), r.URL.RawQuery // the target is in absolute form
	}
	path, query, _ = strings.Cut(r.RequestURI, "?")
	return path, query
}

func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// hopByHop are the headers of one connection, which end with it.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// passedOn is a header without what is of one connection alone. The names of an object's
// metadata are in lower case, as S3 has them.
func passedOn(h http.Header) http.Header {
	out := h.Clone()
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			out.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(out, name)
	}
	for name, values := range h {
		if strings.HasPrefix(name, "X-Amz-Meta-") && out[name] != nil { // whose rest is data
			delete(out, name)
			out[strings.ToLower(name)] = values
		}
	}
	return out
}

func lines(h http.Header) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for name, values := range h {
			for _, v := range values {
				if !yield(name, v) {
					return
				}
			}
		}
	}
}

// body is what is sent: as it comes, counted, and compared with what was signed where
// that is a hash.
func (c *call) body() io.ReadCloser {
	if c.whole != nil {
		if len(c.whole.Bytes()) == 0 {
			return nil
		}
		c.lent = &lentBody{left: c.whole.Bytes()}
		return c.lent
	}
	if c.r.Body == nil || c.r.Body == http.NoBody || c.r.ContentLength == 0 {
		return nil
	}
	var from io.Reader = &moving{c.r.Body, c}
	if len(c.payload) == 2*sha256.Size {
		from = &checked{from: bufio.NewReader(from), sum: sha256.New(), want: c.payload, wrong: func() { c.cancel(errChanged) }}
	}
	return io.NopCloser(from) // who has made the request closes its body
}

// A lentBody is a body in memory that is another's when it is closed: who still reads
// gets no more of it.
type lentBody struct {
	mu   sync.Mutex
	left []byte
	over bool
}

// Read implements io.Reader.
func (l *lentBody) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.over:
		return 0, http.ErrBodyReadAfterClose
	case len(l.left) == 0:
		return 0, io.EOF
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

// Close implements io.Closer.
func (l *lentBody) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.over = nil, true
	return nil
}

// moving is a body on its way from the client.
type moving struct {
	io.Reader
	call *call
}

// Read implements io.Reader.
func (m *moving) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if m.call.moved(); err != nil && err != io.EOF {
		m.call.cancel(errUnread)
	}
	return n, err
}

// checked reads a body whose last byte comes only when all of them are the ones that were
// signed.
type checked struct {
	from  *bufio.Reader
	sum   hash.Hash
	want  string // SHA-256 in hexadecimal
	wrong func() // is told
}

// Read implements io.Reader.
func (b *checked) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	next, err := b.from.Peek(2)
	if len(next) == 2 {
		n, err := b.from.Read(p[:min(len(p), b.from.Buffered()-1)])
		b.sum.Write(p[:n])
		return n, err
	}
	if err != io.EOF {
		return 0, err
	}
	n, _ := b.from.Read(p[:len(next)])
	b.sum.Write(p[:n])
	if hex.EncodeToString(b.sum.Sum(nil)) != b.want {
		b.wrong()
		return 0, errChanged
	}
	return n, io.EOF
}
