package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
)

// What dev serves, by the ids under which clients find it.
const (
	devAPI   = "dev"
	devStage = "dev"
	devPort  = 3000
	devSize  = 32 << 20 // of a file, in bytes: it need not fit into an import
)

func newDev() *cobra.Command {
	given := defaults()
	given.AWS = false
	cmd := &cobra.Command{
		Use:   "dev FILE",
		Short: "Serve one OpenAPI file or SAM template, and again after each save",
		Long: `Serve the API that an OpenAPI file describes (Swagger 2.0, OpenAPI 3.0 or 3.1,
JSON or YAML, with the files that it refers to). It is kept in memory, deployed
to the stage dev, and deployed again whenever one of its files is saved. A file
with errors is told, with line and column, and the last good one stays.

A template of AWS SAM or CloudFormation, as people write it or cdk synth does, is
served in the same way: the first of its REST APIs at the root, under the name of
its stage. --parameter gives its parameters values.

Operations with x-amazon-apigateway-integration do what that says; the others
answer with their examples, or with values made from their schemas; Prefer:
code=404 and Prefer: example=name choose among them.

The configuration file is read again when it is saved, and at SIGHUP.

URLs in the file are called. Calls of AWS services and Lambda functions go where
--aws-endpoint-url and lambda-functions of the configuration file say, and to AWS
only with --aws.

The file of --config alone has lists and maps, which gatehouse help config documents:
` + indented(fileOnlyKeys()+".", "", 79),
		Args: arguments("FILE, the OpenAPI file to serve"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return dev(cmd.Context(), &configSource{in: inDev, flags: cmd.Flags()}, args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	given.flags(cmd.Flags(), inDev)
	return cmd
}

// dev serves a file until ctx ends.
func dev(ctx context.Context, from *configSource, file string, out, errout io.Writer) error {
	read := look(from.files())
	from.code = &templateCode{file: file}
	c, err := from.read()
	if err != nil {
		return err
	}
	if err := checkFile(file); err != nil {
		return err
	}
	root, err := listenOn(c.root(), "port")
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	log, level, lines := c.openLog(errout)
	defer lines.Close()
	hangups := notifyHangups()
	s, err := prepare(ctx, c, out, log)
	if err != nil {
		return err
	}
	s.source, s.live = from, append(s.live, level.prepare)
	all, err := newDevelopers(s, file, from.code, root)
	if err != nil {
		return errors.Join(err, s.close())
	}
	if err := all.create(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	s.again = all.again
	at := gateway.Entrance{Name: "port", API: devAPI, Stage: all.apis[0].stage}
	if c.TLS {
		at.TLS = s.ports.shown.config(nil, nil)
	}
	all.announce()
	s.host.Debugged()
	all.reload(ctx)
	s.serve() // who called before the file was deployed has waited, and is not told that there is no such API
	s.open(s.gateway, root, at)
	fmt.Fprintln(s.stdout, "Ready.")
	s.stdout.Flush()
	go watch(ctx, newNotifier(), all)
	go obey(ctx, hangups, all.hangUp)
	if len(read) > 0 {
		go watch(ctx, newNotifier(), &configFile{files: read, of: all})
	}
	return s.wait(ctx)
}

// checkFile refuses what no save will make a definition of.
func checkFile(name string) error {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", name, reason(err))
	case info.IsDir():
		return fmt.Errorf("%s is a directory; name the OpenAPI file in it: gatehouse dev %s", name, filepath.Join(name, "openapi.yaml"))
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", name)
	}
	return nil
}
