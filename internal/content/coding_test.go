package content

import (
	"bytes"
	"compress/gzip"
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// TestPreferredCoding holds AWS's rules and forms.
func TestPreferredCoding(t *testing.T) {
	tests := map[string]string{
		"deflate,gzip":                         "deflate",
		"":                                     "",
		"*":                                    "",
		"deflate;q=0.5,gzip;q=1.0":             "gzip",
		"gzip;q=1.0,identity;q=0.5,*;q=0":      "gzip",
		"gzip, deflate, br":                    "gzip",
		"br, gzip":                             "",
		"br;q=0.9, gzip":                       "gzip",
		"br;q=1.0, gzip;q=0.8, *;q=0.1":        "",
		"identity, gzip":                       "",
		"identity;q=0.2, gzip;q=0.3":           "gzip",
		"GZIP":                                 "gzip",
		" gzip ; Q=0.5 , deflate ; q = 0.500 ": "gzip",
		"gzip;q=0":                             "",
		"gzip;q=0.000, deflate;q=0.001":        "deflate",
		"gzip;q=2":                             "",
		"gzip;q=1.001, deflate;q=0.1":          "deflate",
		"gzip;q=0.1234, deflate;q=0.1":         "deflate",
		"gzip;q=x":                             "",
		"gzip;q":                               "",
		"gzip;level=9":                         "gzip",
		"gzip;level=9;q=0":                     "",
		",,gzip":                               "gzip",
		"x-gzip":                               "",
		";q=1":                                 "",
	}
	for accept, want := range tests {
		if got := PreferredCoding(httpmsg.Header{{Name: "accept-encoding", Value: accept}}); got != want {
			t.Errorf("%q prefers %q, want %q", accept, got, want)
		}
	}
	lines := httpmsg.Header{{Name: "Accept-Encoding", Value: "gzip;q=0.5"}, {Name: "Accept-Encoding", Value: "deflate"}}
	if got := PreferredCoding(lines); got != "deflate" {
		t.Errorf("two lines prefer %q", got)
	}
	if got := PreferredCoding(nil); got != "" {
		t.Errorf("no line prefers %q", got)
	}
}

func TestCoding(t *testing.T) {
	tests := map[string]struct {
		header httpmsg.Header
		want   string
	}{
		"none":     {httpmsg.Header{{Name: "Content-Type", Value: "gzip"}}, ""},
		"one":      {httpmsg.Header{{Name: "content-encoding", Value: "gzip"}}, "gzip"},
		"identity": {httpmsg.Header{{Name: "Content-Encoding", Value: "Identity"}}, ""},
		"several":  {httpmsg.Header{{Name: "Content-Encoding", Value: "gzip"}, {Name: "Content-Encoding", Value: "br"}}, "gzip, br"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Coding(tt.header); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What one side writes the other reads, with readers and writers used again,
// and all memory comes back.
func TestCodingsThereAndBack(t *testing.T) {
	var inflaters Inflaters
	deflaters, budget := NewDeflaters(), httpmsg.NewBudget(0)
	for range 3 {
		for _, coding := range []string{"gzip", "deflate"} {
			text := strings.Repeat(coding, 1000)
			packed, err := deflaters.Deflate(budget, coding, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			back, err := inflaters.Inflate(budget, strings.ToUpper(coding), packed.Bytes())
			if err != nil || string(back.Bytes()) != text || len(packed.Bytes()) > len(text)/10 {
				t.Fatalf("%s: %d bytes became %d, and are back as %v, %v", coding, len(text), len(packed.Bytes()), back, err)
			}
			packed.Free()
			back.Free()
		}
	}
	if used := budget.Used(); used != 0 {
		t.Errorf("%d bytes are still lent", used)
	}
}

func TestInflateFailures(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(make([]byte, httpmsg.MaxBody+1))
	_ = w.Close()
	tests := map[string]struct {
		limit  int64
		coding string
		body   []byte
		want   error
	}{
		"unknown coding": {0, "br", bomb.Bytes(), ErrCoding},
		"no gzip":        {0, "gzip", []byte("plain"), ErrCoding},
		"no deflate":     {0, "deflate", bomb.Bytes(), ErrCoding},
		"cut short":      {0, "gzip", bomb.Bytes()[:1000], ErrCoding},
		"a bomb":         {0, "gzip", bomb.Bytes(), httpmsg.ErrTooLarge},
		"no memory":      {10 << 10, "gzip", bomb.Bytes(), httpmsg.ErrBudget},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var inflaters Inflaters
			budget := httpmsg.NewBudget(tt.limit)
			if _, err := inflaters.Inflate(budget, tt.coding, tt.body); !errors.Is(err, tt.want) || budget.Used() != 0 {
				t.Errorf("got %v with %d bytes lent, want %v", err, budget.Used(), tt.want)
			}
		})
	}
}

func TestDeflateWithoutMemory(t *testing.T) {
	for _, limit := range []int64{1, 6 << 10} { // for no buffer, for one too small
		budget := httpmsg.NewBudget(limit)
		random := make([]byte, 8<<10)
		for i, x := 0, uint32(1); i < len(random); i++ {
			x = x*1664525 + 1013904223
			random[i] = byte(x >> 24)
		}
		if _, err := NewDeflaters().Deflate(budget, "gzip", random); !errors.Is(err, httpmsg.ErrBudget) || budget.Used() != 0 {
			t.Errorf("limit %d: got %v with %d bytes lent", limit, err, budget.Used())
		}
	}
}

// Which content codings a client takes.
func TestTakes(t *testing.T) {
	for accept, want := range map[string]string{
		"":                          "identity",
		"gzip":                      "identity gzip",
		"GZIP;q=0.001":              "identity gzip",
		"br, gzip":                  "identity gzip br",
		"gzip;q=0":                  "identity",
		"*":                         "identity gzip br",
		"*;q=0":                     "identity",
		"*, gzip;q=0":               "identity br",
		"gzip;q=0, *":               "identity br",
		"gzip;q=2":                  "identity",
		"identity":                  "identity",
		"x-gzip, gzipped":           "identity",
		"deflate;q=0.5, br;level=1": "identity br",
		", ,gzip ; q = 1":           "identity gzip",
	} {
		headers := httpmsg.Header{{Name: "accept-encoding", Value: accept}}
		if accept == "" {
			headers = nil
		}
		got := "identity"
		if !Takes(headers, "") {
			t.Errorf("%q: does not take an answer without a coding", accept)
		}
		for _, coding := range []string{"gzip", "br"} {
			if Takes(headers, coding) {
				got += " " + coding
			}
		}
		if got != want {
			t.Errorf("%q takes %s, want %s", accept, got, want)
		}
	}
	two := httpmsg.Header{{Name: "Accept-Encoding", Value: "deflate"}, {Name: "Accept-Encoding", Value: "gzip"}}
	if !Takes(two, "gzip") || Takes(two, "gzip, deflate") {
		t.Error("a header of two lines is read otherwise")
	}
}
