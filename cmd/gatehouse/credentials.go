package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A credential is one entry of a credentials file: a key, whose it is, and
// what its owner may do.
type credential struct {
	accessKeyID string
	account     string // 12 digits
	principal   string // ARN of the owner
	secret      sigv4.Credential
	policyText  string         // JSON, "" for none
	policy      *policy.Policy // nil allows everything in the account
}

// A keyring is the entries of a credentials file. It does not change.
type keyring struct {
	byKey       map[string]*credential
	byPrincipal map[string]*credential // any one: the entries of a principal have the same policy
	warnings    []string               // what an operator should know; no secrets
}

// maxCredentialsFile bounds the file, in bytes.
const maxCredentialsFile = 1 << 20

// loadCredentials reads a credentials file, a YAML list such as
//
//	# who may call the control plane
//	- accessKeyId: AKIAIOSFODNN7EXAMPLE
//	  secretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//	  account: "111122223333"
//	  principal: arn:aws:iam::111122223333:user/alice
//	  policy:
//	    Version: 2012-10-17
//	    Statement: [{Effect: Allow, Action: "apigateway:GET", Resource: "*"}]
//
// sessionToken and disabled may be given too; without a principal it is the
// user named like the key, without a policy everything is allowed. Errors name
// the entry and the rule that it breaks and never hold its values.
func loadCredentials(path string) (*keyring, error) {
	c, err := readCredentials(path)
	if err != nil {
		return nil, fmt.Errorf("credentials file %s: %w", path, err)
	}
	return c, nil
}

func readCredentials(path string) (*keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCredentialsFile+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(text) > maxCredentialsFile {
		return nil, fmt.Errorf("is larger than %d bytes", maxCredentialsFile)
	}
	c, err := parseCredentials(text)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows" {
		c.warnings = append(c.warnings, "every user of this machine can read the credentials file: chmod 600 "+path)
	}
	return c, nil
}

// reason is an error of a file without the file's name, which is said already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// parseCredentials reads the text of a credentials file.
func parseCredentials(text []byte) (*keyring, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("is not valid YAML%s", lineOf(err))
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.SequenceNode || len(doc.Content[0].Content) == 0 {
		return nil, errors.New("is not a list of credentials")
	}
	c := &keyring{byKey: map[string]*credential{}, byPrincipal: map[string]*credential{}}
	for i, n := range doc.Content[0].Content {
		entry, err := readCredential(n)
		if err == nil {
			err = c.add(entry)
		}
		if err != nil {
			return nil, fmt.Errorf("entry %d (line %d): %w", i+1, n.Line, err)
		}
	}
	return c, nil
}

// The parser's errors may hold a piece of the text, which may be a secret:
// only the line is told.
var yamlLine = regexp.MustCompile(`\bline (\d+)`)

func lineOf(err error) string {
	if m := yamlLine.FindString(err.Error()); m != "" {
		return " (" + m + ")"
	}
	return ""
}

// add takes an entry that does not contradict the others.
func (k *keyring) add(entry *credential) error {
	if k.byKey[entry.accessKeyID] != nil {
		return fmt.Errorf("accessKeyId: %s is there twice", entry.accessKeyID)
	}
	if same := k.byPrincipal[entry.principal]; same != nil && same.policyText != entry.policyText {
		return fmt.Errorf("policy: differs from that of %s, which has the same principal", same.accessKeyID)
	}
	k.byKey[entry.accessKeyID] = entry
	k.byPrincipal[entry.principal] = entry
	return nil
}

// credentialKeys are the keys of an entry.
var credentialKeys = []string{"accessKeyId", "secretAccessKey", "sessionToken", "account", "principal", "disabled", "policy"}

