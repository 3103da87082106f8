package control_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A load is a control plane that is called without sockets: what is measured
// is the server's work from the request's bytes to the answer's.
type load struct {
	testing.TB
	*control.Service
	dir     string
	store   *store.Store
	handler http.Handler
	api     string
	ids     []string // of the resources
}

// newLoad makes an API of n resources besides the root, each with a GET to an
// HTTP backend. dir is where its store lies, "" for memory.
func newLoad(b testing.TB, dir string, n int) *load {
	b.Helper()
	l := &load{TB: b, dir: dir}
	l.open()
	b.Cleanup(l.close)
	l.api, l.ids = l.build(n)
	return l
}

func (l *load) open() {
	l.Helper()
	log := slog.New(slog.NewTextHandler(l.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})) // the cause of a 500
	o := store.Options{Dir: l.dir, Log: log}
	if strings.HasPrefix(l.dir, "postgres://") {
		o.Dir, o.URL = "", l.dir
	}
	var err error
	if l.store, err = store.Open(context.Background(), o); err != nil {
		l.Fatal(err)
	}
	l.Service = control.New(control.Options{Store: l.store, Log: log})
	l.handler, err = wire.NewServer(wire.ServerOptions{
		Handlers: l.Handlers(), Authenticate: control.OpenAuthenticator(testAccount, testRegion), Log: log,
	})
	if err != nil {
		l.Fatal(err)
	}
}

func (l *load) close() {
	if err := l.store.Close(); err != nil {
		l.Error(err)
	}
}

// reopen forgets what the store has measured.
func (l *load) reopen() {
	l.Helper()
	l.close()
	l.open()
}

// build makes an API of n resources, which it returns.
func (l *load) build(n int) (id string, resources []string) {
	l.Helper()
	api := must(l.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "load"}))(l)
	group := ""
	for i := range n {
		parent := *api.RootResourceID
		if i%10 > 0 {
			parent = group
		}
		r := must(l.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: *api.ID, ParentID: parent, PathPart: fmt.Sprintf("resource%d", i)}))(l)
		if i%10 == 0 {
			group = *r.ID
		}
		resources = append(resources, *r.ID)
		l.putMethod(*api.ID, *r.ID)
	}
	return *api.ID, resources
}

func (l *load) putMethod(api, resource string) {
	l.Helper()
	must(l.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: api, ResourceID: resource, HTTPMethod: "GET", AuthorizationType: "NONE", RequestParameters: map[string]bool{"method.request.querystring.q": false}}))(l)
	must(l.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{
		RestAPIID: api, ResourceID: resource, HTTPMethod: "GET", Type: "HTTP", IntegrationHTTPMethod: new("GET"), URI: new("http://127.0.0.1:8080/backend"),
		RequestParameters: map[string]string{"integration.request.querystring.q": "method.request.querystring.q"},
		RequestTemplates:  map[string]*string{"application/json": new(`{"id": "$input.params('id')", "body": $input.json('$')}`)},
	}))(l)
}

func (l *load) call(method, target, body string, want int) {
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, httptest.NewRequest(method, target, bytes.NewBufferString(body)))
	if w.Code != want {
		l.Fatalf("%s %s: got status %d: %s", method, target, w.Code, w.Body)
	}
}

const methodResponse = `{"responseParameters": {"method.response.header.X-A": true, "method.response.header.X-B": false}, "responseModels": {"application/json": "Empty"}}`

// putNext puts the i-th method response: each resource's GET gets the status
// codes one after the other.
func (l *load) putNext(i int) {
	resource, status := l.ids[i%len(l.ids)], 100+i/len(l.ids)%500
	l.call("PUT", fmt.Sprintf("/restapis/%s/resources/%s/methods/GET/responses/%d", l.api, resource, status), methodResponse, 201)
}

// cpu is the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure reports what a call costs, and how much of that is the processor's:
// of a busy machine that alone says something.
func measure(b *testing.B, call func()) {
	b.ReportAllocs()
	used := cpu()
	for b.Loop() {
		call()
	}
	b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
}

// fill gives each resource's GET n method responses, with the status codes that
// putNext comes to last.
func (l *load) fill(n int) {
	l.Helper()
	for _, id := range l.ids {
		for status := 599; status > 599-n; status-- {
			l.call("PUT", fmt.Sprintf("/restapis/%s/resources/%s/methods/GET/responses/%d", l.api, id, status), methodResponse, 201)
		}
	}
}

// BenchmarkPutMethodResponse is the whole operation, one caller after the
// other, on methods that have some responses already. It takes away what it put
// when that is a hundred for each method.
func BenchmarkPutMethodResponse(b *testing.B) {
	for _, engine := range []string{"memory", "durable"} {
		for _, responses := range []int{0, 160} {
			b.Run(fmt.Sprintf("%s/responses=%d", engine, responses), func(b *testing.B) {
				dir := ""
				if engine == "durable" {
					dir = b.TempDir()
				}
				l := newLoad(b, dir, 10)
				l.fill(responses)
				b.ReportAllocs()
				var used time.Duration
				n := 0
				for b.Loop() {
					if n == 100*len(l.ids) {
						b.StopTimer()
						l.takeAway(n)
						n = 0
						b.StartTimer()
					}
					start := cpu()
					l.putNext(n)
					used += cpu() - start
					n++
				}
				b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
			})
		}
	}
}

// takeAway deletes what n calls of putNext put.
func (l *load) takeAway(n int) {
	l.Helper()
	for i := range n {
		must(l.DeleteMethodResponse(ctx(), who, &wire.DeleteMethodResponseRequest{
			RestAPIID: l.api, ResourceID: l.ids[i%len(l.ids)], HTTPMethod: "GET", StatusCode: fmt.Sprint(100 + i/len(l.ids)%500),
		}))(l)
	}
}

