package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// Clients that ask for what no stage answers, and read nothing, hold their
// connections for the time of a write.
func TestUnreadAnswersOfOthers(t *testing.T) {
	s := open(t, Options{MaxConnections: 3, WriteTimeout: 200 * time.Millisecond}, echo)
	flood := strings.Repeat("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1000)
	for range 3 {
		p := s.dial(t)
		_ = p.Conn.(*net.TCPConn).SetReadBuffer(4 << 10) // so that few answers fill it
		for err := error(nil); err == nil; {
			_ = p.SetWriteDeadline(time.Now().Add(time.Second))
			_, err = io.WriteString(p, flood)
		}
	}
	p := s.dial(t)
	p.send(stageHead("GET", "/dev") + "\r\n")
	_ = p.SetReadDeadline(time.Now().Add(patience)) // without the bound they never go
	if _, err := p.r.Peek(1); err != nil {
		t.Error("a newcomer is not served:", err)
	}
}

// A pausing stream gives its parts, and waits where one is empty.
type pausing struct {
	parts []string
	pause time.Duration
}

func (p *pausing) Read(b []byte) (int, error) {
	if len(p.parts) == 0 {
		return 0, io.EOF
	}
	part := p.parts[0]
	p.parts = p.parts[1:]
	if part == "" {
		time.Sleep(p.pause)
		return p.Read(b)
	}
	return copy(b, part), nil
}

// The time for a write does not run while there is nothing to write.
func TestPausingStreams(t *testing.T) {
	tests := map[string][]string{
		"between": {"a", "", "b"},
		"last":    {"a", "b", ""},
		"empty":   {""},
		"first":   {"", "a"},
	}
	h := func(_ *stubServer, req *httpmsg.Request) *httpmsg.Response {
		parts := tests[strings.TrimPrefix(req.Path, "/")]
		return &httpmsg.Response{Status: 200, Stream: io.NopCloser(&pausing{append([]string(nil), parts...), 300 * time.Millisecond})}
	}
	opts, secure := Options{WriteTimeout: 100 * time.Millisecond}, certified()
	for name, parts := range tests {
		want := strings.Join(parts, "")
		t.Run("HTTP/1 "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openPiped(t, opts, Entrance{}, h)
				if _, body := s.call(t, stageHead("GET", "/dev/"+name)+"\r\n"); body != want {
					t.Errorf("%q", body)
				}
			})
		})
		t.Run("HTTP/2 "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openPipedTLS(t, opts, secure, h)
				req, err := http.NewRequest("GET", s.url+"/dev/"+name, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Host = "abc123.execute-api.localhost"
				resp, err := s.http2(t).RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if body, err := io.ReadAll(resp.Body); string(body) != want || err != nil {
					t.Errorf("%q, %v", body, err)
				}
			})
		})
	}
}

// One large head costs memory while it is served, not for as long as its
// connection lives.
func TestIdleConnectionsAreSmall(t *testing.T) {
	s := open(t, Options{}, fixed)
	const peers, most = 100, 48 << 10
	head := stageHead("GET", "/dev") + "X: " + strings.Repeat("x", 60<<10) + "\r\n\r\n"
	before := heap()
	for range peers {
		p := s.dial(t)
		p.send(head)
		p.receive("GET")
		p.r = nil
	}
	s.settle(t)
	if each := (heap() - before) / peers; each > most {
		t.Errorf("%d bytes are kept for each", each)
	}
}

// A request line that is refused is answered on a fresh and on a kept connection.
func TestRefusedRequestLines(t *testing.T) {
	s := open(t, Options{}, echo)
	for name, request := range map[string]string{
		"CONNECT":  "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
		"LF":       "GET /dev HTTP/1.1\nHost: a\n\n",
		"HTTP/1.2": "GET /dev HTTP/1.2\r\nHost: a\r\n\r\n",
		"scheme":   "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", kept ", kept), func(t *testing.T) {
				p := s.dial(t)
				if kept {
					p.send(stageHead("GET", "/dev") + "\r\n")
					p.receive("GET")
				}
				p.send(request)
				resp, body := p.receive("GET")
				expectError(t, resp, body, 400, "BadRequestException", badBody)
			})
		}
	}
}

// The answer says what becomes of the connection, whatever its client says of it.
func TestWishesToClose(t *testing.T) {
	s := open(t, Options{}, echo)
	for _, value := range []string{"close", "Close", "keep-alive, close", "x close", "keep-alive close", "close keep-alive", "keep-alive"} {
		t.Run(value, func(t *testing.T) {
			p := s.dial(t)
			p.send(stageHead("GET", "/dev") + "Connection: " + value + "\r\n\r\n")
			resp, _ := p.receive("GET")
			if !resp.Close {
				_ = p.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			}
			_, err := p.r.ReadByte()
			if closed := err == io.EOF; closed != resp.Close {
				t.Errorf("told close %t, closed %t", resp.Close, closed)
			}
		})
	}
}
