package policy

import (
	"fmt"
	"testing"
)

// TestConditions holds each operator: a condition, a value of the key, and
// whether it is met. Each is tried in an Allow.
func TestConditions(t *testing.T) {
	tests := []struct {
		operator string
		policy   string // JSON of the policy's values
		key      []string
		want     bool
	}{
		{"StringEquals", `"a"`, []string{"a"}, true},
		{"StringEquals", `"a"`, []string{"A"}, false},
		{"StringEquals", `"a*"`, []string{"ab"}, false},
		{"StringEquals", `"a*"`, []string{"a*"}, true},
		{"StringEquals", `"a"`, nil, false},
		{"StringEquals", `["a","b"]`, []string{"x", "b"}, true},
		{"StringEquals", `"${aws:username}"`, []string{"alice"}, true},
		{"StringEquals", `"${aws:username}s"`, []string{"alices"}, true},
		{"StringEquals", `"${aws:nothing}"`, []string{"${aws:nothing}"}, false},
		{"StringEquals", `"${$}{aws:username}"`, []string{"${aws:username}"}, true},
		{"StringEquals", `true`, []string{"true"}, true},
		{"StringNotEquals", `"a"`, []string{"b"}, true},
		{"StringNotEquals", `["a","b"]`, []string{"b"}, false},
		{"StringNotEquals", `"a"`, []string{"b", "a"}, false},
		{"StringNotEquals", `"a"`, nil, true},
		{"StringNotEquals", `"${aws:nothing}"`, []string{"b"}, false},
		{"StringEqualsIgnoreCase", `"aB"`, []string{"Ab"}, true},
		{"StringEqualsIgnoreCase", `"ab"`, []string{"ac"}, false},
		{"StringNotEqualsIgnoreCase", `"aB"`, []string{"Ab"}, false},
		{"StringLike", `"a*c?"`, []string{"abbcd"}, true},
		{"StringLike", `"a*c?"`, []string{"abbc"}, false},
		{"StringLike", `"${aws:username}*"`, []string{"alice/1"}, true},
		{"StringLike", `"${*}"`, []string{"x"}, false},
		{"StringNotLike", `"a*"`, []string{"b"}, true},
		{"StringNotLike", `"a*"`, []string{"ab"}, false},
		{"StringNotLike", `"a*"`, nil, true},
		{"StringEqualsIfExists", `"a"`, nil, true},
		{"StringEqualsIfExists", `"a"`, []string{"b"}, false},
		{"StringNotEqualsIfExists", `"a"`, nil, true},

		{"NumericEquals", `"3"`, []string{"3.0"}, true},
		{"NumericEquals", `3`, []string{"4"}, false},
		{"NumericEquals", `3`, []string{"three"}, false},
		{"NumericNotEquals", `3`, []string{"4"}, true},
		{"NumericLessThan", `3`, []string{"2"}, true},
		{"NumericLessThan", `3`, []string{"3"}, false},
		{"NumericLessThanEquals", `3`, []string{"3"}, true},
		{"NumericGreaterThan", `"-1.5"`, []string{"-1"}, true},
		{"NumericGreaterThan", `3`, []string{"3"}, false},
		{"NumericGreaterThanEquals", `3`, []string{"3"}, true},
		{"NumericGreaterThanEquals", `3`, nil, false},

		{"DateEquals", `"2026-01-02T03:04:05Z"`, []string{"2026-01-02T04:04:05+01:00"}, true},
		{"DateEquals", `"2026-01-02"`, []string{"2026-01-02T00:00:00Z"}, true},
		{"DateEquals", `0`, []string{"1970-01-01T00:00:00Z"}, true},
		{"DateEquals", `"1970"`, []string{"0"}, true}, // four digits are a year
		{"DateNotEquals", `"2026-01-02"`, []string{"2026-01-03"}, true},
		{"DateLessThan", `"2026-01-02T03:04:05Z"`, []string{"2026-01-02T03:04:04Z"}, true},
		{"DateLessThan", `"2026-01-02T03:04:05Z"`, []string{"2026-01-02T03:04:05Z"}, false},
		{"DateLessThanEquals", `"2026-01-02T03:04:05Z"`, []string{"1767323045"}, true},
		{"DateGreaterThan", `"1767323045"`, []string{"2026-01-02T03:04:06Z"}, true},
		{"DateGreaterThanEquals", `"2026-01-02T03:04:05.5Z"`, []string{"2026-01-02T03:04:05.4Z"}, false},

		{"Bool", `"true"`, []string{"true"}, true},
		{"Bool", `true`, []string{"TRUE"}, true},
		{"Bool", `"false"`, []string{"true"}, false},
		{"Bool", `"false"`, nil, false},
		{"BoolIfExists", `"true"`, nil, true},
		{"BinaryEquals", `"QmluYXJ5"`, []string{"QmluYXJ5"}, true},
		{"BinaryEquals", `"QmluYXJ5"`, []string{"qmluyxj5"}, false},

		{"IpAddress", `"203.0.113.0/24"`, []string{"203.0.113.7"}, true},
		{"IpAddress", `"203.0.113.77/24"`, []string{"203.0.113.7"}, true},
		{"IpAddress", `"203.0.113.0/24"`, []string{"203.0.114.7"}, false},
		{"IpAddress", `"203.0.113.7"`, []string{"::ffff:203.0.113.7"}, true},
		{"IpAddress", `"2001:db8::/32"`, []string{"2001:db8:1::2%eth0"}, true},
		{"IpAddress", `["10.0.0.0/8", "2001:db8::1"]`, []string{"2001:db8::1"}, true},
		{"IpAddress", `"0.0.0.0/0"`, []string{"nobody"}, false},
		{"IpAddress", `"0.0.0.0/0"`, nil, false},
		{"NotIpAddress", `"203.0.113.0/24"`, []string{"203.0.113.7"}, false},
		{"NotIpAddress", `"203.0.113.0/24"`, []string{"203.0.114.7"}, true},
		{"NotIpAddress", `"203.0.113.0/24"`, nil, true},

		{"ArnEquals", `"arn:aws:sns:*:111122223333:t*"`, []string{"arn:aws:sns:us-east-1:111122223333:topic"}, true},
		{"ArnLike", `"arn:aws:sns:*:111122223333:topic"`, []string{"arn:aws:sns:a:b:c:111122223333:topic"}, false},
		{"ArnLike", `"arn:aws:iam::*:user/${aws:username}"`, []string{"arn:aws:iam::1:user/alice"}, true},
		{"ArnNotLike", `"arn:aws:iam::*:user/${aws:username}"`, []string{"arn:aws:iam::1:user/bob"}, true},
		{"ArnNotLike", `"arn:aws:iam::*:user/${aws:nothing}"`, []string{"arn:aws:iam::1:user/bob"}, false},
		{"ArnNotEquals", `"arn:aws:iam::*:user/bob"`, []string{"arn:aws:iam::1:user/bob"}, false},

		{"Null", `"true"`, nil, true},
		{"Null", `"true"`, []string{"x"}, false},
		{"Null", `"false"`, []string{"x"}, true},
		{"Null", `false`, nil, false},

		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"x", "b"}, true},
		{"ForAnyValue:StringEquals", `["a","b"]`, []string{"x"}, false},
		{"ForAnyValue:StringEquals", `["a","b"]`, nil, false},
		{"ForAnyValue:StringEqualsIfExists", `["a","b"]`, nil, true},
		{"ForAnyValue:StringNotEquals", `"a"`, []string{"a", "b"}, true},
		{"ForAnyValue:StringNotEquals", `"a"`, []string{"a"}, false},
		{"ForAnyValue:StringNotEquals", `"a"`, nil, false},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"b", "a"}, true},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"b", "x"}, false},
		{"ForAllValues:StringEquals", `["a","b"]`, nil, true},
		{"ForAllValues:StringNotLike", `"a*"`, []string{"b", "ax"}, false},
		{"ForAllValues:StringNotLike", `"a*"`, []string{"b", "x"}, true},
		{"ForAnyValue:IpAddress", `"10.0.0.0/8"`, []string{"192.0.2.1", "10.1.1.1"}, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %s %q", tt.operator, tt.policy, tt.key), func(t *testing.T) {
			p := mustParse(t, one("Allow", `"Condition": {"`+tt.operator+`": {"test:KEY": `+tt.policy+`}}`), IdentityPolicy)
			r := Request{Action: "execute-api:Invoke", Resource: testARN, Context: context(map[string][]string{"test:key": tt.key, "aws:username": {"alice"}})}
			if got := p.Evaluate(&r) == Allow; got != tt.want {
				t.Errorf("met: %v, want %v", got, tt.want)
			}
		})
	}
}

// TestUnknownVariableFailsClosed: a value that cannot be known neither allows,
// nor keeps a denial that excepts it from holding.
func TestUnknownVariableFailsClosed(t *testing.T) {
	cond := `"Condition": {"StringNotEquals": {"test:key": "${aws:username}"}}`
	r := Request{Action: "execute-api:Invoke", Resource: testARN, Context: context(map[string][]string{"test:key": {"x"}})}
	if got := mustParse(t, one("Allow", cond), IdentityPolicy).Evaluate(&r); got != ImplicitDeny {
		t.Errorf("allow: %v", got)
	}
	if got := mustParse(t, one("Deny", cond), IdentityPolicy).Evaluate(&r); got != ExplicitDeny {
		t.Errorf("deny: %v", got)
	}
}
