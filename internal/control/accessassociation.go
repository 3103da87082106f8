package control

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An accessAssociation is one as it is stored, with the account that has made it: it lets
// the calls of a VPC endpoint reach a private domain name, which may be another account's.
type accessAssociation struct {
	Domain      string            `json:"domain"` // key of the domain name
	Owner       string            `json:"owner"`  // its account
	VPCEndpoint string            `json:"vpcEndpoint"`
	Tags        map[string]string `json:"tags,omitzero"`
}

func (a *accessAssociation) id() string { return snapshot.AssociationID(a.Domain, a.VPCEndpoint) }

// domainAssociationKeys are the keys of kindDomainAssociation.
func domainAssociationKeys(a *accessAssociation) []string { return []string{a.Domain} }

// associationSourceKeys are the keys of kindAssociationSource: by one VPC endpoint there
// is one private domain name of a name (documented).
func associationSourceKeys(a *accessAssociation) []string {
	name, _ := snapshot.SplitDomainKey(a.Domain)
	return []string{a.VPCEndpoint + "/" + name}
}

// errAssociation is AWS's kind of text for what there is not; its words are not known.
func errAssociation() error {
	return wire.NotFound("Invalid domain name access association identifier specified")
}

func (t *tx) accessAssociation(id string) (*accessAssociation, error) {
	return load[accessAssociation](t, kindAccessAssociation, id, errAssociation())
}

// servedAssociation is what the data plane is told of an access association.
func (t *tx) servedAssociation(a *accessAssociation) *snapshot.AccessAssociation {
	return &snapshot.AccessAssociation{Domain: a.Domain, Owner: a.Owner, Account: t.who.Account, Region: t.who.Region, VPCEndpoint: a.VPCEndpoint}
}

// associationSegments part the ARN of an access association, behind the service's
// prefix.
const (
	associationPrefix = "/domainnameaccessassociations/domainname/"
	associationSource = "/vpcesource/"
)

// shownAssociation is an access association of the caller's account as answers show it.
func (t *tx) shownAssociation(a *accessAssociation) *wire.DomainNameAccessAssociation {
	service := "arn:" + policy.Partition(t.who.Region) + ":apigateway:" + t.who.Region + ":"
	return &wire.DomainNameAccessAssociation{
		DomainNameAccessAssociationARN: new(service + t.who.Account + ":" + associationPrefix + a.Domain + associationSource + a.VPCEndpoint),
		DomainNameARN:                  new(service + a.Owner + ":/domainnames/" + a.Domain),
		AccessAssociationSourceType:    new("VPCE"), AccessAssociationSource: &a.VPCEndpoint, Tags: filled(a.Tags),
	}
}

// associationNamed returns the account and the id of the access association that an ARN
// names.
func (t *tx) associationNamed(arn string) (account, id string, err error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] != policy.Partition(t.who.Region) || parts[2] != "apigateway" || parts[3] != t.who.Region || !accountPattern.MatchString(parts[4]) {
		return "", "", errAssociationARN(arn)
	}
	rest, ok := strings.CutPrefix(parts[5], associationPrefix)
	domain, endpoint, cut := strings.Cut(rest, associationSource)
	if !ok || !cut || strings.Contains(domain, "/") || strings.Contains(endpoint, "/") {
		return "", "", errAssociationARN(arn)
	}
	return parts[4], snapshot.AssociationID(domain, endpoint), nil
}

func errAssociationARN(arn string) error {
	return wire.BadRequest("Invalid domain name access association ARN specified: %s", wire.Truncated(arn))
}

// vpcEndpointPattern takes the ids of VPC endpoints.
var vpcEndpointPattern = regexp.MustCompile(`^vpce-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*$`)

