// Command gatehouse is an API gateway that speaks Amazon API Gateway's REST
// API and serves the stages that are deployed through it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is main without the exit, for tests that run the program in their own
// process. Every failure is one line on standard error and exit code 1.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		complain(err)
		return 1
	}
	return 0
}

// newRoot is the command line.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gatehouse",
		Short: "An API gateway that speaks Amazon API Gateway's API and serves what you deploy",
		Long: `Gatehouse is an API gateway in one binary. It speaks Amazon API Gateway's REST
API, so the aws CLI, the AWS SDKs and Terraform work against it unchanged, and
it serves the stages that they deploy.

  gatehouse dev openapi.yaml     serve one OpenAPI file, again after each save
  gatehouse serve                serve what AWS clients create, kept on disk
  eval "$(gatehouse env)"        point AWS clients in this shell at it`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddCommand(newServe(), newDev(), newVTLCommand(), newEnv(), newURL(), newDoctor(), newBackup(), newRestore(), newVersion())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "gatehouse", version())
			return err
		},
	}
}

// release is set by the linker for released binaries.
var release string

// version is the release, or what the build knows of its commit.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "(devel) " + s.Value[:12]
		}
	}
	return info.Main.Version
}
