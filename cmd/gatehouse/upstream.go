package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	sdkconfig "github.com/aws/aws-sdk-go-v2/config"
	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/upstream"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An upstreamServer is the setting upstream: the server that gets the calls of services
// which this one does not speak.
type upstreamServer struct {
	URL  string // "" for none; {service} and {region} stand for what a call is signed for
	Sign bool   // anew, with the credentials of a profile

	Profile string // of the files of AWS's tools; "" for the process's own credentials
	Region  string // that calls are signed for; "" for that of their callers
}

// An upstreamValue takes a URL alone, which signs nothing anew.
type upstreamValue struct{ to *upstreamServer }

func (v upstreamValue) String() string { return v.to.URL }
func (v upstreamValue) Type() string   { return "string" }
func (v upstreamValue) Set(s string) error {
	*v.to = upstreamServer{}
	return textValue{&v.to.URL}.Set(s)
}

// readUpstreamServer reads the form of the setting that has parts.
func readUpstreamServer(n *yaml.Node, to *upstreamServer) error {
	out := upstreamServer{}
	err := eachEntry(n, "url: URL, sign: {profile: NAME, region: REGION}", func(key, value *yaml.Node) (err error) {
		switch key.Value {
		case "url":
			if out.URL, err = scalar(value); err == nil && out.URL == "" {
				err = errEmpty
			}
			return err
		case "sign":
			out.Sign = true
			return eachEntry(value, "profile: NAME, region: REGION", out.readSign)
		}
		return unknownKey(key, []string{"url", "sign"}, "part of upstream, which has url, and may have sign")
	})
	if err == nil && out.URL == "" {
		err = wrongAt(n, "url, the server's, is missing")
	}
	*to = out
	return err
}

func (u *upstreamServer) readSign(key, value *yaml.Node) (err error) {
	to := map[string]*string{"profile": &u.Profile, "region": &u.Region}[key.Value]
	if to == nil {
		return unknownKey(key, []string{"profile", "region"}, "part of sign, which may have profile and region")
	}
	if *to, err = scalar(value); err == nil && *to == "" {
		err = errEmpty
	}
	if err == nil && key.Value == "region" && !signedRegion.MatchString(u.Region) {
		err = fmt.Errorf("%q is no region such as us-east-1", brief(u.Region))
	}
	return err
}

// upstreamNames stand in the host of an upstream's URL for what calls are signed for.
var upstreamNames = strings.NewReplacer("{service}", "s3", "{region}", "us-east-1")

// checkUpstreamServer takes a URL in whose host there may be names in braces.
func checkUpstreamServer(c *config) error {
	if c.Upstream.URL == "" {
		return nil
	}
	plain := upstreamNames.Replace(c.Upstream.URL)
	_, rest, _ := strings.Cut(c.Upstream.URL, "://")
	_, path, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(plain, "{}") || strings.Contains(path, "{") {
		return fmt.Errorf("%q has other names in braces than {service} and {region} in its host", brief(c.Upstream.URL))
	}
	if u, err := url.Parse(plain); err == nil && u.User != nil {
		return errors.New("the URL has a user")
	}
	return integration.CheckURL(plain)
}

