package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// TestStateMachine makes random calls, valid and not, to a server on a data
// directory, and compares what it answers, holds and serves with a simple
// model. In between the server is stopped and started, and ended with SIGKILL
// while calls are under way: what it has acknowledged is there then, and a call
// without an answer is done wholly or not at all.
func TestStateMachine(t *testing.T) {
	t.Parallel()
	runStateMachine(t)
}

// TestStateMachineOnPostgres is TestStateMachine of a server that keeps what it has in a
// PostgreSQL. A node that has ended keeps its lease for some seconds, and no call waits for it.
func TestStateMachineOnPostgres(t *testing.T) {
	soak.Fewer(t, 4)
	runStateMachine(t, "--database", pgtest.Database(t), "--wait-for-nodes", "0s")
}

func runStateMachine(t *testing.T, settings ...string) {
	m := &stateMachine{t: t, dir: t.TempDir(), settings: settings}
	m.start()
	t.Cleanup(func() { m.p.kill() })
	rapid.Check(t, func(rt *rapid.T) {
		m.begin()
		rt.Repeat(map[string]func(*rapid.T){
			"call": m.call, "call again": m.call, "and again": m.call, "some calls": m.calls, "more calls": m.calls,
			"read": m.read, "crash": func(rt *rapid.T) { m.end(rt, syscall.SIGKILL) }, "stop": m.stop,
		})
		m.read(rt)
		m.finish(rt)
	})
	t.Logf("%d calls; %d ends while calls were under way, %d of those calls without an answer: %d done, %d not", m.count.calls, m.count.ends, m.count.done+m.count.undone, m.count.done, m.count.undone)
}

// A stateMachine drives a server and the worlds of some APIs through the same
// calls.
type stateMachine struct {
	t        *testing.T
	dir      string
	settings []string // of the server
	p        *process
	sessions []*session
	run      int // number of the check
	labels   int
	count    struct{ calls, ends, done, undone int }
}

// start starts the server for the sessions.
func (m *stateMachine) start() {
	p, client := launchServer(m.t, m.dir, m.settings...)
	m.p = p
	for _, s := range m.sessions {
		s.Client, s.base = client, urlLine.FindStringSubmatch(p.printed())[2]
	}
	if m.sessions == nil {
		for range 3 {
			m.sessions = append(m.sessions, &session{Client: client, base: urlLine.FindStringSubmatch(p.printed())[2]})
		}
	}
}

// begin gives each session an API of its own that is not made yet.
func (m *stateMachine) begin() {
	m.run++
	for i, s := range m.sessions {
		s.api, s.w = fmt.Sprintf("r%d-%d", m.run, i), &world{}
	}
}

// finish deletes what the check has made.
func (m *stateMachine) finish(rt *rapid.T) {
	for _, s := range m.sessions {
		if s.w.domain {
			m.must(rt, s, planDeleteDomain(rt, s.w, ""))
		}
		if s.w.exists {
			m.must(rt, s, planDelete(rt, s.w, ""))
		}
		for _, name := range slices.Sorted(maps.Keys(s.w.plans)) {
			m.must(rt, s, deletePlan(s.w, name))
		}
		for _, name := range slices.Sorted(maps.Keys(s.w.keys)) {
			m.must(rt, s, deleteKey(s.w, name))
		}
	}
	m.read(rt)
}

// label is a text that nothing else has.
func (m *stateMachine) label() string {
	m.labels++
	return fmt.Sprintf("n%d", m.labels)
}

// must makes a call and holds its answer to the plan.
func (m *stateMachine) must(rt *rapid.T, s *session, p plan) {
	m.count.calls++
	err := p.call(s)
	if got := outcome(err); got != p.want {
		rt.Fatalf("%s: %s: got %q (%v), want %q", s.api, p.name, got, err, p.want)
	}
	s.w = p.after
}

// call makes one call.
func (m *stateMachine) call(rt *rapid.T) {
	s := rapid.SampledFrom(m.sessions).Draw(rt, "session")
	m.must(rt, s, draw(rt, s.w, m.label()))
}

