package pipeline

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/content"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A mirror is a backend that gives one answer and keeps what it was sent.
type mirror struct {
	url    string
	header http.Header
	body   []byte
}

func newMirror(t testing.TB, contentType, answer string) *mirror {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &mirror{url: "http://" + l.Addr().String()}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.header = r.Header
		e.body, _ = io.ReadAll(r.Body)
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		_, _ = io.WriteString(w, answer)
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return e
}

// binaryAPI is an API whose POST /x goes to a backend through an HTTP
// integration.
func binaryAPI(uri string, types []string, edit func(*snapshot.Method)) *snapshot.Deployment {
	m := snapshot.Method{
		HTTPMethod: "POST",
		Integration: snapshot.Integration{
			Type: "HTTP", HTTPMethod: "POST", URI: uri, TimeoutMillis: 29000, PassthroughBehavior: "WHEN_NO_MATCH",
			Responses: []snapshot.IntegrationResponse{{StatusCode: "200"}},
		},
		Responses: map[string]snapshot.MethodResponse{"200": {}},
	}
	if edit != nil {
		edit(&m)
	}
	return &snapshot.Deployment{ID: "d1", APIID: "abc", BinaryMediaTypes: types, Resources: []snapshot.Resource{{ID: "r", Path: "/x", Methods: []snapshot.Method{m}}}}
}

const (
	plain   = "plain text"
	encoded = "/wD+aGVsbG8=" // of blob
	blob    = "\xff\x00\xfehello"
)

// TestRequestContentHandling is AWS's table, row by row. The text payload is
// base64, so that it can be converted; a binary one is not UTF-8.
func TestRequestContentHandling(t *testing.T) {
	image := []string{"image/png", "application/*"}
	tests := []struct {
		row         string
		payload     string
		contentType string
		types       []string
		handling    string
		want        string
	}{
		{"text, no list, none", encoded, "text/plain", nil, "", encoded},
		{"text, no list, to binary", encoded, "image/png", nil, content.ToBinary, blob},
		{"text, no list, to text", encoded, "image/png", nil, content.ToText, encoded},
		{"text, no match, none", encoded, "text/plain", image, "", encoded},
		{"text, no match, to binary", encoded, "text/plain", image, content.ToBinary, blob},
		{"text, no match, to text", encoded, "text/plain", image, content.ToText, encoded},
		{"binary, match, none", blob, "image/png", image, "", blob},
		{"binary, match, to binary", blob, "image/png", image, content.ToBinary, blob},
		{"binary, match, to text", blob, "image/png", image, content.ToText, encoded},

		{"family matches", blob, "application/x-y; a=b", image, content.ToText, encoded},
		{"another family does not", encoded, "image/gif", image, content.ToBinary, blob},
		{"case does not count", blob, "IMAGE/PNG", image, content.ToText, encoded},
		{"everything matches", blob, "text/plain", []string{"*/*"}, content.ToText, encoded},
		{"even no type", blob, "", []string{"*/*"}, content.ToText, encoded},
		{"no type matches nothing else", encoded, "", []string{"image/*"}, content.ToBinary, blob},
		{"text that is no UTF-8", "a\xff\xe2\x82b\xf0\x9f\x98", "text/plain", nil, "", "a\uFFFD\uFFFDb\uFFFD"},
		{"empty text", "", "text/plain", nil, content.ToBinary, ""},
		{"empty binary", "", "image/png", image, content.ToText, ""},
		{"base64 in a JSON string", `"` + encoded + "\"\n", "application/json", nil, content.ToBinary, blob},
		{"base64 without padding", strings.TrimRight(encoded, "="), "text/plain", nil, content.ToBinary, blob},
		{"base64 in lines", encoded[:8] + "\r\n" + encoded[8:], "text/plain", nil, content.ToBinary, blob},
	}
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			e := newMirror(t, "application/json", "{}")
			r := newRigOf(t, binaryAPI(e.url, tt.types, func(m *snapshot.Method) { m.Integration.ContentHandling = tt.handling }))
			resp := r.stage.Serve(post(tt.contentType, "", tt.payload))
			if resp.Status != 200 || string(e.body) != tt.want {
				t.Errorf("status %d, the backend got %q, want %q", resp.Status, e.body, tt.want)
			}
			release(t, r, resp)
		})
	}
}

// post is a POST /x.
func post(contentType, accept, body string) *httpmsg.Request {
	req := parseRequest("POST /x")
	if contentType != "" {
		req.Header.Add("Content-Type", contentType)
	}
	if accept != "" {
		req.Header.Add("Accept", accept)
	}
	req.Body = []byte(body)
	return req
}

