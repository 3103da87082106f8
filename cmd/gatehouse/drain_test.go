package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

var stagesLine = regexp.MustCompile(`(?m)^Stages +http://([^/]+)/`)

// launchApart starts a server whose planes have listeners of their own.
func launchApart(t *testing.T, config string) (p *process, plane, stages string) {
	t.Helper()
	p, _, url := launchWith(t, t.TempDir(), "in-memory: true\naccess-log: /dev/null\ngateway-listen: 127.0.0.1:0\n"+config)
	return p, strings.TrimPrefix(url, "http://"), stagesLine.FindStringSubmatch(p.printed())[1]
}

// say opens a connection and writes to it.
func say(t *testing.T, address, text string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(2 * patience))
	if _, err := io.WriteString(nc, text); err != nil {
		t.Fatal(err)
	}
	return nc
}

// sayHalf says a request whose body is waited for, and begins it.
func sayHalf(t *testing.T, address, head string) {
	t.Helper()
	nc := say(t, address, head+"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
	if resp, err := http.ReadResponse(bufio.NewReader(nc), nil); err != nil || resp.StatusCode != http.StatusContinue {
		t.Fatal(resp, err)
	}
	if _, err := io.WriteString(nc, "{"); err != nil {
		t.Fatal(err)
	}
}

// stuck are requests of the control plane that never end.
var stuck = map[string]string{
	"half a head": "POST /restapis HTTP/1.1\r\nHost: loc",
	"half a body": "POST /restapis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
}

// TestStopWithStuckCaller ends a server while a client of the control plane's
// own listener is stuck: the stages stop taking requests at once, those under
// way are answered, and so is a caller who is in the middle of a write.
func TestStopWithStuckCaller(t *testing.T) {
	t.Parallel()
	for name, request := range stuck {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, answer := make(chan bool, 1), make(chan bool)
			backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked <- true
				<-answer
				fmt.Fprint(w, "done")
			}))
			t.Cleanup(backend.Close)
			p, plane, stages := launchApart(t, "")
			deployAPI(t, "http://"+plane, "drain", `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{},`+
				`"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"`+backend.URL+`"}}}}}`)
			say(t, plane, request)
			body := `{"name":"late"}`
			writer := say(t, plane, fmt.Sprintf("POST /restapis HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:5]))
			caller := say(t, stages, "GET /_aws/execute-api/drain/prod/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
			<-asked

			if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() error {
				nc, err := net.DialTimeout("tcp", stages, 300*time.Millisecond)
				if err != nil {
					return nil
				}
				_ = nc.Close()
				return errors.New("the stages still take connections")
			})
			close(answer)
			if _, err := io.WriteString(writer, body[5:]); err != nil {
				t.Error(err)
			}
			for who, nc := range map[string]net.Conn{"201": writer, "200": caller} {
				resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
				if err != nil {
					t.Error(who, err)
					continue
				}
				if text, _ := io.ReadAll(resp.Body); !strings.HasPrefix(resp.Status, who) {
					t.Error(resp.Status, string(text))
				}
			}
		})
	}
}

// TestDrainInTime cuts off who is stuck when the time is over, on either plane,
// and calls that no failure.
func TestDrainInTime(t *testing.T) {
	t.Parallel()
	c := defaults()
	c.Listen, c.GatewayListen, c.InMemory, c.AccessLog = "127.0.0.1:0", "127.0.0.1:0", true, ""
	log := new(lockedLog)
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	say(t, s.ports.stages.Addr().String(), "POST /restapis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
	sayHalf(t, s.ports.main.Addr().String(), "POST /restapis HTTP/1.1\r\nHost: localhost\r\n")
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := errors.Join(s.drain(ctx), s.close()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 20*time.Second { // by itself the server waits half a minute for a body
		t.Errorf("ended after %v", took)
	}
	if text := log.take(); !strings.Contains(text, `plane="control plane" connections=1`) {
		t.Errorf("log:\n%s", text)
	}
}

// TestCutOffAtStop has a client in the middle of its body when the time is over: how
// many there were is told, and the access log does not call it the client's fault.
func TestCutOffAtStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := defaults()
	c.Listen, c.InMemory, c.AccessLog = "127.0.0.1:0", true, filepath.Join(dir, "access.log")
	log := new(lockedLog)
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	address := s.ports.main.Addr().String()
	deployAPI(t, "http://"+address, "cut", `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"post":{"responses":{},`+
		`"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"POST","uri":"http://127.0.0.1:1/"}}}}}`)
	patch := `{"patchOperations":[{"op":"replace","path":"/accessLogSettings/format","value":"$context.requestId status $context.status"},` +
		`{"op":"replace","path":"/accessLogSettings/destinationArn","value":"arn:aws:logs:us-east-1:000000000000:log-group:a"}]}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://"+address+"/restapis/cut/stages/prod", strings.NewReader(patch))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
	sayHalf(t, address, "POST /_aws/execute-api/cut/prod/ HTTP/1.1\r\nHost: localhost\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := errors.Join(s.drain(ctx), s.close()); err != nil {
		t.Error(err)
	}
	logged := log.take()
	if !strings.Contains(logged, "plane=stages connections=1") {
		t.Errorf("log:\n%s", logged)
	}
	text, err := os.ReadFile(c.AccessLog)
	if err != nil || len(text) > 0 && !strings.HasSuffix(string(text), " status 503\n") { // who is cut off may have no line any more
		t.Errorf("access log %q, %v\nlog:\n%s", text, err, logged)
	}
}
