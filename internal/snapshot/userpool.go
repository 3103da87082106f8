package snapshot

import "regexp"

// A UserPool is what the ARN of a Cognito user pool says.
type UserPool struct{ Partition, Region, ID string }

// userPoolARN takes the ARN of a user pool apart. Regions and partitions are not only
// AWS's own, since what stands in for Cognito may have others, such as local. What the
// parts may be keeps anybody from naming another host by them. An id is as Cognito's API
// has it: a text, an underscore and letters and digits, of 55 characters at the most.
var userPoolARN = regexp.MustCompile(`^arn:(aws[a-z-]{0,16}):cognito-idp:([a-z][a-z0-9-]{0,31}):\d{12}:userpool/([A-Za-z0-9_-]{1,53}_[A-Za-z0-9]{1,53})$`)

const longestPoolID = 55

// ParseUserPool reads the ARN of a user pool. It has one meaning for the control plane,
// which takes ARNs, and the data plane, which looks for the keys of the pools.
func ParseUserPool(arn string) (pool UserPool, ok bool) {
	m := userPoolARN.FindStringSubmatch(arn)
	if m == nil || len(m[3]) > longestPoolID {
		return UserPool{}, false
	}
	return UserPool{Partition: m[1], Region: m[2], ID: m[3]}, true
}
