package portal

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// shop is the place of the tests' pages.
var shop = Place{API: "shop", Stage: "prod", Base: "/_aws/execute-api/shop/prod"}

func written(t *testing.T, document string) string {
	t.Helper()
	out, err := Page([]byte(document), shop)
	if err != nil {
		t.Fatal(err)
	}
	checkMarkup(t, string(out))
	return string(out)
}

// elements are all elements that pages have, with their attributes beside class, id and hidden.
var elements = map[string]string{
	"html": "lang", "head": "", "meta": "charset name content", "title": "", "style": "", "body": "data-base", "script": "",
	"a": "href rel", "header": "", "nav": "aria-label", "main": "tabindex", "section": "aria-labelledby", "div": "", "span": "role",
	"h1": "", "h2": "", "h3": "", "p": "role", "ul": "", "li": "", "dl": "", "dt": "", "dd": "", "code": "", "pre": "", "bdi": "", "strong": "", "em": "",
	"table": "", "thead": "", "tbody": "", "tr": "", "th": "scope", "td": "",
	"details": "", "summary": "", "form": "data-method data-path data-schemes autocomplete", "label": "for", "button": "type",
	"input":    "type autocomplete spellcheck required data-in data-name data-scheme",
	"textarea": "rows autocomplete spellcheck data-in", "select": "required data-in data-name", "option": "value",
}

// checkMarkup holds a page to the elements and attributes that this package writes: whatever
// else were in it would have come out of a definition.
func checkMarkup(t *testing.T, page string) {
	t.Helper()
	ids := make(map[string]bool)
	z, within := html.NewTokenizer(strings.NewReader(page)), ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken:
			t.Fatalf("a comment: %s", z.Raw())
		case html.TextToken:
			if raw := string(z.Raw()); within == "script" && raw != script || within == "style" && raw != style {
				t.Fatalf("%s is another: %.200s", within, raw)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			within = tag.Data
			known, ok := elements[tag.Data]
			if !ok {
				t.Fatalf("an element %s", tag)
			}
			for _, a := range tag.Attr {
				switch {
				case !slices.Contains(strings.Fields(known+" class id hidden"), a.Key):
					t.Fatalf("an attribute %s of %s", a.Key, tag)
				case a.Key == "id" && ids[a.Val]:
					t.Fatalf("%s is the id of two", a.Val)
				case a.Key == "id":
					ids[a.Val] = true
				case a.Key == "href" && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") && !strings.HasPrefix(a.Val, "mailto:"):
					t.Fatalf("a link to %s", a.Val)
				}
			}
		default:
			within = ""
		}
	}
}

const petshop = `{
 "openapi": "3.0.1",
 "info": {"title": "Pets", "version": "7", "description": "Sells **pets**.", "contact": {"name": "Us", "url": "https://pets.example/", "email": "us@pets.example"}},
 "servers": [{"url": "https://x.execute-api.us-east-1.amazonaws.com/{basePath}"}],
 "paths": {
  "/pets/{id}": {
   "get": {"summary": "One pet", "deprecated": true,
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "sort", "in": "query", "description": "By what", "schema": {"type": "string", "enum": ["name", "age"]}}],
    "responses": {"200": {"description": "It", "headers": {"ETag": {"description": "Of it", "schema": {"type": "string"}}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}},
    "security": [{"api_key": []}, {"signed": []}]},
   "post": {"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}, "responses": {}}},
  "/files/{rest+}": {"x-amazon-apigateway-any-method": {"responses": {}}}
 },
 "components": {
  "schemas": {"Pet": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}, "kind": {"type": "string", "enum": ["cat"]}, "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}},
  "securitySchemes": {"api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"}, "signed": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}
 }
}`

