package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// However the gateway or a worker ends, nothing of the function is left. At SIGTERM a call
// under way is answered first.
func TestFunctionsEnd(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "stopped": syscall.SIGTERM, "with its worker killed": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c, url := launchWith(t, t.TempDir(), "in-memory: true\nlambda-functions:\n  f: {command: testfunction}\n")
			deployFunctionsAPI(t, c, "f", "f")
			base := url + "/_aws/execute-api/f/prod/proxy"
			answer := answerText(t, "GET", base+"/child", "", nil)
			pids := strings.Fields(answer[strings.LastIndexByte(answer, '\n')+1:])
			if len(pids) != 2 || ended(pids[0]) || ended(pids[1]) {
				t.Fatalf("got processes %v of %s", pids, answer)
			}
			slow := make(chan string, 1)
			if signal == syscall.SIGTERM {
				go func() { slow <- answerText(t, "GET", base+"/slow", "", nil) }()
				if err := p.waitFor(`msg=function function=f lambdaRequestId=\S+ text="this takes a while"`); err != nil {
					t.Fatal(err)
				}
			}
			if signal == 0 {
				worker, _ := strconv.Atoi(pids[0])
				if err := syscall.Kill(worker, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			} else if err := p.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			} else if err := p.cmd.Wait(); err != nil && signal == syscall.SIGTERM {
				t.Error(err)
			}
			if signal == syscall.SIGTERM {
				if answer := <-slow; !strings.HasPrefix(answer, "201\n") {
					t.Errorf("got %s", answer)
				}
			}
			for end := time.Now().Add(30 * time.Second); !ended(pids[0]) || !ended(pids[1]); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("of %v some are left", pids)
				}
			}
		})
	}
}

// ended reports whether a process is no more, or dead at least.
func ended(pid string) bool {
	line, err := os.ReadFile("/proc/" + pid + "/cmdline")
	return err != nil || len(line) == 0
}
