package integration

import (
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/socket"
)

const (
	// joinBody is the longest body that is copied behind the head to be written
	// with it; a longer one goes with writev.
	joinBody = 16 << 10
	// bothWays is the longest body that is written before the response is read. A
	// longer one may fill both sockets while the backend answers early, and
	// then needs a second goroutine.
	bothWays = 64 << 10
	// inBuffer is the room for a head and what follows it in one read.
	inBuffer = 16 << 10
)

// An exchange is the memory that one call works in.
type exchange struct {
	out  []byte
	vec  [2][]byte
	bufs net.Buffers
	in   source
	body bodyReader

	arrival arrival // of the body
}

func newExchange() *exchange {
	x := &exchange{out: make([]byte, 0, 2<<10)}
	x.in.buf = make([]byte, inBuffer)
	x.body.src = &x.in
	return x
}

// Do sends req to ep and returns the response, its header lines as the backend wrote
// them with those of framing included. The caller calls Release on it, once, and uses it
// no more then; the strings in its header stay as they are. The response is
// whole, unless req.Stream asks for a stream and there is a body: then its Stream is a
// *Stream, which the caller closes before. Errors are *Error.
//
// A request is sent a second time, on a new connection, only when a kept
// connection turned out dead: it failed, not by a deadline, before the first
// byte of a response, and either nothing of the request had been written or its
// method is idempotent (RFC 9110 section 9.2.2).
func (c *Client) Do(req *Request, ep *Endpoint) (*httpmsg.Response, error) {
	if err := checkRequest(req); err != nil {
		c.fails(ErrRequest)
		return nil, &Error{Kind: ErrRequest, Op: "check", Endpoint: ep.key.addr, Err: err}
	}
	x, ok := c.scratch.Get().(*exchange)
	if !ok {
		x = newExchange()
	}
	resp, err := c.do(x, req, ep)
	if err != nil {
		c.fails(err)
	}
	if _, held := streamOf(resp); held { // Close gives it back
		return resp, err
	}
	x.reset()
	c.scratch.Put(x)
	return resp, err
}

func (c *Client) do(x *exchange, req *Request, ep *Endpoint) (*httpmsg.Response, error) {
	now, deadline := req.Began, req.Deadline
	if now.IsZero() {
		now = time.Now()
	}
	if deadline.IsZero() {
		deadline = now.Add(DefaultTimeout)
	}
	end := deadline // of a stream; its head must come sooner
	if req.Stream != nil && now.Add(req.Stream.Idle).Before(deadline) {
		deadline = now.Add(req.Stream.Idle)
	}
	x.encode(req, ep)
	var running *conn
	defer func() {
		if running != nil { // a panic
			c.pool.discard(running)
		}
	}()
	fresh := false
	for tries := 1; ; tries++ {
		cn, err := c.connect(ep, req, now, deadline, fresh)
		if err != nil {
			return nil, orGone(req, err)
		}
		running = cn
		stop := cn.endWith(req.Client)
		resp, keep, fault := c.run(x, cn, req)
		running = nil
		if resp != nil {
			resp.Received = time.Now()
		}
		if c.hold(resp, cn, req, stop, keep, end) {
			return resp, nil
		}
		keep = stop() && keep
		if keep {
			c.pool.put(cn, resp.Received)
			return resp, nil
		}
		if fault != nil && fault.stale {
			cn.Close()
			c.pool.leave(cn.share)
			fresh = tries == mostStale
			continue
		}
		c.pool.discard(cn)
		if fault == nil {
			return resp, nil
		}
		err = orGone(req, failure(fault.op, &cn.lane.key, fault.err))
		if !cn.reused && !x.in.heard && errors.Is(err, ErrNetwork) {
			cn.distrust()
		}
		if !cn.reused || !fault.again || errors.Is(err, ErrTimeout) || errors.Is(err, ErrGone) {
			return nil, err
		}
		c.pool.drop(cn.lane)
		now, fresh = time.Now(), true
	}
}

// mostStale is how many kept connections a call finds useless before it opens one.
const mostStale = 16

// A fault is how an exchange failed, and whether that leaves it open to be
// done again.
type fault struct {
	op    string
	err   error
	again bool
	stale bool // nothing was sent: the kept connection was useless
}

// run does one exchange on cn. keep says that cn can serve another.
func (c *Client) run(x *exchange, cn *conn, req *Request) (resp *httpmsg.Response, keep bool, f *fault) {
	x.in.start(cn)
	joined := cn.plain && len(req.Body) <= joinBody
	if cn.reused && !joined && !cn.isSilent() {
		return nil, false, &fault{stale: true}
	}
	if !joined {
		if err := cn.limitExactly(); err != nil {
			return nil, false, &fault{op: "write", err: err, again: true}
		}
	}
	if len(req.Body) > bothWays {
		return c.runBothWays(x, cn, req)
	}
	var n int64
	var err error
	if joined {
		n, err = x.exchange(cn)
	} else {
		n, err = x.write(cn, req)
	}
	if err == socket.ErrStale {
		return nil, false, &fault{stale: true}
	}
	if err != nil && n == 0 {
		return nil, false, &fault{op: "write", err: err, again: true}
	}
	resp, keep, rerr := c.receive(x, cn, req) // the backend may have answered before it stopped reading
	if rerr == nil {
		return resp, keep && err == nil, nil
	}
	f = &fault{op: "read", err: rerr, again: !x.in.heard && idempotent(req.Method)}
	if err != nil {
		f.op, f.err = "write", err
	}
	return nil, false, f
}

