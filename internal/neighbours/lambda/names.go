package lambda

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// functionPattern is how calls name a function: NAME, ACCOUNT:function:NAME, function:NAME
// or the ARN, each with a version or alias behind or not. It is the pattern of AWS's
// model, with the groups named that count.
const functionPattern = `(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z0-9-]+:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`

var functionName = regexp.MustCompile(`^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:([a-z0-9-]+):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$`)

// maxName is the length of the longest name of a function.
const maxName = 64

// A reference is a function as a call names it.
type reference struct {
	account, region string
	name            string
	qualifier       string // version or alias; "" for none
}

// parse reads how a call names a function; what it leaves out is the caller's.
func parse(c *operation.Call, text, qualifier string) (reference, error) {
	ref := reference{account: c.Who.Account, region: c.Who.Region}
	m := functionName.FindStringSubmatch(text)
	if m == nil || len(m[3]) > maxName {
		return ref, invalid("1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", wire.Truncated(text), functionPattern)
	}
	if m[1] != "" {
		ref.region = m[1]
	}
	if m[2] != "" {
		ref.account = m[2]
	}
	ref.name, ref.qualifier = m[3], m[4]
	if qualifier != "" {
		if ref.qualifier != "" && ref.qualifier != qualifier {
			return ref, invalid("The derived qualifier from the function name does not match the specified qualifier.")
		}
		ref.qualifier = qualifier
	}
	if ref.region != c.Who.Region {
		return ref, &wire.Error{Status: http.StatusNotFound, Type: notFoundType, Message: "Functions from '" + ref.region + "' are not reachable in this region ('" + c.Who.Region + "')"}
	}
	if ref.account != c.Who.Account {
		return ref, wire.AccessDenied("The function is of the account %s; calls are of one's own account here", ref.account)
	}
	return ref, nil
}

// parseARN reads a whole ARN. It is false for another text.
func parseARN(arn string) (reference, bool) {
	m := functionName.FindStringSubmatch(arn)
	if m == nil || m[1] == "" || m[2] == "" {
		return reference{}, false
	}
	return reference{account: m[2], region: m[1], name: m[3], qualifier: m[4]}, true
}

// arn is the function's, without version or alias.
func (r reference) arn() string {
	return "arn:" + policy.Partition(r.region) + ":lambda:" + r.region + ":" + r.account + ":function:" + r.name
}

// qualified is its ARN with the version or alias that was named.
func (r reference) qualified() string {
	if r.qualifier == "" {
		return r.arn()
	}
	return r.arn() + ":" + r.qualifier
}

// latest is the version that changes.
const latest = "$LATEST"

// isNumber reports whether a qualifier is the number of a version.
func isNumber(qualifier string) bool {
	return qualifier != "" && strings.Trim(qualifier, "0123456789") == ""
}

// versionID is the last part of a version's record's id, which has versions in the order
// of their numbers.
func versionID(version int) string {
	return strings.Repeat("0", max(0, 10-len(strconv.Itoa(version)))) + strconv.Itoa(version)
}
