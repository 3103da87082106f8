package logevents

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

var g = Group{"000000000000", "us-east-1", "g"}

// at is the clock of the tests.
func at() time.Time { return time.UnixMilli(1_000_000) }

func messages(p Page) string {
	var list []string
	for _, e := range p.Events {
		list = append(list, e.Message)
	}
	return strings.Join(list, " ")
}

func find(t *testing.T, s *Store, q Query) Page {
	t.Helper()
	if q.Until == 0 {
		q.Until = 1 << 60
	}
	if q.Limit == 0 {
		q.Limit = 10_000
	}
	p, err := s.Find(context.Background(), g, &q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Events are in the order of their times, then of their coming, and pages follow on one
// another in both directions.
func TestFind(t *testing.T) {
	t.Parallel()
	s := New(1<<20, at)
	s.Append(g, "one", []Line{{Time: 20, Text: []byte("b")}, {Time: 30, Text: []byte("d")}})
	s.Append(g, "two", []Line{{Time: 10, Text: []byte("a")}, {Time: 20, Text: []byte("c")}})
	two := func(name string) bool { return name == "two" }
	if p := find(t, s, Query{}); messages(p) != "a b c d" || p.More {
		t.Errorf("all: %q, %v", messages(p), p.More)
	}
	p := find(t, s, Query{Limit: 2})
	if next := find(t, s, Query{After: &p.Last}); messages(p) != "a b" || !p.More || messages(next) != "c d" {
		t.Errorf("pages: %q, %q", messages(p), messages(next))
	}
	p = find(t, s, Query{Limit: 2, Newest: true})
	if next := find(t, s, Query{Before: &p.Last, Newest: true}); messages(p) != "d c" || messages(next) != "b a" {
		t.Errorf("pages backwards: %q, %q", messages(p), messages(next))
	}
	if p := find(t, s, Query{From: 20, Until: 30, Streams: two}); messages(p) != "c" {
		t.Errorf("a part: %q", messages(p))
	}
	if p := find(t, s, Query{Match: func(m string) bool { return m > "b" }}); messages(p) != "c d" {
		t.Errorf("matches: %q", messages(p))
	}
	if p := find(t, s, Query{After: &Position{Time: math.MinInt64}}); messages(p) != "a b c d" {
		t.Errorf("behind the first position that a token can name: %q", messages(p))
	}
	if st := s.Streams(g)["one"]; st != (Stream{Name: "one", Created: 1_000_000, First: 20, Last: 30, Ingested: 1_000_000}) {
		t.Errorf("%+v", st)
	}
	s.Expire(g, 20)
	s.DeleteStream(g, "one")
	if p := find(t, s, Query{}); messages(p) != "c" || len(s.Streams(g)) != 1 || s.used != own+1+ownStream+3+g.size() {
		t.Errorf("left: %q, %d bytes", messages(p), s.used)
	}
	s.Expire(g, 1000)
	if _, ok := s.Group(g); ok || s.used != 0 {
		t.Error("an empty group is there")
	}
}

// A page ends after a megabyte, or where it has cost enough, and says that there is more.
func TestPageBounds(t *testing.T) {
	t.Parallel()
	s := New(64<<20, at)
	long := strings.Repeat("x", 300<<10)
	for i := range 5 {
		s.Append(g, "s", []Line{{Time: int64(i), Text: []byte(long)}})
	}
	if p := find(t, s, Query{}); len(p.Events) != 3 || !p.More {
		t.Errorf("%d events, %v", len(p.Events), p.More)
	}
	looked := 0
	p := find(t, s, Query{Cost: 400, Match: func(string) bool { looked++; return false }})
	if looked != 3 || !p.More || p.Last.Time != 2 {
		t.Errorf("looked at %d, %+v", looked, p)
	}
}

// A search takes no memory for the events that it is not about.
func TestFindPicks(t *testing.T) {
	s := New(16<<20, at)
	list := make([]Line, 10_000)
	for i := range list {
		list[i] = Line{Time: int64(i), Text: []byte("x")}
	}
	s.Append(g, "s", list)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := find(t, s, Query{From: 9_990})
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; len(p.Events) != 10 || made > 100<<10 {
		t.Errorf("%d events; %d bytes of memory were made", len(p.Events), made)
	}
}

// The budget holds whoever writes, and a group that floods pays for it itself.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := New(100*(own+10+ownStream+4)+2*ownGroup, at)
	quiet := Group{g.Account, g.Region, "quiet"}
	for i := range 5 {
		s.Append(quiet, "s", []Line{{Time: int64(i), Text: []byte("0123456789")}})
	}
	for i := range 10_000 {
		s.Append(g, fmt.Sprint(i), []Line{{Time: int64(i), Text: []byte(fmt.Sprintf("%010d", i))}})
		if s.used > s.budget {
			t.Fatalf("%d bytes of %d", s.used, s.budget)
		}
	}
	if p := find(t, s, Query{}); len(p.Events) < 80 || p.Events[len(p.Events)-1].Message != "0000009999" || len(s.Streams(g)) != len(p.Events) {
		t.Errorf("%d events of %d streams are left", len(p.Events), len(s.Streams(g)))
	}
	if info, _ := s.Group(quiet); info.Bytes != 5*(own+10) {
		t.Errorf("the quiet group has %d bytes left", info.Bytes)
	}
	s.Append(g, "s", []Line{{Text: []byte(strings.Repeat("x", 1<<20))}})
	if s.used > s.budget {
		t.Errorf("%d bytes of %d", s.used, s.budget)
	}
	for i := range 100 { // names take room, too
		s.Append(Group{g.Account, g.Region, strings.Repeat("n", i+1)}, strings.Repeat("s", 2000), []Line{{Text: []byte("x")}})
	}
	if n := len(s.Groups(g.Account, g.Region)); n > 10 {
		t.Errorf("%d groups with streams of long names are in %d bytes", n, s.budget)
	}
	s.Delete(quiet)
	for name := range s.Groups(g.Account, g.Region) {
		s.Delete(Group{g.Account, g.Region, name})
	}
	if s.used != 0 {
		t.Errorf("%d bytes without a group", s.used)
	}
	none := New(0, at)
	none.Append(g, "s", []Line{{Text: []byte("x")}})
	if _, ok := none.Group(g); ok || none.Keeps() {
		t.Error("something is kept without a budget")
	}
}

// Who reads sees what there was, while others write.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	s := New(200*(own+4), at)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range 2000 {
				s.Append(g, "s", []Line{{Time: int64(i), Text: fmt.Append(nil, i)}})
			}
		})
		wg.Go(func() {
			for range 200 {
				for _, e := range find(t, s, Query{}).Events {
					if e.Message != fmt.Sprint(e.Time) {
						t.Errorf("an event of the time %d says %q", e.Time, e.Message)
					}
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkAppend(b *testing.B) {
	s, list := New(16<<20, nil), []Line{{Time: 1, Text: []byte(strings.Repeat("x", 150))}}
	b.ReportAllocs()
	for b.Loop() {
		s.Append(g, "s", list)
	}
}
