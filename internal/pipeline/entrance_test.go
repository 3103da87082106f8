package pipeline

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// TestEntrance has the ways by which calls come, and which kinds of APIs take them.
func TestEntrance(t *testing.T) {
	const (
		own   = "abc.execute-api.us-east-1.amazonaws.com"
		named = "abc-vpce-1.execute-api.us-east-1.amazonaws.com"
	)
	first, second := &httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}, &httpmsg.VPCEndpoint{ID: "vpce-2", VPC: "vpc-1"}
	plain := &httpmsg.Peer{}
	listener := func(e *httpmsg.VPCEndpoint) *httpmsg.Peer { return &httpmsg.Peer{VPCEndpoint: e} }
	secure := func(name string) *httpmsg.Peer {
		return &httpmsg.Peer{TLSVersion: tls.VersionTLS13, ServerName: name}
	}
	private := snapshot.Deployment{EndpointType: "PRIVATE", VPCEndpointIDs: []string{"vpce-1"}}
	strict := snapshot.Deployment{EndpointType: "REGIONAL", EndpointAccessMode: "STRICT"}
	strictPrivate := snapshot.Deployment{EndpointType: "PRIVATE", EndpointAccessMode: "STRICT"}
	tests := map[string]struct {
		api  snapshot.Deployment
		host string
		peer *httpmsg.Peer
		by   *httpmsg.VPCEndpoint
		let  bool
	}{
		"public, as ever": {snapshot.Deployment{EndpointType: "EDGE"}, own, plain, nil, true},
		"public, from the network of a VPC endpoint":        {snapshot.Deployment{EndpointType: "REGIONAL"}, own, plain, first, true},
		"public, at the listener of one":                    {snapshot.Deployment{EndpointType: "REGIONAL"}, own, listener(first), first, false},
		"public and without a type, at the listener of one": {snapshot.Deployment{}, own, listener(first), first, false},
		"public, at a host that names one":                  {snapshot.Deployment{}, named, plain, nil, true},
		"private, by none":                                  {private, own, plain, nil, false},
		"private, by none, at a host that names one":        {private, named, plain, nil, false},
		"private, from the network of one":                  {private, own, plain, first, true},
		"private, at the listener of one":                   {private, own, listener(second), second, true},
		"private, at the host that names it":                {private, named, plain, first, true},
		"private, in upper case":                            {private, strings.ToUpper(named), plain, first, true},
		"private, at the host of another one":               {private, named, plain, second, false},
		"private, at the host of one not associated":        {private, "abc-vpce-2.execute-api.us-east-1.amazonaws.com", plain, second, false},
		"private, at the VPC endpoint's own host":           {private, "vpce-2-xyz.execute-api.us-east-1.vpce.amazonaws.com", plain, second, true},
		"strict, the same name":                             {strict, own, secure(own), nil, true},
		"strict, a port":                                    {strict, own + ":8443", secure(own), nil, true},
		"strict, upper case":                                {strict, strings.ToUpper(own), secure(own), nil, true},
		"strict, another name":                              {strict, own, secure("abd.execute-api.us-east-1.amazonaws.com"), nil, false},
		"strict, no name":                                   {strict, own, secure(""), nil, false},
		"strict, no name and no host":                       {strict, "", secure(""), nil, false},
		"strict, without TLS":                               {strict, own, plain, nil, false},
		"strict, at the listener of a VPC endpoint":         {strict, own, &httpmsg.Peer{ServerName: own, VPCEndpoint: first}, first, false},
		"strict and private, the same name":                 {strictPrivate, own, secure(own), first, true},
		"strict and private, by none":                       {strictPrivate, own, secure(own), nil, false},
		"strict and private, another name":                  {strictPrivate, own, secure("vpce-1.execute-api.us-east-1.vpce.amazonaws.com"), first, false},
		"disabled, whatever else":                           {snapshot.Deployment{DisableExecuteAPIEndpoint: true}, own, secure(own), nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.api.Resources = []snapshot.Resource{mock(nil)}
			tt.api.Policy = `{"Version": "2012-10-17", "Statement": [` + statement("Allow", "*", "") + `]}`
			req := parseRequest("GET /x")
			req.Host, req.Peer, req.VPCEndpoint = tt.host, tt.peer, tt.by
			resp := newRigOf(t, &tt.api).stage.Serve(req)
			defer resp.Release()
			want := "200\nContent-Type: application/json\n\n"
			if !tt.let {
				want = "403\nx-amzn-ErrorType: ForbiddenException\nContent-Type: application/json\n\n" + `{"message":"Forbidden"}`
			}
			if !tt.let && strings.Contains(name, "strict") && tt.peer.TLSVersion != 0 && tt.by == nil == (tt.api.EndpointType != "PRIVATE") {
				want = "421\nx-amzn-ErrorType: MisdirectedRequestException\nContent-Type: application/json\n\n" + `{"message":"Misdirected Request"}`
			}
			if got := show(resp); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// TestDomainEntrance has the ways by which calls come to APIs by custom domain names.
func TestDomainEntrance(t *testing.T) {
	const host = "api.example.com"
	secure := func(name string) *httpmsg.Peer {
		return &httpmsg.Peer{TLSVersion: tls.VersionTLS13, ServerName: name}
	}
	plain := &httpmsg.Peer{}
	regional, edge := []string{"REGIONAL"}, []string{"EDGE"}
	open, strict := snapshot.Deployment{EndpointType: "REGIONAL"}, snapshot.Deployment{EndpointType: "REGIONAL", EndpointAccessMode: "STRICT"}
	tests := map[string]struct {
		api    snapshot.Deployment
		domain httpmsg.CustomDomain
		host   string
		peer   *httpmsg.Peer
		let    bool
	}{
		"an API":                         {open, httpmsg.CustomDomain{EndpointTypes: regional}, host, plain, true},
		"of another type of endpoint":    {open, httpmsg.CustomDomain{EndpointTypes: edge}, host, plain, true},
		"its default endpoint disabled":  {snapshot.Deployment{DisableExecuteAPIEndpoint: true}, httpmsg.CustomDomain{EndpointTypes: edge}, host, plain, true},
		"private":                        {snapshot.Deployment{EndpointType: "PRIVATE"}, httpmsg.CustomDomain{EndpointTypes: regional}, host, plain, false},
		"public, by a private name":      {open, httpmsg.CustomDomain{EndpointTypes: []string{"PRIVATE"}}, host, plain, false},
		"a private name, by no endpoint": {snapshot.Deployment{EndpointType: "PRIVATE"}, httpmsg.CustomDomain{EndpointTypes: []string{"PRIVATE"}}, host, plain, false},
		"a strict name, without TLS":     {open, httpmsg.CustomDomain{EndpointTypes: regional, Strict: true}, host, plain, false},
		"a strict name":                  {open, httpmsg.CustomDomain{EndpointTypes: regional, Strict: true}, host, secure(host), true},
		"a strict name with a dot":       {open, httpmsg.CustomDomain{EndpointTypes: regional, Strict: true}, "api.example.com.:8443", secure(host), true},
		"a strict name with a port":      {open, httpmsg.CustomDomain{EndpointTypes: regional, Strict: true}, "API.example.com:8443", secure(host), true},
		"a strict name, another in SNI":  {open, httpmsg.CustomDomain{EndpointTypes: regional, Strict: true}, host, secure("other.example.com"), false},
		"a strict name, none in SNI":     {open, httpmsg.CustomDomain{EndpointTypes: regional, Strict: true}, host, secure(""), false},
		"a strict API":                   {strict, httpmsg.CustomDomain{EndpointTypes: regional}, host, secure(host), true},
		"a strict API while names move":  {strict, httpmsg.CustomDomain{EndpointTypes: []string{"EDGE", "REGIONAL"}}, host, secure(host), true},
		"a strict API of another type":   {strict, httpmsg.CustomDomain{EndpointTypes: edge}, host, secure(host), false},
		"a strict API, without TLS":      {strict, httpmsg.CustomDomain{EndpointTypes: regional}, host, plain, false},
		"a strict API, another in SNI":   {strict, httpmsg.CustomDomain{EndpointTypes: regional}, host, secure("abc.execute-api.us-east-1.amazonaws.com"), false},
		"a strict API, disabled as well": {snapshot.Deployment{DisableExecuteAPIEndpoint: true, EndpointType: "REGIONAL", EndpointAccessMode: "STRICT"}, httpmsg.CustomDomain{EndpointTypes: regional}, host, plain, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.api.Resources = []snapshot.Resource{mock(nil)}
			tt.api.Policy = `{"Version": "2012-10-17", "Statement": [` + statement("Allow", "*", "") + `]}`
			req := parseRequest("GET /x")
			req.Host, req.Peer, req.Domain = tt.host, tt.peer, &tt.domain
			resp := newRigOf(t, &tt.api).stage.Serve(req)
			defer resp.Release()
			want := map[bool]int{true: 200, false: 403}[tt.let]
			if strings.HasSuffix(name, "in SNI") {
				want = 421
			}
			if resp.Status != want {
				t.Errorf("got %d, want %d", resp.Status, want)
			}
		})
	}
}

// TestPrivatePolicy has what a private API's policy sees of the way, and that without a
// policy nobody is let in.
func TestPrivatePolicy(t *testing.T) {
	const let = "200\nContent-Type: application/json\n\n"
	allow := func(condition string) string {
		return statement("Allow", "execute-api:/*", `, "Condition": `+condition)
	}
	tests := map[string]struct{ statements, want string }{
		"no policy":                {"", anonymousDenied("GET/x", "")},
		"the VPC endpoint":         {allow(`{"StringEquals": {"aws:SourceVpce": "vpce-1"}}`), let},
		"another VPC endpoint":     {allow(`{"StringEquals": {"aws:SourceVpce": "vpce-2"}}`), anonymousDenied("GET/x", "")},
		"the VPC":                  {allow(`{"StringEquals": {"aws:SourceVpc": "vpc-1"}}`), let},
		"another VPC":              {allow(`{"StringEquals": {"aws:SourceVpc": "vpc-2"}}`), anonymousDenied("GET/x", "")},
		"all VPCs but this":        {statement("Allow", "*", "") + "," + statement("Deny", "*", `, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}`), anonymousDenied("GET/x", explicitly)},
		"no VPC but this":          {statement("Allow", "*", "") + "," + statement("Deny", "*", `, "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}`), let},
		"the address in the VPC":   {allow(`{"IpAddress": {"aws:VpcSourceIp": "192.0.2.0/24"}}`), let},
		"another address in it":    {allow(`{"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}`), anonymousDenied("GET/x", "")},
		"no address outside of it": {allow(`{"Null": {"aws:SourceIp": "true"}}`), let},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := guardedBy(tt.statements)
			r.deployment.EndpointType = "PRIVATE"
			if tt.statements == "" {
				r.deployment.Policy = ""
			}
			stage := Bind(r.stage.settings, Compile(r.deployment), &Services{})
			req := parseRequest("GET /x")
			req.VPCEndpoint = &httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}
			resp := stage.Serve(req)
			defer resp.Release()
			if got := show(resp); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if tt.statements == "" {
				traced := policyRows((&rig{r.deployment, stage}).traceOf(t, req))
				if want := "access denied (a private API without a resource policy lets nobody in)"; traced != want {
					t.Errorf("traced as\n%s\nwant\n%s", traced, want)
				}
			}
		})
	}
}

// TestPublicPolicy has no VPC for calls of a public API, also from the networks of one.
func TestPublicPolicy(t *testing.T) {
	for _, condition := range []string{
		`{"StringLike": {"aws:SourceVpc": "*"}}`, `{"StringLike": {"aws:SourceVpce": "*"}}`, `{"IpAddress": {"aws:VpcSourceIp": "0.0.0.0/0"}}`,
	} {
		req := parseRequest("GET /x")
		req.VPCEndpoint = &httpmsg.VPCEndpoint{ID: "vpce-1", VPC: "vpc-1"}
		resp := guardedBy(statement("Allow", "*", `, "Condition": `+condition)).stage.Serve(req)
		if got := show(resp); got != anonymousDenied("GET/x", "") {
			t.Errorf("%s: got %s", condition, got)
		}
		resp.Release()
	}
}
