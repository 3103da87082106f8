package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A call is the memory of one request, pooled.
type call struct {
	req    httpmsg.Request
	fields [24]httpmsg.Field
	body   *httpmsg.Buffer
	wire   []byte // the answer's head, of at most maxKept bytes between requests
}

// maxKept is how much memory a call keeps for the next answer, in bytes.
const maxKept = 32 << 10

// splitTarget parts a request target as it was sent into raw path and query.
// Absolute form ("http://host/path") loses its scheme and authority, which
// net/http has taken the Host from.
func splitTarget(target string) (path, query string) {
	path, query, _ = strings.Cut(target, "?")
	if strings.HasPrefix(path, "/") {
		return path, query
	}
	if _, rest, ok := strings.Cut(path, "://"); ok {
		if at := strings.IndexByte(rest, '/'); at >= 0 {
			return rest[at:], query
		}
	}
	return "/", query // "*", an authority, or a URL without a path
}

// fill makes a message of r, all but the body. Its head is "" where it is not
// known as it was sent.
func (c *call) fill(r *http.Request, head, path, query string, proxies *proxies, now time.Time) {
	c.req = httpmsg.Request{
		Method:   r.Method,
		Path:     path,
		Query:    query,
		Host:     r.Host,
		Scheme:   "http",
		Proto:    r.Proto,
		Header:   c.fields[:0],
		Received: now,
	}
	if r.TLS != nil {
		c.req.Scheme, c.req.TLSVersion, c.req.CipherSuite = "https", r.TLS.Version, r.TLS.CipherSuite
	}
	c.header(r, head)
	proxies.identify(&c.req, r.RemoteAddr)
}

// header lists r's header lines: as they were sent where head tells, the request
// line and the lines behind it. net/http sorts them into a map and respells their
// names: without a head they are listed by name, each name's in the order in
// which they came. Host and what frames the body are no lines of ours.
func (c *call) header(r *http.Request, head string) {
	line, rest, _ := strings.Cut(head, "\n")
	if sent, ok := strings.CutPrefix(line, r.Method); !ok || !strings.HasPrefix(strings.TrimPrefix(sent, " "), r.RequestURI) {
		c.sorted(r)
		return
	}
	h := c.req.Header
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\n")
		name, value, _ := strings.Cut(line, ":")
		if !httpmsg.EqualFold(name, "Host") && !httpmsg.EqualFold(name, "Transfer-Encoding") {
			h = append(h, httpmsg.Field{Name: name, Value: httpmsg.TrimValue(value)})
		}
	}
	c.req.Header = h
}

// sorted lists them from net/http's map. On HTTP/2 names are lower case on the
// wire, and are here.
func (c *call) sorted(r *http.Request) {
	h := c.req.Header
	for name, values := range r.Header {
		if r.ProtoMajor == 2 {
			name = strings.ToLower(name)
		}
		for _, v := range values {
			h = append(h, httpmsg.Field{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(h, func(a, b httpmsg.Field) int { return strings.Compare(a.Name, b.Name) })
	c.req.Header = h
}

// headerSize is the size that AWS limits: names, values and line ends.
func headerSize(req *httpmsg.Request) int {
	const punctuation = len(": \r\n")
	size := len("Host") + len(req.Host) + punctuation
	for i := range req.Header {
		size += len(req.Header[i].Name) + len(req.Header[i].Value) + punctuation
	}
	return size
}

// mayHaveBody reports whether there is a body to read. Over HTTP/2 one may follow
// a length of 0, and only reading it shows that there is none.
func mayHaveBody(r *http.Request) bool {
	return r.ContentLength != 0 || r.ProtoMajor == 2 && r.Header["Content-Length"] != nil
}

// readBody reads the request's body, if it has one, into memory of the budget.
func (c *call) readBody(r *http.Request, budget *httpmsg.Budget, limit int) error {
	if !mayHaveBody(r) {
		return nil
	}
	body, err := budget.ReadBody(r.Body, r.ContentLength, limit)
	if err != nil {
		return err
	}
	c.body, c.req.Body = body, body.Bytes()
	return nil
}

// slowest is how fast a body must come on the whole, in bytes a second: a client
// that sends a byte now and then holds a connection as one does that sends none.
const slowest = 1 << 10

// A pacedBody gives the client a time for each piece of a request's body, and for
// the whole no more than that time beyond what the slowest rate takes. A fixed
// limit for the whole, which net/http has, would cut large bodies off on slow
// lines, and run on while the request is being served.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	timeout time.Duration
	begun   time.Time // when it was first read
	come    int64     // bytes so far
	last    time.Time // nothing is read beyond it; zero for no such time
}

// paced returns r with a paced body, r itself if it has none. It is a copy
// because net/http looks at the body of its own when it closes the request.
func paced(w http.ResponseWriter, r *http.Request, timeout time.Duration) *http.Request {
	if !mayHaveBody(r) {
		return r
	}
	out := *r
	b := &pacedBody{ReadCloser: r.Body, control: http.NewResponseController(w), timeout: timeout}
	b.control.SetReadDeadline(time.Now().Add(timeout)) // net/http reads what no handler does before it answers
	out.Body = b
	return &out
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	now := time.Now()
	if b.begun.IsZero() {
		b.begun = now
	}
	end := b.begun.Add(time.Duration(b.come) * time.Second / slowest)
	if now.Before(end) {
		end = now
	}
	if end = end.Add(b.timeout); !b.last.IsZero() && b.last.Before(end) {
		end = b.last
	}
	b.control.SetReadDeadline(end) // only a test's recorder cannot
	n, err := b.ReadCloser.Read(p)
	b.come += int64(n)
	if err == io.EOF {
		b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// SetReadDeadline bounds all further reads. A handler that has less time than a
// body may take says so here: each read sets the connection's deadline anew.
func (b *pacedBody) SetReadDeadline(last time.Time) error {
	b.last = last
	return nil
}

// reset gives the body back and lets go of the request's strings.
func (c *call) reset() {
	if c.body != nil {
		c.body.Free()
	}
	if cap(c.wire) > maxKept {
		c.wire = nil
	}
	*c = call{wire: c.wire[:0]}
}

// refusal is the answer to a request that could not be read.
func refusal(err error) *httpmsg.Response {
	switch {
	case errors.Is(err, httpmsg.ErrTooLarge):
		return tooLong()
	case errors.Is(err, httpmsg.ErrBudget):
		return answer(http.StatusServiceUnavailable, "ServiceUnavailableException", "Service Unavailable")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return answer(http.StatusRequestTimeout, "RequestTimeoutException", "Request Timeout")
	default:
		return badRequest()
	}
}
