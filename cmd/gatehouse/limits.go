package main

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/control"
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
			return limits, rates, fmt.Errorf("rates: %s: %q is no rate such as 5/s, 1/30s, 10/s burst 40 or %s", name, c.Rates[name], throttle.Unlimited)
		}
		if !rates.Set(name, rate) {
			return limits, rates, fmt.Errorf("rates: %s is no rate", name)
		}
	}
	return limits, rates, nil
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
				return fmt.Errorf("quotas: %s: %q is no number from %d to %d", name, text, q.Least, math.MaxInt32)
			}
		case text == throttle.Unlimited:
			n = 0
		case err != nil || n < 1:
			return fmt.Errorf("quotas: %s: %q is neither a number above 0 nor %s", name, text, throttle.Unlimited)
		}
		*q.Of(limits) = n
		return nil
	}
	return fmt.Errorf("quotas: %s is no quota", name)
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
