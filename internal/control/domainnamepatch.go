package control

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/keypair"
	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// endpointTypesPath is where a domain name's types of endpoint are, of which it has
// two while it moves from one to the other.
const endpointTypesPath = "/endpointConfiguration/types"

// domainNamePatch is every path that UpdateDomainName takes.
var domainNamePatch = patchTable[wire.DomainName]{
	Dialect: patch.Listed,
	Paths: []patchPath[wire.DomainName]{
		certificatePath("/certificateName", func(d *wire.DomainName) **string { return &d.CertificateName }),
		certificatePath("/certificateArn", func(d *wire.DomainName) **string { return &d.CertificateARN }),
		certificatePath("/regionalCertificateName", func(d *wire.DomainName) **string { return &d.RegionalCertificateName }),
		certificatePath("/regionalCertificateArn", func(d *wire.DomainName) **string { return &d.RegionalCertificateARN }),
		uploadPath("/certificateBody", func(u *keypair.Upload) *string { return &u.Body }),
		uploadPath("/certificatePrivateKey", func(u *keypair.Upload) *string { return &u.Key }),
		uploadPath("/certificateChain", func(u *keypair.Upload) *string { return &u.Chain }),
		{At: endpointTypesPath, Add: addDomainEndpoint, Remove: func(_ *tx, d *wire.DomainName, op *patch.Op) error {
			return removeDomainEndpoint(d, op, text(op.Value))
		}},
		{At: endpointTypesPath + "/{type}", Replace: replaceDomainEndpoint},
		{At: "/endpointConfiguration/ipAddressType", Replace: func(_ *tx, d *wire.DomainName, op *patch.Op) error {
			return setAddressType(d.EndpointConfiguration, op)
		}},
		{At: "/securityPolicy", Replace: keepText(func(d *wire.DomainName) **string { return &d.SecurityPolicy })},
		{At: "/endpointAccessMode", Replace: setText(func(d *wire.DomainName) **string { return &d.EndpointAccessMode })},
		truststorePath("/mutualTlsAuthentication/truststoreUri", func(m *wire.MutualTLSAuthentication) **string { return &m.TruststoreURI }),
		truststorePath("/mutualTlsAuthentication/truststoreVersion", func(m *wire.MutualTLSAuthentication) **string { return &m.TruststoreVersion }),
		anyOp("/ownershipVerificationCertificateArn", setText(func(d *wire.DomainName) **string { return &d.OwnershipVerificationCertificateARN })),
		{At: "/policy", Replace: setText(func(d *wire.DomainName) **string { return &d.Policy })},
		{At: "/managementPolicy", Replace: setText(func(d *wire.DomainName) **string { return &d.ManagementPolicy })},
		{At: "/routingMode", Replace: setRoutingMode},
	},
}

// anyOp is a path at which add and replace do the same, and remove what an empty
// value does.
func anyOp[T any](at string, set patchSetter[T]) patchPath[T] {
	drop := func(t *tx, target *T, op *patch.Op) error {
		gone := *op
		gone.Value = nil
		return set(t, target, &gone)
	}
	return patchPath[T]{At: at, Add: set, Replace: set, Remove: drop}
}

// certificatePath sets a member that says which certificate is used, and since when.
func certificatePath(at string, field func(*wire.DomainName) **string) patchPath[wire.DomainName] {
	set := setText(field)
	return anyOp(at, func(t *tx, d *wire.DomainName, op *patch.Op) error {
		if text(*field(d)) != text(op.Value) {
			d.CertificateUploadDate = &t.now
		}
		return set(t, d, op)
	})
}

// checkExchanges refuses a request that adds and removes at one path (documented;
// AWS's words are not known).
func checkExchanges(ops []wire.PatchOperation) error {
	seen := make(map[string]string)
	for _, op := range ops {
		at, is := text(op.Path), text(op.Op)
		if was := seen[at]; was == "add" && is == "remove" || was == "remove" && is == "add" {
			return wire.BadRequest("Invalid patch operations specified: add and remove of %s in one request", wire.Truncated(at))
		}
		seen[at] = is
	}
	return nil
}

// domainEndpointType is a type of endpoint that a patch gives a domain name. Public and
// private ones do not become each other (documented; AWS's words are not known).
func domainEndpointType(d *wire.DomainName, op *patch.Op) (string, error) {
	kind := text(op.Value)
	switch {
	case !slices.Contains(endpointTypes, kind):
		return "", errEndpointType()
	case (kind == "PRIVATE") != isPrivate(d.EndpointConfiguration):
		return "", wire.BadRequest("Cannot migrate a domain name between public and private endpoint types")
	}
	return kind, nil
}

func addDomainEndpoint(_ *tx, d *wire.DomainName, op *patch.Op) error {
	kind, err := domainEndpointType(d, op)
	if e := d.EndpointConfiguration; err == nil && !slices.Contains(e.Types, kind) {
		e.Types = append(e.Types, kind)
	}
	return err
}

// removeDomainEndpoint takes an endpoint away together with its certificate.
func removeDomainEndpoint(d *wire.DomainName, op *patch.Op, kind string) error {
	at := slices.Index(d.EndpointConfiguration.Types, kind)
	if at < 0 {
		return patch.ErrPath(op)
	}
	d.EndpointConfiguration.Types = slices.Delete(d.EndpointConfiguration.Types, at, at+1)
	for _, e := range domainEndpoints(d) {
		if e.kind == kind {
			*e.certificate, *e.certificateName = nil, nil
		}
	}
	return nil
}

// replaceDomainEndpoint puts an endpoint in the place of another, which the path
// names by its index, as Terraform does, or by its type.
func replaceDomainEndpoint(t *tx, d *wire.DomainName, op *patch.Op) error {
	types := d.EndpointConfiguration.Types
	old := op.Names[0]
	if i := strings.Index("01", old); i >= 0 && i < len(types) && len(old) == 1 {
		old = types[i]
	}
	kind, err := domainEndpointType(d, op)
	if err != nil || kind == old {
		return err
	}
	if err := removeDomainEndpoint(d, op, old); err != nil {
		return err
	}
	return addDomainEndpoint(t, d, op)
}

func setRoutingMode(_ *tx, d *wire.DomainName, op *patch.Op) error {
	if !slices.Contains(routingModes, text(op.Value)) {
		return wire.BadRequest("Invalid routing mode specified. Valid options are %s", strings.Join(routingModes, ","))
	}
	d.RoutingMode = op.Value
	return nil
}
