package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServiceManager has a server tell the one who started it, as systemd's
// Type=notify wants, that it is ready and that it stops.
func TestServiceManager(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "notify")
	told, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	p, err := launchIn([]string{"NOTIFY_SOCKET=" + socket}, t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--in-memory")
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	expect := func(want string) {
		t.Helper()
		_ = told.SetReadDeadline(time.Now().Add(patience))
		buf := make([]byte, 100)
		n, err := told.Read(buf)
		if got := string(buf[:n]); err != nil || got != want {
			t.Fatalf("it was told %q, %v, want %q\n%s", got, err, want, p.printed())
		}
	}
	expect("READY=1")
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	expect("STOPPING=1")
}

// TestSystemdUnit has systemd judge the unit of deploy/: that it understands it, and that
// what is open to it stays little. The unit's user, its directories and the configuration fit.
func TestSystemdUnit(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/systemd/gatehouse.service")
	if err != nil {
		t.Fatal(err)
	}
	const program = "/usr/local/bin/gatehouse"
	if strings.Count(string(text), program) != 1 {
		t.Fatalf("the unit does not start %s", program)
	}
	unit := filepath.Join(t.TempDir(), "gatehouse.service")
	if err := os.WriteFile(unit, []byte(strings.Replace(string(text), program, "/bin/true", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := runTool(t, "", "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit); out != "" {
		t.Errorf("systemd-analyze verify says %s", out)
	}
	runTool(t, "", "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit)
	// Functions run in the unit, too: systemd mounts nothing of a drop-in below a /home that
	// is closed, and the service has no directory of its own for a cache.
	for _, line := range []string{"ProtectHome=tmpfs", "CacheDirectory=gatehouse", "Environment=XDG_CACHE_HOME=%C", "WorkingDirectory=-/etc/gatehouse"} {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			t.Errorf("the unit does not say %s", line)
		}
	}
	config, err := os.ReadFile("../../deploy/systemd/gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/var/lib/gatehouse", "/var/log/gatehouse/"} {
		if !strings.Contains(string(config), dir) {
			t.Errorf("the configuration does not name %s, where the unit may write", dir)
		}
	}
	here := t.TempDir()
	moved := strings.NewReplacer("/var/lib/gatehouse", here, "/var/log/gatehouse", here, ":4566", ":0", ":8080", ":0", ":9090", ":0").Replace(string(config))
	if err := os.WriteFile(filepath.Join(here, "gatehouse.yaml"), []byte(moved), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := launch(here, "serve", "--config", "gatehouse.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	rotate(t, here, p)
}

// rotate has logrotate, by the file of deploy/, rotate the logs of a server that writes on,
// with what stands for systemctl.
func rotate(t *testing.T, logs string, p *process) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/logrotate/gatehouse")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "gatehouse")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "/var/log/gatehouse", logs)), 0o644); err != nil {
		t.Fatal(err)
	}
	systemctl := fmt.Sprintf("#!/bin/sh\ncase $1 in reload) kill -HUP %d ;; esac\n", p.cmd.Process.Pid)
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(systemctl), 0o755); err != nil {
		t.Fatal(err)
	}
	url := urlLine.FindStringSubmatch(p.printed())[2]
	audit := filepath.Join(logs, "audit.log")
	call := func() {
		exchange(t, "GET", url+"/restapis", nil)
		for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
			if text, _ := os.ReadFile(audit); strings.Contains(string(text), "GetRestApis") {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the call is not in %s", audit)
			}
		}
	}
	call()
	cmd := exec.Command("logrotate", "--force", "--state", filepath.Join(dir, "state"), file)
	cmd.Env = append(os.Environ(), "PATH="+dir+":/usr/sbin:"+os.Getenv("PATH"))
	if cmd.Path, err = exec.LookPath("logrotate"); err != nil {
		cmd.Path, cmd.Err = "/usr/sbin/logrotate", nil // whose directory is not in everybody's PATH
	}
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("logrotate: %v %s", err, out)
	}
	if err := p.waitFor("SIGHUP"); err != nil {
		t.Error(err)
	}
	call()
	if old, _ := filepath.Glob(audit + "-*"); len(old) != 1 {
		t.Errorf("the rotated files are %q", old)
	}
}
