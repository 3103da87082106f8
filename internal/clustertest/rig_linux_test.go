package clustertest

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// patience bounds each wait for what has to happen, on a busy machine.
const patience = time.Minute

// answerTime is how long clients wait for an answer.
const answerTime = 5 * time.Second

// A cluster is three nodes on two databases and a Redis, with links between.
type cluster struct {
	t       *testing.T
	binary  string
	dir     string
	primary *pgtest.Server
	standby *pgtest.Server
	redis   *valkeytest.Server
	nodes   []*node

	replication *Link // from the standby to the primary
}

// A node is a process of the built binary.
type node struct {
	c         *cluster
	name      string
	url       string
	admin     string
	args      []string
	cmd       *exec.Cmd
	env       []string // beside that of the test
	client    *http.Client
	databases []*Link // to the primary and the standby
	redis     *Link

	mu    sync.Mutex
	state state
}

// A state is what the test does to a node now: what began and ended in one is judged by it.
type state struct {
	epoch      int
	up, leased bool
}

// newCluster builds the program and starts everything.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	return startCluster(t, built(t))
}

// built builds the program.
func built(t *testing.T) (binary string) {
	t.Helper()
	root := filepath.Join("..", "..")
	binary = filepath.Join(t.TempDir(), "gatehouse")
	build(t, root, binary)
	look(t, filepath.Join(root, "go.sum"))
	for _, dir := range []string{"cmd", "internal", "vtl"} {
		look(t, filepath.Join(root, dir))
	}
	return binary
}

