package pipeline

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// proxy is a resource with one HTTP_PROXY method.
func proxy(path, verb, outVerb, uri string, params map[string]string) snapshot.Resource {
	return snapshot.Resource{ID: "r1", Path: path, Methods: []snapshot.Method{{
		HTTPMethod:  verb,
		Integration: snapshot.Integration{Type: "HTTP_PROXY", HTTPMethod: outVerb, URI: uri, TimeoutMillis: 29000, RequestParameters: params},
	}}}
}

// TestProxyExample is AWS's recorded example of mappings on HTTP_PROXY.
func TestProxyExample(t *testing.T) {
	r := newRig(t, proxy("/{pathVariable}", "POST", "POST", newBackend(t)+"?testVar={pathVar}&testQs={qsVar}", map[string]string{
		"integration.request.header.headerVar":        "method.request.header.foobar",
		"integration.request.path.qsVar":              "method.request.querystring.testVar",
		"integration.request.path.pathVar":            "method.request.path.pathVariable",
		"integration.request.querystring.queryString": "method.request.querystring.testQueryString",
		"integration.request.querystring.testQs":      "method.request.querystring.testQueryString",
		"integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
	}))
	got := decodeSeen(t, r.call("POST /foobar?testQueryString=foo&testVar=bar\nfoobar: mapped-value\nheaderVar: request-value\n\nbody"))
	if want := "/?testVar=foobar&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo"; got.Target != want {
		t.Errorf("target\ngot  %s\nwant %s", got.Target, want)
	}
	for _, name := range []string{"Headervar", "Foobar"} {
		if h := got.Header[name]; len(h) != 1 || h[0] != "mapped-value" {
			t.Errorf("%s is %q", name, h)
		}
	}
	if got.Body != "body" {
		t.Errorf("body is %q", got.Body)
	}
}

func TestProxyRequest(t *testing.T) {
	r := newRig(t, proxy("/{proxy+}", "ANY", "ANY", newBackend(t)+"/up/{proxy}", map[string]string{
		"integration.request.path.proxy":    "method.request.path.proxy",
		"integration.request.header.X-Cid":  "context.identity.sourceIp",
		"integration.request.header.Via":    "'dropped'",
		"integration.request.header.Expect": "'dropped'",
	}))
	got := decodeSeen(t, r.call("DELETE /a%2Fb/c%20d/\nAccept: text/x\nUser-Agent: me\nConnection: close\nTE: trailers\nVia: 1.1 x\nContent-MD5: x\nX-Amzn-Trace-Id: Root=1-a-b"))
	if got.Method != "DELETE" || got.Target != "/up/a%2Fb/c%20d" {
		t.Errorf("got %s %s", got.Method, got.Target)
	}
	for name, want := range map[string]string{"Accept": "text/x", "User-Agent": "me", "X-Cid": "192.0.2.1", "X-Amzn-Apigateway-Api-Id": "abc",
		"Via": "", "Te": "", "Content-Md5": "", "Connection": "", "Expect": "", "X-Forwarded-For": ""} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("backend got %s %q, want %q", name, v, want)
		}
	}
	if v := got.Header.Get("X-Amzn-Trace-Id"); !strings.HasPrefix(v, "Root=1-a-b;Parent=") {
		t.Errorf("trace id is %q", v)
	}
}

func TestProxyResponse(t *testing.T) {
	r := newRig(t, proxy("/x", "GET", "GET", newBackend(t)+"/", nil))
	resp := r.call("GET /x\nX-Want-Status: 503")
	defer resp.Release()
	text := show(resp)
	for _, line := range []string{"503\n", "X-Many: one\nX-Many: two\n", "x-amzn-Remapped-Content-Length: ", "x-amzn-Remapped-Date: ", "Content-Type: application/json\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("answer lacks %q:\n%s", line, text)
		}
	}
	for _, line := range []string{"\nContent-Length:", "\nDate:", "\nX-Amzn-Trace-Id"} {
		if strings.Contains(text, line) {
			t.Errorf("answer has %q:\n%s", line, text)
		}
	}
}

func TestIllegalHeaderMappingFailsEachCall(t *testing.T) {
	for _, name := range []string{"Content-Length", "transfer-encoding", "X-Amzn-Trace-Id"} {
		r := newRig(t, proxy("/x", "GET", "GET", newBackend(t), map[string]string{"integration.request.header." + name: "'1'"}))
		r.want(t, "GET /x", internalError)
	}
}

// However the name is spelled, there is one Host header.
func TestHostIsMapped(t *testing.T) {
	for _, name := range []string{"Host", "host", "HOST"} {
		r := newRig(t, proxy("/x", "GET", "GET", newBackend(t)+"/", map[string]string{"integration.request.header." + name: "'shop.example'"}))
		if got := decodeSeen(t, r.call("GET /x")); got.Host != "shop.example" {
			t.Errorf("%s: backend got Host %q", name, got.Host)
		}
	}
}

