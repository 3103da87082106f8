package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// notedSettings send what came of the requests that are refused.
type notedSettings struct {
	unlogged
	got chan httpmsg.Done
}

func (s notedSettings) Refused(_ *httpmsg.Request, d *httpmsg.Done) {
	d.Stage = s.stage.Name
	s.got <- *d
}

// noted is the handle h, and Options.Settings, that send what came of requests.
func noted(h handle) (handle, func(*snapshot.Stage) Settings, chan httpmsg.Done) {
	got := make(chan httpmsg.Done, 10)
	served := func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		resp := h(s, req)
		resp.OnDone(func(d *httpmsg.Done) { got <- *d })
		return resp
	}
	return served, func(st *snapshot.Stage) Settings { return notedSettings{unlogged{st}, got} }, got
}

// brokenStream gives a few bytes and fails.
type brokenStream struct{ rest string }

func (b *brokenStream) Read(p []byte) (n int, err error) {
	if b.rest == "" {
		return 0, errors.New("broken off")
	}
	n = copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *brokenStream) Close() error { return nil }

// What is told of a request is what went over the connection.
func TestDone(t *testing.T) {
	h, settings, got := noted(func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		_ = req.ReadBody()
		resp := &httpmsg.Response{Status: 201, Body: []byte("hello")}
		switch req.Path {
		case "/empty":
			resp.Status = 204
		case "/long":
			resp.Body = bytes.Repeat([]byte("x"), 100_000)
		case "/stream":
			resp.Body, resp.Stream = nil, io.NopCloser(strings.NewReader("a stream"))
		case "/broken":
			resp.Body, resp.Stream = nil, &brokenStream{rest: "half"}
		case "/panic":
			panic("ouch")
		case "/unsendable":
			resp.Status = 1
		}
		return resp
	})
	s := open(t, Options{Settings: settings}, h)
	s.Apply(stage("abc123", "lost", "none"))
	tests := map[string]struct {
		request string
		want    string // stage of a refusal, status, bytes of request and answer, whether broken, error
	}{
		"a body":                  {stageHead("POST", "/dev/x") + "Content-Length: 3\r\n\r\nabc", " 201 3 5 false  "},
		"HEAD":                    {stageHead("HEAD", "/dev/x") + "\r\n", " 201 0 0 false  "},
		"a status without a body": {stageHead("GET", "/dev/empty") + "\r\n", " 204 0 0 false  "},
		"a long one":              {stageHead("GET", "/dev/long") + "\r\n", " 201 0 100000 false  "},
		"HTTP/1.0":                {strings.Replace(stageHead("GET", "/dev/long"), "HTTP/1.1", "HTTP/1.0", 1) + "\r\n", " 201 0 100000 false  "},
		"a stream":                {stageHead("GET", "/dev/stream") + "\r\n", " 201 0 8 false  "},
		"one that breaks off":     {stageHead("GET", "/dev/broken") + "\r\n", " 201 0 4 true  "},
		"a panic":                 {stageHead("GET", "/dev/panic") + "\r\n", "dev 500 0 36 false DEFAULT_5XX Internal server error"},
		"no answer to send":       {stageHead("GET", "/dev/unsendable") + "\r\n", "dev 500 0 36 false DEFAULT_5XX Internal server error"},
		"a fragment":              {stageHead("GET", "/dev/x#y") + "\r\n", fmt.Sprintf("dev 400 0 %d false DEFAULT_4XX Bad Request", len(badBody))},
		"a long URL":              {stageHead("GET", "/dev/"+strings.Repeat("x", 10_240)) + "\r\n", fmt.Sprintf("dev 413 0 %d false REQUEST_TOO_LARGE Request Too Long", len(tooLongBody))},
		"a long body":             {stageHead("POST", "/dev/x") + "Content-Length: 10485761\r\n\r\n", fmt.Sprintf("dev 413 0 %d false REQUEST_TOO_LARGE Request Too Long", len(tooLongBody))},
		"a stage without program": {stageHead("GET", "/lost/x") + "\r\n", "lost 500 0 36 false DEFAULT_5XX Internal server error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := s.dial(t)
			p.send(tt.request)
			go io.Copy(io.Discard, p)
			var d httpmsg.Done
			select {
			case d = <-got:
			case <-time.After(patience):
				t.Fatal("nobody was told")
			}
			if line := fmt.Sprintf("%s %d %d %d %t %s %s", d.Stage, d.Status, d.RequestBytes, d.AnswerBytes, d.Broken, d.ErrorType, d.ErrorMessage); line != tt.want {
				t.Errorf("got  %s\nwant %s", line, tt.want)
			}
			if d.Received.IsZero() || d.FirstByte.Before(d.Received) || d.LastByte.Before(d.FirstByte) || d.SourceIP != "127.0.0.1" || !strings.HasPrefix(d.Protocol, "HTTP/1.") {
				t.Errorf("got %+v", d)
			}
			if d.Stage != "" && (len(d.RequestID) != 36 || len(d.ExtendedRequestID) != 16) {
				t.Errorf("ids %q and %q", d.RequestID, d.ExtendedRequestID)
			}
		})
	}
}

// Of an answer that its client did not wait for, what it took is told.
func TestDoneOfAbsentClient(t *testing.T) {
	const size = 64 << 20
	h, settings, got := noted(func(*stubServer, *httpmsg.Request) *httpmsg.Response {
		return &httpmsg.Response{Status: 200, Body: make([]byte, size)}
	})
	s := open(t, Options{Settings: settings}, h)
	p := s.dial(t)
	p.send(stageHead("GET", "/dev/x") + "\r\n")
	if _, err := io.ReadFull(p, make([]byte, 10_000)); err != nil {
		t.Fatal(err)
	}
	p.Close()
	if d := <-got; !d.Broken || d.AnswerBytes < 9000 || d.AnswerBytes >= size || d.Status != 200 {
		t.Errorf("got %+v", d)
	}
}

// A request for no stage is in the log of the process, for who looks for it.
func TestLogOfNoStage(t *testing.T) {
	h, settings, got := noted(fixed)
	log := new(lockedBuffer)
	s := prepare(t, Options{Settings: settings, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, h)
	s.served <- nil
	r := httptest.NewRequest("GET", "/nope/x", nil)
	r.Host, r.RemoteAddr = "abc123.execute-api.localhost", "192.0.2.1:1234"
	w := httptest.NewRecorder()
	s.Handler(Entrance{}).ServeHTTP(w, r)
	id := ""
	for name, values := range w.Header() {
		if name == requestIDHeader {
			id = values[0]
		}
	}
	want := `msg="request for no stage" requestId=` + id + " host=abc123.execute-api.localhost status=403 sourceIp=192.0.2.1\n"
	if line := log.String(); !strings.HasSuffix(line, want) || len(got) != 0 {
		t.Errorf("got %q, want …%q; %d others were told", line, want, len(got))
	}
}
