//go:build !race

package edge

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
)

// What a viewer sends is passed on in time in proportion to it.
func TestRequestIsLinear(t *testing.T) {
	for name, of := range map[string]struct{ header, part string }{
		"cookies": {"Cookie", "a;"}, "one cookie": {"Cookie", "a"}, "lines of cookies": {"Cookie", "b;a\n"},
		"an agent": {"User-Agent", "android tv"}, "agents": {"User-Agent", "curl\n"},
		"via": {"Via", "1.1 a\n"}, "own names": {"CloudFront-Viewer-Country", "XX\n"}, "names": {"x", "a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			shape := func(n int) string { return strings.Repeat(of.part, n/len(of.part)) }
			lineartest.CheckTo(t, 16<<10, 256<<10, shape, func(lines string) {
				r := httpmsg.Request{Proto: "HTTP/1.1", Scheme: "http"}
				for value := range strings.SplitSeq(lines, "\n") {
					r.Header = append(r.Header, httpmsg.Field{Name: of.header, Value: value})
				}
				New(Options{}).Request(&r, "id")
			})
		})
	}
}
