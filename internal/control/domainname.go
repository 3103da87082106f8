package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errDomainName() error { return wire.NotFound("Invalid domain name identifier specified") }

// domainName reads a custom domain name. Of its status nothing is stored.
func (t *tx) domainName(name string) (*wire.DomainName, error) {
	return load[wire.DomainName](t, kindDomainName, name, errDomainName())
}

// publicDomainName refuses an operation on a private domain name, which is named
// with an id: this server has none.
func publicDomainName(id *string) error {
	if given(id) != nil {
		return errDomainName()
	}
	return nil
}

// domainOwnerKeys are the keys of kindDomainOwner: whose a name is must be plain
// to whoever has nothing but a Host.
func domainOwnerKeys(d *wire.DomainName) []string { return []string{fromRoot(*d.DomainName)} }

// fromRoot is a name with its labels in the order of DNS, the root's first, so that
// the names below another begin with it.
func fromRoot(name string) string {
	labels := strings.Split(name, ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

func errNameTaken() error {
	return wire.BadRequest("One or more of the CNAMEs you provided are already associated with a different resource.")
}

// checkOverlap keeps names and wildcards that both are for one host with one account:
// else either would take requests of the other's. AWS documents it of a wildcard over
// the names of others.
func (t *tx) checkOverlap(name string) error {
	suffix, wildcard := strings.CutPrefix(name, "*.")
	if wildcard {
		if err := t.checkOwners(fromRoot(suffix) + "."); err != nil {
			return err
		}
		name = suffix
	}
	for {
		_, parent, more := strings.Cut(name, ".")
		if !more {
			return nil
		}
		if err := t.checkOwners(fromRoot("*." + parent)); err != nil {
			return err
		}
		name = parent
	}
}

// checkOwners wants the names whose keys begin so to be the caller's account's.
func (t *tx) checkOwners(prefix string) error {
	owners, err := t.lookUp(kindDomainOwner, prefix)
	if err == nil && slices.ContainsFunc(owners, func(e entry) bool { return e.Account != t.who.Account }) {
		return errNameTaken()
	}
	return err
}

// CreateDomainName makes a custom domain name that leads nowhere yet. AWS takes up
// to 40 minutes to set one up; here it is served when the call returns.
func (s *Service) CreateDomainName(ctx context.Context, who *wire.Caller, in *wire.CreateDomainNameRequest) (*wire.DomainName, error) {
	if in.CertificateBody != nil || in.CertificatePrivateKey != nil || in.CertificateChain != nil {
		return nil, errUploadedCertificate()
	}
	return writeBriefly(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) {
		d, err := t.newDomainName(in)
		if err != nil {
			return nil, err
		}
		return shownDomainName(d), t.addDomainName(d)
	})
}

// errUploadedCertificate says of no member what it holds: one is a private key.
func errUploadedCertificate() error {
	return wire.BadRequest("This server does not support certificateBody, certificatePrivateKey and certificateChain yet: name a certificate with certificateArn or regionalCertificateArn")
}

// newDomainName checks the input and fills in what it leaves out.
func (t *tx) newDomainName(in *wire.CreateDomainNameRequest) (*wire.DomainName, error) {
	if err := t.checkName(in.DomainName); err != nil {
		return nil, err
	}
	endpoint, err := newDomainEndpoint(in.EndpointConfiguration)
	if err != nil {
		return nil, err
	}
	d := &wire.DomainName{
		DomainName: &in.DomainName, EndpointConfiguration: endpoint, Tags: filled(in.Tags), RoutingMode: withDefault(given(in.RoutingMode), byMappings),
		DomainNameARN:   new("arn:" + policy.Partition(t.who.Region) + ":apigateway:" + t.who.Region + "::/domainnames/" + in.DomainName),
		CertificateName: given(in.CertificateName), CertificateARN: given(in.CertificateARN), CertificateUploadDate: &t.now,
		RegionalCertificateName: given(in.RegionalCertificateName), RegionalCertificateARN: given(in.RegionalCertificateARN),
		SecurityPolicy: withDefault(given(in.SecurityPolicy), "TLS_1_2"), EndpointAccessMode: given(in.EndpointAccessMode),
		OwnershipVerificationCertificateARN: given(in.OwnershipVerificationCertificateARN), Policy: given(in.Policy),
	}
	if m := in.MutualTLSAuthentication; m != nil {
		if err := checkTruststore(d, m.TruststoreURI); err != nil {
			return nil, err
		}
		if err := checkTruststore(d, m.TruststoreVersion); err != nil {
			return nil, err
		}
	}
	t.nameEndpoints(d)
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return d, t.checkDomainName(d)
}

// addDomainName stores and publishes a new domain name. AWS tells a name of the
// account from one that somebody else has.
func (t *tx) addDomainName(d *wire.DomainName) error {
	exists, err := t.exists(kindDomainName, *d.DomainName)
	if err != nil {
		return err
	}
	if exists {
		return wire.BadRequest("The domain name you provided already exists.")
	}
	if err := t.accountQuota(kindDomainName, t.svc.limits.DomainNames, "Domain Names"); err != nil {
		return err
	}
	if err := t.checkOverlap(*d.DomainName); err != nil {
		return err
	}
	return t.insertServed(kindDomainName, *d.DomainName, d, errNameTaken())
}

// servedDomainName is what the data plane is told of a domain name.
func (t *tx) servedDomainName(d *wire.DomainName) (*snapshot.DomainName, error) {
	out := &snapshot.DomainName{
		Name: *d.DomainName, Account: t.who.Account, Region: t.who.Region,
		EndpointTypes: d.EndpointConfiguration.Types, EndpointAccessMode: text(d.EndpointAccessMode),
		SecurityPolicy: text(d.SecurityPolicy),
	}
	for _, e := range domainEndpoints(d) {
		if arn := text(*e.certificate); arn != "" {
			out.CertificateARNs = append(out.CertificateARNs, arn)
		}
	}
	return out, nil
}

// shownDomainName is a domain name with its status. What AWS has to set up first is
// ready here.
func shownDomainName(d *wire.DomainName) *wire.DomainName {
	d.DomainNameStatus = new("AVAILABLE")
	return d
}

// fullDomainName is a domain name with the member tags, which Get and Update
// always show.
func fullDomainName(d *wire.DomainName) *wire.DomainName {
	if d.Tags == nil {
		d.Tags = map[string]string{}
	}
	return shownDomainName(d)
}

// GetDomainName reads one domain name.
func (s *Service) GetDomainName(ctx context.Context, who *wire.Caller, in *wire.GetDomainNameRequest) (*wire.DomainName, error) {
	if err := publicDomainName(in.DomainNameID); err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) {
		d, err := t.domainName(in.DomainName)
		if err != nil {
			return nil, err
		}
		return fullDomainName(d), nil
	})
}

