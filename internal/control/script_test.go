package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files of testdata/wire are conversations, each with a server of its own,
// bytes as they travel:
//
//	# what is shown, the name of the step
//	POST /restapis {"name": "shop"}
//	201 {"id": "<api=>", "name": "shop", "createdDate": "<*>"}
//
//	GET /restapis/nope
//	404 NotFoundException Invalid API identifier specified 000000000000:nope
//
// Bodies may go on over further lines. Answers are compared whole, so that a
// member that should be absent is a failure. In an answer "<x=>" remembers a
// value, "<*>" stands for any; "<x>" is a remembered value everywhere. In an
// error's text \n breaks a line, and \s is a space at the end.
func TestWire(t *testing.T) {
	files, err := filepath.Glob("testdata/wire/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			c := &conversation{url: newServer(t).URL, vars: map[string]string{}}
			for _, s := range parseSteps(t, file) {
				t.Run(s.name, func(t *testing.T) { c.run(t, s) })
			}
		})
	}
}

// A step is one request with its answer.
type step struct {
	name, method, target, body string
	status, answer             string
}

var (
	requestLine = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) (/\S*) ?(.*)$`)
	answerLine  = regexp.MustCompile(`^(\d\d\d)(?: (.*))?$`)
)

func parseSteps(t *testing.T, file string) []step {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	var at *string // where further lines go
	name := ""
	for i, line := range strings.Split(string(text), "\n") {
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			name, at = heading, nil
		} else if m := requestLine.FindStringSubmatch(line); m != nil {
			steps = append(steps, step{name: fmt.Sprintf("%s (line %d)", name, i+1), method: m[1], target: m[2], body: m[3]})
			at = &steps[len(steps)-1].body
		} else if m := answerLine.FindStringSubmatch(line); m != nil {
			last := &steps[len(steps)-1]
			last.status, last.answer = m[1], m[2]
			at = &last.answer
		} else if at != nil {
			*at += "\n" + line
		} else if line != "" {
			t.Fatalf("%s:%d: neither request nor answer", file, i+1)
		}
	}
	return steps
}

// A conversation remembers values from one step to the next.
type conversation struct {
	url  string
	vars map[string]string
}

var variable = regexp.MustCompile(`<([a-z0-9]+)>`)

// expand puts remembered values in.
func (c *conversation) expand(s string) string {
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		if v, ok := c.vars[m[1:len(m)-1]]; ok {
			return v
		}
		return m
	})
}

func (c *conversation) run(t *testing.T, s step) {
	t.Helper()
	got := send(t, s.method, c.url+c.expand(s.target), c.expand(s.body))
	if fmt.Sprint(got.status) != s.status {
		t.Errorf("got status %d, want %s: %s", got.status, s.status, got.body)
		return
	}
	want := strings.TrimSpace(c.expand(s.answer))
	if got.status >= 400 {
		if want := errorText.Replace(want); got.refusal() != want {
			t.Errorf("got  %q\nwant %q", got.refusal(), want)
		}
		return
	}
	if want == "" {
		if len(got.body) > 0 {
			t.Errorf("got a body, want none: %s", got.body)
		}
		return
	}
	c.checkJSON(t, got.body, want)
}

// errorText undoes the escapes of an error's text in a file.
var errorText = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\s`, " ")

// An answer is what came back of one request.
type answer struct {
	status int
	kind   string // x-amzn-ErrorType
	body   []byte
}

// refusal is the type and the text of an error.
func (a *answer) refusal() string {
	var e struct{ Message string }
	if err := json.Unmarshal(a.body, &e); err != nil {
		return fmt.Sprintf("%s %v: %s", a.kind, err, a.body)
	}
	return a.kind + " " + e.Message
}

// plainClient keeps no connections: those of http.DefaultClient are closed by each
// server of a test that ends, in the midst of what other tests send at the same time.
var plainClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// send makes one request.
func send(t testing.TB, method, url, body string) *answer {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := plainClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := &answer{status: res.StatusCode, kind: res.Header.Get("x-amzn-ErrorType")}
	if a.body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return a
}

func (c *conversation) checkJSON(t *testing.T, body []byte, want string) {
	var g, w any
	if err := json.Unmarshal(body, &g); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("the answer in the file: %v", err)
	}
	g = c.match(g, w)
	if d := cmp.Diff(w, g); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// match returns got with what want does not care about, or remembers, as want
// has it.
func (c *conversation) match(got, want any) any {
	switch w := want.(type) {
	case string:
		if w == "<*>" && got != nil {
			return want
		}
		if name, ok := strings.CutSuffix(w, "=>"); ok && got != nil {
			c.vars[strings.TrimPrefix(name, "<")] = fmt.Sprint(got)
			return want
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		for k := range g {
			if _, ok := w[k]; ok {
				g[k] = c.match(g[k], w[k])
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return got
		}
		for i := range g {
			g[i] = c.match(g[i], w[i])
		}
	}
	return got
}