// CreateDomainNameAccessAssociation lets the calls of a VPC endpoint reach a private
// domain name. AWS takes some 15 minutes to set one up; here it holds when the call
// returns. Of the reasons for a refusal AWS's words are not known.
func (s *Service) CreateDomainNameAccessAssociation(ctx context.Context, who *wire.Caller, in *wire.CreateDomainNameAccessAssociationRequest) (*wire.DomainNameAccessAssociation, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if endpoint := in.AccessAssociationSource; !vpcEndpointPattern.MatchString(endpoint) || len(endpoint) > maxNameLength {
		return nil, wire.BadRequest("Invalid access association source specified: %s", wire.Truncated(endpoint))
	}
	return write(ctx, s, who, "", func(t *tx) (*wire.DomainNameAccessAssociation, error) {
		if err := t.checkEndpointOwner(in.AccessAssociationSource); err != nil {
			return nil, err
		}
		owner, key, err := t.privateNamed(in.DomainNameARN)
		if err != nil {
			return nil, err
		}
		d, err := t.as(owner, who.Region).domainName(key)
		if err != nil {
			return nil, err
		}
		switch allowed, err := t.mayAssociate(d); {
		case err != nil:
			return nil, err
		case !allowed:
			return nil, errDomainName() // to whom it is not shared it is not there
		}
		if err := t.accountQuota(kindAccessAssociation, s.limits.AccessAssociations, "Domain Name Access Associations"); err != nil {
			return nil, err
		}
		a := &accessAssociation{Domain: key, Owner: owner, VPCEndpoint: in.AccessAssociationSource, Tags: filled(in.Tags)}
		if err := t.dropStrangers(a); err != nil {
			return nil, err
		}
		taken := wire.Conflict("The access association source %s already has a domain name access association with a private custom domain name %s", a.VPCEndpoint, *d.DomainName)
		return t.shownAssociation(a), t.insertServed(kindAccessAssociation, a.id(), a, taken)
	})
}

// checkEndpointOwner refuses the VPC endpoints of other accounts: AWS's words are not known.
func (t *tx) checkEndpointOwner(endpoint string) error {
	if owner := t.ownerOfEndpoint(endpoint); owner != "" && owner != t.who.Account {
		return wire.BadRequest("Invalid access association source specified: %s", wire.Truncated(endpoint))
	}
	return nil
}

// ownerOfEndpoint is the account whose a VPC endpoint is, "" for nobody's.
func (t *tx) ownerOfEndpoint(endpoint string) string {
	if t.svc.endpointOwner == nil {
		return ""
	}
	return t.svc.endpointOwner(endpoint)
}

// dropStrangers removes the association that another account has between the VPC endpoint
// and the name of a new one. It is from before the endpoint had an owner, and has no
// effect since.
func (t *tx) dropStrangers(a *accessAssociation) error {
	if t.ownerOfEndpoint(a.VPCEndpoint) == "" {
		return nil
	}
	key := associationSourceKeys(a)[0]
	if exists, err := t.exists(kindAssociationSource, key); err != nil || !exists {
		return err
	}
	e, err := load[entry](t, kindAssociationSource, key, errAssociation())
	if err != nil || e.Account == t.who.Account {
		return err
	}
	return t.as(e.Account, e.Region).remove(kindAccessAssociation, e.ID, errAssociation())
}

// GetDomainNameAccessAssociations lists the access associations that the caller has made,
// or those of other accounts with the caller's private domain names.
func (s *Service) GetDomainNameAccessAssociations(ctx context.Context, who *wire.Caller, in *wire.GetDomainNameAccessAssociationsRequest) (*wire.DomainNameAccessAssociations, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.DomainNameAccessAssociations, error) {
		if text(in.ResourceOwner) == "OTHER_ACCOUNTS" {
			return t.foreignAssociations(in)
		}
		items, position, err := page[accessAssociation](t, kindAccessAssociation, in.Position, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &wire.DomainNameAccessAssociations{Items: make([]wire.DomainNameAccessAssociation, len(items)), Position: position}
		for i := range items {
			out.Items[i] = *t.shownAssociation(&items[i])
		}
		return out, nil
	})
}

// foreignAssociations lists the access associations of other accounts with the caller's
// private domain names, in order of these.
func (t *tx) foreignAssociations(in *wire.GetDomainNameAccessAssociationsRequest) (*wire.DomainNameAccessAssociations, error) {
	var found []entry
	keys, err := t.ids(kindDomainName, "")
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if !strings.Contains(key, "+") {
			continue
		}
		entries, err := t.lookUp(kindDomainAssociation, key+keyEnd)
		if err != nil {
			return nil, err
		}
		found = append(found, slices.DeleteFunc(entries, func(e entry) bool { return e.Account == t.who.Account })...)
	}
	return onePage(in.Position, in.Limit, found, func(e entry) string { return e.ID }, func(page []entry, position *string) (*wire.DomainNameAccessAssociations, error) {
		out := &wire.DomainNameAccessAssociations{Items: make([]wire.DomainNameAccessAssociation, len(page)), Position: position}
		for i, e := range page {
			other := t.as(e.Account, e.Region)
			a, err := other.accessAssociation(e.ID)
			if err != nil {
				return nil, err
			}
			a.Tags = nil // which are the other account's
			out.Items[i] = *other.shownAssociation(a)
		}
		return out, nil
	})
}

