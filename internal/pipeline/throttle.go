package pipeline

import (
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
)

// takeBuckets takes the token buckets of a stage's method settings: a method takes
// the entry of its own path and verb, else that for all methods, and each method has
// a bucket of its own, as AWS's do. They come from the registry, where a method finds
// the tokens that it had before the stage changed. Settings that the stage has no
// more share those tokens and leave the registry as it is.
func (s *Stage) takeBuckets(rates map[string]limit.Rate, current bool) map[string]limit.Bucket {
	registry := s.services.Limits
	if registry == nil {
		registry = limit.NewRegistry()
	}
	take := registry.Borrow
	if current {
		take = registry.Buckets
	}
	return take(limit.OwnerStage(s.settings.APIID, s.settings.Name), rates, time.Now())
}

// throttlesOf lists the buckets of a program's methods, nil when nothing is
// throttled.
func throttlesOf(p *Program, buckets map[string]limit.Bucket) []limit.Bucket {
	if len(buckets) == 0 {
		return nil
	}
	out := make([]limit.Bucket, len(p.methods))
	for i, m := range p.methods {
		out[i] = buckets[m.setting]
	}
	return out
}

// addRates adds the throttles that a stage's settings name, by the key that its
// methods have in them.
func (s *Stage) addRates(rates map[string]limit.Rate) {
	if len(s.settings.MethodSettings) == 0 {
		return
	}
	for _, m := range s.program.methods {
		setting := s.methodSetting(m)
		if setting.ThrottlingRateLimit == nil && setting.ThrottlingBurstLimit == nil {
			continue
		}
		rate := limit.AWSDefault()
		if setting.ThrottlingRateLimit != nil {
			rate.PerSecond = *setting.ThrottlingRateLimit
		}
		if setting.ThrottlingBurstLimit != nil {
			rate.Burst = int(*setting.ThrottlingBurstLimit)
		}
		rates[m.setting] = rate
	}
}