// release ends a call and wants its buffers back.
func release(t testing.TB, r *rig, resp *httpmsg.Response) {
	t.Helper()
	resp.Release()
	if used := r.stage.requests.Used() + r.stage.answers.Used(); used != 0 {
		t.Errorf("%d bytes are still lent", used)
	}
}

// TestResponseContentHandling is AWS's table, row by row.
func TestResponseContentHandling(t *testing.T) {
	list := []string{"image/png"}
	const png, html = "image/png", "text/html"
	tests := []struct {
		row      string
		payload  string
		sent     string // the backend's Content-Type
		accept   string
		types    []string
		handling string
		want     string
	}{
		{"no list, none", encoded, png, png, nil, "", encoded},
		{"no list, to binary", encoded, png, png, nil, content.ToBinary, blob},
		{"no list, to text", encoded, png, png, nil, content.ToText, encoded},
		{"text, not asked for, none", encoded, html, html, list, "", encoded},
		{"text, not asked for, to binary", encoded, html, html, list, content.ToBinary, blob},
		{"text, not asked for, to text", encoded, html, html, list, content.ToText, encoded},
		{"text, asked for, none", encoded, html, png, list, "", blob},
		{"text, asked for, to binary", encoded, html, png, list, content.ToBinary, blob},
		{"text, asked for, to text", encoded, html, png, list, content.ToText, encoded},
		{"binary, not asked for, none", blob, png, html, list, "", encoded},
		{"binary, not asked for, to binary", blob, png, html, list, content.ToBinary, blob},
		{"binary, not asked for, to text", blob, png, html, list, content.ToText, encoded},
		{"binary, asked for, none", blob, png, png, list, "", blob},
		{"binary, asked for, to binary", blob, png, png, list, content.ToBinary, blob},
		{"binary, asked for, to text", blob, png, png, list, content.ToText, encoded},

		{"the first type counts", blob, png, "image/png;q=0.1, text/html", list, "", blob},
		{"the others do not", blob, png, "text/html, image/png", list, "", encoded},
		{"no Accept asks for nothing", blob, png, "", list, "", encoded},
		{"everything is binary", blob, html, html, []string{"*/*"}, "", blob},
		{"without types too", blob, "", "", []string{"*/*"}, "", blob},
		{"bytes that are no text", "a\xffb", html, html, nil, "", "a\uFFFDb"},
		{"empty", "", html, png, list, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.row, func(t *testing.T) {
			e := newMirror(t, tt.sent, tt.payload)
			r := newRigOf(t, binaryAPI(e.url, tt.types, func(m *snapshot.Method) {
				m.Integration.Responses[0].ContentHandling, m.Integration.ContentHandling = tt.handling, content.ToText
			}))
			resp := r.stage.Serve(post("", tt.accept, ""))
			if resp.Status != 200 || string(resp.Body) != tt.want {
				t.Errorf("status %d, the client got %q, want %q", resp.Status, resp.Body, tt.want)
			}
			release(t, r, resp)
		})
	}
}

// TestContentFailures holds the failures and what the log says of them.
func TestContentFailures(t *testing.T) {
	template := func(handling string) func(*snapshot.Method) {
		return func(m *snapshot.Method) {
			m.Integration.RequestTemplates = map[string]string{"image/png": "$input.body", "application/json": `{"statusCode": 200}`}
			m.Integration.ContentHandling = handling
		}
	}
	mocked := func(m *snapshot.Method) { template("")(m); m.Integration.Type = "MOCK" }
	answer := func(handling string, templates map[string]string) func(*snapshot.Method) {
		return func(m *snapshot.Method) {
			m.Integration.ContentHandling = content.ToText
			m.Integration.Responses[0].ContentHandling, m.Integration.Responses[0].Templates = handling, templates
		}
	}
	all, list := []string{"*/*"}, []string{"image/png"}
	tests := map[string]struct {
		types       []string
		edit        func(*snapshot.Method)
		contentType string
		accept      string
		body        string
		answers     string
		reason      string
	}{
		"template and binary (recorded)":                {list, template(""), "image/png", "", blob, "", "Unable to transform request"},
		"template and binary after conversion":          {nil, template(content.ToBinary), "image/png", "", encoded, "", "Unable to transform request"},
		"MOCK under */* without a body (recorded)":      {all, mocked, "", "*/*", "", "", "Unable to transform request"},
		"request that is no base64 (recorded)":          {nil, template(content.ToBinary), "text/plain", "", "hello!", "", badBase64},
		"response that is no base64 (recorded)":         {list, answer("", nil), "text/html", "image/png", "", "<html>", badBase64},
		"explicit conversion of what is no base64":      {nil, answer(content.ToBinary, nil), "", "", "", "a b", badBase64},
		"half of a base64 group":                        {nil, answer(content.ToBinary, nil), "", "", "", "QUJDR", badBase64},
		"response template and binary":                  {list, answer("", map[string]string{"application/json": "x"}), "", "image/png", "", encoded, "Unable to transform response"},
		"response template and binary after conversion": {nil, answer(content.ToBinary, map[string]string{"application/json": "x"}), "", "", "", encoded, "Unable to transform response"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			e := newMirror(t, "text/html", tt.answers)
			r := newRigOf(t, binaryAPI(e.url, tt.types, tt.edit))
			r.stage.services.Log = slog.New(slog.NewTextHandler(&log, nil))
			resp := r.stage.Serve(post(tt.contentType, tt.accept, tt.body))
			if got := show(resp); got != internalError {
				t.Errorf("got %s", got)
			}
			if !strings.Contains(log.String(), tt.reason) || !strings.Contains(log.String(), "API_CONFIGURATION_ERROR") {
				t.Errorf("logged %s, want %s", log.String(), tt.reason)
			}
			release(t, r, resp)
		})
	}
}

