package snapshot

// A Certificate is one that ACM's API has imported or had issued, which custom domain names
// have by its ARN.
type Certificate struct {
	ARN         string `json:"arn"`
	Fingerprint string `json:"fingerprint"`     // another one for each certificate of the ARN
	Chain       string `json:"chain"`           // PEM, the server's own first
	Key         string `json:"key"`             // PKCS #8, sealed
	Renew       int64  `json:"renew,omitempty"` // when it is to be issued again, in seconds since 1970; 0 for never
}

// About is what the sealed key is about.
func (c *Certificate) About() string { return "certificate " + c.ARN + " " + c.Fingerprint }
