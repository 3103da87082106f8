package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// cut waits until the server has ended the connection, and returns how long that
// took. What it sends meanwhile is read. It must be within most.
func (p *peer) cut(most time.Duration) {
	p.t.Helper()
	start := time.Now()
	_, _ = io.Copy(io.Discard, p.r)
	if took := time.Since(start); took > most {
		p.t.Errorf("cut off after %v, want %v at the most", took, most)
	}
}

// trickle sends one byte of text at a time until the connection ends.
func (p *peer) trickle(text string, pause time.Duration) {
	for {
		if _, err := io.WriteString(p, text[:1]); err != nil {
			return
		}
		if text = text[1:] + text[:1]; pause > 0 {
			time.Sleep(pause)
		}
	}
}

// Who sends a byte now and then gets no more time than who sends nothing.
func TestSlowTrickles(t *testing.T) {
	s := open(t, Options{ReadHeaderTimeout: 150 * time.Millisecond, ReadTimeout: 150 * time.Millisecond}, echo)
	const most = patience // without the bounds it never ends
	tests := map[string]struct{ first, then string }{
		"a head":                       {stageHead("GET", "/dev"), "X-A: b\r\n"},
		"a request line":               {"GET /dev/", "x"},
		"nothing but empty lines":      {"", "\r\n"},
		"a body":                       {stageHead("POST", "/dev") + "Content-Length: 100000\r\n\r\n", "x"},
		"chunks":                       {stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
		"a chunk's size":               {stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n", "0"},
		"a chunk's extension":          {stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n1;", "a"},
		"empty lines behind a POST":    {stageHead("POST", "/dev") + "Content-Length: 1\r\n\r\nx", "\r\n"},
		"a trailer":                    {stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-A: b\r\n"},
		"a body after 100 Continue":    {stageHead("POST", "/dev") + "Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n", "x"},
		"a head behind another":        {stageHead("GET", "/dev") + "\r\n" + stageHead("GET", "/dev"), "X-A: b\r\n"},
		"the body of a request for us": {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", "x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.dial(t)
			p.send(tt.first)
			go p.trickle(tt.then, 20*time.Millisecond)
			p.cut(most)
		})
	}
	t.Run("the first byte of the next request", func(t *testing.T) {
		t.Parallel()
		p := open(t, Options{ReadHeaderTimeout: 3 * time.Second}, echo).dial(t) // time enough for a whole head
		p.send(stageHead("GET", "/dev") + "\r\n")
		resp, body := p.receive("GET")
		see(t, resp, body)
		p.send("G") // now the connection is not idle, and takes somebody's place
		p.cut(most)
	})
}

// Over HTTP/2 the times are those of a stream.
func TestSlowHTTP2(t *testing.T) {
	released := make(chan bool, 1)
	s := openTLS(t, Options{ReadTimeout: 150 * time.Millisecond, WriteTimeout: 3 * time.Second}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if req.Path != "/large" {
			return echo(s, req)
		}
		resp := &httpmsg.Response{Status: 200, Body: make([]byte, 64<<20)}
		resp.OnRelease(func() { released <- true })
		return resp
	})
	client := &http.Client{Transport: s.http2(t)}
	t.Run("a body", func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		go io.WriteString(w, "abc")
		req, _ := http.NewRequest("POST", s.url+"/dev", r)
		req.Host = "abc123.execute-api.localhost"
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 408 {
			t.Errorf("status %d, want 408", resp.StatusCode)
		}
	})
	t.Run("a reader", func(t *testing.T) {
		req, _ := http.NewRequest("GET", s.url+"/dev/large", nil)
		req.Host = "abc123.execute-api.localhost"
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		select {
		case <-released:
		case <-time.After(patience):
			t.Error("still writing")
		}
	})
}

// A tlsSite is a site under TLS.
type tlsSite struct {
	*site
	url string
}

func openTLS(t *testing.T, opts Options, h handle) *tlsSite {
	t.Helper()
	return openTLSAs(t, opts, Entrance{}, h)
}

// openTLSAs is a site whose socket is an entrance of another kind, under TLS.
func openTLSAs(t *testing.T, opts Options, at Entrance, h handle) *tlsSite {
	t.Helper()
	at.TLS = certified()
	ln, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := prepare(t, opts, h)
	s.addr = ln.Addr().String()
	go func() { s.served <- s.Serve(ln, at) }()
	return &tlsSite{s, "https://" + s.addr}
}

// certified is TLS with a certificate of nobody's.
func certified() *tls.Config {
	certs := httptest.NewTLSServer(http.NotFoundHandler())
	certs.Close()
	return &tls.Config{Certificates: certs.TLS.Certificates}
}

// openPipedTLS is openPiped under TLS.
func openPipedTLS(t *testing.T, opts Options, config *tls.Config, h handle) *tlsSite {
	return &tlsSite{openPiped(t, opts, Entrance{TLS: config}, h), "https://piped"}
}

// http2 is a client's end that speaks HTTP/2 alone.
func (s *tlsSite) http2(t *testing.T) *http.Transport {
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	if s.pipes != nil {
		tr.DialTLSContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dialHTTP2(ctx) }
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// dialHTTP2 is a connection that has agreed on HTTP/2.
func (s *tlsSite) dialHTTP2(ctx context.Context) (*tls.Conn, error) {
	nc, err := s.connect()
	if err != nil {
		return nil, err
	}
	secure := tls.Client(nc, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	return secure, secure.HandshakeContext(ctx)
}

// heap is the memory in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // pools keep what they have over one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What has no end is not kept, and not read for long.
func TestBoundEndless(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked\r\n\r\n"
	tests := map[string]struct {
		first, then string
		want        string // the status line's start, "" for none
	}{
		"request line":     {"GET /", "aaaaaaaa", "413"},
		"header line":      {stageHead("GET", "/dev") + "A: ", "aaaaaaaa", "413"},
		"header name":      {stageHead("GET", "/dev"), "aaaaaaaa", "413"},
		"header lines":     {stageHead("GET", "/dev"), "A: b\r\n", "413"},
		"empty names":      {stageHead("GET", "/dev"), "A:\r\n", "413"},
		"empty lines":      {"", "\r\n", "400"},
		"chunk's size":     {stageHead("POST", "/dev") + chunked, "0", "400"},
		"chunk extension":  {stageHead("POST", "/dev") + chunked + "1;", "aaaaaaaa", "400"},
		"chunk extensions": {stageHead("POST", "/dev") + chunked, "1;" + strings.Repeat("a", 1000) + "\r\nx\r\n", "400"},
		"small chunks":     {stageHead("POST", "/dev") + chunked, "1\r\nx\r\n", "4"},
		"trailer line":     {stageHead("POST", "/dev") + chunked + "0\r\nA: ", "aaaaaaaa", "400"},
		"trailer lines":    {stageHead("POST", "/dev") + chunked + "0\r\n", "A: b\r\n", "400"},
		"chunks":           {stageHead("POST", "/dev") + chunked, "8000\r\n" + strings.Repeat("x", 0x8000) + "\r\n", "413"},
		"body":             {stageHead("POST", "/dev") + "Content-Length: 999999999999\r\n\r\n", "xxxxxxxx", "413"},
		"garbage":          {"", "\x16\x03\x01\x02", "4"},
	}
	s := open(t, Options{MaxBody: 1 << 20}, echo)
	before := heap()
	t.Run("all", func(t *testing.T) {
		for name, tt := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := s.dial(t)
				p.send(tt.first)
				answered := make(chan string, 1)
				go func() {
					resp, err := http.ReadResponse(p.r, nil)
					if err != nil {
						answered <- err.Error()
						return
					}
					answered <- fmt.Sprint(resp.StatusCode)
				}()
				block := bytes.Repeat([]byte(tt.then), 64<<10/len(tt.then)+1)
				const most = 32 << 20 // 1 MB in chunks of one byte is 6
				for sent := 0; sent < most; {
					n, err := p.Write(block)
					if sent += n; err != nil {
						break
					}
					if len(answered) > 0 {
						break // what comes behind is thrown away
					}
				}
				select {
				case got := <-answered:
					if !strings.HasPrefix(got, tt.want) && !strings.Contains(got, "reset") { // it may go before the answer is read
						t.Errorf("got %s, want %s", got, tt.want)
					}
				case <-time.After(patience):
					t.Error("no end was put to it")
				}
				p.Close()
			})
		}
	})
	eventually(t, func() bool { return s.connections() == 0 })
	if grown := heap() - before; grown > 8<<20 {
		t.Errorf("%d bytes more in use", grown)
	}
}

