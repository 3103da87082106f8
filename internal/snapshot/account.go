package snapshot

// OfAccount is the id under which something is served that an account has in a
// region beside its APIs.
func OfAccount(account, region, id string) string { return account + "/" + region + "/" + id }

// A VPCLink is a way to backends that are not on the open network. Its name,
// or a target's ARN, stands in the gateway's configuration for their addresses. Links of
// the second generation have no targets: the integrations name theirs.
type VPCLink struct {
	ID         string   `json:"id"`
	Account    string   `json:"account"`
	Region     string   `json:"region"`
	Name       string   `json:"name"`
	Version    string   `json:"version,omitempty"` // V2; "" for the first generation
	TargetARNs []string `json:"targetArns"`        // of load balancers; one
}

// A ClientCertificate is what a stage shows to the HTTPS backends that want to
// know who calls. It never changes. The key is a secret: it is not for logs.
type ClientCertificate struct {
	ID          string `json:"id"`
	Account     string `json:"account"`
	Region      string `json:"region"`
	Certificate []byte `json:"certificate"` // X.509, DER
	PrivateKey  []byte `json:"privateKey"`  // PKCS #8, DER
}
