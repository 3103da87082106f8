//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// versioned is an API that answers the variable v of its stage, at /keyed to those with an
// API key.
const versioned = `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {
	"/": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
		"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "$stageVariables.v"}}}}}},
	"/keyed": {"get": {"security": [{"key": []}], "responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
		"responses": {"default": {"statusCode": "200"}}}}}},
	"components": {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}}`

// A testNode is a server that shares a database with others.
type testNode struct {
	*process
	plane, stages, health string // URLs; "" for none
}

var healthLine = regexp.MustCompile(`(?m)^Health +(http://\S+)/_gatehouse/ready$`)

// launchNode starts a node, of a data directory below dir that has its name.
func launchNode(t *testing.T, dir, name, database, role string, more ...string) *testNode {
	t.Helper()
	args := []string{"serve", "--database", database, "--data-dir", name, "--secrets-key-file", "secrets.key", "--admin-listen", "127.0.0.1:0"}
	if role != "gateway" {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	if role != "control" {
		args = append(args, "--gateway-listen", "127.0.0.1:0", "--access-log", "/dev/null")
	}
	if role != "" {
		args = append(args, "--role", role)
	}
	p, err := launch(dir, append(args, more...)...)
	if err == nil {
		t.Cleanup(p.kill)
		err = p.waitFor(`^Ready\.$`)
	}
	if err != nil {
		t.Fatal(err)
	}
	return nodeOf(p)
}

// nodeOf is a node that has printed where it is.
func nodeOf(p *process) *testNode {
	n := &testNode{process: p, health: healthLine.FindStringSubmatch(p.printed())[1]}
	if at := urlLine.FindStringSubmatch(p.printed()); at != nil {
		n.plane = at[2]
	}
	if at := stagesLine.FindStringSubmatch(p.printed()); at != nil {
		n.stages = "http://" + at[1]
	}
	return n
}

// newNodesDir is a directory for nodes, with the keys that they share.
func newNodesDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.key"), []byte(strings.Repeat("01", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// setVersion changes the variable v of the stage.
func (n *testNode) setVersion(t *testing.T, v string) reply {
	t.Helper()
	return exchange(t, "PATCH", n.plane+"/restapis/a/stages/prod", []byte(`{"patchOperations": [{"op": "replace", "path": "/variables/v", "value": "`+v+`"}]}`))
}

// version is the variable v of the stage, as the node serves it.
func (n *testNode) version(t *testing.T) string {
	t.Helper()
	got := exchange(t, "GET", n.stages+"/_aws/execute-api/a/prod/", nil)
	return fmt.Sprint(got.status, " ", got.body)
}

// ready is what the node says of itself.
func (n *testNode) ready(t *testing.T) (status int, says struct {
	Status, Database, Role string
}) {
	t.Helper()
	got := exchange(t, "GET", n.health+"/_gatehouse/ready", nil)
	if err := json.Unmarshal([]byte(got.body), &says); err != nil {
		t.Fatal(err)
	}
	return got.status, says
}

// becomes waits until what is to happen has happened.
func becomes(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("in vain: ", what)
		}
	}
}

// TestNodes has a node that answers the API and two that serve stages: what one acknowledges
// all serve, also one that was stopped meanwhile, and each serves on without the database.
func TestNodes(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t, pgtest.Options{})
	database, dir := server.Database(t), newNodesDir(t)
	control := launchNode(t, dir, "control", database, "control")
	names := []string{"one", "two"}
	gateway := func(i int) *testNode {
		return launchNode(t, dir, names[i], database, "gateway", "--drain-delay", "500ms")
	}
	gateways := []*testNode{gateway(0), gateway(1)}
	deployAPI(t, control.plane, "a", versioned)
	served := func(n *testNode, want string) {
		t.Helper()
		if got := n.version(t); got != want {
			t.Errorf("%s serves %s, want %s", n.stages, got, want)
		}
	}
	var took []time.Duration
	for i := range 20 {
		begun := time.Now()
		if got := control.setVersion(t, fmt.Sprint("v", i)); got.status != 200 {
			t.Fatal(got)
		}
		took = append(took, time.Since(begun))
		for _, n := range gateways {
			served(n, fmt.Sprint("200 v", i))
		}
	}
	slices.Sort(took)
	t.Logf("a change that all nodes serve: %v in the middle, %v at the most", took[len(took)/2], took[len(took)-1])
	if took[len(took)/2] > time.Second {
		t.Errorf("it takes %v", took)
	}
	t.Run("roles", func(t *testing.T) {
		for path, want := range map[string]int{"/_aws/execute-api/a/prod/": 421, "/restapis/a/prod/_user_request_/": 421, "/restapis/a": 200} {
			if got := exchange(t, "GET", control.plane+path, nil); got.status != want {
				t.Errorf("control: %s: %v", path, got)
			}
		}
		for path, want := range map[string]int{"/restapis": 403, "/_gatehouse/nodes": 403} {
			if got := exchange(t, "GET", gateways[0].stages+path, nil); got.status != want {
				t.Errorf("gateway: %s: %v", path, got)
			}
		}
	})
	t.Run("list", func(t *testing.T) {
		var r nodesReport
		if err := json.Unmarshal([]byte(exchange(t, "GET", control.plane+nodesPage, nil).body), &r); err != nil {
			t.Fatal(err)
		}
		roles := ""
		for _, n := range r.Nodes {
			roles += n.Role + " "
			if n.Version == "" || n.Heard > 5 || n.Address == "" {
				t.Errorf("%+v", n)
			}
		}
		if words := strings.Fields(roles); len(words) != 3 || r.Database != "follows" || strings.Count(roles, "gateway") != 2 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("keys", func(t *testing.T) { deletedKey(t, control, gateways) })
	t.Run("stopped", func(t *testing.T) { stoppedNode(t, control, gateways[0], gateways[1]) })
	t.Run("restarted", func(t *testing.T) { rollingRestart(t, gateways, gateway) })
	one, two := gateways[0], gateways[1]
	t.Run("control stopped", func(t *testing.T) { stoppedControl(t, control, gateways) })
	t.Run("without the database", func(t *testing.T) {
		server.Halt(t)
		for _, n := range gateways {
			served(n, "200 after")
		}
		if got := control.setVersion(t, "lost"); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("a write without the database: %v", got)
		}
		becomes(t, "the node says that the database is away", func() bool { status, says := one.ready(t); return status == 200 && says.Database == "away" })
		two.kill()
		again := launchNode(t, dir, "two", database, "gateway")
		served(again, "200 after")
		if status, says := again.ready(t); status != 200 || says.Database != "away" {
			t.Errorf("a node that has started without the database: %d %+v", status, says)
		}
		server.Restart(t)
		becomes(t, "writes are taken again", func() bool { return control.setVersion(t, "back").status == 200 })
		for _, n := range []*testNode{one, again} {
			becomes(t, "it is followed again", func() bool { return n.version(t) == "200 back" })
			becomes(t, "it says so", func() bool { status, says := n.ready(t); return status == 200 && says.Database == "follows" })
		}
	})
}

