package throttle

import (
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Unlimited is how configurations write the absence of a bound.
const Unlimited = "unlimited"

// String is the form that ParseRate reads, such as "5/2s" and "10/s burst 40".
func (r Rate) String() string {
	if !r.bounds() {
		return Unlimited
	}
	text := fmt.Sprintf("%d/%s", r.Requests, period(r.Per))
	if r.Burst > 0 && r.Burst != r.Requests {
		text += fmt.Sprintf(" burst %d", r.Burst)
	}
	return text
}

// period is a time as rates write it, in milliseconds at least.
func period(d time.Duration) string {
	n, unit := d/time.Millisecond, "ms"
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Second, "s"}, {time.Minute, "m"}, {time.Hour, "h"}} {
		if d%u.of == 0 {
			n, unit = d/u.of, u.name
		}
	}
	if n == 1 {
		return unit
	}
	return strconv.Itoa(int(n)) + unit
}

var ratePattern = regexp.MustCompile(`^([1-9]\d{0,8})/([1-9]\d{0,5})?(ms|s|m|h)(?: burst ([1-9]\d{0,8}))?$`)

// ParseRate reads a number of requests, "/", a period and, if more or fewer may
// come at once, "burst" and how many; or "unlimited". ok is false for anything
// else.
func ParseRate(text string) (r Rate, ok bool) {
	if text == Unlimited {
		return Rate{}, true
	}
	m := ratePattern.FindStringSubmatch(text)
	if m == nil {
		return Rate{}, false
	}
	if m[2] == "" {
		m[2] = "1"
	}
	r.Requests, _ = strconv.Atoi(m[1]) // the pattern bounds them
	r.Per, _ = time.ParseDuration(m[2] + m[3])
	r.Burst, _ = strconv.Atoi(m[4]) // 0 for none
	return r, true
}

// The names of the rates that are not those of an operation.
const (
	totalRate      = "total"
	newAPIRate     = "new-apis"
	newEdgeAPIRate = "new-edge-apis"
)

// All yields the rates that bound something by the names that configurations
// use: "total", "new-apis", "new-edge-apis", and operations as the aws CLI
// writes them.
func (r *Rates) All() iter.Seq2[string, Rate] {
	return func(yield func(string, Rate) bool) {
		for _, n := range []struct {
			name string
			rate Rate
		}{{totalRate, r.Total}, {newAPIRate, r.NewAPIs}, {newEdgeAPIRate, r.NewEdgeAPIs}} {
			if n.rate.bounds() && !yield(n.name, n.rate) {
				return
			}
		}
		for _, op := range slices.Sorted(maps.Keys(r.Operations)) {
			if rate := r.Operations[op]; rate.bounds() && !yield(commandName(op), rate) {
				return
			}
		}
	}
}

// Names are those of all rates, as configurations use them.
func Names() []string {
	names := []string{totalRate, newAPIRate, newEdgeAPIRate}
	for _, op := range wire.Operations() {
		names = append(names, commandName(op.Name))
	}
	return names
}

// Set sets the rate of a name that configurations use, and reports whether
// there is one of that name.
func (r *Rates) Set(name string, rate Rate) bool {
	switch name {
	case totalRate:
		r.Total = rate
	case newAPIRate:
		r.NewAPIs = rate
	case newEdgeAPIRate:
		r.NewEdgeAPIs = rate
	default:
		for _, op := range wire.Operations() {
			if commandName(op.Name) == name {
				if r.Operations == nil {
					r.Operations = make(map[string]Rate)
				}
				r.Operations[op.Name] = rate
				return true
			}
		}
		return false
	}
	return true
}

// commandName is an operation's name as the aws CLI writes it: CreateRestApi is
// create-rest-api.
func commandName(op string) string {
	var b strings.Builder
	for i, c := range []byte(op) {
		if 'A' <= c && c <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
