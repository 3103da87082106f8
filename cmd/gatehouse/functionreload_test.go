package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// reloadedAPI has one route, whose function is called f.
const reloadedAPI = `
openapi: 3.0.1
info: {title: reload, version: "1"}
paths:
  /f:
    get:
      responses: {}
      x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, uri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"}
`

// A functionRig is dev with a function in a directory of its own.
type functionRig struct {
	t    *testing.T
	dir  string
	dev  *process
	root string // URL of the stage
}

// save writes a file of the directory in which dev was started, in one step.
func (r *functionRig) save(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path+"~", []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		r.t.Fatal(err)
	}
}

// startFunction starts dev with these files, and more arguments.
func startFunction(t *testing.T, files map[string]string, args ...string) *functionRig {
	t.Helper()
	r := &functionRig{t: t, dir: t.TempDir()}
	r.save("api.yaml", reloadedAPI)
	for name, text := range files {
		r.save(name, text)
	}
	var err error
	r.dev, err = launch(r.dir, append([]string{"dev", "--config", "gatehouse.yaml", "--listen", "127.0.0.1:0", "--port", "0", "api.yaml"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.dev.kill)
	if err := r.dev.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	r.root = regexp.MustCompile(`(?m)^Stage dev +(\S+)/$`).FindStringSubmatch(r.dev.printed())[1]
	return r
}

// get returns what a call of the function answers, status code and body.
func (r *functionRig) get(query string) string {
	r.t.Helper()
	resp, err := http.Get(r.root + "/f" + query)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return resp.Status[:3] + " " + string(body)
}

// differs says that an answer is not the one that is wanted.
func differs(got, want string) error {
	if got != want {
		return fmt.Errorf("got %s, want %s", got, want)
	}
	return nil
}

// A call that is at work when its function's code is saved is finished by the old code,
// while the calls that come run the new one.
func TestFunctionReload(t *testing.T) {
	t.Parallel()
	code := `
const fs = require('fs')
exports.handler = async (event) => {
  const until = event.queryStringParameters?.until
  if (until) {
    fs.writeFileSync(until + '.begun', '')
    while (!fs.existsSync(until)) await new Promise((r) => setTimeout(r, 5))
  }
  return { statusCode: 200, body: 'VERSION' }
}`
	version := func(v string) string { return strings.ReplaceAll(code, "VERSION", v) }
	r := startFunction(t, map[string]string{"gatehouse.yaml": "lambda-functions: {f: {runtime: nodejs20.x, handler: index.handler, dir: code, timeout: 60}}", "code/index.js": version("old")})
	if got := r.get(""); got != "200 old" {
		t.Fatalf("got %s", got)
	}
	until := filepath.Join(t.TempDir(), "release")
	slow := make(chan string)
	go func() { slow <- r.get("?until=" + until) }()
	eventually(t, func() error { _, err := os.Stat(until + ".begun"); return err })
	r.save("code/index.js", version("new"))
	eventually(t, func() error { return differs(r.get(""), "200 new") })
	select {
	case got := <-slow:
		t.Fatalf("the slow call has ended: %s", got)
	default:
	}
	if err := os.WriteFile(until, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := <-slow; got != "200 old" {
		t.Errorf("the call that began on the old code answers %s", got)
	}
}

// A function that is debugged waits for a debugger before its code is loaded, and calls
// wait for it. The debugger is one that takes a connection for its client.
func TestFunctionDebug(t *testing.T) {
	t.Parallel()
	r := startFunction(t, map[string]string{
		"gatehouse.yaml": "lambda-functions: {f: {runtime: python3.11, handler: app.f, dir: code, layers: [layer], timeout: 1}}",
		"code/app.py":    "print('loaded')\ndef f(event, context): return {'statusCode': 200, 'body': 'debugged'}",
		"layer/python/debugpy.py": `
import socket
def listen(address):
    global server
    server = socket.create_server(address)
    print("the port is", server.getsockname()[1])
def wait_for_client():
    server.accept()
`,
	}, "--debug", "f=127.0.0.1:0")
	const port = `(?m)^f \| the port is (\d+)$`
	if err := r.dev.waitFor(port); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() { got <- r.get("") }()
	if strings.Contains(r.dev.printed(), "f | loaded") {
		t.Error("the code is loaded before a debugger is there")
	}
	client, err := net.Dial("tcp", "127.0.0.1:"+regexp.MustCompile(port).FindStringSubmatch(r.dev.printed())[1])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if got := <-got; got != "200 debugged" {
		t.Errorf("got %s\n%s", got, r.dev.printed())
	}
}

// A server looks for changed code at SIGHUP, and with --watch all the time.
func TestServedFunctionReload(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"at SIGHUP": "", "with --watch": "watch: true\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := &functionRig{t: t, dir: dir}
			code := func(version string) string {
				return "#!/bin/sh\nexport VERSION=" + version + "\nexec testfunction\n"
			}
			r.save("code/bootstrap", code("old"))
			if err := os.Chmod(filepath.Join(dir, "code/bootstrap"), 0o755); err != nil {
				t.Fatal(err)
			}
			p, c, url := launchWith(t, dir, more+"in-memory: true\nlambda-functions:\n  f: {command: [sh, bootstrap], dir: code}\n")
			deployFunctionsAPI(t, c, "f", "f")
			version := func() string {
				text := answerText(t, "GET", url+"/_aws/execute-api/f/prod/proxy/environment", "", nil)
				return regexp.MustCompile(`VERSION=(\w+)`).FindString(text)
			}
			if got := version(); got != "VERSION=old" {
				t.Fatalf("got %s", got)
			}
			r.save("code/bootstrap", code("newer"))
			if more == "" {
				p.hangUp(t, takenOver)
			}
			eventually(t, func() error { return differs(version(), "VERSION=newer") })
		})
	}
}
