package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

// A crowd is calls that are under way at the same time, on backends that take a while
// and fail at times. What came of each is held to what a cache must never do.
type crowd struct {
	*cacheModel
	group sync.WaitGroup

	mu     sync.Mutex
	plans  map[*httpmsg.Request]backendPlan // of those under way
	calls  map[string]*crowdCall            // by the id of their answers
	wrong  []string
	shared int // answers that were made for another call
}

// A backendPlan is what the backend does to a call.
type backendPlan struct {
	takes time.Duration
	fails bool
}

// A crowdCall is a call and what it was asked under.
type crowdCall struct {
	*modelRequest
	began  time.Time
	life   int       // of the cache
	landed time.Time // when the backend had answered it; zero before
}

// serve is the backend.
func (w *crowd) serve(c *call) error {
	w.mu.Lock()
	plan := w.plans[c.req]
	w.mu.Unlock()
	time.Sleep(plan.takes)
	if plan.fails {
		return engineError("the backend is away", errors.New("gone"))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[c.scope.Context.RequestID].landed = time.Now()
	return nil
}

// start sends a random request, and has what comes of it looked at when it is there.
func (w *crowd) start(t *rapid.T) {
	ask := &crowdCall{modelRequest: w.draw(t), began: time.Now(), life: w.lives}
	id := httpmsg.NewRequestID()
	ask.request.Header = append(ask.request.Header, httpmsg.Field{Name: requestIDHeader, Value: id})
	stage := w.r.stage
	w.mu.Lock()
	w.calls[id] = ask
	w.plans[ask.request] = backendPlan{
		takes: time.Duration(rapid.SampledFrom([]int{0, 1, 900, 20_000}).Draw(t, "takes")) * time.Millisecond,
		fails: rapid.IntRange(0, 3).Draw(t, "fails") == 0,
	}
	w.mu.Unlock()
	w.group.Go(func() {
		resp := stage.Serve(ask.request)
		w.check(ask, id, resp)
		resp.Release()
	})
	synctest.Wait() // the draw of a canary is this call's
}

// check holds an answer to what its call may be given.
func (w *crowd) check(ask *crowdCall, own string, resp *httpmsg.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ask.refused || resp.Status != 200 {
		if ask.refused != (resp.Status == 403) {
			w.wrong = append(w.wrong, fmt.Sprintf("%q: status %d", ask.text, resp.Status))
		}
		return
	}
	id, _, _ := strings.Cut(string(resp.Body), " ")
	if id == own {
		return
	}
	w.shared++
	from := w.calls[id]
	why := ""
	switch {
	case from == nil:
		why = "an answer that nobody has made"
	case ask.key == "" || ask.anew:
		why = "another call's answer, and it wants its own"
	case from.key != ask.key:
		why = "the answer to another question: " + from.key
	case from.life != ask.life:
		why = "an answer from before a flush, or from behind it"
	case !ask.began.Before(from.landed.Add(from.ttl)):
		why = "an answer whose time was over"
	default:
		return
	}
	w.wrong = append(w.wrong, fmt.Sprintf("%q (%s) got %s", ask.text, ask.key, why))
}

// Calls that are under way at the same time, while the stage changes and is flushed, are
// never given another caller's answer, nor one from before a flush, nor one past its time.
func TestCrowdsAtTheCache(t *testing.T) {
	shared := 0
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) {
			w := &crowd{plans: map[*httpmsg.Request]backendPlan{}, calls: map[string]*crowdCall{}}
			w.cacheModel = newCacheModel(t, w.serve)
			defer w.kept.Close()
			for range rapid.IntRange(1, 40).Draw(rt, "steps") {
				switch rapid.IntRange(0, 9).Draw(rt, "step") {
				case 0:
					w.change(rt)
				case 1, 2:
					time.Sleep(time.Duration(rapid.SampledFrom([]int{1, 500, 1000, 19_999, 300_000}).Draw(rt, "time")) * time.Millisecond)
				default:
					w.start(rt)
				}
			}
			w.group.Wait()
			if len(w.wrong) > 0 {
				rt.Fatal(strings.Join(w.wrong, "\n"))
			}
			shared += w.shared
		})
	})
	if shared == 0 {
		t.Error("no call was given what another one has brought")
	}
}
