package policy

import (
	"strconv"
	"sync/atomic"
	"time"
)

// Facts are what is known of a request, from which the values of condition keys follow.
// A key about what is not known has no value. They belong to one request.
type Facts struct {
	Received time.Time // zero is not known

	Scheme      string // http or https; "" is not known
	SourceIP    string // address of who asks; "" is not known
	Private     bool   // it is a call of a private API, which comes by a VPC endpoint
	VPC         string // that a call of a private API comes from
	VPCEndpoint string // that it comes by
	ViaDomain   string // ARN of the private custom domain name that a call comes by; "" for none

	// Header returns the value of a header of the request, if it has one. Nil knows none.
	Header func(name string) (value string, ok bool)

	Region string // that the request is for; "" is not known
	Signer Signer

	ExternalID      string // of AssumeRole; "" for none
	RoleSessionName string // of AssumeRole; "" for none
	PassedToService string // that gets a role, of iam:PassRole, such as lambda.amazonaws.com; "" for none

	// More returns the value of a key that has none by the facts above. Nil knows none.
	More func(key string) (value string, ok bool)

	one [1]string
}

// A Signer is who has signed a request. The zero value is nobody.
type Signer struct {
	ARN     string
	UserID  string    // the unique id; "" is not known
	Session bool      // the credentials are those of a session
	Role    string    // ARN of the role whose session it is, with its path, which the session's ARN lacks; "" for others
	Issued  time.Time // when the session began; zero is not known
}

// Value returns the value of a condition key, in lower case.
func (f *Facts) Value(key string) (value string, ok bool) {
	if k := conditionKeys[key]; k.value != nil {
		value, ok = k.value(f)
	}
	if !ok && f.More != nil {
		return f.More(key)
	}
	return value, ok
}

// Values is a Request.Context. It allocates only for some keys of the signer.
func (f *Facts) Values(key string) []string {
	value, ok := f.Value(key)
	if !ok {
		return nil
	}
	f.one[0] = value
	return f.one[:]
}

// known is a text that is not known where it is empty.
func known(s string) (string, bool) { return s, s != "" }

func (f *Facts) currentTime() (string, bool) {
	return theClock.read(f.Received).text, !f.Received.IsZero()
}

func (f *Facts) epochTime() (string, bool) {
	return theClock.read(f.Received).epoch, !f.Received.IsZero()
}

func (f *Facts) header(name string) (string, bool) {
	if f.Header == nil {
		return "", false
	}
	return f.Header(name)
}

func (f *Facts) referer() (string, bool)   { return f.header("Referer") }
func (f *Facts) userAgent() (string, bool) { return f.header("User-Agent") }

func (f *Facts) secureTransport() (string, bool) {
	return strconv.FormatBool(f.Scheme == "https"), f.Scheme != ""
}

// sourceIP is that of calls that come by no VPC endpoint. The others have vpcSourceIP in
// its place (documented).
func (f *Facts) sourceIP() (string, bool)     { return f.SourceIP, f.SourceIP != "" && !f.Private }
func (f *Facts) vpcSourceIP() (string, bool)  { return f.SourceIP, f.SourceIP != "" && f.Private }
func (f *Facts) sourceVPC() (string, bool)    { return f.VPC, f.VPC != "" && f.Private }
func (f *Facts) sourceVPCE() (string, bool)   { return f.VPCEndpoint, f.VPCEndpoint != "" && f.Private }
func (f *Facts) viaDomainARN() (string, bool) { return known(f.ViaDomain) }

func (f *Facts) requestedRegion() (string, bool) { return known(f.Region) }
func (f *Facts) externalID() (string, bool)      { return known(f.ExternalID) }
func (f *Facts) roleSessionName() (string, bool) { return known(f.RoleSessionName) }
func (f *Facts) passedToService() (string, bool) { return known(f.PassedToService) }

func (f *Facts) userID() (string, bool) { return known(f.Signer.UserID) }

func (f *Facts) tokenIssueTime() (string, bool) {
	if f.Signer.Issued.IsZero() {
		return "", false
	}
	return f.Signer.Issued.UTC().Format(time.RFC3339), true
}

// multiFactorAuthPresent is false for sessions, since nobody is known to have used a
// second factor. Long-term keys have no such key, as at AWS.
func (f *Facts) multiFactorAuthPresent() (string, bool) { return "false", f.Signer.Session }

// A clock remembers the texts of the second that was asked for last, since requests of
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
