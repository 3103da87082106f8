package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A server is the parts of a running process, joined. They are made in one
// direction: what serves the stages knows nothing of the control plane, which is
// made last.
type server struct {
	*outputs
	*dataPlane
	*controlPlane
	files  *servedFiles
	portal *docsPortal
	source *configSource          // of config, for SIGHUP; nil keeps it as it is
	known  atomic.Pointer[config] // SIGHUP stores another, while others read it
	live   []livePart
	ports  *ports
	plane  *gateway.Gateway // serves the control plane alone when the stages have a listener of their own; else nil
	admin  *gateway.Gateway // serves health and metrics alone, until all else has stopped; nil without admin-listen
	failed chan error       // of the listeners
	opened closers

	keys    *secrets.Keyring // nil for none
	cluster *cluster         // nil where the process shares no database

	background context.Context // ends when the server is closed
}

// config is what the server's settings are now. Nobody changes what it points to.
func (s *server) config() *config { return s.known.Load() }

// start brings everything up: when it returns without an error, the listeners
// answer.
func start(ctx context.Context, c config, out io.Writer, log *slog.Logger) (*server, error) {
	s, err := prepare(ctx, c, out, log)
	if err == nil {
		s.serve()
	}
	return s, err
}

// prepare is start without the last step: the ports are taken, and nobody answers at
// them before serve.
func prepare(ctx context.Context, c config, out io.Writer, log *slog.Logger) (_ *server, err error) {
	loaded := c
	if c.MaxBufferedBytes == 0 {
		c.MaxBufferedBytes = defaultBudget(availableMemory(os.DirFS("/")))
	}
	if c.CacheBudget == 0 {
		c.CacheBudget = defaultCacheBudget(availableMemory(os.DirFS("/")))
	}
	if c.MaxConnections == 0 {
		c.MaxConnections = defaultConnections(gateway.OpenFiles(), availableMemory(os.DirFS("/")))
	}
	var opened closers
	defer func() {
		if err != nil {
			_ = opened.close() // the error that is told is why
		}
	}()
	outputs, err := openOutputs(&c, out, log)
	if err != nil {
		return nil, err
	}
	opened.add(outputs.close)
	ports, err := openPorts(&c, log)
	if err != nil {
		return nil, err
	}
	opened.add(ports.close)
	s, err := join(ctx, &c, outputs, &opened)
	if err != nil {
		return nil, err
	}
	s.host.url = ports.controlURL()
	ports.shown.handshake, ports.shown.uploaded, ports.shown.acm = s.gateway.Handshake, s.uploaded, s.acmShown
	if ports.shown.issued, err = c.newIssued(s.dataPlane, s.cluster, s.keys, &ports.shown); err != nil {
		return nil, err
	}
	s.issued, ports.shown.tickets = ports.shown.issued, newTicketKeys(&c, s.keys)
	s.shown, s.scheme = ports.shown.has, ports.mainTLS.scheme()
	if ports.stages != nil {
		s.stages = baseURL(ports.stages)
	}
	s.ports, s.opened, s.failed = ports, opened, make(chan error, 4+len(ports.private))
	s.known.Store(&loaded)
	s.live = append(s.live, ports.shown.prepare, ports.mainTLS.prepare, ports.adminTLS.prepare, s.trust)
	c.tuneMemory()
	if loaded.role().Controls() {
		if err := s.files.deploy(ctx, &loaded); err != nil && !(s.cluster != nil && len(loaded.API) == 0 && away(err)) {
			return nil, err
		}
	}
	ports.watch(s.background, c.showsCertificates())
	return s, nil
}

