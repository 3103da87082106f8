package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A listener's connections speak HTTP/1 strictly, and AWS's form where net/http
// answers by itself.
type listener struct {
	net.Listener
	peer httpmsg.Peer // of its connections, without what is theirs alone
	door *door
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	g, err := l.door.accept(l.Listener, l.peer)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: g, guest: g}, nil
}

// A conn is one connection of HTTP/1, plain or under TLS, as net/http sees it.
type conn struct {
	net.Conn
	guest   *guest
	scanner scanner
	ended   error // why nothing more is read; nil while something may be
	reads   deadline
	writes  deadline
	tail    *byte // the last one of net/http's buffer
	serving bool  // a handler has got the request: what is written is no error of net/http's own

	answered bool  // the answer has been written; what net/http adds to it is swallowed
	broken   error // why the answer could not be written; nil if it was
	unread   bool  // the last answer came before its request had been read
	lingered bool  // linger has run

	early [1]byte // what a watch has read
	came  bool    // early holds a byte that no read has returned yet

	delivery *delivery // of the answer that is being written; nil for none

	interrupted atomic.Bool // nothing more is to be read, by whoever is about to
}

// connKey finds the conn in the context of its requests, guestKey the guest of a
// connection of HTTP/2.
type (
	connKey  struct{}
	guestKey struct{}
)

// withConn is net/http's hook for the context of a connection.
func withConn(ctx context.Context, nc net.Conn) context.Context {
	if c := asConn(nc); c != nil {
		return context.WithValue(ctx, connKey{}, c)
	}
	return context.WithValue(ctx, guestKey{}, guestOf(nc))
}

// asConn returns what is behind a connection of net/http's that speaks HTTP/1,
// nil for others.
func asConn(nc net.Conn) *conn {
	switch nc := nc.(type) {
	case *conn:
		return nc
	case *secureConn:
		return &nc.conn
	}
	return nil
}

// track is net/http's hook for changes of a connection's state.
func track(nc net.Conn, state http.ConnState) {
	g := guestOf(nc)
	switch {
	case g == nil:
	case state == http.StateActive:
		g.began()
	case state == http.StateIdle:
		if c := asConn(nc); c != nil {
			c.goOn()
		}
		g.idle.Store(g.door.clock())
	}
}

// Read implements net.Conn. It gives net/http what the scanner lets pass.
func (c *conn) Read(p []byte) (int, error) {
	if c.isBackground(p) {
		return 0, nil
	}
	if c.ended != nil {
		return 0, c.ended
	}
	n, err := c.receive(p)
	if n > 0 && c.guest.began() {
		c.reads.want = time.Now().Add(c.guest.door.headTime) // net/http waits for four bytes as for none
	}
	ok, bad := c.scanner.scan(p[:n])
	if bad == nil {
		if errors.Is(err, os.ErrDeadlineExceeded) && c.scanner.inHead() {
			c.refuseLate()
			c.ended = err
		}
		return n, err
	}
	c.ended = bad
	if ok == 0 {
		return 0, bad
	}
	return ok, nil
}

// refuseLate answers a request whose head has not come in its time, which net/http
// would not. Nothing else goes out, and the client may still be sending.
func (c *conn) refuseLate() {
	_, _ = c.put(worded(c.guest.door.refuses(requestTimeout)))
	c.answered, c.broken, c.unread = true, os.ErrDeadlineExceeded, true
}

