package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A kind is what the values of an operator are.
type kind int

const (
	ofText kind = iota + 1
	ofFoldedText
	ofPattern
	ofNumber
	ofDate
	ofBool
	ofBinary
	ofAddress
	ofARN
	ofNull
)

// A relation is how a number or a date compares.
type relation int

const (
	equal relation = iota
	less
	lessEqual
	greater
	greaterEqual
)

// An operator is a condition operator without its prefix and suffix.
type operator struct {
	kind     kind
	relation relation
	negated  bool
}

// operatorOf finds an operator by its name in IAM.
func operatorOf(name string) (operator, bool) {
	switch name {
	case "StringEquals":
		return operator{kind: ofText}, true
	case "StringNotEquals":
		return operator{kind: ofText, negated: true}, true
	case "StringEqualsIgnoreCase":
		return operator{kind: ofFoldedText}, true
	case "StringNotEqualsIgnoreCase":
		return operator{kind: ofFoldedText, negated: true}, true
	case "StringLike":
		return operator{kind: ofPattern}, true
	case "StringNotLike":
		return operator{kind: ofPattern, negated: true}, true
	case "Bool":
		return operator{kind: ofBool}, true
	case "BinaryEquals":
		return operator{kind: ofBinary}, true
	case "IpAddress":
		return operator{kind: ofAddress}, true
	case "NotIpAddress":
		return operator{kind: ofAddress, negated: true}, true
	case "ArnEquals", "ArnLike":
		return operator{kind: ofARN}, true
	case "ArnNotEquals", "ArnNotLike":
		return operator{kind: ofARN, negated: true}, true
	case "Null":
		return operator{kind: ofNull}, true
	}
	if rest, ok := strings.CutPrefix(name, "Numeric"); ok {
		return ordered(ofNumber, rest)
	}
	if rest, ok := strings.CutPrefix(name, "Date"); ok {
		return ordered(ofDate, rest)
	}
	return operator{}, false
}

// ordered finds an operator of numbers or dates.
func ordered(k kind, name string) (operator, bool) {
	switch name {
	case "Equals":
		return operator{kind: k}, true
	case "NotEquals":
		return operator{kind: k, negated: true}, true
	case "LessThan":
		return operator{kind: k, relation: less}, true
	case "LessThanEquals":
		return operator{kind: k, relation: lessEqual}, true
	case "GreaterThan":
		return operator{kind: k, relation: greater}, true
	case "GreaterThanEquals":
		return operator{kind: k, relation: greaterEqual}, true
	}
	return operator{}, false
}

// A quantifier says how a condition treats keys with several values.
type quantifier int

const (
	single quantifier = iota
	forAny            // ForAnyValue:
	forAll            // ForAllValues:
)

// A condition is one key under one operator.
type condition struct {
	operator
	quantifier quantifier
	ifExists   bool
	allows     bool   // the statement allows
	name       string // of the operator and the key, as the document has them
	key        string // lower case
	values     []operand
	unknown    bool // nobody here knows whether it holds
}

// An operand is one value of the policy, as its operator compares it.
type operand struct {
	pattern pattern
	arn     arnPattern
	number  float64
	time    time.Time
	network netip.Prefix
	truth   bool
}

// condition compiles one key of an operator.
func (c *compiler) condition(name, key string, values []string) (condition, error) {
	out := condition{name: name + " " + key, key: strings.ToLower(key)}
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		out.quantifier, base = forAny, rest
	} else if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		out.quantifier, base = forAll, rest
	}
	base, out.ifExists = strings.CutSuffix(base, "IfExists")
	op, ok := operatorOf(base)
	if !ok || op.kind == ofNull && (out.ifExists || out.quantifier != single) {
		return out, fmt.Errorf("%q is no condition operator", name)
	}
	out.operator = op
	for _, v := range values {
		operand, err := c.operand(op, v)
		if err != nil {
			return out, err
		}
		out.values = append(out.values, operand)
	}
	c.use(out.key)
	return out, nil
}

