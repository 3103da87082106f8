package integration

import "github.com/gatehouse-gw/gatehouse/internal/httpmsg"

// A Made is the functions that are made, and go, while the server runs. It is safe for
// concurrent use.
type Made interface {
	// Has reports whether there is a function, which is named as URIs do: by its ARN or
	// its name, with or without a version or alias.
	Has(function string) bool

	// Invoke is that of a Runner, for one of the functions. One that there is not, or that
	// by may not call, is answered as Lambda's API does.
	Invoke(req *Request, function string, by By, streams bool) (*httpmsg.Response, error)
}

// A By says by whose credentials a function is called: a role's, or those of an access
// key. The zero value is API Gateway itself.
type By struct {
	Role                      string // its ARN
	AccessKeyID, SessionToken string
}
