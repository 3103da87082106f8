// Package cache keeps the answers of methods for a time, so that a backend is not
// asked again what it was asked a moment ago.
//
// Each stage that caches has a Part, under whose keys its answers are kept. What a key
// is made of is the pipeline's to say: two requests with the same key get the same
// answer, whoever sends them. Parts share one Store, which bounds the bytes of all of
// them, and each has a bound of its own. Of many calls that miss the same key at once
// one calls the backend, and the others wait for its answer.
package cache
