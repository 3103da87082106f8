package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A Source is where deployments are read from: the store, joined by whoever
// wires the server. It must keep to ctx.
type Source interface {
	Deployment(ctx context.Context, apiID, deploymentID string) (*snapshot.Deployment, error)
}

// A Program is a deployment made ready to serve, shared by all stages on it.
// It never changes; Bind may be called by many goroutines.
type Program interface {
	// Bind joins the program with one stage's settings, which Options.Settings made,
	// and with the program of the stage's canary where it has one, else nil. What it
	// returns is called once, under a lock that all stages share, and says whether the settings are
	// those that the stage has: only then may they take over the tokens of its
	// throttles. What takes long is done before.
	Bind(settings Settings, canary Program) func(current bool) Server
	// Size is roughly how many bytes of memory the program takes.
	Size() int64
}

// A Server answers the requests of one stage. The request's Path is the one
// within the stage. Nothing of the request may be used after the response has
// been released.
type Server interface {
	Serve(*httpmsg.Request) *httpmsg.Response
}

const (
	// loadTimeout bounds the one store read that a request may wait for.
	loadTimeout = 10 * time.Second
	// loadPatience bounds how long a request waits for a program, read and
	// compiled.
	loadPatience = 2 * loadTimeout
	// failureRest is how long a program that could not be loaded is not tried
	// again, so that a broken one costs requests and not the store.
	failureRest = time.Second
)

var errNoDeployment = errors.New("the deployment does not exist")

// programs holds the loaded programs, bounded by their size: over the bound
// the one used least recently goes, and is loaded again when it is needed.
// Requests that it is serving end with it.
type programs struct {
	source  Source
	compile func(*snapshot.Deployment) (Program, error)
	limit   int64
	edition atomic.Uint64 // counts what programs are joined with: see Refresh

	mu      sync.Mutex
	loaded  map[programKey]*loadedProgram
	loading map[programKey]*load // under way, or failed a moment ago
	size    int64
}

type programKey struct {
	api, deployment string
	edition         uint64
}

// keysOf are the programs that a stage is served by: its own and, where it has a
// canary, that one's.
func (ps *programs) keysOf(st *snapshot.Stage) []programKey {
	edition := ps.edition.Load()
	keys := []programKey{{st.APIID, st.DeploymentID, edition}}
	if st.Canary != nil {
		keys = append(keys, programKey{st.APIID, st.Canary.DeploymentID, edition})
	}
	return keys
}

// sameKeys reports whether two stages are served by the same programs.
func (ps *programs) sameKeys(a, b *snapshot.Stage) bool {
	return slices.Equal(ps.keysOf(a), ps.keysOf(b))
}

// A loadedProgram is one in memory, with the stages that it serves.
type loadedProgram struct {
	Program
	key     programKey
	size    int64
	used    atomic.Int64        // second of the last use
	entries map[*entry]struct{} // stages bound to it
}

// A binding is a stage ready to serve. When one of its programs is dropped, so is
// the binding.
type binding struct {
	server   Server
	programs []*loadedProgram // of the stage's keysOf
}

// A load is one reading of a deployment, for all who wait for it.
type load struct {
	done    chan struct{}
	program *loadedProgram
	err     error
	ended   time.Time
}

func newPrograms(source Source, compile func(*snapshot.Deployment) (Program, error), limit int64) *programs {
	return &programs{
		source: source, compile: compile, limit: limit,
		loaded: make(map[programKey]*loadedProgram), loading: make(map[programKey]*load),
	}
}

// server returns what serves e, loading its program if need be. A stage that was
// replaced or removed while its program was loaded is served once more, under the
// settings that it had, and shares nothing with those that followed.
func (ps *programs) server(ctx context.Context, e *entry, now time.Time) (Server, error) {
	if b := e.bound.Load(); b != nil {
		for _, p := range b.programs {
			p.touch(now)
		}
		return b.server, nil
	}
	if e.err != nil {
		return nil, e.err
	}
	ctx, cancel := context.WithTimeout(ctx, loadPatience)
	defer cancel()
	loaded, err := ps.getAll(ctx, e.stage, now)
	if err != nil {
		return nil, err
	}
	bind := join(loaded, e.settings)
	ps.mu.Lock()
	defer ps.mu.Unlock()
	server := ps.bind(loaded, e, bind)
	ps.dropUnused(loaded) // the stage went while its programs were read
	return server, nil
}

// join binds a stage's programs, its own and its canary's, to its settings.
func join(loaded []*loadedProgram, settings Settings) func(current bool) Server {
	var canary Program
	if len(loaded) > 1 {
		canary = loaded[1].Program
	}
	return loaded[0].Bind(settings, canary)
}

// touch notes a use. It writes once a second, so that busy processors do not
// fight over the line.
func (p *loadedProgram) touch(now time.Time) {
	if s := now.Unix(); p.used.Load() != s {
		p.used.Store(s)
	}
}