// calls makes some calls on one API, and looks at it.
func (m *stateMachine) calls(rt *rapid.T) {
	s := rapid.SampledFrom(m.sessions).Draw(rt, "session")
	for range rapid.IntRange(5, 15).Draw(rt, "calls") {
		m.must(rt, s, draw(rt, s.w, m.label()))
	}
	m.compare(rt, s, s.w)
}

// read compares all that is there with the worlds.
func (m *stateMachine) read(rt *rapid.T) {
	for _, s := range m.sessions {
		m.compare(rt, s, s.w)
	}
}

// compare holds the server to the one of some worlds that it is.
func (m *stateMachine) compare(rt *rapid.T, s *session, worlds ...*world) {
	got, err := s.read()
	if err != nil {
		rt.Fatalf("%s: %v", s.api, err)
	}
	differences := ""
	for _, w := range worlds {
		d := cmp.Diff(w.dump(), got)
		if d == "" {
			s.w = w
			if err := s.served(); err != nil {
				rt.Fatalf("%s: %v", s.api, err)
			}
			return
		}
		differences += "-world +server\n" + d
	}
	rt.Fatalf("%s is none of what it may be:\n%s", s.api, differences)
}

// stop ends the server as an operator does, which takes it longer than being
// killed: now and then.
func (m *stateMachine) stop(rt *rapid.T) {
	switch rapid.IntRange(0, 9).Draw(rt, "stop") {
	case 0:
		m.signal(rt, syscall.SIGTERM)
		m.start()
		m.read(rt)
	case 1:
		m.end(rt, syscall.SIGTERM)
	default:
		m.call(rt)
	}
}

// signal ends the server.
func (m *stateMachine) signal(rt *rapid.T, sig syscall.Signal) {
	if sig == syscall.SIGKILL {
		m.p.kill()
		return
	}
	if err := m.p.cmd.Process.Signal(sig); err != nil {
		rt.Fatal(err)
	}
	if err := m.p.cmd.Wait(); err != nil {
		rt.Fatalf("the server ended with %v:\n%s", err, m.p.printed())
	}
}

// end ends the server while calls are under way on each API.
func (m *stateMachine) end(rt *rapid.T, sig syscall.Signal) {
	m.count.ends++
	runs := make([]underway, len(m.sessions))
	for i, s := range m.sessions {
		w := s.w
		for range rapid.IntRange(1, 12).Draw(rt, "calls") {
			p := draw(rt, w, m.label())
			runs[i].plans, w = append(runs[i].plans, p), p.after
		}
	}
	delay := time.Duration(rapid.IntRange(0, 40_000).Draw(rt, "microseconds")) * time.Microsecond
	var calls sync.WaitGroup
	for i, s := range m.sessions {
		calls.Go(func() { runs[i].run(s) })
	}
	time.Sleep(delay)
	m.signal(rt, sig)
	calls.Wait()
	m.start()
	for i, s := range m.sessions {
		r := &runs[i]
		if r.wrong != "" {
			rt.Fatal(r.wrong)
		}
		m.count.calls += r.acknowledged
		m.compare(rt, s, r.may...)
		if len(r.may) == 2 && s.w == r.may[1] {
			m.count.done++
		} else if len(r.may) == 2 {
			m.count.undone++
		}
	}
}

// An underway is a row of calls that the end of the server interrupts.
type underway struct {
	plans        []plan
	acknowledged int
	may          []*world // what the API may be then; of two, the second has the call without an answer
	wrong        string
}

// run makes the calls until one gets no answer.
func (u *underway) run(s *session) {
	u.may = []*world{s.w}
	for _, p := range u.plans {
		err := p.call(s)
		switch got := outcome(err); got {
		case p.want:
			u.acknowledged++
			u.may = []*world{p.after}
		case unsent:
			return
		case lost:
			if p.want == "" {
				u.may = append(u.may, p.after)
			}
			return
		default:
			u.wrong = fmt.Sprintf("%s: %s: got %q (%v), want %q", s.api, p.name, got, err, p.want)
			return
		}
	}
}
