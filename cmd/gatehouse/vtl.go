package main

import "github.com/spf13/cobra"

// newVTLCommand is "gatehouse vtl": templates without a server.
func newVTLCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vtl",
		Short: "Render mapping templates, step through them, run files of cases",
		Args:  noCommand,
		RunE:  showHelp,
	}
	cmd.AddCommand(newVTLRun(), newVTLTest(), newVTLDebug())
	return cmd
}
