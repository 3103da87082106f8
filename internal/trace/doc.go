// Package trace records what happens to one call of a stage, step by step, and
// prints the record: as an execution log in AWS's words, and as a block for
// people at a terminal.
//
// The steps that serve a call tell a Trace what they do. Most calls have none:
// every method of a nil Trace does nothing, and no caller has to look first. A
// Trace copies what it keeps, so it outlives the call. One goroutine at a time
// may use it.
package trace
