package feed

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A compiling is a feed whose gateway compiles deployments as a test lets it.
type compiling struct {
	*Feed
	t  *testing.T
	st *store.Store

	mu       sync.Mutex
	compiled []string // API and deployment
	blocked  map[string]chan struct{}
}

// A named program answers with its deployment and a variable of the stage.
type named struct{ id string }

func (named) Size() int64 { return 1 }

func (n named) Bind(settings gateway.Settings, _ gateway.Program) func(bool) gateway.Server {
	return func(bool) gateway.Server { return answer(n.id + " " + settings.Stage().Variables["v"]) }
}

type answer string

func (a answer) Serve(*httpmsg.Request) *httpmsg.Response {
	return &httpmsg.Response{Status: 200, Body: []byte(a)}
}

func newCompiling(t *testing.T) *compiling {
	f, st := newTestFeed(t, func(st *store.Store) Store { return st })
	c := &compiling{Feed: f, t: t, st: st, blocked: map[string]chan struct{}{}}
	f.gateway = gateway.New(gateway.Options{Source: Deployments{Store: st}, Compile: func(d *snapshot.Deployment) (gateway.Program, error) {
		name := d.APIID + "/" + d.ID
		c.mu.Lock()
		c.compiled = append(c.compiled, name)
		wait := c.blocked[name]
		c.mu.Unlock()
		if wait != nil {
			<-wait
		}
		if d.ID == "panics" {
			panic("oh no")
		}
		return named{d.ID}, nil
	}})
	return c
}

// deploy publishes a stage on a deployment, and the deployment.
func (c *compiling) deploy(api, deployment, variable string) store.Revision {
	c.t.Helper()
	rev, err := c.st.Write(context.Background(), store.Scope{}, func(tx *store.Tx) error {
		d, _ := json.Marshal(&snapshot.Deployment{Format: snapshot.DeploymentFormat, APIID: api, ID: deployment})
		if err := tx.Publish(store.Served{Kind: snapshot.ServedDeployment, ID: snapshot.ServedID(api, deployment), Data: d}); err != nil {
			return err
		}
		s, _ := snapshot.Encode(snapshot.ServedStage, &snapshot.Stage{APIID: api, Name: "prod", DeploymentID: deployment, Variables: map[string]string{"v": variable}})
		return tx.Publish(store.Served{Kind: snapshot.ServedStage, ID: snapshot.ServedID(api, "prod"), Data: s})
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return rev
}

// block holds the compilation of a deployment until what it returns is called.
func (c *compiling) block(name string) func() {
	wait := make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked[name] = wait
	return func() { close(wait) }
}

func (c *compiling) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.compiled)
}

// asked is what a request to an API's stage is answered, and how long that took.
func (c *compiling) asked(api string) (string, time.Duration) {
	begin := time.Now()
	w := httptest.NewRecorder()
	c.gateway.Handler(gateway.Entrance{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/_aws/execute-api/"+api+"/prod/x", nil))
	body, _ := io.ReadAll(w.Result().Body)
	return string(body), time.Since(begin)
}

func (c *compiling) expect(api, want string) {
	c.t.Helper()
	if got, took := c.asked(api); got != want || took != 0 {
		c.t.Errorf("%s: %q after %v, want %q at once", api, got, took, want)
	}
}

// waited reports whether a call that changed an API, or with "" anything at all,
// would have returned.
func (c *compiling) waited(api string, rev store.Revision, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(c.t.Context(), d)
	defer cancel()
	of := store.Scope{}
	if api != "" {
		of = store.Scope{Account: "111122223333", Region: "us-east-1", API: api}
	}
	return c.Wait(ctx, of, rev) == nil
}

// A deployment is compiled before it serves, while the one before it does; the
// call that made it returns after that, and calls for other APIs do not wait.
func TestDeploymentIsCompiledFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompiling(t)
		defer func() { _ = c.st.Close() }()
		c.deploy("big", "d1", "")
		c.deploy("small", "d1", "")
		if err := c.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := c.count(); n != 0 {
			t.Errorf("%d deployments compiled at the start, want none before they are used", n)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		c.expect("big", "d1 ")
		c.expect("small", "d1 ")

		release := c.block("big/d2")
		deployed := c.deploy("big", "d2", "")
		if c.waited("big", deployed, time.Second) {
			t.Error("the call returned before its deployment serves")
		}
		c.expect("big", "d1 ")
		if !c.waited("small", c.deploy("small", "d2", ""), time.Millisecond) {
			t.Error("another API's deployment waits")
		}
		c.expect("small", "d2 ")
		changed := c.deploy("big", "d2", "new") // behind the first
		if c.waited("big", changed, time.Second) || c.waited("", changed, time.Second) {
			t.Error("a change passed one of its stage by")
		}
		within, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := c.Wait(within, store.Scope{Account: "444455556666", Region: "us-east-1"}, changed); err != nil {
			t.Error("a call about what an account has beside its APIs waits for a deployment")
		}
		release()
		if !c.waited("big", changed, time.Millisecond) || !c.waited("", changed, time.Millisecond) {
			t.Error("compiled, and does not serve")
		}
		before := c.count()
		c.expect("big", "d2 new")
		if n := c.count(); n != before {
			t.Error("the first request compiled")
		}
	})
}

