package policy

import "strings"

// PrincipalValue returns the value of a condition key, in lower case, that
// follows from the ARN of who calls: aws:PrincipalArn, which for a session is
// the ARN of its role, aws:PrincipalAccount, aws:PrincipalType, and for users
// aws:username. Other keys, and callers without an ARN, have none.
func PrincipalValue(arn, key string) (value string, ok bool) {
	account := AccountOf(arn)
	if account == "" {
		return "", false
	}
	prefix, resource, _ := strings.Cut(arn, ":"+account+":")
	what, name, _ := strings.Cut(resource, "/")
	switch key {
	case "aws:principalaccount":
		return account, true
	case "aws:principalarn":
		if what != "assumed-role" {
			return arn, true
		}
		role, _, _ := strings.Cut(name, "/")
		return strings.TrimSuffix(prefix, "sts:") + "iam::" + account + ":role/" + role, true
	case "aws:principaltype":
		return principalType(what)
	case "aws:username":
		return name[strings.LastIndexByte(name, '/')+1:], what == "user" && name != ""
	}
	return "", false
}

// principalType is aws:PrincipalType by what stands before the name in an ARN.
func principalType(what string) (string, bool) {
	switch what {
	case "root":
		return "Account", true
	case "user":
		return "User", true
	case "role", "assumed-role":
		return "AssumedRole", true
	case "federated-user":
		return "FederatedUser", true
	}
	return "", false
}
