package pipeline

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An entrance says whether the calls of a program may come by the way that they do:
// why they may not, "" when they may. Nil lets all in.
type entrance func(*Program, *httpmsg.Request) (refused string)

// compileEntrance decides by which ways calls come.
func (p *Program) compileEntrance() {
	switch {
	case p.deployment.DisableExecuteAPIEndpoint:
		p.entrance = func(*Program, *httpmsg.Request) string { return "the default endpoint is disabled" }
	case p.deployment.EndpointAccessMode == "STRICT":
		p.entrance = strictEntrance
	case p.private():
		p.entrance = privateEntrance
	default:
		p.entrance = publicEntrance
	}
}

// publicEntrance keeps the listeners of VPC endpoints to private APIs, as AWS does.
// Networks are no such listeners: their hosts call public APIs as others do.
func publicEntrance(_ *Program, r *httpmsg.Request) string {
	if r.Peer != nil && r.Peer.VPCEndpoint != nil {
		return "a VPC endpoint serves private APIs alone"
	}
	return ""
}

// privateEntrance takes calls that come by a VPC endpoint. Where the host names one, as
// {api}-{vpce}.execute-api does, it is the one by which the call comes, and associated
// with the API: at AWS no other such name leads anywhere.
func privateEntrance(p *Program, r *httpmsg.Request) string {
	if r.VPCEndpoint == nil {
		return "a private API is called by VPC endpoints alone"
	}
	api, named, _ := httpmsg.SplitStageHost(r.Host)
	if api == "" || named == "" {
		return ""
	}
	is := func(id string) bool { return httpmsg.EqualFold(id, named) }
	if !is(r.VPCEndpoint.ID) || !slices.ContainsFunc(p.deployment.VPCEndpointIDs, is) {
		return "the host names a VPC endpoint that is not associated with the API, or not the call's"
	}
	return ""
}

// strictEntrance takes calls that come by the API's own kind of endpoint, under TLS,
// with one name in the handshake and as Host.
func strictEntrance(p *Program, r *httpmsg.Request) string {
	own := publicEntrance
	if p.private() {
		own = privateEntrance
	}
	if refused := own(p, r); refused != "" {
		return refused
	}
	return strictName(r)
}

// strictName wants of a call under TLS one name in the handshake and as Host.
func strictName(r *httpmsg.Request) string {
	host := r.Host
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		host = host[:at]
	}
	if r.Peer == nil || r.Peer.ServerName == "" || !httpmsg.EqualFold(r.Peer.ServerName, host) {
		return "endpointAccessMode STRICT: the name in the TLS handshake (SNI) is not the Host"
	}
	return ""
}

// domainEntrance takes calls that come by a custom domain name, whether or not the
// API's default endpoint is disabled. Those names are public ones.
func domainEntrance(p *Program, r *httpmsg.Request) string {
	strict := p.deployment.EndpointAccessMode == "STRICT"
	switch {
	case p.private():
		return "a private API is not called by a public custom domain name"
	case strict && !slices.Contains(r.Domain.EndpointTypes, p.deployment.EndpointType):
		return "endpointAccessMode STRICT: the custom domain name has no endpoint of the API's type"
	case strict || r.Domain.Strict:
		return strictName(r)
	}
	return ""
}

// refuses says why a call may not come by the way that it does, "" where it may.
func (p *Program) refuses(r *httpmsg.Request) string {
	if r.Domain != nil {
		return domainEntrance(p, r)
	}
	return p.entrance(p, r)
}
