package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A ClosedMethod says why the requests of a method answer 403: a setting protects
// it, and this server does not enforce that setting yet.
type ClosedMethod struct {
	Resource string // path template
	Method   string
	Setting  string // by AWS's name, such as Method.apiKeyRequired
	Value    string // "" where it is too long to be told
}

// A guard is a setting that protects methods and is not enforced yet. Settings
// are named by the structure of AWS's that has them.
type guard struct {
	setting string
	value   func(*snapshot.Deployment, *snapshot.Method) (value string, set bool)
}

// unenforced are all guards; the log names the first that a method has.
var unenforced = []guard{
	{"RestApi.endpointConfiguration.types", func(d *snapshot.Deployment, _ *snapshot.Method) (string, bool) {
		return d.EndpointType, d.EndpointType == "PRIVATE"
	}},
	{"RestApi.endpointAccessMode", func(d *snapshot.Deployment, _ *snapshot.Method) (string, bool) {
		return d.EndpointAccessMode, d.EndpointAccessMode == "STRICT"
	}},
	{"RestApi.policy", func(d *snapshot.Deployment, _ *snapshot.Method) (string, bool) {
		return "", d.Policy != ""
	}},
	{"Method.authorizationType", func(_ *snapshot.Deployment, m *snapshot.Method) (string, bool) {
		return m.AuthorizationType, m.AuthorizationType != "" && m.AuthorizationType != "NONE"
	}},
	{"RestApi.apiKeySource", func(d *snapshot.Deployment, m *snapshot.Method) (string, bool) {
		return d.APIKeySource, m.APIKeyRequired && d.APIKeySource == "AUTHORIZER"
	}},
}

// ClosedMethods lists what closes methods, in the order of the definition.
func (p *Program) ClosedMethods() []ClosedMethod { return p.closed }

// guards returns the one step of a method that has a protection which is not
// enforced yet: its requests fail rather than pass unprotected. It is nil for a
// method that is open.
func (c *compiler) guards() (closed step) {
	for _, g := range unenforced {
		value, set := g.value(c.program.deployment, c.method)
		if !set {
			continue
		}
		c.program.closed = append(c.program.closed, ClosedMethod{c.resource, c.method.HTTPMethod, g.setting, value})
		if closed == nil {
			reason := strings.TrimSpace(g.setting+" "+value) + " is not enforced yet"
			closed = func(*call) error { return forbidden(reason) }
		}
	}
	return closed
}