// Who sends requests and reads no answers is no longer read, and cut off.
func TestFloodOfUnreadAnswers(t *testing.T) {
	var served atomic.Int64
	s := open(t, Options{WriteTimeout: 200 * time.Millisecond}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		served.Add(1)
		return &httpmsg.Response{Status: 200, Body: make([]byte, 64<<10)}
	})
	p := s.dial(t)
	requests := []byte(strings.Repeat(stageHead("GET", "/dev")+"\r\n", 100))
	var err error
	for sent := 0; sent < 256<<20 && err == nil; sent += len(requests) {
		_, err = p.Write(requests)
	}
	if err == nil {
		t.Error("256 MB of requests were taken")
	}
	if n := served.Load(); n > 2000 { // what fits the sockets' buffers
		t.Errorf("%d answers were made", n)
	}
}

// Thousands of clients who do nothing, ten thousand in a long run, and one who
// works: there are never more
// connections than may be, and the one is served all the time.
func TestFloodOfConnections(t *testing.T) {
	const room = 1000
	clients := min(soak.Times(3*room), 10*room, OpenFiles()-room-500)
	s := open(t, Options{MaxConnections: room}, echo)
	before, goroutines := heap(), runtime.NumGoroutine()
	ended := make(chan bool)
	working := new(sync.WaitGroup)
	most, worked := 0, 0
	worker := s.dial(t)
	working.Go(func() {
		for ; ; worked++ {
			_ = worker.SetDeadline(time.Now().Add(patience)) // for this request, however long the flood takes
			fmt.Fprint(worker, stageHead("GET", "/dev")+"\r\n")
			resp, err := http.ReadResponse(worker.r, nil)
			if err != nil {
				t.Errorf("who works got %v", err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			most = max(most, s.connections())
			select {
			case <-ended:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	peers := make([]net.Conn, 0, clients)
	for i := range clients {
		nc, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(i, err)
		}
		if peers = append(peers, nc); i%3 == 0 { // some say something once
			_, _ = io.WriteString(nc, stageHead("GET", "/dev")+"\r\n")
		}
	}
	newcomer := s.dial(t)
	newcomer.send(stageHead("GET", "/dev") + "\r\n")
	resp, body := newcomer.receive("GET")
	see(t, resp, body)
	close(ended)
	working.Wait()
	t.Logf("%d clients, %d connections at the most, %d requests served", clients, most, worked)
	if most > room {
		t.Errorf("%d connections, want %d at the most", most, room)
	}
	if more := runtime.NumGoroutine() - goroutines; more > room+50 {
		t.Errorf("%d goroutines more", more)
	}
	if grown := heap() - before; grown > room*64<<10 {
		t.Errorf("%d bytes more in use", grown)
	}
	for _, nc := range peers {
		nc.Close()
	}
}

func (s *site) connections() int {
	s.door.mu.Lock()
	defer s.door.mu.Unlock()
	return len(s.door.guests)
}

// Clients that begin requests and do not go on with them give way to who comes, long before
// their time is over. Who waits for an answer does not.
func TestFloodOfBeginnings(t *testing.T) {
	const room = 8
	for name, begun := range map[string]string{
		"heads":               "G",
		"heads behind others": stageHead("GET", "/dev") + "\r\nG",
		"bodies":              stageHead("POST", "/dev") + "Content-Length: 2\r\n\r\n1",
		"chunks":              stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n1\r\n",
		"trailers":            stageHead("POST", "/dev") + "Transfer-Encoding: chunked\r\n\r\n0\r\nA",
		"bodies of others":    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			let := make(chan bool)
			s := openAs(t, Options{MaxConnections: room, ReadHeaderTimeout: time.Hour, ReadTimeout: time.Hour}, Entrance{Next: reader}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
				if req.Path == "/busy" {
					<-let
				}
				return echo(s, req)
			})
			busy := s.dial(t)
			busy.send(stageHead("GET", "/dev/busy") + "\r\n")
			first := s.dial(t)
			first.send(begun)
			for range 2 * room {
				s.dial(t).send(begun)
			}
			late := s.dial(t)
			late.send(stageHead("GET", "/dev") + "\r\n")
			resp, body := late.receive("GET")
			see(t, resp, body)
			if last := first.rest(); !strings.Contains(last, "HTTP/1.1 408 ") && name != "bodies of others" {
				t.Errorf("who gave way got %q", last)
			}
			close(let)
			resp, body = busy.receive("GET")
			see(t, resp, body)
		})
	}
}

// TestFloodOfBeginningsHTTP2 is the same for bodies over HTTP/2. A connection on which
// another request is answered stays.
func TestFloodOfBeginningsHTTP2(t *testing.T) {
	const room = 4
	let, started := make(chan bool), make(chan bool)
	s := openTLS(t, Options{MaxConnections: room, ReadTimeout: time.Hour}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if req.Path == "/busy" {
			started <- true
			<-let
		}
		return echo(s, req)
	})
	begin := func(frames string) net.Conn {
		nc, err := s.dialHTTP2(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		_ = nc.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(nc, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+h2Frame(4, 0, 0, "")+frames); err != nil {
			t.Fatal(err)
		}
		return nc
	}
	post := strings.Replace(h2Get(1, "/dev"), "\x82", "\x83", 1)
	post = post[:4] + "\x04" + post[5:] + h2Frame(0, 0, 1, "x") // without an end
	busy := begin(post + h2Get(3, "/dev/busy"))
	<-started
	for range room - 1 {
		begin(post)
	}
	eventually(t, func() bool { _, busy, _ := s.Connections(); return busy == room })
	for range room {
		p := s.dial(t) // under TLS it would wait as long
		late := tls.Client(p.Conn, &tls.Config{InsecureSkipVerify: true})
		_ = late.SetDeadline(time.Now().Add(patience))
		if err := late.Handshake(); err != nil {
			t.Fatal(err)
		}
	}
	close(let)
	for seen, some := "", make([]byte, 1<<10); !strings.Contains(seen, "\x00\x00\x00\x03"); {
		n, err := busy.Read(some)
		if seen += string(some[:n]); err != nil {
			t.Fatalf("who waits for an answer got %v behind %q", err, seen)
		}
	}
}

// rest is all that comes until the connection ends.
func (p *peer) rest() string {
	_ = p.SetReadDeadline(time.Now().Add(patience))
	all, err := io.ReadAll(p.r)
	if err != nil {
		p.t.Error(err)
	}
	return string(all)
}

// reader reads a body to its end.
var reader = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })

// When nobody is idle newcomers wait, and are served as soon as there is room.
func TestFloodOfWork(t *testing.T) {
	const room = 20
	let := make(chan bool)
	s := open(t, Options{MaxConnections: room}, func(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
		if req.Path == "/busy" {
			<-let
		}
		return echo(s, req)
	})
	for range room {
		s.dial(t).send(stageHead("GET", "/dev/busy") + "\r\n")
	}
	for s.connections() < room {
		time.Sleep(time.Millisecond)
	}
	late := s.dial(t)
	late.send(stageHead("GET", "/dev") + "\r\n")
	_ = late.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := late.r.Peek(1); err == nil {
		t.Error("there was no room")
	}
	_ = late.SetReadDeadline(time.Now().Add(patience))
	close(let)
	resp, body := late.receive("GET")
	see(t, resp, body)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
