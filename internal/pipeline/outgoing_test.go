package pipeline

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A received request is what a backend on net/http reads, with what came behind.
type received struct {
	*http.Request
	body string
	rest string
	err  error
}

// newPiped is a client whose every connection leads to one backend, which notes
// what it reads.
func newPiped(t testing.TB) (client *integration.Client, dialed *atomic.Bool, requests <-chan received) {
	got := make(chan received, 1)
	dialed = new(atomic.Bool)
	client = integration.NewClient(integration.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		dialed.Store(true)
		go func() {
			defer theirs.Close()
			var head strings.Builder
			r := bufio.NewReader(io.TeeReader(theirs, &head))
			var in received
			if in.Request, in.err = http.ReadRequest(r); in.err == nil {
				body, err := io.ReadAll(in.Body)
				in.body, in.err = string(body), err
			}
			if in.err != nil {
				in.err = fmt.Errorf("%w of %q", in.err, head.String())
				got <- in
				return
			}
			_ = theirs.SetDeadline(time.Now().Add(time.Minute))
			_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
			rest, _ := io.ReadAll(r)
			in.rest = string(rest)
			got <- in
		}()
		return ours, nil
	}})
	t.Cleanup(client.Close)
	return client, dialed, got
}

// outgoingRig has what puts a client's bytes into a request: a greedy path and a
// segment, header, query and host mappings, a body mapping, a template.
func outgoingRig(client *integration.Client) *Stage {
	const v = "method.request.querystring.v"
	override := proxy("/override", "ANY", "", "http://backend.test/up/override", nil)
	in := &override.Methods[0].Integration
	override.Methods[0].Responses = map[string]snapshot.MethodResponse{"200": {}}
	in.Type = "HTTP"
	in.Responses = []snapshot.IntegrationResponse{{StatusCode: "200"}}
	in.RequestTemplates = map[string]string{"application/json": `#set($context.requestOverride.header[$input.params('n')] = $input.params('v'))` +
		`#set($context.requestOverride.querystring.q = $input.params('v'))#set($context.requestOverride.path.p = $input.params('v'))$input.body`}
	in.URI = "http://backend.test/up/{p}/override"
	d := &snapshot.Deployment{ID: "d1", APIID: "abc", Account: "000000000000", Region: "us-east-1", Resources: []snapshot.Resource{
		proxy("/p/{proxy+}", "ANY", "", "http://backend.test/up/{proxy}", map[string]string{"integration.request.path.proxy": "method.request.path.proxy"}),
		proxy("/one/{x}", "ANY", "", "http://backend.test/up/{x}/end?x={x}", map[string]string{"integration.request.path.x": "method.request.path.x"}),
		proxy("/map", "ANY", "", "http://backend.test/up/{v}/end", map[string]string{
			"integration.request.header.X-Out": v, "integration.request.path.v": v, "integration.request.querystring.out": v}),
		proxy("/host", "ANY", "", "http://backend.test/up/", map[string]string{"integration.request.header.Host": v}),
		proxy("/authority", "ANY", "", "http://{v}.backend.test/up/", map[string]string{"integration.request.path.v": v}),
		proxy("/body", "ANY", "", "http://backend.test/up/", map[string]string{"integration.request.header.X-Out": "method.request.body.v"}),
		override,
	}}
	return Bind(&snapshot.Stage{APIID: "abc", Name: "prod", DeploymentID: "d1"}, Compile(d), &Services{Client: client})
}

