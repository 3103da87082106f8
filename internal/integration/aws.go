package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// AWSOptions are the settings of an AWS.
type AWSOptions struct {
	// EndpointURL is where the calls of every service go, STS's included; "" is
	// AWS itself.
	EndpointURL string
	// Endpoints are where the calls of single services go, by the name that URIs
	// have for them, such as dynamodb; they go before EndpointURL.
	Endpoints map[string]string
	// Functions are the URLs at which single Lambda functions are invoked, by
	// ARN, with or without qualifier, or by name. A URL with a path is taken as
	// it is, as the Runtime Interface Emulator needs it; to one without, the
	// path of Lambda's Invoke operation is added. Calls of them are not signed.
	Functions map[string]string
	// Runners are the functions that run on this machine, by the keys that they would
	// have in Functions, none of which is in both.
	Runners map[string]Runner
	// Made are the functions that are made while the server runs; those of Functions and
	// Runners go before. Nil for none.
	Made Made
	// AssumeRoles lets an integration name a role to call with. Without it only
	// roles at an endpoint of STS's own are assumed; at the endpoint of another
	// service the role is then passed over.
	AssumeRoles bool
	// Local keeps calls from AWS itself: those of services without an endpoint, and
	// of functions without a URL, fail with a *NowhereError.
	Local bool
	// Region is where the process is: that of its credentials, not of the calls.
	Region string
	// Credentials sign the calls that name no role, and assume the roles; nil is
	// the SDK's default chain, loaded when a call first needs it. For calls that do
	// not go to AWS the chain does not look for the role of an EC2 instance, and
	// where it has no credentials they are signed with a key called "test".
	Credentials aws.CredentialsProvider
	// Log gets what the SDK says while it looks for credentials; nil discards.
	Log *slog.Logger
}

// An AWS calls services of AWS, or what stands in for them. It is safe for
// concurrent use.
type AWS struct {
	client      *Client
	standIns    standIns
	local       bool
	functions   map[string]functionPlace
	made        Made
	signer      sigv4.Signer
	credentials credentials
}

// NewAWS checks the options. It connects to nothing and loads no credentials.
func NewAWS(client *Client, o AWSOptions) (*AWS, error) {
	in, err := newStandIns(&o)
	if err != nil {
		return nil, err
	}
	a := &AWS{client: client, standIns: in, local: o.Local, made: o.Made, functions: make(map[string]functionPlace, len(o.Functions)+len(o.Runners))}
	a.credentials.init(&o, in.of("sts"))
	for name, url := range o.Functions {
		f, err := parseFunctionURL(url)
		if err != nil {
			return nil, fmt.Errorf("the URL of the Lambda function %s: %w", name, err)
		}
		a.functions[name] = f
	}
	for name, runner := range o.Runners {
		a.functions[name] = functionPlace{runner: runner}
	}
	return a, nil
}

// CheckURL reports what of a text is no URL that AWSOptions take.
func CheckURL(url string) error {
	_, _, err := parseBase(url)
	return err
}

// parseBase splits a URL that calls go to instead of AWS into its endpoint and its
// path.
func parseBase(url string) (*Endpoint, string, error) {
	ep, path, err := ParseURL(url, nil)
	if err == nil && strings.Contains(path, "?") {
		err = errQuery
	}
	if err != nil {
		return nil, "", fmt.Errorf("%.100q is no URL such as http://127.0.0.1:9000: %w", url, plain(err))
	}
	return ep, path, nil
}

