package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/authz"
	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// modelDeployment is cachedDeployment with methods that want a signature: /own is called
// with the credentials of who calls, /signed and /secret are not, and the last one is not
// for READER.
func modelDeployment(id string) *snapshot.Deployment {
	d := cachedDeployment(id)
	d.Account = signedAccount
	for _, path := range []string{"/own", "/signed", "/secret"} {
		r := mock(respond(answered))
		r.ID, r.Path = path, path
		m := &r.Methods[0]
		m.HTTPMethod, m.AuthorizationType = "GET", "AWS_IAM"
		if path == "/own" {
			m.Integration.Credentials = "arn:aws:iam::*:user/*"
		}
		d.Resources = append(d.Resources, r)
	}
	return d
}

// A cacheModel says which call's answer a request must get: by what an answer was asked
// with, the call that it was made for and when it expires.
type cacheModel struct {
	t       testing.TB
	r       *rig
	kept    *cache.Cache
	callers *credentials.Callers
	st      *snapshot.Stage
	drawn   float64
	entries map[string]modelEntry
	lives   int
	backend step // of all methods that are cached; nil for none
}

type modelEntry struct {
	id      string
	expires time.Time
}

func newCacheModel(t testing.TB, backend step) *cacheModel {
	keys, err := credentials.Parse([]byte(signers))
	if err != nil {
		t.Fatal(err)
	}
	m := &cacheModel{t: t, kept: cache.New(64 << 20), callers: credentials.New(credentials.NewKey()), st: caching(), backend: backend}
	m.callers.Use(keys)
	m.st.Account = signedAccount
	for _, key := range []string{"/pets/{id}/POST", "/any/ANY"} {
		m.st.MethodSettings[key] = snapshot.MethodSetting{CachingEnabled: true, CachesEveryVerb: true}
	}
	m.empty()
	m.bind()
	return m
}

// bind takes the settings into use, as a published change does.
func (m *cacheModel) bind() {
	services := &Services{Cache: m.kept, IAM: authz.NewIAM(m.callers), Draw: func() float64 { return m.drawn }}
	var second *Program
	st := *m.st
	if st.Canary != nil {
		second = Compile(modelDeployment(st.Canary.DeploymentID))
	}
	stage := Prepare(services.Settings(&st), Compile(modelDeployment(st.DeploymentID)), second, services)(true)
	for _, s := range []*Stage{stage, stage.Canary()} {
		if s == nil || m.backend == nil {
			continue
		}
		for _, cached := range s.cached {
			if cached != nil {
				cached.steps = slices.Insert(cached.steps, len(cached.steps)-1, m.backend)
			}
		}
	}
	m.r = &rig{nil, stage}
}

// empty is what a flush, and each change of the cache, does.
func (m *cacheModel) empty() {
	m.lives++
	m.st.Cache = &snapshot.Cache{Bytes: int64(m.lives) << 29, Life: fmt.Sprint(m.lives)}
	m.entries = map[string]modelEntry{}
}

// A modelRequest is a request, and what the model knows of it.
type modelRequest struct {
	text    string
	request *httpmsg.Request
	refused bool
	key     string // "" where it is not cached
	ttl     time.Duration
	anew    bool // its answer is made anew
}

// draw makes a random request.
func (m *cacheModel) draw(t *rapid.T) *modelRequest {
	verb, path := rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "verb"), rapid.SampledFrom([]string{"/pets/1", "/pets/2", "/one", "/other", "/any", "/own", "/signed", "/secret"}).Draw(t, "path")
	if !strings.HasPrefix(path, "/pets/") && path != "/any" {
		verb = "GET"
	}
	query, user, who := rapid.SampledFrom([]string{"", "q=1", "q=2", "q=1&q=2"}).Draw(t, "query"), rapid.SampledFrom([]string{"", "X-User: a", "x-user: b"}).Draw(t, "user"), ""
	anew := rapid.IntRange(0, 9).Draw(t, "anew") == 0
	canary := m.st.Canary != nil && rapid.Bool().Draw(t, "canary")
	if m.drawn = 1; canary {
		m.drawn = 0
	}
	out := new(modelRequest)
	if path == "/own" || path == "/signed" || path == "/secret" {
		who = rapid.SampledFrom([]string{"ALICE", "READER"}).Draw(t, "who")
		sign := toSign{path: path, id: who}
		if anew {
			sign.header = map[string]string{"Cache-Control": "max-age=0"}
		}
		out.request, _ = sign.signed(m.t)
		out.text, out.refused = who+" "+path, path == "/secret" && who == "READER"
	} else {
		out.text = verb + " " + path + "?" + query
		if user != "" {
			out.text += "\n" + user
		}
		if anew {
			out.text += "\nCache-Control: max-age=0"
		}
		out.request = parseRequest(out.text)
	}
	out.request.Received = time.Now()
	var setting snapshot.MethodSetting
	out.key, setting = m.keyOf(verb, path, query, user, who, canary)
	out.anew = anew && (setting.FreeCacheControl || who == "ALICE") // READER may call, and no more
	if out.ttl = 300 * time.Second; setting.CacheTTLSeconds != nil {
		out.ttl = time.Duration(*setting.CacheTTLSeconds) * time.Second
	}
	if out.ttl == 0 {
		out.key = ""
	}
	return out
}