// readCredential reads one entry.
func readCredential(n *yaml.Node) (*credential, error) {
	if n.Kind != yaml.MappingNode {
		return nil, errors.New("is not a mapping")
	}
	var entry credential
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		if !slices.Contains(credentialKeys, key) {
			return nil, fmt.Errorf("line %d: a key is none of %s", n.Content[i].Line, strings.Join(credentialKeys, ", "))
		}
		if seen[key] {
			return nil, fmt.Errorf("%s: is there twice", key)
		}
		seen[key] = true
		if err := entry.set(key, value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return &entry, entry.check()
}

// set takes the value of one key.
func (c *credential) set(key string, n *yaml.Node) error {
	if key == "policy" {
		return c.setPolicy(n)
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return errors.New("must be a text")
	}
	switch key {
	case "accessKeyId":
		c.accessKeyID = n.Value
	case "secretAccessKey":
		c.secret.SecretAccessKey = n.Value
	case "sessionToken":
		if n.Value == "" {
			return errors.New("must not be empty")
		}
		c.secret.SessionToken = n.Value
	case "account":
		c.account = n.Value
	case "principal":
		c.principal = n.Value
	case "disabled":
		if n.Value != "true" && n.Value != "false" {
			return errors.New("must be true or false")
		}
		c.secret.Disabled = n.Value == "true"
	}
	return nil
}

// setPolicy compiles a policy, which is an object or its JSON text.
func (c *credential) setPolicy(n *yaml.Node) error {
	c.policyText = n.Value
	if n.Kind != yaml.ScalarNode {
		var b strings.Builder
		if err := yamlToJSON(&b, n, 0); err != nil {
			return err
		}
		c.policyText = b.String()
	}
	var err error
	if c.policy, err = policy.Parse(c.policyText, policy.Options{Kind: policy.IdentityPolicy}); err != nil {
		return err
	}
	// A condition on what is not known would change what its statement means.
	for _, key := range c.policy.ConditionKeys() {
		if !slices.Contains(callerKeys, key) {
			return fmt.Errorf("the condition key %s is not supported; supported are %s", key, strings.Join(callerKeys, ", "))
		}
	}
	return nil
}

var (
	accessKeyPattern = regexp.MustCompile(`^[\w.-]{1,128}$`)
	principalPattern = regexp.MustCompile(`^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(?:root|(?:user|role|federated-user|assumed-role)/[\w+=,.@/-]+)$`)
)

// minSecret is the shortest secret that is taken, in characters; AWS's have 40.
const minSecret = 16

// check reports the first rule that an entry breaks, and fills in what was not
// given.
func (c *credential) check() error {
	if !accessKeyPattern.MatchString(c.accessKeyID) {
		return errors.New("accessKeyId: must be 1 to 128 letters, digits, _, . and -")
	}
	if len(c.secret.SecretAccessKey) < minSecret {
		return fmt.Errorf("secretAccessKey: must have at least %d characters", minSecret)
	}
	if !accountPattern.MatchString(c.account) {
		return errors.New("account: must be 12 digits")
	}
	if c.principal == "" {
		c.principal = "arn:aws:iam::" + c.account + ":user/" + c.accessKeyID
	}
	m := principalPattern.FindStringSubmatch(c.principal)
	if m == nil {
		return errors.New("principal: must be the ARN of a user, a role or a session")
	}
	if m[1] != c.account {
		return errors.New("principal: is of another account than the entry")
	}
	return nil
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

// signedRegion is what a region may look like that a request is signed for.
// Any is taken: each is a world of its own.
var signedRegion = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// authenticator makes the wire.ServerOptions.Authenticate that takes requests
// signed for a service, in any region, with a key of the keyring. Nil as now
// is the real clock.
func (k *keyring) authenticator(service string, now func() time.Time) func(*http.Request, string) (wire.Identify, error) {
	verifier := sigv4.NewVerifier(sigv4.Options{Service: service, Now: now, Lookup: k.lookup})
	identify := func(r *http.Request, claim *sigv4.Claim, body []byte) (*wire.Caller, error) {
		scope, err := claim.Verify(body)
		if err != nil {
			return nil, signInError(err)
		}
		if !signedRegion.MatchString(scope.Region) {
			return nil, &wire.Error{Status: http.StatusForbidden, Type: "InvalidSignatureException", Message: "Credential should be scoped to a valid region. "}
		}
		entry := k.byKey[scope.AccessKeyID]
		return &wire.Caller{
			Account: entry.account, Region: scope.Region, Principal: entry.principal, AccessKey: scope.AccessKeyID, UserAgent: r.UserAgent(),
		}, nil
	}
	return func(r *http.Request, _ string) (wire.Identify, error) {
		claim, err := verifier.Claim(&sigv4.Request{
			Method: r.Method, Path: sentPath(r), Query: r.URL.RawQuery, Host: r.Host, Header: headerLines(r.Header),
		})
		if err != nil {
			return nil, signInError(err)
		}
		return func(body []byte) (*wire.Caller, error) { return identify(r, claim, body) }, nil
	}
}

// lookup finds what a signature by a key is checked against.
func (k *keyring) lookup(accessKeyID string) (sigv4.Credential, bool) {
	entry, ok := k.byKey[accessKeyID]
	if !ok {
		return sigv4.Credential{}, false
	}
	return entry.secret, true
}

// sentPath is the path as the client sent and signed it.
func sentPath(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.EscapedPath() // the target is in absolute form
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// headerLines yields the lines of a header.
func headerLines(h http.Header) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, values := range h {
			for _, v := range values {
				if !yield(name, v) {
					return
				}
			}
		}
	}
}

// signInError is the answer to a request whose signature was refused.
func signInError(err error) error {
	var refused *sigv4.Error
	if !errors.As(err, &refused) {
		return err
	}
	if refused.Reason == sigv4.Disabled {
		return wire.Unauthorized("The request is denied because the caller has insufficient permissions.")
	}
	return &wire.Error{Status: http.StatusForbidden, Type: refused.Type, Message: refused.Message}
}

// callerKeys are the condition keys that the policies of callers may read, in
// lower case.
var callerKeys = []string{
	"aws:currenttime", "aws:epochtime", "aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:requestedregion", "aws:username",
}

// authorizer makes the wire.ServerOptions.Authorize that asks the caller's
// policy for each permission that a call needs. Nil as now is the real clock.
func (k *keyring) authorizer(now func() time.Time) func(context.Context, *wire.Caller, *wire.Operation, string) error {
	if now == nil {
		now = time.Now
	}
	return func(_ context.Context, who *wire.Caller, op *wire.Operation, resource string) error {
		entry, ok := k.byPrincipal[who.Principal]
		if ok && entry.policy == nil {
			return nil
		}
		for _, needed := range permissions(who, op, resource) {
			denial := policy.Denial{Principal: who.Principal, Action: needed.action, Resource: needed.resource, Basis: policy.IdentityBased}
			if ok {
				denial.Decision = entry.policy.Evaluate(&policy.Request{
					Principal: who.Principal, Action: denial.Action, Resource: denial.Resource, Context: callerContext(who, now()),
				})
			}
			if denial.Decision != policy.Allow {
				return wire.AccessDenied("%s", denial)
			}
		}
		return nil
	}
}

// A permission is an action on a resource, both as policies name them.
type permission struct{ action, resource string }

// permissions are what a call needs: the method of the operation, such as
// apigateway:PUT, on the path of the call. To tag a resource is to change it as
// well: AWS asks for apigateway:PATCH on the resource itself (recorded of
// TagResource; what UntagResource needs beside DELETE is not known).
func permissions(who *wire.Caller, op *wire.Operation, path string) []permission {
	own := "arn:" + policy.Partition(who.Region) + ":apigateway:" + who.Region + "::"
	label, tags := strings.CutPrefix(path, "/tags/")
	if !tags {
		return []permission{{"apigateway:" + op.Method, own + path}}
	}
	arn := plainARN(label, who.Region, own)
	needed := []permission{{"apigateway:" + op.Method, own + "/tags/" + wire.EscapeLabel(arn)}}
	if op.Name == "TagResource" {
		needed = append(needed, permission{"apigateway:PATCH", arn})
	}
	return needed
}

// plainARN unescapes the ARN of a resource and brings it to the one form that
// policies have for it: own and a path. Operations take it with an account and
// of another partition as well, by which no policy is to be passed by.
func plainARN(label, region, own string) string {
	arn, err := url.PathUnescape(label)
	if err != nil {
		return label
	}
	const members = 6 // arn:partition:service:region:account:path
	parts := strings.SplitN(arn, ":", members)
	if len(parts) == members && parts[2] == "apigateway" && parts[3] == region && strings.HasPrefix(parts[5], "/") {
		return own + parts[5]
	}
	return arn
}

// callerContext is the context of a control plane call for policies: the
// values of callerKeys.
func callerContext(who *wire.Caller, now time.Time) func(string) []string {
	return func(key string) []string {
		switch key {
		case "aws:currenttime":
			return []string{now.UTC().Format(time.RFC3339)}
		case "aws:epochtime":
			return []string{strconv.FormatInt(now.Unix(), 10)}
		case "aws:requestedregion":
			return []string{who.Region}
		}
		if v, ok := policy.PrincipalValue(who.Principal, key); ok {
			return []string{v}
		}
		return nil
	}
}
