package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/percent"
	"github.com/gatehouse-gw/gatehouse/internal/spelling"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// newVTLCommand is "gatehouse vtl": templates without a server.
func newVTLCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vtl",
		Short: "Render mapping templates and run files of template cases",
		Args:  noCommand,
		RunE:  showHelp,
	}
	cmd.AddCommand(newVTLRun(), newVTLTest())
	return cmd
}

// vtlRun is what a template is rendered with. Fields that name files may be
// empty.
type vtlRun struct {
	template       string
	body           string
	context        string
	params         string
	stageVariables string
	mode           string
	trace          bool
}

func newVTLRun() *cobra.Command {
	var o vtlRun
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Render a template",
		Long: `Render a template as API Gateway does, with $input, $context, $util and
$stageVariables. FILE may be - for standard input.

  gatehouse vtl run template.vtl --body body.json --params params.json

--params is {"path": {…}, "querystring": {…}, "header": {…}}; a value may be a
list. --context holds the members of $context, --stage-variables names and
values.`,
		Args: arguments("FILE, a template or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.template = args[0]
			return o.run(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.body, "body", "", "`FILE` with the request's body")
	f.StringVar(&o.context, "context", "", "JSON `FILE` with $context")
	f.StringVar(&o.params, "params", "", "JSON `FILE` with path, querystring and header parameters")
	f.StringVar(&o.stageVariables, "stage-variables", "", "JSON `FILE` with $stageVariables")
	f.StringVar(&o.mode, "mode", "apigw", "`DIALECT`: apigw, or velocity for stock Velocity 1.7")
	f.BoolVar(&o.trace, "trace", false, "print each step to standard error")
	return cmd
}

func (o *vtlRun) run(stdin io.Reader, stdout, stderr io.Writer) error {
	mode, err := templateMode(o.mode)
	if err != nil {
		return err
	}
	source, err := readInput(o.template, stdin)
	if err != nil {
		return err
	}
	t, err := vtl.Parse(o.template, string(source), vtl.Options{Mode: mode})
	if err != nil {
		return err
	}
	vars, err := o.vars()
	if err != nil {
		return err
	}
	options := &vtl.RunOptions{}
	if o.trace {
		options.Hook = traceTo(stderr)
	}
	out, err := t.Render(nil, vars, options)
	if _, werr := stdout.Write(out); werr != nil {
		return werr
	}
	return err
}

func templateMode(name string) (vtl.Mode, error) {
	switch name {
	case "apigw":
		return vtl.APIGateway, nil
	case "velocity":
		return vtl.Velocity, nil
	}
	return 0, fmt.Errorf("--mode: %q is neither apigw nor velocity", brief(name))
}

func readInput(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(stdin)
	}
	return readNamedFile(file)
}

// readNamedFile reads a file; its error names it in plain words.
func readNamedFile(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, reason(err))
	}
	return text, nil
}

// vars reads the files that the flags name.
func (o *vtlRun) vars() (*templateVars, error) {
	v := &templateVars{own: value.NewMap(2), input: true, util: true}
	body := []byte(nil)
	if o.body != "" {
		var err error
		if body, err = readNamedFile(o.body); err != nil {
			return nil, err
		}
	}
	params, err := readObject(o.params)
	if err == nil {
		err = checkParams(params, o.params)
	}
	if err != nil {
		return nil, err
	}
	context, err := readObject(o.context)
	if err != nil {
		return nil, err
	}
	addOverrides(context)
	variables, err := readObject(o.stageVariables)
	if err != nil {
		return nil, err
	}
	v.own.Set("context", value.FromMap(context))
	v.own.Set("stageVariables", value.FromMap(variables))
	v.scope = newTemplateScope(string(body), params).Vars(mapping.RequestSide)
	return v, nil
}

