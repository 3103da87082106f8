package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// docsAPI is a definition with one operation, GET /x, which is described.
func docsAPI(title, description string) string {
	return fmt.Sprintf(`{"openapi": "3.0.1", "info": {"title": %q, "version": "1"}, "paths": {"/x": {"get": {"description": %q, "responses": {"200": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}}}}}`, title, description)
}

// document publishes the documentation of an API as a version, at a stage.
func document(t *testing.T, url, api, stage, version string) {
	t.Helper()
	body := fmt.Sprintf(`{"documentationVersion": %q, "stageName": %q}`, version, stage)
	if got := exchange(t, "POST", url+"/restapis/"+api+"/documentation/versions", []byte(body)); got.status != 201 {
		t.Fatal(got)
	}
}

// TestPortal reads the pages of the stages that the configuration opens, and of no others.
func TestPortal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "orders.yaml"), []byte(docsAPI("Orders", "By **file**")), 0o600); err != nil {
		t.Fatal(err)
	}
	const open = "in-memory: true\napi: orders.yaml\nportal: [shop, other/beta, orders.yaml]\n"
	p, _, url := launchWith(t, dir, open)
	for _, api := range []string{"shop", "other", "secret"} {
		deployAPI(t, url, api, docsAPI("API "+api, "Gets x"))
	}
	if got := exchange(t, "POST", url+"/restapis/other/deployments", []byte(`{"stageName": "beta"}`)); got.status != 201 {
		t.Fatal(got)
	}
	document(t, url, "shop", "prod", "1")
	get := func(path string, headers ...string) reply {
		t.Helper()
		return exchange(t, "GET", url+"/_gatehouse/docs/"+path, nil, headers...)
	}

	for path, want := range map[string]string{
		"shop/prod/":   "<p>Gets x</p>",
		"other/beta/":  "<h1>API other</h1>",
		"orders/prod/": "<p>By <strong>file</strong></p>",
		"SHOP/prod/":   "<h1>API shop</h1>",
	} {
		if got := get(path); got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	absent := get("absent/prod/")
	absent.header.Del("Date")
	for _, path := range []string{"secret/prod/", "secret/prod", "other/prod/", "shop/beta/", "shop/prod/x", "shop/", "shop//prod/", "/", "/shop/prod/", "../_gatehouse/doctor"} {
		got := get(path)
		got.header.Del("Date")
		if got.status != 404 || fmt.Sprint(got.header, got.body) != fmt.Sprint(absent.header, absent.body) {
			t.Errorf("%s: got %v, want %v", path, got, absent)
		}
	}
	if got := get(""); got.status != 200 || strings.Count(got.body, "<li>") != 3 || strings.Contains(got.body, "secret") {
		t.Errorf("the index: %v", got)
	}
	if got := get("shop/prod"); got.status != 308 || got.header.Get("Location") != "prod/" {
		t.Errorf("without its last slash: %v", got)
	}
	if got := exchange(t, "POST", url+"/_gatehouse/docs/shop/prod/", nil); got.status != 405 || got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %v", got)
	}
	if got := get("shop/prod/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"); got.status != 200 || got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("by a link of another site: %v", got)
	}

	checkDocsForms(t, url+"/_gatehouse/docs/shop/prod/")
	checkDocsFollow(t, url)

	if err := os.WriteFile(filepath.Join(dir, "gatehouse.yaml"), []byte(strings.Replace(open, "shop, ", "", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); get("shop/prod/").status != 404; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a stage is still open after the configuration closes it")
		}
	}
}

// TestPortalOfDev opens dev's own APIs as long as nobody else reaches a listener at which
// the portal is.
func TestPortalOfDev(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*config)
		want   bool
	}{
		"as it is":                    {func(*config) {}, true},
		"both planes for others":      {func(c *config) { c.Listen = ":4566" }, false},
		"stages for others":           {func(c *config) { c.GatewayListen = "0.0.0.0:8080" }, false},
		"stages under TLS for others": {func(c *config) { c.GatewayTLSListen = "192.0.2.1:8443" }, false},
		"a VPC endpoint of networks":  {func(c *config) { c.VPCEndpoints = []string{"vpce-1=vpc-1 10.0.0.0/8 http://127.0.0.1:4570"} }, true},
		"a VPC endpoint for others":   {func(c *config) { c.VPCEndpoints = []string{"vpce-1=vpc-1 http://127.0.0.1:4570 https://0.0.0.0:4571"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := defaults()
			c.requestLines = true
			tt.change(&c)
			if got := c.openedStages().dev; got != tt.want {
				t.Errorf("open: %v, want %v", got, tt.want)
			}
		})
	}
}

