//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
)

// rendered are templates that go through a body once, or say what is in it.
var rendered = []string{
	`$input.body`, `$input.json("$")`, `$input.path("$")`, `$input.json("$..a")`, `$input.path("$[*].a")`, `$input.path("$[?(@.a == 1)]")`, `$input.path("$.length()")`,
	`$util.escapeJavaScript($input.body)`, `$util.escapeJavaScript($input.json("$"))`, `$util.urlEncode($input.body)`, `$util.urlDecode($input.body)`,
	`$util.base64Encode($input.body)`, `$util.base64Decode($input.body)`, `$util.parseJson($input.body)`,
	`#foreach($a in $input.path("$"))$a#end`, `#foreach($a in $input.path("$").entrySet())$a.key=$a.value#end`, `#set($a = $input.body)"$a$a"`,
	`$input.body.replaceAll("a", "bb")`, `$input.body.replaceAll("[ab]+", "$0")`, `$input.body.replaceAll("(a|b)*c", "")`, `$input.body.replace("a", "b")`,
	`$input.body.split(",").size()`, `$input.body.split("[,a]").size()`, `$input.body.matches(".*x")`, `$input.body.toUpperCase()`, `$input.body.trim()`,
	`$input.body.indexOf("xyz")`, `$input.body.lastIndexOf("xyz")`, `$input.body.substring(1).length()`, `$input.body.equals($input.json("$"))`, `$input.body.hashCode()`,
	`$input.path("$").size()`, `$input.path("$").contains("x")`, `$input.path("$").toString().length()`, `$input.path("$").equals($input.path("$"))`,
}

// TestRenders renders templates over bodies. Whatever they come to, a limit of the
// template is a constant.
func TestLinearRenders(t *testing.T) {
	shapes := with(repeats("a", "%41", "é,"), map[string]func(int) string{
		"empty objects": documents["empty objects"], "members": documents["members"], "nested": documents["nested"],
		"objects": func(n int) string {
			return "[" + many(n, ",", func(i int) string { return fmt.Sprintf(`{"a":%d}`, i%3) }) + "]"
		},
		"texts": func(n int) string {
			return "[" + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d"`, i) }) + "]"
		},
	})
	for _, text := range rendered {
		template, err := mapping.ParseTemplate("t", text)
		if err != nil {
			t.Fatal(err)
		}
		for name, shape := range shapes {
			if strings.Contains(text, "path(") != strings.ContainsAny(shape(100), "[{") && !strings.Contains(text, "json(") {
				continue // no JSON to a path, and any text to the others
			}
			t.Run(text+"/"+name, func(t *testing.T) {
				lineartest.CheckTo(t, 64<<10, httpmsg.MaxBody/4, shape, func(body string) {
					_, _ = template.Render(nil, &mapping.Scope{RequestBody: []byte(body)}, mapping.RequestSide)
				})
			})
		}
	}
}