// checkUpstreamTogether refuses an upstream that is this server, and one whose calls
// anyone could have signed with the server's own credentials.
func (c *config) checkUpstreamTogether(in command) error {
	if c.Upstream.Sign && c.open() {
		return fmt.Errorf("%s: sign: calls are signed with this server's own credentials for callers that it knows alone: name a file with --credentials", c.called("upstream"))
	}
	u, err := url.Parse(c.Upstream.URL)
	if err != nil || c.Upstream.URL == "" {
		return nil // one with names in braces is in somebody's domain
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	own := []struct{ name, address string }{
		{"listen", c.Listen}, {"gateway-listen", c.GatewayListen}, {"gateway-tls-listen", c.GatewayTLSListen}, {"admin-listen", c.AdminListen},
	}
	if in == inDev {
		own = append(own, struct{ name, address string }{"port", c.root()})
	}
	for _, at := range own {
		host, listens, _ := net.SplitHostPort(at.address)
		if at.address != "" && port == listens && port != "0" && (strings.EqualFold(host, u.Hostname()) || everyHost(host) && ofThisMachine(u.Hostname()) || loopback(host) && loopback(u.Hostname())) {
			return fmt.Errorf("%s: %s is where %s (%s) is: calls would come back to this server", c.called("upstream"), brief(c.Upstream.URL), at.name, at.address)
		}
	}
	return nil
}

// ofThisMachine reports whether a host is an address of this machine.
func ofThisMachine(host string) bool {
	if loopback(host) || everyHost(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	addresses, _ := net.InterfaceAddrs() // none where they are not known
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr() == ip {
			return true
		}
	}
	return false
}

// newUpstream makes what passes calls on; nil where there is no upstream.
func newUpstream(ctx context.Context, c *config, cs *callers, trail wire.Trail) (*upstream.Server, error) {
	if c.Upstream.URL == "" {
		return nil, nil
	}
	o := upstream.Options{URL: c.Upstream.URL, Refuse: neighbours.RefuseInForm, Trail: trail}
	if !c.open() {
		o.Callers = &upstreamCallers{cs, sigv4.NewVerifier(sigv4.Options{Forwards: true, Lookup: cs.known.Credential})}
	}
	if c.Upstream.Sign {
		o.Sign = &upstream.Signing{Region: c.Upstream.Region}
		var options []func(*sdkconfig.LoadOptions) error
		if c.Upstream.Profile != "" {
			options = append(options, sdkconfig.WithSharedConfigProfile(c.Upstream.Profile))
		}
		loaded, err := sdkconfig.LoadDefaultConfig(ctx, append(options, sdkconfig.WithRegion(c.Region))...)
		if err != nil {
			return nil, fmt.Errorf("%s: sign: %w", c.called("upstream"), err)
		}
		o.Sign.Credentials = func(ctx context.Context) (string, sigv4.Credential, error) {
			ctx, cancel := context.WithTimeout(ctx, credentialsTime)
			defer cancel()
			own, err := loaded.Credentials.Retrieve(ctx)
			return own.AccessKeyID, sigv4.Credential{SecretAccessKey: own.SecretAccessKey, SessionToken: own.SessionToken}, err
		}
	}
	return upstream.New(o), nil
}

// credentialsTime bounds how long a call waits for the credentials it is signed with.
const credentialsTime = 10 * time.Second

// upstreamCallers are those of the credentials file, who need a permission for what goes
// on to the upstream.
type upstreamCallers struct {
	*callers
	verifier *sigv4.Verifier // of signatures for any service
}

// callUpstream is the action of all calls that go on to the upstream. What they do there
// is not asked: services name it in the path, in a header or in the body, and which of
// them counts is theirs to say.
const callUpstream = "gatehouse:CallUpstream"

// Claim implements upstream.Callers.
func (u *upstreamCallers) Claim(r *http.Request) (*sigv4.Claim, error) {
	claim, err := u.verifier.Claim(signedPart(r))
	if err != nil {
		return nil, signInError(err)
	}
	return claim, nil
}

// Caller implements upstream.Callers.
func (u *upstreamCallers) Caller(r *http.Request, scope sigv4.Scope, token string) (*wire.Caller, error) {
	who, err := callerOf(u.known, r, scope, token)
	if err != nil {
		return nil, err
	}
	resource := "arn:" + policy.Partition(scope.Region) + ":" + scope.Service + ":" + scope.Region + ":" + who.Account + ":*"
	return who, u.permit(r.Context(), who, operation.Permission{Action: callUpstream, Resource: resource})
}

// closeUpstream ends the connections to the upstream that wait for calls.
func (p *controlPlane) closeUpstream() error {
	if p.upstream != nil {
		p.upstream.Close()
	}
	return nil
}
