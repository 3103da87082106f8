package pipeline

import (
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
)

// counts are where the calls of a stage are counted. The zero counts count nothing.
type counts struct {
	all     *metrics.Slot   // calls of methods that are not counted apart, and of none
	methods []*metrics.Slot // by Method.ordinal; nil for those that are not counted apart, and where none is
}

// takeCounts finds where the stage's calls are counted: those of methods apart whose
// settings ask for detailed metrics.
func (s *Stage) takeCounts(of *metrics.Stage) {
	if of == nil {
		return
	}
	s.counts.all = of.Slot("", "", s.isCanary)
	for _, m := range s.program.methods {
		if !s.methodSetting(m).MetricsEnabled {
			continue
		}
		if s.counts.methods == nil {
			s.counts.methods = make([]*metrics.Slot, len(s.program.methods))
		}
		s.counts.methods[m.ordinal] = of.Slot(m.verb, m.resourcePath, s.isCanary)
	}
}

// keepCounts lets the numbers of methods go that are counted apart no more.
func (s *Stage) keepCounts(of *metrics.Stage) {
	if of == nil {
		return
	}
	kept := make(map[[2]string]bool)
	for _, part := range []*Stage{s, s.Canary()} {
		if part == nil {
			continue
		}
		for i, slot := range part.counts.methods {
			if slot != nil {
				m := part.program.methods[i]
				kept[[2]string{m.verb, m.resourcePath}] = true
			}
		}
	}
	of.Keep(func(method, resource string) bool { return kept[[2]string{method, resource}] })
}

// count counts the call.
func (c *call) count(d *httpmsg.Done) {
	at := &c.stage.counts
	if c.method != nil && at.methods != nil {
		if slot := at.methods[c.method.ordinal]; slot != nil {
			slot.Count(d)
			return
		}
	}
	at.all.Count(d)
}

// countsAs is the class of statuses that a call counts as which ended with a gateway
// response: that of its kind, whatever status the API gave it (documented for 4XXError);
// 0 where it did not.
func (c *call) countsAs() int {
	switch {
	case c.failed == nil || c.scope.Context.Error.ResponseType == "": // it has no such response, or its stream broke off
		return 0
	case c.failed.kind.family(c.failed.status) == default5XX:
		return 5
	}
	return 4
}
