package gateway

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A VPCEndpoint has the networks whose calls come by a VPC endpoint.
type VPCEndpoint struct {
	*httpmsg.VPCEndpoint
	Networks []netip.Prefix
}

// A vpcNetwork is one network of a VPC endpoint.
type vpcNetwork struct {
	prefix   netip.Prefix
	endpoint *httpmsg.VPCEndpoint
}

// SetVPCEndpoints takes other VPC endpoints in the place of those that there were, for
// the requests that come from here on. Of several networks that have an address the
// smallest counts.
func (g *Gateway) SetVPCEndpoints(list []VPCEndpoint) {
	var networks []vpcNetwork
	for _, e := range list {
		for _, p := range e.Networks {
			networks = append(networks, vpcNetwork{p, e.VPCEndpoint})
		}
	}
	slices.SortStableFunc(networks, func(a, b vpcNetwork) int { return cmp.Compare(b.prefix.Bits(), a.prefix.Bits()) })
	g.networks.Store(&networks)
}

// vpcEndpoint returns by which VPC endpoint a request comes, nil for none. What the
// client says of it in Host or header does not count.
func (g *Gateway) vpcEndpoint(req *httpmsg.Request) *httpmsg.VPCEndpoint {
	if req.Peer.VPCEndpoint != nil {
		return req.Peer.VPCEndpoint
	}
	networks := *g.networks.Load()
	if len(networks) == 0 || req.Peer.Unnamed { // a balancer in a network may bring anybody
		return nil
	}
	addr, err := netip.ParseAddr(req.SourceIP)
	if err != nil {
		return nil
	}
	addr = addr.Unmap().WithZone("")
	for i := range networks {
		if networks[i].prefix.Contains(addr) {
			return networks[i].endpoint
		}
	}
	return nil
}
