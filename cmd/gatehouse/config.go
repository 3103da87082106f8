package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// A config is every setting of a server, as the table settings describes them.
// Flags win over the environment, the environment over the file.
type config struct {
	Listen                string
	ListenCert            string // PEM file, as the next two
	ListenKey             string
	ListenClientCA        string
	GatewayListen         string
	GatewayTLSListen      string
	HTTPSRedirect         int // port under TLS to which plain requests for stages are sent; 0 serves them
	AdminListen           string
	AdminCert             string // PEM file, as the next two
	AdminKey              string
	AdminClientCA         string
	GatewayHealth         bool
	DrainDelay            time.Duration // between ready's end and that of taking connections
	MetricsSeries         int           // at AdminListen
	OTLPEndpoint          string        // base URL
	OTLPHeaders           string        // file of the headers that requests to OTLPEndpoint have
	Host                  string        // that dev's stage is at the root of
	Port                  int           // of Host
	TLS                   bool          // the root is under TLS
	StageVariable         []string      // name=value, of dev's stage
	Parameter             []string      // name=value, of templates
	UpstreamForPlain      string        // URL of the operations without an integration, or openapi.ServersUpstream
	AllowFunctions        bool          // clients may create functions, whose code is run
	AllowUnprotected      bool          // dev asks nobody who calls its API
	Verbose               bool
	Debug                 string   // FUNCTION or FUNCTION=HOST:PORT
	API                   []string // in the form of parseAPIFile
	Watch                 bool     // the files of API
	Portal                []string // in the form of parseOpened
	DataDir               string
	Database              string // URL of a PostgreSQL, which may have a password; "" for the data directory
	ACME                  string // URL of an authority's directory; "" for none
	ACMEContact           string // mail address
	ACMEAcceptTerms       bool
	ACMECA                string // PEM file of authorities that sign for the host of ACME; "" for the system's
	SecretsKeyFile        string // of the keys under which secrets are kept; "" for none
	InMemory              bool
	Role                  string        // of nodes.Role
	WaitForNodes          time.Duration // for them all to serve a change; 0 for none
	Valkey                string        // URL, which may have a password; "" for none
	ValkeyPasswordFile    string
	ValkeyCA              string // PEM file of authorities; "" for the system's
	ValkeyAway            string // awayShare or awayRefuse
	KeepDeployments       int
	KeepUsageDays         int
	Region                string
	Account               string
	Credentials           string
	AllowUnauthenticated  bool
	AllowHost             []string
	AllowOrigin           []string
	TrustedProxies        []string
	EdgeHeaders           edgeHeaders
	ProxyProtocol         []string // names of listeners
	VPCEndpoints          []string // ID=VPC NETWORK or URL to listen at ...
	MaxBufferedBytes      int64
	AuthorizerCacheBytes  int64
	LogEventsBytes        int64
	CacheBudget           int64
	MaxConnections        int
	AWS                   bool // AWS itself may be called
	AWSEndpointURL        string
	AssumeRoles           bool
	Upstream              upstreamServer
	IdentityPools         []string // ARN=VALUE, in the form of authz.ParsePoolIssuer
	AWSLimits             bool
	AccessLog             string
	AccessLogFormat       string // a preset's name or a format, of stages that have no access log of their own
	ExecutionLog          string
	ExecutionLogDirectory string
	AuditLog              string
	LogLevel              string
	LogFormat             string
	Trace                 bool

	// The file alone has these.
	Certificates          []certificate             // of gateway-tls-listen
	Quotas                map[string]string         // name to number, or throttle.Unlimited
	Rates                 map[string]string         // name to rate, in the form of throttle.ParseRate
	AccessLogDestinations map[string]logDestination // by the ARN that stages name
	AWSEndpoints          map[string]string         // service to the URL that gets its calls, othersEndpoint to that of all others
	LambdaFunctions       map[string]lambdaFunction // by function name or ARN
	Truststores           map[string]string         // s3:// URI, perhaps with ?versionId=, to a file
	VPCLinks              map[string][]string       // name of a VPC link, or ARN of its target, to the addresses behind it

	requestLines bool // a line is printed for each request for a stage

	functionLog *slog.Logger         // of what functions print: the process's log, of whose room for lines it takes half; nil where no log is open
	nextKeys    *credentials.Keyring // what the file of Credentials said when callers.prepare read it; nil before

	given    map[string]source // the settings that somebody gave
	warnings []string          // what the environment has without effect
}

// A source is where a setting's value comes from.
type source struct {
	name        string // as an error calls it: --listen, GATEHOUSE_LISTEN, gatehouse.yaml:3: listen
	environment bool
	file        string // "" where it is not from one
}

// defaults is the one place that says what an absent setting means.
func defaults() config {
	return config{
		Listen:       "127.0.0.1:4566",
		Host:         "127.0.0.1",
		Port:         devPort,
		DataDir:      "./gatehouse-data",
		Region:       "us-east-1",
		Account:      "000000000000",
		AWS:          true,
		AccessLog:    "-",
		ExecutionLog: "-",
		WaitForNodes: nodesWait,
		LogLevel:     "info",
		LogFormat:    "text",
		ValkeyAway:   awayShare,

		KeepUsageDays:        usageDays,
		AuthorizerCacheBytes: authz.DefaultCacheBytes,
		LogEventsBytes:       logEventsBytes,
		MetricsSeries:        metrics.DefaultSeries,
	}
}

