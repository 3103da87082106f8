package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestAnswerOnTheWire(t *testing.T) {
	next := make(chan *httpmsg.Response, 1)
	s := open(t, Options{}, func(*stubServer, *httpmsg.Request) *httpmsg.Response { return <-next })
	h := func(pairs ...string) (out httpmsg.Header) {
		for i := 0; i < len(pairs); i += 2 {
			out.Add(pairs[i], pairs[i+1])
		}
		return out
	}
	stream := func(parts ...string) io.ReadCloser {
		var readers []io.Reader
		for _, p := range parts {
			readers = append(readers, strings.NewReader(p))
		}
		return io.NopCloser(io.MultiReader(readers...))
	}
	get := stageHead("GET", "/dev") + "\r\n"
	tests := map[string]struct {
		request string
		resp    httpmsg.Response
		want    string
	}{
		"spelling": {get, httpmsg.Response{Status: 200, Header: h("x-amzn-RequestId", "1", "content-type", "text/x", "X-Twice", "a", "X-Twice", "b", "x-twice", "c", "Empty", ""), Body: []byte("<html>")},
			"HTTP/1.1 200 OK\r\nDATE\r\nx-amzn-RequestId: 1\r\ncontent-type: text/x\r\nX-Twice: a\r\nX-Twice: b\r\nx-twice: c\r\nEmpty: \r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\n<html>"},
		"no type is guessed": {get, httpmsg.Response{Status: 200, Body: []byte("<html>")},
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\n<html>"},
		"what the listener owns": {get, httpmsg.Response{Status: 200, Header: h("connection", "close", "Content-Length", "99", "transfer-Encoding", "gzip", "Date", "x", "date", "y", "Keep-Alive", "t", "Trailer", "T", "Upgrade", "u", "Proxy-Connection", "p", "A", "b")},
			"HTTP/1.1 200 OK\r\nDATE\r\nA: b\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
		"client closes": {strings.Replace(get, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1), httpmsg.Response{Status: 404, Body: []byte("a")},
			"HTTP/1.1 404 Not Found\r\nDATE\r\nContent-Length: 1\r\nConnection: close\r\n\r\na"},
		"HTTP/1.0": {"GET /dev HTTP/1.0\r\nHost: abc123.execute-api.localhost\r\n\r\n", httpmsg.Response{Status: 200, Body: []byte("a")},
			"HTTP/1.0 200 OK\r\nDATE\r\nContent-Length: 1\r\nConnection: close\r\n\r\na"},
		"HTTP/1.0, kept": {"GET /dev HTTP/1.0\r\nHost: abc123.execute-api.localhost\r\nConnection: keep-alive\r\n\r\n", httpmsg.Response{Status: 200, Body: []byte("a")},
			"HTTP/1.0 200 OK\r\nDATE\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na"},
		"HEAD": {stageHead("HEAD", "/dev") + "\r\n", httpmsg.Response{Status: 200, Body: []byte("abc")},
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n"},
		"HEAD, a length alone": {stageHead("HEAD", "/dev") + "\r\n", httpmsg.Response{Status: 200, Length: 299},
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 299\r\nConnection: keep-alive\r\n\r\n"},
		"HEAD, no length": {stageHead("HEAD", "/dev") + "\r\n", httpmsg.Response{Status: 200, Length: -1},
			"HTTP/1.1 200 OK\r\nDATE\r\nConnection: keep-alive\r\n\r\n"},
		"HEAD, 304": {stageHead("HEAD", "/dev") + "\r\n", httpmsg.Response{Status: 304, Length: 299},
			"HTTP/1.1 304 Not Modified\r\nDATE\r\nConnection: keep-alive\r\n\r\n"},
		"HEAD over HTTP/1.0": {"HEAD /dev HTTP/1.0\r\nHost: abc123.execute-api.localhost\r\n\r\n", httpmsg.Response{Status: 200, Length: 299},
			"HTTP/1.0 200 OK\r\nDATE\r\nContent-Length: 299\r\nConnection: close\r\n\r\n"},
		"a length, and a method that needs a body": {get, httpmsg.Response{Status: 200, Length: 299},
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
		"no length, and a method that needs one": {get, httpmsg.Response{Status: 200, Length: -1, Body: []byte("a")},
			"HTTP/1.1 200 OK\r\nDATE\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na"},
		"204": {get, httpmsg.Response{Status: 204, Body: []byte("abc")},
			"HTTP/1.1 204 No Content\r\nDATE\r\nConnection: keep-alive\r\n\r\n"},
		"304": {get, httpmsg.Response{Status: 304, Header: h("ETag", "x"), Body: []byte("abc")},
			"HTTP/1.1 304 Not Modified\r\nDATE\r\nETag: x\r\nConnection: keep-alive\r\n\r\n"},
		"odd status": {get, httpmsg.Response{Status: 999},
			"HTTP/1.1 999 status code 999\r\nDATE\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
		"stream": {get, httpmsg.Response{Status: 200, Stream: stream("ab", "cde")},
			"HTTP/1.1 200 OK\r\nDATE\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"},
		"stream, HEAD": {stageHead("HEAD", "/dev") + "\r\n", httpmsg.Response{Status: 200, Stream: stream("ab")},
			"HTTP/1.1 200 OK\r\nDATE\r\nConnection: keep-alive\r\n\r\n"},
		"stream, HTTP/1.0": {"GET /dev HTTP/1.0\r\nHost: abc123.execute-api.localhost\r\n\r\n", httpmsg.Response{Status: 200, Stream: stream("ab", "c")},
			"HTTP/1.0 200 OK\r\nDATE\r\nConnection: close\r\n\r\nabc"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var released atomic.Int32
			tt.resp.OnRelease(func() { released.Add(1) })
			next <- &tt.resp
			p := s.dial(t)
			p.send(tt.request)
			date := "Date: " + time.Now().UTC().Format(http.TimeFormat)
			raw := make([]byte, len(strings.Replace(tt.want, "DATE", date, 1)))
			n, _ := io.ReadFull(p.r, raw)
			p.SetReadDeadline(time.Now().Add(50 * time.Millisecond)) // kept ones stay open
			rest, _ := io.ReadAll(p.r)
			got := string(raw[:n]) + string(rest)
			if at := strings.Index(got, "Date: "); at >= 0 {
				got = strings.Replace(got, got[at:at+len(date)], "DATE", 1)
			}
			if got != tt.want {
				t.Errorf("wrote %q\nwant  %q", got, tt.want)
			}
			p.Close()
			s.settle(t)
			if n := released.Load(); n != 1 {
				t.Errorf("released %d times", n)
			}
		})
	}
}

// Over HTTP/2, too, an answer to HEAD has the length that GET's would have, or
// none.
func TestHeadOverHTTP2(t *testing.T) {
	s := openTLS(t, Options{}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		resp := &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "Content-Type", Value: "text/x"}}}
		switch req.Path {
		case "/told":
			resp.Length = 299
		case "/unknown":
			resp.Length = -1
		case "/body":
			resp.Body = []byte("abc")
		}
		return resp
	})
	client := &http.Client{Transport: s.http2(t)}
	for path, want := range map[string]string{"/told": "299", "/unknown": "", "/body": "3", "/empty": "0"} {
		req, _ := http.NewRequest("HEAD", s.url+"/dev"+path, nil)
		req.Host = "abc123.execute-api.localhost"
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Get("Content-Length"); got != want || resp.ProtoMajor != 2 || resp.StatusCode != 200 {
			t.Errorf("%s: HTTP/%d, status %d, Content-Length %q, want %q", path, resp.ProtoMajor, resp.StatusCode, got, want)
		}
	}
}

// settle waits until handlers that have answered are through.
func (s *site) settle(t *testing.T) {
	t.Helper()
	eventually(t, func() bool { return s.door.busy() == 0 })
}

// eventually waits until what must become true is.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func TestFailuresOfOurs(t *testing.T) {
	tests := map[string]struct {
		h   handle
		log string
	}{
		"panic":       {func(*stubServer, *httpmsg.Request) *httpmsg.Response { panic("ouch") }, "ouch"},
		"no answer":   {func(*stubServer, *httpmsg.Request) *httpmsg.Response { return nil }, "nil pointer"},
		"status 0":    {func(*stubServer, *httpmsg.Request) *httpmsg.Response { return &httpmsg.Response{} }, "status 0"},
		"status 100":  {func(*stubServer, *httpmsg.Request) *httpmsg.Response { return &httpmsg.Response{Status: 100} }, "status 100"},
		"status 1000": {func(*stubServer, *httpmsg.Request) *httpmsg.Response { return &httpmsg.Response{Status: 1000} }, "status 1000"},
		"line in value": {func(*stubServer, *httpmsg.Request) *httpmsg.Response {
			return &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "Set-Cookie", Value: "secret"}, {Name: "A", Value: "secret\r\nC: d"}}}
		}, "the header line A holds"},
		"bad name": {func(*stubServer, *httpmsg.Request) *httpmsg.Response {
			return &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "A b", Value: "secret"}}}
		}, "is no name of a header line"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := open(t, Options{}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
				resp := tt.h(s, req)
				if resp != nil { // as a stage does that pools its answers
					resp.OnRelease(func() { *resp = httpmsg.Response{} })
				}
				return resp
			})
			resp, body := s.call(t, stageHead("GET", "/dev")+"\r\n")
			expectError(t, resp, body, 500, "InternalServerErrorException", internalBody)
			if resp.Header.Get("C") != "" {
				t.Error("a value became a line")
			}
			log := s.log.String()
			if strings.Contains(log, "secret") || strings.Count(log, "\n") != 1 || !strings.Contains(log, tt.log) || !strings.Contains(log, resp.Header.Get("x-amzn-RequestId")) {
				t.Errorf("log %q", log)
			}
		})
	}
	t.Run("source fails", func(t *testing.T) {
		s := open(t, Options{}, echo)
		s.Apply(stage("abc123", "broken", "none"))
		resp, body := s.call(t, stageHead("GET", "/broken")+"\r\n")
		expectError(t, resp, body, 500, "InternalServerErrorException", internalBody)
		if log := s.log.String(); !strings.Contains(log, "does not exist") {
			t.Errorf("log %q", log)
		}
	})
}

