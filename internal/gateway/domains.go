package gateway

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/tlspolicy"
)

// DomainChanges are changes of custom domain names, of what they lead to and of who
// may call them.
type DomainChanges struct {
	Names        []DomainChange
	Mappings     []MappingChange
	Rules        []RuleChange
	Associations []AssociationChange
}

// A DomainChange is a custom domain name that came, changed or went.
type DomainChange struct {
	ID     string               // of its row: account, region and key, with slashes between them
	Domain *snapshot.DomainName // what it is now; nil when it is gone
	Err    error                // why nobody knows what it is now: its requests are answered 500
}

// A MappingChange is a base path mapping that came, changed or went.
type MappingChange struct {
	ID      string                    // of its row: that of the domain name's, a slash and the base path
	Mapping *snapshot.BasePathMapping // what it is now; nil when it is gone
	Err     error                     // why nobody knows what it is now: the requests that it is for are answered 500
}

// domains finds custom domain names. Look-ups take no lock.
type domains struct {
	index atomic.Pointer[domainIndex]

	mu           sync.Mutex
	rows         map[string]*domainRows // by the id of a domain name's row
	associations map[string]association // by the id of their rows

	policy func(*snapshot.DomainName) any // see Options.DomainPolicy
}

// domainRows are what is known of a domain name. The rows of its mappings may be
// there before its own, and after.
type domainRows struct {
	domain   *snapshot.DomainName // nil for none, and where err is set
	trust    *trust               // of domain
	err      error
	mappings []baseRow          // sorted by base path: most names have one, for which a map is large
	rules    map[string]ruleRow // by the ids of rules; nil while there was none
	served   *domain            // what is made of them; nil while the domain name itself is not known
}

// A baseRow is what is known of a base path mapping.
type baseRow struct {
	base, api, stage string
	err              error // why nobody knows where it leads
}

// setMapping takes over a change of what a base path leads to.
func (rows *domainRows) setMapping(base string, c *MappingChange) {
	at, there := slices.BinarySearchFunc(rows.mappings, base, func(m baseRow, base string) int { return strings.Compare(m.base, base) })
	if c.Mapping == nil && c.Err == nil {
		if there {
			rows.mappings = slices.Delete(rows.mappings, at, at+1)
		}
		return
	}
	if !there {
		rows.mappings = slices.Insert(rows.mappings, at, baseRow{})
	}
	rows.mappings[at] = baseRow{base: base, err: c.Err}
	if m := c.Mapping; m != nil {
		rows.mappings[at] = baseRow{base: base, api: m.APIID, stage: m.Stage}
	}
}

// setRule takes over a change of a routing rule.
func (rows *domainRows) setRule(id string, c *RuleChange) {
	if c.Rule == nil && c.Err == nil {
		delete(rows.rules, id)
		return
	}
	if rows.rules == nil {
		rows.rules = make(map[string]ruleRow)
	}
	rows.rules[id] = ruleRow{c.Rule, c.Err}
}

// A domainIndex has the domain names that are served. It never changes.
type domainIndex struct {
	names     map[string]*domain // public ones
	wildcards int                // of the names
	private   privateIndex
}

// A domain is a custom domain name with what its requests lead to. It never changes.
type domain struct {
	id       string            // of its row
	name     string            // of a public one; "" for others, and where nobody knows what it is now
	uploaded string            // fingerprint of a certificate; "" for none
	arns     []string          // of certificates
	policy   *tlspolicy.Policy // nil where nobody knows what the name is now
	trust    *trust            // of a name with mutual TLS; else nil
	edge     bool              // it has an edge-optimized endpoint
	rules    []rule            // which are asked before the mappings, by priority
	mappings basePaths
	others   *mapping // of the paths that no base path has: that of "", or nowhere
}

// A mapping is where a domain name's paths lead.
type mapping struct {
	api, stage string // nowhere without an API; without a stage the path begins with it
	by         *httpmsg.CustomDomain
	err        error             // why nobody knows where
	refused    *refusal          // what the request is answered; nil for nothing
	policy     *tlspolicy.Policy // of the domain name
	trust      *trust            // of the domain name
	edge       bool              // the domain name is edge-optimized
}

