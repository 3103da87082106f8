package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An endpointState is what an API or a domain name says of its endpoints that bounds how
// they may change.
type endpointState struct {
	types        []string
	policy, mode string
}

func endpointStateOf(e *wire.EndpointConfiguration, policy, mode *string) endpointState {
	return endpointState{slices.Clone(e.Types), text(policy), text(mode)}
}

// checkMove refuses a change of endpoints that AWS does not make (the rules are documented,
// its words are not known): strict ones stay of their type, and those of a domain name
// that has two types, on its way from one to the other, have one policy and one mode.
func (was *endpointState) checkMove(is endpointState) error {
	two := len(is.types) > 1
	stayed := two && len(was.types) > 1
	switch {
	case was.mode == "STRICT" && !slices.Equal(was.types, is.types):
		return wire.BadRequest("Cannot change the endpoint type while the endpoint access mode is STRICT. Change the endpoint access mode to BASIC first")
	case two && !stayed && is.mode == "STRICT":
		return wire.BadRequest("An endpoint type can only be added while the endpoint access mode is BASIC")
	case stayed && was.mode != is.mode:
		return wire.BadRequest("Cannot change the endpoint access mode of a domain name with multiple endpoint types")
	case stayed && was.policy != is.policy:
		return wire.BadRequest("Cannot update the security policy of a domain name with multiple endpoint types")
	}
	return nil
}

// checkAPIMove refuses a change of an API's endpoint that AWS does not make. That a type
// which comes with one of the newer policies wants the policy said again is AWS's answer
// (reported).
func (was *endpointState) checkAPIMove(is endpointState, patched []wire.PatchOperation) error {
	if err := was.checkMove(is); err != nil {
		return err
	}
	named := slices.ContainsFunc(patched, func(op wire.PatchOperation) bool { return text(op.Path) == "/securityPolicy" })
	switch {
	case !slices.Equal(was.types, is.types) && strings.HasPrefix(was.policy, enhancedPolicy) && !named:
		return wire.BadRequest("Unable to update EndpointType. SecurityPolicy is required for EndpointType update.")
	case was.policy == "TLS_1_0" && is.policy == "TLS_1_2":
		return wire.BadRequest("Cannot update the security policy of an API from TLS_1_0 to TLS_1_2")
	}
	return nil
}