// A client that does not read its answer loses it, and the memory comes back.
func TestSlowReader(t *testing.T) {
	released := make(chan bool, 1)
	s := open(t, Options{WriteTimeout: 100 * time.Millisecond}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		resp := &httpmsg.Response{Status: 200, Body: make([]byte, 64<<20)}
		resp.OnRelease(func() { released <- true })
		return resp
	})
	p := s.dial(t)
	p.send(stageHead("GET", "/dev") + "\r\n")
	select {
	case <-released:
	case <-time.After(patience):
		t.Error("still writing")
	}
}

// One that reads slowly but steadily gets it all.
func TestSteadyReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 32 << 20
		s := openPiped(t, Options{WriteTimeout: time.Second}, Entrance{}, func(*stubServer, *httpmsg.Request) *httpmsg.Response {
			return &httpmsg.Response{Status: 200, Body: make([]byte, size)}
		})
		p := s.dial(t)
		p.send(stageHead("GET", "/dev") + "\r\n")
		resp, err := http.ReadResponse(p.r, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got int64
		for got < size {
			n, err := io.CopyN(io.Discard, resp.Body, 256<<10)
			if got += n; err != nil {
				t.Fatalf("%v after %d bytes", err, got)
			}
			time.Sleep(16 * time.Millisecond) // two seconds on the whole
		}
	})
}

