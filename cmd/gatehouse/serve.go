package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

func newServe() *cobra.Command {
	given := defaults()
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the control plane and the stages deployed through it",
		Long: `Run the control plane, which AWS clients talk to, and the stages that they
deploy. Everything is kept in --data-dir and is there again after a restart.

Each flag is also a key of the file named by --config and an environment
variable: --data-dir is data-dir and GATEHOUSE_DATA_DIR. Flags win over the
environment, the environment over the file. What is misspelt, or can have no
effect, is an error.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(inServe, cmd.Flags(), os.Environ())
			if err != nil {
				return err
			}
			return serve(cmd.Context(), c, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	given.flags(cmd.Flags(), inServe)
	return cmd
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, c config, out, errout io.Writer) error {
	log, lines := observe.NewLog(errout, c.logHandler)
	defer lines.Close()
	c.warn(log)
	hangups := notifyHangups()
	s, err := start(ctx, c, out, log)
	if err != nil {
		return err
	}
	lines.Flush()
	s.ports.announce(s.stdout)
	s.stdout.Flush()
	go s.obey(ctx, hangups)
	return s.wait(ctx)
}
