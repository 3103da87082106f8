package usageplan

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Options are what a Registry works with. The zero value is for one whose counts
// end with the process.
type Options struct {
	Sink    Sink         // where counts are saved; nil saves none
	Limits  limit.Limits // nil is limit.Local; a limit.Sharing has keys share what they may with other nodes
	Account *limit.Rate  // of all stages of an account in a region together; nil for no bound
	Keep    int          // days of usage that are kept before today; 0 keeps all
	Log     *slog.Logger // nil discards
}

// A Registry has the keys and plans of all accounts. Its methods are safe for
// concurrent use, but those that begin with Set are for one goroutine at a time.
type Registry struct {
	sink    Sink
	limits  limit.Limits
	sharing *limit.Sharing // is limits, nil where nodes share nothing
	nodes   NodeSink       // is sink, nil where no other node saves
	account *limit.Rate
	keep    int
	log     *slog.Logger

	mu      sync.Mutex // of what follows, which no call of a stage looks at
	tenants map[tenantName]*tenant

	// left are the members that have left and that somebody still has: who is to save
	// them, or a call on its way from Find to Admit. Nobody but them could change what
	// the sink has, so that of the others everything is saved.
	left map[ID]weak.Pointer[member]

	saving  turnstile              // of who saves all that there is
	writing turnstile              // of who has the sink keep something
	list    atomic.Pointer[member] // of those that are not saved, the last first
}

type tenantName struct{ account, region string }

// A tenant is what an account has in a region. Only values is looked at by calls.
type tenant struct {
	tenantName
	values index
	keys   map[string]*key // by id
	plans  map[string]*plan
	level  limit.Level  // of all calls together
	share  *limit.Share // of the same; nil where nodes share nothing
}

// New returns a Registry without keys.
func New(o Options) *Registry {
	r := &Registry{
		sink: o.Sink, limits: o.Limits, account: o.Account, keep: o.Keep, log: o.Log,
		tenants: make(map[tenantName]*tenant), left: make(map[ID]weak.Pointer[member]), saving: make(turnstile, 1), writing: make(turnstile, 1),
	}
	r.sharing, _ = o.Limits.(*limit.Sharing)
	r.nodes, _ = o.Sink.(NodeSink)
	if r.sink == nil {
		r.sink = nowhere{}
	}
	if r.limits == nil {
		r.limits = limit.Local{}
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	return r
}

// tenant returns what an account has in a region. The caller holds r.mu.
func (r *Registry) tenant(name tenantName) *tenant {
	t := r.tenants[name]
	if t == nil {
		t = &tenant{tenantName: name, values: newIndex(), keys: make(map[string]*key), plans: make(map[string]*plan)}
		if r.tenants[name] = t; r.sharing != nil {
			t.share = limit.NewShare("account/" + name.account + "/" + name.region)
		}
	}
	return t
}

// named returns the tenant that a served id names, and the id within. The caller
// holds r.mu.
func (r *Registry) named(served string) (*tenant, string, error) {
	account, rest, ok := strings.Cut(served, "/")
	region, id, within := strings.Cut(rest, "/")
	if !ok || !within || id == "" {
		return nil, "", fmt.Errorf("%q is no id of an account", served)
	}
	return r.tenant(tenantName{account, region}), id, nil
}

// key returns the key of an id, made where nothing was known of it.
func (t *tenant) key(id string) *key {
	k := t.keys[id]
	if k == nil {
		k = &key{id: id}
		t.keys[id] = k
	}
	return k
}

// plan returns the plan of an id, made where nothing was known of it.
func (t *tenant) plan(id string) *plan {
	p := t.plans[id]
	if p == nil {
		p = &plan{tenant: t, id: id, members: make(map[*member]struct{})}
		t.plans[id] = p
	}
	return p
}

// tidy forgets a key and a plan of which nothing is known any more.
func (t *tenant) tidy(k *key, p *plan) {
	if k != nil && !k.known && len(k.members) == 0 {
		delete(t.keys, k.id)
	}
	if p != nil && p.terms.Load() == nil && len(p.members) == 0 {
		delete(t.plans, p.id)
	}
}

// memberOf finds a member by its id within the account, nil for none.
func (t *tenant) memberOf(id string) *member {
	plan, key, _ := strings.Cut(id, "/")
	return t.member(plan, key)
}

// member finds a key of a plan, nil for none.
func (t *tenant) member(planID, keyID string) *member {
	if k := t.keys[keyID]; k != nil {
		return k.in(planID)
	}
	return nil
}

// SetKey takes a key, by the id under which it is served, in the place of what was
// known of it. nil is that it is gone, or that nobody can read what it is now: it
// lets nobody in from then on. So does one that is refused with an error, which
// never has the value in it.
func (r *Registry) SetKey(served string, from *snapshot.APIKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, id, err := r.named(served)
	if err != nil {
		return err
	}
	k := t.key(id)
	defer func() { t.tidy(k, nil) }()
	if from != nil && (from.Value == "" || len(from.Value) > maxValue) {
		from, err = nil, fmt.Errorf("an API key has a value of 1 to %d bytes", maxValue)
	}
	if from == nil {
		k.known = false
		t.show(k)
		return err
	}
	if d := t.values.digest(from.Value); k.digest != d {
		k.known = false // with the value that it has had
		t.show(k)
		k.digest = d
	}
	k.known, k.enabled = true, from.Enabled
	t.show(k)
	return nil
}

// show has callers find a key in its plans, or not find it.
func (t *tenant) show(k *key) {
	if k.known && k.enabled {
		t.values.set(k, k.members)
	} else {
		t.values.set(k, nil)
	}
}

// SetPlan takes a plan, as SetKey takes a key. Its keys go on with the tokens that
// they have, and with what they have used of the quota.
func (r *Registry) SetPlan(served string, from *snapshot.UsagePlan) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, id, err := r.named(served)
	if err != nil {
		return err
	}
	p := t.plan(id)
	var to *terms
	if from != nil {
		to, err = newTerms(from, p.terms.Load())
	}
	p.change(to, time.Now(), r.note)
	t.tidy(nil, p)
	return err
}

