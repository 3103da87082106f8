package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A fedStream gives the pieces that are put into it, until it is closed, or the client
// has gone.
type fedStream struct {
	pieces chan string
	fault  error           // in place of io.EOF when pieces is closed
	client context.Context // nil is never
	closed chan struct{}
}

func newFedStream() *fedStream {
	return &fedStream{pieces: make(chan string), closed: make(chan struct{})}
}

func (s *fedStream) Read(p []byte) (int, error) {
	var gone <-chan struct{}
	if s.client != nil {
		gone = s.client.Done()
	}
	select {
	case text, more := <-s.pieces:
		switch {
		case more:
			return copy(p, text), nil
		case s.fault != nil:
			return 0, s.fault
		}
		return 0, io.EOF
	case <-gone:
		return 0, context.Canceled
	}
}

func (s *fedStream) Close() error {
	close(s.closed)
	return nil
}

// streaming answers each request with a stream that it hands out.
func streaming(streams chan *fedStream) handle {
	return func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if err := req.ReadBody(); err != nil {
			return refuseBody(err)
		}
		req.WatchClient()
		s := newFedStream()
		s.client = req.Client
		resp := &httpmsg.Response{Status: 200, Header: httpmsg.Header{{Name: "Content-Type", Value: "text/event-stream"}}, Stream: s}
		if req.Path == "/seven" {
			resp.Length = 7
		}
		streams <- s
		return resp
	}
}

// The head comes before the first piece, each piece when the source gives it, and the
// end as HTTP has it: on both versions.
func TestStreamedAnswer(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for path, framing := range map[string]string{"/x": "", "/seven": "7"} {
			t.Run(version+path, func(t *testing.T) {
				streams := make(chan *fedStream, 1)
				s, tr := streamSite(t, version, Options{}, streaming(streams))
				resp := s.open(t, tr, path)
				defer resp.Body.Close()
				from := <-streams
				if resp.Proto != version || resp.Header.Get("Content-Length") != framing || version == "HTTP/1.1" && framing == "" && fmt.Sprint(resp.TransferEncoding) != "[chunked]" {
					t.Errorf("%s, %v, %v", resp.Proto, resp.Header, resp.TransferEncoding)
				}
				for _, text := range []string{"one ", "two"} {
					from.pieces <- text
					got := make([]byte, len(text))
					if _, err := io.ReadFull(resp.Body, got); string(got) != text || err != nil {
						t.Fatalf("got %q, %v", got, err)
					}
				}
				close(from.pieces)
				if rest, err := io.ReadAll(resp.Body); len(rest) > 0 || err != nil {
					t.Errorf("at the end: %q, %v", rest, err)
				}
				<-from.closed
			})
		}
	}
}

// streamSite is a site over TLS, and a client of it that speaks a version.
func streamSite(t *testing.T, version string, opts Options, h handle) (*tlsSite, *http.Transport) {
	s := openTLS(t, opts, h)
	tr := s.http2(t)
	if version == "HTTP/1.1" {
		tr = &http.Transport{TLSClientConfig: tr.TLSClientConfig.Clone()}
		tr.TLSClientConfig.NextProtos = nil
		t.Cleanup(tr.CloseIdleConnections)
	}
	return s, tr
}

// open asks for a path of the stage and returns when the head of the answer is there.
func (s *tlsSite) open(t *testing.T, tr http.RoundTripper, path string) *http.Response {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/dev"+path, nil)
	req.Host = "abc123.execute-api.localhost"
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// A source that fails in the middle breaks the answer off: the connection of HTTP/1
// ends without a last chunk, the stream of HTTP/2 is reset and its connection goes on.
func TestStreamBreaksOff(t *testing.T) {
	streams := make(chan *fedStream, 1)
	h, settings, got := noted(streaming(streams))
	s := open(t, Options{Settings: settings}, h)
	p := s.dial(t)
	p.send(stageHead("GET", "/dev/x") + "\r\n")
	breakOff(<-streams)
	text, err := io.ReadAll(p.r)
	if head, body, _ := strings.Cut(string(text), "\r\n\r\n"); body != "4\r\nhalf\r\n" || err != nil || !strings.Contains(head, "Transfer-Encoding: chunked") {
		t.Errorf("got %q, %v", text, err)
	}
	if d := <-got; !d.Broken || d.Status != 200 || d.AnswerBytes != 4 {
		t.Errorf("told %+v", d)
	}

	h, settings, got = noted(streaming(streams))
	secure, tr := streamSite(t, "HTTP/2.0", Options{Settings: settings}, h)
	for range 2 {
		resp := secure.open(t, tr, "/x")
		breakOff(<-streams)
		text, err := io.ReadAll(resp.Body)
		if string(text) != "half" || err == nil || !strings.Contains(err.Error(), "stream error") {
			t.Errorf("got %q, %v", text, err)
		}
		if d := <-got; !d.Broken || d.AnswerBytes != 4 {
			t.Errorf("told %+v", d)
		}
	}
}

func breakOff(s *fedStream) {
	s.fault = errors.New("broken off")
	s.pieces <- "half"
	close(s.pieces)
	<-s.closed
}

// A client that leaves ends the stream though its source is silent, and what came of
// it is told.
func TestStreamClientLeaves(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			streams := make(chan *fedStream, 1)
			h, settings, got := noted(streaming(streams))
			s, tr := streamSite(t, version, Options{Settings: settings}, h)
			resp := s.open(t, tr, "/x")
			from := <-streams
			from.pieces <- "half"
			if _, err := io.ReadFull(resp.Body, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			<-from.closed
			if d := <-got; !d.Broken || d.AnswerBytes != 4 {
				t.Errorf("told %+v", d)
			}
		})
	}
}