// look looks at files, so that go test runs the test again when one of them has changed: it
// does not know that the program is made of them.
func look(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// startCluster starts everything, with nodes that are a program.
func startCluster(t *testing.T, binary string) *cluster {
	t.Helper()
	c := newBare(t, binary)
	c.primary = pgtest.New(t, pgtest.Options{})
	c.primary.Exec(t, "postgres", "CREATE DATABASE gatehouse")
	c.addStandby()
	c.redis = valkeytest.Start(t)
	c.addNodes()
	return c
}

// newBare makes the keys that nodes share, which are a program. It starts nothing.
func newBare(t *testing.T, binary string) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), binary: binary}
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	if err := os.WriteFile(filepath.Join(c.dir, "secrets.key"), []byte(base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// addNodes starts three nodes, and waits until they serve.
func (c *cluster) addNodes() {
	c.t.Helper()
	for i := range 3 {
		c.nodes = append(c.nodes, c.newNode(fmt.Sprint("n", i+1)))
	}
	for _, n := range c.nodes {
		n.await()
	}
}

// addStandby starts a standby. What is acknowledged from then on is on both databases, as it
// has to be where none of it may be lost.
func (c *cluster) addStandby() {
	c.t.Helper()
	c.standby = c.primary.Standby(c.t, pgtest.Options{})
	c.replication = NewLink(c.t, c.primary.Addr())
	host, port, _ := net.SplitHostPort(c.replication.Addr)
	c.standby.Exec(c.t, "postgres", fmt.Sprintf("ALTER SYSTEM SET primary_conninfo = 'host=%s port=%s user=gatehouse application_name=standby'", host, port))
	c.standby.Exec(c.t, "postgres", "SELECT pg_reload_conf()")
	c.primary.Exec(c.t, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'")
	c.primary.Exec(c.t, "postgres", "SELECT pg_reload_conf()")
}

// newNode starts a node that does everything, on both databases and Redis.
func (c *cluster) newNode(name string) *node {
	databases := []*Link{NewLink(c.t, c.primary.Addr()), NewLink(c.t, c.standby.Addr())}
	redis := NewLink(c.t, c.redis.Addr)
	n := c.makeNode(name, "", fmt.Sprintf("postgres://gatehouse@%s,%s/gatehouse?sslmode=disable&target_session_attrs=read-write", databases[0].Addr, databases[1].Addr), "--valkey", "redis://"+redis.Addr)
	n.databases, n.redis = databases, redis
	n.start()
	return n
}

// makeNode makes a node of a role, "" for everything, that start starts, with more
// arguments.
func (c *cluster) makeNode(name, role, database string, more ...string) *node {
	n := &node{c: c, name: name, client: &http.Client{Timeout: answerTime, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	listen := net.JoinHostPort("127.0.0.1", strconv.Itoa(valkeytest.FreePort(c.t)))
	admin := net.JoinHostPort("127.0.0.1", strconv.Itoa(valkeytest.FreePort(c.t)))
	n.url, n.admin = "http://"+listen, "http://"+admin
	n.args = []string{"serve", "--admin-listen", admin, "--data-dir", filepath.Join(c.dir, name), "--secrets-key-file", filepath.Join(c.dir, "secrets.key"), "--database", database}
	if role != "" {
		n.args = append(n.args, "--role", role)
	}
	if role == "gateway" {
		n.args = append(n.args, "--gateway-listen", listen)
	} else {
		n.args = append(n.args, "--listen", listen)
	}
	if role != "control" {
		n.args = append(n.args, "--access-log", os.DevNull)
	}
	n.args = append(n.args, more...)
	c.t.Cleanup(func() {
		n.kill()
		if c.t.Failed() {
			text, _ := os.ReadFile(filepath.Join(c.dir, name+".log"))
			c.t.Logf("%s:\n%s", name, text[max(0, len(text)-20000):])
		}
	})
	return n
}

// start starts the process; await waits until it serves.
func (n *node) start() {
	n.c.t.Helper()
	log, err := os.OpenFile(filepath.Join(n.c.dir, n.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.c.t.Fatal(err)
	}
	defer log.Close()
	n.cmd = exec.Command(n.c.binary, n.args...)
	n.cmd.Stdout, n.cmd.Stderr, n.cmd.Dir = log, log, n.c.dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GATEHOUSE_") {
			n.cmd.Env = append(n.cmd.Env, v)
		}
	}
	n.cmd.Env = append(n.cmd.Env, n.env...)
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.cmd.Start(); err != nil {
		n.c.t.Fatal(err)
	}
}

// kill ends the process at once.
func (n *node) kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

// is says what the test does to the node from now on.
func (n *node) is(up, leased bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state = state{epoch: n.state.epoch + 1, up: up, leased: leased}
}

func (n *node) now() state {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state
}

// since says what was so all the while.
func (n *node) since(before state) state {
	if now := n.now(); now != before {
		return state{}
	}
	return before
}

// await waits until the node is ready and follows the database.
func (n *node) await() {
	n.c.t.Helper()
	n.awaitThat("follows")
	n.is(true, true)
}

// awaitThat waits until the node is ready and says of the database what is wanted.
func (n *node) awaitThat(database string) {
	n.c.t.Helper()
	n.c.becomes(n.name+" is ready", func() bool {
		status, body, err := n.get(n.admin + "/_gatehouse/ready")
		if err != nil || status != http.StatusOK {
			return false
		}
		var says struct{ Database string }
		return json.Unmarshal([]byte(body), &says) == nil && says.Database == database
	})
}

// awaitLease waits until writes wait for a node again whose database was away: it is ready
// all the while.
func (n *node) awaitLease() {
	n.c.t.Helper()
	n.c.becomes(n.name+" has its lease", func() bool {
		_, body, err := n.get(n.admin + "/_gatehouse/metrics")
		return err == nil && strings.Contains(body, "\ngatehouse_lease_held 1\n")
	})
	n.await()
}

// lapses is how often the node's lease had run out, or was forgotten.
func (n *node) lapses() (count int) {
	n.c.t.Helper()
	_, body, err := n.get(n.admin + "/_gatehouse/metrics")
	_, after, found := strings.Cut(body, "\ngatehouse_lease_lapses_total ")
	if err != nil || !found {
		n.c.t.Fatalf("%s does not say how often its lease had run out: %v", n.name, err)
	}
	text, _, _ := strings.Cut(after, "\n")
	count, err = strconv.Atoi(text)
	if err != nil {
		n.c.t.Fatal(err)
	}
	return count
}

func (n *node) get(url string) (status int, body string, err error) {
	return n.do(http.MethodGet, url, "", "")
}

// do makes a request with a key, if there is one.
func (n *node) do(method, url, body, key string) (int, string, error) {
	req, err := http.NewRequest(method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("x-api-key", key)
	}
	resp, err := n.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// must makes a request of the API that has to be done.
func (n *node) must(method, path, body string, out any) {
	n.c.t.Helper()
	status, text, err := n.do(method, n.url+path, body, "")
	if err == nil && status/100 == 2 && out != nil {
		err = json.Unmarshal([]byte(text), out)
	}
	if err != nil || status/100 != 2 {
		n.c.t.Fatalf("%s: %s %s: %d %s %v", n.name, method, path, status, text, err)
	}
}

// becomes waits until something is so.
func (c *cluster) becomes(what string, so func() bool) {
	c.t.Helper()
	c.within(patience, what, so)
}

// within is becomes with a bound of its own.
func (c *cluster) within(limit time.Duration, what string, so func() bool) {
	c.t.Helper()
	for end := time.Now().Add(limit); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatal("in vain: ", what)
		}
	}
}