// plain returns the reason alone of an *Error, for a message that says the rest
// in its own words.
func plain(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// A Service is where an integration's URI leads, resolved once and used by any
// number of calls.
type Service struct {
	Endpoint *Endpoint
	// Target is the path and query of requests. {variables} of the URI are
	// still in it.
	Target string
	// Function is the Lambda function that is invoked, as the URI spells it; ""
	// for any other call.
	Function string
	// Streams says that the function is invoked by InvokeWithResponseStream.
	Streams bool
	// Key is that of AWSOptions.Functions which has the function's URL, or of
	// AWSOptions.Runners which has the function; "" for none.
	Key string
	// Runner runs the function in place of a call; nil for a call. The endpoint is
	// Lambda's then, for logs.
	Runner Runner
	// Name is the service's, by the name of its endpoint, such as sqs.
	Name string
	// Action and ContentType are the headers X-Amz-Target and Content-Type of a
	// service that takes its actions by header; else "".
	Action, ContentType string
	// Version is the parameter of that name that a service of the Query protocol
	// should get; "" for none.
	Version string
	// Partition is the URI's: aws, aws-cn, ….
	Partition string
	// Signed says that calls are signed, so that credentials are needed.
	Signed bool

	made         Made   // has the function, perhaps; nil for none that can
	nowhere      error  // why nobody else is called; nil where somebody is
	standIn      bool   // it is not AWS that is called
	host         string // Host header; "" is the endpoint's
	name, region string // scope of the signature
}

// Resolve finds the service that an integration's URI leads to now.
func (a *AWS) Resolve(uri string) (*Service, error) {
	s, err := a.Bind(uri)
	if err == nil && s.nowhere != nil && !s.RunsHere() {
		return nil, s.nowhere
	}
	return s, err
}

// Bind is Resolve for who goes on to use the service: a function that leads nowhere now
// may be made later, and is looked for at each call.
func (a *AWS) Bind(uri string) (*Service, error) {
	u, err := ParseServiceURI(uri)
	if err != nil {
		return nil, &Error{Kind: ErrAddress, Op: "parse", Endpoint: uri, Err: err}
	}
	s := &Service{Name: u.Service, Target: "/" + u.Rest, Signed: true, Partition: u.Partition, name: signingName(u.Service), region: u.Region}
	if u.Action {
		s.action(&u)
	}
	if name, ok := u.Function(); ok {
		s.Function, s.Streams = name, u.Streams()
		if f, key := a.functionPlace(name); key != "" {
			s.Key = key
			return s, f.take(s, &u)
		}
		s.made = a.made
	}
	host, region := u.host()
	s.region = region
	if at := a.standIns.of(u.Service); at != nil {
		at.take(s, &u)
		return s, nil
	}
	if a.local {
		s.nowhere = &Error{Kind: ErrAddress, Op: "find", Endpoint: host, Err: &NowhereError{u.Service, s.Function}}
		if s.made == nil {
			return nil, s.nowhere
		}
	}
	s.Endpoint, err = NewEndpoint("https", host, nil)
	return s, err
}

// RunsHere reports whether the service is a function that runs on this machine now.
func (s *Service) RunsHere() bool {
	return s.Runner != nil || s.made != nil && s.made.Has(s.Function)
}

// action makes s a call of an action: {name}, and perhaps parameters behind "&".
func (s *Service) action(u *ServiceURI) {
	name, _, _ := strings.Cut(u.Rest, "&")
	s.Target = "/?Action=" + u.Rest
	if j, ok := jsonServices[u.Service]; ok {
		s.Action, s.ContentType = j.prefix+"."+name, "application/x-amz-json-"+j.version
		return
	}
	s.Version = queryVersions[u.Service]
}

// Do signs req for s, with the credentials of a role or, when that is "", the
// process's own, and sends it. Signing adds lines to req.Header and puts the
// query in the order of the signature. An error's kind is one of Client.Do's,
// ErrCredentials or ErrRole, or a *NowhereError is in it.
func (a *AWS) Do(req *Request, s *Service, role string) (*httpmsg.Response, error) {
	if s.made != nil {
		if s.made.Has(s.Function) {
			return s.made.Invoke(req, s.Function, By{Role: role}, s.Streams)
		} else if s.nowhere != nil {
			return nil, s.nowhere
		}
	}
	if req.Host = s.host; s.Signed {
		if err := a.sign(req, s, role); err != nil {
			return nil, err
		}
	}
	return a.send(req, s)
}

// send sends a request that is signed where it has to be, or has the function run.
func (a *AWS) send(req *Request, s *Service) (*httpmsg.Response, error) {
	if s.Runner != nil {
		return s.Runner.Invoke(req, s.Function, s.Streams)
	}
	return a.client.Do(req, s.Endpoint)
}

// DoAs is Do with the credentials of an access key.
func (a *AWS) DoAs(req *Request, s *Service, accessKeyID string, c *sigv4.Credential) (*httpmsg.Response, error) {
	if s.made != nil {
		if s.made.Has(s.Function) {
			return s.made.Invoke(req, s.Function, By{AccessKeyID: accessKeyID, SessionToken: c.SessionToken}, s.Streams)
		} else if s.nowhere != nil {
			return nil, s.nowhere
		}
	}
	if req.Host = s.host; s.Signed {
		a.signRequest(req, s, accessKeyID, c)
	}
	return a.send(req, s)
}

// sign fetches credentials and signs.
func (a *AWS) sign(req *Request, s *Service, role string) error {
	deadline := req.Deadline
	if deadline.IsZero() {
		deadline = time.Now().Add(DefaultTimeout)
	}
	ctx := req.Client
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	who, err := a.credentials.retrieve(ctx, role, s.standIn)
	if err != nil {
		kind := ErrCredentials
		if role != "" {
			kind = ErrRole
		}
		return orGone(req, &Error{Kind: kind, Op: "sign", Endpoint: s.Endpoint.key.addr, Err: err})
	}
	a.signRequest(req, s, who.AccessKeyID, &sigv4.Credential{SecretAccessKey: who.SecretAccessKey, SessionToken: who.SessionToken})
	return nil
}
