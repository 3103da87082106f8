package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Of many calls that miss the same answer one calls the backend. Where that fails a few
// of the others do, and the rest is given what these bring: a backend that comes back is
// not called by all of them at once.
func TestOneCallForManyWaiters(t *testing.T) {
	for name, fails := range map[string]bool{"it answers": false, "it fails": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const waiters = 20
				r := newCachingRig(t, cachedDeployment("d1"), nil)
				var calls atomic.Int32
				release := make(chan struct{})
				backend := func(*call) error {
					if calls.Add(1) == 1 {
						<-release
						if fails {
							return engineError("the backend is away", errors.New("gone"))
						}
					}
					return nil
				}
				m := r.stage.cached[slices.IndexFunc(r.stage.program.methods, func(m *Method) bool { return m.resourcePath == "/any" })]
				m.steps = slices.Insert(m.steps, len(m.steps)-1, backend)
				statuses := make(chan int, waiters+1)
				var wg sync.WaitGroup
				for range waiters + 1 {
					wg.Go(func() {
						resp := r.call("GET /any")
						statuses <- resp.Status
						resp.Release()
					})
				}
				synctest.Wait()
				if n := calls.Load(); n != 1 {
					t.Errorf("%d calls while the first is under way", n)
				}
				close(release)
				wg.Wait()
				want, failed := int32(1), 0
				if fails {
					want, failed = 1+8, 1 // eight call when it has failed, and answer the others
				}
				close(statuses)
				got := 0
				for status := range statuses {
					if status != 200 {
						got++
					}
				}
				if calls.Load() != want || got != failed {
					t.Errorf("%d calls and %d failures, want %d and %d", calls.Load(), got, want, failed)
				}
			})
		})
	}
}

// A call that waits for the answer to another one has its own integration's time for
// both, the wait and its own call of the backend.
func TestWaitersHaveAnEnd(t *testing.T) {
	const timeout = 29 * time.Second
	for name, tt := range map[string]struct {
		first, second time.Duration // what the backend takes for them; the first fails
		took          time.Duration // the second call
		calls         int32
		status        int
	}{
		"the other call takes too long":           {time.Hour, 0, timeout, 1, 504},
		"its own call takes what is left":         {10 * time.Second, time.Hour, timeout, 2, 504},
		"its own call takes less than what is so": {10 * time.Second, 10 * time.Second, 20 * time.Second, 2, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newCachingRig(t, cachedDeployment("d1"), nil)
				var calls atomic.Int32
				m := r.stage.cached[4]
				m.steps = slices.Insert(m.steps, len(m.steps)-1, func(c *call) error {
					if calls.Add(1) == 1 {
						time.Sleep(tt.first)
						return integrationError(integration.ErrNetwork)
					}
					time.Sleep(min(tt.second, time.Until(c.deadline())))
					if !time.Now().Before(c.deadline()) {
						return integrationError(integration.ErrTimeout)
					}
					return nil
				})
				var wg sync.WaitGroup
				wg.Go(func() { r.call("GET /any").Release() })
				synctest.Wait()
				began := time.Now()
				resp := r.call("GET /any")
				if took := time.Since(began); took != tt.took || calls.Load() != tt.calls || resp.Status != tt.status {
					t.Errorf("took %v, %d calls, status %d", took, calls.Load(), resp.Status)
				}
				resp.Release()
				wg.Wait()
			})
		})
	}
}

// Who waits is let go of when its client goes.
func TestWaitersLeaveWithTheirClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newCachingRig(t, cachedDeployment("d1"), nil)
		m := r.stage.cached[4]
		m.steps = slices.Insert(m.steps, len(m.steps)-1, func(*call) error { time.Sleep(time.Minute); return nil })
		var wg sync.WaitGroup
		wg.Go(func() { r.call("GET /any").Release() })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		req, began := parseRequest("GET /any"), time.Now()
		req.Client = ctx
		resp := r.stage.Serve(req)
		if took := time.Since(began); took != time.Second || resp.Status != 504 {
			t.Errorf("took %v, status %d", took, resp.Status)
		}
		resp.Release()
		wg.Wait()
	})
}

// A client whose body does not come holds nobody up, nor does a request that is not
// valid: neither calls the backend.
func TestNobodyWaitsForAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newCachingRig(t, cachedDeployment("d1"), nil)
		slow := parseRequest("GET /any")
		slow.Unread = bodyAfter(time.Hour)
		var wg sync.WaitGroup
		wg.Go(func() { r.stage.Serve(slow).Release() })
		synctest.Wait()
		began := time.Now()
		resp := r.call("GET /any")
		if took := time.Since(began); took != 0 || resp.Status != 200 {
			t.Errorf("took %v, status %d", took, resp.Status)
		}
		resp.Release()
		wg.Wait()
	})
}

// bodyAfter is a body that comes after a time.
type bodyAfter time.Duration

func (b bodyAfter) ReadBody() ([]byte, error) {
	time.Sleep(time.Duration(b))
	return nil, nil
}

// A request that is not valid is refused although its answer is there: the cache stands
// for the integration, which such requests do not reach.
func TestHitsAreForValidRequests(t *testing.T) {
	d := cachedDeployment("d1")
	method := &d.Resources[3].Methods[0]
	method.RequestValidatorID, d.Validators = "v", map[string]snapshot.Validator{"v": {Parameters: true}}
	method.RequestParameters = map[string]bool{"method.request.querystring.must": true}
	r := newCachingRig(t, d, nil)
	r.ask(t, "GET /any?must=1")
	if _, hit := r.ask(t, "GET /any?must=2"); !hit {
		t.Error("a parameter outside the key counts")
	}
	resp := r.call("GET /any")
	defer resp.Release()
	if resp.Status != 400 {
		t.Errorf("status %d, %s", resp.Status, resp.Body)
	}
}
