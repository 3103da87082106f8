package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/nodes"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/target"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// idleRules are the settings that have no effect beside others or in a command. Who
// gives one is told.
var idleRules = []struct {
	name string
	idle func(c *config, in command) bool
	why  string
}{
	{"data-dir", func(_ *config, in command) bool { return in == inDev }, "in dev, which keeps everything in memory"},
	{"in-memory", func(_ *config, in command) bool { return in == inDev }, "in dev, which keeps everything in memory"},
	{"data-dir", func(c *config, in command) bool { return in == inServe && c.InMemory }, "with in-memory"},
	{"database", func(c *config, _ command) bool { return c.InMemory }, "with in-memory"},
	{"secrets-key-file", func(_ *config, in command) bool { return in == inDev }, "in dev, which keeps everything in memory"},
	{"secrets-key-file", func(c *config, in command) bool { return in == inServe && c.InMemory }, "with in-memory"},
	{"valkey", func(_ *config, in command) bool { return in == inDev }, "in dev, which is one node"},
	{"valkey-password-file", func(c *config, _ command) bool { return c.Valkey == "" }, "without valkey"},
	{"valkey-ca", func(c *config, _ command) bool { return c.Valkey == "" }, "without valkey"},
	{"valkey-away", func(c *config, _ command) bool { return c.Valkey == "" }, "without valkey"},
	{"port", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev; listen is the address of serve"},
	{"host", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev; listen is the address of serve"},
	{"tls", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev; gateway-tls-listen is the address of serve under TLS"},
	{"stage-variable", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev; stages have their own variables"},
	{"parameter", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev, which serves templates"},
	{"allow-unprotected", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev, and what protects APIs is never skipped in serve"},
	{"allow-functions", func(_ *config, in command) bool { return in == inDev }, "in dev, where functions may be created"},
	{"verbose", func(_ *config, in command) bool { return in == inServe }, "in serve: it is a setting of dev"},
	{"allow-host", func(c *config, _ command) bool { return c.AllowUnauthenticated && c.GatewayListen != "" }, "with allow-unauthenticated, which allows all names, and gateway-listen, which has the custom domain names"},
	{"api", func(_ *config, in command) bool { return in == inDev }, "in dev: the file is its argument"},
	{"execution-log", func(c *config, _ command) bool { return c.ExecutionLogDirectory != "" }, "with execution-log-directory, which has a file for each stage"},
	{"watch", func(c *config, _ command) bool { return len(c.API)+len(c.functionCode()) == 0 }, "without api or the code of lambda-functions"},
	{"upstream-for-plain", func(c *config, in command) bool { return in == inServe && len(c.API) == 0 }, "without api"},
	{"gateway-health", func(c *config, _ command) bool { return c.GatewayListen == "" && c.GatewayTLSListen == "" }, "without gateway-listen or gateway-tls-listen"},
	{"https-redirect", func(c *config, _ command) bool { return c.GatewayTLSListen == "" }, "without gateway-tls-listen"},
	{"wait-for-nodes", func(c *config, _ command) bool { return c.Database == "" }, "without database, which nodes share"},
	{"otlp-headers", func(c *config, _ command) bool { return c.OTLPEndpoint == "" }, "without otlp-endpoint"},
	{"metrics-series", func(c *config, _ command) bool { return c.AdminListen == "" }, "without admin-listen, where metrics are read"},
	{"admin-cert", func(c *config, _ command) bool { return c.AdminListen == "" }, "without admin-listen"},
	{"admin-key", func(c *config, _ command) bool { return c.AdminListen == "" }, "without admin-listen"},
	{"admin-client-ca", func(c *config, _ command) bool { return c.AdminListen == "" }, "without admin-listen"},
	{"proxy-protocol", func(_ *config, in command) bool { return in == inDev }, "in dev, whose listeners are this machine's"},
	{"proxy-protocol", func(c *config, _ command) bool { return len(c.TrustedProxies) == 0 }, "without trusted-proxies, whose connections it is about"},
	{"acme", func(_ *config, in command) bool { return in == inDev }, "in dev, which makes its own certificate"},
	{"acme", func(c *config, _ command) bool {
		return c.GatewayTLSListen == "" && !c.sharesTLS() && c.role() != nodes.Control
	}, "without gateway-tls-listen"},
	{"acme-contact", func(c *config, _ command) bool { return c.ACME == "" }, "without acme"},
	{"acme-accept-terms", func(c *config, _ command) bool { return c.ACME == "" }, "without acme"},
	{"acme-ca", func(c *config, _ command) bool { return c.ACME == "" }, "without acme"},
	{"aws", func(c *config, _ command) bool { return c.AWSEndpointURL != "" || c.AWSEndpoints[othersEndpoint] != "" }, "with aws-endpoint-url, which gets the calls of all services"},
	{"certificates", func(c *config, in command) bool {
		return !c.showsCertificates() && in != inDev
	}, "without gateway-tls-listen"},
	{"certificates", func(c *config, _ command) bool { return !c.showsCertificates() }, "without tls or gateway-tls-listen"},
}

// address checks an address to listen on; "" is for one that nobody gave.
func address(of func(*config) string) func(*config) error {
	return func(c *config) error {
		if s := of(c); s != "" {
			return checkAddress(s)
		}
		return nil
	}
}

func checkAddress(s string) error {
	host, port, err := net.SplitHostPort(s)
	if n, invalid := strconv.Atoi(port); err != nil || invalid != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q is no address such as 127.0.0.1:4566, with a port up to 65535", brief(s))
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostName.MatchString(host) {
		return fmt.Errorf("%q is no address such as 127.0.0.1:4566: %q is no host", brief(s), brief(host))
	}
	return nil
}

func checkPort(c *config) error {
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("%d is no port from 0 to 65535", c.Port)
	}
	return nil
}

func checkHTTPSRedirect(c *config) error {
	if c.HTTPSRedirect < 0 || c.HTTPSRedirect > 65535 {
		return fmt.Errorf("%d is no port from 1 to 65535, or 0", c.HTTPSRedirect)
	}
	return nil
}

// root is the address at whose root dev serves its stage.
func (c *config) root() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

func checkHost(c *config) error {
	if _, err := netip.ParseAddr(c.Host); err != nil && !hostName.MatchString(c.Host) {
		return fmt.Errorf("%q is no host such as 127.0.0.1 or localhost; --port is its port", brief(c.Host))
	}
	return nil
}

func checkStageVariables(c *config) error {
	_, err := c.stageVariables()
	return err
}

// namedValues are the pairs NAME=VALUE of a setting by their names, nil for none.
func namedValues(pairs []string) (map[string]string, error) {
	var out map[string]string
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is no NAME=VALUE", brief(pair))
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%s is given twice", brief(name))
		}
		if out == nil {
			out = make(map[string]string)
		}
		out[name] = value
	}
	return out, nil
}

// stageVariables are the variables of dev's stage, nil for none.
func (c *config) stageVariables() (map[string]string, error) {
	out, err := namedValues(c.StageVariable)
	if err != nil {
		return nil, err
	}
	var wrong *wire.Error
	if err := control.CheckStageVariables(out); errors.As(err, &wrong) {
		return nil, errors.New(wrong.Message)
	}
	return out, nil
}

func notNegative(of func(*config) int) func(*config) error {
	return func(c *config) error {
		if n := of(c); n < 0 {
			return fmt.Errorf("%d is less than 0", n)
		}
		return nil
	}
}

var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$`)
)

func checkAccount(c *config) error {
	if !accountPattern.MatchString(c.Account) {
		return fmt.Errorf("%q is not 12 digits", brief(c.Account))
	}
	return nil
}

func checkRegion(c *config) error {
	if !regionPattern.MatchString(c.Region) {
		return fmt.Errorf("%q is no region such as us-east-1", brief(c.Region))
	}
	return nil
}

func checkLogFormat(c *config) error {
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return fmt.Errorf("%q is neither text nor json", brief(c.LogFormat))
	}
	return nil
}

func checkBudget(c *config) error      { return checkMemory(c.MaxBufferedBytes) }
func checkCacheBudget(c *config) error { return checkMemory(c.CacheBudget) }

// checkMemory takes a number of bytes, or 0 for the default.
func checkMemory(bytes int64) error {
	if bytes != 0 && bytes < 1<<20 {
		return fmt.Errorf("%d bytes is less than 1MiB", bytes)
	}
	return nil
}

// checkConnections wants some of the files that the process may open left for
// backends.
func checkConnections(c *config) error {
	if c.MaxConnections < 0 {
		return fmt.Errorf("%d is less than 0", c.MaxConnections)
	}
	files := gateway.OpenFiles()
	if most := files - files/8 - 32; files > 0 && c.MaxConnections > most {
		return fmt.Errorf("%d is more than %d, which is what the %d files that the process may open (ulimit -n) leave for clients", c.MaxConnections, most, files)
	}
	return nil
}

// checkUpstream takes a URL that paths can be appended to, or the word for a file's own.
func checkUpstream(c *config) error {
	switch {
	case c.UpstreamForPlain == "" || c.UpstreamForPlain == openapi.ServersUpstream:
		return nil
	case strings.ContainsAny(c.UpstreamForPlain, "{}$#"):
		return fmt.Errorf("%q is no URL such as http://127.0.0.1:9000, for it has variables or a fragment", brief(c.UpstreamForPlain))
	}
	return integration.CheckURL(c.UpstreamForPlain)
}

func checkAWSEndpoint(c *config) error {
	if c.AWSEndpointURL == "" {
		return nil
	}
	return integration.CheckURL(c.AWSEndpointURL)
}

// othersEndpoint is the key of aws-endpoints for the services that have none.
const othersEndpoint = "default"

// serviceName is what the name of an AWS service looks like in an integration's URI.
var serviceName = regexp.MustCompile(`^[a-z0-9]+(?:[.-][a-z0-9]+)*$`)

func checkAWSEndpoints(c *config) error {
	for _, service := range slices.Sorted(maps.Keys(c.AWSEndpoints)) {
		if !serviceName.MatchString(service) {
			return fmt.Errorf("%q is no AWS service as integrations name it, such as dynamodb or sqs", brief(service))
		}
		if err := integration.CheckURL(c.AWSEndpoints[service]); err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
	}
	if c.AWSEndpoints[othersEndpoint] != "" && c.AWSEndpointURL != "" {
		return fmt.Errorf("%s: %s says the same", othersEndpoint, c.called("aws-endpoint-url"))
	}
	return nil
}

// hostName is what a name of this server may look like, without a port.
var hostName = regexp.MustCompile(`^[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?$`)

func checkHosts(c *config) error {
	for _, name := range c.AllowHost {
		if !hostName.MatchString(name) {
			return fmt.Errorf("%q is no host name alone", brief(name))
		}
	}
	return nil
}

// checkOrigins takes what browsers send as Origin, and "*" for all.
func checkOrigins(c *config) error {
	for _, origin := range c.AllowOrigin {
		u, err := url.Parse(origin)
		if origin == "*" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && origin == u.Scheme+"://"+u.Host {
			continue
		}
		return fmt.Errorf("%q is no origin such as https://console.example: a scheme, a host, perhaps a port, and nothing behind them", brief(origin))
	}
	return nil
}

func checkQuotas(c *config) error {
	_, _, err := (&config{Quotas: c.Quotas}).limits()
	return err
}

func checkRates(c *config) error {
	_, _, err := (&config{Rates: c.Rates}).limits()
	return err
}

func checkDestinations(c *config) error {
	for _, arn := range slices.Sorted(maps.Keys(c.AccessLogDestinations)) {
		if parts := strings.SplitN(arn, ":", 6); len(parts) < 6 || parts[0] != "arn" {
			return fmt.Errorf("%q is no ARN such as arn:aws:logs:us-east-1:000000000000:log-group:prod", brief(arn))
		}
	}
	return nil
}

func checkLinks(c *config) error {
	_, err := target.NewBackends(c.VPCLinks)
	return err
}

// checkExposure refuses an open control plane that other machines can reach,
// unless the operator said so.
func (c *config) checkExposure() error {
	if c.Credentials != "" && c.AllowUnauthenticated {
		return fmt.Errorf("%s and %s exclude each other: calls are either verified or not", c.called("credentials"), c.called("allow-unauthenticated"))
	}
	if c.exposed() && len(c.functionCode()) > 0 {
		return fmt.Errorf("%s: code of functions is not run where other machines reach a control plane that takes calls from anyone, at %s: "+
			"%s, or name a file with --credentials", c.called("lambda-functions"), c.Listen, c.closes())
	}
	if c.exposed() && c.AllowFunctions {
		return fmt.Errorf("%s: code of functions is not run where other machines reach a control plane that takes calls from anyone, at %s: "+
			"%s, or name a file with --credentials", c.called("allow-functions"), c.Listen, c.closes())
	}
	if c.AllowUnauthenticated || c.ListenClientCA != "" || !c.exposed() {
		return nil
	}
	from := "listen"
	if c.behindBalancers("listen") {
		from = "proxy-protocol"
	}
	return fmt.Errorf("%s: %s is reachable from other machines and the control plane takes calls from anyone: "+
		"%s, name a file with --credentials, or say --allow-unauthenticated", c.called(from), c.Listen, c.closes())
}

// exposed reports whether other machines reach a control plane that takes calls from
// anyone. A balancer in front of it brings theirs, wherever it listens.
func (c *config) exposed() bool {
	host, _, _ := net.SplitHostPort(c.Listen)
	return c.role().Controls() && c.Credentials == "" && (!loopback(host) || c.behindBalancers("listen"))
}

// closes is what keeps other machines from an exposed control plane.
func (c *config) closes() string {
	if c.behindBalancers("listen") {
		return "put the stages at a gateway-listen, and that under proxy-protocol in place of listen"
	}
	return "listen on 127.0.0.1"
}

// checkListeners refuses two listeners on one port, and one for TLS without
// certificates.
func (c *config) checkListeners(in command) error {
	if c.GatewayTLSListen != "" && len(c.Certificates) == 0 && c.ACME == "" {
		return fmt.Errorf("%s: %w", c.called("gateway-tls-listen"), errNoCertificates)
	}
	if c.vpcEndpointTLS() && len(c.Certificates) == 0 && !c.TLS {
		return fmt.Errorf("%s: %w", c.called("vpc-endpoints"), errNoCertificates)
	}
	listeners := []struct{ name, address string }{
		{"listen", c.Listen}, {"gateway-listen", c.GatewayListen}, {"gateway-tls-listen", c.GatewayTLSListen},
		{"admin-listen", c.AdminListen},
	}
	if in == inDev {
		listeners = append(listeners, struct{ name, address string }{"port", c.root()})
	}
	private, _ := c.vpcEndpoints() // checked before
	for _, e := range private {
		for _, at := range e.listen {
			listeners = append(listeners, struct{ name, address string }{"vpc-endpoints", at.address})
		}
	}
	for i, a := range listeners {
		for _, b := range listeners[:i] {
			if samePort(a.address, b.address) {
				return fmt.Errorf("%s: %s is where %s (%s) is", c.called(a.name), a.address, b.name, b.address)
			}
		}
	}
	return nil
}

// samePort reports whether two addresses cannot both be listened on.
func samePort(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || everyHost(hostA) || everyHost(hostB) || loopback(hostA) && loopback(hostB) && (hostA == "localhost" || hostB == "localhost")
}

// everyHost reports whether a host to listen on is all addresses of this machine.
func everyHost(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

// loopback reports whether a host to listen on is this machine alone.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// backendConnections is how many connections to backends there may be when the
// process may open that many files: what clients leave, less what the database,
// logs, listeners and look-ups of names need. It is 0, no bound, when the number
// of files is not known.
func (c *config) backendConnections(files int) int {
	clients := c.MaxConnections
	if clients == 0 {
		clients = files / 2
	}
	own := files/16 + 32
	if c.AdminListen != "" {
		own += adminConnections
	}
	return max(files-clients-c.controlConnections(files)-own, files/8)
}

// adminConnections is how many connections --admin-listen takes.
const adminConnections = 32

// controlConnections is how many connections the control plane's own listener may
// have when the process may open that many files, or that there is memory for; 0 where
// there is none, or the number is not known.
func (c *config) controlConnections(files int) int {
	if c.GatewayListen == "" {
		return 0
	}
	return bounded(files/16, availableMemory(os.DirFS("/")), ofCaller)
}

// level parses the log level.
func (c *config) level() (slog.Level, error) {
	var l slog.Level
	words := []string{"debug", "info", "warn", "error"}
	if !slices.Contains(words, strings.ToLower(c.LogLevel)) || l.UnmarshalText([]byte(c.LogLevel)) != nil {
		return l, fmt.Errorf("%q is none of %s", brief(c.LogLevel), strings.Join(words, ", "))
	}
	return l, nil
}

// proxies parses the trusted networks.
func (c *config) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.TrustedProxies {
		p, err := parseNetwork(s)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// parseNetwork reads a network; a bare address is a network of one.
func parseNetwork(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return p, fmt.Errorf("%q is no network in CIDR form", brief(s))
	}
	return p.Masked(), nil
}

var errNoCertificates = errors.New("the configuration file names no certificates")
