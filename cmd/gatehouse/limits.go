package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/spelling"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// limits are the quotas and rates of the control plane: none or AWS's, with
// those of the configuration file in their place.
func (c *config) limits() (control.Limits, throttle.Rates, error) {
	var limits control.Limits
	var rates throttle.Rates
	if c.AWSLimits {
		limits, rates = control.AWSLimits(), throttle.AWSRates()
	}
	for _, name := range slices.Sorted(maps.Keys(c.Quotas)) {
		if err := setQuota(&limits, name, c.Quotas[name]); err != nil {
			return limits, rates, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Rates)) {
		rate, ok := throttle.ParseRate(c.Rates[name])
		if !ok {
			return limits, rates, fmt.Errorf("%s: %q is no rate such as 5/s, 1/30s, 10/s burst 40 or %s", name, brief(c.Rates[name]), throttle.Unlimited)
		}
		if name != stageRequests && name != streamBytes && !rates.Set(name, rate) {
			return limits, rates, noLimit("rate", name, append(throttle.Names(), stageRequests, streamBytes))
		}
	}
	return limits, rates, nil
}

// The rates that are none of the control plane's: of the requests to all stages of an
// account in a region together, and of the bytes of each answer that is streamed.
const (
	stageRequests = "stage-requests"
	streamBytes   = "stream-bytes"
)

// streamRate is the rate of streamBytes, whose burst is what passes before it holds: none
// or AWS's, with that of the configuration file in its place; nil for none.
func (c *config) streamRate() *pipeline.StreamRate {
	if text, ok := c.Rates[streamBytes]; ok {
		rate, _ := throttle.ParseRate(text) // checked when loaded
		if rate.Requests == 0 {
			return nil
		}
		return &pipeline.StreamRate{Free: int64(rate.Burst), PerSecond: max(1, int64(float64(rate.Requests)/rate.Per.Seconds()))}
	}
	if c.AWSLimits {
		return new(pipeline.AWSStreamRate())
	}
	return nil
}

// usageDays is how many days of usage are kept by default: as many as GetUsage can be
// asked for at once.
const usageDays = 366

// accountRate is the rate of stageRequests: none or AWS's, with that of the configuration file in its
// place; nil for none.
func (c *config) accountRate() *limit.Rate {
	if text, ok := c.Rates[stageRequests]; ok {
		rate, _ := throttle.ParseRate(text) // checked when loaded
		if rate.Requests == 0 {
			return nil
		}
		return &limit.Rate{PerSecond: float64(rate.Requests) / rate.Per.Seconds(), Burst: cmp.Or(rate.Burst, rate.Requests)}
	}
	if c.AWSLimits {
		return new(limit.AWSDefault())
	}
	return nil
}

// setQuota sets a quota by its name.
func setQuota(limits *control.Limits, name, text string) error {
	for _, q := range control.Quotas() {
		if q.Name != name {
			continue
		}
		n, err := strconv.Atoi(text)
		switch {
		case q.Least > 0:
			if err != nil || n < q.Least || n > math.MaxInt32 {
				return fmt.Errorf("%s: %q is no number from %d to %d", name, brief(text), q.Least, math.MaxInt32)
			}
		case text == throttle.Unlimited:
			n = 0
		case err != nil || n < 1:
			return fmt.Errorf("%s: %q is neither a number above 0 nor %s", name, brief(text), throttle.Unlimited)
		}
		*q.Of(limits) = n
		return nil
	}
	return noLimit("quota", name, quotaNames())
}

// noLimit is the error of a limit that does not exist.
func noLimit(kind, name string, known []string) error {
	if meant, ok := spelling.Nearest(name, known); ok {
		return fmt.Errorf("%s is no %s; did you mean %s?", brief(name), kind, meant)
	}
	return fmt.Errorf("%s is no %s", brief(name), kind)
}

func quotaNames() []string {
	var names []string
	for _, q := range control.Quotas() {
		names = append(names, q.Name)
	}
	return names
}

// An authorizer is a hook of wire.ServerOptions.
type authorizer func(context.Context, *wire.Caller, *wire.Operation, string) error

// then asks another hook about what the first one lets pass.
func (a authorizer) then(next authorizer) authorizer {
	return func(ctx context.Context, who *wire.Caller, op *wire.Operation, resource string) error {
		if err := a(ctx, who, op, resource); err != nil {
			return err
		}
		return next(ctx, who, op, resource)
	}
}
