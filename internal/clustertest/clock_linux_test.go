package clustertest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// skewVariable has how many seconds the clock of a program is ahead that buildSkewed built.
const skewVariable = "TEST_CLOCK_AHEAD"

// skewSource is added to the package time of such a program.
const skewSource = `package time

import "syscall"

var testAhead = func() (n int64) {
	text, _ := syscall.Getenv("` + skewVariable + `")
	sign := int64(1)
	if len(text) > 0 && text[0] == '-' {
		sign, text = -1, text[1:]
	}
	for _, c := range []byte(text) {
		n = 10*n + int64(c-'0')
	}
	return sign * n
}()
`

// buildSkewed builds the program with a package time whose clock can be wrong: all that is
// compiled is compiled anew.
func buildSkewed(t *testing.T) (binary string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	text, err := os.ReadFile(filepath.Join(source, "time.go"))
	if err != nil {
		t.Fatal(err)
	}
	const clock = "sec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(text), "func Now() Time {\n\t"+clock) != 1 {
		t.Fatal("this version of Go reads the clock in another way than the test knows")
	}
	skewed := strings.Replace(string(text), "func Now() Time {\n\t"+clock, "func Now() Time {\n\t"+clock+"\tsec += testAhead\n", 1)
	files := map[string]string{"time.go": skewed, "testahead.go": skewSource}
	replace := map[string]string{}
	for name, text := range files {
		replace[filepath.Join(source, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	binary = filepath.Join(dir, "gatehouse")
	cmd := exec.Command("go", "build", "-overlay", file, "-ldflags=-s -w", "-o", binary, "./cmd/gatehouse")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// TestClocks has one node's clock be ten minutes ahead and another's ten minutes behind,
// while nodes are stopped and killed and the database fails over.
func TestClocks(t *testing.T) {
	if !soak.Long() {
		t.Skip("a program is compiled of which nothing is compiled yet: make soak")
	}
	c := startCluster(t, buildSkewed(t))
	for i, n := range c.nodes {
		n.kill()
		n.env = []string{skewVariable + "=" + strconv.Itoa((i-1)*int((10*time.Minute).Seconds()))}
		n.start()
		n.await()
	}
	c.seeClocks()
	l := begin(c)
	time.Sleep(time.Second)
	for _, n := range c.nodes {
		c.stopNode(n, func() {})
		c.killNode(n)
	}
	c.failOver()
	time.Sleep(time.Second)
	l.judge()
}

// seeClocks makes sure that the clocks are wrong: answers have the time.
func (c *cluster) seeClocks() {
	c.t.Helper()
	for i, n := range c.nodes {
		resp, err := n.client.Get(n.url + "/restapis")
		if err != nil {
			c.t.Fatal(err)
		}
		_ = resp.Body.Close()
		at, err := time.Parse(time.RFC1123, resp.Header.Get("Date"))
		ahead, want := time.Until(at), time.Duration(i-1)*10*time.Minute
		if err != nil || (ahead-want).Abs() > time.Minute {
			c.t.Fatalf("the clock of %s is %v ahead, want %v: %v", n.name, ahead, want, err)
		}
	}
}
