package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// A logCase is a request whose log lines a stranger would like to be others.
type logCase struct {
	name string
	send string // with \n for the ends of lines; a Host and a Content-Length are added
	line string // a line of the log, without its head
}

// forgedLine is what the cases would like to have in the log as a line of its own.
const forgedLine = "2026-01-01T00:00:00.000Z (00000000-0000-0000-0000-000000000000) Method completed with status: 200"

// logSecret is what no line may have.
const logSecret = "0123456789abcdef-SECRET"

func logCases() []logCase {
	masked := strings.Repeat("*", len(logSecret)-6) + "SECRET"
	return []logCase{
		{"an end of line in the query", "GET /_aws/execute-api/sec/prod/x?q=%0A" + strings.ReplaceAll(forgedLine, " ", "%20"), `Method request query string: {q=\n` + forgedLine + "}"},
		{"an end of line in the path", "GET /_aws/execute-api/sec/prod/x%0D%0Ay", "HTTP Method: GET, Resource Path: /x%0D%0Ay"},
		{"an end of line in a path variable", "GET /_aws/execute-api/sec/prod/x%0D%0Ay", `Method request path: {p=x\r\ny}`},
		{"an end of line in a body", "POST /_aws/execute-api/sec/prod/x\n\n\n" + forgedLine, `Method request body before transformations: \n` + forgedLine},
		{"a command of a terminal in a body", "POST /_aws/execute-api/sec/prod/x\n\n\x1b[2J\x1b]0;x\x07", `Method request body before transformations: \x1b[2J\x1b]0;x\a`},
		{"one in a header, beyond ASCII", "GET /_aws/execute-api/sec/prod/x\nX-Odd: \u009b2J\u202e", `X-Odd=\u009b2J\u202e`},
		{"a body that is no text", "POST /_aws/execute-api/sec/prod/x\n\n\xff\x00\xfe", "Method request body before transformations: [Binary Data]"},
		{"a body with a NUL", "POST /_aws/execute-api/sec/prod/x\n\na\x00b", `Method request body before transformations: a\x00b`},
		{"a separator of lines in Unicode", "POST /_aws/execute-api/sec/prod/x\n\na\u2028b\u0085c", `Method request body before transformations: a\u2028b\u0085c`},
		{"an escape as it is written", `POST /_aws/execute-api/sec/prod/x` + "\n\n" + `{"a": "b\nc"}`, `Method request body before transformations: {"a": "b\nc"}`},
		{"a header of 18 KB", "GET /_aws/execute-api/sec/prod/x\nX-Long: " + strings.Repeat("a", 18_000), "… [TRUNCATED]"},
		{"a body of 1 MB", "POST /_aws/execute-api/sec/prod/x\n\n" + strings.Repeat("a", 1<<20), "Method request body before transformations: aaa"},
		{"a request id that is none", "GET /_aws/execute-api/sec/prod/x\nx-amzn-RequestId: ) " + forgedLine, "Method completed with status: 200"},
		{"a bearer's token", "GET /_aws/execute-api/sec/prod/x\nAuthorization: Bearer " + logSecret, "Authorization=*******" + masked},
		{"an API key, in the body too", "POST /_aws/execute-api/sec/prod/x\nx-api-key: " + logSecret + "\n\n{\"k\": \"" + logSecret + "\"}", `Method request body before transformations: {"k": "***SECRET"}`},
		{"a token of a session", "GET /_aws/execute-api/sec/prod/x\nX-Amz-Security-Token: " + logSecret, "X-Amz-Security-Token=" + masked},
		{"a signature in the query", "GET /_aws/execute-api/sec/prod/x?X-Amz-Signature=" + logSecret, "X-Amz-Signature=***SECRET"},
		{"a token that the path has, too", "GET /_aws/execute-api/sec/prod/" + logSecret + "\nAuthorization: " + logSecret, "HTTP Method: GET, Resource Path: /***SECRET"},
	}
}

// shown is the case's line for the page.
func (c *logCase) shown() (sent, line string) {
	short := func(s string) string {
		s = strings.ReplaceAll(s, "/_aws/execute-api/sec/prod", "")
		s = strings.ReplaceAll(s, strings.ReplaceAll(forgedLine, " ", "%20"), "(forged line)")
		s = strings.ReplaceAll(strings.ReplaceAll(s, forgedLine, "(forged line)"), logSecret, "(secret)")
		return regexp.MustCompile(`a{20,}`).ReplaceAllString(s, "aaa…")
	}
	return short(c.send), short(c.line)
}

const greedyMock = `{"openapi":"3.0.1","info":{"title":"a","version":"1"},"paths":{"/{p+}":{"x-amazon-apigateway-any-method":{"responses":{"200":{"description":"ok"}},` +
	`"parameters":[{"name":"p","in":"path","required":true,"schema":{"type":"string"}}],` +
	`"x-amazon-apigateway-integration":{"type":"mock","passthroughBehavior":"never","requestTemplates":{"application/json":"{\"statusCode\":200}"},"responses":{"default":{"statusCode":"200"}}}}}}}`

