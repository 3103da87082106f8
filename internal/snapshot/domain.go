package snapshot

import "strings"

// A DomainName is a custom domain name, by which clients call the APIs that its
// base path mappings and routing rules name. A server has each public name once, whoever
// owns it.
type DomainName struct {
	Name               string   `json:"name"`         // in lower case; *.example.com is for all names that end in .example.com
	ID                 string   `json:"id,omitempty"` // of a private domain name, of which there may be several of one name; "" for a public one
	Account            string   `json:"account"`
	Region             string   `json:"region"`
	EndpointTypes      []string `json:"endpointTypes"`                // EDGE, REGIONAL, or both while it moves; or PRIVATE
	EndpointAccessMode string   `json:"endpointAccessMode,omitempty"` // BASIC or STRICT, which protects
	CertificateARNs    []string `json:"certificateArns,omitempty"`    // of its endpoints
	SecurityPolicy     string   `json:"securityPolicy"`               // which handshakes it takes; which protects
	Certificate        string   `json:"certificate,omitempty"`        // fingerprint of the one that was uploaded for it; "" for none
	Policy             string   `json:"policy,omitempty"`             // who may call a private domain name; without one nobody may

	RoutingMode string `json:"routingMode,omitempty"` // what leads on; "" is ByMappings

	// Truststore is the PEM text of the certificates that clients' certificates lead to
	// where the name has mutual TLS; empty where it has none. It protects.
	Truststore string `json:"truststore,omitempty"`
}

// Key tells a domain name from all others of its account and region.
func (d *DomainName) Key() string { return DomainKey(d.Name, d.ID) }

// DomainKey is the key of a domain name: the name, behind which a private one has a
// plus and its id, as in its ARN. A name has no plus.
func DomainKey(name, id string) string {
	if id == "" {
		return name
	}
	return name + "+" + id
}

// SplitDomainKey is the reverse of DomainKey. The id is "" for a public domain name.
func SplitDomainKey(key string) (name, id string) {
	name, id, _ = strings.Cut(key, "+")
	return name, id
}

// DomainARN is the ARN of a private domain name as policies of the data plane know it.
func (d *DomainName) DomainARN(partition string) string {
	return "arn:" + partition + ":execute-api:" + d.Region + ":" + d.Account + ":/domainnames/" + d.Key()
}

// A DomainCertificate is the certificate that was uploaded for a domain name. It is read
// when a client's handshake wants it.
type DomainCertificate struct {
	Account     string `json:"account"`
	Region      string `json:"region"`
	Domain      string `json:"domain"` // key of the domain name
	Fingerprint string `json:"fingerprint"`
	Chain       string `json:"chain"` // PEM, the server's own first
	Key         string `json:"key"`   // PKCS #8, sealed
}

// About is what the sealed key is about.
func (c *DomainCertificate) About() string {
	return "certificate " + OfAccount(c.Account, c.Region, c.Domain) + " " + c.Fingerprint
}

// An AccessAssociation lets calls that come by a VPC endpoint reach a private domain
// name. Without one they reach none.
type AccessAssociation struct {
	Domain      string `json:"domain"`  // key of the domain name
	Owner       string `json:"owner"`   // account of the domain name
	Account     string `json:"account"` // that has made the association
	Region      string `json:"region"`  // of both
	VPCEndpoint string `json:"vpcEndpoint"`
}

// AssociationID is the id of an access association among all of an account.
func AssociationID(domainKey, vpcEndpoint string) string { return domainKey + "/" + vpcEndpoint }

// A BasePathMapping says which API answers the paths of a custom domain name that
// begin with a base path.
type BasePathMapping struct {
	Domain   string `json:"domain"` // its key
	Account  string `json:"account"`
	Region   string `json:"region"`
	BasePath string `json:"basePath,omitempty"` // without slashes around it, and with some within where it has several levels; "" for what no other has
	APIID    string `json:"apiId"`
	Stage    string `json:"stage,omitempty"` // "" where the path behind the base path begins with it
}

// MultiLevel reports whether a base path has more than one segment.
func MultiLevel(basePath string) bool { return strings.Contains(basePath, "/") }

// MappingID is the id of a base path mapping among all of an account. The key of a
// domain name has no slash.
func MappingID(domainKey, basePath string) string { return domainKey + "/" + basePath }
