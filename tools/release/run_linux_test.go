package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// contained is the program of an image with the image's files for its root, as a user
// who may do nothing: as root by chroot, and else in a namespace of users.
func contained(t *testing.T, root string, c containerConfig, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), c.Entrypoint[0], args...)
	cmd.Err = nil // the path is in the new root
	cmd.Dir, cmd.Env = c.WorkingDir, c.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
		return cmd
	}
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
	return cmd
}

// runImage starts the image with what it says of itself, but for the port and that
// nobody is asked for credentials, waits for it by its own means and stops it.
func runImage(t *testing.T, root string, c containerConfig) {
	if out, err := contained(t, root, c, c.Cmd...).CombinedOutput(); err == nil || !strings.Contains(string(out), "--allow-unauthenticated") {
		t.Errorf("open to other machines without a word, it says %v %s", err, out)
	}
	args := slices.Clone(c.Cmd)
	args[slices.Index(args, "0.0.0.0:4566")] = "0.0.0.0:0"
	server := contained(t, root, c, append(args, "--allow-unauthenticated")...)
	var log bytes.Buffer
	server.Stderr = &log
	printed, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Process.Kill() }()
	endpoint := ""
	for lines := bufio.NewScanner(printed); endpoint == "" && lines.Scan(); {
		if m := regexp.MustCompile(`^Control plane +http://\S+:(\d+)`).FindStringSubmatch(lines.Text()); m != nil {
			endpoint = "http://127.0.0.1:" + m[1]
		}
	}
	if endpoint == "" {
		_ = server.Wait()
		t.Fatalf("it does not serve: %s", log.String())
	}
	if out, err := contained(t, root, c, "wait", "--endpoint", endpoint).CombinedOutput(); err != nil {
		t.Errorf("gatehouse wait: %v %s", err, out)
	}
	if out, err := contained(t, root, c, "version").CombinedOutput(); err != nil || string(out) != "gatehouse 1.2.3-test\n" {
		t.Errorf("gatehouse version: %v %s", err, out)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.Process.Pid))
	user := os.Geteuid() // who else is nobody within its namespace
	if user == 0 {
		user = nobody
	}
	if err != nil || !strings.Contains(string(status), fmt.Sprintf("Uid:\t%[1]d\t%[1]d\t", user)) {
		t.Errorf("it runs as another user than %d: %s %v", user, status, err)
	}
	if _, err := os.Stat(root + "/data/gatehouse.db"); err != nil {
		t.Error(err)
	}
	_ = server.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ends with %v: %s", err, log.String())
		}
	case <-time.After(time.Minute):
		t.Error("it does not end")
	}
}