// receive reads what has come, or comes until the deadline.
func (c *conn) receive(p []byte) (int, error) {
	if c.came {
		c.came = false
		return copy(p, c.early[:]), nil
	}
	if err := c.arm(); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// arm tells the system the deadline of the read that follows.
func (c *conn) arm() error {
	if c.reads.due() {
		_ = c.Conn.SetReadDeadline(c.reads.have)
		if c.interrupted.Load() { // in that order: interrupt goes the other way round
			return os.ErrDeadlineExceeded
		}
	}
	return nil
}

// isBackground recognises the read of one byte that net/http has pending while a
// handler runs, to learn of a client who goes away: a system call, two timers
// and a parked goroutine for each request. A gateway has no use for it, since an
// integration that was begun is ended, as on AWS; for other handlers there is
// watch. Read ends it at once by returning no bytes. net/http's other reads are into
// one buffer, and of that only the last byte may be left.
func (c *conn) isBackground(p []byte) bool {
	if c.tail == nil { // the first read is into the whole buffer
		c.tail = &p[:cap(p)][cap(p)-1]
	}
	return cap(p) == 1 && &p[0] != c.tail
}

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.reads.want = t
	return nil
}

// SetWriteDeadline implements net.Conn. It does nothing: every write has its
// time, whoever makes it (see put).
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	c.reads.want = t
	return nil
}

// connOf returns the conn that a request came by, nil on HTTP/2.
func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)
	return c
}

// takeHead returns the head of the request that a handler has got, "" where it
// is not known.
func (c *conn) takeHead() string {
	if c == nil {
		return ""
	}
	c.serving = true
	return c.scanner.takeHead()
}

// plainError is what follows the status line of net/http's own errors, and of
// no answer of a handler, which has a Date.
var plainError = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// Write implements net.Conn. net/http answers a request that it cannot parse by
// itself, in plain text and past every handler: that is worded anew.
func (c *conn) Write(p []byte) (int, error) {
	if c.answered {
		c.answered = false
		if c.broken != nil {
			return 0, c.broken
		}
		if bytes.HasPrefix(p, emptyAnswer) {
			return len(p), nil
		}
	}
	const start, longest = len("HTTP/1.1 "), 512
	if !c.serving && len(p) < longest && len(p) > start && p[start] >= '4' {
		if at := bytes.IndexByte(p, '\r'); at > start+3 && bytes.HasPrefix(p[at:], plainError) {
			if _, err := c.put(worded(c.guest.door.refuses(rewordedText(p[start : start+3])))); err != nil {
				return 0, err
			}
			return len(p), nil
		}
	}
	return c.put(p)
}

// emptyAnswer is how net/http answers for a handler that has written nothing.
var emptyAnswer = []byte("HTTP/1.1 200 OK\r\n")

// answer writes a whole answer past net/http, which would sort and respell its
// header. What net/http then writes for a handler that has not, Write swallows.
// It returns head, perhaps grown by what went out with it, and how much of body
// went out; the whole did unless broken says why not.
func (c *conn) answer(head, body []byte) (grown []byte, sent int) {
	c.answered = true
	start, first := len(head), min(len(body), max(0, firstPiece-len(head)))
	head = append(head, body[:first]...)
	if sent, c.broken = c.put(head); c.broken != nil {
		return head, max(0, sent-start)
	}
	sent, c.broken = c.put(body[first:])
	return head, first + sent
}

// firstPiece is how much of a small answer goes out in one write, in bytes.
const firstPiece = 16 << 10

// put writes p, each piece within the time that a client has for it.
func (c *conn) put(p []byte) (n int, err error) {
	end := time.Now().Add(answerTime)
	for due := 0; n < len(p) && err == nil; {
		if due <= 0 {
			due = piece
			c.limitWrites(end)
		}
		if c.delivery.ended() {
			return n, os.ErrDeadlineExceeded
		}
		var took int
		took, err = c.Conn.Write(p[n:min(len(p), n+stretch)])
		n, due = n+took, due-took
		if c.delivery != nil {
			c.delivery.took(took)
		}
	}
	return n, err
}

// limitWrites gives the client its time for a piece, but not beyond end.
func (c *conn) limitWrites(end time.Time) {
	if timeout := c.guest.door.writeTime; timeout > 0 {
		c.writes.want = time.Now().Add(timeout)
		if c.writes.want.After(end) {
			c.writes.want = end
		}
	}
	if c.writes.due() {
		_ = c.Conn.SetWriteDeadline(c.writes.have)
	}
}

