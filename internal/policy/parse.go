package policy

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
)

// A Kind is where a policy stands, which says what it must and must not hold.
type Kind int

// The kinds of policy.
const (
	IdentityPolicy   Kind = iota // of a caller: no Principal
	ResourcePolicy               // of an API: with Principal
	AuthorizerPolicy             // answer of a Lambda authorizer: no Principal, short Resources
	TrustPolicy                  // of a role, who may assume it: with Principal, without Resource
)

// DefaultMaxLength bounds documents unless the caller says otherwise, in
// characters.
const DefaultMaxLength = 20480

// maxAuthorizerResource bounds a Resource in an authorizer's policy, in
// characters.
const maxAuthorizerResource = 512

// Options say how a document is read.
type Options struct {
	Kind      Kind
	MaxLength int // characters of the document; 0 means DefaultMaxLength

	// Foreign takes policies that are written for all of AWS. A statement that reads a
	// condition key which nobody here has a value for is never decided then: an Allow
	// allows nothing, and a Deny denies what it is about.
	Foreign bool
}

// A Policy is a compiled document. It never changes and is safe for concurrent
// use. A nil Policy has no statements.
type Policy struct {
	kind       Kind
	statements []statement
	keys       []keyUse
}

// A statement is one statement of a document.
type statement struct {
	name         string   // its Sid, or its place in the document
	at           string   // its place in the document
	effect       Decision // Allow or ExplicitDeny
	notPrincipal bool
	notAction    bool
	notResource  bool
	principals   *principals // nil in policies that are not about principals
	actions      []pattern   // lower case
	resources    []arnPattern
	decoded      []arnPattern // the same with percent-escapes decoded; nil where there are none
	conditions   []condition

	undecided bool // whether it holds is never known: see Options.Foreign
	anywhere  bool // nor which resources it is about
}

// Parse checks and compiles a document. The error is a *[SyntaxError] that
// names the element that is wrong.
func Parse(text string, o Options) (*Policy, error) {
	limit := o.MaxLength
	if limit == 0 {
		limit = DefaultMaxLength
	}
	if len(text) > limit && utf8.RuneCountInString(text) > limit {
		return nil, &SyntaxError{Problem: fmt.Sprintf("the document is longer than %d characters", limit)}
	}
	doc, err := readJSON(text)
	if err != nil {
		return nil, err
	}
	if doc.kind != jsontext.Object {
		return nil, &SyntaxError{Problem: "the document is not a JSON object"}
	}
	c := &compiler{kind: o.Kind}
	if err := c.document(doc); err != nil {
		return nil, err
	}
	p := &Policy{o.Kind, c.statements, c.keys}
	if o.Foreign {
		p.leaveOpen()
	}
	return p, nil
}

// A compiler turns a document into statements.
type compiler struct {
	kind       Kind
	vars       bool // the document's version has variables
	statements []statement
	keys       []keyUse
	place      string // the element that is being compiled
	within     int    // the number of the condition that it is, or noCondition
}

// noCondition is the number of elements that are no condition.
const noCondition = -1

// use notes that a key is read.
func (c *compiler) use(key string) {
	c.keys = append(c.keys, keyUse{key, c.place, len(c.statements), c.within})
}

func (c *compiler) useAll(patterns ...pattern) {
	for _, p := range patterns {
		for _, v := range p.variables {
			c.use(v.key)
		}
	}
}

