package main

import "github.com/spf13/cobra"

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