// writerGrace is how long the writer of a large body may take to notice that
// it has finished, once the response is there.
const writerGrace = 10 * time.Millisecond

var errWriter = errors.New("the request could not be written")

// A written is what came of writing a request on a goroutine of its own.
type written struct {
	n   int64
	err error
}

// runBothWays writes the request on a second goroutine while it reads the
// response, which may come before the request is out.
func (c *Client) runBothWays(x *exchange, cn *conn, req *Request) (*httpmsg.Response, bool, *fault) {
	done := make(chan written, 1)
	go func() {
		w := written{n: 1, err: errWriter} // behind a panic nobody knows how much went out
		defer func() {
			_ = recover() // the call fails, and not the process
			done <- w
		}()
		w.n, w.err = x.write(cn, req)
	}()
	received := false
	defer func() {
		if !received { // a panic: the writer must be through with the body all the same
			cn.Close()
			<-done
		}
	}()
	resp, keep, err := c.receive(x, cn, req)
	received = true
	if s, ok := streamOf(resp); ok { // the backend may send while it still reads
		s.writing = done
		return resp, keep, nil
	}
	var w written
	if err == nil {
		timer := time.NewTimer(writerGrace)
		select {
		case w = <-done:
			timer.Stop()
			return resp, keep && w.err == nil, nil
		case <-timer.C:
		}
	}
	cn.Close() // the body is the caller's: the writer must be through with it
	w = <-done
	if err == nil {
		return resp, false, nil
	}
	return nil, false, &fault{op: "read", err: err, again: !x.in.heard && (w.n == 0 || idempotent(req.Method))}
}

// exchange sends what is encoded, and waits for what comes back.
func (x *exchange) exchange(cn *conn) (int64, error) {
	sent, n, err := cn.socket.Exchange(x.out, x.in.buf, cn.reused)
	for cn.tooEarly(err) {
		if err = nil; sent == 0 {
			sent, n, err = cn.socket.Exchange(x.out, x.in.buf, cn.reused)
		}
	}
	if err != nil && sent == 0 {
		return 0, err
	}
	if err == nil && sent < len(x.out) {
		var rest int
		rest, err = cn.Write(x.out[sent:])
		return int64(sent + rest), err
	}
	x.in.took(n, err)
	return int64(sent), nil
}

// write sends the encoded head and the body.
func (x *exchange) write(cn *conn, req *Request) (int64, error) {
	if len(req.Body) <= joinBody {
		n, err := cn.Write(x.out)
		return int64(n), err
	}
	x.vec = [2][]byte{x.out, req.Body}
	x.bufs = x.vec[:]
	return x.bufs.WriteTo(cn.Conn)
}

// reset lets go of what the call lent, and of buffers that grew large.
func (x *exchange) reset() {
	x.vec, x.bufs, x.in.r, x.in.err = [2][]byte{}, nil, nil, nil
	x.arrival = arrival{}
	if cap(x.out) > 2*joinBody {
		x.out = make([]byte, 0, 2<<10)
	}
	if len(x.in.buf) > inBuffer {
		x.in.buf = make([]byte, inBuffer)
	}
}

// encode writes the head of req, and a short body behind it, to x.out.
func (x *exchange) encode(req *Request, ep *Endpoint) {
	host := req.Host
	if host == "" {
		host = ep.authority
	}
	o := append(x.out[:0], req.Method...)
	o = append(o, ' ')
	o = append(o, req.Target...)
	o = append(o, " HTTP/1.1\r\nHost: "...)
	o = append(o, host...)
	for i := range req.Header {
		o = append(o, "\r\n"...)
		o = append(o, req.Header[i].Name...)
		o = append(o, ": "...)
		o = append(o, req.Header[i].Value...)
	}
	if len(req.Body) > 0 || expectsBody(req.Method) {
		o = append(o, "\r\nContent-Length: "...)
		o = strconv.AppendInt(o, int64(len(req.Body)), 10)
	}
	o = append(o, "\r\n\r\n"...)
	if len(req.Body) <= joinBody {
		o = append(o, req.Body...)
	}
	x.out = o
}

// expectsBody reports whether a request of that method says its length even
// when it is 0.
func expectsBody(method string) bool {
	return method == "POST" || method == "PUT" || method == "PATCH"
}

func idempotent(method string) bool {
	switch method {
	case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE":
		return true
	}
	return false
}
