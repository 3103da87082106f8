//go:build !race

package lineartest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/lineartest"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// swagger is a Swagger document with members of its own behind those that it needs.
func swagger(members string) string {
	return `{"swagger":"2.0","info":{"title":"t","version":"1"},` + members + `}`
}

// openapi3 is the same of OpenAPI 3.
func openapi3(members string) string {
	return `{"openapi":"3.0.1","info":{"title":"t","version":"1"},` + members + `}`
}

// many joins what item makes of 0, 1, 2 and on until the text has size bytes.
func many(size int, between string, item func(i int) string) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(item(i))
	}
	return b.String()
}

// repeated is as much of s as goes into size bytes.
func repeated(s string, size int) string { return strings.Repeat(s, max(size/len(s), 1)) }

// nested is inner within as many layers as go into size bytes.
func nested(open, inner, end string, size int) string {
	n := size / (len(open) + len(end))
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

var definitions = map[string]func(size int) string{
	"a deep path":      func(n int) string { return swagger(`"paths":{"` + repeated("/a", n) + `":{}}`) },
	"a deep base path": func(n int) string { return swagger(`"basePath":"` + repeated("/a", n) + `","paths":{"/b":{}}`) },
	"many deep paths": func(n int) string {
		return swagger(`"paths":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"/p%d%s":{}`, i, strings.Repeat("/a", 500)) }) + `}`)
	},
	"paths below a deep base path": func(n int) string {
		return swagger(`"basePath":"` + repeated("/a", min(n/2, 2000)) + `","paths":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"/%d/b":{"get":{}}`, i) }) + `}`)
	},
	"warnings of a long path": func(n int) string {
		return swagger(`"paths":{"/` + strings.Repeat("a", n/2) + `":{"get":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }) + `}}}`)
	},
	"warnings of a long operation": func(n int) string {
		return swagger(`"paths":{"/` + strings.Repeat("a", n/2) + `":{"get":{"x-amazon-apigateway-integration":{"requestParameters":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }) + `}}}}}`)
	},
	"errors of a long path": func(n int) string {
		return swagger(`"paths":{"/` + strings.Repeat("a", n/2) + `":{"get":{"security":[` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`{"s%d":[]}`, i) }) + `]}}}`)
	},
	"warnings of a long key": func(n int) string {
		return swagger(`"definitions":{"` + strings.Repeat("a", n/2) + `":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }) + `}},"paths":{}`)
	},
	"warnings of a deep schema": func(n int) string {
		return swagger(`"definitions":{"A":` + nested(`{"items":`, `{`+many(n/2, ",", func(i int) string { return fmt.Sprintf(`"k%d":1`, i) })+`}`, "}", min(n/2, 2000)) + `},"paths":{}`)
	},
	"long parameter names": func(n int) string {
		return swagger(`"paths":{"/a":{"parameters":[{"in":"formData","name":"` + strings.Repeat("a", n/2) + `"}],` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"x%d":1`, i) }) + `,"get":{},"put":{},"post":{},"delete":{},"head":{},"patch":{}}}`)
	},
	"operations and what they consume": func(n int) string {
		return swagger(`"consumes":[` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"a/%d"`, i) }) + `],"definitions":{"A":{"type":"object"}},"paths":{` +
			many(n/2, ",", func(i int) string {
				return fmt.Sprintf(`"/%d":{"post":{"parameters":[{"in":"body","name":"b","schema":{"$ref":"A"}}]}}`, i)
			}) + `}`)
	},
	"operations and what they produce": func(n int) string {
		return swagger(`"produces":[` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"a/%d"`, i) }) + `],"definitions":{"A":{"type":"object"}},"paths":{` +
			many(n/2, ",", func(i int) string {
				return fmt.Sprintf(`"/%d":{"post":{"responses":{"200":{"schema":{"$ref":"A"}}}}}`, i)
			}) + `}`)
	},
	"responses and what they produce": func(n int) string {
		return swagger(`"produces":[` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"a/%d"`, i) }) + `],"definitions":{"A":{"type":"object"}},"paths":{"/a":{"get":{"responses":{` +
			many(n/2, ",", func(i int) string { return fmt.Sprintf(`"%d":{"schema":{"$ref":"A"}}`, i) }) + `}}}}`)
	},
	"one shared response": func(n int) string {
		return openapi3(`"components":{"responses":{"R":{"headers":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"h%d":{}`, i) }) + `}}},"schemas":{}},"paths":{` +
			many(n/2, ",", func(i int) string {
				return fmt.Sprintf(`"/%d":{"get":{"responses":{"200":{"$ref":"#/components/responses/R"}}}}`, i)
			}) + `}`)
	},
	"one shared integration": func(n int) string {
		return openapi3(`"components":{"x-amazon-apigateway-integrations":{"I":{"type":"mock","requestTemplates":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"a/%d":"{}"`, i) }) + `}}}},"paths":{` +
			many(n/2, ",", func(i int) string {
				return fmt.Sprintf(`"/%d":{"get":{"x-amazon-apigateway-integration":{"$ref":"#/components/x-amazon-apigateway-integrations/I"}}}`, i)
			}) + `}`)
	},
	"parameters of a path": func(n int) string {
		return openapi3(`"paths":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"/%d":{"parameters":[%s],"get":{},"put":{},"post":{},"delete":{},"options":{},"head":{},"patch":{}}`, i,
				many(1000, ",", func(j int) string { return fmt.Sprintf(`{"in":"query","name":"n%d"}`, j) }))
		}) + `}`)
	},
	"security of many operations": func(n int) string {
		return swagger(`"securityDefinitions":{"A":{"type":"apiKey","name":"a","in":"header","x-amazon-apigateway-authorizer":{"type":"token"}}},"paths":{"/a":{"get":{"security":[` +
			many(n, ",", func(i int) string { return `{"A":["x"]}` }) + `]}}}`)
	},
	"model names that are taken": func(n int) string {
		return swagger(`"paths":{"/a":{"get":{"responses":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"%d":{"schema":{"$ref":"#/paths/~1a/get/responses/%d/x/a"},"x":{"a":{"type":"object"}}}`, i, i)
		}) + `}}}}`)
	},
	"models without a name": func(n int) string {
		return openapi3(`"components":{"schemas":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"%s":{"type":"object"}`, strings.NewReplacer("0", "-", "1", "_", "2", ".", "3", "~", "4", "+", "5", "=", "6", ":", "7", ";", "8", "!", "9", "?").Replace(fmt.Sprint(i)))
		}) + `}},"paths":{}`)
	},
	"a long key above models": func(n int) string {
		return swagger(`"x-` + strings.Repeat("a", n/2) + `":{` + many(n/2, ",", func(i int) string { return fmt.Sprintf(`"m%d":{"type":"object"}`, i) }) + `},"definitions":{"A":{"properties":{` +
			many(n/2, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"zz":1}`, i) }) + `}}},"paths":{}`)
	},
	"a chain of models": func(n int) string {
		return openapi3(`"components":{"schemas":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"A%d":{"properties":{"a":{"$ref":"#/components/schemas/A%d"}}}`, i, i+1)
		}) + `,"B":{}}},"paths":{}`)
	},
	"a chain of references": func(n int) string {
		return openapi3(`"components":{"responses":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"A%d":{"$ref":"#/components/responses/A%d"}`, i, i+1)
		}) + `}},"paths":{"/a":{"get":{"responses":{"200":{"$ref":"#/components/responses/A0"}}}}}`)
	},
	"fan-out of references": func(n int) string {
		return openapi3(`"components":{"schemas":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"A%d":{"properties":{"a":{"$ref":"#/components/schemas/A%d"},"b":{"$ref":"#/components/schemas/A%d"}}}`, i, i+1, i+1)
		}) + `}},"paths":{"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A0"}}}}}}}}`)
	},
	"references with a long pointer": func(n int) string {
		return openapi3(`"paths":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"/%d":{"get":{"responses":{"200":{"$ref":"#%s"}}}}`, i, strings.Repeat("/a", 500))
		}) + `}`)
	},
	"a deep schema": func(n int) string {
		return openapi3(`"components":{"schemas":{"A":` + nested(`{"items":`, "{}", "}", n) + `}},"paths":{}`)
	},
	"many deep schemas": func(n int) string {
		return openapi3(`"components":{"schemas":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"A%d":%s`, i, nested(`{"items":`, `{"zz":1}`, "}", 1500))
		}) + `}},"paths":{}`)
	},
	"a wide schema": func(n int) string {
		return openapi3(`"components":{"schemas":{"A":{"properties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"p%d":{"type":"string"}`, i) }) + `}}}},"paths":{}`)
	},
	"duplicate keys": func(n int) string {
		return swagger(`"paths":{` + many(n, ",", func(int) string { return `"/a":{}` }) + `}`)
	},
	"many tags": func(n int) string {
		return swagger(`"tags":[` + many(n, ",", func(int) string { return `0` }) + `],"paths":{}`)
	},
	"substitutions": func(n int) string { return swagger(`"paths":{},"x-a":"` + repeated("${AWS::Region}", n) + `"`) },
	"server variables": func(n int) string {
		return openapi3(`"servers":[{"url":"` + repeated("{a}", n/2) + `","variables":{"a":{"default":"` + strings.Repeat("{b}", n/100) + `"},"b":{"default":"` + strings.Repeat("x", n/4) + `"}}}],"paths":{}`)
	},
	"gateway responses": func(n int) string {
		return swagger(`"x-amazon-apigateway-gateway-responses":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"R%d":{"statusCode":1,"responseTemplates":{"a":1}}`, i) }) + `},"paths":{}`)
	},
	"documentation": func(n int) string {
		return swagger(`"x-amazon-apigateway-documentation":{"documentationParts":[` + many(n, ",", func(i int) string { return `{"location":{"type":"API"},"properties":{"a":1}}` }) + `]},"paths":{}`)
	},
	"descriptions": func(n int) string {
		return openapi3(`"paths":{"/a":{"get":{"responses":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"%d":{"description":"d","headers":{"a":{"description":"d"}}}`, i)
		}) + `}}}}`)
	},
	"a description that many share": func(n int) string {
		return openapi3(`"components":{"parameters":{"P":{"in":"query","name":"a","description":"` + strings.Repeat("d", min(n/2, 60<<10)) + `"}}},"paths":{` +
			many(n/2, ",", func(i int) string {
				return fmt.Sprintf(`"/%d":{"get":{"parameters":[{"$ref":"#/components/parameters/P"}]}}`, i)
			}) + `}`)
	},
	"descriptions that a part for all has": func(n int) string {
		return openapi3(`"x-amazon-apigateway-documentation":{"documentationParts":[{"location":{"type":"RESPONSE"},"properties":{"description":"` + strings.Repeat("d", n/2) + `"}}]},"paths":{` +
			many(n/2, ",", func(i int) string {
				return fmt.Sprintf(`"/%d/a/a/a":{"get":{"responses":{"200":{"description":"d"},"400":{"description":"d"}}}}`, i)
			}) + `}`)
	},
	"descriptions beneath others": func(n int) string {
		return openapi3(`"x-amazon-apigateway-documentation":{"documentationParts":[{"location":{"type":"METHOD"},"properties":{"description":"d"}}]},"paths":{"/a":{"get":{"description":"e"}},` +
			many(n, ",", func(i int) string {
				return fmt.Sprintf(`"/a/%d%s":{"get":{"description":"d"}}`, i, strings.Repeat("/a", 300))
			}) + `}`)
	},
	"documentation of one entity": func(n int) string {
		return swagger(`"x-amazon-apigateway-documentation":{"documentationParts":[` + many(n, ",", func(i int) string { return fmt.Sprintf(`{"location":{"type":"API"},"properties":{"a%d":1}}`, i) }) + `]},"paths":{}`)
	},
	"documentation of many entities": func(n int) string {
		return swagger(`"x-amazon-apigateway-documentation":{"documentationParts":[` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`{"location":{"type":"MODEL","name":"M%d"},"properties":{"a":1}}`, i)
		}) + `]},"paths":{}`)
	},
	"documentation of many members": func(n int) string {
		return swagger(`"x-amazon-apigateway-documentation":{"documentationParts":[{"location":{"type":"API"},"properties":{` + many(n, ",", func(i int) string { return fmt.Sprintf(`"a%d":1`, i) }) + `}}]},"paths":{}`)
	},
	"templates": func(n int) string {
		return swagger(`"paths":{"/a":{"get":{"x-amazon-apigateway-integration":{"type":"mock","responses":{` + many(n, ",", func(i int) string {
			return fmt.Sprintf(`"%d":{"statusCode":%d,"responseTemplates":{"a":"$x"}}`, i, i)
		}) + `}}}}}`)
	},
	"YAML aliases": func(n int) string {
		return "swagger: '2.0'\ninfo: {title: t, version: '1'}\nx-a: &a\n" + many(n/2, "", func(i int) string { return fmt.Sprintf("  k%d: 1\n", i) }) +
			"paths:\n" + many(n/2, "", func(i int) string { return fmt.Sprintf("  /%d: {get: *a}\n", i) })
	},
	"YAML aliases of aliases": func(n int) string {
		return "swagger: '2.0'\nx-0: &a0 [a]\n" + many(n, "", func(i int) string { return fmt.Sprintf("x-%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i) }) + "paths: {}\n"
	},
	"YAML merge keys": func(n int) string {
		return "swagger: '2.0'\nx-a: &a\n" + many(n/2, "", func(i int) string { return fmt.Sprintf("  k%d: 1\n", i) }) +
			"x-b:\n" + many(n/2, "", func(i int) string { return fmt.Sprintf("  k%d: {<<: *a}\n", i) })
	},
	"YAML anchors": func(n int) string {
		return "swagger: '2.0'\nx-a:\n" + many(n, "", func(i int) string { return fmt.Sprintf("- &a%d 1\n", i) })
	},
	"YAML nested":   func(n int) string { return "swagger: '2.0'\nx-a: " + nested("[", "", "]", n) },
	"YAML unclosed": func(n int) string { return "swagger: '2.0'\nx-a: " + strings.Repeat("[", n) },
	"YAML indented": func(n int) string {
		return "swagger: '2.0'\n" + many(n, "", func(i int) string { return strings.Repeat(" ", i) + "a:\n" })
	},
	"YAML dashes":    func(n int) string { return "swagger: '2.0'\nx: " + strings.Repeat("- ", n/2) },
	"YAML questions": func(n int) string { return "swagger: '2.0'\nx:\n " + strings.Repeat("? ", n/2) },
	"YAML tags": func(n int) string {
		return "swagger: '2.0'\nx-a:\n" + many(n, "", func(i int) string { return fmt.Sprintf("- !t%d 1\n", i) })
	},
	"YAML folded":   func(n int) string { return "swagger: '2.0'\nx: >\n" + repeated("  a\n\n", n) },
	"YAML quoted":   func(n int) string { return "swagger: '2.0'\nx: \"" + repeated("\\\n", n) + "\"" },
	"YAML comments": func(n int) string { return "swagger: '2.0'\n" + repeated("# a\n", n) + "paths: {}" },
	"YAML comments between": func(n int) string {
		return "swagger: '2.0'\nx:\n" + many(n, "", func(int) string { return "# a\n\n- b # c\n" })
	},
	"YAML unknown anchors": func(n int) string { return "swagger: '2.0'\nx: *" + strings.Repeat("a", n) },
	"YAML numbers":         func(n int) string { return "swagger: '2.0'\nx: 1" + strings.Repeat("0", n) },
	"JSON numbers":         func(n int) string { return swagger(`"x-a":1` + strings.Repeat("0", n)) },
}

func TestLinearDefinitions(t *testing.T) {
	for name, shape := range definitions {
		for _, o := range []openapi.Options{{BasePath: openapi.BasePathPrepend, Region: strings.Repeat("r", 100)}, {Lenient: true}} {
			t.Run(fmt.Sprintf("%s, lenient %v", name, o.Lenient), func(t *testing.T) {
				lineartest.CheckTo(t, 24<<10, openapi.MaxSize, shape, func(doc string) { _, _ = openapi.Parse([]byte(doc), o) })
			})
		}
	}
}
