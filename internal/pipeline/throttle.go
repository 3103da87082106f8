package pipeline

import (
	"github.com/gatehouse-gw/gatehouse/internal/limit"
)

// compileThrottles makes the token buckets of a stage's method settings: a
// method takes the entry of its own path and verb, else that for all methods,
// and each method has a bucket of its own, as AWS's do. The result is nil when
// nothing is throttled. Buckets are full again after each change of the stage.
func (s *Stage) compileThrottles() []*limit.Bucket {
	var out []*limit.Bucket
	for i, m := range s.program.methods {
		setting, ok := s.settings.MethodSettings[m.resourcePath+"/"+m.verb]
		if !ok {
			setting = s.settings.MethodSettings["*/*"]
		}
		if setting.ThrottlingRateLimit == nil && setting.ThrottlingBurstLimit == nil {
			continue
		}
		rate, burst := float64(defaultRate), defaultBurst
		if setting.ThrottlingRateLimit != nil {
			rate = *setting.ThrottlingRateLimit
		}
		if setting.ThrottlingBurstLimit != nil {
			burst = int(*setting.ThrottlingBurstLimit)
		}
		if out == nil {
			out = make([]*limit.Bucket, len(s.program.methods))
		}
		out[i] = limit.NewBucket(rate, burst)
	}
	return out
}

// AWS's throttle of a method whose setting names only one of the two bounds.
const (
	defaultRate  = 10000
	defaultBurst = 5000
)

// throttle admits a call while its method's bucket has a token.
func (c *call) throttle() error {
	if buckets := c.stage.throttles; buckets != nil && !buckets[c.method.ordinal].Allow(c.req.Received) {
		return &failure{kind: throttled, message: "Too Many Requests"}
	}
	return nil
}
