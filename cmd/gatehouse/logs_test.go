package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A mute process is a server both of whose outputs nobody reads once it is up.
type mute struct {
	cmd *exec.Cmd
	url string // of the control plane
}

// launchMute starts a server and reads what it prints as far as Ready.
func launchMute(t *testing.T, dir string, args ...string) *mute {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, append([]string{"serve", "--listen", "127.0.0.1:0", "--in-memory"}, args...)...)
	cmd.Args[0] = "gatehouse" // testscript.Main dispatches on it
	cmd.Dir = dir
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StderrPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // an ended one says so: nothing to do
	m := &mute{cmd: cmd}
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if at := urlLine.FindStringSubmatch(line); at != nil && m.url == "" {
			m.url = at[2]
		}
		if line == "Ready.\n" {
			return m
		}
	}
}

// failing is an API whose backend cannot be reached.
const failing = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{},` +
	`"x-amazon-apigateway-integration":{"type":"http_proxy","httpMethod":"GET","uri":"http://127.0.0.1:1/"}}}}}`

// storm makes calls of a stage until all of them are answered.
func storm(t *testing.T, url string, calls, status int) {
	t.Helper()
	client := &http.Client{Timeout: patience}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range calls / 10 {
				resp, err := client.Get(url)
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if resp.StatusCode != status {
					t.Error(resp.Status)
				}
			}
		})
	}
	wg.Wait()
}

// ends has the process end by SIGTERM, soon and well.
func (m *mute) ends(t *testing.T) {
	t.Helper()
	begin := time.Now()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > patience {
		t.Errorf("ended after %v", took)
	}
}

// TestOutputsNobodyReads fills the pipes of a server: calls are answered all the
// same, by both planes, and the process ends.
func TestOutputsNobodyReads(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"log and access log": nil, "trace": {"--trace"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := launchMute(t, t.TempDir(), args...)
			deployAPI(t, m.url, "mute", failing)
			for field, value := range map[string]string{"destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:x", "format": "$context.requestId " + strings.Repeat("x", 200)} {
				patch := `{"patchOperations":[{"op":"replace","path":"/accessLogSettings/` + field + `","value":"` + value + `"}]}`
				if got := exchange(t, "PATCH", m.url+"/restapis/mute/stages/prod", []byte(patch)); got.status != 200 {
					t.Fatal(got)
				}
			}
			storm(t, m.url+"/_aws/execute-api/mute/prod/", 1000, 504)
			storm(t, m.url+"/restapis", 1000, 200)
			m.ends(t)
		})
	}
}

// logTo sends the access log of an API's stage to a destination.
func logTo(t *testing.T, url, api, arn string) {
	t.Helper()
	patch := `{"patchOperations":[{"op":"replace","path":"/accessLogSettings/destinationArn","value":"` + arn + `"},` +
		`{"op":"replace","path":"/accessLogSettings/format","value":"$context.httpMethod $context.requestId"}]}`
	if got := exchange(t, "PATCH", url+"/restapis/"+api+"/stages/prod", []byte(patch)); got.status != 200 {
		t.Fatal(got)
	}
}

const (
	mockAPI = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/":{"get":{"responses":{"200":{"description":"ok"}},` +
		`"x-amazon-apigateway-integration":{"type":"mock","requestTemplates":{"application/json":"{\"statusCode\":200}"},"responses":{"default":{"statusCode":"200"}}}}}}}`
	logGroup = "arn:aws:logs:us-east-1:000000000000:log-group:"
)

// TestFIFOForAccessLog has one API log to a FIFO that nobody reads. Neither it
// nor its neighbour waits, and a reader who comes gets the lines.
func TestFIFOForAccessLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	p, _, url := launchWith(t, dir, "in-memory: true\naccess-log-destinations:\n  "+logGroup+"one: fifo\n  "+logGroup+"two: file\n")
	for api, group := range map[string]string{"apione": "one", "apitwo": "two"} {
		deployAPI(t, url, api, mockAPI)
		logTo(t, url, api, logGroup+group)
	}
	for _, api := range []string{"apione", "apitwo"} {
		storm(t, url+"/_aws/execute-api/"+api+"/prod/", 100, 200)
	}
	lines := func(name string) error {
		text, err := os.ReadFile(name)
		if n := strings.Count(string(text), "GET "); n != 100 {
			return fmt.Errorf("%d lines, %v", n, err)
		}
		return nil
	}
	eventually(t, func() error { return lines(filepath.Join(dir, "file")) })
	reader, err := os.OpenFile(fifo, os.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for r, n := bufio.NewReader(reader), 0; n < 100; n++ {
		if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "GET ") {
			t.Fatal(line, err)
		}
	}
	_ = reader.Close()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Error(err, p.printed())
	}
}

// TestAccessLogOfRefusals calls a stage with more than it may be sent: the answer
// is not the stage's, the line in its log is there all the same.
func TestAccessLogOfRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, _, url := launchWith(t, dir, "in-memory: true\naccess-log-destinations:\n  "+logGroup+"one: file\n")
	deployAPI(t, url, "apione", mockAPI)
	logTo(t, url, "apione", logGroup+"one")
	resp, err := http.Get(url + "/_aws/execute-api/apione/prod/" + strings.Repeat("x", 10_240))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Error(resp.Status)
	}
	eventually(t, func() error {
		text, err := os.ReadFile(filepath.Join(dir, "file"))
		if want := "GET " + resp.Header.Get("x-amzn-RequestId") + "\n"; string(text) != want {
			return fmt.Errorf("got %q, want %q, %v", text, want, err)
		}
		return nil
	})
}

// eventually waits until what should become true has.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// TestHangup does what logrotate does: it renames the log and sends SIGHUP,
// after which the log is there again, before a line is written.
func TestHangup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, _, url := launchWith(t, dir, "in-memory: true\naccess-log: access.log\n")
	deployAPI(t, url, "apihup", mockAPI)
	logTo(t, url, "apihup", logGroup+"any")
	stage, name := url+"/_aws/execute-api/apihup/prod/", filepath.Join(dir, "access.log")
	holds := func(name string, lines int) {
		t.Helper()
		eventually(t, func() error {
			text, err := os.ReadFile(name)
			if n := strings.Count(string(text), "\n"); n != lines || err != nil {
				return fmt.Errorf("%s: %d lines, %v", filepath.Base(name), n, err)
			}
			return nil
		})
	}
	for round := 1; round <= 3; round++ {
		storm(t, stage, 10, 200)
		holds(name, 10)
		old := fmt.Sprint(name, ".", round)
		if err := os.Rename(name, old); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		holds(name, 0)
		holds(old, 10)
	}
	storm(t, stage, 10, 200)
}
