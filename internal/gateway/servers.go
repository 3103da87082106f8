package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxHead is how much of a head net/http reads over HTTP/2, in bytes. It lies
// well above what a stage takes, so that most refusals are ours to word.
const maxHead = 64 << 10

// maxStreams is how many requests a client may have under way on one connection
// of HTTP/2. Each may need a connection to a backend; AWS's front door takes as
// many.
const maxStreams = 128

// streamWindow is how many bytes of bodies a connection of HTTP/2 may send before
// somebody reads them: net/http holds them beside the budget.
const streamWindow = 128 << 10

// servers are what serves the listeners.
type servers struct {
	mu      sync.Mutex
	running []*server
	stopped bool
}

// A server is one listener at work. net/http's accepts, and speaks HTTP/2.
type server struct {
	*http.Server
	ln    net.Listener
	http2 bool          // it speaks that, too
	done  chan struct{} // closed when nothing is accepted any more
}

// Serve serves what comes in by a listener until Shutdown, and then returns nil.
// It closes ln.
func (g *Gateway) Serve(ln net.Listener, at Entrance) error {
	answer := g.entrance(at)
	e := &server{ln: ln, http2: at.TLS != nil, done: make(chan struct{}), Server: &http.Server{
		Handler:                      bounded(g.handler(answer)),
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            g.opts.ReadHeaderTimeout,
		IdleTimeout:                  g.opts.IdleTimeout,
		MaxHeaderBytes:               maxHead,
		ConnState:                    track,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, WriteByteTimeout: g.opts.WriteTimeout,
			MaxReceiveBufferPerConnection: streamWindow, MaxReceiveBufferPerStream: streamWindow,
		},
		ConnContext: withGuest,
		ErrorLog:    slog.NewLogLogger(g.opts.Log.Handler(), slog.LevelDebug), // any client can make it say something, as often as it likes
	}}
	if !g.servers.add(e) {
		return ln.Close()
	}
	err := e.Server.Serve(at.listener(g, ln, func(t *talk) { g.converse(t, answer) }))
	close(e.done)
	if err == http.ErrServerClosed || g.door.closing.Load() {
		return nil
	}
	return err
}

// add reports false after Shutdown.
func (ss *servers) add(e *server) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if !ss.stopped {
		ss.running = append(ss.running, e)
	}
	return !ss.stopped
}

// Shutdown takes no more connections, lets the requests under way and those on
// their way be answered, and closes the connections. When ctx ends first it cuts
// them off and returns a *CutOffError. The gateway cannot be used afterwards.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.servers.mu.Lock()
	g.servers.stopped = true
	running := g.servers.running
	g.servers.mu.Unlock()

	g.door.closing.Store(true)
	for _, e := range running {
		stopAccepting(e.ln)
	}
	for _, e := range running {
		select {
		case <-e.done:
		case <-ctx.Done():
		}
	}
	busy := 0 // connections, when the time is over
	emptied := make(chan struct{})
	go func() {
		defer close(emptied)
		g.door.empty(ctx.Done())
		busy = g.door.busy()
	}()
	err := shutdown(ctx, running, emptied)
	<-emptied // net/http knows of no connection of HTTP/1
	if err = cmp.Or(err, g.door.leaveOut(ctx)); err == nil {
		return nil
	}
	g.leaveStreams()
	return &CutOffError{Connections: busy, Err: err}
}

// streamsEnd is how long the streams that were cut off may take to end: they have calls
// of backends to end, and what came of them to tell.
const streamsEnd = 5 * time.Second

// leaveStreams waits until the streams that were cut off have ended.
func (g *Gateway) leaveStreams() {
	for end := time.Now().Add(streamsEnd); g.streams.Load() > 0 && time.Now().Before(end); {
		time.Sleep(crowdPause)
	}
}

// A CutOffError says that Shutdown had no time to let all clients finish.
type CutOffError struct {
	Connections int   // of clients who had not, those of HTTP/2 with any number of requests
	Err         error // why the time was over
}

// Error says how many there were.
func (e *CutOffError) Error() string {
	return fmt.Sprintf("%d connections were cut off: %v", e.Connections, e.Err)
}

// Unwrap returns why.
func (e *CutOffError) Unwrap() error { return e.Err }

// queueTime is how long a listener that takes no new connections waits for one
// more of those that came before: one whose handshake is under way needs a moment.
const queueTime = 50 * time.Millisecond

// stopAccepting ends a listener behind the connections that are in its queue:
// closing it at once would reset them, and with them the requests that their
// clients have sent. It wakes who waits in Accept; acceptQueued has the rest.
func stopAccepting(ln net.Listener) {
	tcp, ok := ln.(*net.TCPListener)
	if ok {
		deafen(tcp)
		ok = tcp.SetDeadline(time.Now()) == nil
	}
	if !ok {
		_ = ln.Close()
	}
}

// acceptQueued takes one more connection from the queue of a listener whose
// deadline has passed. However late it comes to that, all that are in the queue
// get their turn: the listener ends when none has come for queueTime.
func acceptQueued(ln net.Listener) (net.Conn, error) {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return nil, net.ErrClosed
	}
	if err := tcp.SetDeadline(time.Now().Add(queueTime)); err != nil {
		return nil, err
	}
	return tcp.Accept()
}

// farewell is how long a server of HTTP/2 lets connections of HTTP/1 empty
// before it tells those of HTTP/2 to go, which it cannot do alone. By then each of
// the former has been closed, or is busy and closes behind its answer.
const farewell = 2 * lingering

// shutdown ends the servers, each in its way.
func shutdown(ctx context.Context, running []*server, emptied <-chan struct{}) error {
	var wg sync.WaitGroup
	errs := make([]error, len(running))
	for i, e := range running {
		wg.Go(func() {
			var enough <-chan time.Time
			if e.http2 {
				enough = time.After(farewell)
			}
			select {
			case <-emptied: // also when ctx ends
			case <-enough:
			}
			if errs[i] = e.Shutdown(ctx); errs[i] != nil {
				_ = e.Close()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
