package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// contentAPI uses what the gateway does to bodies: models, binary media types,
// content handling and compression. BACKEND echoes.
const contentAPI = `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"},
"x-amazon-apigateway-binary-media-types": ["image/png"],
"x-amazon-apigateway-minimum-compression-size": 100,
"x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": true, "validateRequestParameters": true}},
"components": {"schemas": {
	"Pet": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "owner": {"$ref": "#/components/schemas/Owner"}}},
	"Owner": {"type": "object", "properties": {"pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}}}},
"paths": {
	"/pets": {"post": {"x-amazon-apigateway-request-validator": "all", "responses": {"200": {"description": "ok"}},
		"parameters": [{"name": "X-Shop", "in": "header", "required": true, "schema": {"type": "string"}}],
		"requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
			"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "#foreach($i in [1..60])0123456789#end"}}}}}},
	"/echo": {"x-amazon-apigateway-any-method": {"responses": {"200": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY", "uri": "BACKEND"}}},
	"/text": {"post": {"responses": {"200": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "http", "httpMethod": "POST", "uri": "BACKEND", "contentHandling": "CONVERT_TO_TEXT",
			"requestTemplates": {"image/png": "{\"image\": \"$input.body\"}"}, "responses": {"default": {"statusCode": "200"}}}}},
	"/bytes": {"get": {"responses": {"200": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
			"responses": {"default": {"statusCode": "200", "contentHandling": "CONVERT_TO_BINARY", "responseTemplates": {"application/json": "/wD+"}}}}}},
	"/nothing": {"get": {"responses": {"204": {"description": "ok"}},
		"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 204}"},
			"responses": {"default": {"statusCode": "204", "responseTemplates": {"application/json": "#foreach($i in [1..60])0123456789#end"}}}}}}}}`

// A reply is an answer as it travelled.
type reply struct {
	status int
	header http.Header
	length int64 // Content-Length, -1 for none
	body   string
}

func (r reply) String() string {
	return fmt.Sprintf("%d, %d bytes announced, %v\n%.200s", r.status, r.length, r.header, r.body)
}

// exchange sends one request to the stage and reads the answer as it came.
func exchange(t *testing.T, method, url string, body []byte, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, resp.ContentLength, string(text)}
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestContent takes bodies through the whole server: validated, converted,
// compressed, and of the right length.
func TestContent(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("X-Coding", r.Header.Get("Content-Encoding"))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}))
	defer backend.Close()
	p, err := launch(t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--in-memory")
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	root := urlLine.FindStringSubmatch(p.printed())[2]
	for _, step := range [][3]string{
		{"POST", "/restapis", `{"name": "a", "tags": {"_custom_id_": "content"}}`},
		{"PUT", "/restapis/content?mode=overwrite", strings.ReplaceAll(contentAPI, "BACKEND", backend.URL)},
		{"POST", "/restapis/content/deployments", `{"stageName": "prod"}`},
	} {
		if got := exchange(t, step[0], root+step[1], []byte(step[2])); got.status/100 != 2 {
			t.Fatal(step[1], got)
		}
	}
	const pet = `{"name": "Rex", "owner": {"pets": [{"name": "Tom"}]}}`
	digits := strings.Repeat("0123456789", 60)
	large := bytes.Repeat([]byte("0123456789abcdef"), 10<<20/16)
	padded := pet + strings.Repeat(" ", 100_000)
	tests := map[string]struct {
		method, path string
		body         []byte
		headers      []string
		status       int
		want         string
		header       string // in the answer
	}{
		"valid":                         {"POST", "/pets", []byte(pet), []string{"X-Shop: a"}, 200, digits, ""},
		"parameter missing":             {"POST", "/pets", []byte(pet), nil, 400, `{"message": "Missing required request parameters: [X-Shop]"}`, ""},
		"invalid through references":    {"POST", "/pets", []byte(`{"name": "Rex", "owner": {"pets": [{}]}}`), []string{"X-Shop: a"}, 400, `{"message": "Invalid request body"}`, ""},
		"gzip":                          {"POST", "/pets", zipped(t, padded), []string{"X-Shop: a", "Content-Encoding: gzip"}, 200, digits, ""},
		"gzip that is invalid":          {"POST", "/pets", zipped(t, padded+"x"), []string{"X-Shop: a", "Content-Encoding: gzip"}, 400, `{"message": "Invalid request body"}`, ""},
		"gzip that is none":             {"POST", "/pets", []byte(padded), []string{"X-Shop: a", "Content-Encoding: gzip"}, 415, `{"message": "Unsupported Media Type"}`, ""},
		"a bomb":                        {"POST", "/pets", zipped(t, strings.Repeat(" ", 20<<20)), []string{"X-Shop: a", "Content-Encoding: gzip"}, 413, `{"message":"Request Too Long"}`, ""},
		"gzip goes on without coding":   {"POST", "/echo", zipped(t, padded), []string{"Content-Encoding: gzip"}, 200, padded, "X-Coding: "},
		"compressed":                    {"POST", "/pets", []byte(pet), []string{"X-Shop: a", "Accept-Encoding: gzip"}, 200, digits, "Content-Encoding: gzip"},
		"too short to compress":         {"POST", "/echo", []byte(pet), []string{"Accept-Encoding: gzip"}, 200, pet, ""},
		"binary request as text":        {"POST", "/text", []byte("\xff\x00\xfe"), []string{"Content-Type: image/png"}, 200, `{"image": "/wD+"}`, ""},
		"binary answer":                 {"GET", "/bytes", nil, nil, 200, "\xff\x00\xfe", ""},
		"HEAD":                          {"HEAD", "/echo", nil, nil, 200, "", ""},
		"204 has neither body nor size": {"GET", "/nothing", nil, []string{"Accept-Encoding: gzip"}, 204, "", ""},
		"empty":                         {"POST", "/echo", nil, nil, 200, "", ""},
		"10 MB":                         {"POST", "/echo", large, nil, 200, string(large), ""},
		"10 MB, compressed":             {"POST", "/echo", large, []string{"Accept-Encoding: gzip"}, 200, string(large), "Content-Encoding: gzip"},
		"a byte more":                   {"POST", "/echo", append(large[:len(large):len(large)], 'x'), nil, 413, `{"message":"Request Too Long"}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := exchange(t, tt.method, root+"/_aws/execute-api/content/prod"+tt.path, tt.body, tt.headers...)
			if got.status != tt.status {
				t.Fatal(got)
			}
			switch {
			case tt.status == 204:
				if got.length > 0 || got.header["Content-Length"] != nil {
					t.Error("204 announces a length:", got)
				}
			case tt.method != "HEAD" && got.length != int64(len(got.body)):
				t.Error("the length is wrong:", got)
			}
			coding := got.header.Get("Content-Encoding")
			if wanted, _ := strings.CutPrefix(tt.header, "Content-Encoding: "); strings.HasPrefix(tt.header, "Content-Encoding") && coding != wanted || tt.header == "" && coding != "" {
				t.Fatal("coding", coding)
			}
			if coding == "gzip" {
				r, err := gzip.NewReader(strings.NewReader(got.body))
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				got.body = string(text)
			}
			if got.body != tt.want {
				t.Errorf("body differs: %.200q", got.body)
			}
			if name, value, ok := strings.Cut(tt.header, ": "); ok && got.header.Get(name) != value {
				t.Errorf("%s is %q", name, got.header.Get(name))
			}
		})
	}
}
