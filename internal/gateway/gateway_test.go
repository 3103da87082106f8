package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestURLForms(t *testing.T) {
	control := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "control ", r.RequestURI) })
	s := openAs(t, Options{}, Entrance{Next: control}, echo)
	tests := map[string]struct {
		target, host string
		want         seen
	}{
		"host":             {"/dev/pets/1?a=b", "abc123.execute-api.us-east-1.amazonaws.com", seen{Stage: "dev", Path: "/pets/1", Query: "a=b"}},
		"host with a port": {"/dev/pets", "abc123.execute-api.localhost:4566", seen{Stage: "dev", Path: "/pets"}},
		"upper case host":  {"/Prod/Pets", "ABC123.EXECUTE-API.localhost", seen{Stage: "Prod", Path: "/Pets"}},
		"VPC endpoint":     {"/dev", "abc123-vpce-0123.execute-api.us-east-1.amazonaws.com", seen{Stage: "dev", Path: "/"}},
		"aws path":         {"/_aws/execute-api/abc123/dev/pets?x", "localhost", seen{Stage: "dev", Path: "/pets", Query: "x"}},
		"aws path, upper":  {"/_aws/execute-api/ABC123/dev", "localhost", seen{Stage: "dev", Path: "/"}},
		"user request":     {"/restapis/abc123/dev/_user_request_/pets", "localhost", seen{Stage: "dev", Path: "/pets"}},
		"absolute form":    {"http://abc123.execute-api.localhost/dev/pets?x=http://y", "ABC123.execute-api.localhost", seen{Stage: "dev", Path: "/pets", Query: "x=http://y", Host: "abc123.execute-api.localhost"}},
		"odd paths":        {"/dev//a/./b/../%2F/%00/%7e/\xff\xfe;x", "abc123.execute-api.localhost", seen{Stage: "dev", Path: "//a/./b/../%2F/%00/%7e/\xff\xfe;x"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, body := s.call(t, "GET "+tt.target+" HTTP/1.1\r\nHost: "+tt.host+"\r\n\r\n")
			tt.want.API, tt.want.Method, tt.want.Scheme, tt.want.Proto, tt.want.Source = "abc123", "GET", "http", "HTTP/1.1", "127.0.0.1"
			if tt.want.Host == "" {
				tt.want.Host = tt.host
			}
			tt.want.Path = strings.ToValidUTF8(strings.ReplaceAll(tt.want.Path, "\xff\xfe", "\ufffd\ufffd"), "") // JSON's doing
			if got := see(t, resp, body); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("stage got %+v\nwant %+v", got, tt.want)
			}
		})
	}
	for _, target := range []string{"/", "/restapis", "/restapis/abc123/stages/dev", "/_gatehouse/health", "//x"} {
		if _, body := s.call(t, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); body != "control "+target {
			t.Errorf("%s: %q, want the control plane's answer", target, body)
		}
	}
	if got := s.log.String(); got != "" {
		t.Errorf("logged %s", got)
	}
}