// operand reads one value.
func (c *compiler) operand(op operator, value string) (o operand, err error) {
	switch op.kind {
	case ofText, ofFoldedText, ofPattern:
		o.pattern, err = compile(value, op.kind == ofPattern, c.vars)
		c.useAll(o.pattern)
	case ofBinary:
		o.pattern.text = value
	case ofARN:
		o.arn, err = compileARN(value, c.vars)
		c.useAll(o.arn.parts...)
	case ofNumber:
		o.number, err = parseNumber(value)
	case ofDate:
		o.time, err = parseDate(value)
	case ofBool, ofNull:
		o.truth, err = parseBool(value)
	case ofAddress:
		o.network, err = parseNetwork(value)
	}
	return o, err
}

// holds reports whether a condition is met.
func (c *condition) holds(e *evaluation) bool {
	got := e.values(c.key)
	if c.kind == ofNull {
		return slices.ContainsFunc(c.values, func(o operand) bool { return o.truth == (len(got) == 0) })
	}
	if len(got) == 0 {
		return c.ifExists || c.quantifier == forAll || c.quantifier == single && c.negated
	}
	every := c.quantifier == forAll || c.quantifier == single && c.negated
	for _, v := range got {
		if met := c.met(v, e); met != every {
			return met
		}
	}
	return every
}

// met reports whether one value of the key satisfies the condition: it equals
// one of the policy's values, or none when the operator is negated. A policy
// value whose variable has no value equals nothing, and allows nothing.
func (c *condition) met(value string, e *evaluation) bool {
	if c.kind == ofAddress {
		e.spend(reading*len(value) + len(c.values))
		return c.hasAddress(value) != c.negated
	}
	for i := range c.values {
		hit, known := c.compare(&c.values[i], value, e)
		if !known && c.negated && c.allows {
			return false
		}
		if hit {
			return !c.negated
		}
	}
	return c.negated
}

// compare compares one value of the key with one of the policy.
func (c *condition) compare(o *operand, value string, e *evaluation) (hit, known bool) {
	switch c.kind {
	case ofNumber, ofDate, ofBool:
		if !e.spend(reading * len(value)) {
			return false, true
		}
	}
	switch c.kind {
	case ofARN:
		return o.arn.match(value, e)
	case ofText, ofFoldedText, ofPattern, ofBinary:
		text, known := o.pattern.resolve(e)
		if !known {
			return false, false
		}
		switch c.kind {
		case ofPattern:
			return e.match(text, value, false), true
		case ofFoldedText:
			e.spend(folding * len(text))
			return strings.EqualFold(text, value), true
		}
		e.spend(len(text))
		return text == value, true
	case ofNumber:
		n, err := parseNumber(value)
		return err == nil && c.relation.of(compareFloat(n, o.number)), true
	case ofDate:
		t, err := parseDate(value)
		return err == nil && c.relation.of(t.Compare(o.time)), true
	case ofBool:
		b, err := parseBool(value)
		return err == nil && b == o.truth, true
	}
	return false, true
}

// hasAddress reports whether an address is in one of the policy's networks, which may
// be many.
func (c *condition) hasAddress(value string) bool {
	ip, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	for i := range c.values {
		if c.values[i].network.Contains(ip) {
			return true
		}
	}
	return false
}

// of reports whether a comparison's sign is in the relation.
func (r relation) of(sign int) bool {
	switch r {
	case less:
		return sign < 0
	case lessEqual:
		return sign <= 0
	case greater:
		return sign > 0
	case greaterEqual:
		return sign >= 0
	}
	return sign == 0
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// parseNumber reads a decimal number.
func parseNumber(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.ContainsAny(s, "xXpPiInN_") { // no hexadecimal, no Inf, no NaN
		return 0, fmt.Errorf("%q is no number", s)
	}
	return n, nil
}

// parseDate reads a date of ISO 8601, to the day or to the second, or the
// seconds since 1970.
func parseDate(s string) (time.Time, error) {
	if strings.IndexByte(s, 'T') < 0 { // a text with one is no number, and an error costs memory
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) != len("2006") {
			return time.Unix(n, 0), nil
		}
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date", s)
}

func parseBool(s string) (bool, error) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", s)
}

// parseNetwork reads a network in CIDR form or a single address.
func parseNetwork(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a network in CIDR form", s)
	}
	return p.Masked(), nil
}