// logCalls has a stage log its calls with their data.
func logCalls(t *testing.T, url, api string) {
	t.Helper()
	role := patches(t, []string{"replace /cloudwatchRoleArn arn:aws:iam::000000000000:role/logs"})
	if got := exchange(t, "PATCH", url+"/account", []byte(role)); got.status != 200 {
		t.Fatal(got)
	}
	body := patches(t, []string{"replace /*/*/logging/loglevel INFO", "replace /*/*/logging/dataTrace true"})
	if got := exchange(t, "PATCH", url+"/restapis/"+api+"/stages/prod", []byte(body)); got.status != 200 {
		t.Fatal(got)
	}
}

var logLineHead = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\) `)

// TestSecurityLogs sends the cases, and reads what the stage's execution log has of them.
func TestSecurityLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, _, url := launchWith(t, dir, "in-memory: true\nexecution-log-directory: logs\n")
	deployAPI(t, url, "sec", greedyMock)
	logCalls(t, url, "sec")
	name := filepath.Join(dir, "logs", "API-Gateway-Execution-Logs_sec", "prod.log")
	for _, tt := range logCases() {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.Truncate(name, 0); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(tt.send, "\n\n")
			line, headers, _ := strings.Cut(head, "\n")
			if headers != "" {
				headers += "\n"
			}
			got := askRaw(t, strings.TrimPrefix(url, "http://"), strings.ReplaceAll(line+" HTTP/1.1\nHost: localhost\n"+headers, "\n", "\r\n")+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))+body)
			if !strings.HasPrefix(got, "200") {
				t.Errorf("the answer is %s", got)
			}
			var log string
			eventually(t, func() error {
				text, err := os.ReadFile(name)
				if log = string(text); !strings.Contains(log, ") Method completed with status: 200\n") {
					return fmt.Errorf("got %q, %v", log, err)
				}
				return nil
			})
			for line := range strings.Lines(log) {
				if !logLineHead.MatchString(line) || strings.HasPrefix(line, "2026-01-01") || strings.HasPrefix(line, "(00000000") || len(line) > 1200 || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\x07\r\x00\u2028\u0085\u009b\u202e") {
					t.Errorf("a line is %q", line)
				}
			}
			if want := strings.TrimPrefix(tt.line, "… "); !strings.Contains(log, want) || strings.Contains(log, logSecret) {
				t.Errorf("%q is not in\n%s", want, log)
			}
		})
	}
}

// What becomes of a log's directory, and who plants what in it, holds no call up and gets
// nothing out of it.
func TestSecurityLogDirectory(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	p, _, url := launchWith(t, dir, "in-memory: true\nexecution-log-directory: logs\n")
	logs := filepath.Join(dir, "logs")
	for i, plant := range []func(string) error{
		func(string) error { return nil },
		func(name string) error { return syscall.Mkfifo(name, 0o600) },
		func(name string) error { return os.Symlink(filepath.Join(outside, "out.log"), name) },
		func(name string) error { return os.Mkdir(name, 0o700) },
	} {
		api := fmt.Sprint("api", i)
		deployAPI(t, url, api, greedyMock)
		if err := errors.Join(os.MkdirAll(filepath.Join(logs, "API-Gateway-Execution-Logs_"+api), 0o700), plant(filepath.Join(logs, "API-Gateway-Execution-Logs_"+api, "prod.log"))); err != nil {
			t.Fatal(err)
		}
		logCalls(t, url, api)
		storm(t, url+"/_aws/execute-api/"+api+"/prod/x", 50, 200)
	}
	name := filepath.Join(logs, "API-Gateway-Execution-Logs_api0", "prod.log")
	completed := func() error {
		text, err := os.ReadFile(name)
		if n := strings.Count(string(text), "Method completed with status: 200"); n != 50 {
			return fmt.Errorf("%d calls, %v", n, err)
		}
		return nil
	}
	eventually(t, completed)
	if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
		t.Errorf("outside: %v, %v", list, err)
	}
	if err := os.RemoveAll(logs); err != nil { // which SIGHUP has made again
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := p.waitFor("SIGHUP: the configuration is taken over"); err != nil {
		t.Fatal(err)
	}
	storm(t, url+"/_aws/execute-api/api0/prod/x", 50, 200)
	eventually(t, completed)
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil || !strings.Contains(p.printed(), "log lines dropped: their files could not be written") {
		t.Error(err, p.printed())
	}
}

// A report is not a command for a terminal, whatever values it has.
func TestReportsAreNoCommands(t *testing.T) {
	r := report{Kept: []idleSetting{{Account: "1", API: "a", Setting: "s", Value: "\x1b[31m\n", Why: "\u202e"}}}
	var b strings.Builder
	if err := r.print(&b); err != nil || b.String() != "Is kept for clients to read and has no effect:\n  a: s \\x1b[31m: \\u202e\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}
