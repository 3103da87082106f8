package main

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// loadTime is how long TestLoad runs.
var loadTime = soak.Times(5 * time.Second)

const (
	loadPlain    = 35 // clients of HTTP/1.1
	loadTLS      = 10 // of HTTP/1.1 under TLS
	loadHTTP2    = 5
	loadDeploys  = 100 * time.Millisecond // between deployments
	loadKept     = 5                      // deployments before the current one that are not deleted
	loadTimeout  = 500 * time.Millisecond // of the integration
	idleAndEnded = 200 * time.Millisecond // who has not sent for so long may find the connection closed by the stop
)

// TestLoad calls a running gateway over fifty connections while its API is
// deployed anew ten times a second and the backend fails in every way it can,
// and stops it in the midst of that. Every request that was sent gets one
// answer, its own, of one deployment and no older one than was acknowledged;
// no POST is sent twice; memory does not grow.
func TestLoad(t *testing.T) {
	t.Setenv("GOGC", "50") // with less garbage, what is kept is seen
	back := newFlapping(t)
	p, plain, secure := openDoors(t, nil)
	url := "http://" + plain.address
	l := &pressure{t: t, url: url, back: back}
	if got := exchange(t, "POST", url+"/restapis", []byte(`{"name": "a", "tags": {"_custom_id_": "load"}}`)); got.status != 201 {
		t.Fatal(got)
	}
	l.deploy()

	var clients, others sync.WaitGroup
	for i := range loadPlain + loadTLS + loadHTTP2 {
		c := &loadClient{pressure: l, door: plain}
		if i >= loadPlain {
			c.door = secure
		}
		if i < loadPlain+loadTLS {
			clients.Go(c.run)
		} else {
			clients.Go(c.runHTTP2)
		}
	}
	ended := make(chan bool)
	others.Go(func() { back.flap(ended) })
	others.Go(func() {
		for tick := time.Tick(loadDeploys); ; {
			select {
			case <-ended:
				return
			case <-tick:
				l.deploy()
			}
		}
	})
	early, late := l.watchMemory(p, loadTime)
	close(ended)
	others.Wait() // so that no call of the control plane is cut off
	stopped := time.Now()
	l.stopping.Store(true)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the process ended with %v:\n%s", err, p.printed())
	}
	took := time.Since(stopped)
	if strings.Contains(p.printed(), "were cut off") {
		t.Error("the time to stop was not enough")
	}
	clients.Wait()
	l.report(early, late, took)
}

// A pressure is what clients and deployments know of each other.
type pressure struct {
	t        *testing.T
	url      string
	back     *flapping
	deployed atomic.Int64 // the last deployment that was acknowledged
	ids      []string     // of deployments, oldest first
	stopping atomic.Bool
	refused  atomic.Int64 // connections, when it stopped
	idle     atomic.Int64 // connections that it closed when idle, when it stopped
	requests atomic.Int64 // ever begun: makes ids

	mu    sync.Mutex
	times []time.Duration
	kinds map[string]int
}

// deploy makes and publishes the next deployment, and deletes an old one.
func (l *pressure) deploy() {
	n := l.deployed.Load() + 1
	api := l.url + "/restapis/load"
	if got := exchange(l.t, "PUT", api+"?mode=overwrite", loadAPI(n, l.back.url)); got.status != 200 {
		l.t.Error(got)
	}
	got := exchange(l.t, "POST", api+"/deployments", []byte(`{"stageName": "prod"}`))
	var deployment struct{ ID string }
	if err := json.Unmarshal([]byte(got.body), &deployment); err != nil || got.status != 201 {
		l.t.Error(got, err)
	}
	l.deployed.Store(n)
	if l.ids = append(l.ids, deployment.ID); len(l.ids) > loadKept {
		if got := exchange(l.t, "DELETE", api+"/deployments/"+l.ids[0], nil); got.status != 202 {
			l.t.Error(got)
		}
		l.ids = l.ids[1:]
	}
}