// The limit on writing ends with the answer: a handler after it has its own.
func TestWriteTimeoutEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(150 * time.Millisecond)
			fmt.Fprint(w, "slow")
		})
		s := openPiped(t, Options{WriteTimeout: 50 * time.Millisecond}, Entrance{Next: slow}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
			time.Sleep(100 * time.Millisecond)
			return echo(s, req)
		})
		p := s.dial(t)
		for range 2 {
			p.send(stageHead("GET", "/dev") + "\r\n")
			resp, body := p.receive("GET")
			see(t, resp, body)
			p.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if _, body := p.receive("GET"); body != "slow" {
				t.Errorf("%q", body)
			}
			time.Sleep(60 * time.Millisecond)
			p.send(stageHead("PUT", "/dev") + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n")
			if resp, _ := p.receive("PUT"); resp.StatusCode != 100 {
				t.Fatalf("status %d, want 100", resp.StatusCode)
			}
			p.send("x")
			resp, body = p.receive("PUT")
			see(t, resp, body)
		}
	})
}

func TestBrokenStream(t *testing.T) {
	closed := make(chan bool, 1)
	s := open(t, Options{}, func(*stubServer, *httpmsg.Request) *httpmsg.Response {
		part := io.MultiReader(strings.NewReader("part"), iotestErr{errors.New("backend died")})
		return &httpmsg.Response{Status: 200, Stream: closer{part, closed}}
	})
	p := s.dial(t)
	p.send(stageHead("GET", "/dev") + "\r\n")
	resp, err := http.ReadResponse(p.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); string(body) != "part" || err == nil {
		t.Errorf("%q, %v: a part must not pass for the whole", body, err)
	}
	<-closed
}

