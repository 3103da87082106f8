package clustertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A fleet is many deployed stages in one database, a node that answers the API, and three
// that serve stages. Of the stages one was deployed through the API, and the others are
// copies of what that has published, under ids of their own: what nodes that serve stages
// read is what as many deployments would have published.
type fleet struct {
	*cluster
	server   *pgtest.Server
	database string       // URL
	store    *store.Store // by which the test publishes
	control  *node
	gateways []*node

	stage      snapshot.Stage
	deployment snapshot.Deployment
	stages     int // copies
}

// What the stage that was deployed is called, and who may call what.
const (
	model    = "model"
	prod     = "prod"
	keyValue = "the-value-of-the-key-of-the-model"
)

// newFleet makes the stages, and starts the node that answers the API.
func newFleet(t *testing.T, stages int) *fleet {
	t.Helper()
	f := &fleet{cluster: newBare(t, built(t)), server: pgtest.New(t, pgtest.Options{Durable: true}), stages: stages}
	f.database = f.server.Database(t)
	f.control = f.makeNode("control", "control", f.database)
	f.control.start()
	f.control.await()
	for i := range 3 {
		f.gateways = append(f.gateways, f.makeNode(fmt.Sprint("gateway-", i+1), "gateway", f.database))
	}
	n := f.control
	n.must("POST", "/restapis", `{"name": "a", "tags": {"_custom_id_": "`+model+`"}}`, nil)
	n.must("PUT", "/restapis/"+model+"?mode=overwrite", largerDefinition(), nil)
	n.must("POST", "/restapis/"+model+"/deployments", `{"stageName": "`+prod+`", "variables": {"v": "0"}}`, nil)
	st, err := store.Open(t.Context(), store.Options{URL: f.database})
	if err != nil {
		t.Fatal(err)
	}
	f.store = st
	t.Cleanup(func() { _ = st.Close() })
	f.read(snapshot.ServedStage, snapshot.ServedID(model, prod), &f.stage)
	f.read(snapshot.ServedDeployment, snapshot.ServedID(model, f.stage.DeploymentID), &f.deployment)
	begun := time.Now()
	const atOnce = 250
	for from := 0; from < stages; from += atOnce {
		var rows []store.Served
		for i := from; i < min(from+atOnce, stages); i++ {
			rows = append(rows, f.deploymentRow(i, f.stage.DeploymentID), f.stageRow(i, f.stage.DeploymentID, strconv.Itoa(i)))
		}
		f.publish(rows)
	}
	t.Logf("%d stages are published in %v", stages, time.Since(begun).Round(time.Millisecond))
	return f
}

// largerDefinition is definition with some more resources.
func largerDefinition() string {
	var more strings.Builder
	for i := range 10 {
		fmt.Fprintf(&more, `"/things%d/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"200": {"description": "ok"}},
	"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
	"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "{\"id\": \"$util.escapeJavaScript($input.params('id'))\", \"kind\": %[1]d, \"stage\": \"$context.stage\"}"}}}}}},
	`, i)
	}
	return strings.Replace(definition, `"/keyed"`, more.String()+`"/keyed"`, 1)
}

func (f *fleet) read(kind, id string, out any) {
	f.t.Helper()
	row, err := f.store.Served(f.t.Context(), kind, id)
	if err == nil {
		err = json.Unmarshal(row.Data, out)
	}
	if err != nil {
		f.t.Fatal(kind, id, err)
	}
}

// apiOf is the id of a copy's API.
func apiOf(i int) string { return fmt.Sprintf("copy%06d", i) }

func (f *fleet) stageRow(i int, deployment, v string) store.Served {
	st := f.stage
	st.APIID, st.DeploymentID, st.Variables = apiOf(i), deployment, map[string]string{"v": v}
	return f.row(snapshot.ServedStage, snapshot.ServedID(st.APIID, st.Name), &st)
}

func (f *fleet) deploymentRow(i int, deployment string) store.Served {
	d := f.deployment
	d.APIID, d.ID = apiOf(i), deployment
	return f.row(snapshot.ServedDeployment, snapshot.ServedID(d.APIID, d.ID), &d)
}

func (f *fleet) row(kind, id string, served any) store.Served {
	f.t.Helper()
	data, err := snapshot.Encode(kind, served)
	if err != nil {
		f.t.Fatal(err)
	}
	return store.Served{Kind: kind, ID: id, Data: data}
}

// publish publishes rows in one commit.
func (f *fleet) publish(rows []store.Served) store.Revision {
	f.t.Helper()
	rev, err := f.store.Write(f.t.Context(), store.Scope{}, func(tx *store.Tx) error {
		for _, row := range rows {
			if err := tx.Publish(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return rev
}

// boot starts nodes at once, waits until each says that it is ready and what is wanted of
// the database, and returns how long the last took.
func (f *fleet) boot(database string, nodes ...*node) time.Duration {
	f.t.Helper()
	begun := time.Now()
	for _, n := range nodes {
		n.start()
	}
	for _, n := range nodes {
		n.awaitThat(database)
	}
	return time.Since(begun)
}

// halt kills nodes; forget takes away what they had on their disks as well.
func (f *fleet) halt(forget bool, nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		n.kill()
		if !forget {
			continue
		}
		if err := os.RemoveAll(filepath.Join(f.dir, n.name)); err != nil {
			f.t.Fatal(err)
		}
	}
}

// firstCalls has the first n copies' stages called at a node, each by two clients at once, and
// returns how long each call took.
func (f *fleet) firstCalls(at *node, n int) (took []time.Duration) {
	f.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var next atomic.Int64
	for range 8 {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= 2*n {
					return
				}
				begun := time.Now()
				got := at.stageSays(i / 2)
				d := time.Since(begun)
				mu.Lock()
				if took = append(took, d); got != strconv.Itoa(i/2) {
					f.t.Errorf("%s: the stage of %s says %q", at.name, apiOf(i/2), got)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return took
}

// stageSays is what the stage of a copy answers: its variable v, or why there is none.
func (n *node) stageSays(i int) string {
	status, text, err := n.get(n.url + "/_aws/execute-api/" + apiOf(i) + "/" + prod + "/")
	if err != nil || status != http.StatusOK {
		return fmt.Sprint(status, " ", text, " ", err)
	}
	return text
}

// memory is a figure of a node's process that Linux has, such as VmHWM, in MiB.
func (n *node) memory(name string) int {
	n.c.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		n.c.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(status), name+":")
	kib := 0
	_, _ = fmt.Sscan(line, &kib)
	return kib >> 10
}

// metric is a number of a node's metrics.
func (n *node) metric(name string) float64 {
	n.c.t.Helper()
	_, body, err := n.get(n.admin + "/_gatehouse/metrics")
	if err != nil {
		n.c.t.Fatal(err)
	}
	_, rest, found := strings.Cut(body, "\n"+name+" ")
	if !found {
		n.c.t.Fatalf("%s has no metric %s", n.name, name)
	}
	line, _, _ := strings.Cut(rest, "\n")
	v, err := strconv.ParseFloat(line, 64)
	if err != nil {
		n.c.t.Fatal(err)
	}
	return v
}

// revision is up to where a node has read what was published.
func (n *node) revision() store.Revision {
	n.c.t.Helper()
	_, body, err := n.get(n.admin + "/_gatehouse/ready")
	var says struct{ Revision store.Revision }
	if err == nil {
		err = json.Unmarshal([]byte(body), &says)
	}
	if err != nil {
		n.c.t.Errorf("%s: %v", n.name, err)
	}
	return says.Revision
}
