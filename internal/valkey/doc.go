// Package valkey is the client of a server of Valkey or Redis (7 and later), alone,
// behind Sentinel or as a cluster. It knows of keys, values and scripts, and nothing of
// what they mean.
//
// A Client never fails for good: while its server is away every call returns an error at
// once, and in the background the server is looked for until it is back. Each call has an
// end.
package valkey
