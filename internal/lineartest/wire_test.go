//go:build !race

package lineartest_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// members is a JSON object of one member, whose value has many things in it.
func members(name, open, end string, item func(i int) string) func(int) string {
	return func(n int) string {
		return `{"` + name + `":` + open + many(n, ",", item) + end + "}"
	}
}

var bodies = with(map[string]func(int) string{
	"a text":          func(n int) string { return `{"name":"` + strings.Repeat("a", n) + `"}` },
	"escapes":         func(n int) string { return `{"name":"` + repeated(`\u00e9`, n) + `"}` },
	"a map":           members("responseParameters", "{", "}", func(i int) string { return fmt.Sprintf(`"method.response.header.a%d":"'b'"`, i) }),
	"a map of one":    members("responseParameters", "{", "}", func(int) string { return `"a":"b"` }),
	"flags":           members("requestParameters", "{", "}", func(i int) string { return fmt.Sprintf(`"method.request.header.a%d":true`, i) }),
	"a list":          members("binaryMediaTypes", "[", "]", func(i int) string { return fmt.Sprintf(`"a/%d"`, i) }),
	"wrong members":   members("binaryMediaTypes", "[", "]", func(int) string { return `1` }),
	"operations":      members("patchOperations", "[", "]", func(int) string { return `{"op":"replace","path":"/name","value":"a"}` }),
	"wrong ones":      members("patchOperations", "[", "]", func(int) string { return `{"op":"no","path":1}` }),
	"what is unknown": members("x", "[", "]", func(int) string { return `{"a":[{}]}` }),
	"one member":      func(n int) string { return `{` + many(n, ",", func(int) string { return `"name":"a"` }) + `}` },
}, documents)

// TestRequests sends bodies, queries and paths to a control plane, whose decoding
// says what is wrong with most of them.
func TestLinearRequests(t *testing.T) {
	p := newPlane(t)
	server, err := wire.NewServer(wire.ServerOptions{
		Handlers:     p.Handlers(),
		HandlersV2:   p.HandlersV2(),
		Authenticate: control.OpenAuthenticator(p.who.Account, p.who.Region),
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(method, path, body string) {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		r := httptest.NewRequest(method, "/", strings.NewReader(body))
		r.URL = u
		server.ServeHTTP(httptest.NewRecorder(), r)
	}
	api := "/restapis/" + p.api
	for name, shape := range bodies {
		t.Run("bodies/"+name, func(t *testing.T) {
			lineartest.CheckTo(t, 32<<10, 10<<20, shape, func(body string) {
				send(http.MethodPost, "/restapis", body)
				send(http.MethodPatch, api, body)
				send(http.MethodPut, api+"/gatewayresponses/DEFAULT_4XX", body)
				send(http.MethodPut, api+"/resources/a/methods/GET", body)
			})
		})
	}
	for name, shape := range repeats("a=1&", "&", "=", "%41", "tagKeys=a&", "embed=methods&", "position=a&", "+", "/", "%2f", ":", "..", "é") {
		t.Run("URLs/"+name, func(t *testing.T) {
			lineartest.Check(t, 16<<10, shape, func(text string) {
				send(http.MethodGet, api+"/resources?"+text, "")
				send(http.MethodDelete, "/tags/arn?"+text, "")
				send(http.MethodGet, api+"/"+text, "")
				send(http.MethodGet, "/tags/arn%3Aaws%3Aapigateway%3A"+text, "")
			})
		})
	}
}
