package snapshot

import "strings"

// A DomainName is a custom domain name, by which clients call the APIs that its
// base path mappings name. A server has each name once, whoever owns it.
type DomainName struct {
	Name               string   `json:"name"` // in lower case; *.example.com is for all names that end in .example.com
	Account            string   `json:"account"`
	Region             string   `json:"region"`
	EndpointTypes      []string `json:"endpointTypes"`                // EDGE, REGIONAL, or both while it moves
	EndpointAccessMode string   `json:"endpointAccessMode,omitempty"` // BASIC or STRICT, which protects
	CertificateARNs    []string `json:"certificateArns,omitempty"`    // of its endpoints
	SecurityPolicy     string   `json:"securityPolicy"`               // which handshakes it takes; which protects

	// Truststore is the PEM text of the certificates that clients' certificates lead to
	// where the name has mutual TLS; empty where it has none. It protects.
	Truststore string `json:"truststore,omitempty"`
}

// A BasePathMapping says which API answers the paths of a custom domain name that
// begin with a base path.
type BasePathMapping struct {
	Domain   string `json:"domain"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	BasePath string `json:"basePath,omitempty"` // without slashes around it, and with some within where it has several levels; "" for what no other has
	APIID    string `json:"apiId"`
	Stage    string `json:"stage,omitempty"` // "" where the path behind the base path begins with it
}

// MultiLevel reports whether a base path has more than one segment.
func MultiLevel(basePath string) bool { return strings.Contains(basePath, "/") }

// MappingID is the id of a base path mapping among all of an account. A domain
// name has no slash.
func MappingID(domain, basePath string) string { return domain + "/" + basePath }