// Bounds on what is read, and thrown away, from a client that goes on sending when
// it has had its answer.
const (
	lingerBytes = 64 << 20
	lingerTime  = 30 * time.Second
	silence     = 5 * time.Second
)

// interrupt ends a read that is under way on another goroutine. Its connection
// serves no other request.
func (c *conn) interrupt() {
	c.interrupted.Store(true)
	_ = c.guest.Conn.SetReadDeadline(longAgo)
}

// breakOff lets nothing more be read of a request that has been answered.
func (c *conn) breakOff() { c.ended, c.unread = errUnread, true }

var errUnread = errors.New("the request has been answered before it was read")

// goOn is called when the connection waits for the next request. net/http lets one
// come behind a request that was broken off where it holds the rest in its own
// buffer: of a body of 3,000 bytes that came with the head it has all, and drops
// it. Then there is nothing left to keep from it, and reading goes on.
func (c *conn) goOn() {
	c.serving = false
	if c.unread = false; c.ended == errUnread {
		c.ended = nil
	}
}

// linger ends the connection of a client that is still sending. Most look for
// the answer only when all is sent, and lose it to the reset of a connection that
// is closed before. What comes is thrown away. Meanwhile the connection counts as
// idle: at the bound of connections it goes before those at work.
func (c *conn) linger() {
	if c.lingered {
		return
	}
	c.lingered, c.ended = true, errUnread
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	c.guest.muted.Store(true)
	c.guest.idle.Store(c.guest.door.clock())
	end := time.Now().Add(lingerTime)
	for n := 0; n < lingerBytes; {
		next := time.Now().Add(silence)
		if end.Before(next) {
			next = end
		}
		_ = c.guest.Conn.SetReadDeadline(next)
		got, err := c.guest.Conn.Read(c.early[:]) // beneath TLS
		if err != nil {
			return
		}
		n += got + c.guest.throwAway()
	}
}

// discards are buffers for what nobody reads. A connection has one only while
// something comes.
var discards = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// throwAway reads what has come, and how much that was.
func (g *guest) throwAway() (n int) {
	buf := discards.Get().(*[32 << 10]byte)
	defer discards.Put(buf)
	for {
		_ = g.Conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		got, err := g.Conn.Read(buf[:])
		if n += got; err != nil || got < len(buf) || n >= 1<<20 {
			return n
		}
	}
}

// CloseWrite is called by net/http before Close where it knows that the client
// may still be sending.
func (c *conn) CloseWrite() error {
	c.linger()
	return nil
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.unread && !c.guest.door.closing.Load() { // nobody else closes it then
		c.linger()
	}
	return c.Conn.Close()
}

// A secureConn is a conn under TLS; net/http asks it for the state.
type secureConn struct {
	conn
	state tls.ConnectionState
}

// ConnectionState returns the state of the connection's TLS.
func (c *secureConn) ConnectionState() tls.ConnectionState { return c.state }

// guestOf returns the guest that is behind a connection of net/http's.
func guestOf(nc net.Conn) *guest {
	if c := asConn(nc); c != nil {
		return c.guest
	}
	if secure, ok := nc.(*tls.Conn); ok {
		g, _ := secure.NetConn().(*guest)
		return g
	}
	return nil
}

// reworded is the answer in AWS's form that is sent instead of net/http's own with
// that status.
func reworded(code int) *refusal {
	if code == http.StatusRequestHeaderFieldsTooLarge {
		return tooLong
	}
	return &refusal{status: code, errorType: "BadRequestException", message: http.StatusText(code), cause: Malformed}
}

func rewordedText(status []byte) *refusal {
	code, _ := strconv.Atoi(string(status))
	return reworded(code)
}

// worded is a refusal as it goes out past net/http, on a connection that ends.
func worded(f *refusal) []byte {
	resp := f.answer()
	return append(appendHead(nil, resp, form{length: int64(len(resp.Body)), date: time.Now().UTC().Format(http.TimeFormat), closing: true}), resp.Body...)
}