// A PlanKey is the row of a key in a plan: that it is there, or that it is gone.
type PlanKey struct {
	Served string // the id under which it is served
	Gone   bool   // or nobody can read it
}

// SetPlanKeys takes keys in plans, with what was saved of their use. An error is of
// the sink: the call is to be made again. Rows whose id names no key in a plan are
// left out.
func (r *Registry) SetPlanKeys(ctx context.Context, rows []PlanKey) error {
	fresh := r.setPlanKeys(rows)
	if len(fresh) == 0 {
		return nil
	}
	unknown, err := r.restore(ctx, fresh)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range fresh {
		if _, ok := unknown[m]; ok || err != nil {
			m.plan.tenant.tidy(m.key, m.plan)
		} else {
			m.join()
		}
	}
	if err != nil {
		return fmt.Errorf("read the usage of API keys: %w", err)
	}
	return nil
}

// setPlanKeys takes keys out of plans, puts those back that have just left, and returns
// the others to be put in.
func (r *Registry) setPlanKeys(rows []PlanKey) []*member {
	r.mu.Lock()
	defer r.mu.Unlock()
	var fresh []*member
	for _, row := range rows {
		t, id, err := r.named(row.Served)
		planID, keyID, ok := strings.Cut(id, "/")
		if err != nil || !ok {
			continue
		}
		k := t.key(keyID)
		switch m := k.in(planID); {
		case row.Gone && m != nil:
			r.leave(m)
		case row.Gone:
			t.tidy(k, nil)
		case m == nil:
			if m := r.comeBack(ID(row.Served), k, t.plan(planID)); m == nil {
				fresh = append(fresh, &member{key: k, plan: t.plan(planID), id: ID(row.Served), keyID: keyID})
			}
		}
	}
	return fresh
}

// many is how many members are restored one by one at the most; for more of them all
// that was saved is read.
const many = 500

// restore gives new members what was saved of them, and returns those of which that
// cannot be read: nobody knows what is left of their quotas.
func (r *Registry) restore(ctx context.Context, fresh []*member) (unknown map[*member]struct{}, err error) {
	byID := make(map[ID]*member, len(fresh))
	for _, m := range fresh {
		byID[m.id] = m
	}
	var ids []ID
	if len(fresh) <= many {
		ids = slices.Collect(maps.Keys(byID))
	}
	unknown = make(map[*member]struct{})
	return unknown, r.sink.Load(ctx, ids, func(id ID, s State, err error) {
		switch m := byID[id]; {
		case m == nil:
		case err != nil:
			r.log.Error("what an API key has used of a usage plan cannot be read: the plan opens nothing to the key", "plan", m.plan.id, "key", m.keyID, "error", err)
			unknown[m] = struct{}{}
		default:
			m.restore(s)
		}
	})
}

// join makes a member one of its key's and its plan's. The caller holds r.mu.
func (m *member) join() {
	m.plan.members[m] = struct{}{}
	i, _ := m.key.place(m.plan.id)
	m.key.members = slices.Insert(m.key.members, i, m)
	m.plan.tenant.show(m.key)
}

// leave takes a member from its key and its plan. The caller holds r.mu.
func (r *Registry) leave(m *member) {
	t, k, p := m.plan.tenant, m.key, m.plan
	if i, ok := k.place(p.id); ok {
		k.members = slices.Delete(k.members, i, i+1)
	}
	t.show(k)
	delete(p.members, m)
	m.last = p.terms.Load()
	t.tidy(k, p)
	r.left[m.id] = weak.Make(m)
	runtime.AddCleanup(m, r.forget, m.id)
}

// forget forgets a member that has left, when nobody has it any more.
func (r *Registry) forget(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left[id].Value() == nil {
		delete(r.left, id)
	}
}

// comeBack puts a member that has left back into what are its key and its plan now,
// which can have gone meanwhile, and returns it; nil where nobody has it any more. The
// caller holds r.mu.
func (r *Registry) comeBack(id ID, k *key, p *plan) *member {
	m := r.left[id].Value()
	if m == nil {
		return nil
	}
	delete(r.left, id)
	m.key, m.plan = k, p
	p.receive(m, time.Now(), r.note)
	m.last = nil
	m.join()
	return m
}