// call sends a random request and holds the answer to the model: that of the model's
// entry where there is one, else one of its own.
func (m *cacheModel) call(t *rapid.T) {
	ask := m.draw(t)
	resp := m.r.stage.Serve(ask.request)
	defer resp.Release()
	id, _, _ := strings.Cut(string(resp.Body), " ")
	own := resp.Header.Get("x-amzn-RequestId")
	switch entry, ok := m.entries[ask.key]; {
	case ask.refused != (resp.Status == 403) || !ask.refused && resp.Status != 200:
		t.Fatalf("%q: status %d, %s", ask.text, resp.Status, resp.Body)
	case ask.refused:
	case ask.key == "":
		if id != own {
			t.Fatalf("%q is not cached, and got the answer to %s", ask.text, id)
		}
	case ok && time.Now().Before(entry.expires) && !ask.anew:
		if id != entry.id {
			t.Fatalf("%q got the answer to %s, want that to %s (own %s)", ask.text, id, entry.id, own)
		}
	case id != own:
		t.Fatalf("%q got the answer to %s, want its own, %s", ask.text, id, own)
	default:
		m.entries[ask.key] = modelEntry{own, time.Now().Add(ask.ttl)}
	}
}

// keyOf is what the model keeps an answer under, "" where it is not cached, with the
// setting of the method.
func (m *cacheModel) keyOf(verb, path, query, user, who string, canary bool) (string, snapshot.MethodSetting) {
	deployment := m.st.DeploymentID
	if canary {
		deployment = m.st.Canary.DeploymentID
	}
	name := map[string]string{"/pets/1": "/pets/{id}/" + verb, "/pets/2": "/pets/{id}/" + verb, "/one": "/one/GET", "/other": "/other/GET", "/any": "/any/ANY"}[path]
	if name == "" {
		name = path + "/" + verb
	}
	setting, ok := m.st.MethodSettings[name]
	if !ok {
		setting = m.st.MethodSettings["*/*"]
	}
	if m.st.Cache == nil || !setting.CachingEnabled || !setting.CachesEveryVerb && verb != "GET" || canary && !m.st.Canary.UseStageCache {
		return "", setting
	}
	switch {
	case strings.HasPrefix(path, "/pets/"):
		return strings.Join([]string{deployment, verb, path, query, strings.ToLower(user)}, "|"), setting
	case path == "/own":
		return deployment + path + who, setting
	case path != "/one" && path != "/other":
		return deployment + verb + path, setting
	}
	return deployment + "mine", setting
}

// change changes the stage at random.
func (m *cacheModel) change(t *rapid.T) {
	switch rapid.SampledFrom([]string{"flush", "off", "deploy", "canary", "setting", "nothing"}).Draw(t, "change") {
	case "flush":
		m.empty()
	case "off":
		m.empty()
		m.st.Cache = nil
	case "deploy":
		m.st.DeploymentID = rapid.SampledFrom([]string{"d1", "d2", "d3"}).Draw(t, "deployment")
	case "canary":
		m.st.Canary = nil
		if rapid.Bool().Draw(t, "there") {
			m.st.Canary = &snapshot.Canary{DeploymentID: rapid.SampledFrom([]string{"d1", "d2"}).Draw(t, "canary"), PercentTraffic: 50, UseStageCache: rapid.Bool().Draw(t, "shared")}
		}
	case "setting":
		settings := maps.Clone(m.st.MethodSettings)
		name := rapid.SampledFrom([]string{"*/*", "/pets/{id}/GET", "/pets/{id}/POST", "/one/GET", "/any/ANY", "/own/GET", "/signed/GET"}).Draw(t, "method")
		settings[name] = snapshot.MethodSetting{
			CachingEnabled: rapid.Bool().Draw(t, "caching"), CachesEveryVerb: name != "*/*" && rapid.Bool().Draw(t, "own"), FreeCacheControl: rapid.Bool().Draw(t, "free"),
			CacheTTLSeconds: rapid.SampledFrom([]*int32{nil, new(int32(0)), new(int32(1)), new(int32(3600))}).Draw(t, "ttl"),
		}
		m.st.MethodSettings = settings
	}
	m.bind()
}

// The cache does what its model does, whoever asks, whatever is asked, flushed, deployed
// and set, and however time goes by.
func TestCacheAgainstModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) { // in a bubble nobody may ask for the test's deadline
			m := newCacheModel(t, nil)
			defer m.kept.Close()
			for range rapid.IntRange(1, 60).Draw(rt, "steps") {
				switch rapid.IntRange(0, 9).Draw(rt, "step") {
				case 0:
					m.change(rt)
				case 1:
					time.Sleep(time.Duration(rapid.SampledFrom([]int{1, 500, 1000, 299_999, 300_000, 3_600_000}).Draw(rt, "time")) * time.Millisecond)
				default:
					m.call(rt)
				}
			}
		})
	})
}
