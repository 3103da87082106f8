// Package functions runs Lambda functions as processes of this machine.
//
// A [Function] has workers: processes that take one call after the other through
// Lambda's Runtime API (version 2018-06-01), which each of them is served at an address
// of its own on the loopback interface. It answers as Lambda's operations Invoke and
// InvokeWithResponseStream do, errors included, to callers in this process.
//
// What a worker does harms nobody else: its memory, its time and its output are
// bounded, and nothing of it is left when it ends.
package functions