// join makes both planes over a store, and has the data plane follow it. Nothing
// listens yet.
func join(ctx context.Context, c *config, out *outputs, opened *closers) (*server, error) {
	st, err := openStore(ctx, c, out.log)
	if err != nil {
		return nil, err
	}
	opened.add(st.Close)
	keys, err := c.secrets()
	if err != nil {
		return nil, err
	}
	sessions, err := c.sessionKeys(keys)
	if err != nil {
		return nil, err
	}
	callers, err := newCallers(c, sessions, out.log)
	if err != nil {
		return nil, err
	}
	others, err := c.openCluster(ctx, st, keys, out.log)
	if err != nil {
		return nil, err
	}
	opened.add(others.close)
	data, err := newDataPlane(c, st, others, callers.known, keys, out)
	if err != nil {
		return nil, err
	}
	opened.add(data.close)
	if err := others.join(ctx, c, st, data); err != nil {
		return nil, err
	}
	plane, err := newControlPlane(c, st, data, others, callers, keys, out.trail)
	if err != nil {
		return nil, err
	}
	opened.add(plane.closeUpstream)
	data.uploaded = &uploadedCertificates{read: data.source.Certificate, keys: keys, readyCertificates: readyCertificates{log: out.log}}
	if alone, ok := data.usage.(feed.Usage); ok {
		if err := alone.Gather(ctx); err != nil {
			return nil, err
		}
	}
	if err := data.feed.CatchUp(ctx); err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	opened.add(func() error { stop(); return nil })
	go data.feed.Run(background)
	go data.plans.Run(background)
	data.sharing.run(background, data.plans)
	go data.follower.run(background)
	others.run(background)
	if err := c.settle(ctx, background, plane, others, out.log); err != nil {
		return nil, err
	}
	data.pools.watch(background)
	s := &server{
		cluster: others, outputs: out, dataPlane: data, controlPlane: plane, keys: keys, background: background,
		portal: newPortal(c, data, plane.control, out.log),
		live:   []livePart{out.access.prepare, out.calls.prepare, plane.callers.prepare, data.prepare, data.pools.prepare, plane.guests.prepare},
	}
	s.live = append(s.live, s.portal.prepare)
	s.known.Store(new(*c))
	s.files = &servedFiles{server: s}
	plane.again = s.files.again
	return s, nil
}

// serve starts the listeners. What is for no stage goes to the control plane where
// both planes share a port, and nowhere under TLS, which is there for stages and may
// be reachable from anywhere. Listeners go by the names of the settings that opened
// them.
func (s *server) serve() {
	proxies, _ := s.config().proxies() // checked when loaded
	role := s.config().role()
	if s.ports.main != nil && s.ports.stages == nil && role.ServesStages() {
		s.open(s.gateway, s.ports.main, s.shared())
	} else if s.ports.main != nil {
		next := s.handler
		if !role.ServesStages() {
			next = elsewhere(next)
		}
		s.plane = gateway.New(gateway.Options{Log: s.log, TrustedProxies: proxies, MaxConnections: s.config().controlConnections(gateway.OpenFiles())})
		s.open(s.plane, s.ports.main, gateway.Entrance{Name: "listen", TLS: s.ports.mainTLS.config(), Next: next, NoStages: true})
	}
	if s.ports.stages != nil {
		s.open(s.gateway, s.ports.stages, gateway.Entrance{Name: "gateway-listen", Bases: true, Next: s.beside(s.portal.handler(true)), HTTPSPort: s.config().HTTPSRedirect, OverTLS: s.portal.has, Challenge: s.issued.challenge()})
	}
	if s.ports.secure != nil {
		s.open(s.gateway, s.ports.secure, gateway.Entrance{Name: "gateway-tls-listen", Bases: true, TLS: s.ports.shown.config(nil, nil), Next: s.beside(s.portal.handler(true))})
	}
	s.serveVPCEndpoints()
	if role.Controls() {
		go s.issued.run(s.background)
	}
	go s.ports.shown.tickets.run(s.background)
	if s.ports.admin != nil {
		s.admin = gateway.New(gateway.Options{Log: s.log, TrustedProxies: proxies, MaxConnections: adminConnections})
		s.open(s.admin, s.ports.admin, gateway.Entrance{Name: "admin-listen", TLS: s.ports.adminTLS.config(), Next: s.adminPages(), NoStages: true})
	}
}

// shared is the entrance of both planes. Under TLS the names of stages have handshakes
// of their own.
func (s *server) shared() gateway.Entrance {
	at := gateway.Entrance{Name: "listen", OwnHost: s.guests.ownHost, HTTPSPort: s.config().HTTPSRedirect, Challenge: s.issued.challenge()}
	if own := s.ports.mainTLS; own != nil {
		at.TLS, at.HTTPSPort = s.ports.shown.config(nil, own), 0
	}
	at.Next, at.OverTLS = s.portal.before(s.guests.named(s.portal.handler(false)), s.handler), s.portal.has
	return at
}

