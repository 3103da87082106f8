package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// definition is an API that answers the variable v of its stage, at /keyed to those with an
// API key.
const definition = `{"openapi": "3.0.1", "info": {"title": "a", "version": "1"}, "paths": {
	"/": {"get": {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
		"responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "$stageVariables.v"}}}}}},
	"/keyed": {"get": {"security": [{"key": []}], "responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
		"responses": {"default": {"statusCode": "200"}}}}}},
	"components": {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}}`

// What the load is.
var registers = []string{"w0", "w1"}

const (
	readers    = 3
	pause      = 25 * time.Millisecond // of each client between calls
	quota      = 300
	quotaValue = "the-value-of-the-key-with-a-quota"
)

// A load is the clients, and what they have seen.
type load struct {
	c        *cluster
	h        History
	plan     string // of the keys that come and go
	admitted atomic.Int64
	cuts     int // of nodes from Redis
	stop     context.CancelFunc
	wg       sync.WaitGroup
}

// begin makes what the clients use, and starts them.
func begin(c *cluster) *load {
	l := &load{c: c}
	n := c.nodes[0]
	for _, api := range registers {
		n.must("POST", "/restapis", `{"name": "a", "tags": {"_custom_id_": "`+api+`"}}`, nil)
		n.must("PUT", "/restapis/"+api+"?mode=overwrite", definition, nil)
		n.must("POST", "/restapis/"+api+"/deployments", `{"stageName": "prod", "variables": {"v": "0"}, "description": "0"}`, nil)
	}
	stages := `"apiStages": [{"apiId": "w0", "stage": "prod"}]`
	var plan, limited, key struct{ ID string }
	n.must("POST", "/usageplans", `{"name": "keys", `+stages+`}`, &plan)
	n.must("POST", "/usageplans", fmt.Sprintf(`{"name": "quota", "quota": {"limit": %d, "period": "MONTH"}, %s}`, quota, stages), &limited)
	n.must("POST", "/apikeys", `{"name": "quota", "enabled": true, "value": "`+quotaValue+`"}`, &key)
	n.must("POST", "/usageplans/"+limited.ID+"/keys", `{"keyId": "`+key.ID+`", "keyType": "API_KEY"}`, nil)
	l.plan = plan.ID
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.c.t.Cleanup(l.end)
	for _, api := range registers {
		l.wg.Go(func() { l.write(ctx, api) })
	}
	for i := range readers {
		l.wg.Go(func() { l.read(ctx, fmt.Sprint("reader ", i)) })
	}
	l.wg.Go(func() { l.keys(ctx) })
	l.wg.Go(func() {
		for rest(ctx) {
			l.limited()
		}
	})
	return l
}

// end ends the clients. It may be called again.
func (l *load) end() {
	l.stop()
	l.wg.Wait()
}

// rest waits between two calls of a client.
func rest(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}

// any is one of the nodes: mostly of those that are up, as of a balancer that asks
// whether they are ready.
func (l *load) any() *node {
	for range 10 {
		if n := l.c.nodes[rand.IntN(len(l.c.nodes))]; n.now().up || rand.IntN(8) == 0 {
			return n
		}
	}
	return l.c.nodes[0]
}

// write writes to a register: to a variable of a stage, or by a deployment.
func (l *load) write(ctx context.Context, api string) {
	for value := 1; rest(ctx); value++ {
		method, path, body := "PATCH", "/restapis/"+api+"/stages/prod", fmt.Sprintf(`{"patchOperations": [{"op": "replace", "path": "/variables/v", "value": "%d"}]}`, value)
		deploys := value%5 == 0
		if deploys {
			method, path, body = "POST", "/restapis/"+api+"/deployments", fmt.Sprintf(`{"stageName": "prod", "variables": {"v": "%d"}, "description": "%[1]d"}`, value)
		}
		n := l.any()
		w := Write{Register: api, Value: value, Begun: time.Now()}
		status, text, err := n.do(method, n.url+path, body, "")
		w.Ended, w.Acked = time.Now(), err == nil && status/100 == 2
		w.Refused = err == nil && status == http.StatusServiceUnavailable && notDone(text)
		if err == nil && !w.Acked && status != http.StatusServiceUnavailable {
			l.c.t.Errorf("%s answers a write: %d %s", n.name, status, text)
		}
		l.h.Wrote(w)
		if deploys {
			l.h.Kept(Member{Set: "deployments of " + api, Name: strconv.Itoa(value), Added: fate(w.Acked)})
		}
	}
}

// notDone reports whether an answer says that what was asked for was not done, and will not be.
func notDone(text string) bool {
	for _, says := range []string{"nothing was done", "was undone", "has not read yet what was done meanwhile"} {
		if strings.Contains(text, says) {
			return true
		}
	}
	return false
}

func fate(acked bool) Fate {
	if acked {
		return Acked
	}
	return Unknown
}

