package pipeline

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// An API whose backends hang leaves connections to other APIs, also to the same
// backends.
func TestHungAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := integration.NewClient(integration.Options{MaxConnections: 2, Dial: func(_ context.Context, _, addr string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				for r := bufio.NewReader(far); ; {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					if req.Host == "hung.example" {
						time.Sleep(20 * time.Second)
					}
					io.WriteString(far, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
			}()
			return near, nil
		}})
		defer client.Close()
		stage := func(api string) *Stage {
			d := &snapshot.Deployment{ID: "d1", APIID: api, Resources: []snapshot.Resource{
				proxy("/hung", "GET", "GET", "http://hung.example", nil), proxy("/well", "GET", "GET", "http://well.example", nil)}}
			return Bind(&snapshot.Stage{APIID: api, Name: "prod", DeploymentID: "d1"}, Compile(d), &Services{Client: client})
		}
		one, other := stage("one"), stage("other")
		call := func(s *Stage, path string) (status int, took time.Duration) {
			begin := time.Now()
			resp := s.Serve(parseRequest("GET " + path))
			defer resp.Release()
			return resp.Status, time.Since(begin)
		}
		go call(one, "/hung")
		synctest.Wait()
		if status, took := call(other, "/well"); status != 200 || took != 0 {
			t.Errorf("the other API: %d after %v", status, took)
		}
		if status, took := call(one, "/well"); status != 503 || took != 10*time.Second {
			t.Errorf("the same API: %d after %v", status, took)
		}
		time.Sleep(time.Minute)
	})
}
