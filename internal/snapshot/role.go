package snapshot

// A Role is one that the API of IAM has made. What it is allowed are its own policies and
// those of the ManagedPolicies that are attached to it; a boundary takes away and gives
// nothing.
type Role struct {
	ARN        string   `json:"arn"`
	ID         string   `json:"id"` // another one when the role is made again
	Trust      string   `json:"trust"`
	MaxSession int      `json:"maxSession"` // seconds
	Policies   []string `json:"policies,omitempty"`
	Attached   []string `json:"attached,omitempty"` // ARNs
	Boundary   *Managed `json:"boundary,omitempty"`
}

// A Managed is a policy by its ARN or, where it is one of AWS's, by what it says.
type Managed struct {
	ARN      string `json:"arn"`
	Document string `json:"document,omitempty"`
}

// A ManagedPolicy is the version of a policy that counts.
type ManagedPolicy struct {
	ARN      string `json:"arn"`
	Document string `json:"document"`
}