// read reads the registers through all nodes by turns.
func (l *load) read(ctx context.Context, client string) {
	for i := 0; rest(ctx); i++ {
		n := l.c.nodes[i%len(l.c.nodes)]
		api := registers[rand.IntN(len(registers))]
		state := n.now()
		if !state.up && rand.IntN(4) > 0 {
			continue
		}
		l.h.Has(l.look(n, client, api, state))
	}
}

func (l *load) look(n *node, client, api string, before state) Read {
	r := Read{Client: client, Node: n.name, Register: api, Begun: time.Now()}
	status, text, err := n.get(n.url + "/_aws/execute-api/" + api + "/prod/")
	r.Ended = time.Now()
	if err == nil && status == http.StatusOK {
		r.Value, err = strconv.Atoi(text)
	} else if err == nil {
		err = fmt.Errorf("%d %s", status, text)
	}
	if err != nil {
		r.Err = err.Error()
	}
	state := n.since(before)
	r.Up, r.Leased = state.up, state.leased
	return r
}

// keys makes keys, deletes each second, and uses those that were deleted.
func (l *load) keys(ctx context.Context) {
	for i := 0; rest(ctx); i++ {
		n := l.any()
		name := fmt.Sprint("key-", i)
		value := "the-value-of-the-key-" + strconv.Itoa(1000+i)
		m := Member{Set: "keys", Name: name, Added: Unknown}
		var key struct{ ID string }
		status, text, err := n.do("POST", n.url+"/apikeys", `{"name": "`+name+`", "enabled": true, "value": "`+value+`"}`, "")
		if err == nil && status == http.StatusCreated && json.Unmarshal([]byte(text), &key) == nil {
			m.Added = Acked
			status, _, err = n.do("POST", n.url+"/usageplans/"+l.plan+"/keys", `{"keyId": "`+key.ID+`", "keyType": "API_KEY"}`, "")
			if i%2 == 0 {
				m.Removed = Unknown
				other := l.any()
				planned := err == nil && status/100 == 2
				if planned { // it may be in a cache where it is deleted
					_, _, _ = other.do("GET", other.url+"/_aws/execute-api/w0/prod/keyed", "", value)
				}
				status, _, err = other.do("DELETE", other.url+"/apikeys/"+key.ID, "", "")
				if err == nil && status == http.StatusAccepted {
					m.Removed = Acked
					l.useDeleted(other, value, time.Now())
				}
			}
		}
		l.h.Kept(m)
	}
}

// useDeleted uses a deleted key at all nodes, at once and again when all have to refuse it.
func (l *load) useDeleted(by *node, value string, acked time.Time) {
	for _, wait := range []time.Duration{0, KeyTime} {
		time.Sleep(wait)
		for _, n := range l.c.nodes {
			before := n.now()
			if !before.up {
				continue
			}
			u := Use{Key: value, Node: n.name, Own: n == by, Acked: acked, Begun: time.Now()}
			status, _, err := n.do("GET", n.url+"/_aws/execute-api/w0/prod/keyed", "", value)
			u.Accepted, u.Leased = err == nil && status == http.StatusOK, n.since(before).leased
			l.h.Used(u)
		}
	}
}

// limited makes a call that counts for the quota. It reports whether it was refused for
// being over that.
func (l *load) limited() (over bool) {
	n := l.any()
	status, _, err := n.do("GET", n.url+"/_aws/execute-api/w0/prod/keyed", "", quotaValue)
	if err == nil && status == http.StatusOK {
		l.admitted.Add(1)
	}
	return err == nil && status == http.StatusTooManyRequests
}

// ends is what all nodes have in the end: by their stages and by their APIs.
func (l *load) ends() (out []End) {
	for _, n := range l.c.nodes {
		stages := End{Node: n.name, Registers: map[string]int{}}
		api := End{Node: n.name + "'s API", Registers: map[string]int{}, Sets: map[string][]string{}}
		for _, id := range registers {
			r := l.look(n, "end", id, n.now())
			if r.Err != "" {
				l.c.t.Errorf("%s: %s", n.name, r.Err)
			}
			stages.Registers[id] = r.Value
			var stage struct{ Variables struct{ V string } }
			n.must("GET", "/restapis/"+id+"/stages/prod", "", &stage)
			api.Registers[id], _ = strconv.Atoi(stage.Variables.V)
			api.Sets["deployments of "+id] = l.all(n, "/restapis/"+id+"/deployments", "description")
		}
		api.Sets["keys"] = l.all(n, "/apikeys", "name")
		stages.Sets = api.Sets
		out = append(out, stages, api)
	}
	return out
}

// all reads a list to its end.
func (l *load) all(n *node, path, field string) (out []string) {
	position := ""
	for {
		var page struct {
			Item     []map[string]any
			Position string
		}
		n.must("GET", path+"?limit=500"+position, "", &page)
		for _, item := range page.Item {
			text, _ := item[field].(string)
			out = append(out, text)
		}
		if page.Position == "" {
			return out
		}
		position = "&position=" + page.Position
	}
}
