package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A ClosedMethod says why the requests of a method answer 403: a setting protects
// it, and this server does not enforce that setting yet, or cannot.
type ClosedMethod struct {
	Resource string // path template
	Method   string
	Setting  string // by AWS's name, such as Method.apiKeyRequired
	Value    string // "" where it is too long to be told
	Why      string // such as "is not enforced yet"
}

// NotEnforced is the ClosedMethod.Why of settings that this server has no part for.
const NotEnforced = "is not enforced yet"

// ClosedMethods lists what closes methods, in the order of the definition.
func (p *Program) ClosedMethods() []ClosedMethod { return p.closed }

// SignedMethods lists the methods that want a signature, in the order of the definition.
// A server without a credentials file knows nobody who could sign: there they are as
// good as closed.
func (p *Program) SignedMethods() []ClosedMethod { return p.signed }

// noSigners is why methods that want a signature let nobody in.
const noSigners = "no credentials file names who may sign: see --credentials"

// guards returns the one step of a method that has a protection which is not
// enforced yet, or cannot be: its requests fail rather than pass unprotected. It is
// nil for a method that is open.
func (c *compiler) guards() (closed step) {
	first := len(c.program.closed)
	if c.program.unreadable != nil {
		c.close("RestApi.policy", "", "cannot be used as it is written")
	}
	if kind := c.method.AuthorizationType; !isServed(kind) && !c.program.open { // all that AWS has are, so it is of a later version
		c.close("Method.authorizationType", kind, NotEnforced)
	}
	c.noteSigned()
	if first == len(c.program.closed) {
		return nil
	}
	by := &c.program.closed[first]
	reason := strings.TrimSpace(by.Setting+" "+by.Value) + " " + by.Why
	return func(*call) error { return forbidden(reason) }
}

// noteSigned notes a method that wants a signature.
func (c *compiler) noteSigned() {
	if kind := c.method.AuthorizationType; kind == "AWS_IAM" && !c.program.open {
		c.program.signed = append(c.program.signed, ClosedMethod{c.resource, c.method.HTTPMethod, "Method.authorizationType", kind, noSigners})
	}
}

// close notes that a setting closes the method.
func (c *compiler) close(setting, value, why string) {
	c.program.closed = append(c.program.closed, ClosedMethod{c.resource, c.method.HTTPMethod, setting, value, why})
}

func authorized(m *snapshot.Method) bool {
	return m.AuthorizationType != "" && m.AuthorizationType != "NONE"
}

// protection names what of the method asks who calls, "" for nothing.
func (c *compiler) protection() string {
	var names []string
	if authorized(c.method) {
		names = append(names, "authorization")
	}
	if c.method.APIKeyRequired {
		names = append(names, "api-key")
	}
	return strings.Join(names, ", ")
}
