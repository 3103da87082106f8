package snapshot

// A Function says that a function which the API of Lambda has made has changed. What it is
// now its records say, which whoever runs functions reads then.
type Function struct {
	ARN    string `json:"arn"`
	Change string `json:"change"` // another one with each change
}
