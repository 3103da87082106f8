package pipeline

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// answered is the template of answers that tell which call they were made for.
const answered = `$context.requestId $context.deploymentId $input.params('id') $input.params('q') $input.params('X-User') $context.httpMethod`

// cachedDeployment is an API whose methods answer with their call's own id: /pets/{id}
// by all that a key can have, /one and /other with a namespace in common, /any by no
// parameter.
func cachedDeployment(id string) *snapshot.Deployment {
	method := func(verb string, edit func(*snapshot.Integration)) snapshot.Method {
		m := mock(respond(answered)).Methods[0]
		m.HTTPMethod = verb
		edit(&m.Integration)
		return m
	}
	keyed := func(in *snapshot.Integration) {
		in.CacheKeyParameters = []string{"method.request.path.id", "integration.request.querystring.q", "method.request.header.X-User"}
		in.RequestParameters = map[string]string{"integration.request.querystring.q": "method.request.querystring.q"}
	}
	shared := func(in *snapshot.Integration) { in.CacheNamespace = "mine" }
	return &snapshot.Deployment{ID: id, APIID: "abc", Account: "000000000000", Region: "us-east-1", Resources: []snapshot.Resource{
		{ID: "r1", Path: "/pets/{id}", Methods: []snapshot.Method{method("GET", keyed), method("POST", keyed)}},
		{ID: "r2", Path: "/one", Methods: []snapshot.Method{method("GET", shared)}},
		{ID: "r3", Path: "/other", Methods: []snapshot.Method{method("GET", shared)}},
		{ID: "r4", Path: "/any", Methods: []snapshot.Method{method("ANY", func(*snapshot.Integration) {})}},
	}}
}

// caching is a stage that caches all that may be.
func caching() *snapshot.Stage {
	return &snapshot.Stage{
		APIID: "abc", Name: "prod", Account: "000000000000", Region: "us-east-1", DeploymentID: "d1", Cache: &snapshot.Cache{Bytes: 1 << 29, Life: "one"},
		MethodSettings: map[string]snapshot.MethodSetting{"*/*": {CachingEnabled: true}},
	}
}

// newCachingRig serves a stage that caches, with a cache of its own.
func newCachingRig(t testing.TB, d *snapshot.Deployment, edit func(*snapshot.Stage)) *rig {
	t.Helper()
	st, kept := caching(), cache.New(64<<20)
	t.Cleanup(kept.Close)
	if edit != nil {
		edit(st)
	}
	return &rig{d, Bind(st, Compile(d), &Services{Cache: kept})}
}

// doneOf is what came of a call.
func doneOf(resp *httpmsg.Response) (done httpmsg.Done) {
	resp.Done(&done)
	return done
}

// id is the call that an answer was made for, and whether it was another one.
func (r *rig) ask(t testing.TB, request string) (id string, hit bool) {
	t.Helper()
	resp := r.call(request)
	defer resp.Release()
	id, _, _ = strings.Cut(string(resp.Body), " ")
	own := resp.Header.Get("x-amzn-RequestId")
	var done httpmsg.Done
	resp.Done(&done)
	if hit = id != own; done.CacheHit != hit || resp.Status != 200 {
		t.Errorf("%s: status %d, %q, own id %s, done %+v", request, resp.Status, resp.Body, own, done)
	}
	return id, hit
}