func TestNoStage(t *testing.T) {
	s := open(t, Options{}, echo)
	tests := map[string]struct {
		target, host    string
		status          int
		errorType, body string
	}{
		"unknown stage":       {"/nope/x", "abc123.execute-api.localhost", 403, "ForbiddenException", forbiddenBody},
		"stage's case":        {"/DEV/x", "abc123.execute-api.localhost", 403, "ForbiddenException", forbiddenBody},
		"root":                {"/", "abc123.execute-api.localhost", 403, "ForbiddenException", forbiddenBody},
		"double slash":        {"//nope/x", "abc123.execute-api.localhost", 403, "ForbiddenException", forbiddenBody},
		"aws path, no stage":  {"/_aws/execute-api/abc123", "localhost", 403, "ForbiddenException", forbiddenBody},
		"unknown API":         {"/dev/x", "Zzz.execute-api.localhost", 404, "NotFoundException", `{"message": "The API id 'zzz' does not correspond to a deployed API Gateway API"}`},
		"unknown API by path": {"/_aws/execute-api/z\"z/dev", "localhost", 404, "NotFoundException", `{"message": "The API id 'z\"z' does not correspond to a deployed API Gateway API"}`},
		"no API":              {"/_aws/execute-api/", "localhost", 404, "NotFoundException", `{"message": "The API id '' does not correspond to a deployed API Gateway API"}`},
		"no stage's URL":      {"/x", "localhost", 403, "ForbiddenException", forbiddenBody},
		"a fragment":          {"/dev/x#y", "abc123.execute-api.localhost", 400, "BadRequestException", badBody},
		"one in the query":    {"/dev/x?y#z", "abc123.execute-api.localhost", 400, "BadRequestException", badBody},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, body := s.call(t, "POST "+tt.target+" HTTP/1.1\r\nHost: "+tt.host+"\r\nContent-Length: 2\r\n\r\nhi")
			expectError(t, resp, body, tt.status, tt.errorType, tt.body)
		})
	}
}

func TestRequestMessage(t *testing.T) {
	s := open(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, echo)
	resp, body := s.call(t, stageHead("PATCH", "/dev/x")+"x-b: 1\r\nAccept: a\r\nX-B:  2 \r\nX-Forwarded-For: 6.6.6.6, 192.0.2.7\r\naccept: b\r\nX-Forwarded-Proto: https\r\nContent-Length: 5\r\n\r\nhello")
	got := see(t, resp, body)
	want := seen{
		API: "abc123", Stage: "dev", Method: "PATCH", Path: "/x", Host: "abc123.execute-api.localhost", Scheme: "https", Proto: "HTTP/1.1",
		Source: "192.0.2.7", Body: "hello",
		Header: []string{"x-b: 1", "Accept: a", "X-B: 2", "X-Forwarded-For: 6.6.6.6, 192.0.2.7", "accept: b", "X-Forwarded-Proto: https", "Content-Length: 5"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("stage got %+v\nwant %+v", got, want)
	}
}

func TestBodies(t *testing.T) {
	s := open(t, Options{}, echo)
	full := strings.Repeat("x", httpmsg.MaxBody)
	chunked := func(n int) string {
		return fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n", n, strings.Repeat("x", n))
	}
	tests := map[string]struct {
		rest   string // behind the Host line
		body   string // as the stage sees it; "" when it must not
		status int
		answer string
	}{
		"none":              {"\r\n", "", 200, ""},
		"length":            {"Content-Length: 3\r\n\r\nabc", "abc", 200, ""},
		"chunked":           {"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", "abcd", 200, ""},
		"empty chunked":     {"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", 200, ""},
		"10 MB":             {fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(full), full), "10485760 bytes", 200, ""},
		"10 MB, chunked":    {chunked(httpmsg.MaxBody), "10485760 bytes", 200, ""},
		"one more":          {fmt.Sprintf("Content-Length: %d\r\n\r\n", len(full)+1), "", 413, tooLongBody},
		"one more, chunked": {chunked(httpmsg.MaxBody + 1), "", 413, tooLongBody},
		"bad chunk":         {"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", "", 400, badBody},
		"both lengths":      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "", 400, badBody},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := s.dial(t)
			go io.WriteString(p, stageHead("POST", "/dev/x")+tt.rest) // the answer may come before it is read
			resp, body := p.receive("POST")
			if tt.status != 200 {
				errorType := map[int]string{413: "RequestTooLargeException", 400: "BadRequestException"}[tt.status]
				expectError(t, resp, body, tt.status, errorType, tt.answer)
				return
			}
			if got := see(t, resp, body); got.Body != tt.body {
				t.Errorf("stage got body %q, want %q", got.Body, tt.body)
			}
		})
	}
}

