package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func newServe() *cobra.Command {
	var file string
	given := defaults()
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the control plane and the stages deployed through it",
		Long: `Run the control plane, which AWS clients talk to, and the stages that they
deploy. Everything is kept in --data-dir and is there again after a restart.

Each flag is also a key of the file named by --config and an environment
variable: --data-dir is data-dir and GATEHOUSE_DATA_DIR. Flags win over the
environment, the environment over the file.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd.Flags(), file, os.LookupEnv)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), c, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	given.flags(cmd.Flags())
	cmd.Flags().StringVar(&file, "config", "", "configuration file (YAML)")
	return cmd
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, c config, out, errout io.Writer) error {
	log, lines := observe.NewLog(errout, c.logHandler)
	defer lines.Close()
	hangups := notifyHangups()
	s, err := start(ctx, c, out, log)
	if err != nil {
		return err
	}
	lines.Flush()
	s.announce(s.stdout)
	s.stdout.Flush()
	go s.obey(ctx, hangups)
	return s.wait(ctx)
}

// A server is the parts of a running process, joined.
type server struct {
	config   config
	log      *slog.Logger
	store    *store.Store
	throttle *throttle.Throttle
	control  *control.Service
	gateway  *gateway.Gateway
	feed     *feed
	client   *integration.Client
	aws      *integration.AWS
	services *pipeline.Services
	stdout   *observe.Lines // what is printed while requests are served
	access   *accessLogs
	tracer   *tracer // nil unless requests are traced

	listener net.Listener     // of the control plane, and of the stages unless they have their own
	stages   net.Listener     // of the stages alone; nil when they share
	secure   net.Listener     // of the stages under TLS; nil for none
	tls      *tls.Config      // of secure
	plane    *gateway.Gateway // serves the control plane alone when the stages have a listener of their own
	failed   chan error
	stop     context.CancelFunc
}

// start brings everything up: when it returns without an error, the listeners
// answer.
func start(ctx context.Context, c config, out io.Writer, log *slog.Logger) (_ *server, err error) {
	if c.MaxBufferedBytes == 0 {
		c.MaxBufferedBytes = defaultBudget(availableMemory(os.DirFS("/")))
	}
	s := &server{config: c, log: log, failed: make(chan error, 4)}
	s.stdout = observe.NewLines(out, log)
	s.access = &accessLogs{files: c.AccessLogDestinations, fallback: c.AccessLog, stdout: s.stdout, log: log}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	dir := c.DataDir
	if c.InMemory {
		dir = ""
	}
	if err := s.access.check(); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, store.Options{Dir: dir, Log: log}); err != nil {
		return nil, err
	}
	s.feed = newFeed(s.store, log)
	limits, rates, _ := c.limits() // checked when loaded
	s.throttle = throttle.New(rates, nil)
	s.control = control.New(control.Options{
		Store: s.store, Applied: s.feed.wait, Limits: limits, Throttle: s.throttle, Invoke: s.invoke, Log: log,
		KeepDeployments: c.KeepDeployments,
		CheckRole:       func(uri, role string) error { return s.aws.CheckRole(uri, role) },
	})
	handler, err := s.controlHandler()
	if err != nil {
		return nil, err
	}
	if err := s.newGateway(handler); err != nil {
		return nil, err
	}
	if c.Trace {
		s.tracer = newTracer(s.stdout, colorful(out))
		s.services.Trace = s.tracer.print
	}
	s.feed.gateway = s.gateway
	if err := s.feed.catchUp(ctx); err != nil {
		return nil, err
	}
	s.tuneMemory()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.feed.run(background)
	s.run(handler)
	return s, nil
}

// listen opens the ports, so that a busy one is told before anything else
// happens.
func (s *server) listen() (err error) {
	if s.listener, err = listenOn(s.config.Listen, "listen"); err != nil {
		return err
	}
	if s.config.GatewayListen != "" {
		if s.stages, err = listenOn(s.config.GatewayListen, "gateway-listen"); err != nil {
			return err
		}
	}
	if s.config.GatewayTLSListen != "" {
		if s.tls, err = s.config.serverTLS(); err != nil {
			return err
		}
		s.secure, err = listenOn(s.config.GatewayTLSListen, "gateway-tls-listen")
	}
	return err
}

// listenOn opens the address that a setting names.
func listenOn(address, setting string) (net.Listener, error) {
	l, err := gateway.Listen(address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("cannot listen on %s: the port is in use (choose another with --%s)", address, setting)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return l, nil
}

// controlHandler is the control plane with our own pages. The guard stands
// before both while no credentials are asked for, and before the pages always.
func (s *server) controlHandler() (http.Handler, error) {
	options := wire.ServerOptions{
		Handlers:     s.control.Handlers(),
		Authenticate: control.OpenAuthenticator(s.config.Account, s.config.Region),
		Authorize:    s.throttle.Authorize,
		Log:          s.log,
	}
	if !s.open() {
		keys, err := loadCredentials(s.config.Credentials)
		if err != nil {
			return nil, err
		}
		for _, w := range keys.warnings {
			s.log.Warn(w)
		}
		options.Authenticate = keys.authenticator("apigateway", time.Now)
		options.Authorize = authorizer(keys.authorizer(time.Now)).then(s.throttle.Authorize)
	}
	api, err := wire.NewServer(options)
	if err != nil {
		return nil, err
	}
	guarded, pages := s.guard(api), s.guard(s.pages())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case ownPage(r.URL.Path):
			pages.ServeHTTP(w, r)
		case s.open():
			guarded.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	}), nil
}

// guard puts a guard before a handler.
func (s *server) guard(next http.Handler) *guard {
	return &guard{origins: s.config.AllowOrigin, hosts: s.config.AllowHost, anyHost: s.config.AllowUnauthenticated, next: next}
}

// open reports whether the control plane takes calls from anyone who reaches
// it.
func (s *server) open() bool { return s.config.Credentials == "" }

// newGateway makes the data plane. What is for no stage goes to next where
// both planes share a listener.
func (s *server) newGateway(next http.Handler) (err error) {
	requests, answers := httpmsg.NewBudget(s.config.MaxBufferedBytes/2), httpmsg.NewBudget(s.config.MaxBufferedBytes/2)
	s.client = integration.NewClient(integration.Options{Budget: answers, MaxConnections: s.config.backendConnections(gateway.OpenFiles())})
	if s.aws, err = s.newAWS(); err != nil {
		return err
	}
	backends, err := target.NewBackends(s.config.VPCLinks)
	if err != nil {
		return fmt.Errorf("vpc-links: %w", err)
	}
	s.feed.backends = backends
	s.services = &pipeline.Services{
		Client: s.client, AWS: s.aws, Backends: backends, Log: s.log, Requests: requests, Answers: answers,
		Limits: s.feed.limits, AccessLog: s.access.lines,
	}
	proxies, _ := s.config.proxies() // checked when loaded
	if next = plainOnly(next); s.stages != nil {
		next = nil
	}
	s.gateway = gateway.New(gateway.Options{
		Source: s.control,
		Compile: func(d *snapshot.Deployment) (gateway.Program, error) {
			return program{s.compile(d), s.services}, nil
		},
		Next:           next,
		Refused:        s.services.Refused,
		Budget:         requests,
		Log:            s.log,
		TrustedProxies: proxies,
		MaxConnections: s.config.MaxConnections,
	})
	return nil
}

// newAWS makes what calls services of AWS. AWS_ENDPOINT_URL tells the clients of
// this machine where AWS is, often here: the SDK must not ask there for the
// gateway's own credentials.
func (s *server) newAWS() (*integration.AWS, error) {
	if err := os.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"); err != nil {
		return nil, err
	}
	return integration.NewAWS(s.client, integration.AWSOptions{
		EndpointURL: s.config.AWSEndpointURL, AssumeRoles: s.config.AssumeRoles, Functions: s.config.LambdaFunctions, Region: s.config.Region, Log: s.log,
	})
}

// compile compiles a deployment for this server.
func (s *server) compile(d *snapshot.Deployment) *pipeline.Program {
	return pipeline.Compile(d, s.checkRole)
}

// checkRole is a pipeline.Check: may this server call the integration?
func (s *server) checkRole(in *snapshot.Integration) error {
	return s.aws.CheckRole(in.URI, in.Credentials)
}

// A program joins a compiled deployment with the process it runs in.
type program struct {
	*pipeline.Program
	services *pipeline.Services
}

// Bind puts the program into service under a stage's settings.
func (p program) Bind(st *snapshot.Stage) gateway.Server {
	return pipeline.Bind(st, p.Program, p.services)
}

// run starts the listeners.
func (s *server) run(handler http.Handler) {
	stages := s.listener
	if s.stages != nil {
		stages = s.stages
		s.plane = gateway.New(gateway.Options{Next: handler, Log: s.log, MaxConnections: s.config.controlConnections(gateway.OpenFiles())})
		go func() {
			if err := s.plane.ServeNext(s.listener); err != nil {
				s.failed <- err
			}
		}()
	}
	go func() {
		if err := s.gateway.Serve(stages); err != nil {
			s.failed <- err
		}
	}()
	if s.secure != nil {
		go func() {
			if err := s.gateway.ServeTLS(s.secure, s.tls); err != nil {
				s.failed <- err
			}
		}()
	}
}

// baseURL is the URL of a listener as a client on this machine names it.
func baseURL(l net.Listener) string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// announce prints the URLs, and last the line that says all is up.
func (s *server) announce(out io.Writer) {
	base := baseURL(s.listener)
	stages := base
	if s.stages != nil {
		stages = baseURL(s.stages)
	}
	fmt.Fprintf(out, "Control plane   %s\n", base)
	fmt.Fprintf(out, "Stages          %s/_aws/execute-api/{apiId}/{stage}/\n", stages)
	if s.secure != nil {
		fmt.Fprintf(out, "Stages, TLS     https://%s/_aws/execute-api/{apiId}/{stage}/\n", s.secure.Addr())
	}
	fmt.Fprintln(out, "Ready.")
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
		s.log.Info("stopping: requests in flight finish first")
	case failure = <-s.failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.drainTime())
	defer cancel()
	return errors.Join(failure, s.drain(drain), s.close())
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
		if errors.Is(errs[i], context.DeadlineExceeded) {
			s.log.Warn("the time to stop is over: requests in flight were cut off", "plane", plane)
			errs[i] = nil
		}
	}
	return errors.Join(errs[:]...)
}

// close lets go of what start took; parts that never came up are left out.
func (s *server) close() error {
	if s.stop != nil {
		s.stop()
	}
	for _, l := range []net.Listener{s.listener, s.stages, s.secure} {
		if l != nil {
			_ = l.Close() // a closed one says so: nothing to do
		}
	}
	if s.client != nil {
		s.client.Close()
	}
	s.closeLogs()
	if s.store != nil {
		return s.store.Close()
	}
	return nil
}

// closeLogs writes what is pending of what is printed and of the access logs,
// for a second at the most.
func (s *server) closeLogs() {
	var wg sync.WaitGroup
	wg.Go(s.stdout.Close)
	wg.Go(s.access.close)
	wg.Wait()
}
