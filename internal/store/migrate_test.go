package store

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
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
	steps, err := pendingMigrations(t.Context(), c, files)
	if err != nil {
		return c, err
	}
	return c, migrate(t.Context(), c, steps)
}

func wantNumber(t *testing.T, c *conn, sql string, want int64) {
	t.Helper()
	if n, err := c.number(t.Context(), sql); n != want || err != nil {
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
		if _, err := readMigrations(files, "migrations"); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if all, err := readMigrations(migrationFiles, "migrations"); len(all) == 0 || err != nil {
		t.Errorf("our own: got %d, %v", len(all), err)
	}
}

// The order of creation survives the change from SQLite's row ids to a column.
func TestMigrateOrder(t *testing.T) {
	dir := t.TempDir()
	func() {
		c, err := dial(t.Context(), filepath.Join(dir, databaseName))
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		steps, err := readMigrations(migrationFiles, "migrations")
		if err != nil {
			t.Fatal(err)
		}
		if err := migrate(t.Context(), c, steps[:2]); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"c", "a", "gone", "b"} {
			encoded, _ := key(id).encode()
			if _, err := c.exec(t.Context(), `INSERT INTO document (key, doc) VALUES (?, ?)`, encoded, []byte(id)); err != nil {
				t.Fatal(err)
			}
		}
		encoded, _ := key("gone").encode()
		if _, err := c.exec(t.Context(), sqlRemove, encoded); err != nil {
			t.Fatal(err)
		}
	}()
	s := mustOpen(t, Options{Dir: dir})
	defer s.Close()
	mustWrite(t, s, put(key("0"), "0"))
	want := []Row{{"c", []byte("c"), 1}, {"a", []byte("a"), 2}, {"b", []byte("b"), 4}, {"0", []byte("0"), 5}}
	if diff := cmp.Diff(want, createdRows(t, s, 0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A place is given once: what is deleted last leaves it to nobody, not even in
// another process.
func TestPlacesAreGivenOnce(t *testing.T) {
	dir := t.TempDir()
	var places []int64
	for _, id := range []string{"a", "b", "c"} {
		s := mustOpen(t, Options{Dir: dir})
		mustWrite(t, s, put(key(id), id))
		rows := createdRows(t, s, 0)
		places = append(places, rows[len(rows)-1].Place)
		mustWrite(t, s, func(tx *Tx) error { return tx.Delete(key(id)) })
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(places, []int64{1, 2, 3}) {
		t.Errorf("got places %v", places)
	}
}

func createdRows(t *testing.T, s *Store, after int64) (rows []Row) {
	t.Helper()
	mustRead(t, s, func(tx *Tx) (err error) {
		rows, err = tx.ListCreated("111122223333", "us-east-1", "stage", "api", "", after, Limit{})
		return err
	})
	return rows
}
