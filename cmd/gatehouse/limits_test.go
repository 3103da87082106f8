package main

import (
	stdflag "flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
)

var update = stdflag.Bool("update", false, "write the generated parts of docs anew")

func TestLimits(t *testing.T) {
	tests := map[string]struct {
		config config
		check  func(control.Limits, throttle.Rates) bool
		err    string
	}{
		"none": {check: func(l control.Limits, r throttle.Rates) bool {
			return l == control.Limits{} && r.Total == throttle.Rate{} && r.Operations == nil
		}},
		"AWS's": {config: config{AWSLimits: true}, check: func(l control.Limits, r throttle.Rates) bool {
			return l == control.AWSLimits() && r.Total == throttle.AWSRates().Total && len(r.Operations) == len(throttle.AWSRates().Operations)
		}},
		"one of each": {
			config: config{Quotas: map[string]string{"method-responses-per-method": "2"}, Rates: map[string]string{"put-method-response": "1/5s"}},
			check: func(l control.Limits, r throttle.Rates) bool {
				return l == control.Limits{MethodResponsesPerMethod: 2} && r.Operations["PutMethodResponse"] == throttle.Rate{Requests: 1, Per: 5 * time.Second}
			},
		},
		"AWS's but for some": {
			config: config{AWSLimits: true, Quotas: map[string]string{"resources-per-api": "unlimited"}, Rates: map[string]string{"total": "unlimited", "delete-rest-api": "9/s"}},
			check: func(l control.Limits, r throttle.Rates) bool {
				return l.ResourcesPerAPI == 0 && l.StagesPerAPI == 10 && r.Total == throttle.Rate{} && r.Operations["DeleteRestApi"].Requests == 9 && r.NewAPIs == throttle.AWSRates().NewAPIs
			},
		},
		"a raised timeout": {
			config: config{Quotas: map[string]string{"integration-timeout": "120000"}},
			check: func(l control.Limits, _ throttle.Rates) bool {
				return l == control.Limits{IntegrationTimeout: 120_000} && l.LongestTimeout() == 2*time.Minute
			},
		},
		"AWS's timeout": {
			config: config{AWSLimits: true, Quotas: map[string]string{"integration-timeout": "29000"}},
			check: func(l control.Limits, _ throttle.Rates) bool {
				return l == control.AWSLimits() && l.LongestTimeout() == 29*time.Second
			},
		},
		"no longest timeout":                    {config: config{Quotas: map[string]string{"integration-timeout": "unlimited"}}, err: `integration-timeout: "unlimited" is no number from 29000 to 2147483647`},
		"a shorter timeout":                     {config: config{Quotas: map[string]string{"integration-timeout": "28999"}}, err: `integration-timeout: "28999" is no number from 29000 to 2147483647`},
		"beyond what a call of the API can say": {config: config{Quotas: map[string]string{"integration-timeout": "2147483648"}}, err: `integration-timeout: "2147483648" is no number from 29000 to 2147483647`},
		"no quota":                              {config: config{Quotas: map[string]string{"resources": "1"}}, err: "resources is no quota"},
		"no number":                             {config: config{Quotas: map[string]string{"stages-per-api": "ten"}}, err: `stages-per-api: "ten" is neither a number above 0 nor unlimited`},
		"nothing":                               {config: config{Quotas: map[string]string{"stages-per-api": "0"}}, err: `stages-per-api: "0" is neither a number above 0 nor unlimited`},
		"no rate":                               {config: config{Rates: map[string]string{"put-method-responses": "1/s"}}, err: "put-method-responses is no rate; did you mean put-method-response?"},
		"no such rate":                          {config: config{Rates: map[string]string{"total": "fast"}}, err: `total: "fast" is no rate such as 5/s, 1/30s, 10/s burst 40 or unlimited`},
		"the first one":                         {config: config{Quotas: map[string]string{"b": "1", "a": "1"}}, err: "a is no quota"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			limits, rates, err := tt.config.limits()
			if fmt.Sprint(err) != tt.err && tt.err != "" || err != nil && tt.err == "" {
				t.Fatalf("got error %v, want %s", err, tt.err)
			}
			if tt.check != nil && !tt.check(limits, rates) {
				t.Errorf("got %+v %+v", limits, rates)
			}
		})
	}
}

