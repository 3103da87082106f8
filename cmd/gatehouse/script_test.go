package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

// atRaceExit keeps processes that the race detector watches from sleeping for a
// second each when they end.
const atRaceExit = "atexit_sleep_ms=50"

func TestMain(m *testing.M) {
	if os.Getenv("GORACE") == "" {
		_ = os.Setenv("GORACE", atRaceExit)
	}
	soak.Checks(8)
	testscript.Main(m, map[string]func(){"gatehouse": func() { os.Exit(run(os.Args[1:])) }, "testfunction": runTestFunction, "bootstrap": goFunction})
}

// TestScripts runs the program as a user does. Beside testscript's commands
// the scripts have
//
//	start NAME ARGS...   start gatehouse in the background and wait for Ready.
//	                     $NAME_URL is its control plane, $NAME_ROOT dev's root,
//	                     $NAME_STAGES where stages are, $NAME_HEALTH the port of health
//	end NAME             SIGTERM; the exit code has to be 0. (stop is testscript's
//	     own: it ends the script, as passed, and no script may use it.)
//	hangup NAME          SIGHUP
//	shows NAME REGEXP    wait until the process has printed it
//	http METHOD URL [BODY [HEADER: VALUE]...]   stdout is status, headers, body;
//	     @FILE for a body is the file
//	busy VARIABLE URL    the variable is the host and port of the URL
//	until REGEXP METHOD URL   repeat http until stdout matches
func TestScripts(t *testing.T) {
	names, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if text, err := os.ReadFile(name); err != nil || regexp.MustCompile(`(?m)^stop\b`).Match(text) {
			t.Errorf("%s: uses stop, error %v", name, err)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for _, name := range os.Environ() {
				if strings.HasPrefix(name, "GATEHOUSE_") {
					return fmt.Errorf("%s is set", name)
				}
			}
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Values["processes"] = make(map[string]*process)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": startCommand, "end": endCommand, "shows": showsCommand, "http": httpCommand, "until": untilCommand, "busy": busyCommand, "hangup": hangupCommand,
		},
	})
}

// A process is a gatehouse in the background and what it printed so far.
type process struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// patience is how long a script waits for what should happen at once.
const patience = time.Minute

// waitFor waits until the process has printed a line that matches.
func (p *process) waitFor(pattern string) error {
	re := regexp.MustCompile("(?m)" + pattern)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if re.MatchString(p.printed()) {
			return nil
		}
		select {
		case <-p.done:
			if re.MatchString(p.printed()) {
				return nil
			}
			return fmt.Errorf("the process ended before it printed %q:\n%s", pattern, p.printed())
		default:
		}
	}
	return fmt.Errorf("%q was not printed in time:\n%s", pattern, p.printed())
}

func processes(ts *testscript.TestScript) map[string]*process {
	return ts.Value("processes").(map[string]*process)
}

var urlLine = regexp.MustCompile(`(?m)^(Control plane|Stage [\w-]+) +(https?://\S+?)/?$`)

// scriptURLs are the lines beside those of urlLine that name a URL for scripts.
var scriptURLs = map[string]*regexp.Regexp{
	"_STAGES":  regexp.MustCompile(`(?m)^Stages +(http://[^/]+)/`),
	"_PRIVATE": regexp.MustCompile(`(?m)^Private APIs +(http://[^/]+)/`),
	"_HEALTH":  regexp.MustCompile(`(?m)^Health +(http://[^/]+)/`),
}

// launch starts gatehouse in the background.
func launch(dir string, args ...string) (*process, error) {
	return launchIn(nil, dir, args...)
}

// launchIn is launch with more environment variables.
func launchIn(env []string, dir string, args ...string) (*process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe, args...)
	cmd.Args[0] = "gatehouse" // testscript.Main dispatches on it
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	return follow(cmd)
}

// follow starts a command that is gatehouse, and keeps what it prints.
func follow(cmd *exec.Cmd) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_ = w.Close()
	p := &process{cmd: cmd, done: make(chan struct{})}
	go p.listen(r)
	return p, nil
}

// listen keeps what the process prints.
func (p *process) listen(r *os.File) {
	defer close(p.done)
	defer func() { _ = r.Close() }()
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadString('\n')
		p.mu.Lock()
		p.text.WriteString(line)
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// kill ends the process at once and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	<-p.done
}

func startCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME ARGS...")
	}
	p, err := launchIn(settingsOf(ts), ts.Getenv("WORK"), args[1:]...)
	ts.Check(err)
	processes(ts)[args[0]] = p
	ts.Defer(p.kill)
	ts.Check(p.waitFor(`^Ready\.$`))
	for _, m := range urlLine.FindAllStringSubmatch(p.printed(), -1) {
		name := "_URL"
		if m[1] != "Control plane" {
			name = "_ROOT"
		}
		ts.Setenv(args[0]+name, m[2])
	}
	for name, line := range scriptURLs {
		if m := line.FindStringSubmatch(p.printed()); m != nil {
			ts.Setenv(args[0]+name, m[1])
		}
	}
}

// settingsOf are the settings that a script made in its environment.
func settingsOf(ts *testscript.TestScript) []string {
	var env []string
	for _, setting := range settingNames() {
		if name := envName(setting); ts.Getenv(name) != "" {
			env = append(env, name+"="+ts.Getenv(name))
		}
	}
	return env
}

func busyCommand(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv(args[0], strings.TrimPrefix(args[1], "http://"))
}

func endCommand(ts *testscript.TestScript, neg bool, args []string) {
	p := processes(ts)[args[0]]
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	err := p.cmd.Wait()
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		ts.Fatalf("exit code %d (%v):\n%s", code, err, p.printed())
	}
}

func hangupCommand(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(processes(ts)[args[0]].cmd.Process.Signal(syscall.SIGHUP))
}

func showsCommand(ts *testscript.TestScript, neg bool, args []string) {
	p := processes(ts)[args[0]]
	if neg {
		if regexp.MustCompile("(?m)" + args[1]).MatchString(p.printed()) {
			ts.Fatalf("printed %q:\n%s", args[1], p.printed())
		}
		return
	}
	ts.Check(p.waitFor(args[1]))
}

func httpCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) > 2 && strings.HasPrefix(args[2], "@") {
		args = slices.Clone(args)
		args[2] = ts.ReadFile(args[2][1:])
	}
	text, err := request(args)
	if neg {
		if err == nil {
			ts.Fatalf("answered:\n%s", text)
		}
		return
	}
	ts.Check(err)
	_, err = io.WriteString(ts.Stdout(), text)
	ts.Check(err)
}

func untilCommand(ts *testscript.TestScript, neg bool, args []string) {
	re := regexp.MustCompile("(?m)" + args[0])
	last := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, err := request(args[1:])
		if err == nil && re.MatchString(text) {
			_, err = io.WriteString(ts.Stdout(), text)
			ts.Check(err)
			return
		}
		last = fmt.Sprint(text, err)
	}
	ts.Fatalf("%q did not come:\n%s", args[0], last)
}

// request sends one request and returns the answer as text.
func request(args []string) (string, error) {
	var body io.Reader
	if len(args) > 2 && args[2] != "" {
		body = strings.NewReader(args[2])
	}
	req, err := http.NewRequest(args[0], args[1], body)
	if err != nil {
		return "", err
	}
	for _, h := range args[min(3, len(args)):] {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintln(&out, resp.StatusCode)
	_ = resp.Header.Write(&out)
	fmt.Fprintf(&out, "\n%s\n", text)
	return out.String(), nil
}
