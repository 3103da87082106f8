package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
)

// A conn is one connection to SQLite with its prepared statements, used by one
// goroutine at a time. It talks to the driver directly: the pool and the
// conversions of database/sql cost more than the statements we run.
//
// Contexts are asked before a statement and between its rows, and never reach
// the driver, which would start a goroutine for each statement: no statement of
// ours takes long before its first row, and one that changes something, once
// begun, is not broken off.
type conn struct {
	driver driver.Conn
	stmts  map[string]*stmt
}

type stmt struct {
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	close func() error
	args  []driver.NamedValue
}

// dial opens a connection to the database file and runs the pragmas.
func dial(ctx context.Context, file string, pragmas ...string) (*conn, error) {
	return dialURI(ctx, file, "", pragmas...)
}

// dialURI is dial with parameters of SQLite's URIs.
func dialURI(ctx context.Context, file, parameters string, pragmas ...string) (*conn, error) {
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path
	}
	name := url.URL{Scheme: "file", Path: path, RawQuery: strings.Trim(parameters+"&_error_rc=1&_dqs=0", "&")}
	connector, err := sqlite.NewConnector(name.String())
	if err != nil {
		return nil, err
	}
	d, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{driver: d, stmts: map[string]*stmt{}}
	for _, pragma := range pragmas {
		if err := c.script(ctx, "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", pragma, err), c.close())
		}
	}
	return c, nil
}

// script runs statements that take no arguments and whose rows do not matter.
func (c *conn) script(ctx context.Context, sql string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := c.driver.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// exec runs a statement, prepared once, and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	res, err := c.result(ctx, sql, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert is exec for an INSERT and returns the row id of the last row that the
// connection has inserted, perhaps before.
func (c *conn) insert(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	res, err := c.result(ctx, sql, args)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func (c *conn) result(ctx context.Context, sql string, args []driver.Value) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	return s.exec.ExecContext(context.Background(), s.bind(args))
}

// query runs a statement, prepared once, and calls each with its rows. The
// values of a row are each's to keep, the row is not.
func (c *conn) query(ctx context.Context, sql string, each func(*sqliteRow), args ...driver.Value) error {
	return c.queryWhile(ctx, sql, func(r *sqliteRow) bool { each(r); return true }, args...)
}

// queryWhile is query until each returns false or meets a value of a wrong type.
func (c *conn) queryWhile(ctx context.Context, sql string, each func(*sqliteRow) bool, args ...driver.Value) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	rows, err := s.query.QueryContext(context.Background(), s.bind(args))
	if err != nil {
		return err
	}
	r := &sqliteRow{values: make([]driver.Value, len(rows.Columns()))}
	for more := true; more && err == nil; {
		if err = rows.Next(r.values); err == nil {
			more = each(r)
			err = cmp.Or(r.err, ctx.Err())
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// number returns the integer that begins the row a query gives, such as a
// pragma.
func (c *conn) number(ctx context.Context, sql string) (int64, error) {
	var n int64
	err := c.query(ctx, sql, func(r *sqliteRow) { n = r.integer(0) })
	return n, err
}

func (c *conn) prepare(sql string) (*stmt, error) {
	if s, ok := c.stmts[sql]; ok {
		return s, nil
	}
	d, err := c.driver.Prepare(sql)
	if err != nil {
		return nil, err
	}
	s := &stmt{exec: d.(driver.StmtExecContext), query: d.(driver.StmtQueryContext), close: d.Close}
	c.stmts[sql] = s
	return s, nil
}

func (s *stmt) bind(args []driver.Value) []driver.NamedValue {
	s.args = s.args[:0]
	for i, arg := range args {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	return s.args
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.close())
	}
	return errors.Join(append(errs, c.driver.Close())...)
}
