package metrics

import (
	"sync"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// DefaultSeries bounds the series of stages and methods where nothing else is said.
const DefaultSeries = 1000

// overflow is what labels say of the calls that have no series of their own, because
// there are as many as there may be. No API, stage or resource has this name.
const overflow = "(overflow)"

// Calls counts the calls of the stages of a process. It is safe for concurrent use.
type Calls struct {
	limit int
	rest  Series // of stages that have none

	mu     sync.Mutex
	stages map[stageKey]*Stage
	series int // that count against the limit
}

type stageKey struct{ api, stage string }

// NewCalls makes counters for up to limit series: one for each stage that is called, and
// one for each method that is called and has detailed metrics. Beyond that methods are
// counted together by stage, and stages together.
func NewCalls(limit int) *Calls {
	return &Calls{limit: limit, rest: Series{labels: labels{api: overflow, stage: overflow}}, stages: make(map[stageKey]*Stage)}
}

// Stage returns the counters of a stage. They last until Forget, whatever becomes of the
// stage's settings. Of nil Calls they are nil, and count nothing.
func (c *Calls) Stage(api, stage string) *Stage {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := stageKey{api, stage}
	s := c.stages[key]
	if s == nil {
		s = &Stage{calls: c, key: key}
		s.own.stage, s.own.key = s, seriesKey{}
		c.stages[key] = s
	}
	return s
}

// Forget lets the counters of a stage go that is gone. Calls of it that are under way
// are counted nowhere.
func (c *Calls) Forget(api, stage string) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := stageKey{api, stage}
	if s := c.stages[key]; s != nil {
		c.series -= len(s.series)
		s.series, s.gone = nil, true
		delete(c.stages, key)
	}
}

// A Stage has the counters of one stage. Nil counts nothing. Its methods are safe for
// concurrent use.
type Stage struct {
	calls *Calls
	key   stageKey
	own   Slot // of calls that are counted for the stage as a whole

	// Calls.mu guards these.
	series map[seriesKey]*Series
	over   *Series // of methods that have none of their own
	gone   bool
}

type seriesKey struct{ method, resource, canary string }

// Count adds a call that reached no method whose calls are counted apart.
func (s *Stage) Count(d *httpmsg.Done) {
	if s != nil {
		s.own.Count(d)
	}
}

// Slot returns where the calls of a method are counted: of the stage as a whole where
// method and resource are "". canary is $context.isCanaryRequest.
func (s *Stage) Slot(method, resource, canary string) *Slot {
	if s == nil {
		return nil
	}
	return &Slot{stage: s, key: seriesKey{method, resource, canary}}
}

// Keep lets go of the series of methods that are not kept.
func (s *Stage) Keep(kept func(method, resource string) bool) {
	if s == nil {
		return
	}
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	for key := range s.series {
		if key.resource != "" && !kept(key.method, key.resource) {
			delete(s.series, key)
			s.calls.series--
		}
	}
}

// A Slot is where calls are counted. Its series is made with the first of them, so that
// what nobody calls costs nothing. Nil counts nothing.
type Slot struct {
	stage  *Stage
	key    seriesKey
	series atomic.Pointer[Series]
}

// Count adds a call.
func (s *Slot) Count(d *httpmsg.Done) {
	if s == nil {
		return
	}
	series := s.series.Load()
	if series == nil {
		series = s.stage.find(s.key)
		s.series.Store(series)
	}
	series.count(d)
}

// find returns the series under a key, which is made where there is room for it.
func (s *Stage) find(key seriesKey) *Series {
	c := s.calls
	c.mu.Lock()
	defer c.mu.Unlock()
	made := &Series{labels: labels{s.key.api, s.key.stage, key.method, key.resource, key.canary}}
	switch series := s.series[key]; {
	case series != nil:
		return series
	case s.gone:
		return made // which nobody reads
	case c.series < c.limit:
		if s.series == nil {
			s.series = make(map[seriesKey]*Series)
		}
		s.series[key] = made
		c.series++
		return made
	case len(s.series) == 0:
		return &c.rest
	}
	if s.over == nil {
		s.over = &Series{labels: labels{api: s.key.api, stage: s.key.stage, method: overflow, resource: overflow}}
	}
	return s.over
}

// all lists the series that there are.
func (c *Calls) all() []*Series {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]*Series, 0, c.series+1)
	for _, s := range c.stages {
		for _, series := range s.series {
			list = append(list, series)
		}
		if s.over != nil {
			list = append(list, s.over)
		}
	}
	return append(list, &c.rest)
}

// used is how many series there are that count against the limit.
func (c *Calls) used() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.series
}
