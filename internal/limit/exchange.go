package limit

import "context"

// An Exchange is the store that nodes share, in which the tokens and the counts of all
// of them are. It is safe for concurrent use.
type Exchange interface {
	// Exchange tells what this node has used and asks for more, of many shares at once.
	// The answers are in the order of the asks. An error is of all of them: nothing is
	// known of what has become of them then. It has an end.
	Exchange(ctx context.Context, asks []Ask) ([]Answer, error)

	// Away reports whether the store is not there, as far as is known.
	Away() bool
}

// An Ask is what a node tells of a share of it, and what it wants.
type Ask struct {
	ID    string  // of what is bounded
	Held  int64   // tokens that the node has of what it was given before
	Need  int64   // tokens that are wanted; as many as there are come
	Extra int64   // tokens that would be used soon; a part of those that are left come
	Nodes int     // of which each may want some
	Rate  Rate    // of what is bounded, where it is a bucket
	Debt  float64 // tokens that the node took by itself; below 0, those that it gives back

	// Where what is bounded is a count:
	Period Period
	Count  int64  // what this node has counted in the period
	Saved  *Saved // what is known of the others; nil where the store is expected to know
}

// A Saved is what was saved of a count, when the store that nodes share knows nothing of
// it.
type Saved struct {
	Base    int64            // beside what nodes have counted; it can be below 0
	Version int64            // of Base: it grows with each change
	Nodes   map[string]int64 // what each node has counted, this one too
}

// An Answer is what a share gets.
type Answer struct {
	Given int64
	Left  float64 // tokens that nobody has, which can be below 0
	Count int64   // what the store knows that this node has counted
	Total int64   // what all nodes have counted, the base with it

	Counted int64 // the same without the base

	// Unknown is that the store knows nothing of the count: Saved has to be told.
	Unknown bool

	// Failed is that this ask alone was not answered, or by what makes no sense.
	Failed bool
}
