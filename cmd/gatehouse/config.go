package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// A config is every setting of a server. Each scalar has one name: the flag,
// the key of the configuration file, and (upper case, GATEHOUSE_ before it)
// the environment variable. Flags win over the environment, the environment
// over the file.
type config struct {
	Listen               string   `yaml:"listen"`
	GatewayListen        string   `yaml:"gateway-listen"`
	GatewayTLSListen     string   `yaml:"gateway-tls-listen"`
	DataDir              string   `yaml:"data-dir"`
	InMemory             bool     `yaml:"in-memory"`
	KeepDeployments      int      `yaml:"keep-deployments"`
	Region               string   `yaml:"region"`
	Account              string   `yaml:"account"`
	Credentials          string   `yaml:"credentials"`
	AllowUnauthenticated bool     `yaml:"allow-unauthenticated"`
	AllowHost            []string `yaml:"allow-host"`
	AllowOrigin          []string `yaml:"allow-origin"`
	TrustedProxies       []string `yaml:"trusted-proxies"`
	MaxBufferedBytes     int64    `yaml:"max-buffered-bytes"`
	MaxConnections       int      `yaml:"max-connections"`
	AWSEndpointURL       string   `yaml:"aws-endpoint-url"`
	AssumeRoles          bool     `yaml:"assume-roles"`
	AWSLimits            bool     `yaml:"aws-limits"`
	AccessLog            string   `yaml:"access-log"`
	LogLevel             string   `yaml:"log-level"`
	LogFormat            string   `yaml:"log-format"`
	Trace                bool     `yaml:"trace"`

	// The file alone has these.
	Certificates          []certificate       `yaml:"certificates"`            // of gateway-tls-listen
	Quotas                map[string]string   `yaml:"quotas"`                  // name to number, or throttle.Unlimited
	Rates                 map[string]string   `yaml:"rates"`                   // name to rate, in the form of throttle.ParseRate
	AccessLogDestinations map[string]string   `yaml:"access-log-destinations"` // destination ARN to file, "-" for standard output
	LambdaFunctions       map[string]string   `yaml:"lambda-functions"`        // function name or ARN to the URL that invokes it
	VPCLinks              map[string][]string `yaml:"vpc-links"`               // name of a VPC link, or ARN of its target, to the addresses behind it
}

// defaults is the one place that says what an absent setting means.
func defaults() config {
	return config{
		Listen:    "127.0.0.1:4566",
		DataDir:   "./gatehouse-data",
		Region:    "us-east-1",
		Account:   "000000000000",
		AccessLog: "-",
		LogLevel:  "info",
		LogFormat: "text",
	}
}

// flags declares one flag a setting, each showing its default.
func (c *config) flags(fs *pflag.FlagSet) {
	fs.StringVar(&c.Listen, "listen", c.Listen, "address of the control plane and, unless --gateway-listen is set, of the stages")
	fs.StringVar(&c.GatewayListen, "gateway-listen", c.GatewayListen, "serve stages here only, and the control plane at --listen only")
	fs.StringVar(&c.GatewayTLSListen, "gateway-tls-listen", c.GatewayTLSListen, "serve stages here under TLS (HTTP/2 and HTTP/1.1) as well, with the certificates of the configuration file")
	fs.StringVar(&c.DataDir, "data-dir", c.DataDir, "directory of the database; one server a directory")
	fs.BoolVar(&c.InMemory, "in-memory", c.InMemory, "keep everything in memory and forget it at the end")
	fs.IntVar(&c.KeepDeployments, "keep-deployments", c.KeepDeployments, "deployments of each API that are kept, beside those that a stage uses; 0 keeps all, as AWS does")
	fs.StringVar(&c.Region, "region", c.Region, "AWS region of requests that name none")
	fs.StringVar(&c.Account, "account", c.Account, "AWS account of requests that name none")
	fs.StringVar(&c.Credentials, "credentials", c.Credentials, "file of the access keys that may call the control plane; signatures are verified")
	fs.BoolVar(&c.AllowUnauthenticated, "allow-unauthenticated", c.AllowUnauthenticated, "let anyone who reaches --listen change everything")
	fs.StringSliceVar(&c.AllowHost, "allow-host", c.AllowHost, "name, beside localhost and addresses, that clients may call the server by (repeatable); --allow-unauthenticated allows all")
	fs.StringSliceVar(&c.AllowOrigin, "allow-origin", c.AllowOrigin, "web origin that may call the open control plane (repeatable)")
	fs.StringSliceVar(&c.TrustedProxies, "trusted-proxies", c.TrustedProxies, "networks (CIDR) whose X-Forwarded-For names the client (repeatable)")
	fs.Int64Var(&c.MaxBufferedBytes, "max-buffered-bytes", c.MaxBufferedBytes, "bodies, and what is made of them, held in memory at once, half for those of requests, half for those of answers; above it requests get 503; 0 is three eighths of the memory, 1 GiB at most")
	fs.IntVar(&c.MaxConnections, "max-connections", c.MaxConnections, "connections of clients at once, on all addresses that serve stages together; 0 is half of the files that the process may open")
	fs.StringVar(&c.AWSEndpointURL, "aws-endpoint-url", c.AWSEndpointURL, "URL that gets all calls of AWS services, Lambda included, in place of AWS")
	fs.BoolVar(&c.AssumeRoles, "assume-roles", c.AssumeRoles, "let integrations name the role that they call AWS with; always so at --aws-endpoint-url")
	fs.BoolVar(&c.AWSLimits, "aws-limits", c.AWSLimits, "hold callers of the control plane to AWS's quotas and rates; quotas and rates of the configuration file go before")
	fs.StringVar(&c.AccessLog, "access-log", c.AccessLog, "file for the access logs of stages whose destination the configuration file does not name; - is standard output")
	fs.StringVar(&c.LogLevel, "log-level", c.LogLevel, "debug, info, warn or error")
	fs.StringVar(&c.LogFormat, "log-format", c.LogFormat, "text or json")
	fs.BoolVar(&c.Trace, "trace", c.Trace, "print what happens to each request, headers and bodies included, on standard output")
}

