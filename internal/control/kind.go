package control

import (
	"github.com/gatehouse-gw/gatehouse/internal/docform"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A kind names the documents of one sort. It is part of their keys, so a name
// stays as it is once there are documents of the kind.
type kind string

// The comments say what the ids of the documents are made of.
const (
	kindAccount           kind = "account"           // "", since an account has one
	kindRestAPI           kind = "restapi"           // API id
	kindVPCLink           kind = "vpclink"           // link id
	kindClientCertificate kind = "clientcertificate" // certificate id
	kindAPIKey            kind = "apikey"            // key id
	kindUsagePlan         kind = "usageplan"         // plan id
	kindUsagePlanKey      kind = "usageplankey"      // plan id "/" key id
	kindDomainName        kind = "domainname"        // domain key: the name, of a private one with "+" and its id behind it
	kindBasePathMapping   kind = "basepathmapping"   // domain key "/" base path, "" for (none)
	kindRoutingRule       kind = "routingrule"       // domain key "/" rule id
	kindDomainCertificate kind = "domaincertificate" // domain key
	kindAccessAssociation kind = "accessassociation" // domain key "/" VPC endpoint
	kindTruststore        kind = "truststore"        // domain key

	kindResource            kind = "resource"            // resource id
	kindMethod              kind = "method"              // resource id "/" verb; with its integration
	kindMethodResponse      kind = "methodresponse"      // resource id "/" verb "/" status code
	kindIntegrationResponse kind = "integrationresponse" // resource id "/" verb "/" status code
	kindModel               kind = "model"               // name
	kindValidator           kind = "requestvalidator"    // validator id
	kindAuthorizer          kind = "authorizer"          // authorizer id
	kindGatewayResponse     kind = "gatewayresponse"     // response type
	kindDeployment          kind = "deployment"          // deployment id
	kindDeploymentSource    kind = "deploymentsource"    // deployment id; the definition that it froze
	kindStage               kind = "stage"               // stage name

	kindDocumentationPart    kind = "documentationpart"    // part id
	kindDocumentationVersion kind = "documentationversion" // version
	kindDocumentationSource  kind = "documentationsource"  // version; the parts that it froze

	// Indexes, whose entries index.go writes.
	kindAPIOwner kind = "apiowner" // API id; tells the account of every API of the server
	kindChild    kind = "child"    // parent id "/" path part; tells the resource at a place in the tree

	kindDocumentationPlace kind = "documentationplace" // hash of a location; tells the part that has it

	kindAPIKeyValue kind = "apikeyvalue" // hash of a value; tells the API key that has it
	kindKeyStage    kind = "keystage"    // API id "/" stage name; tells the API keys that name a stage
	kindKeyPlan     kind = "keyplan"     // key id; tells the usage plans of an API key, as plan id "/" key id
	kindPlanStage   kind = "planstage"   // API id "/" stage name; tells the usage plans that have a stage

	kindDomainOwner       kind = "domainowner"       // domain name, its last label first; tells the account that has it on this server
	kindSealedWith        kind = "sealedwith"        // key id; tells the uploaded certificates whose keys were sealed with it
	kindPrivateDomain     kind = "privatedomain"     // domain key; tells the account that has a private domain name
	kindDomainAssociation kind = "domainassociation" // domain key; tells the access associations with a private domain name
	kindAssociationSource kind = "associationsource" // VPC endpoint "/" domain name; tells the one access association between them

	kindMappingStage kind = "mappingstage" // API id "/" stage name; tells the base path mappings to a stage, or with no name those to an API

	kindRulePriority kind = "rulepriority" // domain key "/" priority, with zeros before it; tells the routing rule that has it
	kindRuleStage    kind = "rulestage"    // API id "/" stage name; tells the routing rules that lead to a stage

	// kindTenant has account "/" region wherever there is or was a document of
	// an account. Older servers did not note it of APIs, which kindAPIOwner has.
	kindTenant kind = "tenant"
)

// kindTable lists every kind of document, once each. From its line follows how
// a kind is keyed, found by tags and indexes, retracted and deleted with what it
// belongs to; Reset and the list of tenants need no mention of it either.
//
// The order is that of removal: stages come before the deployments that they
// serve, so that nobody looks for a deployment that is gone.
func kindTable() []kindInfo {
	return []kindInfo{
		{kind: kindTenant, scope: ofServer},

		{kind: kindAccount, scope: ofAccount, served: serves(snapshot.ServedAccount, kindAccount, (*tx).servedAccount), stays: true},
		{kind: kindRestAPI, scope: ofAccount, indexes: []index{indexOf(kindAPIOwner, ofServer, apiOwnerKeys)},
			tags: tagsAt("/restapis/{api}", (*tx).restAPIOf, func(a *restAPI) *map[string]string { return &a.Tags })},
		{kind: kindVPCLink, scope: ofAccount, served: serves(snapshot.ServedVPCLink, kindVPCLink, (*tx).servedVPCLink),
			tags: tagsAt("/vpclinks/{id}", (*tx).vpcLink, func(l *vpcLink) *map[string]string { return &l.Tags })},
		{kind: kindClientCertificate, scope: ofAccount, served: serves(snapshot.ServedClientCertificate, kindClientCertificate, (*tx).servedClientCertificate),
			tags: tagsAt("/clientcertificates/{id}", (*tx).clientCertificate, func(c *clientCertificate) *map[string]string { return &c.Tags })},

		{kind: kindAPIKey, scope: ofAccount, served: serves(snapshot.ServedAPIKey, kindAPIKey, (*tx).servedAPIKey),
			indexes: []index{indexOf(kindAPIKeyValue, ofAccount, keyValueKeys), sharedIndexOf(kindKeyStage, ofAccount, keyStageKeys)},
			leave:   (*tx).leavePlans,
			tags:    tagsAt("/apikeys/{id}", (*tx).apiKey, func(k *wire.APIKey) *map[string]string { return &k.Tags })},
		{kind: kindUsagePlan, scope: ofAccount, served: serves(snapshot.ServedUsagePlan, kindUsagePlan, (*tx).servedUsagePlan),
			indexes: []index{sharedIndexOf(kindPlanStage, ofAccount, planStageKeys)},
			tags:    tagsAt("/usageplans/{id}", (*tx).usagePlan, func(p *wire.UsagePlan) *map[string]string { return &p.Tags })},
		{kind: kindUsagePlanKey, scope: ofAccount, under: kindUsagePlan, served: serves(snapshot.ServedUsagePlanKey, kindUsagePlanKey, (*tx).servedPlanKey),
			indexes: []index{sharedIndexOf(kindKeyPlan, ofAccount, keyPlanKeys)}},

		{kind: kindDomainName, scope: ofAccount, served: servesMore(snapshot.ServedDomainName, kindDomainName, (*tx).servedDomainName),
			indexes: []index{indexOf(kindDomainOwner, ofServer, domainOwnerKeys), indexOf(kindPrivateDomain, ofServer, privateDomainKeys)},
			tags:    tagsAt("/domainnames/{id}", (*tx).domainName, func(d *wire.DomainName) *map[string]string { return &d.Tags })},
		{kind: kindTruststore, scope: ofAccount, under: kindDomainName, sameID: true},
		{kind: kindBasePathMapping, scope: ofAccount, under: kindDomainName, served: serves(snapshot.ServedBasePathMapping, kindBasePathMapping, (*tx).servedMapping),
			indexes: []index{sharedIndexOf(kindMappingStage, ofAccount, mappingStageKeys)}},
		{kind: kindRoutingRule, scope: ofAccount, under: kindDomainName, served: serves(snapshot.ServedRoutingRule, kindRoutingRule, (*tx).servedRule),
			indexes: []index{indexOf(kindRulePriority, ofAccount, rulePriorityKeys), sharedIndexOf(kindRuleStage, ofAccount, ruleStageKeys)}},
		{kind: kindDomainCertificate, scope: ofAccount, under: kindDomainName, sameID: true, frozen: true,
			served:  &servedForm{name: snapshot.ServedDomainCertificate, again: (*tx).certificateAgain}, // published by saveCertificate
			indexes: []index{sharedIndexOf(kindSealedWith, ofServer, sealedKeys)}},
		{kind: kindAccessAssociation, scope: ofAccount, served: serves(snapshot.ServedAccessAssociation, kindAccessAssociation, (*tx).servedAssociation),
			indexes: []index{sharedIndexOf(kindDomainAssociation, ofServer, domainAssociationKeys), indexOf(kindAssociationSource, ofServer, associationSourceKeys)},
			tags:    tagsAt("/domainnameaccessassociations/domainname/{id}/vpcesource/{id}", (*tx).accessAssociation, func(a *accessAssociation) *map[string]string { return &a.Tags })},

		{kind: kindStage, scope: ofAPI, served: servesMore(snapshot.ServedStage, kindStage, (*tx).servedStage), leave: (*tx).dropStage,
			tags: tagsAt("/restapis/{api}/stages/{id}", (*tx).stage, func(s *stage) *map[string]string { return &s.Tags })},
		{kind: kindDeployment, scope: ofAPI, served: &servedForm{name: snapshot.ServedDeployment, again: (*tx).deploymentAgain}}, // published by saveDeployment
		{kind: kindDeploymentSource, scope: ofAPI, under: kindDeployment, sameID: true, frozen: true},
		{kind: kindResource, scope: ofAPI, indexes: []index{indexOf(kindChild, ofAPI, placesOf)}},
		{kind: kindMethod, scope: ofAPI, under: kindResource},
		{kind: kindMethodResponse, scope: ofAPI, under: kindMethod},
		{kind: kindIntegrationResponse, scope: ofAPI, under: kindMethod},
		{kind: kindModel, scope: ofAPI},
		{kind: kindValidator, scope: ofAPI},
		{kind: kindAuthorizer, scope: ofAPI},
		{kind: kindGatewayResponse, scope: ofAPI},
		{kind: kindDocumentationPart, scope: ofAPI, indexes: []index{indexOf(kindDocumentationPlace, ofAPI, documentationPlaces)}},
		{kind: kindDocumentationVersion, scope: ofAPI},
		{kind: kindDocumentationSource, scope: ofAPI, under: kindDocumentationVersion, sameID: true, frozen: true},
	}
}

// A kindInfo is one line of the table of kinds.
type kindInfo struct {
	kind  kind
	scope scope

	// under is the kind with whose documents these go: their ids begin with the
	// other's and a slash or, if sameID is set, are the same. "" is for none.
	under  kind
	sameID bool

	frozen bool // its parts were within their bounds when they were stored

	served  *servedForm // nil for a kind of which nothing is served
	stays   bool        // when the server is reset
	tags    *taggable   // nil for a kind without tags
	indexes []index

	// leave takes a document that goes out of those that name it, or with "" all
	// documents of the scope. It is nil for a kind that nobody names.
	leave func(t *tx, id string) error

	upgrades docform.Upgrades // of documents, the first from form 1; see form.go
}

// A scope says whose a kind's documents are: among which documents an id is
// unique, and with what they are deleted.
type scope int

const (
	ofServer  scope = iota // one id is one document on the whole server
	ofAccount              // of an account in a region
	ofAPI                  // of an API of an account
)

// A kindSet is the table of kinds, made ready for use.
type kindSet struct {
	all    []kindInfo
	byName map[kind]*kindInfo // with a line for each index
	below  map[kind][]*kindInfo
}

func newKindSet(table []kindInfo) *kindSet {
	s := &kindSet{all: table, byName: make(map[kind]*kindInfo), below: make(map[kind][]*kindInfo)}
	for i := range table {
		k := &table[i]
		s.byName[k.kind] = k
		if k.under != "" {
			s.below[k.under] = append(s.below[k.under], k)
		}
		for _, ix := range k.indexes {
			s.byName[ix.kind] = &kindInfo{kind: ix.kind, scope: ix.scope}
		}
	}
	return s
}

// servedAs is the kind of which something is served under a name, nil for none.
func (s *kindSet) servedAs(name string) *kindInfo {
	for i := range s.all {
		if k := &s.all[i]; k.served != nil && k.served.name == name {
			return k
		}
	}
	return nil
}

// tops lists the kinds of a scope that are under no other kind, in order of
// removal.
func (s *kindSet) tops(of scope) []*kindInfo {
	var out []*kindInfo
	for i := range s.all {
		if k := &s.all[i]; k.scope == of && k.under == "" {
			out = append(out, k)
		}
	}
	return out
}

// noteTenant notes, for a document of an account, that the account has something
// in the region.
func (t *tx) noteTenant(k *kindInfo) error {
	if k.scope != ofAccount {
		return nil
	}
	id := t.who.Account + "/" + t.who.Region
	if noted, err := t.exists(kindTenant, id); noted || err != nil {
		return err
	}
	return t.Put(t.key(kindTenant, id), []byte("{}"))
}
