package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func errDomainName() error { return wire.NotFound("Invalid domain name identifier specified") }

// domainName reads a custom domain name by its key. Of its status nothing is stored.
func (t *tx) domainName(key string) (*wire.DomainName, error) {
	return load[wire.DomainName](t, kindDomainName, key, errDomainName())
}

// domainOwnerKeys are the keys of kindDomainOwner: whose a public name is must be plain
// to whoever has nothing but a Host.
func domainOwnerKeys(d *wire.DomainName) []string {
	if text(d.DomainNameID) != "" {
		return nil
	}
	return []string{fromRoot(*d.DomainName)}
}

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
	return withTruststore(ctx, s, func(got *readTruststore) (*wire.DomainName, error) {
		return writeBriefly(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) {
			d, err := t.newDomainName(in)
			if err != nil {
				return nil, err
			}
			return shownDomainName(d), t.addDomainName(d, got)
		})
	})
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
		DomainName: &in.DomainName, EndpointConfiguration: endpoint, Tags: filled(in.Tags), RoutingMode: withDefault(given(in.RoutingMode), snapshot.ByMappings),
		CertificateName: given(in.CertificateName), CertificateARN: given(in.CertificateARN), CertificateUploadDate: &t.now,
		RegionalCertificateName: given(in.RegionalCertificateName), RegionalCertificateARN: given(in.RegionalCertificateARN),
		SecurityPolicy: withDefault(given(in.SecurityPolicy), "TLS_1_2"), EndpointAccessMode: given(in.EndpointAccessMode),
		OwnershipVerificationCertificateARN: given(in.OwnershipVerificationCertificateARN), Policy: given(in.Policy),
	}
	if m := in.MutualTLSAuthentication; m != nil {
		d.MutualTLSAuthentication = &wire.MutualTLSAuthentication{TruststoreURI: given(m.TruststoreURI), TruststoreVersion: given(m.TruststoreVersion)}
	}
	if isPrivate(endpoint) {
		d.DomainNameID = new(newID(domainIDLength))
	}
	d.DomainNameARN = new(t.domainARN(d))
	t.nameEndpoints(d)
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	t.upload = uploadOf(in)
	return d, t.checkDomainName(d)
}

// addDomainName stores and publishes a new domain name. AWS tells a name of the
// account from one that somebody else has.
func (t *tx) addDomainName(d *wire.DomainName, got *readTruststore) error {
	key := keyOfDomain(d)
	exists, err := t.exists(kindDomainName, key)
	if err != nil {
		return err
	}
	if exists {
		return wire.BadRequest("The domain name you provided already exists.")
	}
	private := text(d.DomainNameID) != ""
	if err := t.domainQuota(private); err != nil {
		return err
	}
	if !private {
		if err := t.checkOverlap(*d.DomainName); err != nil {
			return err
		}
	}
	if err := t.keepTruststore(d, got); err != nil {
		return err
	}
	if err := t.keepUpload(d, text(d.CertificateARN)+text(d.RegionalCertificateARN) != ""); err != nil {
		return err
	}
	return t.insertServed(kindDomainName, key, d, errNameTaken())
}

// servedDomainName is what the data plane is told of a domain name.
func (t *tx) servedDomainName(d *wire.DomainName) (*snapshot.DomainName, error) {
	trusted, err := t.truststoreOf(d)
	if err != nil {
		return nil, err
	}
	out := &snapshot.DomainName{
		Name: *d.DomainName, ID: text(d.DomainNameID), Account: t.who.Account, Region: t.who.Region, Policy: text(d.Policy),
		EndpointTypes: d.EndpointConfiguration.Types, EndpointAccessMode: text(d.EndpointAccessMode),
		SecurityPolicy: text(d.SecurityPolicy), Truststore: trusted,
	}
	if *d.RoutingMode != snapshot.ByMappings {
		out.RoutingMode = *d.RoutingMode
	}
	for _, e := range domainEndpoints(d) {
		if arn := text(*e.certificate); arn != "" {
			out.CertificateARNs = append(out.CertificateARNs, arn)
		}
	}
	uploaded, err := t.uploaded(keyOfDomain(d))
	if uploaded != nil {
		out.Certificate = uploaded.Fingerprint
	}
	return out, err
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
	key, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) {
		d, err := t.domainName(key)
		if err != nil {
			return nil, err
		}
		return fullDomainName(d), nil
	})
}

// GetDomainNames lists the caller's domain names, or the private ones of other accounts
// that the caller may make access associations with.
func (s *Service) GetDomainNames(ctx context.Context, who *wire.Caller, in *wire.GetDomainNamesRequest) (*wire.DomainNames, error) {
	if text(in.ResourceOwner) == "OTHER_ACCOUNTS" {
		return s.sharedDomainNames(ctx, who, in)
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
	key, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return withTruststore(ctx, s, func(got *readTruststore) (*wire.DomainName, error) {
		return write(ctx, s, who, "", func(t *tx) (*wire.DomainName, error) { return t.updateDomainName(key, in, got) })
	})
}

// updateDomainName patches a domain name, with the truststore that it asked for.
func (t *tx) updateDomainName(key string, in *wire.UpdateDomainNameRequest, got *readTruststore) (*wire.DomainName, error) {
	d, err := t.domainName(key)
	if err != nil {
		return nil, err
	}
	if err := checkExchanges(in.PatchOperations); err != nil {
		return nil, err
	}
	was := endpointStateOf(d.EndpointConfiguration, d.SecurityPolicy, d.EndpointAccessMode)
	if err := domainNamePatch.Apply(t, d, in.PatchOperations); err != nil {
		return nil, err
	}
	t.nameEndpoints(d)
	if err := t.checkDomainName(d); err != nil {
		return nil, err
	}
	if err := was.checkMove(endpointStateOf(d.EndpointConfiguration, d.SecurityPolicy, d.EndpointAccessMode)); err != nil {
		return nil, err
	}
	if namesTruststore(in.PatchOperations) {
		if err := t.keepTruststore(d, got); err != nil {
			return nil, err
		}
	}
	if err := t.keepUpload(d, namesCertificate(in.PatchOperations)); err != nil {
		return nil, err
	}
	if err := t.saveServed(kindDomainName, key, d); err != nil {
		return nil, err
	}
	return fullDomainName(d), nil
}

// DeleteDomainName removes a domain name with its base path mappings. The APIs
// stay. A private one must have no access association any more.
func (s *Service) DeleteDomainName(ctx context.Context, who *wire.Caller, in *wire.DeleteDomainNameRequest) (*wire.Empty, error) {
	key, err := domainKey(in.DomainName, in.DomainNameID)
	if err != nil {
		return nil, err
	}
	return writeBrieflyEmpty(ctx, s, who, "", func(t *tx) error {
		if err := t.checkUnassociated(key); err != nil {
			return err
		}
		return t.remove(kindDomainName, key, errDomainName())
	})
}