// load joins the three sources. given holds the command line's flags.
func load(given *pflag.FlagSet, file string, getenv func(string) (string, bool)) (config, error) {
	c := defaults()
	if file != "" {
		if err := c.readFile(file); err != nil {
			return c, err
		}
	}
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.flags(fs)
	var errs []error
	fs.VisitAll(func(f *pflag.Flag) {
		if v, ok := getenv(envName(f.Name)); ok {
			if err := fs.Set(f.Name, v); err != nil {
				errs = append(errs, fmt.Errorf("environment variable %s: %w", envName(f.Name), err))
			}
		}
		if g := given.Lookup(f.Name); g != nil && g.Changed {
			errs = append(errs, copyFlag(f, g))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return c, err
	}
	return c, c.check()
}

// copyFlag gives f the value of g, lists whole.
func copyFlag(f, g *pflag.Flag) error {
	if list, ok := g.Value.(pflag.SliceValue); ok {
		return f.Value.(pflag.SliceValue).Replace(list.GetSlice())
	}
	return f.Value.Set(g.Value.String())
}

// envName is the environment variable of a setting.
func envName(flag string) string {
	return "GATEHOUSE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// readFile lays a YAML file over c. A key that is no setting is an error.
func (c *config) readFile(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("configuration file %s: %s", name, yamlProblem(err))
	}
	return nil
}

var unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)

// yamlProblem words a decoder's error on one line, without our type's name.
func yamlProblem(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var list *yaml.TypeError
	if errors.As(err, &list) {
		text = strings.Join(list.Errors, "; ")
	}
	return unknownKey.ReplaceAllString(text, "$1 is no setting")
}

var accountPattern = regexp.MustCompile(`^\d{12}$`)

// check reports the first setting that cannot work.
func (c *config) check() error {
	if !accountPattern.MatchString(c.Account) {
		return fmt.Errorf("account: %q is not 12 digits", c.Account)
	}
	if _, err := c.level(); err != nil {
		return err
	}
	if c.LogFormat != "text" && c.LogFormat != "json" {
		return fmt.Errorf("log-format: %q is neither text nor json", c.LogFormat)
	}
	if c.MaxBufferedBytes != 0 && c.MaxBufferedBytes < 1<<20 {
		return fmt.Errorf("max-buffered-bytes: %d is less than 1 MiB", c.MaxBufferedBytes)
	}
	if c.KeepDeployments < 0 {
		return fmt.Errorf("keep-deployments: %d is less than 0", c.KeepDeployments)
	}
	if c.MaxConnections < 0 {
		return fmt.Errorf("max-connections: %d is less than 0", c.MaxConnections)
	}
	if _, err := c.proxies(); err != nil {
		return err
	}
	if _, _, err := c.limits(); err != nil {
		return err
	}
	if c.Credentials != "" && c.AllowUnauthenticated {
		return errors.New("credentials and allow-unauthenticated exclude each other")
	}
	for _, name := range c.AllowHost {
		if !hostName.MatchString(name) {
			return fmt.Errorf("allow-host: %q is no host name alone", name)
		}
	}
	return c.checkExposure()
}

// hostName is what a name of this server may look like, without a port.
var hostName = regexp.MustCompile(`^[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?$`)

// checkExposure refuses an open control plane that other machines can reach,
// unless the operator said so.
func (c *config) checkExposure() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if c.Credentials != "" || c.AllowUnauthenticated || loopback(host) {
		return nil
	}
	return fmt.Errorf("listen: %s is reachable from other machines and the control plane takes calls from anyone: "+
		"listen on 127.0.0.1, name a file with --credentials, or say --allow-unauthenticated", c.Listen)
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
	return max(files-clients-c.controlConnections(files)-files/16-32, files/8)
}

// controlConnections is how many connections the control plane's own listener may
// have when the process may open that many files; 0 where there is none, or the
// number is not known.
func (c *config) controlConnections(files int) int {
	if c.GatewayListen == "" {
		return 0
	}
	return files / 16
}

// level parses the log level.
func (c *config) level() (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return l, fmt.Errorf("log-level: %q is none of debug, info, warn, error", c.LogLevel)
	}
	return l, nil
}

// proxies parses the trusted networks; a bare address is a network of one.
func (c *config) proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range c.TrustedProxies {
		if ip, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("trusted-proxies: %q is no network in CIDR form", s)
		}
		out = append(out, p)
	}
	return out, nil
}

// logHandler makes the form of the process's log, whose lines go to w.
func (c *config) logHandler(w io.Writer) slog.Handler {
	level, _ := c.level() // checked when loaded
	opts := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.NewJSONHandler(w, opts)
	}
	return slog.NewTextHandler(w, opts)
}
