package metrics

import (
	"slices"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// failures are the gateway responses that calls can end with, by AWS's names. What is
// none of them counts as the last.
var failures = [...]string{
	"ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS",
	"DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE",
	"MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED", "OTHER",
}

// labels say which calls a Series is of.
type labels struct {
	api, stage       string
	method, resource string // "" for the calls of a stage that are counted together
	canary           string // $context.isCanaryRequest: "" where the stage has no canary
}

// A Series is the numbers of calls that are counted together. It is safe for concurrent
// use.
type Series struct {
	labels
	classes  [len(codes)]atomic.Uint64
	failed   [len(failures)]atomic.Uint64
	aborted  atomic.Uint64
	hits     atomic.Uint64
	misses   atomic.Uint64
	received atomic.Uint64 // bytes of bodies
	sent     atomic.Uint64

	latency     Histogram
	integration Histogram
	authorizer  authorizer
}

// codes are the classes of statuses that answers have, as they are labelled.
var codes = [...]string{"2xx", "3xx", "4xx", "5xx"}

// An authorizer is what came of asking who calls.
type authorizer struct {
	kept, asked, failed atomic.Uint64
}

// count adds a call.
func (s *Series) count(d *httpmsg.Done) {
	class := d.Status / 100
	if d.CountsAs != 0 {
		class = d.CountsAs
	}
	s.classes[min(max(class-2, 0), len(codes)-1)].Add(1)
	s.latency.Observe(d.LastByte.Sub(d.Received))
	if d.Integration.Latency != 0 {
		s.integration.Observe(d.Integration.Latency)
	}
	switch {
	case d.CacheHit:
		s.hits.Add(1)
	case d.CacheMiss:
		s.misses.Add(1)
	}
	if d.RequestBytes > 0 {
		s.received.Add(uint64(d.RequestBytes))
	}
	if d.AnswerBytes > 0 {
		s.sent.Add(uint64(d.AnswerBytes))
	}
	if d.Broken {
		s.aborted.Add(1)
	}
	if d.ErrorType != "" {
		s.fail(d.ErrorType)
	}
	s.authorizer.count(&d.Authorizer)
}

// fail counts the gateway response of a call that failed.
func (s *Series) fail(kind string) {
	at := slices.Index(failures[:], kind)
	if at < 0 {
		at = len(failures) - 1
	}
	s.failed[at].Add(1)
}

func (a *authorizer) count(d *httpmsg.AuthorizerDone) {
	switch {
	case d.Kept:
		a.kept.Add(1)
	case d.Latency != 0:
		a.asked.Add(1)
	}
	if d.Failed {
		a.failed.Add(1)
	}
}
