package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

// A conn is one connection to SQLite with its prepared statements, used by one
// goroutine at a time. It talks to the driver directly: the pool and the
// conversions of database/sql cost more than the statements we run.
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
	path := filepath.ToSlash(file)
	if filepath.VolumeName(file) != "" {
		path = "/" + path
	}
	name := url.URL{Scheme: "file", Path: path, RawQuery: "_error_rc=1&_dqs=0"}
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
		if err := c.script("PRAGMA " + pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", pragma, err), c.close())
		}
	}
	return c, nil
}

// script runs statements that take no arguments and whose rows do not matter.
func (c *conn) script(sql string) error {
	_, err := c.driver.(driver.ExecerContext).ExecContext(context.Background(), sql, nil)
	return err
}

// exec runs a statement, prepared once, and returns how many rows it changed.
func (c *conn) exec(sql string, args ...driver.Value) (int64, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	res, err := s.exec.ExecContext(context.Background(), s.bind(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query runs a statement, prepared once, and calls each with its rows. The
// values of a row are each's to keep, the slice is not.
func (c *conn) query(sql string, each func(row []driver.Value), args ...driver.Value) error {
	s, err := c.prepare(sql)
	if err != nil {
		return err
	}
	rows, err := s.query.QueryContext(context.Background(), s.bind(args))
	if err != nil {
		return err
	}
	row := make([]driver.Value, len(rows.Columns()))
	for err == nil {
		if err = rows.Next(row); err == nil {
			each(row)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

// number returns the integer that begins the row a query gives, such as a
// pragma.
func (c *conn) number(sql string) (int64, error) {
	var n int64
	err := c.query(sql, func(row []driver.Value) { n, _ = row[0].(int64) })
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
