package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

func newVTLRun() *cobra.Command {
	var in templateInput
	var trace bool
	cmd := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Render a template",
		Long: `Render a template as API Gateway does, with $input, $context, $util and
$stageVariables. FILE may be - for standard input.

  gatehouse vtl run template.vtl --body body.json --param user=ann
  gatehouse vtl run --template-from openapi.yaml#/paths/~1users/post --body body.json
  gatehouse vtl run --template-from openapi.yaml#/paths/~1users/post --status 404 --body answer.json

` + templateInputHelp + `

Beside the result, standard error shows the overrides that the template set, and
where a result that should be JSON is not: one of a JSON media type, or that
begins with { or [.`,
		Args: templateArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := in.read(args, cmd.InOrStdin(), cmd.ErrOrStderr(), vtl.Options{})
			if err != nil {
				return err
			}
			options := &vtl.RunOptions{}
			if trace {
				options.Hook = traceTo(cmd.ErrOrStderr())
			}
			out, err := r.render(options)
			if _, werr := cmd.OutOrStdout().Write(out); werr != nil {
				return werr
			}
			if err == nil {
				r.remark(cmd.ErrOrStderr(), out)
			}
			return err
		},
	}
	in.declare(cmd.Flags())
	cmd.Flags().BoolVar(&trace, "trace", false, "print each step to standard error")
	return cmd
}

// render renders the template. What it gave until an error comes with the error.
func (r *templateRun) render(options *vtl.RunOptions) ([]byte, error) {
	out, err := r.template.Render(nil, r.vars, options)
	if fault := r.vars.call.CollectOverrides(); err == nil {
		err = fault
	}
	return out, err
}

// remark says what is to be said of a result: the overrides that were set, and
// where it stops to be JSON though it should be.
func (r *templateRun) remark(w io.Writer, out []byte) {
	o := &r.vars.call.Overrides
	for _, part := range []struct {
		name string
		set  []mapping.Param
	}{
		{"requestOverride.path", o.RequestPath},
		{"requestOverride.querystring", o.RequestQuery},
		{"requestOverride.header", o.RequestHeader},
		{"responseOverride.header", o.ResponseHeader},
	} {
		for _, p := range part.set {
			fmt.Fprintf(w, "override: $context.%s.%s = %s\n", part.name, p.Name, strconv.Quote(p.Value))
		}
	}
	if o.ResponseStatus != 0 {
		fmt.Fprintf(w, "override: $context.responseOverride.status = %d\n", o.ResponseStatus)
	}
	if r.json || strings.HasPrefix(strings.TrimLeft(string(out), " \t\r\n"), "{") || strings.HasPrefix(strings.TrimLeft(string(out), " \t\r\n"), "[") {
		if err := jsontext.Check(out, value.DefaultDepth); err != nil {
			fmt.Fprintf(w, "note: the output is not JSON: %s: %v\n", placeIn(string(out), jsonOffset(err)), err)
		}
	}
}

// jsonOffset is where a text stops to be JSON.
func jsonOffset(err error) int {
	switch e := err.(type) {
	case *jsontext.SyntaxError:
		return e.Offset
	case *jsontext.DepthError:
		return e.Offset
	}
	return 0
}

// placeIn is an offset in a text as line:column, from 1, columns in characters.
func placeIn(text string, offset int) string {
	before := text[:min(offset, len(text))]
	line := strings.Count(before, "\n") + 1
	return fmt.Sprintf("%d:%d", line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])+1)
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
