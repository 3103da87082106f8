package openapi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// An import ends soon after it is told to stop, wherever it is: in reading the
// document, or in making the API. The short form stops at some twenty of the places.
func TestStop(t *testing.T) {
	var paths strings.Builder
	for i := range 1200 {
		paths.WriteString(strings.Repeat(",", min(i, 1)) + `"/` + strings.Repeat("a", i%50) + `{p` + strings.Repeat("b", i/50) + `}":{"get":{}}`)
	}
	json := `{"swagger":"2.0","info":{"title":"t","version":"1"},"paths":{` + paths.String() + `}}`
	for name, doc := range map[string]string{"JSON": json, "YAML": "# YAML\n" + json} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			o := Options{APIID: "a", Stop: func() error { asked++; return nil }}
			if _, err := Parse([]byte(doc), o); err != nil {
				t.Fatal(err)
			}
			all := asked
			if all < 20 {
				t.Errorf("asked %d times", all)
			}
			step := max(1, all/20)
			if soak.Long() {
				step = 1
			}
			for at := 1; at <= all; at += step {
				asked = 0
				o.Stop = func() error {
					if asked++; asked == at {
						return context.Canceled
					}
					return nil
				}
				if _, err := Parse([]byte(doc), o); !errors.Is(err, context.Canceled) {
					t.Fatalf("stopped at %d of %d: %v", at, all, err)
				}
				if asked != at {
					t.Errorf("stopped at %d, asked %d times", at, asked)
				}
			}
		})
	}
}
