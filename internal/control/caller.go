package control

import (
	"iter"
	"net/http"
	"regexp"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// UnknownAccount is the account of callers of whom none is known. It is nobody's
// at AWS, so that what names an account is not compared with it.
const UnknownAccount = "000000000000"

// OpenAuthenticator takes every caller for the given account, whatever the
// credentials, except that an access key id of 12 digits is its own account.
// The region is the one that the request was signed for, if it was signed.
// Signatures are not looked at: only a server that nobody else can reach may
// use it.
func OpenAuthenticator(account, region string) func(*http.Request, string) (wire.Identify, error) {
	return func(r *http.Request, _ string) (wire.Identify, error) {
		// Nothing is verified: what can be read of a scope counts.
		scope, _ := sigv4.ScopeOf(&sigv4.Request{Header: authorizationLines(r), Query: r.URL.RawQuery})
		who := &wire.Caller{Account: account, Region: region, AccessKey: scope.AccessKeyID, UserAgent: r.UserAgent(), Host: r.Host}
		if accountPattern.MatchString(scope.AccessKeyID) {
			who.Account = scope.AccessKeyID
		}
		if regionPattern.MatchString(scope.Region) {
			who.Region = scope.Region
		}
		who.Principal = "arn:" + policy.Partition(who.Region) + ":iam::" + who.Account + ":root"
		return func([]byte) (*wire.Caller, error) { return who, nil }, nil
	}
}

// authorizationLines yields the Authorization headers of a request.
func authorizationLines(r *http.Request) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, line := range r.Header["Authorization"] {
			if !yield("Authorization", line) {
				return
			}
		}
	}
}
