package main

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// signedRegion is what a region may look like that a request is signed for.
// Any is taken: each is a world of its own.
var signedRegion = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// authenticator makes the wire.ServerOptions.Authenticate that takes requests
// signed for a service, in any region, by one of the known callers. Nil as now
// is the real clock.
func authenticator(known *credentials.Callers, service string, now func() time.Time) identifier {
	verifier := sigv4.NewVerifier(sigv4.Options{Service: service, Now: now, Lookup: known.Credential})
	identify := func(r *http.Request, claim *sigv4.Claim, body []byte) (*wire.Caller, error) {
		scope, err := claim.Verify(body)
		if err != nil {
			return nil, signInError(err)
		}
		return callerOf(known, r, scope, claim.Token())
	}
	return func(r *http.Request, _ string) (wire.Identify, error) {
		claim, err := verifier.Claim(signedPart(r))
		if err != nil {
			return nil, signInError(err)
		}
		return func(body []byte) (*wire.Caller, error) { return identify(r, claim, body) }, nil
	}
}

// signedPart is what a signature can cover of a request, but for its body.
func signedPart(r *http.Request) *sigv4.Request {
	return &sigv4.Request{Method: r.Method, Path: sentPath(r), Query: r.URL.RawQuery, Host: r.Host, Header: headerLines(r.Header)}
}

// callerOf is who has made a signature that is right.
func callerOf(known *credentials.Callers, r *http.Request, scope sigv4.Scope, token string) (*wire.Caller, error) {
	if !signedRegion.MatchString(scope.Region) {
		return nil, &wire.Error{Status: http.StatusForbidden, Type: "InvalidSignatureException", Message: "Credential should be scoped to a valid region. "}
	}
	who, ok := known.Find(scope.AccessKeyID, token)
	if !ok { // since the request began, the file has changed
		return nil, &wire.Error{Status: http.StatusForbidden, Type: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	}
	return &wire.Caller{
		Account: who.Account, Region: scope.Region, Principal: who.Principal, AccessKey: scope.AccessKeyID, UserAgent: r.UserAgent(),
		Host: r.Host, SessionToken: token, Condition: requestCondition(r),
	}, nil
}

// sentPath is the path as the client sent and signed it.
func sentPath(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.EscapedPath() // the target is in absolute form
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// headerLines yields the lines of a header.
func headerLines(h http.Header) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, values := range h {
			for _, v := range values {
				if !yield(name, v) {
					return
				}
			}
		}
	}
}

// signInError is the answer to a request whose signature was refused.
func signInError(err error) error {
	var refused *sigv4.Error
	if !errors.As(err, &refused) {
		return err
	}
	if refused.Reason == sigv4.Disabled {
		return wire.Unauthorized("The request is denied because the caller has insufficient permissions.")
	}
	return &wire.Error{Status: http.StatusForbidden, Type: refused.Type, Message: refused.Message}
}

// requestCondition is the Condition of a caller: the values of the condition keys that
// follow from a request.
func requestCondition(r *http.Request) func(string) (string, bool) {
	f := policy.Facts{Scheme: "http", Header: func(name string) (string, bool) {
		value := r.Header.Get(name)
		return value, value != ""
	}}
	if r.TLS != nil {
		f.Scheme = "https"
	}
	f.SourceIP, _, _ = net.SplitHostPort(r.RemoteAddr) // none, when it is no address
	return f.Value
}

// A permitter refuses what a caller has no permission for.
type permitter func(ctx context.Context, who *wire.Caller, needed operation.Permission) error

// permitted makes the permitter that asks the caller's policies. A caller who was let in
// before the credentials changed is judged by the new ones. Nil as now is the real
// clock.
func permitted(known *credentials.Callers, now func() time.Time) permitter {
	if now == nil {
		now = time.Now
	}
	return func(_ context.Context, who *wire.Caller, needed operation.Permission) error {
		denial := policy.Denial{Principal: who.Principal, Action: needed.Action, Resource: needed.Resource, Basis: policy.IdentityBased}
		if caller, ok := known.Judge(who.AccessKey, who.SessionToken, now()); ok {
			denial.Decision = caller.DecideAll(&policy.Request{
				Principal: who.Principal, Action: denial.Action, Resource: denial.Resource, Context: callerContext(caller, who, needed.PassedTo, now()),
			})
		}
		if denial.Decision != policy.Allow {
			return wire.AccessDenied("%s", denial)
		}
		return nil
	}
}

// authorize makes the wire.ServerOptions.Authorize that asks for each permission that a
// call needs.
func authorize(may permitter) authorizer {
	return func(ctx context.Context, who *wire.Caller, op *wire.Operation, resource string) error {
		for _, needed := range permissions(who, op, resource) {
			if err := may(ctx, who, needed); err != nil {
				return err
			}
		}
		return nil
	}
}

// permissions are what a call needs: the method of the operation, such as
// apigateway:PUT, on the path of the call. To tag a resource is to change it as
// well: AWS asks for apigateway:PATCH on the resource itself (recorded of
// TagResource; what UntagResource needs beside DELETE is not known).
func permissions(who *wire.Caller, op *wire.Operation, path string) []operation.Permission {
	own := "arn:" + policy.Partition(who.Region) + ":apigateway:" + who.Region + "::"
	if action, ok := routingRuleActions[op.Name]; ok && op.Service == wire.V2 {
		if strings.HasSuffix(path, "/routingrules") {
			path += "/*"
		}
		return []operation.Permission{{Action: action, Resource: strings.TrimSuffix(own, ":") + who.Account + ":" + path}}
	}
	label, tags := strings.CutPrefix(path, "/tags/")
	if !tags {
		return []operation.Permission{{Action: "apigateway:" + op.Method, Resource: own + path}}
	}
	arn := plainARN(label, who.Region, own)
	needed := []operation.Permission{{Action: "apigateway:" + op.Method, Resource: own + "/tags/" + wire.EscapeLabel(arn)}}
	if op.Name == "TagResource" {
		needed = append(needed, operation.Permission{Action: "apigateway:PATCH", Resource: arn})
	}
	return needed
}

// routingRuleActions are the operations whose actions are named after them and not after
// their methods, on ARNs that have the account. The rules of a domain name are those of
// its routingrules/* where a call names none (documented of CreateRoutingRule; assumed
// of ListRoutingRules).
var routingRuleActions = map[string]string{
	"CreateRoutingRule": "apigateway:CreateRoutingRule", "GetRoutingRule": "apigateway:GetRoutingRule", "ListRoutingRules": "apigateway:ListRoutingRules",
	"PutRoutingRule": "apigateway:UpdateRoutingRule", "DeleteRoutingRule": "apigateway:DeleteRoutingRule",
}

// plainARN unescapes the ARN of a resource and brings it to the one form that
// policies have for it: own and a path. Operations take it with an account and
// of another partition as well, by which no policy is to be passed by.
func plainARN(label, region, own string) string {
	arn, err := url.PathUnescape(label)
	if err != nil {
		return label
	}
	const members = 6 // arn:partition:service:region:account:path
	parts := strings.SplitN(arn, ":", members)
	if len(parts) == members && parts[2] == "apigateway" && parts[3] == region && strings.HasPrefix(parts[5], "/") {
		return own + parts[5]
	}
	return arn
}

// callerContext is the context of a control plane call for policies. passedTo is the
// service that it passes a role to, "" for none.
func callerContext(caller *credentials.Caller, who *wire.Caller, passedTo string, now time.Time) func(string) []string {
	return (&policy.Facts{PassedToService: passedTo, Received: now, Region: who.Region, Signer: caller.Signer(), More: who.Condition}).Values
}
