package usageplan

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A Sink keeps what was counted between one process and the next. It is safe for
// concurrent use.
type Sink interface {
	// Load calls each with what was saved last of keys in plans; of all that there
	// are when ids is nil. The error that each gets is of a state that cannot be read.
	Load(ctx context.Context, ids []ID, each func(ID, State, error)) error

	// Save keeps records, all of them or none. They say what is so, not what has
	// changed: saving one again changes nothing.
	Save(ctx context.Context, records []Record) error

	// Days calls each with what was saved of days that are past, from one to another,
	// both included, of keys in a plan: in order of days for each of them.
	Days(ctx context.Context, of Plan, keys []string, from, to Day, each func(key string, d DayUsage)) error

	// Prune forgets the days before one, and what was saved of keys that have not
	// called since.
	Prune(ctx context.Context, before Day) error
}

// A Plan names a usage plan.
type Plan struct{ Account, Region, ID string }

// An ID names a key in a plan: the account, the region, the plan and the key, with
// slashes between. It is the id under which the key is served as one of the plan's.
type ID string

// Key names a key in the plan.
func (p Plan) Key(id string) ID {
	return ID(snapshot.OfAccount(p.Account, p.Region, snapshot.PlanKeyID(p.ID, id)))
}

// A State is what a key has used of a plan, for the next process to go on with.
type State struct {
	Period Day   `json:"period"` // the first of the quota's period; 0 for none
	Spent  int64 `json:"spent"`  // of the quota in that period
	Day    Day   `json:"day"`    // the last on which the key called; 0 for none
	Calls  int64 `json:"calls"`  // on that day
}

// A DayUsage is what a key used of a plan on a day.
type DayUsage struct {
	Day   Day
	Calls int64 // that were let in
	Left  int64 // of the quota at the end of the day; -1 without one
}

// A Record is what is to be saved of a key in a plan.
type Record struct {
	ID
	State
	Before *DayUsage // a day that is over and was not saved yet; nil for none
	Begin  *State    // of the base that nodes have together, where there is none yet; nil for none
}

// nowhere is a Sink that keeps nothing.
type nowhere struct{}

func (nowhere) Load(context.Context, []ID, func(ID, State, error)) error { return nil }
func (nowhere) Save(context.Context, []Record) error                     { return nil }
func (nowhere) Prune(context.Context, Day) error                         { return nil }
func (nowhere) Days(context.Context, Plan, []string, Day, Day, func(string, DayUsage)) error {
	return nil
}
