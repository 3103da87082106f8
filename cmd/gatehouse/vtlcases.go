package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func newVTLTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test CASES.jsonl",
		Short: "Run a file of template and JSONPath cases",
		Long: `Run cases, one JSON object a line, and compare what they give with what they
want. FILE may be - for standard input.

A template case has a template, a context (the variables) and an output, or an
error that is "parse" or "render"; mode "apigw" for API Gateway's dialect;
input {"body", "params"} to bind $input, util true to bind $util. templateFile,
outputFile and, in input, bodyFile name files instead, as documentFile does in a
JSONPath case; where they are is relative to the file of cases. One line end at the
end of an outputFile does not count.

A JSONPath case has a path and a document (JSON text), and string and json (how
the result prints), or missing true, or an error that is "invalid-path" or
"evaluation".`,
		Args: arguments("CASES.jsonl, a file of cases or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return testCases(args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// maxCaseLine bounds one case.
const maxCaseLine = 16 << 20

// testCases runs every case of a file and reports to w.
func testCases(file string, stdin io.Reader, w io.Writer) error {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, reason(err))
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxCaseLine)
	passed, failed, n := 0, 0, 1
	for ; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		c := newCase(lines.Text(), n, filepath.Dir(file))
		if c.got == c.want {
			passed++
			continue
		}
		failed++
		fmt.Fprintf(w, "FAIL %s: %s\n", c.id, c.subject)
		if c.diff == "" || len(c.want)+len(c.got) <= maxWantGot {
			fmt.Fprintf(w, "  want %s\n  got  %s\n", c.want, c.got)
		}
		io.WriteString(w, c.diff)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s:%d: the case is longer than %d MiB", file, n, maxCaseLine>>20)
	case err != nil:
		return fmt.Errorf("%s: %w", file, reason(err))
	}
	if passed+failed == 0 {
		return fmt.Errorf("%s: there are no cases", file)
	}
	fmt.Fprintf(w, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return fmt.Errorf("%d of %d cases failed", failed, passed+failed)
	}
	return nil
}

// A templateCase is one case with what it gave. want and got are written for
// people and equal when the case holds.
type templateCase struct {
	id, subject string
	want, got   string
	diff        string // where the outputs begin to differ, in whole lines; "" where there are none
}

// maxWantGot bounds outputs that are printed as a whole, in bytes, beside the place
// where they differ.
const maxWantGot = 300

// newCase reads a case and runs it. A line that is no case fails. Files that the case
// names are in dir, "." for standard input.
func newCase(line string, n int, dir string) templateCase {
	c := templateCase{id: fmt.Sprintf("line %d", n), want: "a case"}
	v, err := value.ParseStrict(line, value.Limits{Bytes: maxCaseLine})
	row := v.AsMap()
	if err != nil || row == nil {
		c.got = fmt.Sprintf("no JSON object (%v)", err)
		return c
	}
	if id := field(row, "id"); id != "" {
		c.id = id
	}
	err = checkCase(row)
	if err == nil {
		err = readCaseFiles(row, dir)
	}
	if err != nil {
		c.got = err.Error()
		return c
	}
	switch {
	case row.Has("template"):
		if c.subject = field(row, "templateFile"); c.subject == "" {
			c.subject = fmt.Sprintf("%q", field(row, "template"))
		}
		c.want, c.got, c.diff = runTemplateCase(row)
	case row.Has("path") && row.Has("document"):
		c.subject = field(row, "path")
		c.want, c.got = runPathCase(row)
	default:
		c.got = "neither a template nor a path"
	}
	return c
}

// The members of cases. Those of notes say something to people, and are not read.
var (
	caseNotes       = strings.Fields("id group source note kind definite v2 v2_error v2_0")
	templateMembers = strings.Fields("template templateFile mode context input util output outputFile error")
	pathMembers     = strings.Fields("path document documentFile string json missing error")
	inputMembers    = []string{"body", "bodyFile", "params"}
)

// checkCase reports a member of a case that means nothing, so that no misspelt one
// makes a case hold.
func checkCase(row *value.Map) error {
	known := membersOf(row)
	for i := range row.Len() {
		if name, _ := row.At(i); !slices.Contains(known, name) && !slices.Contains(caseNotes, name) {
			return unknownMember(name, "member of a case", known)
		}
	}
	input := object(row, "input")
	for i := range input.Len() {
		if name, _ := input.At(i); !slices.Contains(inputMembers, name) {
			return fmt.Errorf("input: %w", unknownMember(name, "member", inputMembers))
		}
	}
	if err := checkParams(object(input, "params"), "input: params"); err != nil {
		return err
	}
	if kind := field(row, "error"); isTemplateCase(row) && kind != "" && kind != "parse" && kind != "render" {
		return fmt.Errorf("error: %q is neither parse nor render", brief(kind))
	}
	if mode := field(row, "mode"); mode != "" && mode != "apigw" && mode != "velocity" {
		return fmt.Errorf("mode: %q is neither apigw nor velocity", brief(mode))
	}
	return nil
}

