package control

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// OpenAuthenticator takes every caller for the given account, whatever the
// credentials, except that an access key id of 12 digits is its own account.
// The region is the one that the request was signed for, if it was signed.
// Signatures are not looked at: only a server that nobody else can reach may
// use it.
func OpenAuthenticator(account, region string) func(*http.Request, string, []byte) (*wire.Caller, error) {
	return func(r *http.Request, _ string, _ []byte) (*wire.Caller, error) {
		key, signedRegion := credentialScope(r)
		who := &wire.Caller{Account: account, Region: region, AccessKey: key, UserAgent: r.UserAgent()}
		if accountPattern.MatchString(key) {
			who.Account = key
		}
		if regionPattern.MatchString(signedRegion) {
			who.Region = signedRegion
		}
		who.Principal = "arn:aws:iam::" + who.Account + ":root"
		return who, nil
	}
}

// credentialScope reads the access key id and the region of a SigV4
// signature, in the header or in the query; both are "" when there is none.
func credentialScope(r *http.Request) (key, region string) {
	scope := r.URL.Query().Get("X-Amz-Credential")
	if auth := r.Header.Get("Authorization"); strings.HasPrefix(auth, "AWS4-HMAC-SHA256") {
		if _, rest, ok := strings.Cut(auth, "Credential="); ok {
			scope, _, _ = strings.Cut(rest, ",")
		}
	}
	parts := strings.Split(scope, "/") // key/date/region/service/aws4_request
	if len(parts) < 5 {
		return "", ""
	}
	n := len(parts)
	return strings.Join(parts[:n-4], "/"), parts[n-3]
}
