package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// head begins a document that only needs more to be read.
const head = "swagger: '2.0'\ninfo: {title: t, version: '1'}\n"

// TestOddDocuments checks documents whose bytes are unusual. text is the answer's
// title, version and first path.
func TestOddDocuments(t *testing.T) {
	tests := map[string]struct{ doc, want string }{
		"byte order mark, YAML":         {"\ufeffswagger: '2.0'\ninfo: {title: bom, version: '1'}\npaths: {/a: {}}", "bom 1 /a"},
		"byte order mark, JSON":         {"\ufeff{\"swagger\":\"2.0\",\"info\":{\"title\":\"bom\",\"version\":\"1\"},\"paths\":{\"/a\":{}}}", "bom 1 /a"},
		"CRLF":                          {"swagger: '2.0'\r\ninfo:\r\n  title: crlf\r\n  version: '1'\r\npaths:\r\n  /a: {}\r\n", "crlf 1 /a"},
		"space before JSON":             {"\n\t {\"swagger\":\"2.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{\"/a\":{}}}\n", "t 1 /a"},
		"tabs in JSON":                  {"{\t\"swagger\":\t\"2.0\",\n\t\"info\":\t{\"title\":\"t\",\"version\":\"1\"},\n\t\"paths\":{\"/a\":{}}}", "t 1 /a"},
		"surrogates in JSON":            {`{"swagger":"2.0","info":{"title":"\ud83d\ude00\/","version":"1"},"paths":{"/a":{}}}`, "😀/ 1 /a"},
		"numbers where text is wanted":  {"swagger: 2.0\ninfo: {title: 5, version: 1.10}\npaths: {/a: {}}", "5 1.10 /a"},
		"a date is text":                {"swagger: '2.0'\ninfo: {title: t, version: 2024-01-31}\npaths: {/a: {}}", "t 2024-01-31 /a"},
		"a time is text":                {"swagger: '2.0'\ninfo: {title: t, version: 2024-01-31T10:00:00Z}\npaths: {/a: {}}", "t 2024-01-31T10:00:00Z /a"},
		"base 60 is text":               {"swagger: '2.0'\ninfo: {title: t, version: 1:30:00}\npaths: {/a: {}}", "t 1:30:00 /a"},
		"octal":                         {"swagger: '2.0'\ninfo: {title: t, version: 010}\npaths: {/a: {}}", "t 8 /a"},
		"a huge number keeps its text":  {"swagger: '2.0'\ninfo: {title: t, version: 123456789012345678901234567890}\npaths: {/a: {}}", "t 123456789012345678901234567890 /a"},
		"a number too large for floats": {"swagger: '2.0'\ninfo: {title: t, version: 1e400}\npaths: {/a: {}}", "t 1e400 /a"},
		"infinity is text":              {"swagger: '2.0'\ninfo: {title: t, version: .inf}\npaths: {/a: {}}", "t .inf /a"},
		"yes is text":                   {"swagger: '2.0'\ninfo: {title: yes, version: on}\npaths: {/a: {}}", "yes on /a"},
		"own tag":                       {"swagger: '2.0'\ninfo: {title: !Own t, version: '1'}\npaths: {/a: {}}", "t 1 /a"},
		"anchor and alias":              {"swagger: '2.0'\ninfo: {title: &t name, version: *t}\npaths: {/a: {}}", "name name /a"},
		"merge key":                     {"x: &base {title: base, version: '1'}\nswagger: '2.0'\ninfo: {<<: *base, title: own}\npaths: {/a: {}}", "own 1 /a"},
		"list of merge keys":            {"x: &x {title: x}\ny: &y {title: y, version: '2'}\nswagger: '2.0'\ninfo: {<<: [*x, *y]}\npaths: {/a: {}}", "x 2 /a"},
		"folded text":                   {"swagger: '2.0'\ninfo:\n  title: >-\n    two\n    words\n  version: '1'\npaths: {/a: {}}", "two words 1 /a"},
		"no newline, comment, marker":   {"# a comment\n---\n" + head + "paths: {/a: {}}\n...", "t 1 /a"},
		"null members":                  {head + "paths: {/a: null}\ndefinitions:\nsecurity: ~", "t 1 "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{})
			if err != nil {
				t.Fatal(err, err.(*InputError).Findings)
			}
			got := text0(api.RestAPI.Name) + " " + text0(api.RestAPI.Version) + " "
			if len(api.Resources) > 1 {
				got += api.Resources[1].Path
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func text0(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// TestNumericAndBooleanKeys checks that keys are read as they are written.
func TestNumericAndBooleanKeys(t *testing.T) {
	doc := head + `paths:
  /a:
    get:
      responses:
        200: {description: ok, headers: {on: {type: string}, yes: {type: string}, 2024-01-01: {type: string}, ~: {type: string}}}
        0404: {description: quaint}
`
	api, err := Parse([]byte(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	responses := api.Resources[1].Methods[0].MethodResponses
	for _, header := range []string{"on", "yes", "2024-01-01", "~"} {
		if _, ok := responses["200"].ResponseParameters["method.response.header."+header]; !ok {
			t.Errorf("no header %q in %v", header, responses["200"].ResponseParameters)
		}
	}
	if _, ok := responses["0404"]; !ok {
		t.Errorf("no response 0404 in %v", responses)
	}
}

// TestPatternLikeAnExtension checks that a response of an integration is read whose pattern
// begins as extensions do, which are no responses.
func TestPatternLikeAnExtension(t *testing.T) {
	api, err := Parse([]byte(head+"paths: {/a: {get: {x-amazon-apigateway-integration: {type: mock, responses: {x-failed.*: {statusCode: '502'}, x-note: {of: us}}}}}}"), Options{})
	if err != nil || len(api.Findings) > 0 {
		t.Fatal(err, api.Findings)
	}
	responses := api.Resources[1].Methods[0].MethodIntegration.IntegrationResponses
	if r, ok := responses["502"]; len(responses) != 1 || !ok || *r.SelectionPattern != "x-failed.*" {
		t.Errorf("got %v", responses)
	}
}

// TestSegments checks which paths a lenient import leaves out: those that the
// service cannot have.
func TestSegments(t *testing.T) {
	for path, served := range map[string]bool{
		"/a,b": true, "/a:b/c.d_e-f": true, "/{a.b:c}/{r+}": true, "/a b": false, "/a;b": false, "/{a,b}": false, "/{r+}/a": false,
	} {
		api, err := Parse([]byte(head+"paths: {'"+path+"': {get: {responses: {}}}}"), Options{Lenient: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(api.Resources) > 1; got != served {
			t.Errorf("%s: served is %t, want %t", path, got, served)
		}
	}
}

// TestInvalidDocuments checks what is no definition: the service's text for
// clients, and for us what is wrong where.
func TestInvalidDocuments(t *testing.T) {
	tests := map[string]struct{ doc, want string }{
		"an intrinsic":               {head + "x: !Sub a", "3:4: error: !Sub " + intrinsicAdvice},
		"empty":                      {"", "1:1: error: the document is empty"},
		"only a comment":             {"# nothing\n", "1:1: error: the document is empty"},
		"text":                       {"hello", "1:1: error: the document is not an object"},
		"an array":                   {"[1]", "1:1: error: the document is not an object"},
		"no version":                 {"info: {}", `1:1: error: neither "swagger" nor "openapi" says which specification this follows`},
		"Swagger 1.2":                {"swagger: '1.2'", "1:1: error: Swagger 1.2 is not supported: 2.0 is"},
		"OpenAPI 3.1":                {"info: {}\nopenapi: 3.1.0", "2:1: error: OpenAPI 3.1.0 is not supported: 3.0 is"},
		"OpenAPI 4":                  {`{"openapi": "4.0.0"}`, "1:2: error: OpenAPI 4.0.0 is not supported: 3.0 is"},
		"broken JSON":                {"{\n  \"swagger\": \"2.0\"\n  \"info\": 1\n}", "3:3: error: invalid character '\"' after object key:value pair"},
		"JSON ends early":            {`{"swagger": "2.0", "info": {`, "1:29: error: unexpected end"},
		"JSON with a comment":        {"{\n// no\n\"swagger\": \"2.0\"}", "2:1: error: invalid character '/' looking for beginning of object key string"},
		"JSON with a trailing comma": {`{"swagger": "2.0",}`, "1:19: error: invalid character '}' looking for beginning of object key string"},
		"text after JSON":            {`{"swagger": "2.0"} x`, "1:20: error: invalid character 'x' after top-level value"},
		"duplicate key in JSON":      {"{\"swagger\": \"2.0\",\n \"swagger\": \"2.0\"}", `2:2: error: duplicate key "swagger"`},
		"duplicate key in YAML":      {head + "paths:\n  /a: {}\n  /a: {}\n", `5:3: error: duplicate key "/a"`},
		"duplicate key by spelling":  {head + "paths:\n  /a: {}\n  \"/a\": {}\n", `5:3: error: duplicate key "/a"`},
		"tab as indentation":         {head + "paths:\n\t/a: {}\n", "4:1: error: found character that cannot start any token"},
		"open bracket":               {head + "paths:\n  /a:\n    x: [1, 2\n    y: 1\n", "5:1: error: did not find expected ',' or ']'"},
		"open bracket on line 1":     {"a: [1,\nb: 2", "2:1: error: did not find expected ',' or ']'"},
		"key without a value":        {head + "paths:\n  /a: {}\n  b\n", "5:1: error: could not find expected ':'"},
		"open quote":                 {head + "x: 'abc\n", "3:1: error: found unexpected end of stream"},
		"wrong indentation":          {head + "paths:\n    /a: {}\n  /b: {}\n", "5:1: error: did not find expected key"},
		"unknown alias":              {head + "paths: *nowhere", "3:8: error: unknown anchor 'nowhere' referenced"},
		"alias in its own anchor":    {head + "paths: &p\n  /a: *p", "4:7: error: alias *p stands inside its own anchor"},
		"a list as a key":            {head + "? [a]\n: 1\n", "3:3: error: a key has to be a scalar"},
		"merge of no mapping":        {head + "paths:\n  <<: 5\n", "4:7: error: a merge key needs a mapping"},
		"two documents":              {head + "---\n" + head, "3:1: error: more than one document"},
		"not UTF-8":                  {head + "x: \xff", "1:1: error: not UTF-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.doc), Options{})
			var input *InputError
			text := "Invalid OpenAPI input."
			if strings.Contains(tt.want, "not supported") || strings.Contains(tt.want, "intrinsic") { // the rule is ours
				_, rule, _ := strings.Cut(tt.want, "error: ")
				text = "Invalid OpenAPI input: " + rule
			}
			if !errors.As(err, &input) || err.Error() != text {
				t.Fatalf("got error %v", err)
			}
			if got := input.Findings[0].String(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestLimits checks that documents made to exhaust us are refused.
func TestLimits(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	chain := "a0: &a0 []\n"
	for i := 1; i < 400; i++ {
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i, i, i-1)
	}
	tests := map[string]struct{ doc, want string }{
		"6 MB":             {head + strings.Repeat("#", MaxSize), "larger than 6291456 bytes"},
		"deep JSON":        {strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300), "nested more than 256 levels deep"},
		"deep YAML":        {head + "x: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), "nested more than 256 levels deep"},
		"many JSON values": {`{"a":[` + strings.Repeat("1,", 1_100_000) + "1]}", "more than 1000000 values"},
		"many YAML values": {head + "x: [" + strings.Repeat("1,", 1_100_000) + "1]", "more than 1000000 values"},
		"alias bomb":       {bomb, "aliases make the document too large"},
		"alias chain":      {chain, "aliases make the document too large"},
		"long alias bomb":  {"a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + strings.Repeat("*a,", 1000) + "]", "aliases make the document too large"},
		"merge bomb":       {mergeBomb(), "aliases make the document too large"},
		"reference bomb":   {referenceBomb(), "the paths, references, consumes and produces make more than 350090 values of the 30009 in the document"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.doc), Options{})
			var input *InputError
			if !errors.As(err, &input) || !strings.Contains(input.Findings[0].Text, tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// mergeBomb merges one large mapping into many.
func mergeBomb() string {
	var b strings.Builder
	b.WriteString("base: &base\n")
	for i := range 2000 {
		fmt.Fprintf(&b, "  k%d: 1\n", i)
	}
	for i := range 2000 {
		fmt.Fprintf(&b, "m%d: {<<: *base}\n", i)
	}
	return b.String()
}

// referenceBomb has many paths that are all the same large one.
func referenceBomb() string {
	var b strings.Builder
	b.WriteString(head + "x-item:\n  get:\n    parameters:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "      - {name: p%d, in: query, type: string}\n", i)
	}
	b.WriteString("paths:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "  /p%d: {$ref: '#/x-item'}\n", i)
	}
	return b.String()
}

// TestBasePath checks the resources that each mode makes of the base path.
func TestBasePath(t *testing.T) {
	const paths = "\npaths: {/e: {}, /f: {}}"
	v2 := head + "basePath: /a/b/c" + paths
	v3 := "openapi: 3.0.1\ninfo: {title: t, version: '1'}\nservers:\n"
	tests := map[string]struct {
		doc  string
		mode BasePath
		want string
	}{
		"none":                        {v2, "", "/ /e /f"},
		"ignore":                      {v2, BasePathIgnore, "/ /e /f"},
		"prepend":                     {v2, BasePathPrepend, "/ /a /a/b /a/b/c /a/b/c/e /a/b/c/f"},
		"split":                       {v2, BasePathSplit, "/ /b /b/c /b/c/e /b/c/f"},
		"split of one":                {head + "basePath: /a" + paths, BasePathSplit, "/ /e /f"},
		"no base path":                {head + paths, BasePathPrepend, "/ /e /f"},
		"slash":                       {head + "basePath: /" + paths, BasePathPrepend, "/ /e /f"},
		"server URL":                  {v3 + "- url: https://example.com/a/b" + paths, BasePathPrepend, "/ /a /a/b /a/b/e /a/b/f"},
		"relative URL":                {v3 + "- url: /a" + paths, BasePathPrepend, "/ /a /a/e /a/f"},
		"variables in URL":            {v3 + "- {url: 'https://{host}/{v}/x', variables: {host: {default: h}, v: {default: v1}}}" + paths, BasePathPrepend, "/ /v1 /v1/x /v1/x/e /v1/x/f"},
		"host that is not said":       {v3 + "- url: 'https://{id}.example.com/a'" + paths, BasePathPrepend, "/ /a /a/e /a/f"},
		"port that is a variable":     {v3 + "- {url: 'https://example.com:{port}/a', variables: {port: {default: '8443'}}}" + paths, BasePathPrepend, "/ /a /a/e /a/f"},
		"no scheme":                   {v3 + "- url: //example.com/a/" + paths, BasePathPrepend, "/ /a /a/e /a/f"},
		"host alone":                  {v3 + "- url: https://example.com" + paths, BasePathPrepend, "/ /e /f"},
		"query":                       {v3 + "- url: https://example.com/a?b=/c" + paths, BasePathPrepend, "/ /a /a/e /a/f"},
		"first of several URLs":       {v3 + "- url: https://example.com/a\n- url: https://example.com/b" + paths, BasePathPrepend, "/ /a /a/e /a/f"},
		"first of several variables":  {v3 + "- {url: '/{basePath}', variables: {basePath: {default: /a/b}}}\n- {url: '/{basePath}', variables: {basePath: {default: c}}}" + paths, BasePathSplit, "/ /b /b/e /b/f"},
		"in Swagger servers are none": {head + "servers: [{url: /a}]" + paths, BasePathPrepend, "/ /e /f"},
		"basePath variable, unused in the URL": {
			v3 + "- url: https://example.com/no\n- {url: 'https://example.com', variables: {basePath: {default: prod/x}}}" + paths,
			BasePathSplit, "/ /x /x/e /x/f",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			api, err := Parse([]byte(tt.doc), Options{BasePath: tt.mode})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range api.Resources {
				got = append(got, r.Path)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestParseBasePath(t *testing.T) {
	for s, want := range map[string]BasePath{"": "ignore", "ignore": "ignore", "prepend": "prepend", "split": "split"} {
		if got, ok := ParseBasePath(s); !ok || got != want {
			t.Errorf("%q: got %q, %v", s, got, ok)
		}
	}
	if _, ok := ParseBasePath("Split"); ok {
		t.Error("Split was taken")
	}
}

// TestLocate checks that references find the places of what they lead to, through
// other references.
func TestLocate(t *testing.T) {
	doc := head + `x-item:
  get:
    responses: {}
    x-amazon-apigateway-integration:
      type: mock
      requestTemplates:
        application/json: |
          first line
paths:
  /a~b/{id}:
    $ref: '#/x-item'
`
	api, err := Parse([]byte(doc), Options{File: "api.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	m := api.Resources[2].Methods[0]
	for ref, want := range map[string]string{
		m.Ref: "api.yaml:4:3",
		m.Ref + "/x-amazon-apigateway-integration/requestTemplates/application~1json": "api.yaml:9:9",
		"#/paths/~1a~0b~1{id}/get/responses":                                          "api.yaml:5:5",
		"#":                                                                           "api.yaml:1:1",
		"#/nowhere":                                                                   "",
		"other.yaml#/x":                                                               "",
	} {
		p, ok := api.Locate(ref)
		if p.String() != want || ok != (want != "") {
			t.Errorf("%s: got %s, %v, want %s", ref, p, ok, want)
		}
	}
	if _, ok := new(API).Locate("#"); ok {
		t.Error("an API that was not read has a place")
	}
}

func TestUses(t *testing.T) {
	api, err := Parse([]byte(head+"x-amazon-apigateway-policy: {}"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := api.Uses(FeaturePolicy); !ok || f.Position.Line != 3 {
		t.Errorf("got %v, %v", f, ok)
	}
	if _, ok := api.Uses(FeatureAWSIAM); ok {
		t.Error("the document uses no IAM")
	}
}

// TestManyFindings checks that their number has an end.
func TestManyFindings(t *testing.T) {
	doc := head
	for i := range 2 * maxFindings {
		doc += fmt.Sprintf("odd%d: 1\n", i)
	}
	doc += "paths: {/a: {$ref: '#/nowhere'}}\n"
	api, err := Parse([]byte(doc), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(api.Findings) != maxFindings+1 || len(api.Warnings) != maxFindings {
		t.Errorf("got %d findings, %d warnings", len(api.Findings), len(api.Warnings))
	}
	if f := api.Findings[maxFindings-1]; f.Severity != Error {
		t.Errorf("the error is hidden by warnings: %v", f)
	}
	if last := api.Findings[maxFindings].Text; last != "too many findings; the rest is left out" {
		t.Errorf("the last finding is %q", last)
	}
}

// A document full of mistakes is not answered with all of them.
func TestManyImportErrors(t *testing.T) {
	var e ImportErrors
	for i := range 3 * MaxTold {
		e.Model(fmt.Sprint(i), errors.New("why"))
		e.Warnings = append(e.Warnings, strings.Repeat("é", maxFinding))
	}
	lines := strings.Split(e.Error(), "\n")
	if len(lines) != 2*(MaxTold+2) || lines[MaxTold] != "\tUnable to create model for '19': why" || lines[MaxTold+1] != "\tand 40 more" ||
		lines[MaxTold+3] != "\t"+strings.Repeat("é", maxFinding/2)+"…" || lines[len(lines)-1] != "\tand 40 more" {
		t.Errorf("got %d lines: %.500q", len(lines), lines)
	}
}

func TestImportErrors(t *testing.T) {
	var e ImportErrors
	if err := e.Err(); err != nil {
		t.Errorf("no errors: got %v", err)
	}
	why := errors.New("why")
	e.Resource("/a", why)
	e.Model("M", why)
	e.Method("GET", "/", why)
	e.MethodResponse("GET", "/", why)
	e.Integration("GET", "/", why)
	e.IntegrationResponse("GET", "/", why)
	e.Warnings = []string{"careful"}
	want := "Errors found during import:" +
		"\n\tUnable to create resource at path '/a': why" +
		"\n\tUnable to create model for 'M': why" +
		"\n\tUnable to put method 'GET' on resource at path '/': why" +
		"\n\tUnable to put method response on 'GET' for resource at path '/': why" +
		"\n\tUnable to put integration on 'GET' for resource at path '/': why" +
		"\n\tUnable to put integration response on 'GET' for resource at path '/': why" +
		"\nAdditionally, these warnings were found:" +
		"\n\tcareful"
	if got := e.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := FailOnWarnings(nil); err != nil {
		t.Errorf("no warnings: got %v", err)
	}
	if got := FailOnWarnings([]string{"a", "b"}).Error(); got != "Warnings found during import:\n\ta\n\tb" {
		t.Errorf("got %q", got)
	}
}

// FuzzParse checks that no bytes harm the reader, and that what it reads has
// resources with parents and templates of a size that the service takes.
func FuzzParse(f *testing.F) {
	for _, archive := range archives(f) {
		for _, file := range archive.Files {
			f.Add(file.Data, true)
			f.Add(file.Data, false)
		}
	}
	f.Add([]byte("a: &a {<<: *a}"), false)
	f.Add([]byte(head+"definitions: {A: {$ref: '#/definitions/A'}}\npaths: {/a: {get: {responses: {200: {schema: {$ref: A}}}}}}"), true)
	f.Fuzz(func(t *testing.T, data []byte, lenient bool) {
		if len(data) > 64<<10 {
			return
		}
		o := Options{Lenient: lenient, BasePath: BasePathPrepend}
		if len(data)%2 == 1 {
			o.Upstream = ServersUpstream
		}
		api, err := Parse(data, o)
		if err != nil {
			if input, ok := err.(*InputError); !ok || len(input.Findings) == 0 {
				t.Fatalf("got %v", err)
			}
			return
		}
		checkAPI(t, api, lenient)
	})
}

// checkAPI checks what is true of whatever is read.
func checkAPI(t *testing.T, api *API, lenient bool) {
	t.Helper()
	known := map[string]bool{"/": true}
	for _, r := range api.Resources[1:] {
		parent := strings.TrimSuffix(r.Path, "/"+r.PathPart)
		if parent == "" {
			parent = "/"
		}
		if !known[parent] || known[r.Path] || r.PathPart == "" {
			t.Errorf("resource %q is out of order", r.Path)
		}
		known[r.Path] = true
	}
	for _, r := range api.Resources {
		for _, m := range r.Methods {
			if _, ok := api.Locate(m.Ref); !ok {
				t.Errorf("%s %s: no place for %s", *m.HTTPMethod, r.Path, m.Ref)
			}
			if m.Mocked != lenient && m.Mocked {
				t.Errorf("%s %s is mocked", *m.HTTPMethod, r.Path)
			}
			if m.MethodIntegration == nil {
				continue
			}
			for _, answer := range m.MethodIntegration.IntegrationResponses {
				for _, template := range answer.ResponseTemplates {
					if m.Mocked && len(*template) > maxTemplate {
						t.Errorf("%s %s: template of %d bytes", *m.HTTPMethod, r.Path, len(*template))
					}
				}
			}
		}
	}
	for _, m := range api.Models {
		if lenient && !modelName.MatchString(*m.Name) {
			t.Errorf("model name %q", *m.Name)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	docs := make(map[string][]byte)
	for _, archive := range archives(b) {
		docs[archive.Files[0].Name+" "+fmt.Sprint(len(archive.Files[0].Data))] = archive.Files[0].Data
	}
	var big bytes.Buffer
	big.WriteString(head + "paths:\n")
	for i := range 1000 {
		fmt.Fprintf(&big, "  /things%d/{id}:\n    get:\n      parameters: [{name: q, in: query, type: string}]\n      responses: {'200': {description: ok, schema: {$ref: '#/definitions/M%d'}}}\n      x-amazon-apigateway-integration: {type: mock, requestTemplates: {application/json: '{}'}}\n", i, i)
	}
	big.WriteString("definitions:\n")
	for i := range 1000 {
		fmt.Fprintf(&big, "  M%d: {type: object, properties: {id: {type: integer}, name: {type: string}, next: {$ref: '#/definitions/M%d'}}}\n", i, (i+1)%1000)
	}
	docs["thousand paths.yaml"] = big.Bytes()
	for name, doc := range docs {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if _, err := Parse(doc, Options{Lenient: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
