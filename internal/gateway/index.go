package gateway

import (
	"maps"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/tlspolicy"
)

// A Change is one stage that came, changed or went.
type Change struct {
	APIID string
	Name  string
	Stage *snapshot.Stage // what it is now; nil when it is gone

	// Err is why nobody knows what the stage is now. Its requests are answered 500
	// until the next change; Stage is nil then.
	Err error
}

// An index finds stages. Look-ups take no lock; whoever changes it holds
// Gateway.applying.
type index struct {
	apis     atomic.Pointer[map[string]stages] // by lower-case API id; never written to
	settings func(*snapshot.Stage) Settings
}

// Settings are a stage's settings, made ready when they are published: once for the
// program that is bound to them and for the requests that reach none. They never
// change.
type Settings interface {
	// Stage returns the settings as they were published.
	Stage() *snapshot.Stage
	// Refused is told what came of a request for the stage that the gateway answered
	// by itself: it was too large, or no clear request, or the stage could not be
	// loaded. It may be called by many goroutines.
	Refused(*httpmsg.Request, *httpmsg.Done)
}

// unlogged are the settings of a stage of which nobody wants to know.
type unlogged struct{ stage *snapshot.Stage }

func (u unlogged) Stage() *snapshot.Stage                  { return u.stage }
func (u unlogged) Refused(*httpmsg.Request, *httpmsg.Done) {}

// stages are those of one API by name. Never written to once in an index.
type stages map[string]*entry

// An entry is one stage as it was published once, and what serves it when
// that has been loaded.
type entry struct {
	stage    *snapshot.Stage   // nil where err is set
	settings Settings          // of the stage
	err      error             // why the stage cannot be served; nil for most
	policy   *tlspolicy.Policy // of the API's own choice; nil where it made none
	bound    atomic.Pointer[binding]
	gone     bool // replaced or removed; guarded by programs.mu
}

func newIndex(settings func(*snapshot.Stage) Settings) *index {
	if settings == nil {
		settings = func(st *snapshot.Stage) Settings { return unlogged{st} }
	}
	x := &index{settings: settings}
	x.apis.Store(&map[string]stages{})
	return x
}

// find looks a stage up: the API without regard to case, the stage as it is.
// known tells an API that has no such stage from one that is unknown.
func (x *index) find(api, stage string) (e *entry, known bool) {
	of := x.stagesOf(api)
	return of[stage], of != nil
}

// stagesOf returns the stages of an API, nil for one that is unknown.
func (x *index) stagesOf(api string) stages {
	apis := *x.apis.Load()
	of, known := apis[api]
	if !known {
		var buf [64]byte
		of = apis[string(appendLower(buf[:0], api))]
	}
	return of
}

// appendLower appends s with its ASCII letters in lower case.
func appendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// A swap is what one change does to the index.
type swap struct{ old, new *entry }

// plan makes the entries for changes. The caller keeps others from changing
// the index until publish.
func (x *index) plan(changes []Change) (next map[string]stages, swaps []swap) {
	next = maps.Clone(*x.apis.Load())
	copied := make(map[string]bool, 1)
	for _, c := range changes {
		api := string(appendLower(nil, c.APIID))
		if !copied[api] {
			copied[api] = true
			if next[api] = maps.Clone(next[api]); next[api] == nil {
				next[api] = stages{}
			}
		}
		s := swap{old: next[api][c.Name]}
		switch {
		case c.Stage != nil:
			s.new = &entry{stage: c.Stage, settings: x.settings(c.Stage), policy: tlspolicy.Find(c.Stage.SecurityPolicy)}
		case c.Err != nil:
			s.new = &entry{err: c.Err}
		}
		if delete(next[api], c.Name); s.new != nil {
			next[api][c.Name] = s.new
		}
		swaps = append(swaps, s)
	}
	for api := range copied {
		if len(next[api]) == 0 {
			delete(next, api)
		}
	}
	return next, swaps
}

// publish makes next what look-ups see.
func (x *index) publish(next map[string]stages) { x.apis.Store(&next) }
