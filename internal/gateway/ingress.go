package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/edge"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A call is the memory of one request, pooled.
type call struct {
	req    httpmsg.Request
	fields [24]httpmsg.Field
	body   body            // of the request, on its way
	read   *httpmsg.Buffer // what has been read of it, once that is all
	wire   []byte          // the answer's head, of at most maxKept bytes between requests
	pieces [2][]byte       // wire, and a body that is too long to be copied behind it
	both   net.Buffers     // pieces, as they go out
	done   httpmsg.Done    // what came of the request

	delivery delivery // of the answer

	edge   *edge.Distribution // that passes the request on; nil for none
	edgeID string             // of the request, there

	from     arrival
	watch    *watch // over the client; nil for none
	bodySize int    // of the request, once it has been given back

	budget  *httpmsg.Budget // of the body
	maxBody int             // bytes of it
}

// maxKept is how much memory a call keeps for the next answer, in bytes.
const maxKept = 32 << 10

// splitTarget parts a request target as it was sent into raw path and query.
// Absolute form ("http://host/path") loses its scheme and authority, which say what Host
// does.
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

// fill makes a message of what has arrived, whose body is still to be read. path is
// within the stage.
func (c *call) fill(path string, proxies *proxies) {
	a := &c.from
	sent, query := splitTarget(a.target)
	peer := a.peer()
	c.req = httpmsg.Request{
		Method:   a.method,
		Path:     path,
		Sent:     sent,
		Query:    query,
		Host:     a.host,
		Scheme:   "http",
		Proto:    a.proto,
		Peer:     peer,
		Header:   c.fields[:0],
		Received: a.received,
	}
	if peer.TLSVersion != 0 {
		c.req.Scheme = "https"
	}
	if a.stream != nil {
		c.req.Client = a.context()
	} else {
		c.req.Watcher = c
	}
	if c.body.from != nil {
		c.req.Unread = c
	}
	if a.stream != nil {
		c.sorted(a.stream.r)
	} else {
		c.req.Header = a.lines
	}
	proxies.identify(&c.req)
}

// sorted lists the header lines from net/http's map, by name, those of one name in the
// order in which they came. HTTP/2 sends names in lower case, and so they are listed.
func (c *call) sorted(r *http.Request) {
	h := c.req.Header
	for name, values := range r.Header {
		name = strings.ToLower(name)
		for _, v := range values {
			h = append(h, httpmsg.Field{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(h, func(a, b httpmsg.Field) int { return strings.Compare(a.Name, b.Name) })
	c.req.Header = h
}

// headerSize is the size that AWS limits: names, values and line ends.
func headerSize(host string, lines httpmsg.Header) int {
	const punctuation = len(": \r\n")
	size := len("Host") + len(host) + punctuation
	for i := range lines {
		size += len(lines[i].Name) + len(lines[i].Value) + punctuation
	}
	return size
}

// ReadBody implements httpmsg.BodyReader, within the budget.
func (c *call) ReadBody() ([]byte, error) {
	buf, err := c.budget.ReadBody(&c.body, c.body.left, c.maxBody)
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) { // perhaps between two reads
			c.body.left = -1
		}
		return nil, err
	}
	c.read = buf
	return buf.Bytes(), nil
}

// WatchClient implements httpmsg.ClientWatcher, for HTTP/1.
func (c *call) WatchClient() context.Context {
	ctx, w := newWatch(c.from.talk)
	c.watch = w
	w.begin()
	return ctx
}

// giveBody gives the request's body back, unless that was done.
func (c *call) giveBody() {
	if c.read != nil {
		c.bodySize = len(c.req.Body)
		c.req.Body = nil
		c.read.Free()
		c.read = nil
	}
}

// reset gives the body back and lets go of the request's strings.
func (c *call) reset() {
	c.giveBody()
	c.delivery.end()
	if cap(c.wire) > maxKept {
		c.wire = nil
	}
	*c = call{wire: c.wire[:0]}
}
