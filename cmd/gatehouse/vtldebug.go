package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/vtldebug"
	"github.com/gatehouse-gw/gatehouse/vtl"
)

func newVTLDebug() *cobra.Command {
	var in templateInput
	cmd := &cobra.Command{
		Use:   "debug [FILE]",
		Short: "Step through a template",
		Long: `Render a template statement by statement: at each stop the line, the values of the
references since the last one, and what came to the output. Commands are read from
standard input, one a line: step, next, continue, break LINE, delete LINE,
print $REF, output, where, quit, help, or their first letters.

  gatehouse vtl debug template.vtl --body body.json
  printf 'break 12\ncontinue\nprint $item\n' | gatehouse vtl debug template.vtl

` + templateInputHelp,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] == "-" {
				return misused("%s: the template cannot come from standard input, which has the commands", below(cmd))
			}
			return templateArgument(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := in.read(args, cmd.InOrStdin(), cmd.ErrOrStderr(), vtl.Options{Watched: true})
			if err != nil {
				return err
			}
			prompt := ""
			if isTerminal(cmd.InOrStdin()) {
				prompt = "(vtl) "
			}
			d := vtldebug.New(r.template.Name(), r.source, cmd.InOrStdin(), cmd.OutOrStdout(), prompt)
			out, err := r.render(&vtl.RunOptions{Hook: d.Hook})
			if err == nil {
				defer r.remark(cmd.ErrOrStderr(), out)
			}
			return d.Finish(out, err)
		},
	}
	in.declare(cmd.Flags())
	return cmd
}

// isTerminal reports whether somebody sits at a reader.
func isTerminal(r any) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
