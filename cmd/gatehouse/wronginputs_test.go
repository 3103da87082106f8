package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A wrongInput is what somebody gives who is mistaken, and all that is to be told:
// the message names the input and the rule.
type wrongInput struct {
	args string            // the command line behind "gatehouse", words divided by blanks, or in single quotes
	env  string            // NAME=value, further ones behind a blank
	file string            // the content of gatehouse.yaml, which is then named by --config
	data map[string]string // further files
	want string            // the one line on standard error behind "gatehouse: ", {dir} for the directory
	exit int               // 0 is for 1
}

// TestWrongInputs gives each wrong input alone and wants exactly the message that the
// table has.
func TestWrongInputs(t *testing.T) {
	for name, table := range map[string]map[string]wrongInput{
		"flags": wrongFlags, "environment": wrongEnvironment, "configuration": wrongConfiguration, "files": wrongFiles, "commands": wrongCommands,
	} {
		t.Run(name, func(t *testing.T) {
			for name, in := range table {
				t.Run(name, func(t *testing.T) { in.try(t) })
			}
		})
	}
}

func (in *wrongInput) try(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, entry := range strings.Fields(in.env) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	files := map[string]string{"api.yaml": "openapi: 3.0.1\n", "template.vtl": "$input.body"}
	for name, content := range in.data {
		files[name] = content
	}
	args := wordsOf(in.args)
	if in.file != "" {
		files["gatehouse.yaml"] = in.file
		args = append(args, "--config", "gatehouse.yaml")
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), patience) // for a server that starts
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(""))
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	err := root.ExecuteContext(ctx)
	if err == nil {
		t.Fatalf("gatehouse %s is taken, want %s", in.args, in.want)
	}
	if got := strings.ReplaceAll(err.Error(), dir, "{dir}"); got != in.want {
		t.Errorf("gatehouse %s\ngot  %s\nwant %s", in.args, got, in.want)
	}
	if exit := exitCode(err); exit != max(in.exit, 1) {
		t.Errorf("got exit code %d, want %d", exit, max(in.exit, 1))
	}
}

var quotedOrNot = regexp.MustCompile(`'[^']*'|\S+`)

// wordsOf are the words of a command line, of which some are in single quotes.
func wordsOf(line string) []string {
	words := quotedOrNot.FindAllString(line, -1)
	for i, word := range words {
		words[i] = strings.Trim(word, "'")
	}
	return words
}
