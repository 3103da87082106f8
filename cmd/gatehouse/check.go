package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

func newCheck() *cobra.Command {
	var format string
	given := defaults()
	given.AWS = false
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Say everything that dev would say of files, for CI",
		Long: `Read OpenAPI files, and templates of CloudFormation and SAM, as gatehouse dev does, deploy each in memory, and print what is
wrong with it and what of it has no effect or does not work on this server. Nothing
listens and nothing is called. The exit code is 1 when a file has errors.

--format json prints one JSON object for each finding, --format github what GitHub
shows beside the lines of a pull request. The settings that say where calls go
(lambda-functions, vpc-links, …) are read as by dev.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misused("%s: FILE (an OpenAPI file to check) is missing; usage: %s", below(cmd), cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			write, ok := checkFormats[format]
			if !ok {
				return fmt.Errorf("--format: %q is none of text, json, github", brief(format))
			}
			c, err := (&configSource{in: inCheck, flags: cmd.Flags()}).read()
			if err != nil {
				return err
			}
			return check(cmd.Context(), c, files, func(f openapi.Finding) { write(cmd.OutOrStdout(), f) })
		},
	}
	for _, name := range []string{"verbose", "region", "account", "aws", "aws-endpoint-url", "assume-roles", "identity-pools", "vpc-endpoints", "credentials", "stage-variable", "parameter", "upstream-for-plain"} {
		s := settingCalled(name)
		declare(cmd.Flags(), s.name, s.usage, s.value(&given))
	}
	cmd.Flags().String("config", "", "configuration file (YAML)")
	cmd.Flags().StringVar(&format, "format", "text", "text, json or github")
	return cmd
}

// errChecked is that a file has errors, which have been told.
var errChecked = errors.New("there are errors")

// check tells what dev would say of each file.
func check(ctx context.Context, c config, files []string, tell func(openapi.Finding)) error {
	wrong := 0
	for _, file := range files {
		found, err := checkOne(ctx, c, file)
		if err != nil {
			return err
		}
		for _, f := range found {
			tell(f)
			if f.Severity == openapi.Error {
				wrong++
			}
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%w: %d in %s", errChecked, wrong, count(len(files), "file", "files"))
	}
	return nil
}

// checkOne deploys a file on a server of its own, at which nothing listens, and
// returns what there is to say.
func checkOne(ctx context.Context, c config, file string) (_ []openapi.Finding, err error) {
	c.InMemory, c.AccessLog, c.ExecutionLog, c.ExecutionLogDirectory, c.AuditLog, c.AccessLogDestinations, c.LogEventsBytes = true, "", "", "", "", nil, 0
	c.AllowUnauthenticated, c.AllowUnprotected = true, false
	signers := !c.open()
	code := &templateCode{file: file}
	code.extend(&c)
	if _, err := os.Stat(c.Credentials); errors.Is(err, fs.ErrNotExist) { // secrets need not be where files are checked
		c.Credentials = ""
	}
	var opened closers
	defer func() { err = errors.Join(err, opened.close()) }()
	out, err := openOutputs(&c, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	opened.add(out.close)
	s, err := join(ctx, &c, out, &opened)
	if err != nil {
		return nil, err
	}
	s.pools.pools.Close() // no issuer is called either
	s.signers = signers
	all, err := newDevelopers(s, file, code, nil)
	if err != nil {
		return nil, err
	}
	if err := all.create(ctx); err != nil {
		return nil, err
	}
	var found []openapi.Finding
	for _, d := range all.apis {
		found = append(found, d.findings(d.read(ctx))...)
	}
	return found, nil
}

// findings are all that there is to say of a reading.
func (d *developer) findings(r *reading) []openapi.Finding {
	if r.refused {
		if len(r.wrong) == 0 { // what AWS refuses without a place
			return d.problems(errors.New(strings.Join(r.def.Errors, "; ")))
		}
		return r.wrong
	}
	var found []openapi.Finding
	for _, f := range r.def.Findings {
		if d.teller.verbose || !isDetail(r.def, f) {
			found = append(found, f)
		}
	}
	whole := func(text string) {
		found = append(found, openapi.Finding{Severity: openapi.Warning, Position: openapi.Position{File: d.file}, Text: text})
	}
	for _, reason := range closedReasons(r.routes) {
		whole(reason)
	}
	for _, p := range d.server.placesOf(r.def) {
		if p.where == "" {
			whole(p.String())
		}
	}
	return found
}

// checkFormats are the forms in which check tells a finding.
var checkFormats = map[string]func(io.Writer, openapi.Finding){
	"text":   func(w io.Writer, f openapi.Finding) { fmt.Fprintln(w, f) },
	"json":   tellJSON,
	"github": tellGitHub,
}

// tellJSON writes a finding as an object on a line of its own.
func tellJSON(w io.Writer, f openapi.Finding) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(struct { // of these types everything encodes
		openapi.Position
		Severity string `json:"severity"`
		Text     string `json:"text"`
		Path     string `json:"path,omitzero"`
	}{f.Position, f.Severity.String(), f.Text, f.Path})
}

// tellGitHub writes a finding as a workflow command.
func tellGitHub(w io.Writer, f openapi.Finding) {
	level := "notice"
	switch f.Severity {
	case openapi.Error:
		level = "error"
	case openapi.Warning:
		level = "warning"
	}
	at := "file=" + githubProperty.Replace(f.Position.File)
	if f.Position.Line > 0 {
		at += fmt.Sprintf(",line=%d,col=%d", f.Position.Line, f.Position.Column)
	}
	fmt.Fprintf(w, "::%s %s::%s\n", level, at, githubText.Replace(f.Text))
}

// The escapes of workflow commands, of their text and of their properties.
var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
