package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// principals is who a statement of a resource policy is about.
type principals struct {
	everyone bool
	accounts []string // see statement.whole
	arns     []string
	services []string // such as lambda.amazonaws.com
}

// principals reads a Principal or NotPrincipal element.
func (c *compiler) principals(n *node, at string) (*principals, error) {
	p := new(principals)
	if n.kind == jsontext.String {
		if n.text != "*" {
			return nil, &SyntaxError{at, fmt.Sprintf("%q is neither * nor an object", n.text)}
		}
		p.everyone = true
		return p, nil
	}
	if n.kind != jsontext.Object || len(n.keys) == 0 {
		return nil, &SyntaxError{at, "must be * or an object with members"}
	}
	for i, key := range n.keys {
		values, err := texts(n.items[i], join(at, key))
		if err != nil {
			return nil, err
		}
		switch key {
		case "AWS":
			for _, v := range values {
				if err := p.add(v); err != nil {
					return nil, &SyntaxError{join(at, key), err.Error()}
				}
			}
		case "Service":
			p.services = append(p.services, values...)
		case "Federated", "CanonicalUser":
			// Nobody calls as one of these here: they are never matched.
		default:
			return nil, &SyntaxError{join(at, key), "is not one of AWS, Service, Federated, CanonicalUser"}
		}
	}
	return p, nil
}

// add adds one value of the member AWS.
func (p *principals) add(value string) error {
	if value == "*" {
		p.everyone = true
		return nil
	}
	if isAccount(value) {
		p.accounts = append(p.accounts, value)
		return nil
	}
	parts := strings.SplitN(value, ":", arnParts)
	if len(parts) != arnParts || parts[0] != "arn" || parts[2] != "iam" && parts[2] != "sts" || !isAccount(parts[4]) || parts[5] == "" {
		return fmt.Errorf("%q is neither *, an account nor the ARN of a principal", value)
	}
	if strings.ContainsAny(value, "*?") {
		return fmt.Errorf("%q: a principal has no wildcards", value)
	}
	if parts[2] == "iam" && parts[5] == "root" {
		p.accounts = append(p.accounts, parts[4])
		return nil
	}
	p.arns = append(p.arns, value)
	return nil
}

func isAccount(s string) bool {
	return len(s) == 12 && !strings.ContainsFunc(s, func(c rune) bool { return c < '0' || c > '9' })
}

// match reports whether a request's caller is one of p, in which accounts stand for
// everyone in them if whole. The anonymous caller is "", which is nobody's ARN and in
// nobody's account.
func (p *principals) match(e *evaluation, whole bool) bool {
	if p.everyone {
		return true
	}
	caller := e.request.Principal
	e.spend(len(p.accounts) + len(p.arns)*len(caller))
	if len(p.accounts) > 0 && (whole || isRoot(caller)) && slices.Contains(p.accounts, AccountOf(caller)) {
		return true
	}
	for _, arn := range p.arns {
		if arn == caller || isSession(caller, arn) {
			return true
		}
	}
	return e.request.Service != "" && slices.Contains(p.services, e.request.Service)
}

// isRoot reports whether an ARN is that of an account itself.
func isRoot(arn string) bool {
	_, rest, _ := strings.Cut(arn, ":iam::")
	_, resource, _ := strings.Cut(rest, ":")
	return resource == "root"
}

// AccountOf returns the account of an ARN, "" for other texts.
func AccountOf(arn string) string {
	for range 4 {
		var ok bool
		if _, arn, ok = strings.Cut(arn, ":"); !ok {
			return ""
		}
	}
	account, _, ok := strings.Cut(arn, ":")
	if !ok {
		return ""
	}
	return account
}

// isSession reports whether caller is a session of a role:
// arn:aws:sts::{account}:assumed-role/{name}/{session} of
// arn:aws:iam::{account}:role/{path}{name}.
func isSession(caller, role string) bool {
	prefix, rest, ok := strings.Cut(caller, ":sts::")
	rolePrefix, roleRest, roleOK := strings.Cut(role, ":iam::")
	if !ok || !roleOK || prefix != rolePrefix {
		return false
	}
	account, session, _ := strings.Cut(rest, ":")
	roleAccount, roleName, _ := strings.Cut(roleRest, ":")
	session, ok = strings.CutPrefix(session, "assumed-role/")
	roleName, roleOK = strings.CutPrefix(roleName, "role/")
	if !ok || !roleOK || account != roleAccount {
		return false
	}
	name, _, ok := strings.Cut(session, "/")
	return ok && name == roleName[strings.LastIndexByte(roleName, '/')+1:]
}
