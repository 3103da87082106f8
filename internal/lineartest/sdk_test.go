//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/sdk"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// apisOfPaths are the resources of APIs, of which each line is one: its path, and the
// name of a parameter behind a space.
var apisOfPaths = map[string]func(size int) string{
	"many paths":        func(n int) string { return many(n, "\n", func(i int) string { return fmt.Sprintf("/p%d a", i) }) },
	"paths of one name": func(n int) string { return many(n, "\n", func(i int) string { return "/a" + dashes(i) + " a" }) },
	"numbers in names": func(n int) string {
		return many(n, "\n", func(i int) string { return fmt.Sprintf("/a%d%s a", i/2, dashes(i%2)) })
	},
	"a long path":      func(n int) string { return "/" + strings.Repeat("a/", n/2) },
	"a long parameter": func(n int) string { return "/a " + strings.Repeat("\u00e9", n/2) },
	"quotes":           func(n int) string { return "/a " + strings.Repeat(`"`, n) },
}

// dashes writes a number in ones and zeros that leave nothing in a name.
func dashes(i int) string {
	return strings.NewReplacer("0", "-", "1", "_").Replace(fmt.Sprintf("%b", i))
}

// TestClients generates clients of each API.
func TestLinearClients(t *testing.T) {
	for name, shape := range apisOfPaths {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 16<<10, shape, func(doc string) {
				src := &sdk.Source{InvokeURL: "http://a", Made: time.Now(), Stop: func() error { return nil }}
				for line := range strings.SplitSeq(doc, "\n") {
					path, parameter, _ := strings.Cut(line, " ")
					get := wire.Method{RequestParameters: map[string]bool{"method.request.querystring." + parameter: true}}
					src.Resources = append(src.Resources, wire.Resource{Path: &path, ResourceMethods: map[string]wire.Method{"GET": get}})
				}
				for _, of := range sdk.Types() {
					_, _ = sdk.Generate(&of, nil, src)
				}
			})
		})
	}
}
