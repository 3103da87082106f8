package policy

import (
	"errors"
	"fmt"
	"strings"
)

// arnParts is how many parts an ARN has: arn, partition, service, region,
// account, and the resource, which may hold more colons.
const arnParts = 6

// An arnPattern is a pattern for ARNs. Its wildcards stay inside their part of
// the ARN, so that a path that somebody chose cannot pass for an account. A
// pattern with fewer parts that ends in * takes any text after it.
type arnPattern struct {
	parts []pattern // one for a pattern that does not start with arn:
}

// compileARN reads a pattern for ARNs.
func compileARN(value string, vars bool) (arnPattern, error) {
	if !strings.HasPrefix(value, "arn:") {
		if strings.HasPrefix(value, "execute-api:/") {
			return arnPattern{}, errors.New("the short form execute-api:/ is not resolved to an ARN")
		}
		if value == "" || !strings.ContainsRune("*?$", rune(value[0])) {
			return arnPattern{}, fmt.Errorf("%q is neither an ARN nor *", value)
		}
		p, err := compile(value, true, vars)
		return arnPattern{[]pattern{p}}, err
	}
	parts := splitARN(value, vars)
	if last := parts[len(parts)-1]; len(parts) < arnParts && !strings.HasSuffix(last, "*") {
		return arnPattern{}, fmt.Errorf("%q is no complete ARN", value)
	}
	var a arnPattern
	for _, part := range parts {
		p, err := compile(part, true, vars)
		if err != nil {
			return a, err
		}
		a.parts = append(a.parts, p)
	}
	return a, nil
}

// splitARN splits a pattern into the parts of an ARN. Colons inside variables
// do not count.
func splitARN(value string, vars bool) []string {
	var parts []string
	start := 0
	for i := 0; i < len(value) && len(parts) < arnParts-1; i++ {
		switch {
		case value[i] == ':':
			parts, start = append(parts, value[start:i]), i+1
		case vars && strings.HasPrefix(value[i:], "${"):
			if n := strings.IndexByte(value[i:], '}'); n > 0 {
				i += n
			}
		}
	}
	return append(parts, value[start:])
}

// match matches an ARN. known is false when a variable has no value; nothing
// matches then.
func (a *arnPattern) match(arn string, e *evaluation) (ok, known bool) {
	for i := range a.parts {
		text, known := a.parts[i].resolve(e)
		if !known {
			return false, false
		}
		part := arn
		if i < len(a.parts)-1 {
			var more bool
			if part, arn, more = strings.Cut(arn, ":"); !more {
				return false, true
			}
		}
		if !e.match(text, part, false) {
			return false, true
		}
	}
	return true, true
}

// String is the pattern as the policy has it.
func (a *arnPattern) String() string {
	parts := make([]string, len(a.parts))
	for i := range a.parts {
		parts[i] = a.parts[i].String()
	}
	return strings.Join(parts, ":")
}

// An API is what stands before the slash in the ARNs of an API's methods.
type API struct {
	Region  string
	Account string // 12 digits
	ID      string
}

// ARN returns arn:{partition}:execute-api:{region}:{account}:{id}.
func (a API) ARN() string {
	return "arn:" + Partition(a.Region) + ":execute-api:" + a.Region + ":" + a.Account + ":" + a.ID
}

// Partition is the part of AWS's world that a region is in, such as "aws".
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// PartitionOf is the partition of an ARN, "aws" for another text.
func PartitionOf(arn string) string {
	rest, ok := strings.CutPrefix(arn, "arn:")
	if partition, _, found := strings.Cut(rest, ":"); ok && found && partition != "" {
		return partition
	}
	return "aws"
}

// MaskAccount hides the account of an ARN as AWS's messages do: all but its
// last four digits are asterisks. Other texts stay as they are.
func MaskAccount(arn string) string {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts || len(parts[4]) != 12 {
		return arn
	}
	parts[4] = "********" + parts[4][8:]
	return strings.Join(parts, ":")
}
