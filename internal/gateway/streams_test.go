package gateway

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// get asks for a path of the stage.
func (s *tlsSite) get(tr http.RoundTripper, path string) (status int, err error) {
	req, _ := http.NewRequest("GET", s.url+"/dev"+path, nil)
	req.Host = "abc123.execute-api.localhost"
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}

// However many requests a few connections have under way, there is a bound to
// them, and a connection that has none is served.
func TestFloodOfStreams(t *testing.T) {
	const connections = 12
	var working, most atomic.Int64
	let := make(chan bool)
	s := openTLS(t, Options{MaxConnections: 50}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if now := working.Add(1); now > most.Load() {
			most.Store(now)
		}
		defer working.Add(-1)
		if req.Path == "/hung" {
			<-let
		}
		return echo(s, req)
	})
	var wg sync.WaitGroup
	var refused, reset, served atomic.Int64
	for range connections {
		tr := s.http2(t)
		if status, err := s.get(tr, "/"); status != 200 { // one connection for all that follows
			t.Fatal(status, err)
		}
		for range maxStreams {
			wg.Go(func() {
				switch status, err := s.get(tr, "/hung"); {
				case err != nil:
					reset.Add(1)
				case status == 503:
					refused.Add(1)
				default:
					served.Add(1)
				}
			})
		}
	}
	for refused.Load()+reset.Load()+working.Load() < connections*maxStreams {
		time.Sleep(time.Millisecond)
	}
	for range 3 {
		if status, err := s.get(s.http2(t), "/"); status != 200 {
			t.Errorf("a newcomer got %d, %v", status, err)
		}
	}
	close(let)
	wg.Wait()
	t.Logf("%d served, %d refused, %d reset", served.Load(), refused.Load(), reset.Load())
	if n := most.Load(); n > fewStreams+connections+1 || n < fewStreams*9/10 {
		t.Errorf("%d requests at once", n)
	}
	if refused.Load() == 0 {
		t.Error("none was refused")
	}
	if n := s.door.moreStreams.Load(); n != 0 {
		t.Errorf("%d requests are counted that are through", n)
	}
}

// A client that leaves is told of, and counts until nobody works for it.
func TestFloodOfLeavers(t *testing.T) {
	begun, told, let := make(chan bool), make(chan bool), make(chan bool)
	s := openTLS(t, Options{}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		begun <- true
		<-req.Client.Done()
		told <- true
		<-let
		return echo(s, req)
	})
	tr := s.http2(t)
	var conn atomic.Pointer[tls.Conn]
	tr.DialTLSContext = func(_ context.Context, network, addr string) (net.Conn, error) {
		nc, err := tls.Dial(network, addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		conn.Store(nc)
		return nc, err
	}
	go s.get(tr, "/")
	<-begun
	conn.Load().NetConn().Close()
	<-told
	time.Sleep(50 * time.Millisecond) // for the connection to be closed at this end
	if n := s.connections(); n != 1 {
		t.Errorf("%d connections while a handler works for one", n)
	}
	close(let)
	for end := time.Now().Add(30 * time.Second); s.connections() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the connection counts for ever")
		}
	}
}

// What a client may send before somebody reads it is bounded for a connection.
func TestBoundWindows(t *testing.T) {
	s := openTLS(t, Options{}, echo)
	conn, err := tls.Dial("tcp", s.addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	const settings, windowUpdate, initialWindow = 4, 8, 4
	stream, connection := -1, 65535
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	for stream < 0 || connection == 65535 {
		var head [9]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			t.Fatal(err)
		}
		body := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(conn, body); err != nil {
			t.Fatal(err)
		}
		switch head[3] {
		case windowUpdate:
			connection += int(binary.BigEndian.Uint32(body))
		case settings:
			for ; len(body) >= 6; body = body[6:] {
				if binary.BigEndian.Uint16(body) == initialWindow {
					stream = int(binary.BigEndian.Uint32(body[2:]))
				}
			}
		}
	}
	if stream != streamWindow || connection != streamWindow {
		t.Errorf("a stream may send %d bytes, a connection %d, want %d", stream, connection, streamWindow)
	}
}
