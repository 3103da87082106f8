package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// A document is a policy of an entry.
type document struct {
	text   string         // JSON, "" for none
	policy *policy.Policy // nil where there is none
}

// A keyEntry is an entry of an access key: whose it is, and what its owner may do.
type keyEntry struct {
	id        string
	account   string // 12 digits
	principal string // ARN of the owner
	secret    sigv4.Credential
	policy    document
}

// A role is an entry of a role.
type role struct {
	arn        string
	account    string
	trust      document // who may assume it
	policy     document
	maxSession time.Duration

	id       string         // of a role that IAM has made; "" for one of the file
	boundary *policy.Policy // of the same; nil bounds nothing
}

// The keys of entries.
var (
	keyKeys  = []string{"accessKeyId", "secretAccessKey", "sessionToken", "account", "principal", "disabled", "policy"}
	roleKeys = []string{"role", "trust", "policy", "maxSessionDuration"}
)

var (
	accountPattern   = regexp.MustCompile(`^\d{12}$`)
	accessKeyPattern = regexp.MustCompile(`^[\w.-]{1,128}$`)
	principalPattern = regexp.MustCompile(`^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(?:root|(?:user|role|federated-user|assumed-role)/[\w+=,.@/-]+)$`)
	rolePattern      = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\w+=,.@/-]*/)?[\w+=,.@-]+$`)
)

// minSecret is the shortest secret that is taken, in characters; AWS's have 40.
const minSecret = 16

// eachMember gives set the members of an entry. Each is one of the known, once.
func eachMember(n *yaml.Node, known []string, set func(key string, value *yaml.Node) error) error {
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		if !slices.Contains(known, key) {
			return fmt.Errorf("line %d: a key is none of %s", n.Content[i].Line, strings.Join(known, ", "))
		}
		if seen[key] {
			return fmt.Errorf("%s: is there twice", key)
		}
		seen[key] = true
		if err := set(key, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// textOf is the value of a member that is a text.
func textOf(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", errors.New("must be a text")
	}
	return n.Value, nil
}

// readKey reads an entry of an access key.
func readKey(n *yaml.Node) (*keyEntry, error) {
	entry := new(keyEntry)
	if err := eachMember(n, keyKeys, entry.set); err != nil {
		return nil, err
	}
	return entry, entry.check()
}

// set takes the value of one key.
func (e *keyEntry) set(key string, n *yaml.Node) (err error) {
	if key == "policy" {
		return e.policy.read(n, policy.IdentityPolicy)
	}
	text, err := textOf(n)
	if err != nil {
		return err
	}
	switch key {
	case "accessKeyId":
		e.id = text
	case "secretAccessKey":
		e.secret.SecretAccessKey = text
	case "sessionToken":
		if text == "" {
			return errors.New("must not be empty")
		}
		e.secret.SessionToken = text
	case "account":
		e.account = text
	case "principal":
		e.principal = text
	case "disabled":
		if text != "true" && text != "false" {
			return errors.New("must be true or false")
		}
		e.secret.Disabled = text == "true"
	}
	return nil
}

// check reports the first rule that an entry breaks, and fills in what was not
// given.
func (e *keyEntry) check() error {
	if !accessKeyPattern.MatchString(e.id) {
		return errors.New("accessKeyId: must be 1 to 128 letters, digits, _, . and -")
	}
	if len(e.secret.SecretAccessKey) < minSecret {
		return fmt.Errorf("secretAccessKey: must have at least %d characters", minSecret)
	}
	if !accountPattern.MatchString(e.account) {
		return errors.New("account: must be 12 digits")
	}
	if e.principal == "" {
		e.principal = "arn:aws:iam::" + e.account + ":user/" + e.id
	}
	m := principalPattern.FindStringSubmatch(e.principal)
	if m == nil {
		return errors.New("principal: must be the ARN of a user, a role or a session")
	}
	if m[1] != e.account {
		return errors.New("principal: is of another account than the entry")
	}
	return nil
}

// caller is who signs with the key.
func (e *keyEntry) caller() *Caller {
	return &Caller{
		AccessKeyID: e.id, Account: e.account, Principal: e.principal, UserID: UserID(e.account, e.principal), Credential: e.secret,
		issuer: e.id, policyText: e.policy.text, own: e.policy.policy,
	}
}

// The shortest and the longest that sessions of a role may be allowed to last, in
// seconds, and what is so where nothing is said (documented).
const (
	shortestMaxSession = 3600
	longestMaxSession  = 43200
)

// readRole reads an entry of a role.
func readRole(n *yaml.Node) (*role, error) {
	r := &role{maxSession: shortestMaxSession * time.Second}
	if err := eachMember(n, roleKeys, r.set); err != nil {
		return nil, err
	}
	if r.trust.policy == nil {
		return nil, errors.New("trust: is missing: it says who may assume the role")
	}
	return r, nil
}

// set takes the value of one key.
func (r *role) set(key string, n *yaml.Node) error {
	switch key {
	case "policy":
		return r.policy.read(n, policy.IdentityPolicy)
	case "trust":
		return r.setTrust(n)
	}
	text, err := textOf(n)
	if err != nil {
		return err
	}
	if key == "maxSessionDuration" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < shortestMaxSession || seconds > longestMaxSession {
			return fmt.Errorf("must be %d to %d seconds", shortestMaxSession, longestMaxSession)
		}
		r.maxSession = time.Duration(seconds) * time.Second
		return nil
	}
	m := rolePattern.FindStringSubmatch(text)
	if m == nil {
		return errors.New("must be the ARN of a role, such as arn:aws:iam::111122223333:role/deploy")
	}
	r.arn, r.account = text, m[1]
	return nil
}

// setTrust reads who may assume the role: a list of principals, or the document that
// AWS has for it.
func (r *role) setTrust(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return r.trust.read(n, policy.TrustPolicy)
	}
	var principals []string
	for _, item := range n.Content {
		text, err := textOf(item)
		if err != nil {
			return fmt.Errorf("line %d: %w", item.Line, err)
		}
		principals = append(principals, text)
	}
	text, err := json.Marshal(map[string]any{"Statement": map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": principals}, "Action": assumeRole,
	}})
	if err != nil {
		return err
	}
	return r.trust.compile(string(text), policy.TrustPolicy)
}

// read compiles a policy, which is an object or its JSON text.
func (d *document) read(n *yaml.Node, kind policy.Kind) error {
	if n.Kind == yaml.ScalarNode {
		return d.compile(n.Value, kind)
	}
	var b strings.Builder
	if err := yamlToJSON(&b, n, 0); err != nil {
		return err
	}
	return d.compile(b.String(), kind)
}

func (d *document) compile(text string, kind policy.Kind) (err error) {
	d.text = text
	if d.policy, err = policy.Parse(text, policy.Options{Kind: kind}); err != nil {
		return err
	}
	return d.policy.CheckKeys()
}

// maxPolicyDepth bounds what yamlToJSON follows.
const maxPolicyDepth = 20

// yamlToJSON writes a YAML value as JSON, scalars as strings, which policies
// take everywhere: a date or a number is meant as it is written.
func yamlToJSON(b *strings.Builder, n *yaml.Node, depth int) error {
	if depth > maxPolicyDepth {
		return errors.New("is nested too deeply")
	}
	open, end := byte('['), byte(']')
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			b.WriteString("null")
			return nil
		}
		text, err := json.Marshal(n.Value)
		b.Write(text)
		return err
	case yaml.MappingNode:
		open, end = '{', '}'
	case yaml.SequenceNode:
	default:
		return fmt.Errorf("line %d: aliases are not supported", n.Line)
	}
	b.WriteByte(open)
	for i, child := range n.Content {
		switch {
		case i > 0 && n.Kind == yaml.MappingNode && i%2 == 1:
			b.WriteByte(':')
		case i > 0:
			b.WriteByte(',')
		}
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key is not a text", child.Line)
		}
		if err := yamlToJSON(b, child, depth+1); err != nil {
			return err
		}
	}
	b.WriteByte(end)
	return nil
}
