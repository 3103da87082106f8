package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What dev serves, by the ids under which clients find it.
const (
	devAPI   = "dev"
	devStage = "dev"
	devPort  = 3000
	devSize  = 32 << 20 // of a file, in bytes: it need not fit into an import
)

func newDev() *cobra.Command {
	var file string
	var port int
	given := defaults()
	cmd := &cobra.Command{
		Use:   "dev OPENAPI-FILE",
		Short: "Serve one OpenAPI file, and again after each save",
		Long: `Serve the API that an OpenAPI file describes (Swagger 2.0, OpenAPI 3.0 or 3.1,
JSON or YAML, with the files that it refers to). It is kept in memory, deployed
to the stage dev, and deployed again whenever one of its files is saved. A file
with errors is told, with line and column, and the last good one stays.

Operations with x-amazon-apigateway-integration do what that says; the others
answer with their examples, or with values made from their schemas.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := load(cmd.Flags(), file, os.LookupEnv)
			if err != nil {
				return err
			}
			if err := portFromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			c.InMemory = true
			return dev(cmd.Context(), c, args[0], port, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	given.flags(cmd.Flags())
	cmd.Flags().StringVar(&file, "config", "", "configuration file (YAML)")
	cmd.Flags().IntVar(&port, "port", devPort, "port of 127.0.0.1 at whose root the stage is served")
	return cmd
}

// portFromEnvironment gives --port, which is dev's alone, its variable.
func portFromEnvironment(flags *pflag.FlagSet) error {
	v, ok := os.LookupEnv(envName("port"))
	if !ok || flags.Changed("port") {
		return nil
	}
	if err := flags.Set("port", v); err != nil {
		return fmt.Errorf("environment variable %s: %w", envName("port"), err)
	}
	return nil
}

// dev serves a file until ctx ends.
func dev(ctx context.Context, c config, file string, port int, out, log io.Writer) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	root, err := listenOn(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("%w (choose another with --port)", err)
	}
	defer func() { _ = root.Close() }()
	s, err := start(ctx, c, out, c.logger(log))
	if err != nil {
		return err
	}
	d := &developer{server: s, file: file, root: baseURL(root), out: out, who: &wire.Caller{Account: c.Account, Region: c.Region}}
	if err := d.create(ctx); err != nil {
		return err
	}
	go func() {
		if err := s.gateway.ServeStage(root, devAPI, devStage); err != nil {
			s.failed <- err
		}
	}()
	fmt.Fprintf(out, "Control plane   %s\n", baseURL(s.listener))
	fmt.Fprintf(out, "Stage dev       %s/\n\n", d.root)
	d.reload(ctx)
	fmt.Fprintln(out, "Ready.")
	go d.watch(ctx)
	return s.wait(ctx)
}
