package control

import (
	"context"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A MethodThrottle is the place of a throttle that a usage plan has for one method of
// a stage. AWS does not ask whether there is such a method.
type MethodThrottle struct {
	Account, Region string
	Plan            string // id
	API, Stage      string
	Resource        string // path template
	Method          string // a verb, ANY, or "*" for all methods
}

// MethodThrottles lists those of all usage plans, in the order of the accounts and of
// their plans.
func (s *Service) MethodThrottles(ctx context.Context) ([]MethodThrottle, error) {
	places, err := s.places(ctx)
	if err != nil {
		return nil, err
	}
	var list []MethodThrottle
	for _, p := range places {
		if p.API != "" {
			continue
		}
		more, err := read(ctx, s, &wire.Caller{Account: p.Account, Region: p.Region}, "", func(t *tx) (*[]MethodThrottle, error) {
			plans, err := inOrder[wire.UsagePlan](t, kindUsagePlan)
			var out []MethodThrottle
			for i := range plans {
				out = append(out, t.methodThrottles(&plans[i])...)
			}
			return &out, err
		})
		if err != nil {
			return nil, err
		}
		list = append(list, *more...)
	}
	return list, nil
}

func (t *tx) methodThrottles(p *wire.UsagePlan) (list []MethodThrottle) {
	for _, st := range p.APIStages {
		for _, key := range sortedKeys(st.Throttle) {
			method := throttledMethod(key)
			slash := strings.LastIndexByte(method, '/')
			list = append(list, MethodThrottle{t.who.Account, t.who.Region, *p.ID, *st.APIID, *st.Stage, method[:slash], method[slash+1:]})
		}
	}
	return list
}
