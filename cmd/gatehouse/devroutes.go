package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
)

// A route is one line of what is served.
type route struct {
	verb, path string
	sample     openapi.Sample // what a call needs
	mock       bool           // it answers from its examples, for want of an integration
	guarded    bool           // an authorizer or an API key protects it
	authorizer string         // the name of the one that it needs, "" for none
	refused    string         // why a call without more answers 403, "" when it does not
	closed     string         // why any call does, such as "is not enforced yet"; "" when not all do
	bare       bool           // what protects it is skipped
	signs      string         // how curl is to sign a call, "" where it need not
}

func routesOf(def *openapi.API) []route {
	var out []route
	for _, r := range def.Resources {
		for _, m := range r.Methods {
			if m.Preflight {
				continue
			}
			it := route{verb: *m.HTTPMethod, path: r.Path, sample: m.Sample, mock: m.Mocked, authorizer: m.Authorizer}
			it.guarded = true
			switch {
			case m.APIKeyRequired != nil && *m.APIKeyRequired:
				if key := firstKey(def.UsagePlans); key != "" {
					it.sample.Header = append(slices.Clone(it.sample.Header), openapi.SampleParameter{Name: "x-api-key", Value: key})
				} else {
					it.refused = "needs an API key, and the file has no x-gatehouse-usage-plans"
				}
			case wantsSignature(&m):
			default:
				it.guarded = m.Authorizer != ""
			}
			if wantsSignature(&m) {
				it.refused = needsSignature
			}
			out = append(out, it)
		}
	}
	return out
}

// needsSignature is why a call of a method of AWS_IAM answers 403.
const needsSignature = "needs a signature (AWS_IAM)"

func wantsSignature(m *openapi.Method) bool {
	return m.AuthorizationType != nil && *m.AuthorizationType == "AWS_IAM"
}

// sign has the calls of routes that need a signature signed, where somebody can: for a
// region.
func sign(routes []route, region string) {
	for i := range routes {
		if r := &routes[i]; r.refused == needsSignature && r.closed == "" {
			r.refused, r.signs = "", "aws:amz:"+region+":execute-api"
		}
	}
}

// strand marks the routes that nobody can call on this server, though nothing closes them:
// those of a private API where there is no VPC endpoint, and those that need a signature
// where nobody who may sign is of the API's account, and no resource policy lets in others.
func (d *described) strand(def *openapi.API, routes []route) {
	private := slices.Contains(def.RestAPI.EndpointConfiguration.Types, "PRIVATE") && len(d.server.config().VPCEndpoints) == 0
	foreign := def.RestAPI.Policy == nil && d.server.callers.known.Known() && !d.server.callers.known.HasAccount(d.who.Account)
	for i := range routes {
		switch r := &routes[i]; {
		case r.closed != "":
		case private:
			r.refused, r.closed = "the API is private", "no VPC endpoint is set: see --vpc-endpoints"
		case foreign && r.refused == needsSignature:
			r.closed = "no caller in the credentials file is of the API's account " + d.who.Account + ": see --account"
		}
	}
}

// firstKey is a key that clients can send, "" where the file has none.
func firstKey(plans []openapi.UsagePlan) string {
	for _, p := range plans {
		for _, key := range p.Keys {
			return key
		}
	}
	return ""
}

// bare marks the routes whose authorizer or key is skipped.
func bare(routes []route) {
	for i := range routes {
		r := &routes[i]
		r.bare = r.guarded
		r.authorizer, r.refused = "", ""
	}
}

// shut marks the routes that a compiled definition closes.
func shut(routes []route, closed []pipeline.ClosedMethod) {
	by := make(map[[2]string]pipeline.ClosedMethod)
	for _, c := range closed {
		at := [2]string{c.Method, c.Resource}
		if _, ok := by[at]; !ok {
			by[at] = c
		}
	}
	for i := range routes {
		r := &routes[i]
		c, closed := by[[2]string{r.verb, r.path}]
		if !closed {
			continue
		}
		r.closed = c.Why
		switch {
		case strings.HasPrefix(c.Setting, "RestApi."):
			r.refused = strings.TrimPrefix(c.Setting, "RestApi.") + " is " + c.Value
		case r.authorizer != "":
			r.refused = "needs the authorizer " + r.authorizer
		case r.refused == "":
			r.refused = strings.TrimSpace(c.Setting + " " + c.Value)
		}
	}
}