// GetDomainNames lists the caller's domain names. Those that other accounts share
// are private ones, so there are none.
func (s *Service) GetDomainNames(ctx context.Context, who *wire.Caller, in *wire.GetDomainNamesRequest) (*wire.DomainNames, error) {
	if text(in.ResourceOwner) == "OTHER_ACCOUNTS" {
		return &wire.DomainNames{Items: []wire.DomainName{}}, nil
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.DomainNames, error) {
		items, position, err := page[wire.DomainName](t, kindDomainName, in.Position, in.Limit)
		for i := range items {
			shownDomainName(&items[i])
		}
		return &wire.DomainNames{Items: items, Position: position}, err
	})
}

// UpdateDomainName patches a domain name; what it changes holds for the next
// request.
func (s *Service) UpdateDomainName(ctx context.Context, who *wire.Caller, in *wire.UpdateDomainNameRequest) (*wire.DomainName, error) {
	if err := publicDomainName(in.DomainNameID); err != nil {
		return nil, err
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) {
		d, err := t.domainName(in.DomainName)
		if err != nil {
			return nil, err
		}
		if err := checkExchanges(in.PatchOperations); err != nil {
			return nil, err
		}
		if err := domainNamePatch.Apply(t, d, in.PatchOperations); err != nil {
			return nil, err
		}
		t.nameEndpoints(d)
		if err := t.checkDomainName(d); err != nil {
			return nil, err
		}
		if err := t.saveServed(kindDomainName, *d.DomainName, d); err != nil {
			return nil, err
		}
		return fullDomainName(d), nil
	})
}

// DeleteDomainName removes a domain name with its base path mappings. The APIs
// stay.
func (s *Service) DeleteDomainName(ctx context.Context, who *wire.Caller, in *wire.DeleteDomainNameRequest) (*wire.Empty, error) {
	if err := publicDomainName(in.DomainNameID); err != nil {
		return nil, err
	}
	return writeBrieflyEmpty(ctx, s, who, "", func(t *tx) error {
		return t.remove(kindDomainName, in.DomainName, errDomainName())
	})
}
