package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// applicationID is in the header of our files: "gate".
const applicationID = 0x67617465

// migrationFiles are named NNNN_what.sql. Each takes the schema from the
// version before to NNNN; none is ever changed once released.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// A migration takes the schema from version to version+1.
type migration struct {
	version int
	sql     string
}

// pendingMigrations returns those that the database lacks, none if it is up to
// date.
func pendingMigrations(ctx context.Context, c *conn, files fs.FS) ([]migration, error) {
	all, err := readMigrations(files, "migrations")
	if err != nil {
		return nil, err
	}
	version, err := schemaVersion(ctx, c)
	if err != nil {
		return nil, err
	}
	if version > len(all) {
		return nil, fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, len(all))
	}
	return all[version:], nil
}

// migrate runs steps in one transaction.
func migrate(ctx context.Context, c *conn, steps []migration) error {
	if len(steps) == 0 {
		return nil
	}
	if err := c.script(ctx, sqlBeginNow); err != nil {
		return err
	}
	for _, step := range steps {
		next := step.version + 1
		marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, next)
		if err := c.script(ctx, step.sql+";"+marks); err != nil {
			_ = c.script(context.WithoutCancel(ctx), sqlRollback) // fails if SQLite has done it already
			return fmt.Errorf("migrate to schema %d: %w", next, err)
		}
	}
	if err := c.script(ctx, sqlCommit); err != nil {
		_ = c.script(context.WithoutCancel(ctx), sqlRollback)
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// schemaVersion returns the version of the schema, 0 for an empty file. A
// database that is not ours is an error.
func schemaVersion(ctx context.Context, c *conn) (int, error) {
	id, err := c.number(ctx, "PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	tables, err := c.number(ctx, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	if tables > 0 && id != applicationID {
		return 0, fmt.Errorf("%s: %w", databaseName, ErrCorrupt)
	}
	version, err := c.number(ctx, "PRAGMA user_version")
	return int(version), err
}

// readMigrations returns all migrations of a directory in order.
func readMigrations(files fs.FS, dir string) ([]migration, error) {
	names, err := fs.Glob(files, dir+"/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]migration, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s: want number %d", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		all[i] = migration{version: i, sql: string(text)}
	}
	return all, nil
}
