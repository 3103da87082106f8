package control

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What an API says of the endpoint that serves it, and who may call it: the
// endpoint's kind, its TLS policy, the resource policy.

var endpointTypes = []string{"REGIONAL", "EDGE", "PRIVATE"}

// endpointSetting is the name of the endpoint configuration in definitions.
const endpointSetting = "endpoint-configuration"

func errEndpointType() error {
	return wire.BadRequest("Invalid EndpointTypes specified. Valid options are %s", strings.Join(endpointTypes, ","))
}

// newEndpointConfiguration fills in what a caller left out; enumerations are
// checked before. The default is EDGE, as AWS's is.
func newEndpointConfiguration(in *wire.EndpointConfiguration) (*wire.EndpointConfiguration, error) {
	out := &wire.EndpointConfiguration{Types: []string{"EDGE"}}
	if in != nil {
		out.IPAddressType = in.IPAddressType
		if len(in.VPCEndpointIDs) > 0 {
			out.VPCEndpointIDs = in.VPCEndpointIDs
		}
		switch {
		case in.Types == nil:
		case len(in.Types) == 0:
			return nil, wire.BadRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
		case len(in.Types) > 1:
			return nil, wire.BadRequest("Cannot create an api with multiple Endpoint Types.")
		default:
			out.Types = in.Types
		}
	}
	if out.IPAddressType == nil {
		out.IPAddressType = new(defaultIPAddressType(out.Types[0]))
	}
	return out, nil
}

// choosesEdge reports whether a caller asks for an edge-optimized endpoint,
// which is also what it gets without asking.
func choosesEdge(e *wire.EndpointConfiguration) bool {
	return e != nil && slices.Contains(e.Types, "EDGE")
}

func defaultIPAddressType(endpoint string) string {
	if endpoint == "PRIVATE" {
		return "dualstack"
	}
	return "ipv4"
}

// checkEndpoint holds the members of an endpoint configuration to each other.
func checkEndpoint(e *wire.EndpointConfiguration) error {
	private := slices.Contains(e.Types, "PRIVATE")
	if private && text(e.IPAddressType) == "ipv4" {
		return wire.BadRequest("Only dualstack ipAddressType is supported for Private APIs.")
	}
	if !private && len(e.VPCEndpointIDs) > 0 {
		return wire.BadRequest("VPCEndpoints can only be specified with PRIVATE apis.")
	}
	return nil
}

// setEndpointType changes an API's endpoint type. The path names the old one
// by its index or by its name.
func setEndpointType(_ *tx, a *wire.RestAPI, op *patch.Op) error {
	e := a.EndpointConfiguration
	if op.Names[0] != "0" && op.Names[0] != e.Types[0] {
		return patch.ErrPath(op)
	}
	to := text(op.Value)
	if !slices.Contains(endpointTypes, to) {
		return errEndpointType()
	}
	if to == "PRIVATE" && e.Types[0] != "PRIVATE" {
		e.IPAddressType = new(defaultIPAddressType(to))
	}
	e.Types = []string{to}
	return nil
}

// refuseEndpointOp is AWS's odd answer to other operations there.
func refuseEndpointOp(*tx, *wire.RestAPI, *patch.Op) error {
	return wire.BadRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
}

func setIPAddressType(_ *tx, a *wire.RestAPI, op *patch.Op) error {
	return setAddressType(a.EndpointConfiguration, op)
}

func setAddressType(e *wire.EndpointConfiguration, op *patch.Op) error {
	switch v := text(op.Value); v {
	case "ipv4", "dualstack":
		e.IPAddressType = &v
		return nil
	}
	return errAddressType()
}

func errAddressType() error {
	return wire.BadRequest("ipAddressType must be either ipv4 or dualstack.")
}

// enhancedPolicy is how the names of the newer TLS policies begin.
const enhancedPolicy = "SecurityPolicy_"

// securityPolicies are AWS's TLS policies.
var securityPolicies = []string{
	"TLS_1_0", "TLS_1_2", "SecurityPolicy_TLS13_1_3_2025_09", "SecurityPolicy_TLS13_1_3_FIPS_2025_09", "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
	"SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09", "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09", "SecurityPolicy_TLS13_1_2_PQ_2025_09",
	"SecurityPolicy_TLS13_1_2_2021_06", "SecurityPolicy_TLS13_2025_EDGE", "SecurityPolicy_TLS12_PFS_2025_EDGE", "SecurityPolicy_TLS12_2018_EDGE",
}

// checkSecurityPolicy holds a TLS policy and the endpoint access mode of an API or a
// domain name to each other: the newer policies want a mode (seen), and only they
// take one. AWS's other words are not known.
func checkSecurityPolicy(policyName, accessMode *string) error {
	policy, mode := text(policyName), text(accessMode)
	enhanced := strings.HasPrefix(policy, enhancedPolicy)
	switch {
	case policy != "" && !slices.Contains(securityPolicies, policy):
		return wire.BadRequest("Invalid security policy specified: %s", wire.Truncated(policy))
	case mode != "" && mode != "BASIC" && mode != "STRICT":
		return wire.BadRequest("Invalid endpoint access mode specified. Valid options are BASIC,STRICT")
	case enhanced && mode == "":
		return wire.BadRequest("Endpoint access mode is required for the specified security policy")
	case !enhanced && mode != "":
		return wire.BadRequest("An endpoint access mode can only be specified with a security policy that starts with %s", enhancedPolicy)
	}
	return nil
}

// newPolicy checks a resource policy and takes its white space out, as answers
// print it on one line. How long it may be is a quota, and bounded in any case.
func (t *tx) newPolicy(text string) (string, error) {
	var buf bytes.Buffer
	if err := json.Compact(&buf, []byte(text)); err != nil {
		return "", errPolicy(err)
	}
	limit := t.svc.limits.PolicyLength
	if limit <= 0 {
		limit = policy.DefaultMaxLength
	}
	if over(utf8.RuneCount(buf.Bytes()), limit) {
		return "", ofSetting("policy", "", wire.LimitExceeded("The resource policy is longer than %d characters", limit))
	}
	expanded, err := t.expandPolicy(buf.String())
	if err != nil {
		return "", errPolicy(err)
	}
	if _, err := policy.Parse(expanded, policy.Options{Kind: policy.ResourcePolicy, MaxLength: len(expanded)}); err != nil {
		return "", errPolicy(err)
	}
	return buf.String(), nil
}

// expandPolicy completes the short resources of a policy, execute-api:/…, with
// the API's own ARN, as AWS does when it stores them.
func (t *tx) expandPolicy(text string) (string, error) {
	return policy.Expand(text, policy.API{Region: t.who.Region, Account: t.who.Account, ID: t.api})
}