// TestPage finds on the page what a document says, in the order of the page.
func TestPage(t *testing.T) {
	got := written(t, petshop)
	for _, want := range []string{
		`<title>Pets (prod)</title>`, `<body data-base="../../../../_aws/execute-api/shop/prod">`,
		`<h1>Pets</h1>`, `<bdi>7</bdi>`, `<p>Sells <strong>pets</strong>.</p>`, `<a href="https://pets.example/" rel="noopener noreferrer nofollow">Contact: Us</a>`, `<a href="mailto:us@pets.example"`,
		`<a href="#op-get-pets-id"><span class="verb get">GET</span> <code>/pets/{id}</code> <bdi class="summary">One pet</bdi> <span class="mark">deprecated</span></a>`,
		`data-scheme="0" data-in="header" data-name="x-api-key"`,
		`<section id="op-get-pets-id"`, `Needs <bdi>api_key</bdi>: the header <code>x-api-key</code>`, `Needs <bdi>signed</bdi>: a signature of AWS (SigV4)`,
		`<code>id</code> <span class="mark">required</span>`, `<td>query</td><td>string</td><td><div class="prose"><p>By what</p></div></td>`,
		`<dt><code>200</code></dt><dd><div class="prose"><p>It</p></div>`, `Header <code>ETag</code>`, `<a href="#model-pet">Pet</a>`,
		`<form data-method="GET" data-path="/pets/{id}" data-schemes="0 1">`, `<input data-in="path" data-name="id" required=""`, `<select data-in="query" data-name="sort" id="`, `<option value=""></option><option value="name">name</option>`,
		`<form data-method="POST" data-path="/pets/{id}" data-schemes="">`, `<input data-in="path" data-name="id" required=""`, `<option value="application/json">`,
		"{\n  &quot;name&quot;: &quot;string&quot;,\n  &quot;kind&quot;: &quot;cat&quot;,\n  &quot;friends&quot;: [{\n",
		`<section id="op-any-files-rest"`, `<form data-method="ANY"`, `<option value="PATCH">`, `data-in="path" data-name="rest"`,
		`<h3 id="model-pet">Pet</h3>`, `<code>name</code> string <span class="mark">required</span>; length from <code>1</code>`, `<code>kind</code> string; one of <code>cat</code>`, `array of <a href="#model-pet">Pet</a>`,
	} {
		at := strings.Index(got, want)
		if at < 0 {
			t.Fatalf("%s is not on the page, or not there:\n%s", want, got)
		}
		got = got[at+len(want):]
	}
}

// What an export of GetExport's has that a caller need not know is not on the page, should it be in the document.
func TestPageTellsNothingOfBackends(t *testing.T) {
	got := written(t, `{"paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"uri": "http://secret.internal/"}, "x-amazon-apigateway-request-validator": "secret"}}},
		"components": {"securitySchemes": {"a": {"type": "apiKey", "name": "A", "in": "header", "x-amazon-apigateway-authorizer": {"authorizerUri": "arn:secret"}}}}, "x-amazon-apigateway-policy": {"Statement": "secret"}}`)
	if strings.Contains(got, "secret") {
		t.Errorf("the page has a secret:\n%s", got)
	}
}

// An operation whose path leads out of the stage has no form: at the page's origin there may
// be the control plane.
func TestPathsThatClimb(t *testing.T) {
	for path, want := range map[string]bool{"/../../../../restapis": false, "/a/./b": false, "/a/..": false, "/{a}/..": false, "/a..b/.c/...": true} {
		got := written(t, `{"paths": {"`+path+`": {"post": {}}}}`)
		if has := strings.Contains(got, "<form data-method"); has != want || !strings.Contains(got, "<code>"+path+"</code>") {
			t.Errorf("%s: a form: %v\n%s", path, has, got)
		}
	}
}

// TestStrangeDocuments has pages of documents that say what no export does.
func TestStrangeDocuments(t *testing.T) {
	for name, document := range map[string]string{
		"nothing":            `{}`,
		"no object":          `[]`,
		"all of other types": `{"info": 1, "paths": {"/a": 1, "/b": {"get": 2, "post": {"parameters": {}, "requestBody": [], "responses": 3, "security": "a"}}}, "components": {"schemas": [1], "securitySchemes": {"a": 1}}}`,
		"paths alike":        `{"paths": {"/a": {"get": {}}, "/a/title": {"get": {}}, "/a-title": {"get": {}}, "/title": {"get": {}}}, "components": {"schemas": {"s": {}, "s-title": {}}}}`,
		"names twice":        `{"paths": {"/a": {"get": {}, "get": {}}, "/a": {"get": {}}}, "components": {"schemas": {"A": {}, "A": {}, "a": {}}}}`,
		"a model of itself":  `{"paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}, "components": {"schemas": {"A": {"$ref": "#/components/schemas/A"}}}}`,
		"no such model":      `{"paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/<b>"}}}}}}}}`,
		"braces":             `{"paths": {"/{": {"get": {}}, "/}{": {"get": {}}, "/{}": {"get": {}}, "/{a}{a}": {"get": {}}}}`,
	} {
		t.Run(name, func(t *testing.T) { written(t, document) })
	}
	if _, err := Page([]byte(`{`), shop); err == nil {
		t.Error("what is no JSON has a page")
	}
	deep := `{"components": {"schemas": {"A": ` + strings.Repeat(`{"items": `, 150) + `{}` + strings.Repeat(`}`, 150) + `, "B": ` + strings.Repeat(`{"not": `, 150) + `{}` + strings.Repeat(`}`, 150) + `}}}`
	written(t, deep)
}

// TestLargePage stops at the bounds of the export and of the page.
func TestLargePage(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", maxExport), strings.Repeat("<", maxPage/3)} {
		if _, err := Page([]byte(`{"info": {"description": "`+text+`"}}`), shop); err != ErrLarge {
			t.Errorf("%d bytes of %.1s: got %v, want %v", len(text), text, err, ErrLarge)
		}
	}
}