// called is how an error names a setting: by where its value comes from.
func (c *config) called(name string) string {
	if from, ok := c.given[name]; ok {
		return from.name
	}
	return name
}

// wrong is an error of a setting, with the place at which it was given: where the error
// knows the line of a part, that.
func (c *config) wrong(name string, err error) error {
	var at *misplaced
	if file := c.given[name].file; file != "" && errors.As(err, &at) && at.line > 0 {
		return fmt.Errorf("%s:%d: %s: %w", file, at.line, name, err)
	}
	return fmt.Errorf("%s: %w", c.called(name), err)
}

// load joins the three sources. flags are those of the command line, of which some
// settings may have none.
func load(in command, flags *pflag.FlagSet, environment []string) (config, error) {
	c := defaults()
	c.given = make(map[string]source)
	variables, err := ownVariables(environment)
	if err != nil {
		return c, err
	}
	if err := c.readNamed(flags, variables); err != nil {
		return c, err
	}
	for i := range settings {
		s := &settings[i]
		if s.value == nil {
			continue
		}
		if v, ok := variables[envName(s.name)]; ok {
			c.given[s.name] = source{name: envName(s.name), environment: true}
			if err := s.value(&c).Set(v); err != nil {
				return c, fmt.Errorf("%s: %w", envName(s.name), err)
			}
		}
		if g := flags.Lookup(s.name); g != nil && g.Changed {
			c.given[s.name] = source{name: "--" + s.name}
			if err := copyFlag(s.value(&c), g.Value); err != nil {
				return c, fmt.Errorf("--%s: %w", s.name, err)
			}
		}
	}
	return c, c.check(in)
}

// readNamed reads the configuration file that the command line or the environment
// names, if one does.
func (c *config) readNamed(flags *pflag.FlagSet, variables map[string]string) error {
	file, from, given := namedFile(flags, variables)
	switch {
	case !given:
		return nil
	case file == "":
		return fmt.Errorf("%s: %w", from, errEmpty)
	}
	return c.readFile(file)
}

// namedFile is the configuration file that the command line or the environment names,
// and where that says so.
func namedFile(flags *pflag.FlagSet, variables map[string]string) (file, from string, given bool) {
	if f := flags.Lookup("config"); f != nil && f.Changed {
		return f.Value.String(), "--config", true
	}
	file, given = variables[envName("config")]
	return file, envName("config"), given
}

// copyFlag gives a setting the value of its flag, lists whole.
func copyFlag(to, from pflag.Value) error {
	if list, ok := from.(pflag.SliceValue); ok {
		return to.(pflag.SliceValue).Replace(list.GetSlice())
	}
	return to.Set(from.String())
}

// check reports the first setting that cannot work, or cannot act in the command.
func (c *config) check(in command) error {
	for i := range settings {
		s := &settings[i]
		if s.check == nil {
			continue
		}
		if err := s.check(c); err != nil {
			return c.wrong(s.name, err)
		}
	}
	if in == inBackup || in == inCheck { // at which nothing listens: their file may be that of a server with flags beside it
		return nil
	}
	for _, rule := range idleRules {
		if rule.idle(c, in) {
			if err := c.tellIdle(rule.name, rule.why); err != nil {
				return err
			}
		}
	}
	for _, rule := range c.idleInRole() {
		if err := c.tellIdle(rule.name, rule.why); err != nil {
			return err
		}
	}
	return c.checkTogether(in)
}

// tellIdle refuses a setting without effect that was given, or warns of it where it comes
// from the environment, which other commands share.
func (c *config) tellIdle(name, why string) error {
	from, ok := c.given[name]
	switch {
	case !ok:
		return nil
	case !from.environment:
		return fmt.Errorf("%s: has no effect %s", from.name, why)
	}
	c.warnings = append(c.warnings, from.name+" has no effect "+why)
	c.field(name).Set(new(defaults()).field(name))
	return nil
}

// checkTogether reports what cannot work of settings each of which could.
func (c *config) checkTogether(in command) error {
	return errors.Join(c.checkNodes(in), c.checkExposure(), c.checkRoles(), c.checkListeners(in), c.checkListenerTLS(), c.checkACMEKeys(in), c.checkBases(), c.checkUpstreamTogether(in))
}

// A logLevel is the level of the process's log, which may change while it runs.
type logLevel struct{ slog.LevelVar }

// prepare is a livePart.
func (l *logLevel) prepare(c *config) (func(), error) {
	level, err := c.level()
	return func() { l.Set(level) }, err
}

// openLog makes the process's log, whose lines go to w, and tells it what of the
// environment has no effect.
func (c *config) openLog(w io.Writer) (*slog.Logger, *logLevel, *observe.Lines) {
	level := new(logLevel)
	take, _ := level.prepare(c) // checked when loaded
	take()
	log, lines := observe.NewLog(w, func(w io.Writer) slog.Handler { return c.logHandler(w, level) })
	c.functionLog = slog.New(c.logHandler(lines.Spare(), level))
	for _, text := range c.warnings {
		log.Warn(text)
	}
	return log, level, lines
}

// logHandler makes the form of the process's log.
func (c *config) logHandler(w io.Writer, level slog.Leveler) slog.Handler {
	opts := plainDurations(level)
	if c.LogFormat == "json" {
		return slog.NewJSONHandler(w, opts)
	}
	return slog.NewTextHandler(w, opts)
}

// plainDurations are the options of handlers that write durations with their unit, in
// JSON too.
func plainDurations(level slog.Leveler) *slog.HandlerOptions {
	return &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration {
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}}
}