// TestTemplateSeesBase64 holds that $input.body shows a binary payload as
// text, on both sides.
func TestTemplateSeesBase64(t *testing.T) {
	e := newMirror(t, "image/png", blob)
	r := newRigOf(t, binaryAPI(e.url, []string{"image/*"}, func(m *snapshot.Method) {
		m.Integration.ContentHandling = content.ToText
		m.Integration.RequestTemplates = map[string]string{"image/png": `{"image": "$input.body"}`}
		m.Integration.Responses[0].ContentHandling = content.ToText
		m.Integration.Responses[0].Templates = map[string]string{"application/json": `{"back": "$input.body"}`}
	}))
	resp := r.stage.Serve(post("image/png", "image/png", blob))
	if string(e.body) != `{"image": "`+encoded+`"}` || string(resp.Body) != `{"back": "`+encoded+`"}` {
		t.Errorf("the backend got %s, the client %s", e.body, resp.Body)
	}
	release(t, r, resp)
}

// TestCodedPayload holds that what a backend compressed is not taken for text.
func TestCodedPayload(t *testing.T) {
	d := binaryAPI(canned(t, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\xff\x00\xfe"), nil, nil)
	r := newRigOf(t, d)
	resp := r.stage.Serve(post("", "", ""))
	if string(resp.Body) != "\xff\x00\xfe" {
		t.Errorf("got %q", resp.Body)
	}
	release(t, r, resp)
}

// TestMockOfBinary holds that a MOCK can answer bytes: its template's base64.
func TestMockOfBinary(t *testing.T) {
	r := newRig(t, mock(func(m *snapshot.Method) {
		respond(encoded)(m)
		m.Integration.Responses[0].ContentHandling = content.ToBinary
	}))
	resp := r.call("GET /x")
	if resp.Status != 200 || string(resp.Body) != blob {
		t.Errorf("got %s", show(resp))
	}
	release(t, r, resp)
}

// TestProxiedContent holds that HTTP_PROXY passes bytes through, except that a
// binary request can be asked for as text.
func TestProxiedContent(t *testing.T) {
	tests := map[string]struct{ contentType, handling, body, want string }{
		"binary":            {"image/png", "", blob, blob},
		"binary to text":    {"image/png", content.ToText, blob, encoded},
		"binary to binary":  {"image/png", content.ToBinary, blob, blob},
		"no text at all":    {"text/plain", "", blob, blob},
		"text to binary":    {"text/plain", content.ToBinary, encoded, encoded},
		"text stays itself": {"text/plain", content.ToText, plain, plain},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := newMirror(t, "image/png", blob)
			d := binaryAPI(e.url, []string{"image/png"}, func(m *snapshot.Method) {
				m.Integration.Type, m.Integration.ContentHandling = "HTTP_PROXY", tt.handling
			})
			r := newRigOf(t, d)
			resp := r.stage.Serve(post(tt.contentType, "text/html", tt.body))
			if string(e.body) != tt.want || string(resp.Body) != blob {
				t.Errorf("the backend got %q, want %q; the client %q", e.body, tt.want, resp.Body)
			}
			release(t, r, resp)
		})
	}
}

// TestBusy holds the answer when there is no memory for a conversion.
func TestBusy(t *testing.T) {
	e := newMirror(t, "text/plain", "")
	r := newRigOf(t, binaryAPI(e.url, nil, func(m *snapshot.Method) { m.Integration.ContentHandling = content.ToBinary }))
	r.stage.requests = httpmsg.NewBudget(1 << 10)
	resp := r.stage.Serve(post("", "", strings.Repeat("QUJD", 1000)))
	if got := show(resp); !strings.HasPrefix(got, "503\n") || !strings.HasSuffix(got, `{"message": "Service Unavailable"}`) {
		t.Errorf("got %s", got)
	}
	release(t, r, resp)
}
