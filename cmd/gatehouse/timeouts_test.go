package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// slowServices are those of a data plane all of whose backends take their time.
func slowServices(t *testing.T, takes time.Duration) *pipeline.Services {
	t.Helper()
	client := integration.NewClient(integration.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			if _, err := http.ReadRequest(bufio.NewReader(theirs)); err != nil {
				return
			}
			time.Sleep(takes)
			_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 19\r\nConnection: close\r\n\r\n{\"statusCode\": 200}")
		}()
		return ours, nil
	}})
	t.Cleanup(client.Close)
	aws, err := integration.NewAWS(client, integration.AWSOptions{Region: "us-east-1", Functions: map[string]string{"f": "http://function"}})
	if err != nil {
		t.Fatal(err)
	}
	return &pipeline.Services{Client: client, AWS: aws, Log: slog.New(slog.DiscardHandler)}
}

// A raised timeout is kept to by all that waits for a backend: neither sooner
// nor later does a call end.
func TestRaisedTimeout(t *testing.T) {
	const timeout = 2 * time.Minute
	for name, in := range map[string]snapshot.Integration{
		"HTTP_PROXY": {Type: "HTTP_PROXY", HTTPMethod: "GET", URI: "http://backend/"},
		"AWS_PROXY":  {Type: "AWS_PROXY", HTTPMethod: "POST", URI: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"},
	} {
		in.TimeoutMillis = int(timeout.Milliseconds())
		d := &snapshot.Deployment{APIID: "a", Resources: []snapshot.Resource{{ID: "r", Path: "/", Methods: []snapshot.Method{{HTTPMethod: "GET", AuthorizationType: "NONE", Integration: in}}}}}
		for way, call := range map[string]func(*pipeline.Services) int{
			"served": func(s *pipeline.Services) int {
				st := pipeline.Bind(&snapshot.Stage{APIID: "a", Name: "s"}, pipeline.Compile(d), s)
				resp := st.Serve(&httpmsg.Request{Method: "GET", Path: "/", Proto: "HTTP/1.1", Received: time.Now()})
				defer resp.Release()
				return resp.Status
			},
			"tested": func(s *pipeline.Services) int {
				return pipeline.Invoke(t.Context(), d, &httpmsg.Request{Method: "GET", Path: "/", Proto: "HTTP/1.1"}, &pipeline.Test{}, s).Status
			},
		} {
			for takes, want := range map[time.Duration]int{timeout - time.Second: 200, timeout + time.Second: 504} {
				t.Run(name+" "+way+" "+takes.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						begin := time.Now()
						if got := call(slowServices(t, takes)); got != want {
							t.Errorf("got status %d, want %d", got, want)
						}
						if took := time.Since(begin); took != min(takes, timeout) {
							t.Errorf("took %v", took)
						}
						time.Sleep(takes) // the backend ends
					})
				})
			}
		}
	}
}

// An ending process waits for the slowest backend there may be.
func TestDrainTime(t *testing.T) {
	for quota, want := range map[string]time.Duration{"": 30 * time.Second, "300000": 301 * time.Second} {
		c := defaults()
		if quota != "" {
			c.Quotas = map[string]string{"integration-timeout": quota}
		}
		if got := c.drainTime(); got != want {
			t.Errorf("%q: got %v, want %v", quota, got, want)
		}
	}
}