// membersOf are the members that a case can have, those of both kinds where nothing says
// of which it is.
func membersOf(row *value.Map) []string {
	switch {
	case isTemplateCase(row):
		return templateMembers
	case row.Has("path"), row.Has("document"), row.Has("documentFile"):
		return pathMembers
	}
	return slices.Concat(templateMembers, pathMembers)
}

func isTemplateCase(row *value.Map) bool { return row.Has("template") || row.Has("templateFile") }

// field returns a text member of a case.
func field(row *value.Map, name string) string {
	v, _ := row.Get(name)
	return v.AsString()
}

func object(row *value.Map, name string) *value.Map {
	v, _ := row.Get(name)
	if m := v.AsMap(); m != nil {
		return m
	}
	return value.NewMap(0)
}

func flag(row *value.Map, name string) bool {
	v, _ := row.Get(name)
	b, _ := v.AsBool()
	return b
}

// runTemplateCase renders a case. diff is where an output differs from another.
func runTemplateCase(row *value.Map) (want, got, diff string) {
	output := field(row, "output")
	want = fmt.Sprintf("%q", output)
	kind := field(row, "error")
	if kind != "" {
		want = kind + " error"
	}
	mode := vtl.Velocity
	if field(row, "mode") == "apigw" {
		mode = vtl.APIGateway
	}
	out, err := renderCase(row, mode)
	switch {
	case err == nil && kind == "" && row.Has("outputFile") && out == strings.TrimSuffix(output, "\n"):
		return want, want, ""
	case err == nil && kind == "":
		return want, fmt.Sprintf("%q", out), firstDifference(output, out)
	case err == nil:
		return want, fmt.Sprintf("%q", out), ""
	}
	var at *vtl.Error
	got = err.Error()
	if errors.As(err, &at) {
		if got = at.Phase.String() + " error"; got != want {
			got += " (" + err.Error() + ")"
		}
	}
	return want, got, ""
}

func renderCase(row *value.Map, mode vtl.Mode) (string, error) {
	t, err := vtl.Parse("template", field(row, "template"), vtl.Options{Mode: mode})
	if err != nil {
		return "", err
	}
	input := object(row, "input")
	own := javaValue(value.FromMap(object(row, "context"))).AsMap()
	v := &templateVars{own: own, input: row.Has("input"), util: flag(row, "util")}
	v.bind(field(input, "body"), object(input, "params"), mapping.RequestSide)
	if context, _ := v.own.Get("context"); mode == vtl.APIGateway && context.AsMap() != nil {
		v.addOverrides(context.AsMap())
	}
	out, err := t.RenderString(v)
	if fault := v.call.CollectOverrides(); err == nil {
		err = fault
	}
	return out, err
}

// javaValue turns what a case's variables are in JSON into what they are in
// Java: lists that print as Java prints a list, and every number with a
// fraction or an exponent a Double.
func javaValue(v value.Value) value.Value {
	if d := v.AsBigDecimal(); d != nil {
		return value.Double(d.Float64())
	}
	if l := v.AsList(); l != nil {
		out := make([]value.Value, 0, l.Len())
		for _, x := range l.Values() {
			out = append(out, javaValue(x))
		}
		return value.FromList(value.NewList(out...))
	}
	m := v.AsMap()
	for i := range m.Len() {
		_, x := m.At(i)
		m.SetAt(i, javaValue(x))
	}
	return v
}

func runPathCase(row *value.Map) (want, got string) {
	switch {
	case flag(row, "missing"):
		want = "missing"
	case field(row, "error") != "":
		want = field(row, "error") + " error"
	}
	result, err := evaluateCase(row)
	var failure *jsonpath.Error
	switch {
	case errors.Is(err, jsonpath.ErrNotFound):
		return want, "missing"
	case errors.As(err, &failure):
		if got = pathErrorKind(failure) + " error"; got != want {
			got += " (" + err.Error() + ")"
		}
		return want, got
	case err != nil:
		return want, err.Error()
	}
	got = pathResult(printed(result), string(result.AppendJSON(nil)), row)
	if want == "" {
		want = pathResult(field(row, "string"), field(row, "json"), row)
	}
	return want, got
}

// printed is how a template prints a result: null prints nothing.
func printed(v value.Value) string {
	if v.IsNull() {
		return ""
	}
	return v.Text()
}

// pathResult writes those prints of a result that a case asks for.
func pathResult(text, json string, row *value.Map) string {
	out := ""
	if row.Has("string") {
		out += fmt.Sprintf("string %q ", text)
	}
	if row.Has("json") {
		out += "json " + json
	}
	return out
}

func pathErrorKind(e *jsonpath.Error) string {
	if e.Kind == jsonpath.InvalidPath {
		return "invalid-path"
	}
	return "evaluation"
}

func evaluateCase(row *value.Map) (value.Value, error) {
	p, err := jsonpath.Compile(field(row, "path"))
	if err != nil {
		return value.Value{}, err
	}
	doc, err := value.Parse(field(row, "document"), value.Limits{})
	if err != nil {
		return value.Value{}, err
	}
	return p.Get(doc)
}
