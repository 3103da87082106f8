package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

const (
	streamEvery = 100 * time.Millisecond // over which the streams have their next event, in the long form
	streamKept  = 5                      // deployments before the current one that are not deleted
)

// streamRounds is how many events each stream has, with a deployment before each.
var streamRounds = soak.Times(25)

// streamClients is how many streams there are at once: no more than half of what one
// API may have connections for.
func streamClients() int {
	most := 150
	if soak.Long() {
		most = 500
	}
	return min(most, new(config).backendConnections(gateway.OpenFiles())/8)
}

// TestStreamLoad has streams of server-sent events over HTTP/1.1 and HTTP/2 at once,
// while their API is deployed anew before each event. Nothing is held back: each client
// has an event before the next one is sent, in order. None is cut off, memory does not
// grow, and a client that leaves ends the call of its backend and no other.
func TestStreamLoad(t *testing.T) {
	t.Setenv("GOGC", "50") // with less garbage, what is kept is seen
	l := newStreamLoad(t, streamClients())
	p, plain, secure := openDoors(t, nil)
	l.url = "http://" + plain.address
	if got := exchange(t, "POST", l.url+"/restapis", []byte(`{"name": "a", "tags": {"_custom_id_": "load"}}`)); got.status != 201 {
		t.Fatal(got)
	}
	l.deploy()
	l.open(plain, secure)
	var memory []int64
	for range streamRounds {
		l.deploy()
		l.round(l.clients)
		memory = append(memory, resident(t, p))
	}
	leave := l.clients[:len(l.clients)/3]
	for _, c := range leave {
		c.left.Store(true)
		_ = c.body.Close()
	}
	eventually(t, func() error {
		if n := l.ended.Load(); n != int64(len(leave)) {
			return fmt.Errorf("%d clients have left, %d calls of the backend have ended", len(leave), n)
		}
		return nil
	})
	l.round(l.clients[len(leave):])
	close(l.over)
	l.reading.Wait()
	l.report(memory)
}

// A streamLoad is a backend of event streams, and its readers.
type streamLoad struct {
	t       *testing.T
	url     string
	backend *httptest.Server
	clients []*streamClient
	number  int      // of the last deployment
	ids     []string // of deployments, oldest first

	mu      sync.Mutex
	feeds   []chan int    // to the streams of the backend, the numbers of events
	over    chan struct{} // closed when they end
	ended   atomic.Int64  // those whose reader has left
	got     chan event
	reading sync.WaitGroup
	sent    int             // events
	late    []time.Duration // from the backend's write of an event to the client's read
	heads   []time.Duration // from a request to the head of its answer
}

// An event is one that a client has read.
type event struct {
	client *streamClient
	number int
	took   time.Duration // since the backend wrote it
}

// A streamClient reads one stream.
type streamClient struct {
	body io.ReadCloser
	left atomic.Bool
}

func newStreamLoad(t *testing.T, clients int) *streamLoad {
	l := &streamLoad{t: t, over: make(chan struct{}), got: make(chan event, clients)}
	l.clients = make([]*streamClient, clients)
	l.backend = httptest.NewServer(http.HandlerFunc(l.serve))
	t.Cleanup(l.backend.Close)
	return l
}

// serve is one stream of the backend.
func (l *streamLoad) serve(w http.ResponseWriter, r *http.Request) {
	feed := make(chan int, 1)
	l.mu.Lock()
	l.feeds = append(l.feeds, feed)
	l.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	_ = control.Flush()
	for {
		select {
		case number := <-feed:
			_, _ = fmt.Fprintf(w, "data: %d %d\n\n", number, time.Now().UnixNano())
			_ = control.Flush()
		case <-r.Context().Done():
			l.ended.Add(1)
			return
		case <-l.over:
			return
		}
	}
}

