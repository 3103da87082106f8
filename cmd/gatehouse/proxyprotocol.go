package main

import (
	"fmt"
	"slices"
	"strings"
)

// proxyListeners are the listeners that proxy-protocol may name, and whether there is one.
var proxyListeners = []struct {
	name   string
	exists func(*config) bool
}{
	{"listen", func(c *config) bool { return c.Listen != "" }},
	{"gateway-listen", func(c *config) bool { return c.GatewayListen != "" }},
	{"gateway-tls-listen", func(c *config) bool { return c.GatewayTLSListen != "" }},
	{"vpc-endpoints", (*config).vpcEndpointListens},
	{"admin-listen", func(c *config) bool { return c.AdminListen != "" }},
}

// checkProxyProtocol wants listeners that there are.
func checkProxyProtocol(c *config) error {
	for _, name := range c.ProxyProtocol {
		var names []string
		found := false
		for _, l := range proxyListeners {
			if names = append(names, l.name); l.name != name {
				continue
			}
			if found = true; !l.exists(c) {
				return fmt.Errorf("there is no listener %s", name)
			}
		}
		if !found {
			return fmt.Errorf("%q is none of %s", brief(name), strings.Join(names, ", "))
		}
	}
	return nil
}

// behindBalancers reports whether trusted proxies speak the PROXY protocol at a listener.
func (c *config) behindBalancers(listener string) bool {
	return slices.Contains(c.ProxyProtocol, listener)
}

// trust is a livePart: which proxies are trusted at the listeners of the control plane and
// of health.
func (s *server) trust(c *config) (func(), error) {
	proxies, err := c.proxies()
	return func() {
		if s.plane != nil {
			s.plane.Trust(proxies)
		}
		if s.admin != nil {
			s.admin.Trust(proxies)
		}
	}, err
}
