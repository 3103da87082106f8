package credentials

import (
	"crypto/subtle"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// Callers are those of a credentials file, which may be replaced, and the sessions of
// them and of the roles that IAM has made. They are safe for concurrent use. Nil has none.
type Callers struct {
	seal    *sealer
	sealed  []*sealer               // by the keys before, which open
	keyring atomic.Pointer[Keyring] // nil while there is no file
	made    madeRoles
}

// New makes Callers without a file. key seals the tokens of sessions, and those that it or
// one of before has sealed are known: processes that have the same keys know each other's.
func New(key Key, before ...Key) *Callers {
	cs := &Callers{seal: newSealer(key)}
	for _, k := range before {
		cs.sealed = append(cs.sealed, newSealer(k))
	}
	return cs
}

// open reads a token by the key that has sealed it.
func (cs *Callers) open(accessKeyID, token string) (by *sealer, what *claims, err error) {
	if what, err = cs.seal.open(accessKeyID, token); err == nil {
		return cs.seal, what, nil
	}
	for _, by := range cs.sealed {
		if what, err := by.open(accessKeyID, token); err == nil {
			return by, what, nil
		}
	}
	return nil, nil, err
}

// Use takes another file's callers, nil for none, in the place of those that there
// were.
func (cs *Callers) Use(k *Keyring) { cs.keyring.Store(k) }

// Known reports whether there is a credentials file.
func (cs *Callers) Known() bool { return cs != nil && cs.keyring.Load() != nil }

// HasAccount reports whether somebody of an account can call: by a key of the file that is
// not disabled, or in a session of a role.
func (cs *Callers) HasAccount(account string) bool {
	if !cs.Known() {
		return false
	}
	k := cs.keyring.Load()
	for _, c := range k.byKey {
		if c.Account == account && !c.Credential.Disabled {
			return true
		}
	}
	for _, r := range k.roles {
		if r.account == account {
			return true
		}
	}
	return cs.made.hasAccount(account)
}

// Find returns who has an access key id and the session token that came with it, ""
// for none. The caller's key may be disabled, or its session over: that is in its
// Credential.
func (cs *Callers) Find(accessKeyID, token string) (*Caller, bool) {
	if !cs.Known() {
		return nil, false
	}
	k := cs.keyring.Load()
	if c := k.byKey[accessKeyID]; c != nil {
		return c, subtle.ConstantTimeCompare([]byte(c.Credential.SessionToken), []byte(token)) == 1
	}
	return cs.session(k, accessKeyID, token)
}

// Credential is a sigv4.Options.Lookup.
func (cs *Callers) Credential(accessKeyID, token string) (sigv4.Credential, bool) {
	c, ok := cs.Find(accessKeyID, token)
	if !ok {
		return sigv4.Credential{}, false
	}
	return c.Credential, true
}

// Usable is Credential for those who are told nothing of a key that is disabled: it
// counts as unknown, before the signature is looked at.
func (cs *Callers) Usable(accessKeyID, token string) (sigv4.Credential, bool) {
	c, ok := cs.Credential(accessKeyID, token)
	return c, ok && !c.Disabled
}

// Judge returns who a caller is by the file that counts now: somebody else's word for
// it may be older.
func (cs *Callers) Judge(accessKeyID, token string, now time.Time) (*Caller, bool) {
	c, ok := cs.Find(accessKeyID, token)
	if !ok || c.Credential.Disabled || c.Credential.IsOver(now) {
		return nil, false
	}
	return c, true
}
