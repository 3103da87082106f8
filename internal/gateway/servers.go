package gateway

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// maxHead is how much of a request's head net/http reads, in bytes. It lies
// well above what a stage takes, so that most refusals are ours to word.
const maxHead = 64 << 10

// servers are the listeners' engines.
type servers struct {
	mu      sync.Mutex
	running []*http.Server
	stopped bool
}

// Serve serves stages over plain HTTP/1.1 until Shutdown, and then returns nil.
// It closes ln.
func (g *Gateway) Serve(ln net.Listener) error {
	return g.run(ln, func(s *http.Server) error { return s.Serve(wordedListener{ln}) })
}

// ServeTLS serves stages over HTTP/2 and HTTP/1.1 under TLS until Shutdown,
// and then returns nil. It closes ln.
func (g *Gateway) ServeTLS(ln net.Listener, config *tls.Config) error {
	return g.run(ln, func(s *http.Server) error {
		s.TLSConfig = config.Clone()
		return s.ServeTLS(ln, "", "")
	})
}

func (g *Gateway) run(ln net.Listener, serve func(*http.Server) error) error {
	s := &http.Server{
		Handler:                      g,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            g.opts.ReadHeaderTimeout,
		IdleTimeout:                  g.opts.IdleTimeout,
		MaxHeaderBytes:               maxHead,
		ErrorLog:                     slog.NewLogLogger(g.opts.Log.Handler(), slog.LevelInfo),
	}
	if !g.servers.add(s) {
		return ln.Close()
	}
	if err := serve(s); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// add reports false after Shutdown.
func (ss *servers) add(s *http.Server) bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if !ss.stopped {
		ss.running = append(ss.running, s)
	}
	return !ss.stopped
}

// Shutdown closes the listeners and idle connections, and waits until the
// requests under way are answered. When ctx ends first it cuts them off and
// returns ctx's error. The gateway cannot be used afterwards.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.servers.mu.Lock()
	g.servers.stopped = true
	running := g.servers.running
	g.servers.mu.Unlock()

	var wg sync.WaitGroup
	errs := make([]error, len(running))
	for i, s := range running {
		wg.Go(func() {
			if errs[i] = s.Shutdown(ctx); errs[i] != nil {
				s.Close()
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
