package control

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errARN() error { return wire.BadRequest("Invalid ARN specified in the request") }

// checkIntegration checks a method's integration in AWS's order.
func (t *tx) checkIntegration(m *wire.Method) error {
	i := m.MethodIntegration
	if *i.Type != "MOCK" && i.HTTPMethod == nil {
		return wire.BadRequest("Enumeration value for HttpMethod must be non-empty")
	}
	if i.HTTPMethod != nil && !slices.Contains(verbs, *i.HTTPMethod) {
		return errVerb()
	}
	if err := checkIntegrationURI(*i.Type, text(i.URI)); err != nil {
		return err
	}
	if err := t.checkConnection(i); err != nil {
		return err
	}
	if err := t.checkCredentials(*i.Type, text(i.URI), text(i.Credentials)); err != nil {
		return err
	}
	if err := checkTransferMode(i); err != nil {
		return err
	}
	if n := int(*i.TimeoutInMillis); n < minTimeoutMillis || n > t.maxTimeout(i) {
		return wire.BadRequest("%s", t.badTimeout(i))
	}
	switch *i.PassthroughBehavior {
	case "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER":
	default:
		return wire.BadRequest("Invalid passthrough behavior specified")
	}
	if err := checkRequestMapping(m, i.RequestParameters); err != nil {
		return err
	}
	if err := checkCacheKeys(m, i); err != nil {
		return err
	}
	return checkTemplates(i.RequestTemplates)
}

// maxTimeout is the longest timeout that an integration may have, in milliseconds.
func (t *tx) maxTimeout(i *wire.Integration) int {
	if streams(i) {
		return maxStreamMillis
	}
	return t.svc.limits.maxTimeoutMillis()
}

// badTimeout is AWS's refusal of a timeout, with the longest one as it is (recorded for
// both ways of transfer).
func (t *tx) badTimeout(i *wire.Integration) string {
	return fmt.Sprintf("Timeout should be between %d ms and %d ms", minTimeoutMillis, t.maxTimeout(i))
}

// checkTransferMode holds the way in which a response is transferred to the
// integration's type, and for a Lambda function to the operation that its URI invokes.
// AWS's text is recorded for a function that streams under BUFFERED; the others are
// inferred from it.
func checkTransferMode(i *wire.Integration) error {
	const invalid = "Invalid ResponseTransferMode. Cannot use ResponseTransferMode "
	stream, proxy := streams(i), *i.Type == "AWS_PROXY"
	operation, known := lambdaOperation(text(i.URI))
	switch {
	case stream && !proxy && *i.Type != "HTTP_PROXY":
		return wire.BadRequest(invalid+"STREAM for %s integrations.", *i.Type)
	case !proxy || !known:
		return nil
	case stream && operation == "Invoke":
		return wire.BadRequest(invalid + "STREAM for Lambda functions invoked by Invoke for AWS_PROXY integrations.")
	case !stream && operation == "InvokeWithResponseStream":
		return wire.BadRequest(invalid + "BUFFERED for Lambda functions invoked by InvokeWithResponseStream for AWS_PROXY integrations.")
	}
	return nil
}

// lambdaOperation is the operation of Lambda that a URI invokes, where it is known: a stage
// variable may stand for it.
func lambdaOperation(uri string) (operation string, known bool) {
	switch {
	case strings.HasSuffix(uri, "/response-streaming-invocations"):
		return "InvokeWithResponseStream", true
	case strings.HasSuffix(uri, "/invocations"):
		return "Invoke", true
	}
	return "", false
}

// checkCredentials takes the ARN of a role that the caller may pass. Services but Lambda,
// which has permissions of its own, want one.
func (t *tx) checkCredentials(kind, uri, credentials string) error {
	if credentials == "" {
		if kind == "AWS" && serviceOf(uri) != "lambda" {
			return wire.BadRequest("Role ARN must be specified for AWS integrations")
		}
		return nil
	}
	if !strings.HasPrefix(credentials, "arn:") {
		return errARN()
	}
	return t.checkPass(credentials)
}

// serviceOf is the service that an integration's ARN names.
func serviceOf(uri string) string {
	parts := strings.SplitN(uri, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// checkIntegrationURI holds a URI to what the integration's type asks of it.
func checkIntegrationURI(kind, uri string) error {
	switch kind {
	case "HTTP", "HTTP_PROXY":
		return checkHTTPURI(uri)
	case "AWS", "AWS_PROXY":
		return checkServiceARN(kind, uri)
	}
	return nil
}

// uriReference is what may stand for a part of a URL: a stage variable or a
// path parameter.
var uriReference = regexp.MustCompile(`\$\{stageVariables\.[A-Za-z0-9_]+\}|\{[^{}/]+\}`)

// checkHTTPURI takes absolute http and https URLs, of which any part after
// the scheme may be a reference.
func checkHTTPURI(uri string) error {
	invalid := wire.BadRequest("Invalid HTTP endpoint specified for URI")
	if !strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://") {
		return invalid
	}
	// A reference may stand for a port, so it is filled in with digits.
	u, err := url.Parse(uriReference.ReplaceAllString(uri, "80"))
	if err != nil || u.Hostname() == "" || u.User != nil || strings.ContainsAny(u.Hostname(), "{}$ ") {
		return invalid
	}
	return nil
}

// functionPath is the path of an invocation of Lambda, whose version is that of
// the operation: the plain one or the one that streams.
var functionPath = regexp.MustCompile(`^path/\d{4}-\d{2}-\d{2}/functions/.+/(?:response-streaming-)?invocations$`)

// checkServiceARN takes arn:{partition}:apigateway:{region}:{service}:{path|action}/….
// An ARN of anything else, such as a function's own, is refused for what it
// lacks (recorded).
func checkServiceARN(kind, uri string) error {
	parts := strings.SplitN(uri, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return errARN()
	}
	service, rest := parts[4], parts[5]
	if parts[2] != "apigateway" || !strings.HasPrefix(rest, "path/") && !strings.HasPrefix(rest, "action/") {
		return wire.BadRequest("AWS ARN for integration must contain path or action")
	}
	if kind == "AWS_PROXY" && service != "firehose" && (service != "lambda" || !functionPath.MatchString(rest)) {
		return wire.BadRequest("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.")
	}
	return nil
}
