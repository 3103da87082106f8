package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// A damaged file can have values of any type in any column. Each way to read
// them gives an error of one line that names the directory.
func TestValueOfWrongType(t *testing.T) {
	for name, tt := range map[string]struct {
		damage string
		read   func(s *Store) error
	}{
		"revision": {"UPDATE served SET deleted = 'x'", func(s *Store) error {
			_, err := s.Served(t.Context(), "k", "a")
			return err
		}},
		"kind": {"UPDATE served SET kind = CAST(kind AS BLOB)", func(s *Store) error {
			_, _, err := s.AllServed(t.Context())
			return err
		}},
		"id": {"UPDATE served SET id = CAST(id AS TEXT)", func(s *Store) error {
			_, err := s.Changes(t.Context(), 0, 0)
			return err
		}},
		"document": {"UPDATE document SET doc = 1.5", func(s *Store) error {
			return s.Read(t.Context(), func(tx *Tx) error {
				encoded, _ := key("a").encode()
				_, err := tx.view.get(t.Context(), encoded)
				return err
			})
		}},
		"scanned": {"UPDATE document SET doc = 'text'", func(s *Store) error {
			return s.Read(t.Context(), func(tx *Tx) error {
				return tx.view.scan(t.Context(), []byte{}, []byte{0xff}, 0, func(_, _ []byte) bool {
					t.Error("each was called")
					return true
				})
			})
		}},
		"created": {"UPDATE document SET doc = 7", func(s *Store) error {
			return s.Read(t.Context(), func(tx *Tx) error {
				return tx.view.created(t.Context(), []byte{}, []byte{0xff}, 0, 0, func(int64, []byte, []byte) bool {
					t.Error("each was called")
					return true
				})
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, Options{Dir: dir})
			mustWrite(t, s, both("a"))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			damageTypes(t, dir, tt.damage)
			s, err := Open(t.Context(), Options{Dir: dir})
			if err == nil {
				defer s.Close()
				err = tt.read(s)
			}
			wantErr(t, "reading", err, ErrCorrupt)
			if text := err.Error(); !strings.HasPrefix(text, "data directory "+dir+": ") || strings.Contains(text, "\n") {
				t.Errorf("got %q", text)
			}
		})
	}
}

// damageTypes changes values of tables that are made to take any type.
func damageTypes(t *testing.T, dir, sql string) {
	t.Helper()
	for _, sql := range []string{
		`PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name IN ('document', 'served')`, sql,
	} {
		c, err := dial(t.Context(), filepath.Join(dir, databaseName))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.script(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if err := c.close(); err != nil {
			t.Fatal(err)
		}
	}
}