// A panic while an answer streams ends its connection and gives everything back.
func TestPanickingStream(t *testing.T) {
	closed, released := make(chan bool, 1), make(chan bool, 1)
	s := open(t, Options{}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if err := req.ReadBody(); err != nil {
			t.Error(err)
		}
		resp := &httpmsg.Response{Status: 200, Stream: closer{panickyReader{}, closed}}
		resp.OnRelease(func() { released <- true })
		return resp
	})
	p := s.dial(t)
	p.send(stageHead("POST", "/dev") + "Content-Length: 3\r\n\r\nabc")
	p.cut(patience)
	<-closed
	<-released // and site looks that no byte is lent
}

type panickyReader struct{}

func (panickyReader) Read([]byte) (int, error) { panic("ouch") }

type iotestErr struct{ err error }

func (r iotestErr) Read([]byte) (int, error) { return 0, r.err }

type closer struct {
	io.Reader
	closed chan bool
}

func (c closer) Close() error { c.closed <- true; return nil }

// Answers past net/http and its own follow each other on one connection.
func TestPipeline(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "next") })
	s := openAs(t, Options{}, Entrance{Next: next}, func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		resp := &httpmsg.Response{Status: 201, Body: []byte(req.Query)}
		switch req.Query {
		case "stream":
			resp.Stream = io.NopCloser(strings.NewReader("stream"))
		case "large":
			resp.Body = []byte(strings.Repeat("large", 200_000))
		case "204":
			resp.Status = 204
		}
		return resp
	})
	get := func(query string) string { return stageHead("GET", "/dev?"+query) + "\r\n" }
	p := s.dial(t)
	p.send(get("a") + get("stream") + get("large") + "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("204") +
		stageHead("PUT", "/dev?put") + "Content-Length: 1\r\n\r\nx" + stageHead("GET", "/dev?last") + "Bad Header: 1\r\n\r\n")
	for _, want := range []string{"201 a", "201 stream", "201 " + strings.Repeat("large", 200_000), "200 next", "204 ", "201 put", "400 " + badBody} {
		resp, body := p.receive("GET")
		if got := fmt.Sprint(resp.StatusCode, " ", body); got != want {
			t.Fatalf("got %.100q, want %.100q", got, want)
		}
		if closes := strings.HasPrefix(want, "400"); resp.Close != closes {
			t.Errorf("%.20s: closes: %t", want, resp.Close)
		}
	}
	if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
		t.Errorf("then %q, %v", rest, err)
	}
}