// adminPages are what admin-listen answers.
func (s *server) adminPages() http.Handler {
	metrics := s.numbers.page(s.log)
	if host, _, err := net.SplitHostPort(s.ports.admin.Addr().String()); err == nil && loopback(host) {
		metrics = s.guests.guard(metrics) // a browser on this machine reaches it, and the pages that it shows
	}
	return s.health.before(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != metricsPage || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.NotFound(w, r)
			return
		}
		metrics.ServeHTTP(w, r)
	})
}

// beside answers what is for no stage where only stages are served. docs answers the paths of
// the portal.
func (s *server) beside(docs http.Handler) http.Handler {
	next := http.Handler(http.HandlerFunc(s.gateway.Nowhere))
	if s.config().GatewayHealth {
		next = s.health.before(s.gateway.Nowhere)
	}
	return s.portal.before(docs, next)
}

func openStore(ctx context.Context, c *config, log *slog.Logger) (*store.Store, error) {
	o := store.Options{Dir: c.DataDir, Later: true, Log: log}
	switch {
	case c.InMemory:
		o.Dir = ""
	case c.Database != "":
		// What is this machine's own stays in the directory.
		if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
			return nil, fmt.Errorf("data directory %s: %w", c.DataDir, reason(err))
		}
		o.Dir, o.URL = "", c.Database
		// A node that has served goes on without a database that has another password now, as
		// it would if it had not been started again.
		_, err := os.Stat(filepath.Join(c.DataDir, servedDir))
		o.Refused = err == nil
	}
	st, err := store.Open(ctx, o)
	if err != nil && o.URL != "" {
		return nil, c.wrong("database", err)
	}
	return st, err
}

// open has a gateway serve a listener until either ends.
func (s *server) open(g *gateway.Gateway, ln net.Listener, at gateway.Entrance) {
	at.ProxyProtocol = at.ProxyProtocol || s.config().behindBalancers(at.Name)
	go func() {
		if err := g.Serve(ln, at); err != nil {
			s.failed <- err
		}
	}()
}

// drainTime bounds how long an ending process waits for requests in flight: a
// second more than the slowest backend may take.
func (c *config) drainTime() time.Duration {
	limits, _, _ := c.limits() // checked when loaded
	return limits.LongestTimeout() + time.Second
}

// wait runs until ctx ends or a listener fails, then lets requests in flight
// finish.
func (s *server) wait(ctx context.Context) error {
	var failure error
	select {
	case <-ctx.Done():
		s.health.leaving.Store(true)
		failure = s.linger()
		s.log.Info("stopping: requests in flight finish first")
	case failure = <-s.failed:
	}
	s.health.leaving.Store(true)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config().drainTime())
	defer cancel()
	drained := s.drain(drain)
	s.cluster.leave() // not before: what is acknowledged is served by who still answers
	return errors.Join(failure, drained, s.close())
}

// linger goes on as before for as long as balancers need to notice that the server stops,
// or until a listener fails.
func (s *server) linger() error {
	delay := s.config().DrainDelay
	if delay == 0 {
		return nil
	}
	s.log.Info("stopping: connections are taken until balancers have noticed", "for", delay)
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case err := <-s.failed:
		return err
	case <-timer.C:
		return nil
	}
}

// drain lets requests in flight finish, of both planes at the same time: neither
// keeps the other open. When ctx ends it cuts off the rest, and says so.
func (s *server) drain(ctx context.Context) error {
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = s.gateway.Shutdown(ctx) })
	if s.plane != nil {
		wg.Go(func() { errs[1] = s.plane.Shutdown(ctx) })
	}
	wg.Wait()
	for i, plane := range []string{"stages", "control plane"} {
		if cut, ok := errors.AsType[*gateway.CutOffError](errs[i]); ok && errors.Is(cut, context.DeadlineExceeded) {
			s.log.Warn("the time to stop is over: requests in flight were cut off", "plane", plane, "connections", cut.Connections)
			errs[i] = nil
		}
	}
	if s.admin != nil {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = s.admin.Shutdown(last) // who has not finished then is cut off
	}
	return errors.Join(errs[:]...)
}

// close lets go of what start took.
func (s *server) close() error { return s.opened.close() }

// closers end what has been opened, the last first.
type closers []func() error

func (cs *closers) add(end func() error) { *cs = append(*cs, end) }

func (cs closers) close() error {
	var errs []error
	for _, end := range slices.Backward(cs) {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}