// closedReasons says how many routes are closed, for each reason.
func closedReasons(all []route) []string {
	var reasons []string
	closed := make(map[string]int)
	for _, r := range all {
		if r.closed == "" {
			continue
		}
		reason := r.refused + ", which this server does not enforce yet"
		if r.closed != pipeline.NotEnforced {
			reason = r.refused + ", and " + r.closed
		}
		if closed[reason]++; closed[reason] == 1 {
			reasons = append(reasons, reason)
		}
	}
	for i, reason := range reasons {
		routes := count(closed[reason], "route answers", "routes answer")
		reasons[i] = fmt.Sprintf("%s 403: %s", routes, reason)
	}
	return reasons
}

// maxMocksTold bounds the routes that mockReason names.
const maxMocksTold = 10

// mockReason says which routes answer from their examples, "" for none.
func mockReason(all []route) string {
	var told []string
	n := 0
	for _, r := range all {
		if !r.mock {
			continue
		}
		if n++; n <= maxMocksTold {
			told = append(told, r.verb+" "+brief(r.path))
		}
	}
	if n == 0 {
		return ""
	}
	more := ""
	if n > maxMocksTold {
		more = fmt.Sprintf(" and %d more", n-maxMocksTold)
	}
	return fmt.Sprintf("%s from the examples of the file, for want of an integration: %s%s",
		count(n, "route answers", "routes answer"), strings.Join(told, ", "), more)
}

// bareRoutes says how many routes are served without what protects them, "" for none.
func bareRoutes(all []route) string {
	n := 0
	for _, r := range all {
		if r.bare {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return "WARNING: " + count(n, "route is", "routes are") + " UNPROTECTED: --allow-unprotected skips authorizers and API keys, everybody is let in"
}

// What is printed of example lines is bounded: their number, and a body's
// length.
const (
	maxCurls    = 10
	maxCurlBody = 1000
)

// curls prints lines that call the routes.
func (d *developer) curls(routes []route) {
	for _, r := range routes[:min(len(routes), maxCurls)] {
		fmt.Fprintln(d.out, "  "+r.curl(d.curl, d.root))
	}
	if n := len(routes) - maxCurls; n > 0 {
		fmt.Fprintf(d.out, "  and %d more\n", n)
	}
}

// curl is a command that calls the route with what it requires. A variable that the
// file says nothing of is 1.
func (r route) curl(command, base string) string {
	parts := strings.Split(r.path, "/")
	for i, p := range parts {
		switch {
		case strings.HasSuffix(p, "+}"):
			parts[i] = "a/b"
		case strings.HasPrefix(p, "{"):
			parts[i] = url.PathEscape(cmp.Or(r.sample.Path[strings.Trim(p, "{}")], "1"))
		}
	}
	line := command
	switch r.verb {
	case "GET":
	case "ANY":
		if r.sample.Body != "" {
			line += "-X POST "
		}
	case "HEAD":
		line += "-I "
	default:
		line += "-X " + r.verb + " "
	}
	if r.signs != "" {
		line += "--aws-sigv4 " + r.signs + ` -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" `
	}
	for _, h := range r.sample.Header {
		line += "-H " + quotedWord(h.Name+": "+h.Value) + " "
	}
	if body := r.sample.Body; r.verb != "GET" && r.verb != "HEAD" && body != "" && len(body) < maxCurlBody {
		line += "-H " + quotedWord("Content-Type: "+r.sample.MediaType) + " -d " + quotedWord(body) + " "
	}
	line += shellWord(base + strings.Join(parts, "/") + r.query())
	switch {
	case r.refused != "":
		line += "  # 403: " + r.refused
	case r.authorizer != "":
		line += "  # needs the authorizer " + r.authorizer
	case r.bare:
		line += "  # unprotected"
	case r.mock:
		line += "  # mock"
	}
	return line
}

// query is the query string of a call, "" where it needs none.
func (r route) query() string {
	var out []string
	for _, p := range r.sample.Query {
		out = append(out, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
	}
	if out == nil {
		return ""
	}
	return "?" + strings.Join(out, "&")
}

// quotedWord quotes a word for a shell, whether or not it has to be.
func quotedWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
