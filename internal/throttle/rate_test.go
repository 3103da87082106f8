package throttle

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func TestParseRate(t *testing.T) {
	tests := map[string]struct {
		rate    Rate
		written string // in the form of String, "" for the same
		bad     bool
	}{
		"5/s":            {rate: Rate{5, time.Second, 0}},
		"1/30s":          {rate: Rate{1, 30 * time.Second, 0}},
		"100/m":          {rate: Rate{100, time.Minute, 0}},
		"2/500ms":        {rate: Rate{2, 500 * time.Millisecond, 0}},
		"10/s burst 40":  {rate: Rate{10, time.Second, 40}},
		"unlimited":      {},
		"3/15s burst 3":  {rate: Rate{3, 15 * time.Second, 3}, written: "3/15s"},
		"1/60s":          {rate: Rate{1, time.Minute, 0}, written: "1/m"},
		"1/1s":           {rate: Rate{1, time.Second, 0}, written: "1/s"},
		"":               {bad: true},
		"5":              {bad: true},
		"0/s":            {bad: true},
		"-1/s":           {bad: true},
		"5/0s":           {bad: true},
		"5/d":            {bad: true},
		"5 / s":          {bad: true},
		"5/s burst 0":    {bad: true},
		"5/s burst":      {bad: true},
		"5/99999999999s": {bad: true},
		"9999999999/s":   {bad: true},
		"Unlimited":      {bad: true},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			r, ok := ParseRate(text)
			if ok == tt.bad || r != tt.rate {
				t.Fatalf("got %+v, %v", r, ok)
			}
			want := tt.written
			if want == "" {
				want = text
			}
			if ok && r.String() != want {
				t.Errorf("is written %q, want %q", r, want)
			}
		})
	}
}

// What String writes ParseRate reads, for all of AWS's rates.
func TestRatesByName(t *testing.T) {
	aws := AWSRates()
	var copied Rates
	names := maps.Collect(aws.All())
	if len(names) != len(aws.Operations)+3 || names["total"].Burst != 40 || names["create-deployment"].Per != 5*time.Second {
		t.Errorf("got %v", names)
	}
	for name, rate := range names {
		parsed, ok := ParseRate(rate.String())
		if !ok || !copied.Set(name, parsed) {
			t.Errorf("%s: %s is not taken", name, rate)
		}
	}
	for name, rate := range copied.All() {
		if want := names[name]; rate.Requests != want.Requests || rate.Per != want.Per || rate.size() != want.size() {
			t.Errorf("%s: got %s, want %s", name, rate, want)
		}
	}
	for _, op := range wire.Operations() {
		if !copied.Set(commandName(op.Name), Rate{}) {
			t.Errorf("no rate is named %s", commandName(op.Name))
		}
	}
	if d := cmp.Diff(map[string]Rate{"total": {10, time.Second, 40}}, maps.Collect((&Rates{Total: aws.Total}).All())); d != "" {
		t.Error(d)
	}
	for _, name := range []string{"", "CreateRestApi", "create-rest-apis", "Total"} {
		if copied.Set(name, Rate{}) {
			t.Errorf("%q is a rate", name)
		}
	}
}
