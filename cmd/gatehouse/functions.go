package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/filewatch"
	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
)

// keepFunctions is the command by which this binary is the process that ends functions
// when the gateway is killed.
const keepFunctions = "keep-functions"

// newKeepFunctions is the command that no user types.
func newKeepFunctions() *cobra.Command {
	return &cobra.Command{
		Use: keepFunctions, Hidden: true, Short: "End functions when the gateway on standard input is gone", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { functions.Keep(cmd.InOrStdin()); return nil },
	}
}

// A functionHost runs the functions of a configuration.
type functionHost struct {
	*functions.Set
	made  *functions.Set       // functions that Lambda's API has made
	known *credentials.Callers // whose roles functions have
	out   *outputs
	log   *slog.Logger           // what functions print, unless a person watches
	dev   bool                   // lines are for a person who watches
	url   string                 // of the control plane. It is set before a function runs
	conf  atomic.Pointer[config] // replaced, never changed

	following sync.Mutex
	watcher   *filewatch.Watcher // of their code; nil where nobody asked for it
	looks     map[string]uint64  // without a watcher: the code when it was looked at last, by directory
}

// newFunctionHost makes a host without functions. What they are told and return is in
// the memory of bodies.
func newFunctionHost(c *config, known *credentials.Callers, requests, answers *httpmsg.Budget, out *outputs) *functionHost {
	h := &functionHost{known: known, out: out, log: cmp.Or(c.functionLog, out.log), dev: c.requestLines}
	h.conf.Store(c)
	o := functions.Options{
		Region: c.Region, Account: c.Account, Environment: h.environment, Output: h.print, Events: requests, Answers: answers, Log: out.log,
	}
	if own, err := os.Executable(); err == nil {
		o.Keeper = func() *exec.Cmd { return &exec.Cmd{Path: own, Args: []string{os.Args[0], keepFunctions}} }
	}
	h.Set, h.made = functions.New(o), functions.New(o)
	if c.requestLines || c.Watch {
		h.watcher = filewatch.New(h.changed)
	}
	return h
}

// prepare makes the functions of a configuration, by the names that calls have for
// them, and what takes them over.
func (h *functionHost) prepare(c *config) (map[string]integration.Runner, func(), error) {
	code := c.functionCode()
	for _, name := range slices.Sorted(maps.Keys(code)) {
		if role := code[name].Role; role != "" && !c.open() && !h.namesRole(c, role) {
			return nil, nil, c.wrongFunction(name, fmt.Errorf("role: the file of --credentials names no role %s", brief(role)))
		}
		if own := c.LambdaFunctions[name]; !own.OfTemplate {
			for _, layer := range code[name].Program.Layers {
				if info, err := os.Stat(layer); err != nil || !info.IsDir() {
					return nil, nil, c.wrongFunction(name, fmt.Errorf("layers: %s is no directory", brief(layer)))
				}
			}
		}
	}
	ours, take, err := h.Prepare(code)
	var wrong *functions.ConfigError
	switch {
	case errors.As(err, &wrong):
		return nil, nil, c.wrongFunction(wrong.Key, wrong.Err)
	case err != nil:
		return nil, nil, err
	}
	runners := make(map[string]integration.Runner, len(ours))
	for name, f := range ours {
		runners[name] = f
	}
	return runners, func() { h.conf.Store(c); take(); h.follow() }, nil
}

// namesRole reports whether the file of --credentials names a role when a configuration
// is taken over.
func (h *functionHost) namesRole(c *config, role string) bool {
	if c.nextKeys != nil {
		return c.nextKeys.NamesRole(role)
	}
	return h.known.NamesRole(role)
}

// environment is what a function has to call AWS's services with: they are called where
// the gateway calls them, and at the gateway itself where it calls none.
func (h *functionHost) environment(f *functions.Config) (env []string, until time.Time) {
	c := h.conf.Load()
	if others := cmp.Or(c.AWSEndpointURL, c.AWSEndpoints[othersEndpoint], h.url); others != "" {
		env = append(env, "AWS_ENDPOINT_URL="+others)
	}
	if h.url != "" { // else there is no control plane here
		env = append(env, "AWS_ENDPOINT_URL_API_GATEWAY="+h.url, "AWS_ENDPOINT_URL_APIGATEWAYV2="+h.url)
	}
	for _, service := range slices.Sorted(maps.Keys(c.AWSEndpoints)) {
		if service != othersEndpoint {
			env = append(env, "AWS_ENDPOINT_URL_"+sdkVariable(service)+"="+c.AWSEndpoints[service])
		}
	}
	if c.open() { // any key is one of the account that is its id
		return append(env, "AWS_ACCESS_KEY_ID="+cmp.Or(f.Account, c.Account), "AWS_SECRET_ACCESS_KEY=gatehouse"), until
	}
	if session, ok := h.known.RoleSession(credentials.Lambda, f.Role, f.Name, time.Now()); ok {
		env = append(env, "AWS_ACCESS_KEY_ID="+session.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+session.SecretAccessKey, "AWS_SESSION_TOKEN="+session.Token)
		until = session.Expires
	}
	return env, until
}

// serviceIDs are the names that the SDKs have for services in variables, where they are
// not those of their endpoints.
var serviceIDs = map[string]string{
	"states": "SFN", "events": "EVENTBRIDGE", "logs": "CLOUDWATCH_LOGS", "monitoring": "CLOUDWATCH", "email": "SES", "secretsmanager": "SECRETS_MANAGER",
	"cognito-idp": "COGNITO_IDENTITY_PROVIDER", "elasticfilesystem": "EFS", "apigateway": "API_GATEWAY", "streams.dynamodb": "DYNAMODB_STREAMS",
	"runtime.sagemaker": "SAGEMAKER_RUNTIME", "bedrock-runtime": "BEDROCK_RUNTIME",
}

// sdkVariable is how AWS_ENDPOINT_URL_… names the service of an endpoint's name.
func sdkVariable(service string) string {
	return cmp.Or(serviceIDs[service], strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(service)))
}

// print keeps and prints a line of a function: behind its name where somebody watches, else in the
// log. Runtimes end the lines within an event by carriage returns.
func (h *functionHost) print(l *functions.Line) {
	h.out.groups.print(l)
	if !h.dev {
		h.log.Info("function", slog.String("function", l.Function), slog.String("lambdaRequestId", l.RequestID), slog.String("text", strings.ReplaceAll(string(l.Text), "\r", "\n")))
		return
	}
	for line := range bytes.SplitSeq(l.Text, []byte{'\r'}) {
		h.out.stdout.Spare().Append(append([]byte(l.Function+" | "), printable(line)...))
	}
}

// colour is a sequence by which a text sets how a terminal shows what follows.
var colour = regexp.MustCompile(`^\x1b\[[0-9;:]*m`)

// printable is a text without what could move a terminal's cursor, change its state or
// have it answer: what functions print are often the words of strangers. Colours are
// left.
func printable(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\x1b')
		if end < 0 {
			return append(out, bytes.Map(visible, text)...)
		}
		kept := colour.Find(text[end:])
		out = append(append(out, bytes.Map(visible, text[:end])...), kept...)
		if text = text[end+len(kept):]; len(kept) == 0 {
			out, text = append(out, "�"...), text[1:]
		}
	}
	return out
}

// visible replaces what terminals obey.
func visible(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
		return '�'
	}
	return r
}
