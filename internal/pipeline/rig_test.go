package pipeline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A rig is an API under a stage, ready to be called.
type rig struct {
	deployment *snapshot.Deployment
	stage      *Stage
}

// newRig serves resources as stage prod of API abc.
func newRig(t testing.TB, resources ...snapshot.Resource) *rig {
	t.Helper()
	return newRigOf(t, &snapshot.Deployment{ID: "d1", APIID: "abc", Account: "000000000000", Region: "us-east-1", Resources: resources})
}

func newRigOf(t testing.TB, d *snapshot.Deployment) *rig {
	t.Helper()
	client := integration.NewClient(integration.Options{})
	t.Cleanup(client.Close)
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", Account: "000000000000", Region: "us-east-1", DeploymentID: "d1", Variables: map[string]string{"env": "test"}}
	return &rig{d, Bind(settings, Compile(d), &Services{Client: client})}
}

// parseRequest reads "VERB /path?query" and "Name: value" lines, and a body
// after an empty line.
func parseRequest(text string) *httpmsg.Request {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	verb, target, _ := strings.Cut(lines[0], " ")
	req := &httpmsg.Request{Method: verb, Host: "abc.execute-api.us-east-1.amazonaws.com", Scheme: "http", Proto: "HTTP/1.1",
		SourceIP: "192.0.2.1", Received: time.Now(), Body: []byte(body)}
	req.Path, req.Query, _ = strings.Cut(target, "?")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Add(name, value)
	}
	return req
}

// leastAllocations is how many allocations a run costs that finds what it pools: under
// the race detector a pool loses some of what is put into it, at random.
func leastAllocations(run func()) float64 {
	least := testing.AllocsPerRun(1, run)
	for range 300 {
		least = min(least, testing.AllocsPerRun(1, run))
	}
	return least
}

func (r *rig) call(text string) *httpmsg.Response { return r.stage.Serve(parseRequest(text)) }

// show is an answer as text: status, headers without the ids, body.
func show(resp *httpmsg.Response) string {
	var b strings.Builder
	fmt.Fprintln(&b, resp.Status)
	for _, f := range resp.Header {
		switch f.Name {
		case "x-amzn-RequestId", "x-amz-apigw-id":
		case "X-Amzn-Trace-Id":
			fmt.Fprintln(&b, "X-Amzn-Trace-Id: ...")
		default:
			fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
		}
	}
	b.WriteString("\n" + string(resp.Body))
	return b.String()
}

// want calls and compares the answer, and checks the ids that every one has.
func (r *rig) want(t *testing.T, request, want string) {
	t.Helper()
	resp := r.call(request)
	defer resp.Release()
	if got := show(resp); got != want {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", strings.SplitN(request, "\n", 2)[0], got, want)
	}
	if id := resp.Header.Get("x-amzn-RequestId"); !isUUID(id) {
		t.Errorf("x-amzn-RequestId is %q", id)
	}
	if id := resp.Header.Get("x-amz-apigw-id"); len(id) != 16 || !strings.HasSuffix(id, "=") {
		t.Errorf("x-amz-apigw-id is %q", id)
	}
}

// mock is a resource /x with a MOCK method, changed by edit.
func mock(edit func(*snapshot.Method)) snapshot.Resource {
	m := snapshot.Method{
		HTTPMethod: "ANY", AuthorizationType: "NONE",
		Integration: snapshot.Integration{
			Type: "MOCK", PassthroughBehavior: "WHEN_NO_MATCH", TimeoutMillis: 29000,
			RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`},
			Responses:        []snapshot.IntegrationResponse{{StatusCode: "200"}},
		},
		Responses: map[string]snapshot.MethodResponse{"200": {}},
	}
	if edit != nil {
		edit(&m)
	}
	return snapshot.Resource{ID: "r1", Path: "/x", Methods: []snapshot.Method{m}}
}

// seen is what the test backend was asked.
type seen struct {
	Method, Target, Host, Body string
	Header                     http.Header
}

// newBackend answers with what it was asked, as status X-Want-Status.
func newBackend(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header()["X-Many"] = []string{"one", "two"}
		w.Header().Set("X-Tag", "tag")
		status := 200
		_, _ = fmt.Sscan(r.Header.Get("X-Want-Status"), &status)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(seen{r.Method, r.RequestURI, r.Host, string(body), r.Header})
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return "http://" + l.Addr().String()
}

func decodeSeen(t *testing.T, resp *httpmsg.Response) seen {
	t.Helper()
	defer resp.Release()
	var s seen
	if err := json.Unmarshal(resp.Body, &s); err != nil {
		t.Fatalf("status %d, body %q: %v", resp.Status, resp.Body, err)
	}
	return s
}

// accepting runs serve on every connection to a listener of its own.
func accepting(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return "http://" + l.Addr().String()
}

// canned answers every request with a text and closes.
func canned(t *testing.T, text string) string {
	return accepting(t, func(c net.Conn) {
		defer c.Close()
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, text)
	})
}

// silent accepts and never answers.
func silent(t *testing.T) string {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	return accepting(t, func(c net.Conn) { <-done; c.Close() })
}

// gone is the address of a listener that is closed.
func gone(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}