// What is answered from the cache, by what the requests before had: each case is a
// list of requests and of whether they hit.
func TestCacheKeys(t *testing.T) {
	allow := func(key string) func(*snapshot.Stage) {
		return func(st *snapshot.Stage) {
			st.MethodSettings[key] = snapshot.MethodSetting{CachingEnabled: true, CachesEveryVerb: true}
		}
	}
	for name, tt := range map[string]struct {
		edit func(*snapshot.Stage)
		list []string // requests; those that begin with "= " hit
	}{
		"the same request":             {nil, []string{"GET /any", "= GET /any"}},
		"parameters outside the key":   {nil, []string{"GET /any?type=admin&department=A", "= GET /any?type=admin&department=B"}},
		"a parameter of the key":       {nil, []string{"GET /pets/1?q=a", "GET /pets/1?q=b", "= GET /pets/1?q=a&x=y", "= GET /pets/1?q=b"}},
		"absent counts as a value":     {nil, []string{"GET /pets/1", "GET /pets/1?q=a", "= GET /pets/1"}},
		"a parameter twice":            {nil, []string{"GET /pets/1?q=b", "GET /pets/1?q=a&q=b", "GET /pets/1?q=a%2Cb", "= GET /pets/1?q=a&q=b"}},
		"path parameters":              {nil, []string{"GET /pets/1", "GET /pets/2", "= GET /pets/1"}},
		"an escape in the path":        {nil, []string{"GET /pets/a%2Fb", "GET /pets/a", "= GET /pets/a%2Fb"}},
		"a header":                     {nil, []string{"GET /pets/1\nX-User: a", "GET /pets/1\nX-User: b", "GET /pets/1", "= GET /pets/1\nX-User: a"}},
		"a header in lower case":       {nil, []string{"GET /pets/1", "GET /pets/1\nx-user: a", "= GET /pets/1\nX-User: a", "GET /pets/1\nx-user: b"}},
		"a header twice":               {nil, []string{"GET /pets/1\nX-User: b", "GET /pets/1\nX-User: a\nX-User: b"}},
		"values do not run together":   {nil, []string{"GET /pets/1?q=ab\nX-User: c", "GET /pets/1?q=a\nX-User: bc"}},
		"a namespace of two resources": {nil, []string{"GET /one", "= GET /other"}},
		"resources have their own":     {nil, []string{"GET /one", "GET /any"}},
		"only GET under */*":           {nil, []string{"POST /any", "POST /any", "POST /pets/1", "POST /pets/1"}},
		"only GET under settings taken over from */*": {func(st *snapshot.Stage) {
			st.MethodSettings["/pets/{id}/POST"], st.MethodSettings["/any/ANY"] = snapshot.MethodSetting{CachingEnabled: true}, snapshot.MethodSetting{CachingEnabled: true}
		}, []string{"POST /pets/1", "POST /pets/1", "POST /any", "POST /any", "GET /any", "= GET /any"}},
		"HEAD is no GET":                      {nil, []string{"GET /any", "HEAD /any", "HEAD /any"}},
		"another verb by its own setting":     {allow("/pets/{id}/POST"), []string{"POST /pets/1", "= POST /pets/1", "GET /pets/1"}},
		"ANY by its own setting":              {allow("/any/ANY"), []string{"POST /any", "= POST /any", "GET /any", "PUT /any"}},
		"the overriding header's verb counts": {allow("/any/ANY"), []string{"GET /any", "GET /any\nX-HTTP-Method-Override: DELETE", "= DELETE /any"}},
		"off for one method":                  {func(st *snapshot.Stage) { st.MethodSettings["/any/ANY"] = snapshot.MethodSetting{} }, []string{"GET /any", "GET /any", "GET /one", "= GET /one"}},
		"a TTL of 0": {func(st *snapshot.Stage) {
			st.MethodSettings["*/*"] = snapshot.MethodSetting{CachingEnabled: true, CacheTTLSeconds: new(int32(0))}
		}, []string{"GET /any", "GET /any"}},
		"no cache":                {func(st *snapshot.Stage) { st.Cache = nil }, []string{"GET /any", "GET /any"}},
		"a cache without methods": {func(st *snapshot.Stage) { st.MethodSettings = nil }, []string{"GET /any", "GET /any"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCachingRig(t, cachedDeployment("d1"), tt.edit)
			for i, request := range tt.list {
				request, want := strings.CutPrefix(request, "= ")
				if _, hit := r.ask(t, request); hit != want {
					t.Errorf("request %d, %s: hit %t, want %t", i, request, hit, want)
				}
			}
		})
	}
}

// A key that cannot be read leaves its method uncached, and is told.
func TestUnreadableCacheKey(t *testing.T) {
	d := cachedDeployment("d1")
	d.Resources[3].Methods[0].Integration.CacheKeyParameters = []string{"integration.request.header.Nope"}
	r := newCachingRig(t, d, nil)
	for range 2 {
		if _, hit := r.ask(t, "GET /any"); hit {
			t.Error("an answer without the key is given to another request")
		}
	}
	if p := r.stage.program.Problems(); len(p) != 1 || p[0].Field != "integration.cacheKeyParameters" {
		t.Errorf("problems %v", p)
	}
}

