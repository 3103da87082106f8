package credentials

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// A Key seals the tokens of sessions and makes their secrets.
type Key [32]byte

// NewKey makes a key that nobody else has.
func NewKey() (k Key) {
	_, _ = rand.Read(k[:]) // ends the process where there is no randomness
	return k
}

// A sealer makes and opens the tokens of sessions.
type sealer struct {
	aead   cipher.AEAD
	secret []byte // key that secrets are made with
}

func newSealer(key Key) *sealer {
	block, err := aes.NewCipher(derive(key, "token"))
	if err != nil {
		panic(err) // not of a key of 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // not of AES
	}
	return &sealer{aead, derive(key, "secret")}
}

// derive makes a key for one purpose.
func derive(key Key, purpose string) []byte {
	out, err := hkdf.Expand(sha256.New, key[:], "gatehouse session "+purpose, len(key))
	if err != nil {
		panic(err) // not of 32 bytes
	}
	return out
}

// A claims is what a token says of a session.
type claims struct {
	Issuer  string `json:"k"`           // access key id of the file with which it began; "" where the operator gave it, of a role
	Role    string `json:"r,omitempty"` // ARN; "" for a session of the issuer's own
	RoleID  string `json:"u,omitempty"` // of a role that IAM has made; "" for one of the file
	Name    string `json:"n,omitempty"` // of the role's session
	Issued  int64  `json:"i"`           // seconds since 1970
	Expires int64  `json:"e"`
	Policy  string `json:"p,omitempty"` // JSON; "" bounds nothing
}

// sessionPrefix is what the access key ids of sessions begin with.
const sessionPrefix = "ASIA"

// newSessionKeyID makes an access key id of 20 characters, as AWS's are.
func newSessionKeyID() string {
	var random [10]byte
	_, _ = rand.Read(random[:])
	return sessionPrefix + base32.StdEncoding.EncodeToString(random[:])
}

// secretOf makes the secret of a session from its access key id: 40 characters, as
// AWS's have.
func (s *sealer) secretOf(accessKeyID string) string {
	const size = 30
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(accessKeyID))
	return base64.StdEncoding.EncodeToString(h.Sum(nil)[:size])
}

// tokenForm says how tokens are made, in their first character; another one makes the
// tokens of older versions unknown.
const tokenForm = "1"

var tokenText = base64.RawURLEncoding.Strict()

// token makes the token of a session, which is bound to its access key id.
func (s *sealer) token(accessKeyID string, what *claims) (string, error) {
	text, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	return tokenForm + tokenText.EncodeToString(s.aead.Seal(nil, nil, text, []byte(accessKeyID))), nil
}

// maxToken bounds the tokens that are looked at, in bytes. Ours are shorter.
const maxToken = 8 << 10

var errToken = errors.New("the session token is none of this server's")

// open reads a token that came with an access key id.
func (s *sealer) open(accessKeyID, token string) (*claims, error) {
	sealed, ok := strings.CutPrefix(token, tokenForm)
	if !ok || len(token) > maxToken || !strings.HasPrefix(accessKeyID, sessionPrefix) {
		return nil, errToken
	}
	raw, err := tokenText.DecodeString(sealed)
	if err != nil {
		return nil, errToken
	}
	text, err := s.aead.Open(nil, nil, raw, []byte(accessKeyID))
	if err != nil {
		return nil, errToken
	}
	out := new(claims)
	if err := json.Unmarshal(text, out); err != nil {
		return nil, errToken
	}
	return out, nil
}

// maxOpened bounds the sessions whose callers are kept.
const maxOpened = 1000

// An opened keeps the callers of sessions, by token, so that a token is opened and its
// policy parsed once. Only tokens of ours get in. What was opened before a role changed
// does not count any more.
type opened struct {
	mu      sync.RWMutex
	callers map[string]openedCaller
}

type openedCaller struct {
	caller *Caller
	change uint64 // of the roles, before it was opened
}

func (o *opened) get(token string, change uint64) *Caller {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if c := o.callers[token]; c.change == change {
		return c.caller
	}
	return nil
}

func (o *opened) put(token string, c *Caller, change uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.callers == nil || len(o.callers) >= maxOpened {
		o.callers = make(map[string]openedCaller)
	}
	o.callers[token] = openedCaller{c, change}
}

// session returns whose session a token is of.
func (cs *Callers) session(k *Keyring, accessKeyID, token string) (*Caller, bool) {
	change := cs.made.changes.Load()
	if c := k.sessions.get(token, change); c != nil {
		return c, c.AccessKeyID == accessKeyID
	}
	by, what, err := cs.open(accessKeyID, token)
	if err != nil {
		return nil, false
	}
	accessKeyID, token = strings.Clone(accessKeyID), strings.Clone(token) // of a request, which is not kept
	c, ok := cs.caller(k, what, sigv4.Credential{
		SecretAccessKey: by.secretOf(accessKeyID), SessionToken: token, Expires: time.Unix(what.Expires, 0),
	})
	if !ok {
		return nil, false
	}
	c.AccessKeyID = accessKeyID
	k.sessions.put(token, c, change)
	return c, true
}

// caller makes the caller of a session, if whose it is is still there.
func (cs *Callers) caller(k *Keyring, what *claims, credential sigv4.Credential) (*Caller, bool) {
	c := &Caller{Credential: credential, issuer: what.Issuer, role: what.Role, issued: time.Unix(what.Issued, 0)}
	if what.Issuer != "" || what.Role == "" {
		issuer := k.byKey[what.Issuer]
		if issuer == nil || issuer.Credential.Disabled {
			return nil, false
		}
		c.Account, c.Principal, c.UserID, c.own, c.policyText = issuer.Account, issuer.Principal, issuer.UserID, issuer.own, issuer.policyText
	}
	if what.Role != "" {
		r := cs.role(k, what.Role)
		if r == nil || r.id != what.RoleID {
			return nil, false
		}
		c.Account, c.Principal, c.own, c.policyText = r.account, r.sessionARN(what.Name), r.policy.policy, r.policy.text
		if c.UserID = UserID(c.Account, c.Principal); r.id != "" {
			c.UserID = r.id + ":" + what.Name
		}
		if r.boundary != nil {
			c.bounds = append(c.bounds, Bound{"permissions boundary", r.boundary})
		}
	}
	if what.Policy != "" {
		bound, err := parseSessionPolicy(what.Policy)
		if err != nil {
			return nil, false
		}
		c.bounds = append(c.bounds, Bound{"session's policy", bound})
	}
	return c, true
}

// sessionARN is the ARN of a session of the role, which has the role's name without
// its path.
func (r *role) sessionARN(name string) string {
	prefix, _, _ := strings.Cut(r.arn, ":iam::")
	return prefix + ":sts::" + r.account + ":assumed-role/" + r.arn[strings.LastIndexByte(r.arn, '/')+1:] + "/" + name
}

// parseSessionPolicy compiles the policy of a session.
func parseSessionPolicy(text string) (*policy.Policy, error) {
	p, err := policy.Parse(text, policy.Options{Kind: policy.IdentityPolicy})
	if err != nil {
		return nil, err
	}
	return p, p.CheckKeys()
}
