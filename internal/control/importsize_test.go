package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

// numbered joins what format makes of the numbers below n.
func numbered(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(items, ",")
}

// TestImportMakesTooMuch imports documents of some hundred kilobytes that would
// become gigabytes.
func TestImportMakesTooMuch(t *testing.T) {
	long := strings.Repeat("/a", 75_000)
	tests := map[string]struct{ members, want string }{
		"a path": {
			`"paths":{"` + long + `":{"get":{}}}`,
			"Errors found during import:\n\tUnable to create resource at path '" + long[:300] + "…': A resource's path cannot be longer than 10240 characters",
		},
		"a base path": {
			`"basePath":"` + long + `","paths":{"/b":{"get":{}}}`,
			"Errors found during import:\n\tUnable to create resource at path '" + long[:300] + "…': A resource's path cannot be longer than 10240 characters",
		},
		"media types times operations": {
			`"consumes":[` + numbered(8000, `"a/%d"`) + `],"definitions":{"A":{"type":"object"}},"paths":{` +
				numbered(800, `"/%d":{"post":{"parameters":[{"in":"body","name":"b","schema":{"$ref":"#/definitions/A"}}]}}`) + `}`,
			"Invalid OpenAPI input: the paths, references, consumes and produces make more than 194100 values of the 14410 in the document",
		},
		"media types times responses": {
			`"produces":[` + numbered(8000, `"a/%d"`) + `],"definitions":{"A":{"type":"object"}},"paths":{"/a":{"get":{"responses":{` +
				numbered(800, `"%d":{"schema":{"$ref":"#/definitions/A"}}`) + `}}}}`,
			"Invalid OpenAPI input: the paths, references, consumes and produces make more than 154130 values of the 10413 in the document",
		},
		"binary media types": {
			`"x-amazon-apigateway-binary-media-types":[` + numbered(1001, `"a/%d"`) + `],"paths":{}`,
			"Invalid binaryMediaTypes specified: it cannot have more than 1000 members",
		},
	}
	c := newClient(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{
				Body:       []byte(`{"swagger":"2.0","info":{"title":"t","version":"1"},` + tt.members + `}`),
				Parameters: map[string]string{"basepath": "prepend"},
			})
			wantError(t, err, "BadRequest", tt.want)
		})
	}
}

// TestImportWarnsInBrief imports documents with as many warnings as they have bytes
// for, each about a name of 1,000 bytes.
func TestImportWarnsInBrief(t *testing.T) {
	c := newClient(t)
	for name, operation := range map[string]string{
		"members that are unexpected": numbered(10_000, `"k%d":1`),
		"parameters of a wrong type":  `"x-amazon-apigateway-integration":{"type":"MOCK","requestParameters":{` + numbered(10_000, `"k%d":1`) + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := "/" + strings.Repeat("a", 1000)
			out, err := c.ImportRestApi(ctx(), &apigateway.ImportRestApiInput{
				Body: []byte(`{"swagger":"2.0","info":{"title":"t","version":"1"},"paths":{"` + path + `":{"get":{` + operation + `}}}}`),
			})
			if err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, w := range out.Warnings {
				size += len(w)
			}
			if size > 70<<10 || len(out.Warnings) > 501 {
				t.Errorf("got %d warnings of %d bytes", len(out.Warnings), size)
			}
			if last := out.Warnings[len(out.Warnings)-1]; !strings.HasPrefix(last, "… and ") {
				t.Errorf("got %.200s at the end", last)
			}
		})
	}
}