func TestHTTPSendsOnlyWhatIsMapped(t *testing.T) {
	r := newRig(t, snapshot.Resource{ID: "r1", Path: "/p/{id}", Methods: []snapshot.Method{{
		HTTPMethod: "POST", RequestParameters: map[string]bool{"method.request.path.id": true},
		Integration: snapshot.Integration{
			Type: "HTTP", HTTPMethod: "PUT", URI: newBackend(t) + "/in/{id}", TimeoutMillis: 29000, PassthroughBehavior: "WHEN_NO_MATCH",
			RequestTemplates: map[string]string{"application/json": `#set($context.requestOverride.header.X-Over = "yes")` +
				`#set($context.requestOverride.querystring.q = "a b"){"was":$input.json('$.n')}`},
			RequestParameters: map[string]string{
				"integration.request.path.id":         "method.request.path.id",
				"integration.request.header.X-Body":   "method.request.body.n",
				"integration.request.querystring.all": "method.request.multivaluequerystring.a",
			},
			Responses: []snapshot.IntegrationResponse{
				{StatusCode: "200", Parameters: map[string]string{
					"method.response.header.X-One":  "integration.response.header.X-Many",
					"method.response.header.X-Both": "integration.response.multivalueheader.X-Many",
					"method.response.header.X-Path": "integration.response.body.Target",
				}},
				{StatusCode: "404", SelectionPattern: "4\\d\\d", Templates: map[string]string{"application/json": `{"error":"$input.path('$.Method')"}`}},
			},
		},
		Responses: map[string]snapshot.MethodResponse{"200": {}, "404": {}},
	}}})
	resp := r.call("POST /p/7?a=1&a=2&b=3\nContent-Type: application/json\nAccept: application/xml\nX-Mine: no\n\n{\"n\":5}")
	if h := resp.Header; h.Get("X-One") != "two" || h.Get("X-Both") != "one,two" || h.Get("X-Path") != "/in/7?all=1&all=2&q=a%20b" ||
		h.Has("X-Tag") || !h.Has("X-Amzn-Trace-Id") {
		t.Errorf("headers are %v", h)
	}
	got := decodeSeen(t, resp)
	if got.Method != "PUT" || got.Body != `{"was":5}` {
		t.Errorf("backend got %s %q", got.Method, got.Body)
	}
	for name, want := range map[string]string{"Accept": "application/json", "User-Agent": "AmazonAPIGateway_abc", "Content-Type": "application/json",
		"X-Amzn-Apigateway-Api-Id": "abc", "X-Mine": "", "X-Body": "5", "X-Over": "yes"} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("backend got %s %q, want %q", name, v, want)
		}
	}
	if text := show(r.call("POST /p/7\n\n{not json")); !strings.HasPrefix(text, "400\n") || !strings.HasSuffix(text, `{"message": "Invalid JSON in request body"}`) {
		t.Errorf("a body that is not JSON:\n%s", text)
	}
}

// TestBackendFailures holds AWS's answers to backends that fail.
func TestBackendFailures(t *testing.T) {
	const head = "x-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\n"
	const network = "504\n" + head + `{"message": "Network error communicating with endpoint"}`
	const slow = "504\n" + head + `{"message": "Endpoint request timed out"}`
	tests := map[string]struct {
		uri    string
		millis int
		want   string
	}{
		"down":           {gone(t), 1000, network},
		"closes early":   {canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), 1000, network},
		"garbage":        {canned(t, "hello\r\n\r\n"), 1000, network},
		"slow":           {silent(t), 50, slow},
		"too large":      {canned(t, "HTTP/1.1 200 OK\r\nContent-Length: 10485761\r\n\r\n"), 1000, internalError},
		"unknown name":   {"http://no-such-host.invalid", 2000, internalError},
		"no host at all": {"http://${stageVariables.nope}/x", 1000, internalError},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			res := proxy("/x", "GET", "GET", tt.uri, nil)
			res.Methods[0].Integration.TimeoutMillis = tt.millis
			newRig(t, res).want(t, "GET /x", tt.want)
		})
	}
}

// What a backend says of the length of a body that HEAD does not bring.
func TestHeadLength(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	tests := map[string]struct {
		answer, request, verb string
		least                 int32 // of compression; 0 for none
		want                  int64
	}{
		"told":               {answer: head + "Content-Length: 299\r\n\r\n", request: "HEAD /x", want: 299},
		"nothing":            {answer: head + "Content-Length: 0\r\n\r\n", request: "HEAD /x", want: 0},
		"not told":           {answer: head + "\r\n", request: "HEAD /x", want: -1},
		"chunks":             {answer: head + "Transfer-Encoding: chunked\r\n\r\n", request: "HEAD /x", want: -1},
		"GET":                {answer: head + "Content-Length: 2\r\n\r\nhi", request: "GET /x", want: 0},
		"asked as GET":       {answer: head + "Content-Length: 2\r\n\r\nhi", request: "HEAD /x", verb: "GET", want: 0},
		"GET is compressed":  {answer: head + "Content-Length: 299\r\n\r\n", request: "HEAD /x\nAccept-Encoding: gzip", least: 100, want: -1},
		"GET is too short":   {answer: head + "Content-Length: 99\r\n\r\n", request: "HEAD /x\nAccept-Encoding: gzip", least: 100, want: 99},
		"compressed already": {answer: head + "Content-Encoding: br\r\nContent-Length: 299\r\n\r\n", request: "HEAD /x\nAccept-Encoding: gzip", least: 100, want: 299},
		"no coding":          {answer: head + "Content-Length: 299\r\n\r\n", request: "HEAD /x", least: 100, want: 299},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{proxy("/x", "ANY", tt.verb, canned(t, tt.answer), nil)}}
			if tt.least > 0 {
				d.MinimumCompressionSize = &tt.least
			}
			resp := newRigOf(t, d).call(tt.request)
			defer resp.Release()
			if resp.Status != 200 || resp.Length != tt.want {
				t.Errorf("status %d, length %d, want 200 and %d", resp.Status, resp.Length, tt.want)
			}
		})
	}
	if resp := newRig(t, proxy("/x", "HEAD", "HEAD", gone(t), nil)).call("HEAD /x"); resp.Length != 0 || len(resp.Body) == 0 {
		t.Errorf("a failure has length %d", resp.Length)
	}
}
