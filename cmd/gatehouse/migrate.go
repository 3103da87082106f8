package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

func newMigrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate FROM TO",
		Short: "Move a server's data from a data directory to a PostgreSQL, or back",
		Long: `Copy all that a server keeps from one place to another, each of them
sqlite://DIR, a data directory, or the URL of a PostgreSQL. No server may run on
either, and there must be nothing at TO. The copy is made wholly or not at all,
and FROM stays as it is.

  gatehouse migrate sqlite://./gatehouse-data postgres://gatehouse@db.internal/gatehouse

A password is best in PGPASSWORD or in the file that the URL's passfile names.
What else is in the data directory (the code of functions, the key of sessions,
gatehouse's own certificate authority) is no part of the database: serve
--database goes on with it in its --data-dir.`,
		Args: arguments("FROM, sqlite://DIR or postgres://…", "TO, the other kind"),
		RunE: func(cmd *cobra.Command, args []string) error {
			moved, err := store.Move(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "copied %d documents and %d rows of what is served; start the server with: %s\n",
				moved.Documents, moved.Served, servedFrom(args[0], args[1]))
			return err
		},
	}
}

// servedFrom is the command that serves what was moved, without the URL, which may have a
// password.
func servedFrom(from, to string) string {
	if dir, ok := strings.CutPrefix(to, "sqlite://"); ok {
		return "gatehouse serve --data-dir " + shellWord(filepath.Clean(dir))
	}
	return "gatehouse serve --database URL --data-dir " + shellWord(filepath.Clean(strings.TrimPrefix(from, "sqlite://")))
}
