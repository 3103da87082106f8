package gateway

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// A client that closes its connection ends the context of its request, once
// its body has been read, however it came, whatever the connection was used for before and
// whatever more the client has sent.
func TestClientThatLeaves(t *testing.T) {
	began, ended := make(chan struct{}), make(chan bool)
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/quick" {
			return
		}
		began <- struct{}{}
		select {
		case <-r.Context().Done():
			ended <- true
		case <-time.After(patience):
			ended <- false
		}
	})
	stages := refusing
	shared := openAs(t, Options{}, Entrance{Next: next}, stages)
	alone := openAs(t, Options{}, Entrance{Next: next, NoStages: true}, stages)
	secure := openTLSAs(t, Options{}, Entrance{Next: next}, stages).site
	const host = " HTTP/1.1\r\nHost: localhost\r\n"
	for name, request := range map[string]string{
		"no body":          "GET /" + host + "\r\n",
		"a length":         "POST /" + host + "Content-Length: 5\r\n\r\nhello",
		"chunks":           "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"HTTP/1.0":         "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
		"the second":       "GET /quick" + host + "\r\nGET /" + host + "\r\n",
		"one with a body":  "POST /quick" + host + "Content-Length: 5\r\n\r\nhelloGET /" + host + "\r\n",
		"after some stage": stageHead("GET", "/dev/x") + "\r\nPOST /" + host + "Content-Length: 2\r\n\r\nhi",
	} {
		for where, s := range map[string]*site{"shared": shared, "alone": alone, "TLS": secure} {
			if s == alone && name == "after some stage" {
				continue
			}
			t.Run(name+", "+where, func(t *testing.T) {
				for _, behind := range []string{"", "G", "GET /quick" + host} {
					if behind != "" && runtime.GOOS != "linux" {
						break
					}
					p := s.dial(t)
					if s == secure {
						p = p.secure()
					}
					p.send(request)
					<-began
					p.send(behind)
					p.Close()
					if !<-ended {
						t.Errorf("the context did not end behind %q", behind)
					}
				}
			})
		}
	}
}

// What a client sends behind a request that takes long is its next request.
func TestNextRequestIsNotLost(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		select {
		case <-time.After(5 * watchAfter):
			fmt.Fprintf(w, "%s %s", r.URL.Path, body)
		case <-r.Context().Done():
			w.WriteHeader(500)
		}
	})
	for where, s := range map[string]*site{"plain": openAs(t, Options{}, Entrance{Next: next}, echo), "TLS": openTLSAs(t, Options{}, Entrance{Next: next}, echo).site} {
		t.Run(where, func(t *testing.T) {
			p := s.dial(t)
			if where == "TLS" {
				p = p.secure()
			}
			for i := range 4 {
				p.send(fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n%d", i, i))
				if i%2 == 0 {
					time.Sleep(2 * watchAfter) // its watch has begun, and gets the next one's first byte
				}
			}
			for i := range 4 {
				if resp, body := p.receive("POST"); resp.StatusCode != 200 || body != fmt.Sprintf("/%d %d", i, i) {
					t.Errorf("got %d %q", resp.StatusCode, body)
				}
			}
			time.Sleep(2 * watchAfter)
			p.send("GET /last HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if resp, body := p.receive("GET"); resp.StatusCode != 200 || body != "/last " {
				t.Errorf("then %d %q", resp.StatusCode, body)
			}
		})
	}
}

// A request that is sent while the first of two that came together is answered stays
// whole while the second one is.
func TestRequestBehindTwo(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * watchAfter)
		fmt.Fprint(w, r.Method, " ", r.URL.Path)
	})
	for where, s := range map[string]*site{"plain": openAs(t, Options{}, Entrance{Next: next}, echo), "TLS": openTLSAs(t, Options{}, Entrance{Next: next}, echo).site} {
		t.Run(where, func(t *testing.T) {
			p := s.dial(t)
			if where == "TLS" {
				p = p.secure()
			}
			const host = " HTTP/1.1\r\nHost: localhost\r\n\r\n"
			p.send("GET /1" + host + "GET /2" + host)
			time.Sleep(2 * watchAfter) // the first one's watch has begun
			p.send("GET /3" + host)
			for _, want := range []string{"GET /1", "GET /2", "GET /3"} {
				if _, body := p.receive("GET"); body != want {
					t.Errorf("got %q, want %q", body, want)
				}
			}
		})
	}
}
