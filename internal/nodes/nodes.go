// Package nodes says which processes share a store: each has a lease there, which tells
// what it is and up to which revision it serves what was published.
//
// What a node serves, and what becomes of it when the store is away, it leaves to others.
package nodes

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A Role is what a node does.
type Role string

// The roles.
const (
	All     Role = ""        // everything
	Gateway Role = "gateway" // serves stages
	Control Role = "control" // answers the API
)

// String is what people call the role.
func (r Role) String() string { return cmp.Or(string(r), "all") }

// ServesStages reports whether stages answer at a node of the role.
func (r Role) ServesStages() bool { return r != Control }

// Controls reports whether a node of the role answers the API, and writes.
func (r Role) Controls() bool { return r != Gateway }

// A Node is what a lease says.
type Node struct {
	ID       string         `json:"id"` // of the process: another one after a restart
	Role     Role           `json:"role,omitempty"`
	Version  string         `json:"version"`
	Address  string         `json:"address"` // by which operators know it
	Revision store.Revision `json:"revision"`
	Started  time.Time      `json:"started"` // by its own clock

	SecretsKey string `json:"secretsKey,omitempty"` // the id of the key that seals; "" for none, and of versions that do not say it
	Valkey     bool   `json:"valkey,omitempty"`     // whether it shares limits and caches

	Age time.Duration `json:"-"` // since it was heard of, by the database's clock
}

// A Store has the leases; *store.Store is one.
type Store interface {
	Renew(ctx context.Context, id string, data []byte) (held bool, err error)
	Leases(ctx context.Context) ([]store.Lease, error)
	EndLease(ctx context.Context, id string) error
}

// Options are the parts of a Registry.
type Options struct {
	Store Store
	Self  Node // its ID, Role, Version, Address and Started

	// Serves returns the revision up to which this process serves what was published, and
	// what is closed when that has changed.
	Serves func() (store.Revision, <-chan struct{})

	// Beat is called before each renewal, with the time that it has. It finds out how far
	// the store is. Nil does nothing.
	Beat func(ctx context.Context) (store.Revision, error)

	// Differs says in what this process is set up otherwise than another, where that is a
	// mistake, which the log then tells. Nil tells nothing.
	Differs func(*Node) []string

	Log *slog.Logger // nil discards
}

// A Registry has the lease of this process, and knows the others. Its methods are safe for
// concurrent use.
type Registry struct {
	o     Options
	pulse pulse

	mu      sync.Mutex
	all     []Node
	looked  time.Time         // when all was read
	missed  map[string]missed // nodes that the store has forgotten, by their ids
	renewed time.Time         // when the lease was renewed; zero for never
	tried   time.Time         // when the last try began that has ended
	err     error             // of that
	failed  int               // tries since the last that did not
	behind  store.Revision    // what has to be served before the node is current again
	lapses  int               // times that the lease had run out
	late    int               // waits that ended before all nodes served
	told    map[string]bool   // nodes that were compared with this one, by their ids
	next    *looking          // which begins soon; nil while nobody waits for one
	looks   bool              // lookAll runs
	last    time.Time         // when it has looked last
}

// A missed is a node that had a lease when the store forgot all of them, as a database does
// that has crashed or failed over: the node takes its lease for held until it has renewed
// it or it runs out.
type missed struct {
	node  Node
	until time.Time
}

// What a Registry does, and when.
const (
	every   = time.Second           // the lease is renewed
	soonest = 50 * time.Millisecond // after one renewal, where another revision is served
	patient = 3 * time.Second       // for one renewal
	polled  = 20 * time.Millisecond // between looks while somebody waits for the others
	apart   = 5 * time.Millisecond  // between looks, however many wait
)

// New makes a Registry. Nothing is renewed before Run.
func New(o Options) *Registry {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Registry{o: o, pulse: pulse{zero: time.Now()}}
}