// SetDomains takes changes into use, for the requests that come from here on. It
// costs as much as there are domain names.
func (g *Gateway) SetDomains(c DomainChanges) {
	if len(c.Names)+len(c.Mappings)+len(c.Rules)+len(c.Associations) > 0 {
		g.domains.set(&c)
	}
	if len(c.Names) > 0 && g.opts.DomainsChanged != nil {
		g.opts.DomainsChanged()
	}
}

func (ds *domains) set(c *DomainChanges) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	var changed []string
	for _, c := range c.Names {
		rows := ds.rowsOf(c.ID)
		rows.domain, rows.err, rows.trust = c.Domain, c.Err, newTrust(c.Domain)
		changed = append(changed, c.ID)
	}
	for _, c := range c.Mappings {
		id, base := cutRowID(c.ID)
		ds.rowsOf(id).setMapping(base, &c)
		changed = append(changed, id)
	}
	for _, c := range c.Rules {
		id, rule := cutRowID(c.ID)
		ds.rowsOf(id).setRule(rule, &c)
		changed = append(changed, id)
	}
	ds.associate(c.Associations)
	ds.publish(changed, len(c.Associations) > 0)
}

// cutRowID parts the id of a row that is under a domain name's into that of the domain
// name's, which has two slashes, and the rest: a base path, or the id of a rule.
func cutRowID(row string) (domain, rest string) {
	at, slashes := 0, 0
	for ; at < len(row); at++ {
		if row[at] == '/' {
			if slashes++; slashes == 3 {
				return row[:at], row[at+1:]
			}
		}
	}
	return row, ""
}

// rowsOf returns what is known of a domain name, which may be nothing yet.
func (ds *domains) rowsOf(id string) *domainRows {
	rows := ds.rows[id]
	if rows == nil {
		rows = new(domainRows)
		if ds.rows == nil {
			ds.rows = make(map[string]*domainRows)
		}
		ds.rows[id] = rows
	}
	return rows
}

// publish has look-ups see what is known of changed names. A name has passed to
// another account where its index has that one's row. private is whether who reaches
// private names has changed.
func (ds *domains) publish(changed []string, private bool) {
	next := &domainIndex{names: make(map[string]*domain)}
	if old := ds.index.Load(); old != nil {
		next.names, next.private = maps.Clone(old.names), old.private
	}
	done := make(map[string]bool, len(changed))
	for _, id := range changed {
		if done[id] {
			continue
		}
		done[id] = true
		rows := ds.rows[id]
		name, privateID := keyOfRow(id)
		rows.served = nil
		if rows.domain != nil || rows.err != nil {
			rows.served = rows.domainOf(id, ds.policy)
		} else if len(rows.mappings)+len(rows.rules) == 0 {
			delete(ds.rows, id)
		}
		switch {
		case privateID != "":
			private = true
		case rows.served != nil:
			next.names[name] = rows.served
		case next.names[name] != nil && next.names[name].id == id:
			delete(next.names, name)
		}
	}
	if private {
		next.private = ds.privateIndex()
	}
	for name := range next.names {
		if name[0] == '*' {
			next.wildcards++
		}
	}
	ds.index.Store(next)
}

// nobodys is by which domain name the requests come that lead nowhere.
var nobodys = new(httpmsg.CustomDomain)