func TestExpectContinue(t *testing.T) {
	s := open(t, Options{}, echo)
	p := s.dial(t)
	p.send(stageHead("PUT", "/dev/x") + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
	if resp, _ := p.receive("PUT"); resp.StatusCode != 100 {
		t.Fatalf("status %d, want 100", resp.StatusCode)
	}
	p.send("abc")
	resp, body := p.receive("PUT")
	if got := see(t, resp, body); got.Body != "abc" {
		t.Errorf("stage got body %q", got.Body)
	}
	p.send(stageHead("PUT", "/dev/x") + "Expect: 100-continue\r\nContent-Length: 10485761\r\n\r\n")
	resp, body = p.receive("PUT") // refused before the client sends it
	expectError(t, resp, body, 413, "RequestTooLargeException", tooLongBody)
}

func TestSizes(t *testing.T) {
	s := open(t, Options{}, echo)
	filler := func(total int) string { // header lines that make it total bytes with Host
		n := total - len("Host: abc123.execute-api.localhost\r\n") - len("A: \r\n")
		return "A: " + strings.Repeat("x", n) + "\r\n\r\n"
	}
	url := func(n int) string { return "/dev/" + strings.Repeat("u", n-len("/dev/")) }
	tests := map[string]struct {
		request string
		status  int
	}{
		"header at the limit":    {stageHead("GET", "/dev") + filler(20_480), 200},
		"header over it":         {stageHead("GET", "/dev") + filler(20_481), 413},
		"header far over it":     {stageHead("GET", "/dev") + filler(60_000), 413},
		"header beyond net/http": {stageHead("GET", "/dev") + filler(200_000), 413},
		"many small lines":       {stageHead("GET", "/dev") + strings.Repeat("a:\r\n", 5_000) + "\r\n", 413},
		"many names":             {stageHead("GET", "/dev") + manyNames(9_000) + "\r\n", 413},
		"URL at the limit":       {stageHead("GET", url(10_240)) + "\r\n", 200},
		"URL over it":            {stageHead("GET", url(10_241)) + "\r\n", 413},
		"URL beyond net/http":    {stageHead("GET", url(100_000)) + "\r\n", 413},
		"query over it":          {stageHead("GET", "/dev?"+url(10_240)) + "\r\n", 413},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := s.dial(t)
			go io.WriteString(p, tt.request)
			resp, body := p.receive("GET")
			if tt.status == 413 {
				expectError(t, resp, body, 413, "RequestTooLargeException", tooLongBody)
			} else if resp.StatusCode != tt.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.status)
			}
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x:\r\n", (i*7919)%n)
	}
	return b.String()
}

func TestBudgetExhausted(t *testing.T) {
	holding, let := make(chan bool), make(chan bool)
	s := open(t, Options{Budget: httpmsg.NewBudget(2 << 20)}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		resp := echo(s, req)
		if req.Path == "/hold" {
			holding <- true
			<-let
		}
		return resp
	})
	body := strings.Repeat("x", 700_000)
	post := func(path string) string {
		return stageHead("POST", "/dev"+path) + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	first := s.dial(t)
	go io.WriteString(first, post("/hold"))
	<-holding
	p := s.dial(t)
	go io.WriteString(p, post("/x"))
	resp, text := p.receive("POST")
	expectError(t, resp, text, 503, "ServiceUnavailableException", `{"message":"Service Unavailable"}`)
	resp, text = s.call(t, stageHead("GET", "/dev/small")+"\r\n") // needs none
	see(t, resp, text)
	let <- true
	resp, text = first.receive("POST")
	if got := see(t, resp, text); got.Body != "700000 bytes" {
		t.Errorf("stage got body %q", got.Body)
	}
	eventually(t, func() bool { return s.budget.Used() == 0 })
	p = s.dial(t)
	go io.WriteString(p, post("/x"))
	resp, text = p.receive("POST")
	see(t, resp, text)
}