// Run renews the lease until ctx ends, and ends it then.
func (r *Registry) Run(ctx context.Context) {
	go r.beat(ctx)
	for {
		rev, moved := r.o.Serves()
		r.renew(ctx, rev)
		if !wait(ctx, soonest, nil) {
			break
		}
		if !r.old() && !wait(ctx, every-soonest, moved) {
			break
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patient)
	defer cancel()
	_ = r.o.Store.EndLease(last, r.o.Self.ID) // else it runs out
}

// Join gives the process its lease for the first time, before Run: others wait for it from
// then on. It returns when what the store had by then is served, so that who asks this
// process next gets nothing older; when the store does not answer; or after 3 s for each.
func (r *Registry) Join(ctx context.Context) {
	rev, _ := r.o.Serves()
	r.renew(ctx, rev)
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	for {
		rev, moved := r.o.Serves()
		r.mu.Lock()
		done := r.err != nil || rev >= r.behind
		r.mu.Unlock()
		if done || !wait(ctx, patient, moved) {
			return
		}
	}
}

// wait waits for a time or until moved is closed. It returns false when ctx ends.
func wait(ctx context.Context, d time.Duration, moved <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-moved:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// renew renews the lease and looks at the others.
func (r *Registry) renew(ctx context.Context, rev store.Revision) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	begun := time.Now()
	var known store.Revision
	var err error
	if r.o.Beat != nil {
		known, err = r.o.Beat(ctx)
	}
	self := r.o.Self
	self.Revision = rev
	data, held := []byte(nil), false
	if err == nil {
		data, err = json.Marshal(&self)
	}
	if err == nil {
		held, err = r.o.Store.Renew(ctx, self.ID, data)
	}
	if err == nil && !held && r.o.Beat != nil {
		known, err = r.o.Beat(ctx) // what was done before the lease was there nobody has waited with
	}
	var all []Node
	if err == nil {
		all, err = r.look(ctx)
	}
	stopped := !r.pulse.beats(time.Now()).IsZero() // others may have done without it, or not waited for it any longer
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.err
	r.tried, r.err, r.failed = begun, err, r.failed+1
	if err == nil || !stopped {
		r.failed = 0
	}
	if err != nil {
		if before == nil && ctx.Err() != context.Canceled {
			r.o.Log.Warn("the lease of this node is not renewed: others do without it", "error", err)
		}
		return
	}
	if !held || stopped {
		r.behind = max(r.behind, known)
	}
	if !held && r.held() {
		r.forgotten()
	}
	if !held && !r.renewed.IsZero() {
		r.lapses++
		r.o.Log.Warn("the lease of this node had run out: it catches up with what others have done", "for", begun.Sub(r.renewed).Round(time.Millisecond), "revision", int64(known))
	}
	r.all, r.looked, r.renewed = all, time.Now(), begun
	r.differ(all)
}

// forgotten notes who had a lease when the store forgot all of them. The lock is held.
func (r *Registry) forgotten() {
	for _, n := range r.all {
		until := r.looked.Add(store.LeaseTime - n.Age)
		if n.ID == r.o.Self.ID || !until.After(time.Now()) {
			continue
		}
		if r.missed == nil {
			r.missed = make(map[string]missed)
		}
		r.missed[n.ID] = missed{n, until}
	}
}

// withMissed adds to the nodes that the store knows those that it has forgotten and that
// may take their leases for held still.
func (r *Registry) withMissed(all []Node) []Node {
	known := func(id string) bool { return slices.ContainsFunc(all, func(n Node) bool { return n.ID == id }) }
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held() && !known(r.o.Self.ID) {
		r.forgotten() // this node renews its own soon
	}
	for id, m := range r.missed {
		switch {
		case known(id) || !m.until.After(time.Now()):
			delete(r.missed, id)
		default:
			all = append(all, m.node)
		}
	}
	return all
}

// look reads the leases.
func (r *Registry) look(ctx context.Context) ([]Node, error) {
	leases, err := r.o.Store.Leases(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Node, 0, len(leases))
	for _, l := range leases {
		n := Node{}
		if json.Unmarshal(l.Data, &n) != nil || n.ID != l.ID {
			continue // of another version, which says other things
		}
		n.Age = l.Age
		out = append(out, n)
	}
	return out, nil
}

// A looking is a look at the leases, for all who have asked before it begins.
type looking struct {
	done chan struct{}
	all  []Node
	err  error
}

// lookNext reads the leases as they are from now on, with those that the store has
// forgotten. Many who wait for other nodes ask together.
func (r *Registry) lookNext(ctx context.Context) ([]Node, error) {
	r.mu.Lock()
	l := r.next
	if l == nil {
		l = &looking{done: make(chan struct{})}
		r.next = l
	}
	if !r.looks {
		r.looks = true
		go r.lookAll()
	}
	r.mu.Unlock()
	select {
	case <-l.done:
		return slices.Clone(l.all), l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lookAll looks for as long as somebody asks.
func (r *Registry) lookAll() {
	for {
		r.mu.Lock()
		if r.looks = r.next != nil; !r.looks {
			r.mu.Unlock()
			return
		}
		soon := time.Until(r.last.Add(apart))
		r.mu.Unlock()
		time.Sleep(soon)
		r.mu.Lock()
		l := r.next
		r.next, r.last = nil, time.Now()
		r.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), patient)
		if l.all, l.err = r.look(ctx); l.err == nil {
			l.all = r.withMissed(l.all)
		}
		cancel()
		close(l.done)
	}
}

// Nodes returns those that are live, in the order of their ids, as they were at the last
// look; their ages are those of now.
func (r *Registry) Nodes() []Node {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.all)
	for i := range all {
		all[i].Age += time.Since(r.looked)
	}
	return all
}

