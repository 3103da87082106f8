package gateway

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A numbered source compiles programs that answer with how many have been compiled.
type numbered struct{ compiled atomic.Int32 }

func (n *numbered) Deployment(context.Context, string, string) (*snapshot.Deployment, error) {
	return new(snapshot.Deployment), nil
}

func (n *numbered) compile(*snapshot.Deployment) (Program, error) {
	return numberedProgram(n.compiled.Add(1)), nil
}

type numberedProgram int32

func (p numberedProgram) Size() int64 { return 1 }
func (p numberedProgram) Bind(Settings, Program) func(bool) Server {
	return func(bool) Server { return p }
}
func (p numberedProgram) Serve(*httpmsg.Request) *httpmsg.Response {
	return &httpmsg.Response{Status: 200, Body: fmt.Append(nil, int32(p))}
}

// TestRefresh has the stages that are in use compiled again before requests come, the
// others when they do, and forgets the programs that there were.
func TestRefresh(t *testing.T) {
	n := new(numbered)
	g := New(Options{Source: n, Compile: n.compile})
	g.Apply(
		Change{APIID: "a", Name: "prod", Stage: &snapshot.Stage{APIID: "a", Name: "prod", DeploymentID: "d"}},
		Change{APIID: "b", Name: "prod", Stage: &snapshot.Stage{APIID: "b", Name: "prod", DeploymentID: "d"}},
		Change{APIID: "c", Name: "prod", Err: context.Canceled},
	)
	serve := func(api string) string {
		t.Helper()
		e, _ := g.index.find(api, "prod")
		s, err := g.programs.server(t.Context(), e, time.Now())
		if err != nil {
			return err.Error()
		}
		return string(s.Serve(nil).Body)
	}
	if got := serve("a") + serve("a"); got != "11" {
		t.Errorf("before: %s", got)
	}
	g.Refresh(t.Context())
	if n := n.compiled.Load(); n != 2 {
		t.Errorf("%d programs were compiled, want those in use", n)
	}
	if got := serve("a") + serve("b") + serve("c"); got != "23"+context.Canceled.Error() {
		t.Errorf("after: %s", got)
	}
	g.Refresh(t.Context())
	if len(g.programs.loaded) != 2 || g.programs.size != 2 {
		t.Errorf("%d programs are loaded, of size %d", len(g.programs.loaded), g.programs.size)
	}
}
