package gateway

import (
	"github.com/gatehouse-gw/gatehouse/internal/edge"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// SetEdge has the requests and answers of edge-optimized endpoints that come from here
// on carry CloudFront's headers; nil has none do.
func (g *Gateway) SetEdge(d *edge.Distribution) { g.edge.Store(d) }

// edgeOf is the distribution that passes on the requests which come by an endpoint: that
// of a custom domain name, or of an API. It is nil for one that is not edge-optimized, and
// where there is no such distribution.
func (g *Gateway) edgeOf(at location, via *mapping) *edge.Distribution {
	d := g.edge.Load()
	if d == nil || via != nil && !via.edge || via == nil && !g.index.edgeOptimized(at.api) {
		return nil
	}
	return d
}

// edgeOptimized reports whether an API's own endpoint is. All of its stages say so.
func (x *index) edgeOptimized(api string) bool {
	for _, e := range x.stagesOf(api) {
		if e.stage != nil {
			return e.stage.EndpointType == "EDGE"
		}
	}
	return false
}

// enterEdge makes the request what CloudFront passes on, if that is where it comes from.
// It is done behind the look at how large the request is, which AWS takes in front.
func (c *call) enterEdge() {
	if c.edge != nil {
		c.edgeID = edge.NewID()
		c.edge.Request(&c.req, c.edgeID)
	}
}

// leaveEdge makes an answer what CloudFront gives to its viewer.
func (c *call) leaveEdge(resp *httpmsg.Response) {
	if c.edge == nil {
		return
	}
	if c.edgeID == "" { // the request was refused before
		c.edgeID = edge.NewID()
	}
	c.edge.Answer(resp, c.edgeID)
}
