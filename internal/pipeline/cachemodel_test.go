package pipeline

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/cache"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A model of the cache: by what an answer was asked with, the call that it was made
// for and when it expires.
type cacheModel struct {
	r       *rig
	kept    *cache.Cache
	st      *snapshot.Stage
	drawn   float64
	entries map[string]modelEntry
	lives   int
}

type modelEntry struct {
	id      string
	expires time.Time
}

// bind takes the settings into use, as a published change does.
func (m *cacheModel) bind() {
	services := &Services{Cache: m.kept, Draw: func() float64 { return m.drawn }}
	var second *Program
	st := *m.st
	if st.Canary != nil {
		second = Compile(cachedDeployment(st.Canary.DeploymentID))
	}
	m.r = &rig{nil, Prepare(services.Settings(&st), Compile(cachedDeployment(st.DeploymentID)), second, services)(true)}
}

// empty is what a flush, and each change of the cache, does.
func (m *cacheModel) empty() {
	m.lives++
	m.st.Cache = &snapshot.Cache{Bytes: int64(m.lives) << 29, Life: fmt.Sprint(m.lives)}
	m.entries = map[string]modelEntry{}
}

// call sends a random request and holds the answer to the model: that of the model's
// entry where there is one, else one of its own.
func (m *cacheModel) call(t *rapid.T) {
	verb, path := rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "verb"), rapid.SampledFrom([]string{"/pets/1", "/pets/2", "/one", "/other", "/any"}).Draw(t, "path")
	if path == "/one" || path == "/other" {
		verb = "GET"
	}
	query, user := rapid.SampledFrom([]string{"", "q=1", "q=2", "q=1&q=2"}).Draw(t, "query"), rapid.SampledFrom([]string{"", "X-User: a", "x-user: b"}).Draw(t, "user")
	anew := rapid.IntRange(0, 9).Draw(t, "anew") == 0
	canary := m.st.Canary != nil && rapid.Bool().Draw(t, "canary")
	if m.drawn = 1; canary {
		m.drawn = 0
	}
	request := verb + " " + path + "?" + query
	if user != "" {
		request += "\n" + user
	}
	if anew {
		request += "\nCache-Control: max-age=0"
	}
	resp := m.r.call(request)
	defer resp.Release()
	id, _, _ := strings.Cut(string(resp.Body), " ")
	own := resp.Header.Get("x-amzn-RequestId")

	key, setting := m.keyOf(verb, path, query, user, canary)
	ttl := 300 * time.Second
	if setting.CacheTTLSeconds != nil {
		ttl = time.Duration(*setting.CacheTTLSeconds) * time.Second
	}
	if key == "" || ttl == 0 {
		if id != own {
			t.Fatalf("%q is not cached, and got the answer to %s", request, id)
		}
		return
	}
	entry, ok := m.entries[key]
	if ok && time.Now().Before(entry.expires) && !(anew && setting.FreeCacheControl) {
		if id != entry.id {
			t.Fatalf("%q got the answer to %s, want that to %s (own %s)", request, id, entry.id, own)
		}
		return
	}
	if id != own {
		t.Fatalf("%q got the answer to %s, want its own, %s", request, id, own)
	}
	m.entries[key] = modelEntry{own, time.Now().Add(ttl)}
}

// keyOf is what the model keeps an answer under, "" where it is not cached, with the
// setting of the method.
func (m *cacheModel) keyOf(verb, path, query, user string, canary bool) (string, snapshot.MethodSetting) {
	deployment := m.st.DeploymentID
	if canary {
		deployment = m.st.Canary.DeploymentID
	}
	name := map[string]string{"/pets/1": "/pets/{id}/" + verb, "/pets/2": "/pets/{id}/" + verb, "/one": "/one/GET", "/other": "/other/GET", "/any": "/any/ANY"}[path]
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
	case path == "/any":
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
		name := rapid.SampledFrom([]string{"*/*", "/pets/{id}/GET", "/pets/{id}/POST", "/one/GET", "/any/ANY"}).Draw(t, "method")
		settings[name] = snapshot.MethodSetting{
			CachingEnabled: rapid.Bool().Draw(t, "caching"), CachesEveryVerb: name != "*/*" && rapid.Bool().Draw(t, "own"), FreeCacheControl: rapid.Bool().Draw(t, "free"),
			CacheTTLSeconds: rapid.SampledFrom([]*int32{nil, new(int32(0)), new(int32(1)), new(int32(3600))}).Draw(t, "ttl"),
		}
		m.st.MethodSettings = settings
	}
	m.bind()
}

// The cache does what its model does, whatever is asked, flushed, deployed and set, and
// however time goes by.
func TestCacheAgainstModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(struct{ testing.TB }{t}, func(t *rapid.T) { // in a bubble nobody may ask for the test's deadline
			m := &cacheModel{kept: cache.New(64 << 20), st: caching()}
			defer m.kept.Close()
			m.empty()
			m.bind()
			for range rapid.IntRange(1, 60).Draw(t, "steps") {
				switch rapid.IntRange(0, 9).Draw(t, "step") {
				case 0:
					m.change(t)
				case 1:
					time.Sleep(time.Duration(rapid.SampledFrom([]int{1, 500, 1000, 299_999, 300_000, 3_600_000}).Draw(t, "time")) * time.Millisecond)
				default:
					m.call(t)
				}
			}
		})
	})
}