// The connection of a stream serves the next request, also one that its client sent
// while the stream went on.
func TestRequestBehindStream(t *testing.T) {
	streams := make(chan *fedStream, 1)
	s := open(t, Options{}, streaming(streams))
	p := s.dial(t)
	for range 3 {
		p.send(stageHead("POST", "/dev/x") + "Content-Length: 2\r\n\r\nhi")
		from := <-streams
		time.Sleep(2 * watchAfter) // the client is watched
		from.pieces <- "whole"
		p.send(stageHead("GET", "/dev/x") + "\r\n")
		close(from.pieces)
		for i := range 2 {
			if i == 1 {
				from = <-streams
				close(from.pieces)
			}
			<-from.closed
			if resp, body := p.receive("GET"); resp.StatusCode != 200 || body != []string{"whole", ""}[i] {
				t.Errorf("%d, %q", resp.StatusCode, body)
			}
		}
	}
}

// What a stream's request held is given back before the stream begins, and counted
// all the same.
func TestStreamGivesRequestBack(t *testing.T) {
	streams := make(chan *fedStream, 1)
	h, settings, got := noted(streaming(streams))
	s := open(t, Options{Settings: settings}, h)
	p := s.dial(t)
	p.send(stageHead("POST", "/dev/x") + "Content-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000))
	from := <-streams
	from.pieces <- "x"
	if used := s.budget.Used(); used != 0 {
		t.Errorf("%d bytes of the request are held", used)
	}
	close(from.pieces)
	if d := <-got; d.RequestBytes != 5000 || d.AnswerBytes != 1 {
		t.Errorf("told %+v", d)
	}
}

// A reader who takes nothing holds its own source back, and nothing else: the source
// is asked for no more than sockets and one buffer hold.
func TestStreamSlowReader(t *testing.T) {
	streams := make(chan *fedStream, 2)
	s := open(t, Options{}, streaming(streams))
	slow := s.dial(t)
	slow.send(stageHead("GET", "/dev/x") + "\r\n")
	held := <-streams
	piece, taken := strings.Repeat("x", streamBuffer), 0
	for full := false; !full; {
		select {
		case held.pieces <- piece:
			taken++
		case <-time.After(500 * time.Millisecond): // all buffers are full
			full = true
		}
		if taken*streamBuffer > 64<<20 {
			t.Fatal("the source is not held back")
		}
	}
	quick := s.dial(t)
	quick.send(stageHead("GET", "/dev/x") + "\r\n")
	from := <-streams
	from.pieces <- "whole"
	close(from.pieces)
	if _, body := quick.receive("GET"); body != "whole" {
		t.Errorf("got %q", body)
	}
	slow.Close()
	<-held.closed
}

// Shutdown lets streams finish, then cuts them off, ends their sources, and has what
// came of them told before it returns.
func TestShutdownOfStreams(t *testing.T) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			streams := make(chan *fedStream, 1)
			h, settings, got := noted(streaming(streams))
			s, tr := streamSite(t, version, Options{Settings: settings}, h)
			resp := s.open(t, tr, "/x")
			defer resp.Body.Close()
			from := <-streams
			from.pieces <- "half"
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			var cut *CutOffError
			if err := s.Shutdown(ctx); !errors.As(err, &cut) || cut.Connections != 1 {
				t.Errorf("error %v", err)
			}
			select {
			case d := <-got:
				if !d.Broken || d.AnswerBytes != 4 {
					t.Errorf("told %+v", d)
				}
			default:
				t.Error("nothing was told")
			}
			<-from.closed
			if text, err := io.ReadAll(resp.Body); string(text) != "half" || err == nil {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}
