package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Private custom domain names: those of private APIs. A name may be there several
// times, each under an id that the service draws, and is called by VPC endpoints that
// have an access association with it.

// domainIDLength is how long the id of a private domain name is (seen).
const domainIDLength = 10

// isPrivate reports whether an endpoint configuration is that of private APIs.
func isPrivate(e *wire.EndpointConfiguration) bool {
	return e != nil && slices.Contains(e.Types, "PRIVATE")
}

// domainKey is the key of the domain name that a call names, by its name alone where it
// is a public one. It is the id under which the document is stored.
func domainKey(name string, id *string) (string, error) {
	if strings.ContainsAny(name, "+/") || strings.ContainsAny(text(id), "+/") {
		return "", errDomainName()
	}
	return snapshot.DomainKey(name, text(id)), nil
}

// keyOfDomain is the key of a stored domain name.
func keyOfDomain(d *wire.DomainName) string {
	return snapshot.DomainKey(*d.DomainName, text(d.DomainNameID))
}

// privateDomainKeys are the keys of kindPrivateDomain: ARNs and access associations name
// a private domain name whoever's it is.
func privateDomainKeys(d *wire.DomainName) []string {
	if text(d.DomainNameID) == "" {
		return nil
	}
	return []string{keyOfDomain(d)}
}

// domainARN is the ARN of a domain name. That of a private one has its account (documented).
func (t *tx) domainARN(d *wire.DomainName) string {
	account := ""
	if text(d.DomainNameID) != "" {
		account = t.who.Account
	}
	return "arn:" + policy.Partition(t.who.Region) + ":apigateway:" + t.who.Region + ":" + account + ":/domainnames/" + keyOfDomain(d)
}

// checkPrivateDomain holds what is private of a domain name to what may be: the rules
// are documented, AWS's words are not known.
func (t *tx) checkPrivateDomain(d *wire.DomainName) error {
	if !isPrivate(d.EndpointConfiguration) {
		switch {
		case text(d.Policy) != "":
			return errPrivateOnly("policy")
		case text(d.ManagementPolicy) != "":
			return errPrivateOnly("managementPolicy")
		}
		return nil
	}
	switch {
	case strings.HasPrefix(*d.DomainName, "*."):
		return wire.BadRequest("Wildcard domain names are not supported for private custom domain names")
	case *d.SecurityPolicy != "TLS_1_2":
		return wire.BadRequest("Security policy %s is not supported for the endpoint type PRIVATE", *d.SecurityPolicy)
	case text(d.EndpointConfiguration.IPAddressType) != "dualstack":
		return wire.BadRequest("Only dualstack ipAddressType is supported for Private APIs.")
	case text(d.OwnershipVerificationCertificateARN) != "":
		return wire.BadRequest("ownershipVerificationCertificateArn is not supported for private custom domain names")
	}
	for _, at := range []**string{&d.Policy, &d.ManagementPolicy} {
		if *at = given(*at); *at == nil {
			continue
		}
		stored, err := t.newPolicy(**at) // whose resources stay as they are written: Terraform compares them
		if err != nil {
			return err
		}
		*at = &stored
	}
	return nil
}

// privateNamed returns the account of the private domain name that an ARN names, and its
// key. Whether it is there for the caller is for those who ask.
func (t *tx) privateNamed(arn string) (owner, key string, err error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] != policy.Partition(t.who.Region) || parts[2] != "apigateway" || parts[3] != t.who.Region {
		return "", "", errDomainARN(arn)
	}
	key, ok := strings.CutPrefix(parts[5], "/domainnames/")
	if !ok || !strings.Contains(key, "+") || strings.Contains(key, "/") {
		return "", "", errDomainARN(arn)
	}
	found, err := load[entry](t, kindPrivateDomain, key, errDomainName())
	if err != nil {
		return "", "", err
	}
	if found.Account != parts[4] || found.Region != t.who.Region {
		return "", "", errDomainName()
	}
	return found.Account, key, nil
}

func errDomainARN(arn string) error {
	return wire.BadRequest("Invalid domain name ARN specified: %s", wire.Truncated(arn))
}

// createAssociation is the action that a management policy allows to other accounts.
const createAssociation = "apigateway:CreateAccessAssociation"

// mayAssociate reports whether the caller may make an access association with a private
// domain name: its own account's, unless the management policy denies it, and another's
// where that policy allows it and nothing in it is undecided, such as a condition on an
// organization.
func (t *tx) mayAssociate(d *wire.DomainName) (bool, error) {
	own := *d.DomainNameARN == t.domainARN(d)
	if text(d.ManagementPolicy) == "" {
		return own, nil
	}
	p, err := policy.Parse(*d.ManagementPolicy, policy.Options{Kind: policy.ResourcePolicy, MaxLength: max(len(*d.ManagementPolicy), 1)})
	if err != nil {
		return false, err
	}
	facts := policy.Facts{Received: t.now.Time(), Region: t.who.Region, Signer: policy.Signer{ARN: t.who.Principal}, More: t.who.Condition}
	decision := p.Evaluate(&policy.Request{Principal: t.who.Principal, Action: createAssociation, Resource: *d.DomainNameARN, Context: facts.Values})
	if own {
		return decision != policy.ExplicitDeny, nil
	}
	return decision == policy.Allow && p.CheckKeys() == nil, nil
}
