// Package runtimes knows how programs are started that run the code of Lambda
// functions: the command line of each runtime, the environment that it needs, and the
// small programs of ours that speak Lambda's Runtime API where a language brings none.
//
// It starts nothing itself, which package functions does.
package runtimes
