package policy

import (
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// A naiveStatement is a statement as its document has it, evaluated in the plainest way
// that the language's manual allows: nothing is compiled, and nothing is fast.
type naiveStatement struct {
	effect, principal      string
	principals             []string
	notAction, notResource bool
	actions, resources     []string
	operator, key          string // of the one condition; "" for none
	values                 []string
	quantifier, base       string // of operator
	ifExists, negated      bool
}

// draw makes a statement of random choices.
func draw(r *rand.Rand) *naiveStatement {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	some := func(list ...string) (out []string) {
		for range 1 + r.IntN(2) {
			out = append(out, pick(list...))
		}
		return out
	}
	const api = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3"
	s := &naiveStatement{
		effect: pick("Allow", "Allow", "Deny"), principal: pick("Principal", "Principal", "NotPrincipal"),
		principals: some("*", "111122223333", testUser, "arn:aws:iam::111122223333:role/ops", "444455556666"),
		notAction:  r.IntN(6) == 0, notResource: r.IntN(4) == 0,
		actions: some("*", "execute-api:Invoke", "execute-api:*", "EXECUTE-API:inv?ke", "execute-api:InvalidateCache"),
		resources: some("*", "arn:*", api+"/*", api, api+"/prod/*/pets*", api+"/prod/GET/pets", api+"/*/GET/*", api+"/prod/???/pets/?", "arn:aws:execute-api:*:*:a1b2c3/prod/GET/admin",
			api+"/prod/GET/${aws:Referer}", api+"/prod/${aws:Referer, 'GET'}/*", api+"/*/admin", api+"/prod/GET/admin/*"),
	}
	if r.IntN(2) == 0 {
		return s
	}
	s.quantifier = pick("", "", "ForAnyValue:", "ForAllValues:")
	s.key = pick("aws:SourceIp", "aws:Referer", "aws:UserAgent", "x:Number", "aws:SecureTransport")
	switch s.base = pick("String", "IpAddress", "Bool", "Numeric", "Null"); s.base {
	case "String":
		s.base = pick("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
		s.values = some("pets", "PETS", "p*s", "pet?", "*", "${aws:UserAgent}", "10.0.0.1")
	case "IpAddress":
		s.base = pick("IpAddress", "NotIpAddress")
		s.values = some("10.0.0.0/8", "10.0.0.1", "192.0.2.0/24", "2001:db8::/32")
	case "Bool":
		s.values = some("true", "false")
	case "Numeric":
		s.base = "Numeric" + pick("Equals", "NotEquals", "LessThan", "GreaterThanEquals")
		s.values = some("1", "2.5", "-3")
	case "Null":
		s.quantifier, s.values = "", some("true", "false")
	}
	s.ifExists = s.base != "Null" && r.IntN(4) == 0
	s.negated = strings.Contains(s.base, "Not")
	s.operator = s.quantifier + s.base
	if s.ifExists {
		s.operator += "IfExists"
	}
	return s
}

// document is the statement's JSON.
func (s *naiveStatement) document() map[string]any {
	name := func(not bool, name string) string {
		if not {
			return "Not" + name
		}
		return name
	}
	out := map[string]any{
		"Effect": s.effect, s.principal: map[string]any{"AWS": s.principals},
		name(s.notAction, "Action"): s.actions, name(s.notResource, "Resource"): s.resources,
	}
	if s.operator != "" {
		out["Condition"] = map[string]any{s.operator: map[string]any{s.key: s.values}}
	}
	return out
}

// naively decides about a request by all statements.
func naively(statements []*naiveStatement, r *Request, keys map[string][]string) Decision {
	allowed := false
	for _, s := range statements {
		if !s.about(r, keys) {
			continue
		}
		if s.effect == "Deny" {
			return ExplicitDeny
		}
		allowed = true
	}
	if allowed {
		return Allow
	}
	return ImplicitDeny
}

func (s *naiveStatement) about(r *Request, keys map[string][]string) bool {
	who, what := false, false
	for _, p := range s.principals {
		account := len(p) == 12 && strings.Contains(r.Principal, "::"+p+":")
		if s.effect == "Deny" && s.principal == "NotPrincipal" || s.effect == "Allow" && s.principal == "Principal" && r.ByName {
			account = false // for none of these is the account itself
		}
		who = who || p == "*" || p == r.Principal || account
	}
	for _, a := range s.actions {
		what = what || glob(strings.ToLower(a), strings.ToLower(r.Action))
	}
	return who != (s.principal == "NotPrincipal") && what != s.notAction && s.where(r, keys) && s.condition(keys)
}

// where looks at all spellings of the resource.
func (s *naiveStatement) where(r *Request, keys map[string][]string) bool {
	var about []bool
	for _, spelling := range []string{r.Resource, r.Decoded, r.Plain} {
		if spelling == "" {
			continue
		}
		named, unknown := false, false
		for _, pattern := range s.resources {
			text, ok := filled(pattern, keys)
			unknown = unknown || !ok
			named = named || ok && globARN(text, spelling)
		}
		about = append(about, named != s.notResource && !(s.notResource && s.effect == "Allow" && unknown))
	}
	every, any := true, false
	for _, a := range about {
		every, any = every && a, any || a
	}
	switch {
	case s.effect == "Deny":
		return any
	case s.notResource:
		return every
	}
	return about[0]
}

// literal stands for a wildcard that is none, since it came from a variable's value.
const literal = "\x01"

// filled puts the values of variables in. Their characters are none of a pattern's.
func filled(pattern string, keys map[string][]string) (string, bool) {
	start := strings.Index(pattern, "${")
	if start < 0 {
		return pattern, true
	}
	end := start + strings.Index(pattern[start:], "}")
	key, fallback, defaults := strings.Cut(pattern[start+2:end], ", ")
	values := keys[strings.ToLower(key)]
	text := strings.Trim(fallback, "'")
	if len(values) == 1 {
		text = values[0]
	} else if !defaults || len(values) > 1 {
		return "", false
	}
	text = strings.NewReplacer("*", literal+"*", "?", literal+"?", ":", literal+":").Replace(text)
	return pattern[:start] + text + pattern[end+1:], true
}

// globARN matches part by part; a pattern of fewer parts takes all that is left.
func globARN(pattern, arn string) bool {
	if !strings.HasPrefix(pattern, "arn:") {
		return glob(pattern, arn)
	}
	var parts []string
	rest := pattern
	for len(parts) < 5 {
		at := -1
		for i := range len(rest) {
			if rest[i] == ':' && (i == 0 || rest[i-1:i] != literal) {
				at = i
				break
			}
		}
		if at < 0 {
			break
		}
		parts, rest = append(parts, rest[:at]), rest[at+1:]
	}
	parts = append(parts, rest)
	texts := strings.SplitN(arn, ":", len(parts))
	if len(texts) != len(parts) {
		return false
	}
	for i := range parts {
		if !glob(parts[i], texts[i]) {
			return false
		}
	}
	return true
}

// glob tries everything.
func glob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return glob(pattern[1:], text) || text != "" && glob(pattern, text[1:])
	case strings.HasPrefix(pattern, literal) && len(pattern) > 1:
		return text != "" && text[0] == pattern[1] && glob(pattern[2:], text[1:])
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern[1:], text[1:])
}

