package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A vpcEndpoint is one of vpc-endpoints: ID=VPC, with @ACCOUNT where it is an account's, and
// what its calls come from.
type vpcEndpoint struct {
	gateway.VPCEndpoint
	listen []vpcListener
}

// A vpcListener is an address at which private APIs alone are served.
type vpcListener struct {
	address string
	tls     bool
}

var (
	vpcEndpointID = regexp.MustCompile(`^vpce-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*$`)
	vpcID         = regexp.MustCompile(`^vpc-[0-9A-Za-z]+$`)
)

// vpcEndpoints parses the setting of that name. Nothing in it may be there twice.
func (c *config) vpcEndpoints() ([]vpcEndpoint, error) {
	var out []vpcEndpoint
	networks := make(map[netip.Prefix]string)
	for _, text := range c.VPCEndpoints {
		e, err := parseVPCEndpoint(text)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(other vpcEndpoint) bool { return other.ID == e.ID }) {
			return nil, fmt.Errorf("%s is given twice", e.ID)
		}
		for _, p := range e.Networks {
			if other := networks[p]; other != "" {
				return nil, fmt.Errorf("%s is a network of %s and of %s", p, other, e.ID)
			}
			networks[p] = e.ID
		}
		out = append(out, e)
	}
	return out, nil
}

// parseVPCEndpoint reads ID=VPC or ID=VPC@ACCOUNT and what stands behind it, with spaces between:
// networks, and the addresses to listen on, as http:// or https:// URLs.
func parseVPCEndpoint(text string) (e vpcEndpoint, err error) {
	id, rest, ok := strings.Cut(text, "=")
	words := strings.Fields(rest)
	var vpc, owner string
	owned := false
	if len(words) > 0 {
		vpc, owner, owned = strings.Cut(words[0], "@")
	}
	if !ok || len(words) < 2 || !vpcEndpointID.MatchString(id) || !vpcID.MatchString(vpc) {
		return e, fmt.Errorf("%q is no ID=VPC with networks or addresses behind it, such as vpce-1=vpc-1 10.0.0.0/16 http://127.0.0.1:4570", brief(text))
	}
	if owned && !accountPattern.MatchString(owner) {
		return e, fmt.Errorf("%s: %q behind the @ is no account of 12 digits", id, brief(owner))
	}
	e.VPCEndpoint.VPCEndpoint = &httpmsg.VPCEndpoint{ID: id, VPC: vpc, Owner: owner}
	for _, word := range words[1:] {
		scheme, address, isURL := strings.Cut(word, "://")
		switch {
		case isURL && (scheme == "http" || scheme == "https"):
			if err := checkAddress(address); err != nil {
				return e, fmt.Errorf("%s: %w", id, err)
			}
			e.listen = append(e.listen, vpcListener{address, scheme == "https"})
		default:
			p, err := parseNetwork(word)
			if err != nil {
				return e, fmt.Errorf("%s: %w", id, err)
			}
			e.Networks = append(e.Networks, p)
		}
	}
	return e, nil
}

// gatewayVPCEndpoints are those of the setting, which was checked when it was loaded, as
// the gateway takes them.
func (c *config) gatewayVPCEndpoints() []gateway.VPCEndpoint {
	list, _ := c.vpcEndpoints()
	out := make([]gateway.VPCEndpoint, len(list))
	for i := range list {
		out[i] = list[i].VPCEndpoint
	}
	return out
}

// vpcEndpointOwner says whose a VPC endpoint is, as control.Options has it.
func (c *config) vpcEndpointOwner() func(id string) string {
	list, _ := c.vpcEndpoints()
	owners := make(map[string]string, len(list))
	for _, e := range list {
		owners[e.ID] = e.Owner
	}
	return func(id string) string { return owners[id] }
}

// A vpcPort is an open listener of a VPC endpoint.
type vpcPort struct {
	net.Listener
	endpoint *httpmsg.VPCEndpoint
	tls      bool
}

// openVPCEndpoints opens the listeners of VPC endpoints.
func (ps *ports) openVPCEndpoints(c *config) error {
	list, _ := c.vpcEndpoints() // checked when loaded
	for _, e := range list {
		for _, at := range e.listen {
			ln, err := listenOn(at.address, "vpc-endpoints")
			if err != nil {
				return err
			}
			ps.private = append(ps.private, vpcPort{ln, e.VPCEndpoint.VPCEndpoint, at.tls})
		}
	}
	return nil
}

// serveVPCEndpoints has the gateway serve private APIs at the listeners of VPC
// endpoints.
func (s *server) serveVPCEndpoints() {
	for _, p := range s.ports.private {
		at := gateway.Entrance{Name: p.endpoint.ID, ProxyProtocol: s.config().behindBalancers("vpc-endpoints"), VPCEndpoint: p.endpoint, Next: s.beside(s.portal.handler(false))}
		if p.tls {
			at.TLS = s.ports.shown.config(p.endpoint, nil)
		}
		s.open(s.gateway, p.Listener, at)
	}
}

// announceVPCEndpoints prints where private APIs are called.
func (ps *ports) announceVPCEndpoints(out io.Writer) {
	for _, p := range ps.private {
		scheme := "http"
		if p.tls {
			scheme = "https"
		}
		fmt.Fprintf(out, "Private APIs    %s://%s/{stage}/, the API in x-apigw-api-id, by %s\n", scheme, authority(p.Listener), p.endpoint.ID)
	}
}

// vpcEndpointListens reports whether a VPC endpoint has a listener.
func (c *config) vpcEndpointListens() bool {
	list, _ := c.vpcEndpoints()
	return slices.ContainsFunc(list, func(e vpcEndpoint) bool { return len(e.listen) > 0 })
}

// vpcEndpointTLS reports whether a VPC endpoint has a listener under TLS.
func (c *config) vpcEndpointTLS() bool {
	list, _ := c.vpcEndpoints()
	return slices.ContainsFunc(list, func(e vpcEndpoint) bool {
		return slices.ContainsFunc(e.listen, func(l vpcListener) bool { return l.tls })
	})
}
