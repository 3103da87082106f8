package policy

import "strings"

func (f *Facts) principalAccount() (string, bool) { return known(AccountOf(f.Signer.ARN)) }

// principalARN is that of the role for a session of one.
func (f *Facts) principalARN() (string, bool) {
	arn := f.Signer.ARN
	if f.Signer.Role != "" {
		return f.Signer.Role, true
	}
	prefix, account, what, name := splitPrincipal(arn)
	if what != "assumed-role" {
		return arn, account != ""
	}
	role, _, _ := strings.Cut(name, "/")
	return strings.TrimSuffix(prefix, "sts:") + "iam::" + account + ":role/" + role, true
}

// principalType follows from what stands before the name in an ARN.
func (f *Facts) principalType() (string, bool) {
	switch _, _, what, _ := splitPrincipal(f.Signer.ARN); what {
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

// username is that of users alone.
func (f *Facts) username() (string, bool) {
	_, _, what, name := splitPrincipal(f.Signer.ARN)
	return name[strings.LastIndexByte(name, '/')+1:], what == "user" && name != ""
}

// splitPrincipal splits the ARN of a principal, such as
// arn:aws:iam::{account}:{what}/{name}; prefix is what stands before the colon that is
// before the account. Other texts have no account.
func splitPrincipal(arn string) (prefix, account, what, name string) {
	if account = AccountOf(arn); account == "" {
		return "", "", "", ""
	}
	prefix, resource, _ := strings.Cut(arn, ":"+account+":")
	what, name, _ = strings.Cut(resource, "/")
	return prefix, account, what, name
}