// condition is whether the one condition holds.
func (s *naiveStatement) condition(keys map[string][]string) bool {
	got := keys[strings.ToLower(s.key)]
	switch {
	case s.operator == "":
		return true
	case s.base == "Null":
		for _, v := range s.values {
			if (v == "true") == (len(got) == 0) {
				return true
			}
		}
		return false
	case len(got) == 0:
		return s.ifExists || s.quantifier == "ForAllValues:" || s.quantifier == "" && s.negated
	}
	every, any := true, false
	for _, value := range got {
		met := s.met(value, keys)
		every, any = every && met, any || met
	}
	if s.quantifier == "ForAllValues:" || s.quantifier == "" && s.negated {
		return every
	}
	return any
}

func (s *naiveStatement) met(value string, keys map[string][]string) bool {
	hit := false
	for _, v := range s.values {
		text, known := filled(v, keys)
		if !known {
			if s.negated && s.effect == "Allow" && !hit {
				return false
			}
			continue
		}
		hit = hit || compares(s.base, text, value)
	}
	return hit != s.negated
}

// compares reports whether a value is what the policy has, by the operator without its
// Not.
func compares(base, policy, value string) bool {
	plain := strings.ReplaceAll(policy, literal, "")
	switch base {
	case "StringEquals", "StringNotEquals":
		return plain == value
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		return strings.EqualFold(plain, value)
	case "StringLike", "StringNotLike":
		return glob(policy, value)
	case "Bool":
		return strings.EqualFold(value, policy)
	case "IpAddress", "NotIpAddress":
		if !strings.Contains(policy, "/") {
			return net.ParseIP(value) != nil && net.ParseIP(value).Equal(net.ParseIP(policy))
		}
		_, network, _ := net.ParseCIDR(policy)
		return net.ParseIP(value) != nil && network.Contains(net.ParseIP(value))
	}
	want, _ := strconv.ParseFloat(policy, 64)
	is, err := strconv.ParseFloat(value, 64)
	switch base {
	case "NumericLessThan":
		return err == nil && is < want
	case "NumericGreaterThanEquals":
		return err == nil && is >= want
	}
	return err == nil && is == want
}

