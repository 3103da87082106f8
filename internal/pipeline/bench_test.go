package pipeline

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// large is an API of 300 methods, each with templates and mappings.
func large() *snapshot.Deployment {
	d := &snapshot.Deployment{APIID: "abc"}
	for i := range 300 {
		r := mock(func(m *snapshot.Method) {
			m.Integration.RequestTemplates["application/json"] = `#set($b = $input.path('$'))#if($b.id == 1){"statusCode": 200}#else{"statusCode": 404}#end`
			m.Integration.Responses = []snapshot.IntegrationResponse{
				{StatusCode: "200", Templates: map[string]string{"application/json": `{"id":"$input.params('id')","all":[#foreach($x in $input.path('$.items'))"$x"#if($foreach.hasNext),#end#end]}`},
					Parameters: map[string]string{"method.response.header.X-A": "integration.response.body.a.b", "method.response.header.X-B": "context.requestId"}},
				{StatusCode: "404", SelectionPattern: `4\d{2}`, Templates: map[string]string{"application/json": `{"message":"not found"}`}},
			}
		})
		r.Path = fmt.Sprintf("/api/v1/res%d/{id}", i)
		d.Resources = append(d.Resources, r)
	}
	return d
}

func BenchmarkCompile(b *testing.B) {
	d := large()
	b.ReportAllocs()
	for b.Loop() {
		if p := Compile(d); len(p.problems) > 0 {
			b.Fatal(p.problems)
		}
	}
}

func BenchmarkBind(b *testing.B) {
	p := Compile(large())
	settings := &snapshot.Stage{APIID: "abc", Name: "prod"}
	b.ReportAllocs()
	for b.Loop() {
		Bind(settings, p, &Services{})
	}
}

func BenchmarkMock(b *testing.B) {
	r := newRig(b, mock(respond(`{"id":"$input.params('id')","stage":"$context.stage","q":"$input.params('q')"}`)))
	req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: key")
	b.ReportAllocs()
	for b.Loop() {
		resp := r.stage.Serve(req)
		if resp.Status != 200 {
			b.Fatal(show(resp))
		}
		resp.Release()
	}
}

func BenchmarkHTTPProxy(b *testing.B) {
	serve := proxied(b)
	b.ReportAllocs()
	for b.Loop() {
		serve()
	}
}

// A call of a backend makes no more memory than it has to, which the backend's own is part of.
func TestHTTPProxyAllocations(t *testing.T) {
	if n := leastAllocations(proxied(t)); n > 4 {
		t.Errorf("%v allocations, want at most 4", n)
	}
}

// proxied returns what takes a request to a backend on a socket.
func proxied(b testing.TB) func() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 64<<10)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
					_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nServer: x\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: keep-alive\r\n\r\n{\"hello\":\"you\"}"))
				}
			}()
		}
	}()
	r := newRig(b, proxy("/p/{id}", "GET", "GET", "http://"+l.Addr().String()+"/p/{id}", map[string]string{"integration.request.path.id": "method.request.path.id"}))
	req := parseRequest("GET /p/7?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: key")
	req.Received = time.Now()
	return func() {
		resp := r.stage.Serve(req)
		if resp.Status != 200 {
			b.Fatal(show(resp))
		}
		resp.Release()
	}
}

// BenchmarkLambdaProxy is what a proxy integration adds to the invocation
// itself: the event, the signature, and reading the answer.
func BenchmarkLambdaProxy(b *testing.B) {
	const request = "POST /pets/7?limit=10&tag=a&tag=b\nAccept: application/json\nAccept-Encoding: gzip, deflate, br\nAccept-Language: en-US,en;q=0.9\nContent-Type: application/json\n" +
		"Cookie: session=0123456789abcdef0123456789abcdef\nOrigin: https://example.com\nReferer: https://example.com/pets\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\nX-Request-Source: bench\n\n" +
		`{"name":"Rex","kind":"dog","tags":["good","loud"],"owner":{"name":"Ann","phone":"+1 555 0100"}}`
	const text = `{"statusCode": 200, "headers": {"Content-Type": "application/json", "Cache-Control": "no-store"}, "body": "{\"id\":7,\"name\":\"Rex\",\"kind\":\"dog\",\"tags\":[\"good\",\"loud\"]}", "isBase64Encoded": false}`
	r := newAWSRig(b, &cloud{url: "http://127.0.0.1:1"}, function("/pets/{id}"))
	c := r.stage.newCall(parseRequest(request))
	c.stage.program.router.find(c.req.Path, "POST", &c.match)
	c.method = c.match.method
	if err := c.enter("POST"); err != nil {
		b.Fatal(err)
	}
	b.Run("event", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.out.Header = c.out.Header[:0]
			if err := buildEvent(c); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(c.out.body)), "bytes")
	})
	c.backend = &httpmsg.Response{Status: 200, Body: []byte(text)}
	b.Run("answer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.answer.Header = c.answer.Header[:0]
			if err := passOutput(c); err != nil {
				b.Fatal(err)
			}
		}
	})
}
