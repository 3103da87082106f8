//go:build !race

package lineartest_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/portal"
)

// exports are documents of which pages are written.
var exports = with(map[string]func(size int) string{
	"operations": func(n int) string {
		return `{"paths":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"/p%d":{"get":{"security":[{"s%d":[]}]},"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/M"}}}}}}`, i, i)
		}) + `},"components":{"schemas":{"M":{"properties":{"a":{"$ref":"#/components/schemas/M"}}}}}}`
	},
	"operations of one name": func(n int) string {
		return `{"paths":{` + many(n, ",", func(int) string { return `"/p":{"get":{}}` }) + `}}`
	},
	"placeholders": func(n int) string { return `{"paths":{"/` + repeated("{a}", n) + `":{"get":{}}}}` },
	"models": func(n int) string {
		return `{"components":{"schemas":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"M%d":{"$ref":"#/components/schemas/M%d"}`, i, i+1) }) + `}}}`
	},
	"schemas in arrays": func(n int) string {
		return `{"components":{"schemas":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"M%d":`, i) + strings.Repeat(`{"items":`, 200) + `{}` + strings.Repeat(`}`, 200)
		}) + `}}}`
	},
	"bodies of a large model": func(n int) string {
		return `{"paths":{` + many(n/2, ",", func(i int) string {
			return fmt.Sprintf(`"/p%d":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/M"}}}}}}`, i)
		}) + `},"components":{"schemas":{"M":{"properties":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"default":"a"}`, i) }) + `}}}}}`
	},
	"schemes": func(n int) string {
		return `{"components":{"securitySchemes":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"s%d":{"name":"a"}`, i) }) + `}}}`
	},
}, described("*", "**", "`", "[", "[a](", "[a](b", "[a](b)", "[a](https://b) ", "* a ", "**a ** ", `\*`, "- a\n", "```\n", "# a\n", "\n", "<", "a\r\n", "1. ", "1"))

// described are documents with a description of a text again and again.
func described(texts ...string) map[string]func(size int) string {
	out := make(map[string]func(int) string)
	for _, text := range texts {
		out["described by "+text] = func(n int) string { return `{"info":{"description":` + strconv.Quote(repeated(text, n)) + `}}` }
	}
	return out
}

// TestPortal writes the page of each document.
func TestLinearPortal(t *testing.T) {
	for name, shape := range exports {
		t.Run(name, func(t *testing.T) {
			lineartest.Check(t, 50<<10, shape, func(document string) {
				if _, err := portal.Page([]byte(document), portal.Place{API: "a", Stage: "b"}); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
