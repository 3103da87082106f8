package main

import "sort"

// printedOrder returns the values of an enumeration in the order in which the
// service prints them in its errors.
//
// The service keeps them in a hash table of 32 buckets over Java's String
// hash, whose collisions chain with the newest entry first, and prints that
// table. All six sets that were recorded come out of this rule, collisions
// included; the tests hold them.
func printedOrder(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[len(values)-1-i] = v
	}
	sort.SliceStable(out, func(i, j int) bool { return bucket(out[i]) < bucket(out[j]) })
	return out
}

// bucket is the place of s in the service's hash table.
func bucket(s string) uint32 {
	var h uint32
	for i := 0; i < len(s); i++ {
		h = 31*h + uint32(s[i])
	}
	return h % 32
}
