package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/vtl"
)

// runVTL runs "gatehouse vtl" with files in a directory of its own.
func runVTL(t *testing.T, files map[string]string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := newVTLCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetIn(strings.NewReader(files["-"]))
	cmd.SetArgs(args)
	err = cmd.Execute()
	return out.String(), errs.String(), err
}

func TestVTLRun(t *testing.T) {
	files := map[string]string{
		"t.vtl":    `$input.params('id') $input.params('q') $input.params('X-A') $input.json('$.n') $context.stage $stageVariables.env [$undef]`,
		"set.vtl":  `#set($context.requestOverride.header.x = "v")$context.requestOverride.header.x`,
		"bad.vtl":  "a\n#if(",
		"fail.vtl": `before$util.urlDecode('%')`,
		"body":     `{"n": [1, 2.50]}`,
		"params":   `{"path": {"id": 7}, "querystring": {"q": ["a", "b&c"]}, "header": {"X-A": "h"}}`,
		"context":  `{"stage": "dev"}`,
		"vars":     `{"env": "e"}`,
		"list":     `[]`,
		"-":        `from $context.stage`,
	}
	flags := []string{"--body", "body", "--params", "params", "--context", "context", "--stage-variables", "vars"}
	tests := map[string]struct {
		args []string
		want string
		err  string
	}{
		"everything":     {append([]string{"run", "t.vtl"}, flags...), "7 b&c h [1,2.5] dev e []", ""},
		"stock Velocity": {append([]string{"run", "t.vtl", "--mode", "velocity"}, flags...), "7 b&c h [1,2.5] dev e [$undef]", ""},
		"override":       {[]string{"run", "set.vtl"}, "v", ""},
		"standard input": {[]string{"run", "-", "--context", "context"}, "from dev", ""},
		"parse error":    {[]string{"run", "bad.vtl"}, "", "bad.vtl:2:"},
		"render error":   {[]string{"run", "fail.vtl"}, "before", "fail.vtl:1:13:"},
		"no file":        {[]string{"run", "none.vtl"}, "", "none.vtl"},
		"no object":      {[]string{"run", "t.vtl", "--context", "list"}, "", "list: not a JSON object"},
		"bad mode":       {[]string{"run", "t.vtl", "--mode", "x"}, "", "--mode"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, _, err := runVTL(t, files, tt.args...)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestVTLTrace(t *testing.T) {
	files := map[string]string{"t.vtl": "#set($a = 1)\n$a"}
	stdout, stderr, err := runVTL(t, files, "run", "t.vtl", "--trace")
	if stdout != "1" || err != nil {
		t.Errorf("got %q, %v", stdout, err)
	}
	for _, want := range []string{"t.vtl:1:1: #set\n", `t.vtl:2:1: $a = "1"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("trace lacks %q:\n%s", want, stderr)
		}
	}
}

func TestVTLTest(t *testing.T) {
	cases := strings.Join([]string{
		`{"id": "print", "template": "$m $f", "context": {"m": {"b": [1, "x"]}, "f": 1.0}, "output": "{b=[1, x]} 1.0"}`,
		`{"id": "apigw", "mode": "apigw", "template": "[$foo]$input.path('$.l')", "context": {}, "input": {"body": "{\"l\":[\"x\"]}"}, "output": "[][\"x\"]"}`,
		`{"id": "unbound", "template": "$input.body", "context": {}, "output": "$input.body"}`,
		`{"id": "parse", "template": "#if(", "context": {}, "error": "parse"}`,
		``,
		`{"id": "wrong", "template": "a", "context": {}, "output": "b"}`,
		`{"id": "path", "path": "$.a", "document": "{\"a\": [1]}", "string": "[1]", "json": "[1]"}`,
		`{"id": "missing", "path": "$.b", "document": "{}", "missing": true}`,
		`{"id": "invalid", "path": "$.", "document": "{}", "error": "invalid-path"}`,
		`{"id": "wrong path", "path": "$.a", "document": "{\"a\": 1}", "missing": true}`,
		`{"id": "neither"}`,
		`no json`,
	}, "\n")
	stdout, _, err := runVTL(t, map[string]string{"c.jsonl": cases}, "test", "c.jsonl")
	if err == nil || err.Error() != "4 of 11 cases failed" {
		t.Errorf("got error %v", err)
	}
	for _, want := range []string{
		"FAIL wrong: \"a\"\n  want \"b\"\n  got  \"a\"\n",
		"FAIL wrong path: $.a\n  want missing\n  got  ",
		"FAIL neither: \n  want a case\n  got  neither a template nor a path\n",
		"FAIL line 12: \n  want a case\n  got  no JSON object",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if !strings.HasSuffix(stdout, "\n7 passed, 4 failed\n") || strings.Count(stdout, "FAIL") != 4 {
		t.Errorf("got\n%s", stdout)
	}
}

// A file without a case tests nothing, which is not to pass for success.
func TestVTLTestWantsCases(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "blank": "\n  \n\t\n"} {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"c.jsonl", "-"} {
				stdout, _, err := runVTL(t, map[string]string{"c.jsonl": text, "-": text}, "test", file)
				if want := strings.Replace("FILE: there are no cases", "FILE", file, 1); err == nil || err.Error() != want || stdout != "" {
					t.Errorf("got %q, error %v, want %s", stdout, err, want)
				}
			}
		})
	}
}

// A case that is too long is told by its place and with the bound.
func TestVTLTestTellsOfALongCase(t *testing.T) {
	text := `{"template":"a","output":"a"}` + "\n" + strings.Repeat("x", maxCaseLine+1)
	_, _, err := runVTL(t, map[string]string{"c.jsonl": text}, "test", "c.jsonl")
	if want := "c.jsonl:2: the case is longer than 16 MiB"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The manual lists the directives that templates may use, and those that they
// may not.
func TestDocumentedDirectives(t *testing.T) {
	text, err := os.ReadFile("../../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	served, refused := bullet(t, string(text), "Directives"), bullet(t, string(text), "Refused")
	for name, source := range map[string]string{
		"set": "#set($x = 1)", "if": "#if(true)#elseif(true)#else#end", "elseif": "#if(true)#elseif(true)#end", "else": "#if(true)#else#end", "end": "#if(true)#end",
		"foreach": "#foreach($x in [1])#end", "break": "#foreach($x in [1])#break#end", "stop": "#stop", "define": "#define($x)#end", "macro": "#macro(m)#end",
		"evaluate": "#evaluate('x')", "include": "#include('x')", "parse": "#parse('x')",
	} {
		_, err := vtl.Parse(name, source, vtl.Options{Mode: vtl.APIGateway})
		word := "`#" + name + "`"
		if yes, no := strings.Contains(served, word), strings.Contains(refused, word); yes == no || yes != (err == nil) {
			t.Errorf("#%s is among the directives (%t), among the refused (%t), and gives %v", name, yes, no, err)
		}
	}
	if n := strings.Count(served, "`#"); n != 10+3 { // and two comments, and unparsed text
		t.Errorf("%d directives are listed:\n%s", n, served)
	}
}

// bullet is the point of a list that begins with a word in bold.
func bullet(t *testing.T, text, word string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n- **"+word+"**")
	if !ok {
		t.Fatalf("there is no point %s", word)
	}
	point, _, _ := strings.Cut(rest, "\n- ")
	return point
}

func TestVTLTestPasses(t *testing.T) {
	file, err := filepath.Abs("../../internal/jsonpath/testdata/jsonpath.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, err := runVTL(t, nil, "test", file)
	if err != nil || stdout != "282 passed, 0 failed\n" {
		t.Errorf("got %q, %v", stdout, err)
	}
}