// domainOf makes what serves the requests of a domain name.
func (rows *domainRows) domainOf(id string, policy func(*snapshot.DomainName) any) *domain {
	d := &domain{id: id, policy: tlspolicy.Default, others: &mapping{by: nobodys, err: rows.err}}
	if rows.err != nil {
		return d
	}
	if named := tlspolicy.Find(rows.domain.SecurityPolicy); named != nil { // a later version may know others
		d.policy = named
	}
	d.arns, d.trust, d.uploaded = rows.domain.CertificateARNs, rows.trust, rows.domain.Certificate
	if rows.domain.ID == "" {
		d.name = rows.domain.Name
	}
	d.edge = slices.Contains(rows.domain.EndpointTypes, "EDGE")
	d.others.policy, d.others.trust, d.others.edge = d.policy, d.trust, d.edge
	every := httpmsg.CustomDomain{EndpointTypes: rows.domain.EndpointTypes, Strict: rows.domain.EndpointAccessMode == "STRICT", MutualTLS: d.trust != nil}
	if rows.domain.ID != "" && policy != nil {
		every.Policy = policy(rows.domain)
	}
	led := rows.mappings
	if rows.domain.RoutingMode == snapshot.ByRules {
		led = nil
	}
	for i := range led {
		every.LowerHeaders = every.LowerHeaders || snapshot.MultiLevel(led[i].base)
	}
	if rows.domain.RoutingMode != "" && rows.domain.RoutingMode != snapshot.ByMappings {
		if d.rules, d.others.err = newRules(rows.rules); d.others.err != nil {
			return d
		}
	}
	for i := range d.rules {
		r := &d.rules[i]
		d.lead(&r.to, every)
		if r.to.by.RoutingRuleID = r.id; r.strip {
			r.to.by.BasePath = r.base
		}
	}
	var mappings map[string]*mapping
	for _, row := range led {
		m := &mapping{api: row.api, stage: row.stage, err: row.err}
		d.lead(m, every)
		m.by.BasePath, m.by.StageInPath = row.base, m.stage == ""
		switch {
		case row.base == "":
			d.others = m
			continue
		case mappings == nil:
			mappings = make(map[string]*mapping, len(led))
		}
		mappings[row.base] = m
	}
	d.mappings = newBasePaths(mappings)
	return d
}

// lead gives a way to a stage what every one of the domain name has: what protects it
// holds whichever way a request takes.
func (d *domain) lead(m *mapping, every httpmsg.CustomDomain) {
	m.by, m.policy, m.trust, m.edge = &every, d.policy, d.trust, d.edge
}

// find returns the domain name of a Host, nil for none. Of names that both fit the
// one with fewer wildcards does, and of two wildcards the longer.
func (ds *domains) find(host string) *domain {
	index := ds.index.Load()
	if index == nil || len(index.names) == 0 {
		return nil
	}
	var buf [maxHost]byte
	name := hostName(buf[:0], host)
	if d := index.names[string(name)]; d != nil || index.wildcards == 0 {
		return d
	}
	for i := 1; i < len(name); i++ {
		if name[i] != '.' {
			continue
		}
		if name[i-1] == '.' { // an empty label
			return nil
		}
		last := name[i-1]
		name[i-1] = '*'
		d := index.names[string(name[i-1:])]
		if name[i-1] = last; d != nil {
			return d
		}
	}
	return nil
}

// maxHost is the longest host name, with a dot at its end.
const maxHost = 254

// hostName appends the name of a Host in lower case, without its port and without the
// dot of a name that is complete. An address, and what can be no name, has none.
func hostName(dst []byte, host string) []byte {
	host, port, _ := strings.Cut(host, ":")
	if strings.Trim(port, "0123456789") != "" {
		return nil
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > maxHost || host[0] == '.' {
		return nil
	}
	dst = appendLower(dst, host)
	for _, c := range dst {
		if ('a' > c || c > 'z') && ('0' > c || c > '9') && c != '-' && c != '.' && c != '_' {
			return nil
		}
	}
	return dst
}

// locate returns where a request to a path of the domain name leads: to where a routing
// rule says, or to a mapping whose base path it begins with, as it was sent, or to that
// for what no base path has.
func (d *domain) locate(a *arrival, path string, most int) (location, *mapping) {
	trimmed := strings.TrimLeft(path, "/")
	if len(d.rules) > 0 && a.headerSize() > most { // rules look at each line
		m := *d.others
		m.refused = tooLong
		return location{}, &m
	}
	if it := matchRule(d.rules, a, trimmed); it != nil {
		return it.locate(path)
	}
	m, rest := d.mappings.find(trimmed)
	if m == nil {
		m, rest = d.others, path
	}
	if m.stage == "" {
		return staged(m.api, rest), m
	}
	return location{m.api, m.stage, rest}, m
}
