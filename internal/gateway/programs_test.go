package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A source holds deployments by API and id.
type source struct {
	reads atomic.Int32
	wait  chan struct{} // closed when reads may go on; nil for at once
	fail  atomic.Pointer[error]
}

func (s *source) Deployment(ctx context.Context, apiID, deploymentID string) (*snapshot.Deployment, error) {
	s.reads.Add(1)
	if s.wait != nil {
		select {
		case <-s.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := s.fail.Load(); err != nil {
		return nil, *err
	}
	if deploymentID == "none" {
		return nil, nil
	}
	return &snapshot.Deployment{APIID: apiID, ID: deploymentID}, nil
}

// A stubProgram answers with what handle says, told who serves.
type stubProgram struct {
	d      *snapshot.Deployment
	handle func(*stubServer, *httpmsg.Request) *httpmsg.Response
	size   int64
	bound  func(stage *snapshot.Stage, current bool) // is told of each Bind; nil for nobody
}

func (p *stubProgram) Size() int64 { return p.size }

func (p *stubProgram) Bind(settings Settings, canary Program) func(bool) Server {
	stage := settings.Stage()
	return func(current bool) Server {
		if p.bound != nil {
			p.bound(stage, current)
		}
		second, _ := canary.(*stubProgram)
		return &stubServer{p, stage, second}
	}
}

type stubServer struct {
	*stubProgram
	stage  *snapshot.Stage
	canary *stubProgram // nil for none
}

func (s *stubServer) Serve(req *httpmsg.Request) *httpmsg.Response { return s.handle(s, req) }

func stage(api, name, deployment string) Change {
	return Change{APIID: api, Name: name, Stage: &snapshot.Stage{APIID: api, Name: name, DeploymentID: deployment}}
}

// whoServes is a handle that tells API, stage, deployment and a variable.
func whoServes(s *stubServer, req *httpmsg.Request) *httpmsg.Response {
	return &httpmsg.Response{Status: 200, Body: []byte(s.stage.APIID + " " + s.stage.Name + " " + s.d.ID + " " + s.stage.Variables["v"])}
}

// ask asks a gateway for a stage without a socket and returns the answer, or
// the error.
func ask(g *Gateway, api, name string) string {
	e, known := g.index.find(api, name)
	if e == nil {
		return fmt.Sprintf("none, API known: %v", known)
	}
	server, err := g.programs.server(context.Background(), e, time.Now())
	if err != nil {
		return err.Error()
	}
	return string(server.Serve(&httpmsg.Request{}).Body)
}

func newTestGateway(src *source, limit int64) *Gateway {
	return New(Options{Source: src, ProgramBytes: limit, Compile: func(d *snapshot.Deployment) (Program, error) {
		return &stubProgram{d: d, handle: whoServes, size: 100}, nil
	}})
}

func TestApply(t *testing.T) {
	src := new(source)
	g := newTestGateway(src, 0)
	check := func(api, name, want string) {
		t.Helper()
		if got := ask(g, api, name); got != want {
			t.Errorf("%s/%s: %q, want %q", api, name, got, want)
		}
	}
	check("a", "dev", "none, API known: false")
	g.Apply(stage("a", "dev", "d1"), stage("a", "prod", "d1"), stage("Mixed", "dev", "d7"))
	check("a", "dev", "a dev d1 ")
	check("A", "prod", "a prod d1 ")
	check("a", "Dev", "none, API known: true")
	check("a", "", "none, API known: true")
	check("MIXED", "dev", "Mixed dev d7 ")
	if n := src.reads.Load(); n != 2 {
		t.Errorf("%d reads for two deployments", n)
	}

	changed := stage("a", "dev", "d1")
	changed.Stage.Variables = map[string]string{"v": "new"}
	g.Apply(changed)
	check("a", "dev", "a dev d1 new")
	if n := src.reads.Load(); n != 2 {
		t.Errorf("a change of settings made %d reads", n-2)
	}
	g.Apply(stage("a", "dev", "d2"))
	check("a", "dev", "a dev d2 ")
	check("a", "prod", "a prod d1 ")

	g.Apply(Change{APIID: "a", Name: "prod"}, Change{APIID: "a", Name: "never"}, Change{APIID: "unknown", Name: "x"})
	check("a", "prod", "none, API known: true")
	check("unknown", "x", "none, API known: false")
	if len(g.programs.loaded) != 2 { // d2 and d7: d1 went with its last stage
		t.Errorf("%d programs loaded, want 2", len(g.programs.loaded))
	}
	g.Apply(Change{APIID: "a", Name: "dev"}, Change{APIID: "mixed", Name: "dev"})
	check("a", "dev", "none, API known: false")
	if len(g.programs.loaded) != 0 || g.programs.size != 0 {
		t.Errorf("%d programs of %d bytes are left", len(g.programs.loaded), g.programs.size)
	}
}

// A stage of which nobody knows what it is answers with the error, whatever it was
// before, and serves again when that is known.
func TestApplyOfAnUnknownStage(t *testing.T) {
	g := newTestGateway(new(source), 100)
	unknown := Change{APIID: "a", Name: "dev", Err: errors.New("nobody knows")}
	for _, tt := range []struct {
		change Change
		want   string
	}{
		{unknown, "nobody knows"}, {stage("a", "dev", "d1"), "a dev d1 "}, {unknown, "nobody knows"}, {unknown, "nobody knows"}, {stage("a", "dev", "d1"), "a dev d1 "},
		{unknown, "nobody knows"}, {Change{APIID: "a", Name: "dev"}, "none, API known: false"},
	} {
		g.Load(t.Context(), tt.change)
		g.Apply(tt.change)
		if got := ask(g, "a", "dev"); got != tt.want {
			t.Errorf("after %+v: %q, want %q", tt.change, got, tt.want)
		}
	}
	if unknown.Stage = nil; !g.Ready(unknown) {
		t.Error("a change without a program waits for one")
	}
}

// A change of settings is served by the program that is there, also when the
// stage is the only one on it.
func TestSettingsNeedNoRead(t *testing.T) {
	src := new(source)
	g := newTestGateway(src, 0)
	for i := range 3 {
		c := stage("a", "dev", "d1")
		c.Stage.Variables = map[string]string{"v": fmt.Sprint(i)}
		g.Apply(c)
		if got, want := ask(g, "a", "dev"), fmt.Sprint("a dev d1 ", i); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if n := src.reads.Load(); n != 1 {
		t.Errorf("%d reads, want 1", n)
	}
}

// A request that found a stage which changes while its program is loaded is served
// under the settings that it found, which are bound as those that are gone.
func TestBindOfWhatIsGone(t *testing.T) {
	src := &source{wait: make(chan struct{})}
	var mu sync.Mutex
	var bound []string
	g := New(Options{Source: src, Compile: func(d *snapshot.Deployment) (Program, error) {
		return &stubProgram{d: d, handle: whoServes, size: 1, bound: func(s *snapshot.Stage, current bool) {
			mu.Lock()
			defer mu.Unlock()
			bound = append(bound, fmt.Sprint(s.Variables["v"], " ", current))
		}}, nil
	}})
	set := func(v string) Change {
		c := stage("abc", "dev", "d")
		c.Stage.Variables = map[string]string{"v": v}
		return c
	}
	g.Apply(set("old"))
	done := make(chan bool)
	go func() { ask(g, "abc", "dev"); done <- true }()
	for src.reads.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	g.Apply(set("new"))
	close(src.wait)
	<-done
	ask(g, "abc", "dev")
	if got := fmt.Sprint(bound); got != "[old false new true]" {
		t.Errorf("bound %s", got)
	}
}

// A request that found the old stage ends with it, and a stage changed twice
// in one batch ends as the last says.
func TestSwapIsWhole(t *testing.T) {
	g := newTestGateway(new(source), 0)
	g.Apply(stage("a", "dev", "d1"))
	e, _ := g.index.find("a", "dev")
	g.Apply(stage("a", "dev", "d2"), stage("a", "dev", "d3"))
	server, err := g.programs.server(t.Context(), e, time.Now()) // not bound before the change
	if err != nil {
		t.Fatal(err)
	}
	if got := string(server.Serve(nil).Body); got != "a dev d1 " {
		t.Errorf("old stage answers %q", got)
	}
	if got := ask(g, "a", "dev"); got != "a dev d3 " {
		t.Errorf("new stage answers %q", got)
	}
	if len(g.programs.loaded) != 1 {
		t.Errorf("%d programs loaded, want the one in use", len(g.programs.loaded))
	}
}

func TestSwapUnderLoad(t *testing.T) {
	g := newTestGateway(new(source), 250) // room for two programs of three
	g.Apply(stage("a", "dev", "d0"), stage("b", "dev", "d0"), stage("c", "dev", "d0"))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, api := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var id, name, deployment, variable string
				got := ask(g, api, "dev")
				if n, _ := fmt.Sscan(got, &id, &name, &deployment, &variable); n == 4 && variable != deployment || id != api {
					t.Errorf("answer %q mixes two stages", got)
					return
				}
			}
		})
	}
	for i := range 300 {
		for _, api := range []string{"a", "b", "c"} {
			c := stage(api, "dev", fmt.Sprint("d", i/2))
			c.Stage.Variables = map[string]string{"v": c.Stage.DeploymentID}
			g.Apply(c)
		}
	}
	close(stop)
	wg.Wait()
	if g.programs.size > 250 || g.programs.size != 100*int64(len(g.programs.loaded)) {
		t.Errorf("%d bytes in %d programs", g.programs.size, len(g.programs.loaded))
	}
}

func TestLoadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{wait: make(chan struct{})}
		g := newTestGateway(src, 0)
		g.Apply(stage("a", "dev", "d"), stage("a", "prod", "d"))
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				name := []string{"dev", "prod"}[i%2]
				if got, want := ask(g, "a", name), "a "+name+" d "; got != want {
					t.Errorf("%q, want %q", got, want)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		e, _ := g.index.find("a", "dev")
		if _, err := g.programs.server(ctx, e, time.Now()); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that went away: %v", err)
		}
		close(src.wait)
		wg.Wait()
		if n := src.reads.Load(); n != 1 {
			t.Errorf("%d reads, want 1", n)
		}
	})
}

func TestLoadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := new(source)
		down := errors.New("store is down")
		src.fail.Store(&down)
		g := newTestGateway(src, 0)
		g.Apply(stage("a", "dev", "d"))
		for range 3 {
			if got := ask(g, "a", "dev"); got != "load deployment d of API a: store is down" {
				t.Errorf("%q", got)
			}
			time.Sleep(failureRest / 4)
		}
		if n := src.reads.Load(); n != 1 {
			t.Errorf("%d reads within a second of a failure, want 1", n)
		}
		src.fail.Store(nil)
		time.Sleep(failureRest + 1)
		if got := ask(g, "a", "dev"); got != "a dev d " {
			t.Errorf("after a rest: %q", got)
		}
		g.Apply(stage("a", "none", "none"))
		if got := ask(g, "a", "none"); got != "load deployment none of API a: the deployment does not exist" {
			t.Errorf("%q", got)
		}
	})
}

func TestLoadTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGateway(&source{wait: make(chan struct{})}, 0)
		g.Apply(stage("a", "dev", "d"))
		start := time.Now()
		if got := ask(g, "a", "dev"); got != "load deployment d of API a: context deadline exceeded" {
			t.Errorf("%q", got)
		}
		if took := time.Since(start); took != loadTimeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestEviction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := new(source)
		g := newTestGateway(src, 250)
		g.Apply(stage("a", "dev", "d"), stage("b", "dev", "d"), stage("c", "dev", "d"))
		expect := func(api string, reads int32) {
			t.Helper()
			time.Sleep(2 * time.Second)
			before := src.reads.Load()
			if got, want := ask(g, api, "dev"), api+" dev d "; got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if got := src.reads.Load() - before; got != reads {
				t.Errorf("%d reads for %s, want %d", got, api, reads)
			}
		}
		expect("a", 1)
		expect("b", 1)
		expect("a", 0)
		expect("c", 1) // b goes: a was used after it
		expect("a", 0)
		expect("b", 1) // c goes
		expect("a", 0)
		expect("c", 1) // b goes again
	})
}

// A stage keeps no program that was evicted while the stage was being bound to it:
// nothing would count its memory.
func TestBindOfWhatIsEvicted(t *testing.T) {
	g := newTestGateway(new(source), 0)
	g.Apply(stage("a", "dev", "d"))
	e, _ := g.index.find("a", "dev")
	ps := g.programs
	loaded, err := ps.getAll(t.Context(), e.stage, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	bind := join(loaded, e.settings)
	ps.mu.Lock()
	ps.drop(loaded[0])
	server := ps.bind(loaded, e, bind)
	ps.mu.Unlock()
	if got := string(server.Serve(nil).Body); got != "a dev d " {
		t.Errorf("the request that has it is answered %q", got)
	}
	if e.bound.Load() != nil {
		t.Error("the stage keeps the program")
	}
}

func TestProgramOverTheLimit(t *testing.T) {
	g := newTestGateway(new(source), 10)
	g.Apply(stage("a", "dev", "d"), stage("b", "dev", "d"))
	for range 2 {
		for _, api := range []string{"a", "b"} {
			if got, want := ask(g, api, "dev"), api+" dev d "; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
	if len(g.programs.loaded) != 1 {
		t.Errorf("%d programs kept", len(g.programs.loaded))
	}
}

// withCanary is a stage of two deployments.
func withCanary(api, deployment, canary string) Change {
	c := stage(api, "dev", deployment)
	c.Stage.Canary = &snapshot.Canary{DeploymentID: canary, PercentTraffic: 10}
	return c
}

// both is a handle that tells the deployments of a stage and of its canary.
func both(s *stubServer, _ *httpmsg.Request) *httpmsg.Response {
	text := s.d.ID
	if s.canary != nil {
		text += " " + s.canary.d.ID
	}
	return &httpmsg.Response{Status: 200, Body: []byte(text)}
}

// loadedKeys are the deployments that are loaded, sorted.
func loadedKeys(g *Gateway) string {
	g.programs.mu.Lock()
	defer g.programs.mu.Unlock()
	var keys []string
	size := int64(0)
	for key, p := range g.programs.loaded {
		keys, size = append(keys, key.api+"/"+key.deployment), size+p.size
	}
	slices.Sort(keys)
	if size != g.programs.size {
		keys = append(keys, fmt.Sprintf("counted %d, not %d", g.programs.size, size))
	}
	return strings.Join(keys, " ")
}

// The program of a canary is loaded, counted and evicted with its stage's.
func TestCanary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := new(source)
		g := New(Options{Source: src, ProgramBytes: 350, Compile: func(d *snapshot.Deployment) (Program, error) {
			return &stubProgram{d: d, handle: both, size: 100}, nil
		}})
		expect := func(step, api, want, loaded string, reads int32) {
			t.Helper()
			time.Sleep(2 * time.Second)
			before := src.reads.Load()
			if got := ask(g, api, "dev"); got != want {
				t.Errorf("%s: %q, want %q", step, got, want)
			}
			if got := loadedKeys(g); got != loaded {
				t.Errorf("%s: loaded are %s, want %s", step, got, loaded)
			}
			if got := src.reads.Load() - before; got != reads {
				t.Errorf("%s: %d reads, want %d", step, got, reads)
			}
		}
		first := withCanary("a", "d1", "d2")
		if g.Ready(first) {
			t.Error("ready before it is loaded")
		}
		g.Load(t.Context(), first)
		if g.Apply(first); !g.Ready(first) {
			t.Error("loaded, and not ready")
		}
		expect("loaded before", "a", "d1 d2", "a/d1 a/d2", 0)
		another := withCanary("a", "d1", "d3")
		if g.Ready(another) {
			t.Error("another canary is ready before it is loaded")
		}
		g.Load(t.Context(), another)
		g.Apply(another)
		expect("another canary", "a", "d1 d3", "a/d1 a/d3", 0)
		g.Apply(stage("a", "dev", "d3"))
		expect("promoted", "a", "d3", "a/d3", 0)
		g.Apply(withCanary("a", "d3", "d4"), withCanary("b", "d1", "d2"))
		expect("not loaded before", "a", "d3 d4", "a/d3 a/d4", 2)
		expect("of another API", "b", "d1 d2", "b/d1 b/d2", 2) // four are too many: both of a's go
		expect("after the eviction", "a", "d3 d4", "a/d3 a/d4", 2)
		g.Apply(Change{APIID: "a", Name: "dev"})
		if got := loadedKeys(g); got != "" {
			t.Errorf("gone: loaded are %s", got)
		}
	})
}

// Two programs of a stage that are over the limit together serve it all the same.
func TestCanaryOverTheLimit(t *testing.T) {
	src := new(source)
	g := New(Options{Source: src, ProgramBytes: 10, Compile: func(d *snapshot.Deployment) (Program, error) {
		return &stubProgram{d: d, handle: both, size: 100}, nil
	}})
	g.Apply(withCanary("a", "d1", "d2"))
	for range 3 {
		if got := ask(g, "a", "dev"); got != "d1 d2" {
			t.Errorf("%q", got)
		}
	}
	if n := src.reads.Load(); n != 2 {
		t.Errorf("%d reads, want 2", n)
	}
}

// A canary that cannot be loaded fails its stage: nobody knows which requests are
// its own.
func TestCanaryFails(t *testing.T) {
	g := newTestGateway(new(source), 0)
	g.Apply(withCanary("a", "d1", "none"))
	if got := ask(g, "a", "dev"); got != "load deployment none of API a: the deployment does not exist" {
		t.Errorf("%q", got)
	}
}