// FuzzOutgoing holds what a stage sends to a backend to net/http's reading of it:
// it is one request, the one that was meant, whatever the client sent.
func FuzzOutgoing(f *testing.F) {
	for _, target := range []string{"/p/a/../b", "/p/a%2F..%2Fb", `/p/..%5c..`, "/p/%2e%2e;x/y", "/one/a%0d%0aHost:%20b", "/map?v=a%0d%0ab", "/map?v=../x&v=%00",
		"/host?v=a/b", "/authority?v=evil.test/", "/override?n=Content-Length&v=5", "/override?n=X%0d%0aA&v=a%20b", "/override?n=a&v=..", "/body", "/p/é?a=;b&&=%zz", "/p//x/"} {
		f.Add(target, "X-A", "b", `{"v": "a\r\nb"}`)
		f.Add(target, "Transfer-Encoding", "chunked", "0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
	}
	f.Add("/p/x", "Connection", "close, X-A", "")
	f.Add("/p/x", "Host", "evil", "")
	f.Add("/p/x", "Content-length", "99", "abc")
	client, dialed, got := newPiped(f)
	stage := outgoingRig(client)
	f.Fuzz(func(t *testing.T, target, name, value, body string) {
		rawPath, query, _ := strings.Cut(target, "?")
		if !strings.HasPrefix(rawPath, "/") || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) ||
			!httpmsg.ValidName(name) || !httpmsg.ValidText(value) {
			return // no listener lets it in
		}
		req := &httpmsg.Request{Method: "POST", Path: rawPath, Query: query, Host: "abc.execute-api.test", Scheme: "http", Proto: "HTTP/1.1",
			Header: httpmsg.Header{{Name: "Content-Type", Value: "application/json"}, {Name: name, Value: httpmsg.TrimValue(value)}}, Body: []byte(body)}
		resp := stage.Serve(req)
		defer resp.Release()
		if resp.Header.Get("x-amzn-ErrorType") != "" {
			if resp.Status < 400 {
				t.Errorf("status %d of an error", resp.Status)
			}
			if dialed.Swap(false) {
				in := <-got
				t.Errorf("refused with %d, but the backend got %v, %v", resp.Status, in.Request, in.err)
			}
			return
		}
		dialed.Store(false)
		var in received
		select {
		case in = <-got:
		case <-time.After(time.Minute):
			t.Fatalf("%d %q %q, and the backend got nothing", resp.Status, resp.Header, resp.Body)
		}
		if in.err != nil || in.rest != "" {
			t.Fatalf("the backend reads %v, and then %q", in.err, in.rest)
		}
		plain, _ := unescape(rawPath)
		resource, _, _ := strings.Cut(strings.TrimLeft(plain, "/"), "/")
		checkOutgoing(t, &in, resource, name, body)
	})
}

// checkOutgoing looks at what a backend has read on behalf of a resource.
func checkOutgoing(t *testing.T, in *received, resource, name, body string) {
	decoded, err := url.PathUnescape(in.URL.EscapedPath())
	if err != nil {
		t.Fatalf("path %s: %v", in.RequestURI, err)
	}
	for _, reading := range []string{decoded, strings.ReplaceAll(decoded, `\`, "/"), cutParameters(decoded), cutParameters(strings.ReplaceAll(decoded, `\`, "/"))} {
		if !strings.HasPrefix(path.Clean(reading)+"/", "/up/") {
			t.Errorf("%s could be read as %s", in.RequestURI, path.Clean(reading))
		}
	}
	if strings.ContainsFunc(decoded, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Errorf("%s holds a control", in.RequestURI)
	}
	if !strings.HasSuffix(in.Host, "backend.test") && resource != "host" && resource != "override" {
		t.Errorf("it is for %s", in.Host)
	}
	if rendered := resource == "override" && (body == "" || !utf8.ValidString(body)); in.body != body && !rendered {
		t.Errorf("body %q, want %q", in.body, body)
	}
	for got := range in.Header {
		switch got {
		case "Accept", "User-Agent", "Content-Type", "Content-Length", "X-Amzn-Trace-Id", "X-Amzn-Apigateway-Api-Id", "X-Out", http.CanonicalHeaderKey(name):
		default:
			if resource != "override" {
				t.Errorf("a header %s", got)
			}
		}
	}
	if len(in.Header["X-Out"]) > 1 && !strings.EqualFold(name, "X-Out") {
		t.Errorf("X-Out %q", in.Header["X-Out"])
	}
}

// cutParameters takes ";parameters" off each segment, as Java's servers do.
func cutParameters(p string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i], _, _ = strings.Cut(s, ";")
	}
	return strings.Join(segments, "/")
}
