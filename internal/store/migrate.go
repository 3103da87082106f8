package store

import (
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

// migrate brings the database to the newest schema, in one transaction.
func migrate(c *conn, files fs.FS) error {
	steps, err := readMigrations(files)
	if err != nil {
		return err
	}
	version, err := schemaVersion(c)
	if err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, len(steps))
	}
	if version == len(steps) {
		return nil
	}
	script := []string{sqlBeginNow}
	script = append(script, steps[version:]...)
	script = append(script,
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		fmt.Sprintf("PRAGMA user_version = %d", len(steps)),
		sqlCommit)
	for _, sql := range script {
		if err := c.script(sql); err != nil {
			_ = c.script(sqlRollback) // fails if SQLite has done it already
			return fmt.Errorf("migrate from schema %d to %d: %w", version, len(steps), err)
		}
	}
	return nil
}

// schemaVersion returns the version of the schema, 0 for an empty file. A
// database that is not ours is an error.
func schemaVersion(c *conn) (int, error) {
	id, err := c.number("PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	tables, err := c.number("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	if tables > 0 && id != applicationID {
		return 0, fmt.Errorf("%s: %w", databaseName, ErrCorrupt)
	}
	version, err := c.number("PRAGMA user_version")
	return int(version), err
}

// readMigrations returns the scripts in order; the first leads to version 1.
func readMigrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	steps := make([]string, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		if n, err := strconv.Atoi(number); err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s: want number %d", name, i+1)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		steps[i] = string(text)
	}
	return steps, nil
}
