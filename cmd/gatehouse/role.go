package main

import (
	"fmt"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/nodes"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// nodesWait is how long a call waits for all nodes where nothing is said, and
// longestNodesWait how long one may be told to.
const (
	nodesWait        = 2 * time.Second
	longestNodesWait = time.Minute
)

func checkDatabase(c *config) error {
	if c.Database == "" {
		return nil
	}
	return store.CheckURL(c.Database)
}

func checkRole(c *config) error {
	if r := nodes.Role(c.Role); r != nodes.All && r != nodes.Gateway && r != nodes.Control {
		return fmt.Errorf("%q is neither gateway nor control", brief(c.Role))
	}
	return nil
}

func checkWaitForNodes(c *config) error {
	if c.WaitForNodes < 0 || c.WaitForNodes > longestNodesWait {
		return fmt.Errorf("%v is not from 0s to %v", c.WaitForNodes, longestNodesWait)
	}
	return nil
}

// longestDrainDelay is more than any balancer needs.
const longestDrainDelay = 5 * time.Minute

func checkDrainDelay(c *config) error {
	if c.DrainDelay < 0 || c.DrainDelay > longestDrainDelay {
		return fmt.Errorf("%v is not from 0s to %v", c.DrainDelay, longestDrainDelay)
	}
	return nil
}

// role is what the process does.
func (c *config) role() nodes.Role { return nodes.Role(c.Role) }

// An roleSetting is one that has no effect in a role.
type roleSetting struct {
	name string
	why  string
}

// idleAtGateway are the settings of the control plane, which a node that serves stages alone
// has not.
var idleAtGateway = idle("in the role gateway, which has no control plane",
	"listen", "listen-cert", "listen-key", "listen-client-ca", "audit-log", "allow-unauthenticated", "allow-host", "allow-origin", "api", "watch", "upstream", "upstream-for-plain",
	"quotas", "rates", "keep-deployments", "wait-for-nodes", "truststores", "log-events-bytes", "acme-contact", "acme-accept-terms", "acme-ca")

// idleAtControl are the settings of stages, which a node that answers the API alone does
// not serve.
var idleAtControl = idle("in the role control, which serves no stages",
	"gateway-listen", "gateway-tls-listen", "gateway-health", "https-redirect", "edge-headers", "access-log", "access-log-format", "access-log-destinations",
	"execution-log", "execution-log-directory", "portal", "cache-budget", "authorizer-cache-bytes", "max-connections", "trace")

func idle(why string, names ...string) (out []roleSetting) {
	for _, name := range names {
		out = append(out, roleSetting{name, why})
	}
	return out
}

// idleInRole are the settings that have no effect in the role of the process.
func (c *config) idleInRole() []roleSetting {
	switch c.role() {
	case nodes.Gateway:
		return idleAtGateway
	case nodes.Control:
		return idleAtControl
	}
	return nil
}

// checkNodes refuses what cannot work where nodes share a database.
func (c *config) checkNodes(in command) error {
	if in != inServe {
		return nil
	}
	switch {
	case c.role() != nodes.All && c.Database == "":
		return fmt.Errorf("%s: needs database, which the nodes share", c.called("role"))
	case c.role() == nodes.Gateway && c.GatewayListen == "" && c.GatewayTLSListen == "" && !c.vpcEndpointListens():
		return fmt.Errorf("%s: %s needs gateway-listen or gateway-tls-listen, where the stages are served", c.called("role"), nodes.Gateway)
	case c.Database != "" && c.Credentials != "" && c.SecretsKeyFile == "":
		return fmt.Errorf("%s: with database it needs secrets-key-file, of which the key is made that seals sessions of roles: all nodes have to know them", c.called("credentials"))
	}
	return nil
}