// TestResponsesCostTheSame holds what a response costs against how many the
// method has already, in bytes of memory: time would be a busy machine's.
func TestResponsesCostTheSame(t *testing.T) {
	cost := func(responses int) map[string]uint64 {
		l := newLoad(t, "", 1)
		l.fill(responses)
		method := "/restapis/" + l.api + "/resources/" + l.ids[0] + "/methods/GET"
		bytes := make(map[string]uint64)
		for _, op := range []struct {
			name, method, path, body string
			want                     int
		}{
			{"PutMethodResponse", "PUT", "/responses/1%02d", methodResponse, 201},
			{"UpdateMethodResponse", "PATCH", "/responses/1%02d", `{"patchOperations": [{"op": "add", "path": "/responseParameters/method.response.header.X-C", "value": "true"}]}`, 201},
			{"PutIntegrationResponse", "PUT", "/integration/responses/1%02d", `{"selectionPattern": "a"}`, 201},
			{"DeleteIntegrationResponse", "DELETE", "/integration/responses/1%02d", "", 204},
			{"DeleteMethodResponse", "DELETE", "/responses/1%02d", "", 204},
		} {
			bytes[op.name] = allocated(func() {
				for i := range 50 {
					l.call(op.method, method+fmt.Sprintf(op.path, i), op.body, op.want)
				}
			})
		}
		return bytes
	}
	few, many := cost(0), cost(160)
	for op := range few {
		if many[op] > few[op]*5/4 {
			t.Errorf("%s: got %d bytes on a method with 160 responses, %d on one without", op, many[op], few[op])
		}
	}
}

// allocated is how many bytes of memory fn takes, given back or not.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkConcurrentWrites is 32 callers who wait for their writes to be
// durable. However long it runs, a method gets no more than ten responses.
func BenchmarkConcurrentWrites(b *testing.B) {
	postgres := pgtest.New(b, pgtest.Options{Durable: true})
	b.Run("disk", func(b *testing.B) { benchConcurrentWrites(b, b.TempDir()) })
	b.Run("postgres", func(b *testing.B) { benchConcurrentWrites(b, postgres.Database(b)) })
}

func benchConcurrentWrites(b *testing.B, dir string) {
	l := newLoad(b, dir, 100)
	l.grow(b.N / 10)
	b.ReportAllocs()
	b.SetParallelism(32 / runtime.GOMAXPROCS(0))
	var next atomic.Int64
	b.ResetTimer()
	start, used := time.Now(), cpu()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.putNext(int(next.Add(1) - 1))
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "writes/s")
	b.ReportMetric(float64((cpu()-used).Microseconds())/float64(b.N), "cpu-µs/op")
}

func BenchmarkGetResources(b *testing.B) {
	for _, tt := range []struct{ name, query string }{{"plain", ""}, {"embedded", "&embed=methods"}} {
		b.Run(tt.name, func(b *testing.B) {
			l := newLoad(b, b.TempDir(), 300)
			measure(b, func() { l.call("GET", "/restapis/"+l.api+"/resources?limit=500"+tt.query, "", 200) })
		})
	}
}

func BenchmarkCreateDeployment(b *testing.B) {
	l := newLoad(b, b.TempDir(), 300)
	measure(b, func() { l.call("POST", "/restapis/"+l.api+"/deployments", "{}", 201) })
}

// large is a definition of a number of resources, two of them for each thing: with four
// methods, of which one is for CORS, a model, and an authorizer for all of them.
func large(t testing.TB, resources int) []byte {
	t.Helper()
	doc := members{}
	for i := range resources / 2 {
		name := strconv.Itoa(i)
		renamed := strings.NewReplacer("/items", "/items"+name, "Item", "Item"+name)
		for _, part := range append([]fragment{corpusBase}, corpusSurroundings...) {
			if part.name == "" || part.name == "CORS" || part.name == "token authorizer" {
				for _, text := range []string{part.openapi, part.both} {
					mergeMembers(doc, yamlObject(t, renamed.Replace(text)))
				}
			}
		}
		for _, at := range [][2]string{{"/items" + name, "get"}, {"/items" + name, "post"}, {"/items" + name + "/{id}", "get"}} {
			doc["paths"].(members)[at[0]].(members)[at[1]].(members)["x-amazon-apigateway-integration"] = yamlObject(t, corpusIntegrations[i%len(corpusIntegrations)].both)
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func BenchmarkGetExport(b *testing.B) {
	e := exportBenchOn(b, newBench(b), large(b, 300))
	for _, format := range []string{"oas30", "swagger"} {
		for _, accept := range accepts {
			b.Run(format+" "+accept, func(b *testing.B) {
				in := &wire.GetExportRequest{RestAPIID: e.api, StageName: "prod", ExportType: format, Parameters: map[string]string{"extensions": "apigateway"}, Accepts: &accept}
				size := 0
				measure(b, func() { size = len(must(e.GetExport(ctx(), who, in))(b).Body) })
				b.SetBytes(int64(size))
			})
		}
	}
}

func BenchmarkImport(b *testing.B) {
	for name, text := range map[string][]byte{"petstore": definition(b, "petstore.openapi.yaml"), "300 resources": large(b, 300)} {
		b.Run(name, func(b *testing.B) {
			l := newLoad(b, b.TempDir(), 0)
			measure(b, func() { l.call("PUT", "/restapis/"+l.api+"?mode=overwrite", string(text), 200) })
			b.SetBytes(int64(len(text)))
		})
	}
}
