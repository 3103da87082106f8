package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

func newBackup() *cobra.Command {
	var place dataPlace
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy a server's data into one file, while it serves",
		Long: `Copy everything that the server of --data-dir keeps into one file, which
gatehouse restore takes. Run it on the server's machine and as its user,
whether or not the server runs: the copy has what had been answered when it
began, and no call waits for it.

The file holds the private keys of client certificates. Only its owner can
read it; keep it as you keep the keys. It cannot be in the data directory.`,
		Args: arguments("FILE, to copy the data to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := place.dir(cmd.Flags())
			if err != nil {
				return err
			}
			if args[0] == "-" {
				return errors.New("FILE: - is no file: a backup is written beside its place and moved there, which standard output is not")
			}
			err = store.Backup(cmd.Context(), dir, args[0], force)
			if errors.Is(err, store.ErrFileExists) {
				err = fmt.Errorf("%w (--force replaces it)", err)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "backed up data directory %s to %s (%s)\n", dir, args[0], fileSize(args[0]))
			return err
		},
	}
	place.flags(cmd.Flags())
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE if it exists")
	return cmd
}

func newRestore() *cobra.Command {
	var place dataPlace
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make a server's data from a file of gatehouse backup",
		Long: `Make the data of --data-dir, which has to be empty or missing, from a file of
gatehouse backup. All of the file is checked by its checksum first. Then start
the server.`,
		Args: arguments("FILE, a file of gatehouse backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := place.dir(cmd.Flags())
			if err != nil {
				return err
			}
			if err := store.Restore(cmd.Context(), args[0], dir); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored %s (%s) to data directory %s; start it with: %s\n",
				args[0], fileSize(args[0]), dir, place.serve(cmd.Flags()))
			return err
		},
	}
	place.flags(cmd.Flags())
	return cmd
}

// A dataPlace finds the data directory as serve does: by its flag, its
// environment variable or the configuration file.
type dataPlace struct{ given config }

func (p *dataPlace) flags(fs *pflag.FlagSet) {
	p.given = defaults()
	s := settingCalled("data-dir")
	declare(fs, s.name, "directory of the database", s.value(&p.given))
	fs.String("config", "", "configuration file (YAML) of the server")
}

func (p *dataPlace) dir(fs *pflag.FlagSet) (string, error) {
	c, err := load(inBackup, fs, os.Environ())
	switch {
	case err != nil:
	case c.InMemory:
		err = fmt.Errorf("%s: such a server keeps nothing", c.called("in-memory"))
	case c.Database != "":
		err = fmt.Errorf("%s: a PostgreSQL is copied by pg_dump and made again by pg_restore, not by this command", c.called("database"))
	}
	return c.DataDir, err
}

// serve is the command that serves this place, in the same environment.
func (p *dataPlace) serve(fs *pflag.FlagSet) string {
	command := "gatehouse serve"
	if f := fs.Lookup("config"); f.Changed {
		command += " --config " + shellWord(f.Value.String())
	}
	if f := fs.Lookup("data-dir"); f.Changed {
		command += " --data-dir " + shellWord(f.Value.String())
	}
	return command
}

// shellWord quotes what a shell would not take for one word.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && !strings.ContainsRune("-./:,+@%", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return s
	}
	return quotedWord(s)
}

// fileSize is the size of a file for people.
func fileSize(name string) string {
	info, err := os.Stat(name)
	if err != nil {
		return "size unknown"
	}
	if n := info.Size(); n >= 1<<20 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(info.Size())/(1<<10))
}
