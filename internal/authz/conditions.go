package authz

import (
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
)

// principalTag is how the keys of a caller's tags begin.
const principalTag = "aws:principaltag/"

// isKnownKey reports whether AWS's documentation lists a condition key, in lower
// case, for resource policies of APIs.
func isKnownKey(key string) bool {
	switch key {
	case "aws:currenttime", "aws:epochtime", "aws:referer", "aws:securetransport", "aws:sourcearn", "aws:sourceip",
		"aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:useragent":
		return true
	}
	return isSignersKey(key)
}

// isSignersKey reports whether only calls that are signed have a condition key.
func isSignersKey(key string) bool {
	switch key {
	case "aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:principalaccount", "aws:principalarn",
		"aws:principalorgid", "aws:principalorgpaths", "aws:principaltype", "aws:userid", "aws:username":
		return true
	}
	return strings.HasPrefix(key, principalTag)
}

// Evidence is what condition keys say of a call: of its request and of who has
// signed it. The zero value has no request. It belongs to one call.
type Evidence struct {
	Request *httpmsg.Request
	Private bool // the API is a private one: its calls come by a VPC endpoint

	// Principal is the ARN of who has signed the call, "" for nobody. Signer is who that
	// is; nil is known by the ARN alone.
	Principal string
	Signer    *credentials.Caller
	Region    string // of the API

	one [1]string
}

// Values returns the values of a condition key, in lower case; none where the call
// has no such key. They last until the next call of Values. It allocates only for
// some keys of the signer.
//
// aws:SourceArn never has one: it is that of a resource for which a service of AWS
// calls. Calls by a VPC endpoint have aws:VpcSourceIp in the place of aws:SourceIp, as
// AWS's documentation has it.
func (e *Evidence) Values(key string) []string {
	value, ok := e.value(key)
	if !ok {
		return nil
	}
	e.one[0] = value
	return e.one[:]
}

// value returns the value of a key that has one at the most.
func (e *Evidence) value(key string) (string, bool) {
	r := e.Request
	switch key {
	case "aws:currenttime":
		return theClock.read(r.Received).text, true
	case "aws:epochtime":
		return theClock.read(r.Received).epoch, true
	case "aws:referer":
		return r.Header.Last("Referer")
	case "aws:useragent":
		return r.Header.Last("User-Agent")
	case "aws:securetransport":
		return strconv.FormatBool(r.Scheme == "https"), true
	case "aws:sourceip":
		return r.SourceIP, !e.Private
	case "aws:vpcsourceip":
		return r.SourceIP, e.Private
	case "aws:sourcevpc", "aws:sourcevpce":
		return e.vpcValue(key)
	}
	switch {
	case key == "aws:requestedregion": // in policies of callers alone
		return e.Region, e.Region != ""
	case e.Principal == "":
		return "", false
	case e.Signer != nil:
		return e.Signer.Value(key)
	}
	return policy.PrincipalValue(e.Principal, key)
}

// vpcValue returns the id of the VPC, or the VPC endpoint, that a call of a private API
// comes by.
func (e *Evidence) vpcValue(key string) (string, bool) {
	by := e.Request.VPCEndpoint
	if by == nil || !e.Private {
		return "", false
	}
	if key == "aws:sourcevpc" {
		return by.VPC, true
	}
	return by.ID, true
}

// A clock remembers the texts of the second that was asked for last, since calls of
// one second share them.
type clock struct{ last atomic.Pointer[second] }

// A second is one in the forms that policies compare.
type second struct {
	unix        int64
	text, epoch string
}

var theClock clock

// read returns the texts of a time.
func (c *clock) read(t time.Time) *second {
	unix := t.Unix()
	if s := c.last.Load(); s != nil && s.unix == unix {
		return s
	}
	s := &second{unix, t.UTC().Format(time.RFC3339), strconv.FormatInt(unix, 10)}
	c.last.Store(s)
	return s
}
