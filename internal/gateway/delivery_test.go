package gateway

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// sized answers /<n> with a body of n bytes that a budget pays for, as a backend's.
func sized(budget *httpmsg.Budget) handle {
	return func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		n, _ := strconv.Atoi(strings.TrimPrefix(req.Path, "/"))
		buf, err := budget.ReadBody(bytes.NewReader(make([]byte, n)), int64(n), httpmsg.MaxBody)
		if err != nil {
			return &httpmsg.Response{Status: 503}
		}
		resp := &httpmsg.Response{Status: 200, Body: buf.Bytes()}
		resp.OnRelease(buf.FreeFunc())
		return resp
	}
}

// field is a header line of HTTP/2, of short texts.
func field(name, value string) string {
	return "\x00" + string(rune(len(name))) + name + string(rune(len(value))) + value
}

func frame(kind, flags byte, stream uint32, payload string) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	return string(binary.BigEndian.AppendUint32(append(head[1:], kind, flags), stream)) + payload
}

// hoard asks for a path over so many streams of one connection, and takes nothing
// of what comes.
func (s *tlsSite) hoard(t *testing.T, path string, streams int) {
	t.Helper()
	conn, err := s.dialHTTP2(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	text := "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "\x00\x04\x00\x00\x00\x00")
	head := field(":method", "GET") + field(":scheme", "https") + field(":authority", "abc123.execute-api.localhost") + field(":path", "/dev"+path)
	for i := range streams {
		text += frame(1, 5, uint32(2*i+1), head)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, conn)
}

// Answers that their clients do not take make room for others', over HTTP/2 and
// HTTP/1, and small ones for large ones.
func TestSlowReadersMakeRoom(t *testing.T) {
	t.Parallel()
	hoards := map[string]func(*testing.T, *tlsSite){
		"large, HTTP/2": func(t *testing.T, s *tlsSite) { s.hoard(t, "/1000000", 30) },
		"small, HTTP/2": func(t *testing.T, s *tlsSite) {
			for range 10 {
				s.hoard(t, "/60000", maxStreams)
			}
			for range 4 {
				s.hoard(t, "/1000", maxStreams)
			}
		},
		"large, HTTP/1": func(t *testing.T, s *tlsSite) {
			for range 10 {
				p := s.dial(t)
				_ = p.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
				p.secure().send(stageHead("GET", "/dev/10000000") + "\r\n")
			}
		},
	}
	for name, hoard := range hoards {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			budget := httpmsg.NewBudget(32 << 20)
			s := openTLS(t, Options{Answers: budget, MaxConnections: 1000}, sized(budget))
			hoard(t, s)
			for end := time.Now().Add(30 * time.Second); budget.Used() < 20<<20 && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			tr := s.http2(t)
			for _, size := range []string{"/2000", "/60000", "/1000000", "/4000000"} {
				begin := time.Now()
				if status, err := s.get(tr, size); status != 200 {
					t.Errorf("%s: %d, %v after %v with %d bytes in use", size, status, err, time.Since(begin), budget.Used())
				}
			}
		})
	}
}

// Who takes an answer steadily is not cut off for others.
func TestSteadyReaderUnderAttack(t *testing.T) {
	secure := certified()
	synctest.Test(t, func(t *testing.T) {
		budget := httpmsg.NewBudget(32 << 20)
		s := openPipedTLS(t, Options{Answers: budget, MaxConnections: 1000}, secure, sized(budget))
		req, _ := http.NewRequest("GET", s.url+"/dev/10000000", nil)
		req.Host = "abc123.execute-api.localhost"
		resp, err := s.http2(t).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		s.hoard(t, "/1000000", 30)
		read := make(chan int)
		go func() { // nothing keeps it from reading
			got, buf := 0, make([]byte, 100_000)
			for {
				n, err := io.ReadFull(resp.Body, buf)
				if got += n; err != nil {
					read <- got
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		for others := 0; ; others++ {
			if status, err := s.get(s.http2(t), "/1000000"); status != 200 {
				t.Errorf("another: %d, %v", status, err)
			}
			select {
			case got := <-read:
				if got != 10_000_000 {
					t.Errorf("%d bytes came, while %d others were served", got, others)
				}
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
}