// onePage makes a page of a listing whose items have all been found, in order of their
// ids.
func onePage[T, P any](position *string, limit *int32, all []T, id func(T) string, show func([]T, *string) (*P, error)) (*P, error) {
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(id(a), id(b)) })
	page, next, err := wire.Paginate(position, limit, id, func(after string, n int) ([]T, bool, error) {
		from := slices.IndexFunc(all, func(v T) bool { return id(v) > after })
		if from < 0 {
			return nil, false, nil
		}
		rest := all[from:]
		return rest[:min(n, len(rest))], len(rest) > n, nil
	})
	if err != nil {
		return nil, err
	}
	return show(page, next)
}

// DeleteDomainNameAccessAssociation ends an access association that the caller has made.
func (s *Service) DeleteDomainNameAccessAssociation(ctx context.Context, who *wire.Caller, in *wire.DeleteDomainNameAccessAssociationRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		account, id, err := t.associationNamed(in.DomainNameAccessAssociationARN)
		switch {
		case err != nil:
			return err
		case account != who.Account:
			return errAssociation()
		}
		return t.remove(kindAccessAssociation, id, errAssociation())
	})
}

// RejectDomainNameAccessAssociation ends an access association with a private domain name
// of the caller's that another account has made. Its own the caller may end so, too.
func (s *Service) RejectDomainNameAccessAssociation(ctx context.Context, who *wire.Caller, in *wire.RejectDomainNameAccessAssociationRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, "", func(t *tx) error {
		owner, key, err := t.privateNamed(in.DomainNameARN)
		switch {
		case err != nil:
			return err
		case owner != who.Account:
			return errDomainName()
		}
		account, id, err := t.associationNamed(in.DomainNameAccessAssociationARN)
		switch {
		case err != nil:
			return err
		case !strings.HasPrefix(id, key+"/"):
			return errAssociation()
		}
		return t.as(account, who.Region).remove(kindAccessAssociation, id, errAssociation())
	})
}

// checkUnassociated refuses to delete a private domain name with access associations: they
// go first (documented; AWS's words are not known).
func (t *tx) checkUnassociated(key string) error {
	if !strings.Contains(key, "+") {
		return nil
	}
	if err := t.require(kindDomainName, key, errDomainName()); err != nil {
		return err
	}
	entries, err := t.lookUp(kindDomainAssociation, key+keyEnd)
	if err != nil || len(entries) == 0 {
		return err
	}
	return wire.BadRequest("Cannot delete domain name %s because it has domain name access associations. Delete or reject them first.", key)
}

// sharedDomainNames lists the private domain names of other accounts with which the
// caller may make access associations. Of what they say it shows nothing (documented).
func (s *Service) sharedDomainNames(ctx context.Context, who *wire.Caller, in *wire.GetDomainNamesRequest) (*wire.DomainNames, error) {
	return readPage(ctx, s, who, "", func(t *tx) (*wire.DomainNames, error) {
		shared, err := t.sharedPrivateDomains()
		if err != nil {
			return nil, err
		}
		return onePage(in.Position, in.Limit, shared, func(d *wire.DomainName) string { return keyOfDomain(d) }, func(page []*wire.DomainName, position *string) (*wire.DomainNames, error) {
			out := &wire.DomainNames{Items: make([]wire.DomainName, len(page)), Position: position}
			for i, d := range page {
				out.Items[i] = wire.DomainName{DomainName: d.DomainName, DomainNameID: d.DomainNameID, DomainNameARN: d.DomainNameARN}
			}
			return out, nil
		})
	})
}

func (t *tx) sharedPrivateDomains() ([]*wire.DomainName, error) {
	rows, err := t.rowsWith(kindPrivateDomain, "")
	if err != nil {
		return nil, err
	}
	owners, err := decodeRows[entry](t, kindPrivateDomain, rows)
	if err != nil {
		return nil, err
	}
	var shared []*wire.DomainName
	for i, owner := range owners {
		if owner.Account == t.who.Account || owner.Region != t.who.Region {
			continue
		}
		d, err := t.as(owner.Account, owner.Region).domainName(rows[i].ID)
		if err != nil {
			return nil, err
		}
		allowed, err := t.mayAssociate(d)
		if err != nil {
			return nil, err
		}
		if allowed {
			shared = append(shared, d)
		}
	}
	return shared, nil
}