// A line end alone behind a POST, with whatever follows it, ends the connection behind the
// answer, which the client still reads.
func TestLineEndBehindPost(t *testing.T) {
	s := open(t, Options{}, echo)
	p := s.dial(t)
	p.send(stageHead("POST", "/dev") + "Content-Length: 1\r\n\r\nx\n" + strings.Repeat("x", 64<<10))
	if resp, body := p.receive("POST"); see(t, resp, body).Body != "x" {
		t.Errorf("got %q", body)
	}
	if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
		t.Errorf("then %q, %v", rest, err)
	}
}

// Who sends all of a body before looking for an answer gets the refusal, too.
func TestRefusalOfLargeBodies(t *testing.T) {
	s := open(t, Options{}, echo)
	const size = httpmsg.MaxBody + 4<<20
	for name, framing := range map[string]string{
		"length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size)),
		"chunks": fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("x", size)),
	} {
		t.Run(name, func(t *testing.T) {
			p := s.dial(t)
			p.send(stageHead("POST", "/dev") + framing)
			resp, body := p.receive("POST")
			expectError(t, resp, body, 413, "RequestTooLargeException", tooLongBody)
			if !resp.Close {
				t.Error("the connection is to end")
			}
		})
	}
	t.Run("waits to be told", func(t *testing.T) {
		p := s.dial(t)
		p.send(stageHead("POST", "/dev") + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", size))
		resp, body := p.receive("POST")
		expectError(t, resp, body, 413, "RequestTooLargeException", tooLongBody)
		if rest, err := io.ReadAll(p.r); err != nil || len(rest) > 0 {
			t.Errorf("then %q, %v", rest, err)
		}
	})
}

func TestEntranceOfAStage(t *testing.T) {
	s := prepare(t, Options{}, echo)
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	go func() { s.served <- s.Serve(ln, Entrance{API: "abc123", Stage: "dev"}) }()
	for target, want := range map[string]string{"/": "/", "/pets?x": "/pets", "/restapis/a/b/_user_request_/": "/restapis/a/b/_user_request_/", "http://localhost/a": "/a"} {
		resp, body := s.call(t, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nx-Spelt: 1\r\n\r\n")
		if got := see(t, resp, body); got.Path != want || got.Stage != "dev" || got.Header[0] != "x-Spelt: 1" {
			t.Errorf("%s: stage got %+v", target, got)
		}
	}
	resp, body := s.call(t, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	expectError(t, resp, body, 400, "BadRequestException", badBody)
}

// FuzzAnswer holds what is written of an answer to net/http's reading of it: what
// is not refused is one answer, with these lines and no others.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "X-A", "b", "hello")
	f.Add(204, "Content-Length", "5", "hello")
	f.Add(304, "transfer-encoding", "chunked", "")
	f.Add(999, "X-A", "b\r\nSet-Cookie: c", "")
	f.Add(500, "X A", "b", "HTTP/1.1 200 OK\r\n\r\n")
	f.Add(101, "Upgrade", "x", "")
	f.Fuzz(func(t *testing.T, status int, name, value, body string) {
		resp := &httpmsg.Response{Status: status, Header: httpmsg.Header{{Name: "X-First", Value: "1"}, {Name: name, Value: value}}, Body: []byte(body)}
		if unsendable(resp) != nil {
			return
		}
		head := form{length: -1, date: "Sun, 06 Nov 1994 08:49:37 GMT"}
		text := appendHead(nil, resp, head)
		if allowsBody(status) {
			head.length = int64(len(body))
			text = append(appendHead(nil, resp, head), body...)
		}
		r := bufio.NewReader(bytes.NewReader(text))
		got, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		read, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != status || allowsBody(status) && string(read) != body || r.Buffered() > 0 {
			t.Fatalf("%q is read as %d %q, %v and %d bytes more", text, got.StatusCode, read, err, r.Buffered())
		}
		for key, values := range got.Header {
			switch {
			case key == "X-First", key == "Date", key == "Connection", key == "Content-Length":
			case key != http.CanonicalHeaderKey(name) || values[0] != httpmsg.TrimValue(value):
				t.Fatalf("%q has a line %s: %q", text, key, values)
			}
		}
	})
}