// Serving returns how many nodes are live and serve stages, as they were at the last look.
func (r *Registry) Serving() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.all {
		if r.all[i].Role.ServesStages() {
			n++
		}
	}
	return n
}

// Self is this node, and whether its lease is held by what is known now.
func (r *Registry) Self() (n Node, held bool) {
	n = r.o.Self
	n.Revision, _ = r.o.Serves()
	r.mu.Lock()
	defer r.mu.Unlock()
	return n, r.held()
}

// held is by the clock of this process, which goes on while it is stopped. A lease that
// was renewed just before it ran out may be held a moment longer than this says.
func (r *Registry) held() bool {
	return !r.renewed.IsZero() && time.Since(r.renewed) < store.LeaseTime
}

// ErrNoLease says that a process must not write now: its lease has run out, so that others
// may have done without it.
var ErrNoLease = errors.New("the lease of this node has run out")

// May returns ErrNoLease while this process must not write: it was stopped or cut off, and
// has not yet read what was done meanwhile.
func (r *Registry) May() error {
	if r.Current() {
		return nil
	}
	return ErrNoLease
}

// Current reports whether the lease is held and everything is served that the store had
// when it was last got back.
func (r *Registry) Current() bool {
	rev, _ := r.o.Serves()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held() && rev >= r.behind
}

// Leads reports whether this node does what one of all does for the others: the first by
// its id of those that are live and write.
func (r *Registry) Leads() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.held() {
		return false
	}
	for _, n := range r.all {
		if n.Role.Controls() {
			return n.ID == r.o.Self.ID
		}
	}
	return false
}

// Counts are how often the lease had run out, and how many waits ended before all nodes
// served what they waited for.
func (r *Registry) Counts() (lapses, late int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lapses, r.late
}

// Wait waits until all nodes that are live and serve stages serve a revision, until ctx
// ends or the time is over. It returns those that do not: where there are any the log and
// Counts tell it.
func (r *Registry) Wait(ctx context.Context, rev store.Revision, limit time.Duration) []Node {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begun, last := time.Now(), []Node(nil)
	for {
		all, err := r.lookNext(ctx)
		behind := slices.DeleteFunc(all, func(n Node) bool { return !n.Role.ServesStages() || n.ID == r.o.Self.ID || n.Revision >= rev })
		if err == nil && len(behind) == 0 {
			return nil
		}
		if err == nil {
			last = behind
		}
		if ctx.Err() == nil && wait(ctx, polled, nil) {
			continue
		}
		if err != nil {
			behind = last
		}
		if behind == nil {
			behind = r.unknown(rev)
		}
		r.mu.Lock()
		r.late++
		r.mu.Unlock()
		names := make([]string, len(behind))
		for i, n := range behind {
			names[i] = n.Address
		}
		r.o.Log.Warn("a change is acknowledged that not all nodes serve yet", "revision", int64(rev), "nodes", names, "after", time.Since(begun).Round(time.Millisecond))
		return behind
	}
}

// unknown are the nodes that were not heard to serve a revision.
func (r *Registry) unknown(rev store.Revision) []Node {
	return slices.DeleteFunc(r.Nodes(), func(n Node) bool { return !n.Role.ServesStages() || n.ID == r.o.Self.ID || n.Revision >= rev })
}
