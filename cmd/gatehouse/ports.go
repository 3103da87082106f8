package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"syscall"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
)

// ports are the listeners of a server.
type ports struct {
	main    net.Listener // the control plane's, and the stages' unless they have their own
	stages  net.Listener // the stages' alone; nil when they share
	secure  net.Listener // the stages' under TLS; nil for none
	admin   net.Listener // of health and metrics; nil for none
	private []vpcPort    // of VPC endpoints
	shown   certificates // of secure and of VPC endpoints, and of main where that shares TLS

	mainTLS  *listenerTLS // nil for none, as the other
	adminTLS *listenerTLS
}

// openPorts opens them, so that a busy one is told before anything else happens.
func openPorts(c *config, log *slog.Logger) (_ *ports, err error) {
	ps := ports{shown: certificates{fileValue: fileValue[shownCertificates]{log: log}}}
	defer func() {
		if err != nil {
			_ = ps.close()
		}
	}()
	if c.role().Controls() {
		if ps.main, err = listenOn(c.Listen, "listen"); err != nil {
			return nil, err
		}
	}
	if c.GatewayListen != "" {
		if ps.stages, err = listenOn(c.GatewayListen, "gateway-listen"); err != nil {
			return nil, err
		}
	}
	show, err := ps.shown.prepare(c)
	if err != nil {
		return nil, err
	}
	show()
	if ps.mainTLS, err = newListenerTLS(c.controlTLS(), log); err != nil {
		return nil, err
	}
	if ps.adminTLS, err = newListenerTLS(c.adminTLS(), log); err != nil {
		return nil, err
	}
	if c.GatewayTLSListen != "" {
		if ps.secure, err = listenOn(c.GatewayTLSListen, "gateway-tls-listen"); err != nil {
			return nil, err
		}
	}
	if c.AdminListen != "" {
		if ps.admin, err = listenOn(c.AdminListen, "admin-listen"); err != nil {
			return nil, err
		}
	}
	return &ps, ps.openVPCEndpoints(c)
}

// watch has certificates read again when their files change. shown is whether there are
// such of stages.
func (ps *ports) watch(ctx context.Context, shown bool) {
	if shown {
		go watch(ctx, newNotifier(), &ps.shown)
	}
	for _, own := range []*listenerTLS{ps.mainTLS, ps.adminTLS} {
		if own != nil {
			go watch(ctx, newNotifier(), own)
		}
	}
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

func (ps *ports) close() error {
	for _, l := range []net.Listener{ps.main, ps.stages, ps.secure, ps.admin} {
		if l != nil {
			_ = l.Close() // a closed one says so: nothing to do
		}
	}
	for _, p := range ps.private {
		_ = p.Close()
	}
	return nil
}

// baseURL is the URL of a listener as a client on this machine names it.
func baseURL(l net.Listener) string { return "http://" + authority(l) }

// controlURL is the URL of the control plane, "" without one.
func (ps *ports) controlURL() string {
	if ps.main == nil {
		return ""
	}
	return ps.mainTLS.scheme() + authority(ps.main)
}

// adminURL is the URL of health and metrics.
func (ps *ports) adminURL() string { return ps.adminTLS.scheme() + authority(ps.admin) }

// authority is the host and the port of a listener as a client on this machine names
// them.
func authority(l net.Listener) string {
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// announce prints the URLs, and last the line that says all is up.
func (ps *ports) announce(out io.Writer, files *servedFiles, c *config) {
	base := ps.controlURL()
	stages := base
	if ps.stages != nil {
		stages = baseURL(ps.stages)
	}
	if ps.main != nil {
		fmt.Fprintf(out, "Control plane   %s\n", base)
	}
	if stages != "" && c.role().ServesStages() {
		fmt.Fprintf(out, "Stages          %s/_aws/execute-api/{apiId}/{stage}/\n", stages)
	}
	if ps.secure != nil {
		fmt.Fprintf(out, "Stages, TLS     https://%s/_aws/execute-api/{apiId}/{stage}/\n", ps.secure.Addr())
	}
	ps.announceVPCEndpoints(out)
	if ps.admin != nil {
		fmt.Fprintf(out, "Health          %s%s\n", ps.adminURL(), readyPage)
		fmt.Fprintf(out, "Metrics         %s%s\n", ps.adminURL(), metricsPage)
	}
	if len(c.Portal) > 0 {
		fmt.Fprintf(out, "Portal          %s%s\n", stages, docsPages)
	}
	fmt.Fprintf(out, "AWS services    %s\n", c.whereServices())
	if c.Upstream.URL != "" {
		fmt.Fprintf(out, "Other services  answered by %s\n", c.Upstream.URL)
	}
	files.announce(out, stages, ps)
	fmt.Fprintln(out, "Ready.")
}

// whereServices says where Lambda functions and services of AWS are called.
func (c *config) whereServices() string {
	where := "nowhere: routes that call them answer 500"
	switch others := cmp.Or(c.AWSEndpointURL, c.AWSEndpoints[othersEndpoint]); {
	case others != "":
		where = "called at " + others
	case c.AWS:
		where = "called at AWS (--aws=false: nowhere)"
	}
	if len(c.LambdaFunctions)+len(c.AWSEndpoints) > 0 {
		where += ", but for what lambda-functions and aws-endpoints name"
	}
	return where
}