// Answers of backends that failed are kept as all others are (reported), gateway
// responses and what is too large are not.
func TestWhatIsKept(t *testing.T) {
	method := func(edit func(*snapshot.Method)) *rig {
		return newCachingRig(t, &snapshot.Deployment{ID: "d1", APIID: "abc", Resources: []snapshot.Resource{mock(edit)}}, nil)
	}
	for name, tt := range map[string]struct {
		edit   func(*snapshot.Method)
		status int
		kept   bool
	}{
		"an answer": {nil, 200, true},
		"an error of the backend": {func(m *snapshot.Method) {
			ask(`{"statusCode": 503}`)(m)
			m.Integration.Responses[0].StatusCode, m.Responses = "503", map[string]snapshot.MethodResponse{"503": {}}
		}, 503, true},
		"a status that a template sets": {respond(`#set($context.responseOverride.status = 404)`), 404, true},
		"a part of something that is sent as the whole": {func(m *snapshot.Method) {
			ask(`{"statusCode": 206}`)(m)
		}, 200, false},
		"no change that is sent as an answer": {func(m *snapshot.Method) {
			ask(`{"statusCode": 304}`)(m)
		}, 200, false},
		"a status of a template that has no content": {respond(`#set($context.responseOverride.status = 304)`), 304, false},
		"a failure of the definition":                {respond(`#set($x = `), 500, false},
		"a body of the largest size":                 {respond(strings.Repeat("x", cache.MaxBody>>6) + `#set($y = "")`), 200, true},
		"a body that is longer than fits ":           {respond(`#foreach($i in [1..5])` + strings.Repeat("x", cache.MaxBody>>2) + `#end`), 200, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := method(tt.edit)
			for i := range 2 {
				resp := r.call("GET /x")
				var done httpmsg.Done
				resp.Done(&done)
				if resp.Status != tt.status || done.CacheHit != (i > 0 && tt.kept) || done.CacheMiss == done.CacheHit {
					t.Errorf("call %d: status %d, hit %t, miss %t", i, resp.Status, done.CacheHit, done.CacheMiss)
				}
				resp.Release()
			}
		})
	}
}

// What is kept is the method response: headers of one call alone are not, and every
// answer has its own.
func TestCachedAnswer(t *testing.T) {
	backend := newBackend(t)
	d := &snapshot.Deployment{ID: "d1", APIID: "abc", Resources: []snapshot.Resource{{ID: "r", Path: "/x", Methods: []snapshot.Method{{
		HTTPMethod: "GET", AuthorizationType: "NONE", Integration: snapshot.Integration{
			Type: "HTTP", HTTPMethod: "GET", URI: backend, TimeoutMillis: 29000, PassthroughBehavior: "WHEN_NO_MATCH",
			Responses: []snapshot.IntegrationResponse{{StatusCode: "200", Parameters: map[string]string{"method.response.header.X-Tag": "integration.response.header.X-Tag"}}},
		},
		Responses: map[string]snapshot.MethodResponse{"200": {Parameters: map[string]bool{"method.response.header.X-Tag": true}}},
	}}}}}
	st, kept := caching(), cache.New(64<<20)
	t.Cleanup(kept.Close)
	r := &rig{d, Bind(st, Compile(d), &Services{Cache: kept, Client: newRigOf(t, d).stage.services.Client})}
	first := r.call("GET /x")
	text, header := string(first.Body), show(first)
	first.Release()
	second := r.call("GET /x")
	defer second.Release()
	if string(second.Body) != text || second.Header.Get("X-Tag") != "tag" || second.Status != 200 {
		t.Errorf("got %s, want %s", show(second), header)
	}
	if ids := second.Header.Values("x-amzn-RequestId"); len(ids) != 1 {
		t.Errorf("the answer has the ids %v", ids)
	}
	if second.Header.Has("X-Amzn-Trace-Id") {
		t.Errorf("the answer has the trace of another call: %v", second.Header)
	}
}

