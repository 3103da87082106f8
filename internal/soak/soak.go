// Package soak says how much the long tests do. Each does so much in make test
// that all of them are through within minutes, and SOAK times as much, an
// environment variable that make soak sets, where somebody has the time.
package soak

import (
	"flag"
	"fmt"
	"os"
	"strconv"
)

// Factor is the value of SOAK, 1 where it is not set. It panics where that is
// no positive whole number, so that no long run turns out to have been a short one.
func Factor() int {
	text := os.Getenv("SOAK")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		panic(fmt.Sprintf("SOAK is %q, not a positive whole number", text))
	}
	return n
}

// Long reports whether the tests shall do all that they can.
func Long() bool { return Factor() > 1 }

// Times is how often or how long a test does something that it does n times, or
// for the time n, in make test.
func Times[T ~int | ~int64](n T) T { return n * T(Factor()) }

// Checks sets how many checks each property test of a package makes, n in make
// test. TestMain calls it, before flags are read: -rapid.checks outranks it.
func Checks(n int) {
	if err := flag.Set("rapid.checks", strconv.Itoa(Times(n))); err != nil {
		panic(err)
	}
}

// Fewer divides the checks of property tests by n until a test has ended, for
// checks that take much longer than others of its package. Tests that run in
// parallel must not use it.
func Fewer(t interface{ Cleanup(func()) }, n int) {
	checks := flag.Lookup("rapid.checks").Value
	all := checks.String()
	some, err := strconv.Atoi(all)
	if err == nil {
		err = checks.Set(strconv.Itoa(max(1, some/n)))
	}
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { _ = checks.Set(all) })
}
