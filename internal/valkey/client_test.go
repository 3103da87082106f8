package valkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

func TestParse(t *testing.T) {
	tests := map[string]struct {
		want Target
		err  string // part of it
	}{
		"redis://h":                        {want: Target{Addrs: []string{"h:6379"}}},
		"valkey://h:1":                     {want: Target{Addrs: []string{"h:1"}}},
		"redis://u:p%40%3a@h:1/3":          {want: Target{Addrs: []string{"h:1"}, User: "u", Password: "p@:", DB: 3}},
		"redis://:p@ss@h":                  {want: Target{Addrs: []string{"h:6379"}, Password: "p@ss"}},
		"rediss://h":                       {want: Target{Addrs: []string{"h:6379"}, TLS: true}},
		"redis://[::1]:7/":                 {want: Target{Addrs: []string{"[::1]:7"}}},
		"redis://[::1]":                    {want: Target{Addrs: []string{"[::1]:6379"}}},
		"redis://a:1,b:2":                  {want: Target{Addrs: []string{"a:1", "b:2"}}},
		"redis+sentinel://:p@a,b:2/main/4": {want: Target{Addrs: []string{"a:26379", "b:2"}, Password: "p", Master: "main", DB: 4}},
		"rediss+sentinel://a/main":         {want: Target{Addrs: []string{"a:26379"}, Master: "main", TLS: true}},
		"":                                 {err: "no URL"},
		"h:6379":                           {err: "no URL"},
		"http://:secret@h":                 {err: "no URL"},
		"redis://":                         {err: "no host"},
		"redis://h:0":                      {err: "no host"},
		"redis://:secret@h:x":              {err: "no host"},
		"redis://:secret@h/x":              {err: "no number"},
		"redis://:secret@h/-1":             {err: "no number"},
		"redis://:secret@a,b/1":            {err: "no database but 0"},
		"redis://:secret%zz@h":             {err: "no escape"},
		"redis://:secret@h?db=1":           {err: "no query"},
		"redis+sentinel://:secret@a":       {err: "name of the primary"},
		"redis://" + strings.Repeat("a,", 64) + "a":    {err: "more than 64 hosts"},
		"redis+sentinel://:secret@a/main/" + "4294967": {err: "no number"},
	}
	for text, tt := range tests {
		t.Run(text, func(t *testing.T) {
			got, err := Parse(text)
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret") {
					t.Errorf("error %v, want one of %q, without the password", err, tt.err)
				}
			case err != nil || !reflect.DeepEqual(*got, tt.want):
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// A lineLog keeps what was logged.
type lineLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lineLog) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

func open(t testing.TB, url string) (*Client, *lineLog) {
	t.Helper()
	target, err := Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	lines := new(lineLog)
	c := Open(Options{Target: target, Log: slog.New(slog.NewTextHandler(lines, nil))})
	t.Cleanup(c.Close)
	return c, lines
}

func there(t testing.TB, c *Client) {
	t.Helper()
	valkeytest.Poll(t, "the client has its server", func() bool { return !c.Away() })
}

var count = NewScript(`return {redis.call('INCRBY', KEYS[1], ARGV[1]), 7}`)

// works has a client use all that there is.
func works(t testing.TB, c *Client) {
	t.Helper()
	ctx := t.Context()
	var calls []Call
	for i := range 20 {
		calls = append(calls, Call{count, fmt.Sprint("k", i, time.Now().UnixNano()), []string{fmt.Sprint(i)}})
	}
	got, err := c.Run(ctx, calls)
	if err != nil {
		t.Fatal(err)
	}
	for i, answer := range got {
		if !reflect.DeepEqual(answer, []int64{int64(i), 7}) {
			t.Errorf("script %d: %v", i, answer)
		}
	}
	if err := c.Set(ctx, "v", []byte("a\x00b"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(ctx, "v"); err != nil || string(v) != "a\x00b" {
		t.Errorf("got %q, %v", v, err)
	}
	if _, err := c.Get(ctx, "none"); !errors.Is(err, ErrNothing) {
		t.Errorf("got %v for a key without a value", err)
	}
}

// A server that forgets its scripts, dies, comes back and hangs: each is survived, and
// said once.
func TestServerIsLost(t *testing.T) {
	s := valkeytest.Start(t, "--requirepass", "sesame")
	c, lines := open(t, "redis://:sesame@"+s.Addr)
	there(t, c)
	works(t, c)
	if _, err := c.Run(t.Context(), []Call{{NewScript(`return {redis.call('SCRIPT', 'FLUSH') and 1}`), "k", nil}}); err == nil {
		t.Error("a script that may not run has run") // the server refuses it, which counts as away
	}
	there(t, c)
	raw(t, s.Addr, "AUTH sesame", "SCRIPT FLUSH")
	works(t, c)
	losses, _ := c.Losses()

	s.Kill()
	if _, err := c.Run(t.Context(), []Call{{count, "k", []string{"1"}}}); err == nil || !c.Away() {
		t.Errorf("got %v of a dead server", err)
	}
	if _, err := c.Get(t.Context(), "v"); !errors.Is(err, ErrAway) {
		t.Errorf("got %v while the server is away", err)
	}
	s.Run()
	there(t, c)
	works(t, c)

	s.Signal(syscall.SIGSTOP)
	begin, few := time.Now(), 5*time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), few)
	defer cancel()
	if _, err := c.Get(ctx, "v"); !errors.Is(err, context.DeadlineExceeded) || c.Away() {
		t.Errorf("got %v in a few milliseconds, away: %v", err, c.Away())
	}
	if _, err := c.Run(t.Context(), []Call{{count, "k", []string{"1"}}}); err == nil || !c.Away() {
		t.Errorf("got %v of a server that hangs", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v to find that out", took)
	}
	s.Signal(syscall.SIGCONT)
	there(t, c)
	works(t, c)
	if after, _ := c.Losses(); after-losses != 2 || lines.count("is away") != int(after) || lines.count("sesame") != 0 {
		t.Errorf("lost %d times, want 2; the log:\n%s", after-losses, &lines.buf)
	}
}

// raw sends a server lines of its protocol.
func raw(t testing.TB, addr string, commands ...string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	for _, command := range commands {
		fmt.Fprintf(conn, "%s\r\n", command)
		answer := make([]byte, 200)
		if n, err := conn.Read(answer); err != nil || answer[0] == '-' {
			t.Fatalf("%s: %s %v", command, answer[:n], err)
		}
	}
}

// A wrong password, and a server that never was there, are said once.
func TestServerIsNoneOfOurs(t *testing.T) {
	s := valkeytest.Start(t, "--requirepass", "sesame")
	c, lines := open(t, "redis://:other@"+s.Addr)
	valkeytest.Poll(t, "it is said", func() bool { return lines.count("WRONGPASS") == 1 })
	if _, err := c.Run(t.Context(), []Call{{count, "k", []string{"1"}}}); !errors.Is(err, ErrAway) || lines.count("other") != 0 {
		t.Errorf("got %v; the log:\n%s", err, &lines.buf)
	}
}

// The client goes where Sentinel says that the primary is, and follows it.
func TestSentinel(t *testing.T) {
	first := valkeytest.Start(t)
	_, port, _ := net.SplitHostPort(first.Addr)
	valkeytest.Start(t, "--replicaof", "127.0.0.1 "+port, "--repl-diskless-sync-delay", "0")
	sentinel := valkeytest.Sentinel(t, first)
	c, _ := open(t, "redis+sentinel://"+sentinel.Addr+"/main")
	there(t, c)
	works(t, c)
	valkeytest.Poll(t, "Sentinel knows the replica", func() bool { return info(t, sentinel.Addr, "slaves=1") })
	first.Kill()
	if _, err := c.Run(t.Context(), []Call{{count, "k", []string{"1"}}}); err == nil {
		t.Error("a dead primary answers")
	}
	there(t, c)
	works(t, c)
}

// info reports whether what a server says of itself has a text.
func info(t testing.TB, addr, text string) bool {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "INFO\r\n")
	answer := make([]byte, 64<<10)
	n := 0
	for {
		m, err := conn.Read(answer[n:])
		if n += m; err != nil || bytes.HasSuffix(answer[:n], []byte("\r\n\r\n")) || bytes.Contains(answer[:n], []byte(text)) || m == 0 {
			return bytes.Contains(answer[:n], []byte(text))
		}
		if bytes.Contains(answer[:n], []byte("master0:")) && bytes.HasSuffix(answer[:n], []byte("\r\n")) {
			return bytes.Contains(answer[:n], []byte(text))
		}
	}
}

// startCluster starts a cluster of three parts, of which the first has a replica where that
// is wanted, as the last of what is returned.
func startCluster(t *testing.T, replica bool) (parts []*valkeytest.Server) {
	t.Helper()
	n := 3
	if replica {
		n = 4
	}
	port := func(s *valkeytest.Server) string { _, p, _ := net.SplitHostPort(s.Addr); return p }
	for i := range n {
		s := valkeytest.Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "500", "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0")
		if parts = append(parts, s); i < 3 {
			raw(t, s.Addr, fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", i*16384/3, (i+1)*16384/3-1), fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1))
		}
	}
	for _, s := range parts[1:] {
		raw(t, parts[0].Addr, "CLUSTER MEET 127.0.0.1 "+port(s))
	}
	for _, s := range parts {
		valkeytest.Poll(t, "the cluster is joined", func() bool {
			info := valkeytest.Do(t, s.Addr, "CLUSTER INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", n))
		})
	}
	if replica {
		_, id, _ := strings.Cut(valkeytest.Do(t, parts[0].Addr, "CLUSTER MYID"), "\r\n")
		raw(t, parts[3].Addr, "CLUSTER REPLICATE "+strings.TrimSpace(id))
		valkeytest.Poll(t, "the replica follows", func() bool {
			return info(t, parts[3].Addr, "master_link_status:up") && strings.Contains(valkeytest.Do(t, parts[1].Addr, "CLUSTER NODES"), " slave ")
		})
	}
	return parts
}

// Keys are in the part of a cluster that has their slots.
func TestCluster(t *testing.T) {
	parts := startCluster(t, false)
	c, _ := open(t, "redis://"+parts[0].Addr+","+parts[1].Addr+","+parts[2].Addr)
	there(t, c)
	works(t, c)
	one, _ := open(t, "redis://"+parts[0].Addr) // from which it learns of the others
	there(t, one)
	works(t, one)
}

// A part of a cluster dies: the client is without a server until the replica has the part's
// place, and says so once, though the other parts answer.
func TestClusterFailsOver(t *testing.T) {
	parts := startCluster(t, true)
	c, lines := open(t, "redis://"+parts[1].Addr+","+parts[2].Addr)
	there(t, c)
	works(t, c)
	parts[0].Kill()
	all := func() error {
		var calls []Call
		for i := range 20 {
			calls = append(calls, Call{count, fmt.Sprint("k", i), []string{"1"}})
		}
		_, err := c.Run(t.Context(), calls)
		return err
	}
	if err := all(); err == nil || !c.Away() {
		t.Errorf("a part is dead: %v", err)
	}
	worked := 0
	valkeytest.Poll(t, "the replica has the place of its primary", func() bool {
		if all() == nil {
			worked++
		} else {
			worked = 0
		}
		return worked == 50
	})
	works(t, c)
	if n := lines.count("is away"); n > 2 {
		t.Errorf("it is said %d times that the server is away; the log:\n%s", n, &lines.buf)
	}
}
