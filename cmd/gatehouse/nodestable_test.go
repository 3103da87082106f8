package main

import (
	"strings"
	"testing"
)

// What a node says of itself in its lease moves no terminal, and makes no line or column
// of its own.
func TestNodesTable(t *testing.T) {
	var out strings.Builder
	r := &nodesReport{Database: "follows", Nodes: []nodeReport{{Address: "a\x1b[2J\n\tb:1", Role: "\x9b31m", Version: "\r1"}}}
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.ContainsAny(got, "\x1b\u009b\r\t") || strings.Count(got, "\n") != 4 {
		t.Errorf("printed %q", got)
	}
}