// readObject reads a JSON object from a file; no file is an empty object.
func readObject(file string) (*value.Map, error) {
	if file == "" {
		return value.NewMap(0), nil
	}
	text, err := readNamedFile(file)
	if err != nil {
		return nil, err
	}
	v, err := value.ParseStrict(string(text), value.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if v.AsMap() == nil {
		return nil, fmt.Errorf("%s: not a JSON object", file)
	}
	return v.AsMap(), nil
}

// paramPlaces are where the parameters of a request are, as $input.params() has them.
var paramPlaces = []string{"path", "querystring", "header"}

// checkParams reports what of an object is not {"path": {…}, "querystring": {…},
// "header": {…}}. at is how errors call it.
func checkParams(params *value.Map, at string) error {
	for i := range params.Len() {
		name, v := params.At(i)
		switch {
		case !slices.Contains(paramPlaces, name):
			return fmt.Errorf("%s: %w", at, unknownMember(name, "place of parameters", paramPlaces))
		case v.AsMap() == nil:
			return fmt.Errorf("%s: %s: not a JSON object of names and values", at, name)
		}
	}
	return nil
}

// unknownMember is the error of a member of a JSON object that is none of those known.
func unknownMember(name, what string, known []string) error {
	if meant, ok := spelling.Nearest(name, known); ok {
		return fmt.Errorf("%s is no %s; did you mean %s?", brief(name), what, meant)
	}
	return fmt.Errorf("%s is no %s, which are %s", brief(name), what, strings.Join(known, ", "))
}

// addOverrides gives a $context the maps that templates set overrides in.
func addOverrides(context *value.Map) {
	for name, parts := range map[string][]string{
		"requestOverride":  {"header", "path", "querystring"},
		"responseOverride": {"header"},
	} {
		if context.Has(name) {
			continue
		}
		m := value.NewMap(len(parts))
		for _, part := range parts {
			m.Set(part, value.FromMap(value.NewMap(0)))
		}
		context.Set(name, value.FromMap(m))
	}
}

// templateVars are variables of a file's own before $input and $util of a
// call.
type templateVars struct {
	own         *value.Map
	scope       vtl.Vars
	input, util bool
}

// Lookup implements vtl.Vars.
func (v *templateVars) Lookup(name string) (value.Value, bool) {
	if x, ok := v.own.Get(name); ok {
		return x, true
	}
	if name == "input" && v.input || name == "util" && v.util {
		return v.scope.Lookup(name)
	}
	return value.Value{}, false
}

// newTemplateScope is a call with a body and parameters of the form of
// $input.params().
func newTemplateScope(body string, params *value.Map) *mapping.Scope {
	s := &mapping.Scope{RequestBody: []byte(body)}
	eachParam(params, "path", func(name, text string) {
		s.PathParams = append(s.PathParams, mapping.Param{Name: name, Value: text})
	})
	eachParam(params, "querystring", func(name, text string) {
		if s.RawQuery != "" {
			s.RawQuery += "&"
		}
		s.RawQuery += escapeAll(name) + "=" + escapeAll(text)
	})
	eachParam(params, "header", func(name, text string) {
		s.Headers = append(s.Headers, httpmsg.Field{Name: name, Value: text})
	})
	return s
}

// eachParam visits the parameters in one place, a list member by member.
func eachParam(params *value.Map, place string, visit func(name, text string)) {
	v, _ := params.Get(place)
	m := v.AsMap()
	for i := range m.Len() {
		name, v := m.At(i)
		if l := v.AsList(); l != nil {
			for _, x := range l.Values() {
				visit(name, x.Text())
			}
			continue
		}
		visit(name, v.Text())
	}
}

// escapeAll writes every byte as %XX, which no reader can misread.
func escapeAll(s string) string {
	return string(percent.Append(nil, s, new(percent.Set)))
}

// traceTo prints the steps of a render, one a line.
func traceTo(w io.Writer) func(vtl.Event) error {
	return func(e vtl.Event) error {
		const most = 200
		switch {
		case e.IsDirective():
			_, err := fmt.Fprintf(w, "%s:%d:%d: %s\n", e.Name, e.Line, e.Col, e.Text)
			return err
		case e.Kind == vtl.EventStatement, e.Kind == vtl.EventCall, e.Kind == vtl.EventOutput:
			return nil
		}
		_, err := fmt.Fprintf(w, "%s:%d:%d: %s = %s\n", e.Name, e.Line, e.Col, e.Text, strconv.Quote(vtl.Brief(e.Value, most)))
		return err
	}
}
