// Command gatehouse is an API gateway that speaks Amazon API Gateway's REST
// API and serves the stages that are deployed through it.
package main

import (
	"context"
	"errors"
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
// process. Every failure is one line on standard error. The exit code is 2 for a
// command line that is none of ours, 1 for any other failure.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		complain(err)
		return exitCode(err)
	}
	return 0
}

// exitCode is what the process ends with for an error.
func exitCode(err error) int {
	if errors.As(err, new(*usageError)) {
		return 2
	}
	return 1
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
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelp())
	root.Args, root.RunE = noCommand, versionOrHelp
	root.Flags().Bool("version", false, "print the version")
	root.AddCommand(newServe(), newDev(), newCheck(), newVTLCommand(), newEnv(), newURL(), newDoctor(), newWait(), newNodes(), newBackup(), newRestore(), newMigrate(), newCA(), newVersion(), newHelpConfig(), newKeepFunctions())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(),
		RunE:  func(cmd *cobra.Command, _ []string) error { return printVersion(cmd) },
	}
}

// versionOrHelp is what the program does without a command.
func versionOrHelp(cmd *cobra.Command, args []string) error {
	if asked, _ := cmd.Flags().GetBool("version"); asked {
		return printVersion(cmd)
	}
	return showHelp(cmd, args)
}

func printVersion(cmd *cobra.Command) error {
	_, err := fmt.Fprintln(cmd.OutOrStdout(), "gatehouse", version())
	return err
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
