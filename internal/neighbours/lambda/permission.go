package lambda

import (
	"encoding/json"
	"regexp"
	"strings"
)

const (
	invokeAction = "lambda:InvokeFunction"
	gateway      = "apigateway.amazonaws.com" // as the principal of statements
)

// A statement is one of a function's resource policy, as AddPermission makes them.
type statement struct {
	ID        string `json:"id"`
	Action    string `json:"action"`
	Principal string `json:"principal"`         // a service, an account, an ARN, or *
	ARN       string `json:"arn,omitempty"`     // pattern of what calls; "" for anything
	Account   string `json:"account,omitempty"` // whose that is; "" for anybody's
}

// document is the statement as GetPolicy tells it.
func (st *statement) document(resource string) json.RawMessage {
	type block struct {
		Sid       string                       `json:"Sid"`
		Effect    string                       `json:"Effect"`
		Principal any                          `json:"Principal"`
		Action    string                       `json:"Action"`
		Resource  string                       `json:"Resource"`
		Condition map[string]map[string]string `json:"Condition,omitempty"`
	}
	b := block{Sid: st.ID, Effect: "Allow", Principal: principal(st.Principal), Action: st.Action, Resource: resource}
	condition := make(map[string]map[string]string)
	if st.Account != "" {
		condition["StringEquals"] = map[string]string{"AWS:SourceAccount": st.Account}
	}
	if st.ARN != "" {
		condition["ArnLike"] = map[string]string{"AWS:SourceArn": st.ARN}
	}
	if len(condition) > 0 {
		b.Condition = condition
	}
	text, _ := json.Marshal(b) // texts
	return text
}

var accountNumber = regexp.MustCompile(`^\d{12}$`)

// principal is a principal as policies name it.
func principal(text string) any {
	switch {
	case text == "*":
		return text
	case accountNumber.MatchString(text):
		return map[string]string{"AWS": "arn:aws:iam::" + text + ":root"}
	case strings.HasPrefix(text, "arn:"):
		return map[string]string{"AWS": text}
	}
	return map[string]string{"Service": text}
}

// allows reports whether the statement lets API Gateway call the function for what has
// an ARN.
func (st *statement) allows(source string) bool {
	if st.Principal != gateway && st.Principal != "*" {
		return false
	}
	if st.Action != invokeAction && st.Action != "lambda:*" && st.Action != "*" {
		return false
	}
	return (st.ARN == "" || likeARN(st.ARN, source)) && (st.Account == "" || st.Account == accountOf(source))
}

// accountOf is the account of an ARN.
func accountOf(arn string) string {
	const account, members = 4, 6
	parts := strings.SplitN(arn, ":", members)
	if len(parts) < members {
		return ""
	}
	return parts[account]
}

// likeARN is the operator ArnLike: each of the parts between colons, of which the last
// has all others in it, is like the pattern's, where * is anything and ? any character.
func likeARN(pattern, arn string) bool {
	const members = 6
	wants, has := strings.SplitN(pattern, ":", members), strings.SplitN(arn, ":", members)
	if len(wants) != members || len(has) != members {
		return false
	}
	for i := range wants {
		if !like(wants[i], has[i]) {
			return false
		}
	}
	return true
}

// like matches a text with a pattern of * and ?. It goes back to the last * alone, so
// that it takes no more than the product of both lengths.
func like(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