// The three ways of dealing with clients that ask for another answer than the cached
// one.
func TestCacheControl(t *testing.T) {
	const warning = "199 Cache-control headers were ignored because the caller was unauthorized."
	const allowing = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"},
		{"Effect": "Allow", "Principal": "*", "Action": "execute-api:InvalidateCache", "Resource": "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/any"}]}`
	const invoking = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}`
	for name, tt := range map[string]struct {
		setting snapshot.MethodSetting
		policy  string
		header  string
		status  int
		anew    bool
		warned  bool
	}{
		"nobody is asked":                       {snapshot.MethodSetting{FreeCacheControl: true}, "", "Cache-Control: max-age=0", 200, true, false},
		"the default: a warning":                {snapshot.MethodSetting{}, "", "Cache-Control: max-age=0", 200, false, true},
		"a warning":                             {snapshot.MethodSetting{CacheControlStrategy: "SUCCEED_WITH_RESPONSE_HEADER"}, "", "Cache-Control: max-age=0", 200, false, true},
		"nothing is said":                       {snapshot.MethodSetting{CacheControlStrategy: "SUCCEED_WITHOUT_RESPONSE_HEADER"}, "", "Cache-Control: max-age=0", 200, false, false},
		"403":                                   {snapshot.MethodSetting{CacheControlStrategy: "FAIL_WITH_403"}, "", "Cache-Control: max-age=0", 403, false, false},
		"a resource policy allows it":           {snapshot.MethodSetting{CacheControlStrategy: "FAIL_WITH_403"}, allowing, "Cache-Control: max-age=0", 200, true, false},
		"a resource policy that does not":       {snapshot.MethodSetting{CacheControlStrategy: "FAIL_WITH_403"}, invoking, "Cache-Control: max-age=0", 403, false, false},
		"among other directives, in upper case": {snapshot.MethodSetting{FreeCacheControl: true}, "", "cache-control: no-store, Max-Age=0", 200, true, false},
		"no-cache is another thing":             {snapshot.MethodSetting{FreeCacheControl: true}, "", "Cache-Control: no-cache", 200, false, false},
		"max-age of more":                       {snapshot.MethodSetting{FreeCacheControl: true}, "", "Cache-Control: max-age=01", 200, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := cachedDeployment("d1")
			d.Policy = tt.policy
			tt.setting.CachingEnabled = true
			r := newCachingRig(t, d, func(st *snapshot.Stage) { st.MethodSettings["/any/ANY"] = tt.setting })
			first, _ := r.ask(t, "GET /any")
			resp := r.call("GET /any\n" + tt.header)
			id, _, _ := strings.Cut(string(resp.Body), " ")
			if resp.Status != tt.status || tt.status == 200 && (id != first) != tt.anew {
				t.Errorf("got %d %s, the first was %s", resp.Status, resp.Body, first)
			}
			if got := resp.Header.Get("Warning"); got != map[bool]string{true: warning}[tt.warned] {
				t.Errorf("the warning is %q", got)
			}
			if want := "not authorized to perform: execute-api:InvalidateCache on resource: "; tt.status == 403 && !strings.Contains(string(resp.Body), want) {
				t.Errorf("got %s", resp.Body)
			}
			resp.Release()
			want := first
			if tt.anew {
				want = id
			}
			if again, hit := r.ask(t, "GET /any"); !hit || again != want {
				t.Errorf("then hit %t %s, want %s", hit, again, want)
			}
		})
	}
}