// bind makes e's server and keeps it for as long as e and its programs are current.
func (ps *programs) bind(loaded []*loadedProgram, e *entry, bind func(current bool) Server) Server {
	if b := e.bound.Load(); b != nil {
		return b.server
	}
	b := &binding{server: bind(!e.gone), programs: loaded}
	current := !e.gone
	for _, p := range loaded {
		current = current && ps.loaded[p.key] == p
	}
	if current {
		e.bound.Store(b)
		for _, p := range loaded {
			p.entries[e] = struct{}{}
		}
	}
	return b.server
}

// warm binds a stage's new settings if their program is loaded, so that a
// change of settings costs no request a wait. From here on nothing is bound to the
// old ones: that would take back the throttles of the new.
func (ps *programs) warm(s swap) {
	ps.mu.Lock()
	if s.old != nil {
		s.old.gone = true
	}
	if s.new == nil || s.new.err != nil {
		ps.mu.Unlock()
		return
	}
	var loaded []*loadedProgram
	for _, key := range ps.keysOf(s.new.stage) {
		loaded = append(loaded, ps.loaded[key])
	}
	ps.mu.Unlock()
	if slices.Contains(loaded, nil) {
		return
	}
	bind := join(loaded, s.new.settings)
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.bind(loaded, s.new, bind)
}

// retire lets a stage's old settings go, and their programs with them if no
// other stage is on them.
func (ps *programs) retire(s swap) {
	if s.old == nil {
		return
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if b := s.old.bound.Load(); b != nil {
		for _, p := range b.programs {
			delete(p.entries, s.old)
		}
		ps.dropUnused(b.programs)
	}
}

// has reports whether the programs of a stage are loaded.
func (ps *programs) has(st *snapshot.Stage) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, key := range ps.keysOf(st) {
		if ps.loaded[key] == nil {
			return false
		}
	}
	return true
}

// getAll returns the programs of a stage, in the order of its keysOf.
func (ps *programs) getAll(ctx context.Context, st *snapshot.Stage, now time.Time) (all []*loadedProgram, err error) {
	for _, key := range ps.keysOf(st) {
		p, err := ps.get(ctx, key, all, now)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// get returns a program, from memory or from the source, which is read once
// for all who ask at the same time. Those of with do not go to make room for it.
func (ps *programs) get(ctx context.Context, key programKey, with []*loadedProgram, now time.Time) (*loadedProgram, error) {
	ps.mu.Lock()
	if p := ps.loaded[key]; p != nil {
		ps.mu.Unlock()
		return p, nil
	}
	l := ps.loading[key]
	if l == nil || l.err != nil && now.Sub(l.ended) > failureRest {
		l = &load{done: make(chan struct{})}
		ps.loading[key] = l
		go ps.load(key, with, l)
	}
	ps.mu.Unlock()
	select {
	case <-l.done:
		return l.program, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// load reads and compiles one program on a goroutine of its own: a client that
// goes away does not end it for the others.
func (ps *programs) load(key programKey, with []*loadedProgram, l *load) {
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	compiled, err := ps.read(ctx, key)
	ps.mu.Lock()
	defer ps.mu.Unlock()
	defer close(l.done)
	if l.ended = time.Now(); err != nil {
		l.err = fmt.Errorf("load deployment %s of API %s: %w", key.deployment, key.api, err)
		return
	}
	delete(ps.loading, key)
	l.program = &loadedProgram{Program: compiled, key: key, size: compiled.Size(), entries: make(map[*entry]struct{})}
	l.program.used.Store(l.ended.Unix())
	ps.loaded[key] = l.program
	ps.size += l.program.size
	ps.evict(append(slices.Clone(with), l.program))
}

func (ps *programs) read(ctx context.Context, key programKey) (p Program, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	d, err := ps.source.Deployment(ctx, key.api, key.deployment)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, errNoDeployment
	}
	return ps.compile(d)
}

// evict drops programs until they fit, all but those of keep.
func (ps *programs) evict(keep []*loadedProgram) {
	for ps.size > ps.limit {
		var oldest *loadedProgram
		for _, p := range ps.loaded {
			if !slices.Contains(keep, p) && (oldest == nil || p.used.Load() < oldest.used.Load()) {
				oldest = p
			}
		}
		if oldest == nil {
			return
		}
		ps.drop(oldest)
	}
}

// drop forgets a program, unless that has been done, what is bound to it, and the
// programs that served the same stages and now serve none.
func (ps *programs) drop(p *loadedProgram) {
	if ps.loaded[p.key] != p {
		return
	}
	delete(ps.loaded, p.key)
	ps.size -= p.size
	for e := range p.entries {
		b := e.bound.Swap(nil)
		for _, other := range b.programs {
			delete(other.entries, e)
		}
		ps.dropUnused(b.programs)
	}
}

// dropUnused drops those programs that no stage is bound to.
func (ps *programs) dropUnused(programs []*loadedProgram) {
	for _, p := range programs {
		if len(p.entries) == 0 {
			ps.drop(p)
		}
	}
}
