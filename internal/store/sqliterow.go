package store

import (
	"database/sql/driver"
	"fmt"
)

// A sqliteRow has the columns that a query gives. Our tables are STRICT, yet the type
// of a value is told by the value's own bytes: in a damaged file it can be any.
// A column of another type than is asked for reads as its zero value and makes
// err an ErrCorrupt, with which the query ends.
type sqliteRow struct {
	values []driver.Value
	err    error
}

func (r *sqliteRow) integer(column int) int64 { return read[int64](r, column) }
func (r *sqliteRow) text(column int) string   { return read[string](r, column) }

// blob returns a column of type BLOB, never nil: the driver gives nil for an
// empty one.
func (r *sqliteRow) blob(column int) []byte {
	if r.values[column] == nil {
		return []byte{}
	}
	if b := read[[]byte](r, column); b != nil {
		return b
	}
	return []byte{}
}

func read[T any](r *sqliteRow, column int) T {
	v, ok := r.values[column].(T)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("%w: column %d of a row is %T, not %T", ErrCorrupt, column+1, r.values[column], v)
	}
	return v
}