// loadAPI is a definition that has its number in everything that it says.
func loadAPI(n int64, backend string) []byte {
	number := fmt.Sprint(n)
	parameters := fields{"method.response.header.X-D": "'" + number + "'"}
	answers := fields{"200": fields{"description": "ok", "headers": fields{"X-D": fields{"schema": fields{"type": "string"}}}}}
	answers["500"] = answers["200"]
	answer := func(status, rest string) fields {
		return fields{"statusCode": status, "responseParameters": parameters, "responseTemplates": fields{"application/json": `{"d": ` + number + rest + `}`}}
	}
	call := func(verb string) fields {
		return fields{"responses": answers, "parameters": []fields{{"name": "id", "in": "path", "required": true, "schema": fields{"type": "string"}}},
			"x-amazon-apigateway-integration": fields{
				"type": "http", "httpMethod": verb, "uri": backend + "/" + number + "/{id}", "timeoutInMillis": loadTimeout.Milliseconds(),
				"requestParameters": fields{"integration.request.path.id": "method.request.path.id", "integration.request.header.X-D": "'" + number + "'"},
				"requestTemplates":  fields{"application/json": number},
				"responses":         fields{"default": answer("200", `, "back": $input.json('$')`), `5\d{2}`: answer("500", `, "failed": true`)},
			}}
	}
	mock := fields{"responses": answers, "x-amazon-apigateway-integration": fields{
		"type": "mock", "requestTemplates": fields{"application/json": `{"statusCode": 200}`}, "responses": fields{"default": answer("200", `, "id": "$input.params('id')"`)},
	}}
	text, _ := json.Marshal(fields{
		"openapi": "3.0.1", "info": fields{"title": "a", "version": number},
		"paths": fields{"/flap/{id}": fields{"get": call("GET"), "post": call("POST")}, "/mock/{id}": fields{"get": mock}},
		"x-amazon-apigateway-gateway-responses": fields{"DEFAULT_5XX": fields{
			"responseParameters": fields{"gatewayresponse.header.X-D": "'" + number + "'"},
			"responseTemplates":  fields{"application/json": `{"d": ` + number + `, "message": $context.error.messageString}`},
		}},
	})
	return text
}

// watchMemory waits until the time is over and enough has been deployed, and returns
// the most memory that the process had in the second fifth of the time and in the last.
func (l *pressure) watchMemory(p *process, total time.Duration) (early, late int64) {
	start := time.Now()
	var looks []int64
	for tick := time.Tick(total / 100); ; <-tick {
		looks = append(looks, resident(l.t, p))
		took := time.Since(start)
		if took > total && len(looks) >= 5 && l.deployed.Load() >= l.leastDeployments() || took > total+patience {
			n := len(looks)
			return slices.Max(looks[n/5 : 2*n/5]), slices.Max(looks[4*n/5:])
		}
	}
}

// leastDeployments is a tenth of those that a fast machine makes.
func (l *pressure) leastDeployments() int64 { return int64(loadTime / loadDeploys / 10) }

func (l *pressure) report(early, late int64, took time.Duration) {
	t := l.t
	slices.Sort(l.times)
	n := len(l.times)
	if n == 0 {
		t.Fatal("nothing was answered")
	}
	t.Logf("%d requests, %d deployments, answers %v", n, l.deployed.Load(), l.kinds)
	t.Logf("half of them within %v, 99%% within %v, the longest %v", l.times[n/2], l.times[n*99/100], l.times[n-1])
	t.Logf("memory %d MB, at the end %d MB", early>>20, late>>20)
	t.Logf("stopped within %v: %d connections refused, %d closed when idle", took, l.refused.Load(), l.idle.Load())
	if late > early*5/4+32<<20 {
		t.Error("memory grows")
	}
	if good := l.kinds["200"] + l.kinds["200 mock"]; good < (n-l.kinds["504"])/2 { // those that are late are many on a busy machine
		t.Errorf("only %d requests went well", good)
	}
	for _, kind := range []string{"200", "200 mock", "500", "504"} {
		if l.kinds[kind] == 0 {
			t.Errorf("no answer was %s", kind)
		}
	}
	if d := l.deployed.Load(); d < l.leastDeployments() {
		t.Errorf("only %d deployments", d)
	}
	if took > patience {
		t.Errorf("it took %v to stop", took)
	}
	l.back.twice(t)
}

// A loadClient calls, one request after the other, over one connection as long
// as that stays.
type loadClient struct {
	*pressure
	door *door
	nc   net.Conn
	r    *bufio.Reader
	last time.Time // when the last request had been sent: the connection has fallen idle since
}

// run calls until the gateway refuses connections, which it may only when it
// has been told to stop.
func (c *loadClient) run() {
	for n := 0; ; n++ {
		if c.nc == nil {
			if err := c.dial(); err != nil {
				c.refused.Add(1)
				if !c.stopping.Load() {
					c.t.Errorf("a connection was refused: %v", err)
				}
				return
			}
		}
		if !c.call(n) {
			return
		}
	}
}

// dial opens the connection. What fails here has cost no request.
func (c *loadClient) dial() error {
	begun := time.Now()
	nc, err := net.DialTimeout("tcp", c.door.address, patience)
	if err != nil {
		return err
	}
	if c.door.tls != nil {
		secure := tls.Client(nc, c.door.tls)
		_ = secure.SetDeadline(time.Now().Add(patience))
		if err := secure.Handshake(); err != nil {
			_ = nc.Close()
			return err
		}
		nc = secure
	}
	c.nc, c.r, c.last = nc, bufio.NewReader(nc), begun
	return nil
}

// A loadCall is one request.
type loadCall struct {
	verb, path, id, body string
	least                int64 // the deployment that had been acknowledged before
	start                time.Time
}

