// Package credentials knows the callers that a credentials file names: the owners of
// its access keys, the roles that they may assume, and their sessions. Both planes
// look them up here, so that whoever may call the one is who signs for the other.
//
// A [Keyring] is what a file says, read once. [Callers] has the one that counts now,
// which is replaced when the file changes, and gives and opens sessions. What a
// session is allowed, its token says by itself: nothing is kept of it, so that any
// number can be given, they outlive a restart with the key that seals them, and
// another node with this key and the same file knows them as well. For that they
// cannot be called back one by one: a session ends when its time is over, when the
// access key that asked for it or its role is taken out of the file, or when the key
// that seals them is replaced.
//
// Whether a request was signed by a caller is for package sigv4, and what a policy
// says for package policy.
package credentials
