package control_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A socket is a load's control plane behind the gateway's door.
type socket struct {
	*load
	addr string
	left chan (<-chan struct{}) // of each request one that is closed when its client has left, and all that is done for it has been told
	hook func()                 // called in the midst of each transaction
}

func newSocket(t *testing.T) *socket {
	s := &socket{load: newLoad(t, "", 1), left: make(chan (<-chan struct{}), 10)}
	s.Service = control.New(control.Options{Store: s.store, Now: func() time.Time {
		if s.hook != nil {
			s.hook()
		}
		return time.Now()
	}})
	server, err := wire.NewServer(wire.ServerOptions{
		Handlers: s.Handlers(), Authenticate: control.OpenAuthenticator(testAccount, testRegion), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Options{})
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		left := make(chan struct{})
		defer context.AfterFunc(r.Context(), func() {
			cancel() // which tells the contexts made of ctx before it returns
			close(left)
		})()
		s.left <- left
		server.ServeHTTP(w, r.WithContext(ctx))
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- g.Serve(ln, gateway.Entrance{Next: next, NoStages: true}) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// state is what there is of the API and its deployments.
func (s *socket) state() string {
	s.Helper()
	api := must(s.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: s.api}))(s)
	resources := must(s.GetResources(ctx(), who, &wire.GetResourcesRequest{RestAPIID: s.api}))(s)
	deployments := must(s.GetDeployments(ctx(), who, &wire.GetDeploymentsRequest{RestAPIID: s.api}))(s)
	return fmt.Sprintf("%s: %d resources, %d deployments", *api.Name, len(resources.Items), len(deployments.Items))
}

// hold keeps the store's writer busy until release is called.
func (s *socket) hold() (release func()) {
	began, end := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		_, err := s.store.Write(ctx(), store.Scope{}, func(*store.Tx) error {
			close(began)
			<-end
			return nil
		})
		done <- err
	}()
	<-began
	return func() {
		close(end)
		if err := <-done; err != nil {
			s.Error(err)
		}
	}
}

// send sends one request and returns its connection.
func (s *socket) send(method, target, body string) net.Conn {
	s.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := fmt.Fprintf(nc, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", method, target, len(body), body); err != nil {
		s.Fatal(err)
	}
	return nc
}

// A client that closes its connection in the midst of a transaction, or while it waits
// for one, ends it, and nothing of it is left.
func TestClientLeavesInTheMidst(t *testing.T) {
	for name, call := range map[string]struct{ method, target, body string }{
		"a write":       {"PATCH", "/restapis/{api}", `{"patchOperations": [{"op": "replace", "path": "/name", "value": "other"}]}`},
		"a long write":  {"POST", "/restapis/{api}/deployments", `{"stageName": "prod"}`},
		"a long import": {"PUT", "/restapis/{api}?mode=overwrite", manyPaths(10)},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSocket(t)
			before := s.state()
			midst, ended := make(chan struct{}), make(chan bool, 1)
			s.hook = func() {
				close(midst)
				s.hook = nil
				select {
				case <-<-s.left:
					ended <- true
				case <-time.After(time.Minute):
					ended <- false
				}
			}
			client := s.send(call.method, strings.ReplaceAll(call.target, "{api}", s.api), call.body)
			<-midst
			client.Close()
			if !<-ended {
				t.Error("the transaction goes on")
			}
			if after := s.state(); after != before {
				t.Errorf("left %s", after)
			}
		})
		t.Run(name+" that waits", func(t *testing.T) {
			s := newSocket(t)
			before := s.state()
			release := s.hold()
			client := s.send(call.method, strings.ReplaceAll(call.target, "{api}", s.api), call.body)
			left := <-s.left
			client.Close()
			select {
			case <-left:
			case <-time.After(time.Minute):
				t.Error("it waits on")
			}
			release()
			if after := s.state(); after != before {
				t.Errorf("left %s", after)
			}
		})
	}
}

// manyPaths is a definition with n paths that have a method each.
func manyPaths(n int) string {
	var b strings.Builder
	b.WriteString(`{"swagger": "2.0", "info": {"title": "many", "version": "1"}, "paths": {`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"/path%d": {"get": {"responses": {"200": {"description": "d"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}}}`, i)
	}
	b.WriteString("}}")
	return b.String()
}