// Who has signed a call may have its answer made anew by the same policies that let
// callers invoke methods, asked about execute-api:InvalidateCache.
func TestInvalidationBySigner(t *testing.T) {
	const file = signers + `
- {accessKeyId: KEEPER, secretAccessKey: keeper-secret-keeper, account: "111122223333", principal: "arn:aws:iam::111122223333:user/keeper",
   policy: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: ["execute-api:Invoke", "execute-api:InvalidateCache"], Resource: "arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/x"}]}}
`
	statement := func(effect, principal string, actions string) string {
		return `{"Effect": "` + effect + `", "Principal": {"AWS": "` + principal + `"}, "Action": ` + actions + `, "Resource": "execute-api:/*"}`
	}
	const invoke, both = `"execute-api:Invoke"`, `["execute-api:Invoke", "execute-api:InvalidateCache"]`
	for name, tt := range map[string]struct {
		id, policy string
		anew       bool
	}{
		"whose policy allows all":             {"ALICE", "", true},
		"whose policy allows it":              {"KEEPER", "", true},
		"who may invoke alone":                {"READER", "", false},
		"and the API's policy allows it":      {"READER", statement("Allow", "arn:aws:iam::111122223333:user/reader", both), true},
		"and it allows the account":           {"READER", statement("Allow", "111122223333", both), false},
		"and the API's policy allows a call":  {"READER", statement("Allow", "arn:aws:iam::111122223333:user/reader", invoke), false},
		"the API's policy denies it":          {"ALICE", statement("Deny", "111122223333", `"execute-api:InvalidateCache"`), false},
		"of another account, who is let in":   {"ABROAD", statement("Allow", "444455556666", invoke), false},
		"of another account, who may as well": {"ABROAD", statement("Allow", "444455556666", both), true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newSignedRig(t, file, func(d *snapshot.Deployment) {
				respond(answered)(&d.Resources[1].Methods[0])
				if tt.policy != "" {
					d.Policy = `{"Version": "2012-10-17", "Statement": [` + tt.policy + `]}`
				}
			})
			st := caching()
			st.Account = signedAccount
			kept := cache.New(1 << 20)
			defer kept.Close()
			r.stage = Bind(st, Compile(r.deployment), &Services{IAM: authz.NewIAM(r.callers), Cache: kept})
			ask := func(header map[string]string) string {
				req, _ := toSign{id: tt.id, header: header}.signed(t)
				resp := r.stage.Serve(req)
				defer resp.Release()
				if resp.Status != 200 {
					t.Errorf("status %d, %s", resp.Status, resp.Body)
				}
				id, _, _ := strings.Cut(string(resp.Body), " ")
				return id
			}
			first := ask(nil)
			if again := ask(nil); again != first {
				t.Error("the second call is not answered from the cache")
			}
			if anew := ask(map[string]string{"Cache-Control": "max-age=0"}) != first; anew != tt.anew {
				t.Errorf("made anew: %t, want %t", anew, tt.anew)
			}
		})
	}
}

// A backend that is called with the credentials of who calls may answer each caller
// otherwise: none gets what another was answered.
func TestCallersWithTheirOwnCredentialsShareNothing(t *testing.T) {
	for _, credentials := range []string{"arn:aws:iam::*:user/*", "${stageVariables.role}", ""} {
		r := newSignedRig(t, signers, func(d *snapshot.Deployment) { d.Resources[1].Methods[0].Integration.Credentials = credentials })
		st, kept := caching(), cache.New(1<<20)
		st.Account = signedAccount
		r.stage = Bind(st, Compile(r.deployment), &Services{IAM: authz.NewIAM(r.callers), Cache: kept})
		for _, id := range []string{"ALICE", "READER", "ALICE"} {
			req, _ := toSign{id: id}.signed(t)
			resp := r.stage.Serve(req)
			if own := strings.HasPrefix(string(resp.Body), id); own != (credentials != "" || id == "ALICE") {
				t.Errorf("%q: %s got %s", credentials, id, resp.Body)
			}
			resp.Release()
		}
		kept.Close()
	}
}

// Traces tell what came of the look into the cache.
func TestCacheIsTraced(t *testing.T) {
	var told []string
	kept, d := cache.New(1<<20), cachedDeployment("d1")
	defer kept.Close()
	st := caching()
	st.MethodSettings["*/*"] = snapshot.MethodSetting{CachingEnabled: true, FreeCacheControl: true}
	s := Bind(st, Compile(d), &Services{Cache: kept, Trace: func(tr *trace.Trace) {
		for _, e := range tr.Events {
			if looked, ok := e.Data.(*trace.CacheEvent); ok {
				told = append(told, looked.What)
			}
		}
		if text := tr.Text(trace.TextOptions{}); !strings.Contains(text, told[len(told)-1]) {
			t.Errorf("the text does not tell of the cache:\n%s", text)
		}
	}})
	for _, header := range []string{"", "", "\nCache-Control: max-age=0"} {
		s.Serve(parseRequest("GET /any" + header)).Release()
	}
	if got := strings.Join(told, "; "); got != "a miss; a hit: the backend is not called; passed over: the client asks for an answer that is made anew" {
		t.Errorf("got %s", got)
	}
}

