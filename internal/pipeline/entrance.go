package pipeline

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// An entrance says whether the calls of a program may come by the way that they do:
// the failure of those that may not, nil of those that may.
type entrance func(*Program, *httpmsg.Request) *failure

// wrongWay is the failure of a call that may not come by the way that it does.
func wrongWay(reason string) *failure {
	return &failure{kind: accessDenied, errType: "ForbiddenException", message: "Forbidden", reason: reason}
}

// misdirected is wrongWay where the connection is for another name: a client that
// reuses a connection of HTTP/2 for several names learns by the status that this one
// wants a connection of its own (RFC 9110, 15.5.20).
func misdirected(reason string) *failure {
	return &failure{kind: accessDenied, status: 421, errType: "MisdirectedRequestException", message: "Misdirected Request", reason: reason}
}

// compileEntrance decides by which ways calls come.
func (p *Program) compileEntrance() {
	switch {
	case p.deployment.DisableExecuteAPIEndpoint:
		p.entrance = func(*Program, *httpmsg.Request) *failure { return wrongWay("the default endpoint is disabled") }
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
func publicEntrance(_ *Program, r *httpmsg.Request) *failure {
	if r.Peer != nil && r.Peer.VPCEndpoint != nil {
		return wrongWay("a VPC endpoint serves private APIs alone")
	}
	return nil
}

// privateEntrance takes calls that come by a VPC endpoint. Where the host names one, as
// {api}-{vpce}.execute-api does, it is the one by which the call comes, and associated
// with the API: at AWS no other such name leads anywhere.
func privateEntrance(p *Program, r *httpmsg.Request) *failure {
	if r.VPCEndpoint == nil {
		return wrongWay("a private API is called by VPC endpoints alone")
	}
	api, named, _ := httpmsg.SplitStageHost(r.Host)
	if api == "" || named == "" {
		return nil
	}
	is := func(id string) bool { return httpmsg.EqualFold(id, named) }
	if !is(r.VPCEndpoint.ID) || !slices.ContainsFunc(p.deployment.VPCEndpointIDs, is) {
		return wrongWay("the host names a VPC endpoint that is not associated with the API, or not the call's")
	}
	return nil
}

// strictEntrance takes calls that come by the API's own kind of endpoint, under TLS,
// with one name in the handshake and as Host.
func strictEntrance(p *Program, r *httpmsg.Request) *failure {
	own := publicEntrance
	if p.private() {
		own = privateEntrance
	}
	if refused := own(p, r); refused != nil {
		return refused
	}
	return strictName(r)
}

// strictName wants of a call under TLS one name in the handshake and as Host.
func strictName(r *httpmsg.Request) *failure {
	host := r.Host
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		host = host[:at]
	}
	host = strings.TrimSuffix(host, ".") // which no name in a handshake has
	const reason = "endpointAccessMode STRICT: the name in the TLS handshake (SNI) is not the Host"
	switch {
	case r.Peer == nil || r.Peer.TLSVersion == 0:
		return wrongWay("endpointAccessMode STRICT: the call comes without TLS")
	case r.Peer.ServerName == "" || !httpmsg.EqualFold(r.Peer.ServerName, host):
		return misdirected(reason)
	}
	return nil
}

// domainEntrance takes calls that come by a custom domain name, whether or not the
// API's default endpoint is disabled. Private names lead to private APIs alone, and
// public ones to the others (documented).
func domainEntrance(p *Program, r *httpmsg.Request) *failure {
	strict, private := p.deployment.EndpointAccessMode == "STRICT", slices.Contains(r.Domain.EndpointTypes, "PRIVATE")
	switch {
	case r.Domain.MutualTLS && r.ClientCert == nil:
		return refusedClient(r)
	case p.private() && !private:
		return wrongWay("a private API is not called by a public custom domain name")
	case private && !p.private():
		return wrongWay("a public API is not called by a private custom domain name")
	case private && r.VPCEndpoint == nil:
		return wrongWay("a private custom domain name is called by VPC endpoints alone")
	case strict && !slices.Contains(r.Domain.EndpointTypes, p.deployment.EndpointType):
		return wrongWay("endpointAccessMode STRICT: the custom domain name has no endpoint of the API's type")
	case strict || r.Domain.Strict:
		return strictName(r)
	}
	return nil
}

// refusedClient is the failure of a client whom a domain name with mutual TLS does not
// let in. One that was not asked for a certificate, because its connection is for
// another name, learns that it needs a connection of its own.
func refusedClient(r *httpmsg.Request) *failure {
	if strictName(r) != nil && r.Peer != nil && r.Peer.TLSVersion != 0 && len(r.Peer.Certificates) == 0 {
		return misdirected("mutual TLS: " + r.ClientRefused)
	}
	refused := wrongWay("mutual TLS: " + r.ClientRefused)
	refused.line = "Access denied. Reason: " + r.ClientRefused
	return refused
}

// refuses is the failure of a call that may not come by the way that it does, nil where
// it may.
func (p *Program) refuses(r *httpmsg.Request) *failure {
	if r.Domain != nil {
		return domainEntrance(p, r)
	}
	return p.entrance(p, r)
}