// Where nobody asks for stages no deployment is compiled, and no change waits for one.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompiling(t)
		defer func() { _ = c.st.Close() }()
		c.idle = true
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		c.block("a/d1")
		if rev := c.deploy("a", "d1", ""); !c.waited("a", rev, time.Millisecond) || c.count() != 0 {
			t.Errorf("at %d of %d, %d deployments compiled", c.Position(), rev, c.count())
		}
	})
}

// A call returns when its own change serves, though others go on to change the
// API.
func TestBusyAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompiling(t)
		defer func() { _ = c.st.Close() }()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		first, second := c.block("a/d1"), c.block("a/d2")
		rev := c.deploy("a", "d1", "")
		synctest.Wait()
		c.deploy("a", "d2", "")
		synctest.Wait()
		first()
		if !c.waited("a", rev, time.Millisecond) {
			t.Error("a call waits for what came after it")
		}
		c.expect("a", "d1 ")
		second()
		synctest.Wait()
		c.expect("a", "d2 ")
	})
}

// A deployment that cannot be compiled, or takes for ever, holds up its stage's
// changes for a bounded time, and then answers each request with the error.
func TestDeploymentThatDoesNotCompile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompiling(t)
		defer func() { _ = c.st.Close() }()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		const failed = `{"message": "Internal server error"}`
		if !c.waited("a", c.deploy("a", "panics", ""), time.Millisecond) {
			t.Error("a failed compilation holds up the call")
		}
		c.expect("a", failed)

		release := c.block("b/endless")
		begin := time.Now()
		if !c.waited("b", c.deploy("b", "endless", ""), time.Minute) || time.Since(begin) > putOffTime {
			t.Errorf("the call waited %v", time.Since(begin))
		}
		if got, took := c.asked("b"); got != failed || took == 0 || took > time.Minute {
			t.Errorf("%q after %v", got, took)
		}
		if !c.waited("b", c.deploy("b", "d2", ""), time.Millisecond) {
			t.Error("the next deployment waits")
		}
		c.expect("b", "d2 ")
		release()
		synctest.Wait()
	})
}

// A stage that goes while its deployment is compiled is gone.
func TestStageGoesWhileCompiled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompiling(t)
		defer func() { _ = c.st.Close() }()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go c.Run(ctx)
		release := c.block("a/d1")
		c.deploy("a", "d1", "")
		synctest.Wait()
		rev, err := c.st.Write(t.Context(), store.Scope{}, func(tx *store.Tx) error {
			return tx.Retract(snapshot.ServedStage, snapshot.ServedID("a", "prod"))
		})
		if err != nil {
			t.Fatal(err)
		}
		release()
		if !c.waited("a", rev, time.Millisecond) {
			t.Error("the call that deleted the stage waits")
		}
		c.expect("a", `{"message": "The API id 'a' does not correspond to a deployed API Gateway API"}`)
	})
}
