//go:build !race

package control_test

import (
	"testing"
	"time"
)

// The race detector slows the parts of a call by different factors: these shares of time
// are looked at without it.

// held is how long others could not write while fn ran, at most, and how long fn
// took.
func (l *load) held(fn func()) (held, took time.Duration) {
	l.Helper()
	if before := l.store.Held(); before > 20*time.Millisecond {
		l.Logf("held for %v before", before)
	}
	begun := time.Now()
	fn()
	return l.store.Held(), time.Since(begun)
}

// What takes long is done before its turn: others wait for a part of it alone.
func TestLongWritesHoldOthersBriefly(t *testing.T) {
	const resources = 2000
	for name, call := range map[string]func(l *load){
		"CreateDeployment": func(l *load) {
			l.call("POST", "/restapis/"+l.api+"/deployments", `{"stageName": "prod"}`, 201)
		},
		"CreateRestApi that clones": func(l *load) {
			l.call("POST", "/restapis", `{"name": "clone", "cloneFrom": "`+l.api+`"}`, 201)
		},
		"DeleteModel": func(l *load) { l.call("DELETE", "/restapis/"+l.api+"/models/Error", "", 202) },
		"ImportRestApi": func(l *load) {
			l.call("POST", "/restapis?mode=import", manyPaths(resources), 201)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoad(t, t.TempDir(), 1)
			if name != "ImportRestApi" {
				l.grow(resources)
				l.reopen()
			}
			held, took := l.held(func() { call(l) })
			t.Logf("others waited for %v of %v", held, took)
			if held > took/2 {
				t.Errorf("others waited for %v of the %v that the call took", held, took)
			}
		})
	}
}
