// Package usageplan decides which calls API keys let in, bounds them and counts
// them: keys are in usage plans, a plan opens stages to its keys, and says how
// often and how many times each of them may call.
//
// A Registry has what was published of keys and plans, and what each key has used
// of each of its plans. A Stage of it stands before the calls of one stage: Find
// looks for the caller's key, and Admit takes a call through the throttles and the
// quota. Neither takes a lock that others share, waits for anything, or costs an
// allocation.
//
// What was counted is saved beside the calls, through a Sink, and is there again
// after a restart.
package usageplan