// next makes up the nth request.
func (c *loadClient) next(n int) loadCall {
	r := loadCall{verb: "GET", path: "/flap/", id: fmt.Sprint(c.requests.Add(1)), least: c.deployed.Load(), start: time.Now()}
	switch n % 4 {
	case 0:
		r.path = "/mock/"
	case 1:
		r.verb, r.body = "POST", `{"id": "`+r.id+`"}`
	}
	return r
}

// call sends one request and checks its answer. It reports false when it got
// none, and nothing more is to be learned.
func (c *loadClient) call(n int) bool {
	q := c.next(n)
	_ = c.nc.SetDeadline(q.start.Add(patience))
	_, err := fmt.Fprintf(c.nc, "%s /prod%s%s HTTP/1.1\r\nHost: load.execute-api.localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", q.verb, q.path, q.id, len(q.body), q.body)
	sent := time.Now()
	var resp *http.Response
	var text []byte
	if err == nil {
		resp, err = http.ReadResponse(c.r, &http.Request{Method: q.verb})
	}
	if err == nil {
		text, err = io.ReadAll(resp.Body)
	}
	if err != nil {
		_ = c.nc.Close()
		c.nc = nil
		quiet := sent.Sub(c.last)
		if c.stopping.Load() && resp == nil && quiet > idleAndEnded {
			c.idle.Add(1)
			return true
		}
		c.t.Errorf("%s %s%s, sent within %v of the request before: no answer but %v after %v", q.verb, q.path, q.id, quiet, err, time.Since(q.start))
		return false
	}
	c.last = sent
	if !c.check(&q, resp, text) {
		return false
	}
	if resp.Close {
		if !c.stopping.Load() {
			c.t.Errorf("the connection was closed behind %d", resp.StatusCode)
		}
		_ = c.nc.Close()
		c.nc = nil
	}
	return true
}

// runHTTP2 is run over a connection of HTTP/2. The library sends a request again
// on another connection when it is told that the first has not taken it.
func (c *loadClient) runHTTP2() {
	transport := &http.Transport{TLSClientConfig: c.door.tls.Clone(), ForceAttemptHTTP2: true}
	transport.TLSClientConfig.NextProtos = nil
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	for n := 0; ; n++ {
		q := c.next(n)
		req, err := http.NewRequest(q.verb, "https://"+c.door.address+"/prod"+q.path+q.id, strings.NewReader(q.body))
		if err != nil {
			c.t.Error(err)
			return
		}
		req.Host = "load.execute-api.localhost"
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		var text []byte
		if err == nil {
			text, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" && c.stopping.Load() {
			c.refused.Add(1)
			return
		}
		if err != nil {
			c.t.Errorf("HTTP/2: %s %s%s: no answer but %v after %v", q.verb, q.path, q.id, err, time.Since(q.start))
			return
		}
		if resp.ProtoMajor != 2 || !c.check(&q, resp, text) {
			return
		}
	}
}

// check notes an answer and whether it is right.
func (c *loadClient) check(q *loadCall, resp *http.Response, text []byte) bool {
	c.note(resp.StatusCode, q.path, time.Since(q.start))
	why := c.wrong(resp, text, q)
	if why != "" {
		c.t.Errorf("%s %s%s got %d X-D %q %q: %s", q.verb, q.path, q.id, resp.StatusCode, resp.Header.Get("X-D"), text, why)
	}
	return why == ""
}

func (c *loadClient) note(status int, path string, took time.Duration) {
	kind := fmt.Sprint(status)
	if path == "/mock/" {
		kind += " mock"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kinds == nil {
		c.kinds = make(map[string]int)
	}
	c.kinds[kind]++
	c.times = append(c.times, took)
}

// wrong says what is wrong with an answer, "" for nothing.
func (c *loadClient) wrong(resp *http.Response, text []byte, q *loadCall) string {
	d, err := strconv.ParseInt(resp.Header.Get("X-D"), 10, 64)
	var got struct {
		D       int64
		ID      string
		Failed  bool
		Message string
		Back    struct {
			URI, Header, Body int64
			ID                string
		}
	}
	if err = cmp.Or(err, json.Unmarshal(text, &got)); err != nil {
		return err.Error()
	}
	switch {
	case got.D != d:
		return "header and template are of two deployments"
	case d < q.least:
		return fmt.Sprintf("deployment %d had been acknowledged", q.least)
	case resp.StatusCode == 200 && q.path == "/mock/":
		if got.ID != q.id {
			return "it is another's"
		}
	case resp.StatusCode == 200:
		if got.Back.URI != d || got.Back.Header != d || got.Back.Body != d {
			return "the backend was called by another deployment"
		}
		if got.Back.ID != q.id {
			return "it is another's"
		}
	case resp.StatusCode == 500 && got.Failed:
	case resp.StatusCode == 504 && (got.Message == "Endpoint request timed out" || got.Message == "Network error communicating with endpoint"):
	default:
		return "not one of the answers that may be"
	}
	return ""
}
