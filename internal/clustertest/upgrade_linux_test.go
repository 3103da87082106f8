package clustertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// upgradedFrom is the oldest commit whose program serves beside this one's on one database.
// When a schema or a row of it changes so that this is no longer so, docs/cluster.md has to
// say it, and another commit stands here.
const upgradedFrom = "fcce474181c18da2c94bbfc66be1ccad69063c45"

// TestUpgrade has three nodes of an older program serve readers and writers, and replaces them
// one after the other by those of this one, and the last one back again: what clients see is what
// nodes promise, while both programs read and write one database.
func TestUpgrade(t *testing.T) {
	if !soak.Long() {
		t.Skip("builds another program: make soak; TestPostgresSchemas has a newer schema in every run")
	}
	older := buildCommit(t, upgradedFrom)
	c := startCluster(t, older)
	newer := filepath.Join(c.dir, "newer")
	build(t, filepath.Join("..", ".."), newer)
	l := begin(c)
	const sideBySide = 3 * time.Second
	time.Sleep(sideBySide)
	for _, n := range c.nodes {
		c.replaceProgram(n, newer)
		time.Sleep(sideBySide)
	}
	last := c.nodes[len(c.nodes)-1]
	c.replaceProgram(last, older) // as whoever finds the newer one wanting does
	time.Sleep(sideBySide)
	c.replaceProgram(last, newer)
	time.Sleep(sideBySide)
	l.judge()
}

// replaceProgram stops a node in an orderly way and starts it as another program.
func (c *cluster) replaceProgram(n *node, binary string) {
	c.t.Helper()
	c.tell("%s is stopped, to be %s", n.name, filepath.Base(binary))
	n.is(false, false)
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if err := n.cmd.Wait(); err != nil {
		c.t.Fatalf("%s ends with %v", n.name, err)
	}
	c.binary = binary
	n.start()
	n.await()
	c.tell("%s is ready", n.name)
}

// build builds the program of a directory's module.
func build(t *testing.T, dir, binary string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "./cmd/gatehouse")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

// buildCommit builds the program of a commit of this repository, of which a copy without
// its history has none.
func buildCommit(t *testing.T, commit string) (binary string) {
	t.Helper()
	dir, root := t.TempDir(), filepath.Join("..", "..")
	if exec.Command("git", "-C", root, "cat-file", "-e", commit+"^{commit}").Run() != nil {
		t.Skip("the repository does not have commit ", commit)
	}
	source := filepath.Join(dir, "source")
	if err := os.Mkdir(source, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sh", "-c", `git -C "$1" archive --format=tar "$2" | tar -x -C "$3"`, "sh", root, commit, source).CombinedOutput(); err != nil {
		t.Fatalf("git archive: %v\n%s", err, out)
	}
	binary = filepath.Join(dir, "older")
	build(t, source, binary)
	return binary
}
