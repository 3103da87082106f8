package pipeline

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/target"
)

// aws compiles an AWS integration.
func (c *compiler) aws(m *Method) {
	m.request.illegal, m.request.ignored = illegalForAWS, ignoredForAWS
	c.awsService(m)
	c.requestParameters(m)
}

// awsProxy compiles an AWS_PROXY integration.
func (c *compiler) awsProxy(m *Method) {
	m.request.illegal, m.request.ignored = illegalInEvent, illegalInEvent
	c.awsService(m)
	c.proxyParameters(m)
}

// awsService compiles what AWS and AWS_PROXY integrations have in common.
func (c *compiler) awsService(m *Method) {
	in := &c.method.Integration
	m.service, m.role, m.operationName = true, target.ParseURI(in.Credentials), c.method.OperationName
	m.outgoing(in)
	if integration.IsCaller(in.Credentials) && c.method.AuthorizationType != "AWS_IAM" {
		c.problem("integration.credentials", 0, 0, "the credentials of the caller are known where the method's authorization is AWS_IAM")
		c.fail("integration.credentials", noAssumeRole+in.Credentials)
	}
	for _, check := range c.program.checks {
		if err := check(in); err != nil {
			c.problem("integration.credentials", 0, 0, "%v", err)
			c.fail("integration.credentials", noAssumeRole+in.Credentials)
		}
	}
	if !m.uri.HasStageVariable() {
		c.serviceURI(m, in.URI)
	}
}

// serviceURI notes what is wrong with a URI that no stage variable can mend.
func (c *compiler) serviceURI(m *Method, text string) {
	const field = "integration.uri"
	u, err := integration.ParseServiceURI(text)
	if err != nil {
		c.problem(field, 0, 0, "%v", err)
		return
	}
	_, function := u.Function()
	switch {
	case function && u.Streams() != (m.streams != nil):
		c.problem(transferField, 0, 0, "%v", errTransferMode)
		c.fail(transferField, errTransferMode.Error())
	case function && m.outVerb != "POST" && m.outVerb != "":
		c.problem("integration.httpMethod", 0, 0, "Lambda functions are invoked by POST, not %s", m.outVerb)
	case c.method.Integration.Type == "AWS_PROXY" && !function:
		c.problem(field, 0, 0, "a proxy integration of AWS is served for Lambda functions alone")
		c.fail(field, "Invalid endpoint address")
	}
}

// proxyParameters looks at the mappings of a proxy integration. They have no
// effect, and yet those of some headers fail every call (recorded).
func (c *compiler) proxyParameters(m *Method) {
	for _, key := range sorted(c.method.Integration.RequestParameters) {
		if name, ok := strings.CutPrefix(key, "integration.request.header."); ok && illegalInEvent.has(name) {
			c.illegal("integration.requestParameters."+key, name)
		}
	}
}