// deletedKey deletes a key, which no node takes any more when that is acknowledged.
func deletedKey(t *testing.T, control *testNode, gateways []*testNode) {
	post := func(path, body string) (out struct{ ID, Value string }) {
		t.Helper()
		got := exchange(t, "POST", control.plane+path, []byte(body))
		if err := json.Unmarshal([]byte(got.body), &out); err != nil || got.status != 201 {
			t.Fatal(path, got)
		}
		return out
	}
	key := post("/apikeys", `{"name": "k", "enabled": true, "value": "a-value-of-a-key-that-goes"}`)
	plan := post("/usageplans", `{"name": "p", "apiStages": [{"apiId": "a", "stage": "prod"}]}`)
	post("/usageplans/"+plan.ID+"/keys", `{"keyId": "`+key.ID+`", "keyType": "API_KEY"}`)
	expect := func(want int) {
		t.Helper()
		for _, n := range gateways {
			if got := exchange(t, "GET", n.stages+"/_aws/execute-api/a/prod/keyed", nil, "x-api-key: "+key.Value); got.status != want {
				t.Errorf("%s answers %v, want %d", n.stages, got, want)
			}
		}
	}
	expect(200)
	if got := exchange(t, "DELETE", control.plane+"/apikeys/"+key.ID, nil); got.status != 202 {
		t.Fatal(got)
	}
	expect(403)
}

// stoppedNode stops a node and, after others have done without it, has it go on: it is not
// ready before it serves what they did.
func stoppedNode(t *testing.T, control, one, two *testNode) {
	if err := two.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if got := control.setVersion(t, "meanwhile"); got.status != 200 {
		t.Fatal(got)
	}
	if took := time.Since(begun); took < time.Second {
		t.Errorf("a change is acknowledged after %v, when a node that is live does not serve it", took)
	}
	becomes(t, "the node is given up", func() bool {
		return strings.Count(exchange(t, "GET", control.plane+nodesPage, nil).body, `"gateway"`) == 1
	})
	if got := control.setVersion(t, "after"); got.status != 200 {
		t.Fatal(got)
	}
	if got := one.version(t); got != "200 after" {
		t.Errorf("the other serves %s", got)
	}
	var first [4]string // asked while it is stopped, so that nothing comes before
	var clients sync.WaitGroup
	for i := range first {
		clients.Go(func() { first[i] = two.version(t) })
	}
	time.Sleep(100 * time.Millisecond) // the requests are at its socket
	if err := two.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	clients.Wait()
	for _, got := range first {
		if got != "200 after" {
			t.Errorf("when it goes on it serves %s", got)
		}
	}
	becomes(t, "the node is ready", func() bool { status, _ := two.ready(t); return status == 200 })
	if got := two.version(t); got != "200 after" {
		t.Errorf("it is ready and serves %s", got)
	}
}

// stoppedControl stops the node that answers the API: when it goes on it takes no change
// before it has its lease back, and every one then.
func stoppedControl(t *testing.T, control *testNode, gateways []*testNode) {
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := control.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	time.Sleep(store.LeaseTime + 200*time.Millisecond) // the time is what is tested
	signal(syscall.SIGCONT)
	refused := 0
	becomes(t, "changes are taken again", func() bool {
		got := control.setVersion(t, "after")
		if got.status == http.StatusServiceUnavailable && got.header.Get("Retry-After") == "1" {
			refused++
		} else if got.status != 200 {
			t.Fatal(got)
		}
		return got.status == 200
	})
	for _, n := range gateways {
		if got := n.version(t); got != "200 after" {
			t.Errorf("%s serves %s", n.stages, got)
		}
	}
	if err := control.waitFor("the lease of this node had run out"); err != nil {
		t.Error(err)
	}
	t.Logf("%d changes refused", refused)
}