// against draws policies and requests, and holds Evaluate to the naive evaluator.
func against(t *testing.T, r *rand.Rand) Decision {
	var statements []*naiveStatement
	var documents []any
	for range 1 + r.IntN(4) {
		s := draw(r)
		statements, documents = append(statements, s), append(documents, s.document())
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": documents})
	if err != nil {
		t.Fatal(err)
	}
	p := mustParse(t, string(text), ResourcePolicy)
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	path := pick("pets", "pets/7", "admin", "admin/", "%61dmin", "%61dmin/", "pe%74s", "", "a*", "x:y")
	q := &Request{
		Principal: pick("", testUser, "arn:aws:sts::111122223333:assumed-role/ops/s", "arn:aws:iam::444455556666:user/bob"),
		ByName:    r.IntN(3) == 0,
		Action:    pick("execute-api:Invoke", "execute-api:invoke"),
		Resource:  "arn:aws:execute-api:us-east-1:111122223333:" + pick("a1b2c3", "a1b2c3", "other") + "/" + pick("prod", "dev") + "/" + pick("GET", "POST") + "/" + path,
	}
	if decoded, _ := url.PathUnescape(q.Resource); decoded != q.Resource {
		q.Decoded = decoded
	}
	if plain, _ := url.PathUnescape(strings.TrimSuffix(q.Resource, "/")); plain != q.Resource {
		q.Plain = plain
	}
	keys := make(map[string][]string)
	for _, key := range []string{"aws:sourceip", "aws:referer", "aws:useragent", "x:number", "aws:securetransport"} {
		for range r.IntN(3) {
			keys[key] = append(keys[key], pick("10.0.0.1", "192.0.2.7", "::ffff:10.1.1.1", "2001:db8::1", "pets", "Pets", "admin", "*", "p?ts", "GET", "1", "2.5", "true", "FALSE", ""))
		}
	}
	q.Context = context(keys)
	want := naively(statements, q, keys)
	if strings.Contains(q.Principal, "assumed-role") { // of arn:aws:iam::111122223333:role/ops
		role := *q
		role.Principal = "arn:aws:iam::111122223333:role/ops"
		want = naively(statements, &role, keys)
	}
	if got := p.Evaluate(q); got != want {
		t.Fatalf("%s\n%+v\n%v\ngot %v, want %v", text, q, keys, got, want)
	}
	if e := p.Explain(q); e.Decision != want || (e.Statement == "") != (want == ImplicitDeny) {
		t.Fatalf("%s\n%+v\n%v\nexplained by %+v, want %v", text, q, keys, e, want)
	}
	return want
}

// TestNaiveEvaluator compares decisions about some thousand policies, and sees that
// there are enough of each.
func TestNaiveEvaluator(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	count := make(map[Decision]int)
	for range 5_000 {
		count[against(t, r)]++
	}
	for d := ImplicitDeny; d <= ExplicitDeny; d++ {
		if count[d] < 250 {
			t.Errorf("%v only %d times", d, count[d])
		}
	}
}

// FuzzNaiveEvaluator compares decisions about policies and requests that are drawn by
// two seeds.
func FuzzNaiveEvaluator(f *testing.F) {
	f.Add(uint64(1), uint64(1))
	f.Fuzz(func(t *testing.T, a, b uint64) { against(t, rand.New(rand.NewPCG(a, b))) })
}
