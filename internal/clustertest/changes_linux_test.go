package clustertest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// TestManyChanges has three nodes with many stages follow changes: of a stage and of a key by
// turns, through the API, and then a thousand changes a second of all. All nodes serve
// what was changed last. How soon is judged where there are 10,000 stages, with SOAK=20.
func TestManyChanges(t *testing.T) {
	f := newFleet(t, soak.Times(500))
	f.boot("follows", f.gateways...)
	f.propagate(soak.Times(50))
	f.flood(soak.Times(3 * time.Second))
}

// What changes may take until they are served by all nodes.
const (
	usualTime = 100 * time.Millisecond // at the median
	rareTime  = time.Second            // at the 99th percentile
)

// propagate makes changes through the API and looks at all nodes for when each serves
// them, which may be before the call is answered.
func (f *fleet) propagate(changes int) {
	f.t.Helper()
	var plan, key struct{ ID string }
	f.control.must("POST", "/usageplans", `{"name": "p", "apiStages": [{"apiId": "`+model+`", "stage": "`+prod+`"}]}`, &plan)
	f.control.must("POST", "/apikeys", `{"name": "k", "enabled": true, "value": "`+keyValue+`"}`, &key)
	f.control.must("POST", "/usageplans/"+plan.ID+"/keys", `{"keyId": "`+key.ID+`", "keyType": "API_KEY"}`, nil)
	base := "/_aws/execute-api/" + model + "/" + prod
	took := map[string][]time.Duration{}
	for i := range changes {
		v := strconv.Itoa(i + 1)
		sees, answers := f.see("/restapis/"+model+"/stages/"+prod, "/variables/v", v, func(n *node) bool {
			_, text, err := n.get(n.url + base + "/")
			return err == nil && text == v
		})
		took["stages"], took["answers"] = append(took["stages"], sees), append(took["answers"], answers)
		enabled := i%2 == 1
		want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[enabled]
		sees, answers = f.see("/apikeys/"+key.ID, "/enabled", strconv.FormatBool(enabled), func(n *node) bool {
			status, _, err := n.do("GET", n.url+base+"/keyed", "", keyValue)
			return err == nil && status == want
		})
		took["keys"], took["answers"] = append(took["keys"], sees), append(took["answers"], answers)
	}
	for what, all := range took {
		slices.Sort(all)
		usual, rare := all[len(all)/2], all[len(all)*99/100]
		f.t.Logf("%d %s: %v at the median, %v at the 99th percentile, %v at the most", len(all), what, usual, rare, all[len(all)-1])
		if soak.Long() && what != "answers" && (usual > usualTime || rare > rareTime) {
			f.t.Errorf("%s: want %v and %v", what, usualTime, rareTime)
		}
	}
}

// see replaces a member by a call of the API. It returns how long it was from the beginning
// of the call until the last node was seen to serve that, and until the call was answered.
func (f *fleet) see(path, member, value string, served func(*node) bool) (sees, answers time.Duration) {
	f.t.Helper()
	var wg sync.WaitGroup
	begun := time.Now()
	last := make([]time.Duration, len(f.gateways))
	for i, n := range f.gateways {
		wg.Go(func() {
			for end := begun.Add(patience); !served(n); time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					f.t.Errorf("%s does not serve %s of %s as %s", n.name, member, path, value)
					return
				}
			}
			last[i] = time.Since(begun)
		})
	}
	f.control.must("PATCH", path, fmt.Sprintf(`{"patchOperations": [{"op": "replace", "path": %q, "value": %q}]}`, member, value), nil)
	answers = time.Since(begun)
	wg.Wait()
	return slices.Max(last), answers
}

// What a flood is, and what it may do.
const (
	floodRate   = 1000 // changes a second
	floodStep   = 10 * time.Millisecond
	floodKeys   = 100
	recoverTime = 5 * time.Second // from its end until no node lags by recoverLag
	recoverLag  = time.Second
)

// A commit is when the test was told of a revision.
type commit struct {
	rev store.Revision
	at  time.Time
}

// commits are those of a flood, in order.
type commits struct {
	mu  sync.Mutex
	all []commit
}

func (c *commits) add(rev store.Revision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, commit{rev, time.Now()})
}

// lag is for how long something has been committed that is not served up to a revision.
func (c *commits) lag(served store.Revision) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := sort.Search(len(c.all), func(i int) bool { return c.all[i].rev > served })
	if i == len(c.all) {
		return 0
	}
	return time.Since(c.all[i].at)
}

// flood changes keys, stages and deployments, a thousand a second, and looks at how far
// behind nodes are.
func (f *fleet) flood(lasts time.Duration) {
	f.t.Helper()
	var done commits
	ctx, stop := context.WithCancel(f.t.Context())
	defer stop()
	var watchers sync.WaitGroup
	most := make([]time.Duration, len(f.gateways))
	for i, n := range f.gateways {
		watchers.Go(func() {
			for ctx.Err() == nil {
				most[i] = max(most[i], done.lag(n.revision()))
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	v := make(map[int]string)
	begun := time.Now()
	last, n := store.Revision(0), 0
	for time.Since(begun) < lasts {
		var rows []store.Served
		for due := int(time.Since(begun).Seconds() * floodRate); n < due; n++ {
			rows = append(rows, f.change(n, v))
		}
		if len(rows) > 0 {
			last = f.publish(rows)
			done.add(last)
		}
		time.Sleep(floodStep)
	}
	ended := time.Now()
	for _, node := range f.gateways {
		f.within(patience, node.name+" catches up", func() bool { return done.lag(node.revision()) < recoverLag })
		recovered := time.Since(ended)
		f.within(patience, node.name+" serves everything", func() bool { return node.revision() >= last })
		f.t.Logf("%s lags by less than %v after %v, and by nothing after %v", node.name, recoverLag, recovered.Round(time.Millisecond), time.Since(ended).Round(time.Millisecond))
		if soak.Long() && recovered > recoverTime {
			f.t.Errorf("want %v", recoverTime)
		}
	}
	stop()
	watchers.Wait()
	f.t.Logf("%d changes in %v, %d commits: nodes were behind by %v at the most, and have had %d MiB", n, ended.Sub(begun).Round(time.Millisecond), len(done.all), slices.Max(most).Round(time.Millisecond), f.gateways[0].memory("VmHWM"))
	looked := 0
	for i, want := range v { // some, as each may take a compilation
		if looked++; looked > 50 {
			break
		}
		for _, node := range f.gateways {
			f.within(patience, fmt.Sprintf("%s serves %s of %s", node.name, want, apiOf(i)), func() bool { return node.stageSays(i) == want })
		}
	}
}

// change is the change of a number, and notes what the stage of it says from then on. Of ten
// changes two are of keys, six of stages, one publishes a deployment and one has its stage
// go over to that.
func (f *fleet) change(n int, says map[int]string) store.Served {
	i, deployment := n*7919%f.stages, f.stage.DeploymentID
	switch n % 10 {
	case 0, 1:
		id := fmt.Sprint("key", n/10%floodKeys)
		key := snapshot.APIKey{ID: id, Account: f.stage.Account, Region: f.stage.Region, Value: fmt.Sprint("the-value-of-", id, "-now-", n), Enabled: true}
		return f.row(snapshot.ServedAPIKey, snapshot.OfAccount(key.Account, key.Region, key.ID), &key)
	case 7:
		return f.deploymentRow(n%f.stages, fmt.Sprint("d", n))
	case 8:
		i, deployment = (n-1)%f.stages, fmt.Sprint("d", n-1)
	}
	says[i] = strconv.Itoa(n)
	return f.stageRow(i, deployment, says[i])
}