// unzipped is what gzip has made a text of; "" where it has not.
func unzipped(text string) string {
	r, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		return ""
	}
	plain, _ := io.ReadAll(r)
	return string(plain)
}

// checkDocsForms asks for a page in the forms in which clients may have it.
func checkDocsForms(t *testing.T, page string) {
	t.Helper()
	plain, compressed := exchange(t, "GET", page, nil), exchange(t, "GET", page, nil, "Accept-Encoding: br;q=1, gzip;q=0.8")
	if got := compressed.header.Get("Content-Encoding"); got != "gzip" || unzipped(compressed.body) != plain.body {
		t.Errorf("compressed: %v", compressed)
	}
	if got := exchange(t, "GET", page, nil, "Accept-Encoding: gzip;q=0.0"); got.body != plain.body {
		t.Errorf("without gzip: %v", got)
	}
	for _, r := range []reply{plain, compressed} {
		etag := r.header.Get("ETag")
		got := exchange(t, "GET", page, nil, "Accept-Encoding: "+r.header.Get("Content-Encoding"), `If-None-Match: "x", W/`+etag)
		if etag == "" || got.status != 304 || got.body != "" || got.header.Get("Content-Security-Policy") == "" {
			t.Errorf("what is known under %s: %v", etag, got)
		}
	}
	for accepted, want := range map[string]string{"gzip": compressed.body, "identity": plain.body} {
		if got := exchange(t, "HEAD", page, nil, "Accept-Encoding: "+accepted); got.status != 200 || got.body != "" || got.length != int64(len(want)) {
			t.Errorf("HEAD of %s: %v", accepted, got)
		}
	}
}

// A page that cannot be written is told in the log when that is found out, and not each time
// that somebody asks.
func TestPortalIsNotShown(t *testing.T) {
	t.Parallel()
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\nportal: [shop]\n")
	deployAPI(t, url, "shop", `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {"/x": {"post": {
		"requestBody": {"content": {"application/xml": {"schema": {"$ref": "#/components/schemas/M"}}}}, "responses": {"200": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}}}},
		"components": {"schemas": {"M": {"type": "object"}}}}`)
	for range 3 {
		if got := exchange(t, "GET", url+"/_gatehouse/docs/shop/prod/", nil); got.status != 500 || !strings.Contains(got.body, "<h1>Not shown</h1>") {
			t.Fatal(got)
		}
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := p.waitFor(`the configuration is taken over`); err != nil { // what was logged before is there, too
		t.Fatal(err)
	}
	if n := strings.Count(p.printed(), "the documentation of a stage cannot be shown"); n != 1 {
		t.Errorf("the log has it %d times:\n%s", n, p.printed())
	}
}

// checkDocsFollow has the page of a stage show what is deployed, and not what is edited.
func checkDocsFollow(t *testing.T, url string) {
	t.Helper()
	const page = "/_gatehouse/docs/shop/prod/"
	before := exchange(t, "GET", url+page, nil)
	if got := exchange(t, "PUT", url+"/restapis/shop?mode=overwrite", []byte(docsAPI("Second", "Gets y"))); got.status != 200 {
		t.Fatal(got)
	}
	if got := exchange(t, "GET", url+page, nil); got.body != before.body {
		t.Errorf("an edit shows: %v", got)
	}
	if got := exchange(t, "POST", url+"/restapis/shop/deployments", []byte(`{"stageName": "prod"}`)); got.status != 201 {
		t.Fatal(got)
	}
	if got := exchange(t, "GET", url+page, nil); !strings.Contains(got.body, "<h1>Second</h1>") || strings.Contains(got.body, "Gets y") {
		t.Errorf("a deployment without documentation: %v", got)
	}
	document(t, url, "shop", "prod", "2")
	if got := exchange(t, "GET", url+page, nil); !strings.Contains(got.body, "<p>Gets y</p>") {
		t.Errorf("documentation: %v", got)
	}
	if got := exchange(t, "DELETE", url+"/restapis/shop/stages/prod", nil); got.status != 202 {
		t.Fatal(got)
	}
	if got := exchange(t, "GET", url+page, nil); got.status != 404 {
		t.Errorf("a stage that is gone: %v", got)
	}
	if got := exchange(t, "POST", url+"/restapis/shop/deployments", []byte(`{"stageName": "prod"}`)); got.status != 201 {
		t.Fatal(got)
	}
	if got := exchange(t, "GET", url+page, nil); got.status != 200 {
		t.Errorf("a stage that is there again: %v", got)
	}
}
