package gateway

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// An AssociationChange is an access association of a private domain name that came,
// changed or went.
type AssociationChange struct {
	ID          string                      // of its row: account, region, key of the domain name and VPC endpoint, with slashes between them
	Association *snapshot.AccessAssociation // what it is now; nil when it is gone, and when nobody knows: it lets nobody in then
}

// An association lets the calls of a VPC endpoint reach a private domain name.
type association struct {
	domain   string // id of the domain name's row
	endpoint string // id of the VPC endpoint
	account  string // that has made it
}

// A privateIndex finds private domain names. It never changes.
type privateIndex struct {
	reached map[privateKey]reached
	all     map[string][]*domain // by name, whether or not a VPC endpoint reaches them; in order of their rows
}

// A reached is the private domain name that a VPC endpoint reaches by the association that
// an account has made.
type reached struct {
	domain  *domain
	account string
}

// by returns the private domain name of that name that a VPC endpoint reaches, nil for
// none. Of an endpoint that is an account's the associations of others do not count.
func (index *privateIndex) by(endpoint *httpmsg.VPCEndpoint, name []byte) *domain {
	r := index.reached[privateKey{endpoint.ID, string(name)}]
	if endpoint.Owner != "" && endpoint.Owner != r.account {
		return nil
	}
	return r.domain
}

// A privateKey is a name as a VPC endpoint knows it: of several private domain names of
// one name an endpoint reaches one.
type privateKey struct{ endpoint, name string }

// associate notes changes of who reaches private domain names.
func (ds *domains) associate(changes []AssociationChange) {
	for _, c := range changes {
		a := c.Association
		if a == nil {
			delete(ds.associations, c.ID)
			continue
		}
		if ds.associations == nil {
			ds.associations = make(map[string]association)
		}
		ds.associations[c.ID] = association{snapshot.OfAccount(a.Owner, a.Region, a.Domain), a.VPCEndpoint, a.Account}
	}
}

// privateIndex makes the index of what is known of private domain names.
func (ds *domains) privateIndex() privateIndex {
	index := privateIndex{make(map[privateKey]reached), make(map[string][]*domain)}
	for id, rows := range ds.rows {
		if name, privateID := keyOfRow(id); privateID != "" && rows.served != nil {
			index.all[name] = append(index.all[name], rows.served)
		}
	}
	for _, list := range index.all {
		slices.SortFunc(list, func(a, b *domain) int { return strings.Compare(a.id, b.id) })
	}
	for _, a := range ds.associations {
		if rows := ds.rows[a.domain]; rows != nil && rows.served != nil {
			name, _ := keyOfRow(a.domain)
			index.reached[privateKey{a.endpoint, name}] = reached{rows.served, a.account}
		}
	}
	return index
}

// keyOfRow takes the key of a domain name out of the id of its row.
func keyOfRow(id string) (name, privateID string) {
	return snapshot.SplitDomainKey(id[strings.LastIndexByte(id, '/')+1:])
}

// domainOf returns the custom domain name that a request is for, nil for none. At the
// listener of a VPC endpoint there are private names alone. At others a call that comes
// by a VPC endpoint all the same reaches a private name that no public one of another
// account is like: whoever associates a name takes nobody's calls. A private name that
// the call does not reach leads nowhere.
func (g *Gateway) domainOf(at *Entrance, a *arrival) *domain {
	var public *domain
	if at.VPCEndpoint == nil {
		public = g.domains.find(a.host)
	}
	index := g.domains.index.Load()
	if index == nil || len(index.private.all) == 0 {
		return public
	}
	var buf [maxHost]byte
	name := hostName(buf[:0], a.host)
	if index.private.all[string(name)] == nil {
		return public
	}
	endpoint := at.VPCEndpoint
	if endpoint == nil {
		endpoint = g.endpointOf(a)
	}
	if endpoint != nil {
		d := index.private.by(endpoint, name)
		if d != nil && (public == nil || public.account() == d.account()) {
			return d
		}
	}
	if public != nil {
		return public
	}
	return unreached
}

// unreached stands for the private domain names that a call does not reach.
var unreached = &domain{others: &mapping{by: nobodys}}

// account is the one whose domain name it is.
func (d *domain) account() string {
	account, _, _ := strings.Cut(d.id, "/")
	return account
}

// endpointOf returns by which VPC endpoint a request comes to a listener that is no
// endpoint's, nil for none, as Gateway.vpcEndpoint says once the request has been read.
func (g *Gateway) endpointOf(a *arrival) *httpmsg.VPCEndpoint {
	req := httpmsg.Request{Peer: a.peer()}
	for v := range a.values("X-Forwarded-For") {
		req.Header = append(req.Header, httpmsg.Field{Name: "X-Forwarded-For", Value: v})
	}
	g.proxies.Load().identify(&req)
	return g.vpcEndpoint(&req)
}

// ofHandshake returns the domain name that a client asks for at the listener of a VPC
// endpoint, or at another one, for which that is nil.
func (ds *domains) ofHandshake(host string, endpoint *httpmsg.VPCEndpoint) *domain {
	if endpoint == nil {
		if d := ds.find(host); d != nil {
			return d
		}
	}
	index := ds.index.Load()
	if index == nil || len(index.private.all) == 0 {
		return nil
	}
	var buf [maxHost]byte
	name := hostName(buf[:0], host)
	if endpoint != nil {
		return index.private.by(endpoint, name)
	}
	if list := index.private.all[string(name)]; len(list) > 0 {
		return list[0]
	}
	return nil
}