// document compiles the whole.
func (c *compiler) document(doc *node) error {
	for i, key := range doc.keys {
		n := doc.items[i]
		switch key {
		case "Version":
			if n.kind != jsontext.String || n.text != "2012-10-17" && n.text != "2008-10-17" {
				return &SyntaxError{key, "must be 2012-10-17 or 2008-10-17"}
			}
			c.vars = n.text == "2012-10-17"
		case "Id":
			if n.kind != jsontext.String {
				return &SyntaxError{key, "must be a string"}
			}
		case "Statement": // below, when the version is known
		default:
			return &SyntaxError{key, "is no element of a policy"}
		}
	}
	list := doc.get("Statement")
	switch {
	case list == nil:
		return &SyntaxError{"Statement", "is missing"}
	case list.kind == jsontext.Object:
		return c.statement(list, "Statement")
	case list.kind != jsontext.Array:
		return &SyntaxError{"Statement", "must be an object or a list of objects"}
	}
	for i, n := range list.items {
		if err := c.statement(n, "Statement["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	return nil
}

// statement compiles one statement.
func (c *compiler) statement(n *node, at string) error {
	if n.kind != jsontext.Object {
		return &SyntaxError{at, "must be an object"}
	}
	s := statement{name: at, at: at}
	// The effect says how the conditions treat what is unknown, so it is first.
	effect := n.get("Effect")
	switch {
	case effect == nil:
		return &SyntaxError{join(at, "Effect"), "is missing"}
	case effect.kind == jsontext.String && effect.text == "Allow":
		s.effect = Allow
	case effect.kind == jsontext.String && effect.text == "Deny":
		s.effect = ExplicitDeny
	default:
		return &SyntaxError{join(at, "Effect"), "must be Allow or Deny"}
	}
	for i, key := range n.keys {
		if err := c.element(&s, key, n.items[i], join(at, key)); err != nil {
			return err
		}
	}
	if err := c.complete(n, &s, at); err != nil {
		return err
	}
	c.statements = append(c.statements, s)
	return nil
}

// element compiles one element of a statement.
func (c *compiler) element(s *statement, key string, n *node, at string) (err error) {
	switch key {
	case "Effect":
	case "Sid":
		if n.kind != jsontext.String {
			return &SyntaxError{at, "must be a string"}
		}
		if n.text != "" {
			s.name = n.text
		}
	case "Principal", "NotPrincipal":
		s.notPrincipal = key == "NotPrincipal"
		s.principals, err = c.principals(n, at)
	case "Action", "NotAction":
		s.notAction = key == "NotAction"
		s.actions, err = c.actions(n, at)
	case "Resource", "NotResource":
		s.notResource = key == "NotResource"
		s.resources, err = c.resources(n, at)
		s.decoded = decodedPatterns(s.resources)
	case "Condition":
		s.conditions, err = c.conditions(n, at)
		for i := range s.conditions {
			s.conditions[i].allows = s.effect == Allow
		}
	default:
		return &SyntaxError{at, "is no element of a statement"}
	}
	return err
}

// complete checks that a statement has what its kind of policy needs, once.
func (c *compiler) complete(n *node, s *statement, at string) error {
	for _, pair := range [][2]string{{"Principal", "NotPrincipal"}, {"Action", "NotAction"}, {"Resource", "NotResource"}} {
		if n.has(pair[0]) && n.has(pair[1]) {
			return &SyntaxError{at, "has both " + pair[0] + " and " + pair[1]}
		}
	}
	switch {
	case s.actions == nil:
		return &SyntaxError{join(at, "Action"), "is missing"}
	case s.resources == nil && c.kind != TrustPolicy:
		return &SyntaxError{join(at, "Resource"), "is missing"}
	case s.resources != nil && c.kind == TrustPolicy:
		return &SyntaxError{join(at, "Resource"), "has no place in a policy of this kind"}
	case c.hasPrincipals() && s.principals == nil:
		return &SyntaxError{join(at, "Principal"), "is missing"}
	case !c.hasPrincipals() && s.principals != nil:
		return &SyntaxError{join(at, "Principal"), "has no place in a policy of this kind"}
	}
	return nil
}

// hasPrincipals reports whether the kind of policy says who a statement is about.
func (c *compiler) hasPrincipals() bool { return c.kind == ResourcePolicy || c.kind == TrustPolicy }

// actions compiles an Action or NotAction element.
func (c *compiler) actions(n *node, at string) ([]pattern, error) {
	values, err := texts(n, at)
	if err != nil {
		return nil, err
	}
	out := make([]pattern, len(values))
	for i, v := range values {
		if !isAction(v) {
			return nil, &SyntaxError{at, fmt.Sprintf("%q is neither * nor service:action", v)}
		}
		if out[i], err = compile(lower(v), true, false); err != nil {
			return nil, &SyntaxError{at, err.Error()}
		}
	}
	return out, nil
}

// resources compiles a Resource or NotResource element.
func (c *compiler) resources(n *node, at string) ([]arnPattern, error) {
	values, err := texts(n, at)
	if err != nil {
		return nil, err
	}
	out := make([]arnPattern, len(values))
	c.place, c.within = at, noCondition
	for i, v := range values {
		if c.kind == AuthorizerPolicy && utf8.RuneCountInString(v) > maxAuthorizerResource {
			return nil, &SyntaxError{at, fmt.Sprintf("is longer than %d characters", maxAuthorizerResource)}
		}
		if out[i], err = compileARN(v, c.vars); err != nil {
			return nil, &SyntaxError{at, err.Error()}
		}
		c.useAll(out[i].parts...)
	}
	return out, nil
}

// conditions compiles a Condition element.
func (c *compiler) conditions(n *node, at string) ([]condition, error) {
	if n.kind != jsontext.Object {
		return nil, &SyntaxError{at, "must be an object"}
	}
	var out []condition
	for i, name := range n.keys {
		keys := n.items[i]
		if keys.kind != jsontext.Object {
			return nil, &SyntaxError{join(at, name), "must be an object of condition keys"}
		}
		for j, key := range keys.keys {
			place := join(join(at, name), key)
			values, err := scalars(keys.items[j], place)
			if err != nil {
				return nil, err
			}
			c.place, c.within = place, len(out)
			cond, err := c.condition(name, key, values)
			if err != nil {
				return nil, &SyntaxError{place, err.Error()}
			}
			out = append(out, cond)
		}
	}
	return out, nil
}

// texts reads a string or a list of strings, at least one.
func texts(n *node, at string) ([]string, error) {
	return list(n, at, func(n *node) bool { return n.kind == jsontext.String }, "strings")
}

// scalars reads the values of a condition key, which may also be numbers and
// booleans.
func scalars(n *node, at string) ([]string, error) {
	return list(n, at, func(n *node) bool {
		return n.kind == jsontext.String || n.kind == jsontext.Number || n.kind == jsontext.Bool
	}, "strings, numbers or booleans")
}

// list reads one value or a list of some.
func list(n *node, at string, takes func(*node) bool, what string) ([]string, error) {
	if takes(n) {
		return []string{n.text}, nil
	}
	if n.kind != jsontext.Array || len(n.items) == 0 {
		return nil, &SyntaxError{at, "must be one or a list of " + what}
	}
	out := make([]string, len(n.items))
	for i, item := range n.items {
		if !takes(item) {
			return nil, &SyntaxError{at, "must be one or a list of " + what}
		}
		out[i] = item.text
	}
	return out, nil
}

// isAction reports whether a text can name actions.
func isAction(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == ':' {
			return i > 0 && i < len(s)-1
		}
	}
	return s == "*"
}

// lower lower-cases ASCII letters.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
