package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A tracer prints what happened to each request: a block a request, or a line.
type tracer struct {
	brief  bool // a line
	color  bool
	locate atomic.Pointer[func(pipeline.Problem) string] // nil where no file is the definition
	out    *observe.Lines
}

// newTracer makes the tracer that the configuration asks for, nil for none.
func newTracer(c *config, out io.Writer, lines *observe.Lines) *tracer {
	if !c.Trace && !c.requestLines {
		return nil
	}
	return &tracer{brief: !c.Trace, color: colorful(out), out: lines}
}

// hooks are Trace and Served of pipeline.Services.
func (t *tracer) hooks() (block func(*trace.Trace), line func(*trace.Served)) {
	switch {
	case t == nil:
		return nil, nil
	case t.brief:
		return nil, t.printLine
	}
	return t.printBlock, nil
}

func (t *tracer) printBlock(traced *trace.Trace) { t.out.Append([]byte(traced.Text(t.options()))) }
func (t *tracer) printLine(served *trace.Served) { t.out.Append([]byte(served.Line(t.options()))) }

func (t *tracer) options() trace.TextOptions {
	o := trace.TextOptions{Color: t.color}
	if locate := t.locate.Load(); locate != nil {
		o.Locate = func(p trace.Part) string {
			return (*locate)(pipeline.Problem{Resource: p.Resource, Method: p.Method, Field: p.Field, Line: p.Line, Column: p.Column})
		}
	}
	return o
}

// colorful reports whether out is a terminal that wants colours: see
// https://no-color.org.
func colorful(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// invoke calls a method for TestInvokeMethod.
func (p *dataPlane) invoke(ctx context.Context, test *control.Test) *control.TestResult {
	a := pipeline.Invoke(ctx, test.Deployment, test.Request, &pipeline.Test{
		Caller: identity(test.Caller), Variables: test.StageVariables, ClientCertificateID: test.ClientCertificateID,
	}, p.services.Load(), p.checkRole)
	return &control.TestResult{Status: a.Status, Header: a.Header, Body: a.Body, Log: a.Trace.ExecutionLog(), Latency: a.Latency}
}

// invokeAuthorizer asks an authorizer for TestInvokeAuthorizer.
func (p *dataPlane) invokeAuthorizer(ctx context.Context, test *control.AuthorizerTest) *control.AuthorizerTestResult {
	a := pipeline.TestAuthorizer(ctx, test.Deployment, test.AuthorizerID, test.Request, &pipeline.Test{
		Caller: identity(test.Caller), Variables: test.StageVariables, Context: test.Context,
	}, p.services.Load(), p.checkRole)
	return &control.AuthorizerTestResult{
		ClientStatus: a.ClientStatus, Latency: a.Latency, Log: a.Trace.ExecutionLog(),
		PrincipalID: a.PrincipalID, Policy: a.Policy, Authorization: a.Authorization, Claims: a.Claims,
	}
}

// identity is who calls the control plane, as $context.identity shows it. The
// ids that AWS gives its users are not known; their names stand for them.
func identity(who *wire.Caller) mapping.Identity {
	user := who.Account // of the account itself (recorded)
	if at := strings.LastIndexByte(who.Principal, '/'); at >= 0 {
		user = who.Principal[at+1:]
	}
	return mapping.Identity{
		AccountID: who.Account, Caller: user, User: user, UserARN: who.Principal, AccessKey: who.AccessKey, UserAgent: who.UserAgent,
	}
}
