package credentials

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// The madeRoles are the roles that IAM has made, with the policies that can be attached to
// them. They are kept as they were published, and read when a session of one is opened.
type madeRoles struct {
	changes atomic.Uint64 // how often any of them has changed

	mu       sync.Mutex
	roles    map[string]*snapshot.Role // by ARN
	policies map[string]string         // documents, by ARN
	ready    map[string]*role          // by ARN; compiled since the last change, nil for one that cannot be read
}

// SetRole takes a role that IAM has made, in the place of what there was under its ARN, or
// takes it away with nil. Sessions that there are follow at once.
func (cs *Callers) SetRole(arn string, r *snapshot.Role) {
	if cs == nil {
		return
	}
	cs.made.mu.Lock()
	defer cs.made.mu.Unlock()
	if r == nil {
		delete(cs.made.roles, arn)
	} else {
		if cs.made.roles == nil {
			cs.made.roles = make(map[string]*snapshot.Role)
		}
		cs.made.roles[arn] = r
	}
	cs.made.changed()
}

// SetManagedPolicy is SetRole for a policy that can be attached to roles.
func (cs *Callers) SetManagedPolicy(arn string, p *snapshot.ManagedPolicy) {
	if cs == nil {
		return
	}
	cs.made.mu.Lock()
	defer cs.made.mu.Unlock()
	if p == nil {
		delete(cs.made.policies, arn)
	} else {
		if cs.made.policies == nil {
			cs.made.policies = make(map[string]string)
		}
		cs.made.policies[arn] = p.Document
	}
	cs.made.changed()
}

// changed notes a change. The caller holds m.mu.
func (m *madeRoles) changed() {
	m.ready = nil
	m.changes.Add(1)
}

// hasAccount reports whether there is a role of an account.
func (m *madeRoles) hasAccount(account string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for arn := range m.roles {
		if policy.AccountOf(arn) == account {
			return true
		}
	}
	return false
}

// role returns the role of an ARN, nil for none. One of the file counts before one that IAM
// has made, and hides those of its name.
func (cs *Callers) role(k *Keyring, arn string) *role {
	if r := k.roles[arn]; r != nil {
		return r
	}
	if k.HasRoleNamed(policy.AccountOf(arn), arn[strings.LastIndexByte(arn, '/')+1:]) {
		return nil
	}
	return cs.made.role(arn)
}

// maxReady bounds the roles that are kept ready.
const maxReady = 1000

// role returns a role, nil where there is none or it cannot be read. Sessions share it.
func (m *madeRoles) role(arn string) *role {
	m.mu.Lock()
	defer m.mu.Unlock()
	made := m.roles[arn]
	if made == nil {
		return nil
	}
	r, ok := m.ready[arn]
	if ok {
		return r
	}
	if m.ready == nil || len(m.ready) >= maxReady {
		m.ready = make(map[string]*role)
	}
	r = m.compile(made)
	m.ready[arn] = r
	return r
}

// HasRoleNamed reports whether the file has a role of a name, in any case, in an account, or
// a session of one.
func (k *Keyring) HasRoleNamed(account, name string) bool {
	_, ok := k.named[nameID(account, "role", name)]
	return ok
}

// HasFileRole is Keyring.HasRoleNamed of the file that counts now.
func (cs *Callers) HasFileRole(account, name string) bool {
	return cs.Known() && cs.keyring.Load().HasRoleNamed(account, name)
}

// compile makes a role ready. A document that is not there or cannot be read, which a
// version of this program that reads otherwise may have let in, makes it nobody's.
func (m *madeRoles) compile(from *snapshot.Role) *role {
	r := &role{arn: from.ARN, account: policy.AccountOf(from.ARN), maxSession: time.Duration(from.MaxSession) * time.Second, id: from.ID}
	var err error
	if r.trust.policy, err = parseMade(from.Trust, policy.TrustPolicy); err != nil || from.ID == "" {
		return nil
	}
	attached, ok := m.documents(from.Attached)
	if !ok {
		return nil
	}
	var own []*policy.Policy
	for _, text := range append(attached, from.Policies...) {
		p, err := parseMade(text, policy.IdentityPolicy)
		if err != nil {
			return nil
		}
		own = append(own, p)
	}
	r.policy.policy = policy.Join(own...)
	if from.Boundary == nil {
		return r
	}
	text := from.Boundary.Document
	if text == "" {
		text = m.policies[from.Boundary.ARN]
	}
	if r.boundary = policy.Join(); text == "" { // which allows nothing
		return r
	}
	if r.boundary, err = parseMade(text, policy.IdentityPolicy); err != nil {
		return nil
	}
	return r
}

// documents are those of the policies that are attached to a role. Those of AWS that are
// not known say nothing. ok is false where one of an account is not known: it may deny.
func (m *madeRoles) documents(arns []string) (out []string, ok bool) {
	for _, arn := range arns {
		switch text := m.policies[arn]; {
		case text != "":
			out = append(out, text)
		case policy.AccountOf(arn) != "aws":
			return nil, false
		}
	}
	return out, true
}

// maxDocument bounds the documents of IAM, in characters. IAM itself takes less, but for
// white space.
const maxDocument = 131072

// parseMade reads a document that IAM has taken, which is written for all of AWS.
func parseMade(text string, kind policy.Kind) (*policy.Policy, error) {
	return policy.Parse(text, policy.Options{Kind: kind, MaxLength: maxDocument, Foreign: true})
}