// deploy deploys the API anew and deletes an old deployment.
func (l *streamLoad) deploy() {
	l.number++
	api := l.url + "/restapis/load"
	definition := fmt.Sprintf(`{"openapi":"3.0.1","info":{"title":"load","version":"%d"},"paths":{"/events":{"get":{"responses":{},`+
		`"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"%s/%d","responseTransferMode":"STREAM","timeoutInMillis":900000}}}}}`,
		l.number, l.backend.URL, l.number)
	if got := exchange(l.t, "PUT", api+"?mode=overwrite", []byte(definition)); got.status != 200 {
		l.t.Error(got)
	}
	got := exchange(l.t, "POST", api+"/deployments", []byte(`{"stageName": "prod"}`))
	var deployment struct{ ID string }
	if err := json.Unmarshal([]byte(got.body), &deployment); err != nil || got.status != 201 {
		l.t.Error(got, err)
	}
	if l.ids = append(l.ids, deployment.ID); len(l.ids) > streamKept {
		if got := exchange(l.t, "DELETE", api+"/deployments/"+l.ids[0], nil); got.status != 202 {
			l.t.Error(got)
		}
		l.ids = l.ids[1:]
	}
}

// open opens all streams, a third of them over HTTP/2.
func (l *streamLoad) open(plain, secure *door) {
	config := secure.tls.Clone()
	config.NextProtos = nil
	http2 := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	http1 := &http.Transport{TLSClientConfig: &tls.Config{}}
	l.t.Cleanup(func() { http1.CloseIdleConnections(); http2.CloseIdleConnections() })
	for i := range l.clients {
		tr, url := http1, "http://"+plain.address
		if i%3 == 0 {
			tr, url = http2, "https://"+secure.address
		}
		req, _ := http.NewRequestWithContext(l.t.Context(), "GET", url+"/_aws/execute-api/load/prod/events", nil)
		began := time.Now()
		resp, err := tr.RoundTrip(req)
		if err != nil {
			l.t.Fatal(err)
		}
		l.heads = append(l.heads, time.Since(began))
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.ProtoMajor != 2 && i%3 == 0 {
			l.t.Fatal(resp.Status, resp.Proto)
		}
		c := &streamClient{body: resp.Body}
		l.clients[i] = c
		l.reading.Go(func() { l.read(c) })
	}
}

// read reads a stream to its end.
func (l *streamLoad) read(c *streamClient) {
	r := bufio.NewReader(c.body)
	for {
		line, err := r.ReadString('\n')
		var number int
		var at int64
		switch {
		case err != nil:
			if err != io.EOF && !c.left.Load() {
				l.t.Errorf("a stream was cut off: %v", err)
			}
			return
		case line == "\n":
			continue
		}
		if _, err := fmt.Sscanf(line, "data: %d %d", &number, &at); err != nil {
			l.t.Errorf("%q: %v", line, err)
		}
		l.got <- event{c, number, time.Since(time.Unix(0, at))}
	}
}

// round has the backend send the next event to all of its streams, and waits until
// these clients have it, and nothing else.
func (l *streamLoad) round(clients []*streamClient) {
	l.sent++
	l.mu.Lock()
	for _, feed := range l.feeds {
		select {
		case feed <- l.sent:
		default: // its reader has left
		}
		if soak.Long() { // one after the other, as clients ask
			time.Sleep(streamEvery / time.Duration(len(l.feeds)))
		}
	}
	l.mu.Unlock()
	have := make(map[*streamClient]bool)
	for range clients {
		select {
		case e := <-l.got:
			if e.number != l.sent || have[e.client] {
				l.t.Fatalf("event %d came instead of %d, or twice", e.number, l.sent)
			}
			have[e.client] = true
			l.late = append(l.late, e.took)
		case <-time.After(patience):
			l.t.Fatalf("%d of %d clients have event %d", len(have), len(clients), l.sent)
		}
	}
}

func (l *streamLoad) report(memory []int64) {
	slices.Sort(l.late)
	slices.Sort(l.heads)
	n := len(l.late)
	l.t.Logf("%d streams, %d events, %d deployments", len(l.clients), n, l.number)
	l.t.Logf("half of the heads came within %v, connections to both sides included", l.heads[len(l.heads)/2])
	l.t.Logf("half of the events came within %v, 99%% within %v", l.late[n/2], l.late[n*99/100])
	early, late := slices.Max(memory[len(memory)/5:2*len(memory)/5]), slices.Max(memory[4*len(memory)/5:])
	l.t.Logf("memory %d MB, at the end %d MB", early>>20, late>>20)
	if late > early*5/4+32<<20 {
		l.t.Error("memory grows")
	}
}