// TestSamplesAreBounded has models that lead to each other many times over.
func TestSamplesAreBounded(t *testing.T) {
	many := strings.Repeat(`"x": {"$ref": "#/components/schemas/A"}, `, 1000)
	got := written(t, `{"paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}},
		"components": {"schemas": {"A": {"properties": {`+many+`"y": {}}}}}}`)
	_, form, _ := strings.Cut(got, "<form")
	form, _, _ = strings.Cut(form, "</form>")
	if len(form) > 10_000 {
		t.Errorf("the form has %d bytes:\n%.3000s", len(form), form)
	}
}

// What the script and the style hold ends neither element.
func TestAssets(t *testing.T) {
	for name, text := range map[string]string{"portal.js": script, "portal.css": style} {
		if strings.Contains(text, "</") || strings.Contains(text, "<!--") || strings.Contains(text, "\r") {
			t.Errorf("%s cannot stand in a page as it is", name)
		}
		if on, err := os.ReadFile(name); err != nil || string(on) != text {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, page := range [][]byte{Index(nil), Index([]Place{shop}), Message("Not found", "There is no such page.")} {
		checkMarkup(t, strings.ReplaceAll(string(page), `href="shop/prod/"`, `href="#"`))
	}
}

func TestProse(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":          {" \n ", ""},
		"paragraphs":       {"a\nb\n\nc", "<p>a\nb</p><p>c</p>"},
		"emphasis":         {"a **b *c*** d*e", "<p>a <strong>b *c</strong>* d*e</p>"},
		"emphasis in it":   {"**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"},
		"times":            {"2 * 3 * 4 ** 5", "<p>2 * 3 * 4 ** 5</p>"},
		"code":             {"`a*b*` and `", "<p><code>a*b*</code> and `</p>"},
		"escapes":          {`\*a\* \b`, `<p>*a* \b</p>`},
		"link":             {"see [*us*](https://a.example/?b=c&d) now", `<p>see <a href="https://a.example/?b=c&amp;d" rel="noopener noreferrer nofollow"><em>us</em></a> now</p>`},
		"mail":             {"[us](mailto:a@b.example)", `<p><a href="mailto:a@b.example" rel="noopener noreferrer nofollow">us</a></p>`},
		"script as a link": {"[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"},
		"data as a link":   {"[a](data:text/html,b)", "<p>[a](data:text/html,b)</p>"},
		"link of no host":  {"[a](https:///b) [c](//d.example) [e](/f)", "<p>[a](https:///b) [c](//d.example) [e](/f)</p>"},
		"spaced link":      {"[a](ja\tvascript:b) [c](https://d e)", "<p>[a](ja\tvascript:b) [c](https://d e)</p>"},
		"brackets":         {"[[a] [b](c", "<p>[[a] [b](c</p>"},
		"items":            {"of\n- a\n  b\n* c\n1. d\n\ne", "<p>of</p><ul><li>a\n  b</li><li>c</li><li>d</li></ul><p>e</p>"},
		"heading":          {"# A `b` #\nc", `<p class="heading">A <code>b</code></p><p>c</p>`},
		"fence":            {"```js\na < *b*\n```\nc", "<pre><code>a &lt; *b*</code></pre><p>c</p>"},
		"open fence":       {"```\na", "<pre><code>a</code></pre>"},
		"HTML":             {`<b onclick="a">&amp;`, "<p>&lt;b onclick=&quot;a&quot;&gt;&amp;amp;</p>"},
		"control":          {"a\x00b\u0085\xffc", "<p>a\uFFFDb\uFFFD\uFFFDc</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			var h markup
			h.prose(tt.text)
			got := strings.TrimSuffix(strings.TrimPrefix(string(h.b), `<div class="prose">`), "</div>")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func FuzzPage(f *testing.F) {
	f.Add(petshop)
	f.Add(`{"info": {"title": "<script>", "description": "<img src=x onerror=a> [a](javascript:b)"}, "paths": {"/\"><script>": {"get": {"parameters": [{"name": "\"", "in": "query", "schema": {"enum": ["</select>"]}}]}}}}`)
	f.Add(`{"info": {"license": {"name": "a", "url": "javascript:b"}}, "externalDocs": {"url": "data:text/html,c"}, "components": {"schemas": {"</h3>": {"default": {"a": [1, null, "</textarea>"]}}}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		if out, err := Page([]byte(document), shop); err == nil {
			checkMarkup(t, string(out))
		}
	})
}

func FuzzProse(f *testing.F) {
	f.Add("a **b** [c](https://d.example) `e`\n- f\n```\ng\n```")
	f.Add("[a](javascript:b)\n# <script>")
	f.Fuzz(func(t *testing.T, text string) {
		var h markup
		h.prose(text)
		checkMarkup(t, string(h.b))
	})
}
