package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A templateInput is the flags that say which template is rendered, and with what.
// Those that name files may be empty.
type templateInput struct {
	from, status, mediaType string
	body                    string
	context                 string
	params                  string
	param                   []string
	stageVariables          string
	mode                    string
	strict                  bool
}

const templateInputHelp = `--template-from takes the template from an OpenAPI file, by a JSON pointer to a
method: its request template or, with --status, the template of the integration
response with that status code. --media-type chooses where there are several.

--param user=ann gives a parameter: of the path where the method's path has
{user}, else of the query string. path.user=ann, querystring.user=ann and
header.user=ann say where. Given again, a parameter of the query string or a header
has several values. --params is {"path": {…}, "querystring": {…}, "header": {…}}; a
value may be a list, and --param goes before it. --context holds the members of
$context, --stage-variables names and values. For a response template, --body is
the answer of the integration.

--strict refuses templates with variables, members of API Gateway's objects,
methods and directives that there are none of.`

func (in *templateInput) declare(f *pflag.FlagSet) {
	f.StringVar(&in.from, "template-from", "", "`FILE#POINTER` of a method in an OpenAPI file whose template is taken")
	f.StringVar(&in.status, "status", "", "`CODE` of the integration response whose template is taken, not the request's")
	f.StringVar(&in.mediaType, "media-type", "", "`TYPE` of the template that is taken, such as application/json")
	f.StringVar(&in.body, "body", "", "`FILE` with the body")
	f.StringVar(&in.context, "context", "", "JSON `FILE` with $context")
	f.StringVar(&in.params, "params", "", "JSON `FILE` with path, querystring and header parameters")
	f.StringArrayVar(&in.param, "param", nil, "`NAME=VALUE` of a parameter; path.NAME, querystring.NAME or header.NAME say where")
	f.StringVar(&in.stageVariables, "stage-variables", "", "JSON `FILE` with $stageVariables")
	f.StringVar(&in.mode, "mode", "apigw", "`DIALECT`: apigw, or velocity for stock Velocity 1.7")
	f.BoolVar(&in.strict, "strict", false, "refuse what the template refers to and there is not")
}

// templateArgument takes a template's FILE, or none with --template-from.
func templateArgument(cmd *cobra.Command, args []string) error {
	from := cmd.Flags().Changed("template-from")
	switch {
	case from && len(args) > 0:
		return misused("%s: %q is an argument too many: --template-from says which template", below(cmd), brief(args[0]))
	case from:
		return nil
	}
	for _, name := range []string{"status", "media-type"} {
		if cmd.Flags().Changed(name) {
			return misused("%s: --%s chooses among the templates of --template-from, which is missing", below(cmd), name)
		}
	}
	return arguments("FILE, a template or - for standard input")(cmd, args)
}

// A templateRun is a template and what it is rendered with.
type templateRun struct {
	template *vtl.Template
	source   string
	vars     *templateVars
	json     bool // the result is of a JSON media type
}

// read reads the template and the files that the flags name. What is unknown in a
// strict template is told to stderr.
func (in *templateInput) read(args []string, stdin io.Reader, stderr io.Writer, o vtl.Options) (*templateRun, error) {
	mode, err := templateMode(in.mode)
	if err != nil {
		return nil, err
	}
	name, found, err := in.find(args, stdin)
	if err != nil {
		return nil, err
	}
	o.Mode, o.Strict = mode, in.strict
	t, err := vtl.Parse(name, found.Text, o)
	if err != nil {
		return nil, err
	}
	vars, err := in.vars(found)
	if err != nil {
		return nil, err
	}
	if unknown := t.Unknown(vars.known); len(unknown) > 0 {
		for _, e := range unknown {
			fmt.Fprintln(stderr, e)
		}
		return nil, fmt.Errorf("%s: %s, which --strict refuses", name, count(len(unknown), "unknown name", "unknown names"))
	}
	return &templateRun{template: t, source: found.Text, vars: vars, json: isJSONType(found.MediaType)}, nil
}

// find returns the template, and what errors call it.
func (in *templateInput) find(args []string, stdin io.Reader) (string, openapi.Template, error) {
	if in.from == "" {
		text, err := readInput(args[0], stdin)
		return args[0], openapi.Template{Text: string(text)}, err
	}
	file, pointer, ok := strings.Cut(in.from, "#")
	if !ok || file == "" {
		return "", openapi.Template{}, fmt.Errorf("--template-from: %q is not FILE#POINTER, such as openapi.yaml#/paths/~1users/post", brief(in.from))
	}
	choice := openapi.TemplateChoice{Status: in.status, MediaType: in.mediaType}
	refs, err := devRefs(file)
	if err != nil {
		return "", openapi.Template{}, err
	}
	t, err := openapi.LoadTemplate(file, pointer, choice, openapi.Options{MaxSize: devSize, RefRoot: refs.root, RefRule: refs.rule})
	if err != nil {
		err = fmt.Errorf("--template-from: %w", err)
	}
	return t.Ref, t, err
}

func isJSONType(mediaType string) bool {
	name, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	name = strings.TrimSpace(name)
	return name == "application/json" || strings.HasSuffix(name, "+json")
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
		return readBounded("standard input", stdin)
	}
	return readNamedFile(file)
}

// maxTemplateFile bounds a file with a template, a body, variables or an expected
// result, in bytes.
const maxTemplateFile = 16 << 20

// readNamedFile reads a file of at most maxTemplateFile bytes; its error names it in
// plain words.
func readNamedFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, reason(err))
	}
	defer func() { _ = f.Close() }()
	return readBounded(file, f)
}

func readBounded(name string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTemplateFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	if len(text) > maxTemplateFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxTemplateFile)
	}
	return text, nil
}

// vars reads the files that the flags name, for a template.
func (in *templateInput) vars(t openapi.Template) (*templateVars, error) {
	body := []byte(nil)
	if in.body != "" {
		var err error
		if body, err = readNamedFile(in.body); err != nil {
			return nil, err
		}
	}
	params, err := readObject(in.params)
	if err == nil {
		err = checkParams(params, in.params)
	}
	if err == nil {
		err = addParams(params, in.param, t.Route)
	}
	if err != nil {
		return nil, err
	}
	context, err := readObject(in.context)
	if err != nil {
		return nil, err
	}
	variables, err := readObject(in.stageVariables)
	if err != nil {
		return nil, err
	}
	side := mapping.RequestSide
	if t.Response {
		side = mapping.ResponseSide
	}
	v := &templateVars{own: value.NewMap(2), input: true, util: true}
	v.bind(string(body), params, side)
	v.addOverrides(context)
	v.own.Set("context", value.FromObject(&contextObject{context}))
	v.own.Set("stageVariables", value.FromMap(variables))
	return v, nil
}