// An answer that a client still takes counts for the budget, whatever becomes of the
// cache meanwhile.
func TestHitsCountUntilTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, kept := caching(), cache.New(64<<20)
		defer kept.Close()
		d := cachedDeployment("d1")
		stage := Bind(st, Compile(d), &Services{Cache: kept})
		var hits []*httpmsg.Response
		for range 3 {
			hits = append(hits, stage.Serve(parseRequest("GET /any")))
		}
		kept.Forget("abc/prod")
		synctest.Wait()
		for i, hit := range hits {
			if kept.Used() == 0 {
				t.Errorf("nothing counts before answer %d has been taken", i)
			}
			hit.Release()
		}
		if n := kept.Used(); n != 0 {
			t.Errorf("%d bytes count", n)
		}
	})
}

// Nor do sessions of one name, which may have been given different policies.
func TestSessionsOfOneNameShareNothing(t *testing.T) {
	r := newSignedRig(t, signers, func(d *snapshot.Deployment) {
		d.Resources[1].Methods[0].Integration.Credentials = "arn:aws:iam::*:user/*"
	})
	st, kept := caching(), cache.New(1<<20)
	defer kept.Close()
	st.Account = signedAccount
	r.stage = Bind(st, Compile(r.deployment), &Services{IAM: authz.NewIAM(r.callers), Cache: kept})
	by, _ := r.callers.Find("ALICE", "")
	for range 2 {
		s, err := r.callers.AssumeRole(by, &credentials.RoleRequest{Role: "arn:aws:iam::111122223333:role/deploy", SessionName: "ci", Duration: time.Hour}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		req, _ := toSign{id: s.AccessKeyID, secret: s.SecretAccessKey, token: s.Token}.signed(t)
		resp := r.stage.Serve(req)
		if !strings.HasPrefix(string(resp.Body), s.AccessKeyID) {
			t.Errorf("%s got %s", s.AccessKeyID, resp.Body)
		}
		resp.Release()
	}
}

// A caller that may not call a method gets nothing of what it has answered others.
func TestHitsAreForThoseWhoMayCall(t *testing.T) {
	r := newSignedRig(t, signers, nil)
	st, kept := caching(), cache.New(1<<20)
	defer kept.Close()
	st.Account = signedAccount
	r.stage = Bind(st, Compile(r.deployment), &Services{IAM: authz.NewIAM(r.callers), Cache: kept})
	for _, tt := range []struct {
		sign   toSign
		status int
	}{{toSign{path: "/secrets"}, 200}, {toSign{path: "/secrets"}, 200}, {toSign{id: "READER", path: "/secrets"}, 403}, {toSign{id: "GONE", path: "/secrets"}, 403}, {toSign{secret: "wrong", path: "/secrets"}, 403}} {
		req, _ := tt.sign.signed(t)
		resp := r.stage.Serve(req)
		if resp.Status != tt.status || resp.Status != 200 && strings.Contains(string(resp.Body), "ALICE") {
			t.Errorf("%+v: status %d, %s", tt.sign, resp.Status, resp.Body)
		}
		resp.Release()
	}
}

// A warning is not part of what is kept.
func TestWarningIsNotKept(t *testing.T) {
	r := newCachingRig(t, cachedDeployment("d1"), nil)
	for i, header := range []string{"\nCache-Control: max-age=0", ""} {
		resp := r.call("GET /any" + header)
		if got := resp.Header.Has("Warning"); got != (i == 0) {
			t.Errorf("call %d: warned %t", i, got)
		}
		resp.Release()
	}
}

// A hit, and what a MOCK without template takes, beside it.
func BenchmarkCacheHit(b *testing.B) {
	for name, edit := range map[string]func(*snapshot.Stage){"hit": nil, "off": func(st *snapshot.Stage) { st.Cache = nil }} {
		b.Run(name, func(b *testing.B) {
			d := &snapshot.Deployment{ID: "d1", APIID: "abc", Resources: []snapshot.Resource{mock(nil)}}
			r := newCachingRig(b, d, edit)
			req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench")
			b.ReportAllocs()
			for b.Loop() {
				r.stage.Serve(req).Release()
			}
		})
	}
}
