package store

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// migrated opens a connection to a database in dir and migrates it with
// scripts, the first of which leads to schema 1.
func migrated(t *testing.T, dir string, scripts ...string) (*conn, error) {
	t.Helper()
	files := fstest.MapFS{}
	for i, script := range scripts {
		files["migrations/000"+string(rune('1'+i))+"_step.sql"] = &fstest.MapFile{Data: []byte(script)}
	}
	c, err := dial(t.Context(), filepath.Join(dir, databaseName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	steps, err := pendingMigrations(c, files)
	if err != nil {
		return c, err
	}
	return c, migrate(c, steps)
}

func wantNumber(t *testing.T, c *conn, sql string, want int64) {
	t.Helper()
	if n, err := c.number(sql); n != want || err != nil {
		t.Errorf("%s: got %d, %v, want %d", sql, n, err, want)
	}
}

func TestMigrate(t *testing.T) {
	const (
		one   = "CREATE TABLE a (x); INSERT INTO a VALUES (1);"
		two   = "INSERT INTO a VALUES (2)\n-- no semicolon"
		three = "INSERT INTO a VALUES (3); CREATE TABLE b (y)"
	)
	dir := t.TempDir()
	for i, scripts := range [][]string{{one}, {one}, {one, two, three}, {one, two, three}} {
		c, err := migrated(t, dir, scripts...)
		if err != nil {
			t.Fatal(err)
		}
		wantNumber(t, c, "PRAGMA user_version", int64(len(scripts)))
		wantNumber(t, c, "PRAGMA application_id", applicationID)
		wantNumber(t, c, "SELECT count(*) FROM a", int64(len(scripts)))
		if i == 3 {
			wantNumber(t, c, "SELECT count(*) FROM b", 0)
		}
	}
}

// A migration that fails leaves the database at the version it had.
func TestMigrateFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := migrated(t, dir, "CREATE TABLE a (x)"); err != nil {
		t.Fatal(err)
	}
	c, err := migrated(t, dir, "CREATE TABLE a (x)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (3)")
	if err == nil || !strings.Contains(err.Error(), "migrate to schema 3: ") {
		t.Errorf("got error %v, want the schema", err)
	}
	wantNumber(t, c, "PRAGMA user_version", 1)
	wantNumber(t, c, "SELECT count(*) FROM a", 0)
}

func TestMigrationNames(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"gap":       {"migrations/0001_a.sql": {}, "migrations/0003_b.sql": {}},
		"twice":     {"migrations/0001_a.sql": {}, "migrations/0001_b.sql": {}},
		"no number": {"migrations/first.sql": {}},
	} {
		if _, err := readMigrations(files); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if all, err := readMigrations(migrationFiles); len(all) == 0 || err != nil {
		t.Errorf("our own: got %d, %v", len(all), err)
	}
}
