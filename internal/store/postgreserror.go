package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// A said is an error of the driver in the words of one line.
type said struct {
	error
	text string
}

func (e *said) Error() string { return e.text }
func (e *said) Unwrap() error { return e.error }

// noTLS is what the driver says of a server without TLS before it goes on without, where the
// URL lets it.
const noTLS = "server refused TLS connection"

// oneLine says on one line why there is no connection, each reason once, and what an
// operator has to do where a message of PostgreSQL's does not tell that.
func oneLine(err error) error {
	text := err.Error()
	failed, isConnect := errors.AsType[*pgconn.ConnectError](err)
	if isConnect {
		text = strings.Replace(text, failed.Error(), "connecting as "+failed.Config.User+": "+reasons(failed), 1)
	}
	e, _ := errors.AsType[*pgconn.PgError](err)
	switch {
	case e == nil:
	case isConnect && strings.HasPrefix(e.Code, "28") && failed.Config.Password == "":
		text += ": no password was given, which is PGPASSWORD's or in the file that the URL's passfile, or PGPASSFILE, names"
	case e.Code == "42501" && strings.Contains(e.Message, "for schema"):
		text += ": the user makes tables there and has to own the database, or to have CREATE on the schema"
	case isConnect && e.Code == "3D000":
		text += ": it is made by createdb --owner " + failed.Config.User + " " + failed.Config.Database
	}
	return &said{err, text}
}

// reasons are those of all tries to connect.
func reasons(failed *pgconn.ConnectError) string {
	all := strings.Split(failed.Unwrap().Error(), "\n")
	if without := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return strings.HasSuffix(s, noTLS) }); len(without) > 0 {
		all = without
	}
	seen := make(map[string]bool)
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { was := seen[s]; seen[s] = true; return was }), "; ")
}

// refusesConnection reports whether a server has refused who connects, or knows no such database.
func refusesConnection(err error) bool {
	e, isServers := errors.AsType[*pgconn.PgError](err)
	_, isConnect := errors.AsType[*pgconn.ConnectError](err)
	return isServers && isConnect && (strings.HasPrefix(e.Code, "28") || e.Code == "3D000")
}
