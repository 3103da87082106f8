package credentials

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Keyring is what a credentials file says. It does not change.
type Keyring struct {
	byKey       map[string]*Caller
	byPrincipal map[string]*Caller // any one: the entries of a principal have the same policy
	roles       map[string]*role   // by ARN
	named       map[string]string  // ARNs of users and roles, by nameID; "" of a role that has sessions alone
	sessions    opened             // of these callers
	warnings    []string           // what an operator should know; no secrets
}

// Warnings are what an operator should know of the file, without secrets.
func (k *Keyring) Warnings() []string { return k.warnings }

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

// Load reads a credentials file, a YAML list such as
//
//	# who may call
//	- accessKeyId: AKIAIOSFODNN7EXAMPLE
//	  secretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
//	  account: "111122223333"
//	  principal: arn:aws:iam::111122223333:user/alice
//	  policy:
//	    Version: 2012-10-17
//	    Statement: [{Effect: Allow, Action: "execute-api:Invoke", Resource: "*"}]
//	- role: arn:aws:iam::111122223333:role/deploy
//	  trust: [arn:aws:iam::111122223333:user/alice]
//
// A key may have sessionToken and disabled too, a role maxSessionDuration and policy.
// Without a principal a key is that of the user named like it, without a policy
// everything in the account is allowed. Errors name the entry and the rule that it
// breaks and never hold its values.
func Load(path string) (*Keyring, error) {
	k, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("credentials file %s: %w", path, err)
	}
	return k, nil
}

func load(path string) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes", maxFile)
	}
	k, err := Parse(text)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows" {
		k.warnings = append(k.warnings, "every user of this machine can read the credentials file: chmod 600 "+path)
	}
	return k, nil
}

// reason is an error of a file without the file's name, which is said already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Parse reads the text of a credentials file.
func Parse(text []byte) (*Keyring, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("is not valid YAML%s", lineOf(err))
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.SequenceNode || len(doc.Content[0].Content) == 0 {
		return nil, errors.New("is not a list of credentials")
	}
	k := &Keyring{byKey: map[string]*Caller{}, byPrincipal: map[string]*Caller{}, roles: map[string]*role{}, named: map[string]string{}}
	for i, n := range doc.Content[0].Content {
		at := fmt.Sprintf("entry %d (line %d)", i+1, n.Line)
		if err := k.read(n, at); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
	}
	return k, nil
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

// askedActions are the actions that policies of callers are asked about.
var askedActions = []string{
	"apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT",
	"execute-api:Invoke", "execute-api:InvalidateCache", assumeRole,
}

// neighbours are the services beside API Gateway whose actions are asked about, too, which
// are too many to know here.
var neighbours = []string{"iam", "acm", "logs", "lambda", "gatehouse"}

// warnOfStrays warns of what a policy denies that nobody ever asks for.
func (k *Keyring) warnOfStrays(at string, d *document, actions []string) {
	for _, s := range d.policy.Strays(actions, nil) {
		if service, _, _ := strings.Cut(s.Value, ":"); slices.Contains(neighbours, service) {
			continue
		}
		k.warnings = append(k.warnings, "credentials file: "+at+": "+s.Element+": "+s.Value+" is no action that anybody asks for here: the statement does nothing with it")
	}
}

// read takes one entry: a role, or a key. at is where it is.
func (k *Keyring) read(n *yaml.Node, at string) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("is not a mapping")
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == "role" {
			r, err := readRole(n)
			if err != nil {
				return err
			}
			k.warnOfStrays(at+": policy", &r.policy, askedActions)
			k.warnOfStrays(at+": trust", &r.trust, []string{assumeRole})
			return k.addRole(r)
		}
	}
	entry, err := readKey(n)
	if err != nil {
		return err
	}
	k.warnOfStrays(at+": policy", &entry.policy, askedActions)
	return k.add(entry)
}

// add takes a key that does not contradict the others.
func (k *Keyring) add(entry *keyEntry) error {
	if k.byKey[entry.id] != nil {
		return fmt.Errorf("accessKeyId: %s is there twice", entry.id)
	}
	if same := k.byPrincipal[entry.principal]; same != nil && same.policyText != entry.policy.text {
		return fmt.Errorf("policy: differs from that of %s, which has the same principal", same.AccessKeyID)
	}
	if err := k.name("principal", entry.principal); err != nil {
		return err
	}
	c := entry.caller()
	k.byKey[c.AccessKeyID] = c
	k.byPrincipal[c.Principal] = c
	return nil
}

// addRole takes a role that is not there yet.
func (k *Keyring) addRole(r *role) error {
	if k.roles[r.arn] != nil {
		return fmt.Errorf("role: %s is there twice", r.arn)
	}
	if err := k.name("role", r.arn); err != nil {
		return err
	}
	k.roles[r.arn] = r
	return nil
}

// name takes the ARN of a user or a role whose name no other of the account has. IAM has
// one of a name, whatever its path and whatever the case of its letters, because the ARNs
// of sessions have no paths: who assumed one role would pass for who assumed the other.
func (k *Keyring) name(key, arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	account, resource := parts[4], parts[5]
	kind, path, _ := strings.Cut(resource, "/")
	switch kind {
	case "assumed-role": // the role need not be in the file, but its name is given away
		role, _, _ := strings.Cut(path, "/")
		if id := nameID(account, "role", role); k.named[id] == "" {
			k.named[id] = ""
		}
		return nil
	case "user", "role":
	default:
		return nil
	}
	id := nameID(account, kind, path[strings.LastIndexByte(path, '/')+1:])
	if other := k.named[id]; other != "" && other != arn {
		return fmt.Errorf("%s: %s and %s have the same name, which an account has once", key, other, arn)
	}
	k.named[id] = arn
	return nil
}

// nameID is what IAM has one of.
func nameID(account, kind, name string) string {
	return account + ":" + kind + "/" + strings.ToLower(name)
}