// The manual's example is a configuration, and its tables of limits are those of
// the code.
func TestDocumentedLimits(t *testing.T) {
	var b strings.Builder
	limits, rates := control.AWSLimits(), throttle.AWSRates()
	b.WriteString("| quota | what it bounds | AWS's |\n|---|---|---|\n")
	for _, q := range control.Quotas() {
		aws := throttle.Unlimited
		if n := *q.Of(&limits); n > 0 {
			aws = fmt.Sprint(n)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", q.Name, q.What, aws)
	}
	b.WriteString("\n| rate of an account | AWS's |\n|---|---|\n")
	for name, rate := range rates.All() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, rate)
	}
	account := limit.AWSDefault()
	fmt.Fprintf(&b, "| `%s` | %s |\n", stageRequests, throttle.Rate{Requests: int(account.PerSecond), Per: time.Second, Burst: account.Burst})
	stream := pipeline.AWSStreamRate()
	fmt.Fprintf(&b, "| `%s`, of each stream | %s |\n", streamBytes, throttle.Rate{Requests: int(stream.PerSecond), Per: time.Second, Burst: int(stream.Free)})
	const manual = "../../docs/running.md"
	generated(t, manual, "limits", b.String())

	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\naws-limits")
	example, _, _ = strings.Cut(example, "```")
	file := filepath.Join(t.TempDir(), "gatehouse.yaml")
	if err := os.WriteFile(file, []byte("aws-limits"+example), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaults()
	if err := c.readFile(file); err != nil {
		t.Fatal(err)
	}
	limits, _, err = c.limits()
	if err != nil || limits.ResourcesPerAPI != 500 {
		t.Errorf("the example: %v, %+v", err, limits)
	}
}

// generated compares the part of a document between the comments "NAME" and
// "end of NAME" with what it should be; -update writes it.
func generated(t *testing.T, file, name, want string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+": generated -->\n", "<!-- end of "+name+" -->"
	head, rest, ok := strings.Cut(string(text), begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %s", file, name)
	}
	switch {
	case got == want:
	case *update:
		if err := os.WriteFile(file, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not up to date: run go test -update and commit it", file)
	}
}

// The rate of streams is off, AWS's, or what the file says.
func TestStreamRate(t *testing.T) {
	aws := pipeline.AWSStreamRate()
	tests := map[string]struct {
		aws  bool
		rate string // "" where the file has none
		want *pipeline.StreamRate
	}{
		"off":                   {false, "", nil},
		"AWS's":                 {true, "", &aws},
		"the file's":            {false, "1000/s burst 5000", &pipeline.StreamRate{Free: 5000, PerSecond: 1000}},
		"the file's goes first": {true, "60000/m", &pipeline.StreamRate{PerSecond: 1000}},
		"hardly any":            {false, "1/h", &pipeline.StreamRate{PerSecond: 1}},
		"lifted":                {true, throttle.Unlimited, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := defaults()
			c.AWSLimits = tt.aws
			if tt.rate != "" {
				c.Rates = map[string]string{streamBytes: tt.rate}
			}
			if _, _, err := c.limits(); err != nil {
				t.Fatal(err)
			}
			if got := c.streamRate(); (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// The throttle of an account's stages is off, AWS's, or what the file says.
func TestAccountRate(t *testing.T) {
	tests := map[string]struct {
		aws  bool
		rate string // "" where the file has none
		want *limit.Rate
	}{
		"off":                   {false, "", nil},
		"AWS's":                 {true, "", &limit.Rate{PerSecond: 10_000, Burst: 5_000}},
		"the file's":            {false, "20/s burst 50", &limit.Rate{PerSecond: 20, Burst: 50}},
		"the file's goes first": {true, "30/m", &limit.Rate{PerSecond: 0.5, Burst: 30}},
		"lifted":                {true, throttle.Unlimited, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := defaults()
			c.AWSLimits = tt.aws
			if tt.rate != "" {
				c.Rates = map[string]string{stageRequests: tt.rate}
			}
			if _, _, err := c.limits(); err != nil {
				t.Fatal(err)
			}
			if got := c.accountRate(); (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
