package limit

import (
	"sync"
	"time"
)

// An Owner is what buckets come and go with.
type Owner struct{ Kind, ID string }

// OwnerStage is a stage of an API, whose buckets are its methods'.
func OwnerStage(api, stage string) Owner { return Owner{"stage", api + "/" + stage} }

// A Registry holds the tokens of all buckets by what they limit, so that they
// outlive the settings that say how many there may be. Its methods are safe for
// concurrent use. They share a lock, which those of Limits do not.
type Registry struct {
	Local

	shares bool // buckets have shares

	mu     sync.Mutex
	owners map[Owner]map[string]kept
}

// kept is what stays of a bucket when its rate changes.
type kept struct {
	level *Level
	share *Share // nil where nodes share nothing
}

// NewRegistry returns a Registry whose buckets are full.
func NewRegistry() *Registry { return &Registry{owners: make(map[Owner]map[string]kept)} }

// NewSharedRegistry returns a Registry whose buckets nodes share, as far as they are used
// with a Sharing.
func NewSharedRegistry() *Registry {
	r := NewRegistry()
	r.shares = true
	return r
}

// Buckets returns buckets under rates, both by the name that an owner has for
// what they limit. The tokens are those that names had before, under the new
// rates from now on; names that are not among rates lose theirs. A rate that is
// no bound gives no bucket; one that lets nothing happen keeps the tokens for
// another to come.
func (r *Registry) Buckets(owner Owner, rates map[string]Rate, now time.Time) map[string]Bucket {
	r.mu.Lock()
	defer r.mu.Unlock()
	levels, buckets := r.under(owner, rates, now)
	if r.owners[owner] = levels; len(levels) == 0 {
		delete(r.owners, owner)
	}
	return buckets
}

// Borrow is Buckets for settings that the owner has no more, of a call that goes on
// under them: they share the tokens that there are, and leave the registry as it
// is. Names that have none get a full bucket of their own.
func (r *Registry) Borrow(owner Owner, rates map[string]Rate, now time.Time) map[string]Bucket {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, buckets := r.under(owner, rates, now)
	return buckets
}

// under returns the levels of an owner's names, new ones where it has none, and
// buckets of them.
func (r *Registry) under(owner Owner, rates map[string]Rate, now time.Time) (map[string]kept, map[string]Bucket) {
	before := r.owners[owner]
	levels, buckets := make(map[string]kept, len(rates)), make(map[string]Bucket, len(rates))
	for name, rate := range rates {
		if !rate.bounds() {
			continue
		}
		l := before[name]
		if l.level == nil {
			l.level = new(Level)
			if r.shares {
				l.share = NewShare(owner.Kind + "/" + owner.ID + name)
			}
		}
		l.level.Adopt(rate, now)
		levels[name], buckets[name] = l, Bucket{rate, l.level, l.share}
	}
	return levels, buckets
}

// Forget lets the tokens of an owner that is gone go.
func (r *Registry) Forget(owner Owner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.owners, owner)
}
