package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
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
effect, is an error. The file alone has lists and maps:
` + indented(fileOnlyKeys()+".", "", 79) + `
gatehouse help config documents every key.

SIGHUP has the configuration and the certificates read and log files opened
again.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), &configSource{in: inServe, flags: cmd.Flags()}, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	given.flags(cmd.Flags(), inServe)
	return cmd
}

// serve runs a server until ctx ends.
func serve(ctx context.Context, from *configSource, out, errout io.Writer) error {
	c, err := from.read()
	if err != nil {
		return err
	}
	log, level, lines := c.openLog(errout)
	defer lines.Close()
	hangups := notifyHangups()
	s, err := start(ctx, c, out, log)
	if err != nil {
		return err
	}
	s.source, s.live = from, append(s.live, level.prepare)
	lines.Flush()
	s.ports.announce(s.stdout, s.files, &c)
	s.stdout.Flush()
	tellManager(log, managerReady)
	defer context.AfterFunc(ctx, func() { tellManager(log, managerStopping) })()
	go obey(ctx, hangups, s.reload)
	return s.wait(ctx)
}
