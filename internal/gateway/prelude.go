package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/http1"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/proxyproto"
)

// A preludeListener hands connections over when what comes before HTTP is through: the
// header of a balancer that speaks the PROXY protocol, a handshake of TLS, or both. Behind
// a handshake it is known which HTTP a connection speaks: HTTP/2 is net/http's own
// business, and Accept returns it; HTTP/1 is read as without TLS.
type preludeListener struct {
	net.Listener
	door    *door
	log     *slog.Logger
	told    atomic.Int64  // when the log was told of a connection that could not be taken, in Unix seconds
	peer    httpmsg.Peer  // of its connections, without what is theirs alone
	config  *tls.Config   // nil for no TLS
	proxied *proxied      // nil for no PROXY protocol
	timeout time.Duration // for all of it
	own     func(*talk)   // has the connections of HTTP/1
	ready   chan net.Conn
	failed  chan error
	begun   sync.WaitGroup
	closed  chan struct{}
	close   func() error
}

// start begins to accept.
func (l *preludeListener) start(config *tls.Config) {
	if config != nil {
		l.config = config.Clone()
		l.config.NextProtos = []string{"h2", "http/1.1"}
	}
	l.ready, l.failed, l.closed = make(chan net.Conn), make(chan error), make(chan struct{})
	l.close = sync.OnceValue(func() error {
		close(l.closed)
		return l.Listener.Close()
	})
	go l.run()
}

// run accepts connections until the listener is closed.
func (l *preludeListener) run() {
	for {
		g, err := l.door.accept(l.Listener, l.peer)
		if err == nil && l.config == nil && l.proxied == nil {
			go l.own(newTalk(g, g, nil))
			continue
		}
		if err == nil {
			l.begun.Go(func() { l.begin(g) })
			continue
		}
		if l.door.closing.Load() {
			l.begun.Wait() // those who came in time
		} else if isDue(&l.told) {
			l.log.Warn("no connection can be taken", "listener", l.peer.Listener, "error", err)
		}
		select {
		case l.failed <- err: // net/http waits where it is no lasting fault, and comes again
		case <-l.closed:
			return
		}
	}
}

// begin takes one connection as far as HTTP.
func (l *preludeListener) begin(g *guest) {
	end := time.Now().Add(l.timeout)
	if l.proxied != nil && !l.proxied.introduce(g, end) {
		_ = g.Close()
		return
	}
	if l.config == nil {
		go l.own(newTalk(g, g, nil))
		return
	}
	secure, state := l.shake(g, end)
	switch {
	case secure == nil:
		_ = g.Close()
	case state.NegotiatedProtocol != "h2":
		go l.own(newTalk(secure, g, state))
	default:
		select {
		case l.ready <- secure:
		case <-l.closed:
			_ = secure.Close()
		}
	}
}

// shake does one handshake, and returns nil where that fails.
func (l *preludeListener) shake(g *guest, end time.Time) (*tls.Conn, *tls.ConnectionState) {
	ctx, cancel := context.WithDeadline(context.Background(), end)
	defer cancel()
	secure := tls.Server(g, l.config)
	if err := secure.HandshakeContext(ctx); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil { // somebody who speaks HTTP without TLS, perhaps
			_, _ = g.Write(worded(g.door.refuses(unreadable(http1.BadRequest))))
		}
		l.log.LogAttrs(ctx, slog.LevelDebug, "a handshake failed", // which any client can have it do
			slog.String("listener", l.peer.Listener), slog.String("sourceIp", g.peer.Address), slog.Any("error", err))
		return nil, nil
	}
	state := secure.ConnectionState()
	shookHands(&g.peer, &state)
	switch state.NegotiatedProtocol {
	case "h2":
		g.http2.Store(true)
	case "", "http/1.1":
	default: // the handshake was all that the client wanted, as that of a certificate authority
		_ = secure.Close()
		return nil, nil
	}
	return secure, &state
}

// Accept implements net.Listener.
func (l *preludeListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.ready:
		return nc, nil
	case err := <-l.failed:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *preludeListener) Close() error { return l.close() }

// A proxied listener has connections of balancers that speak the PROXY protocol.
type proxied struct {
	trusts func(netip.Addr) bool // who is to speak it
	log    *slog.Logger
	name   string       // of the listener
	told   atomic.Int64 // when the log was told of a header that is none, in Unix seconds
}

// introduce reads who the client of a connection is, and reports whether that may go on.
// All that trusted peers send begins with a header. Others may not say who they are: what
// they send is read as any client's, and no header is a request.
func (p *proxied) introduce(g *guest, end time.Time) bool {
	peer, err := netip.ParseAddr(g.peer.Address)
	if err != nil || !p.trusts(peer) {
		return true
	}
	_ = g.Conn.SetReadDeadline(end)
	from, err := proxyproto.Read(g.Conn)
	if err != nil {
		p.tell(peer, err)
		return false
	}
	_ = g.Conn.SetReadDeadline(time.Time{})
	if g.peer.Unnamed = !from.IsValid(); !g.peer.Unnamed {
		g.from, g.peer.Address = net.TCPAddrFromAddrPort(from), from.Addr().String()
	}
	return true
}

// tellEvery is how often the log is told of one trouble, in seconds: that of a balancer
// which is not set up for the PROXY protocol comes with each connection.
const tellEvery = 60

// isDue reports whether the log is to be told again of what it was told last, and takes it
// as told.
func isDue(told *atomic.Int64) bool {
	now, last := time.Now().Unix(), told.Load()
	return now-last >= tellEvery && told.CompareAndSwap(last, now)
}

// tell has the log say why a connection of a trusted peer was ended. One that sends
// nothing at all looks whether somebody listens.
func (p *proxied) tell(peer netip.Addr, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) {
		return
	}
	if isDue(&p.told) {
		p.log.Warn("a connection of a trusted proxy does not begin as the PROXY protocol wants it", "listener", p.name, "proxy", peer.String(), "error", err)
	}
}

// RemoteAddr implements net.Conn. It is the client's, where a balancer has said who that
// is.
func (g *guest) RemoteAddr() net.Addr {
	if g.from != nil {
		return g.from
	}
	return g.Conn.RemoteAddr()
}
