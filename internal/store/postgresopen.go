package store

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pgMigrationFiles are named NNNN_what.sql, as those of SQLite are, and have numbers
// of their own.
//
// Programs of two versions use one database while a cluster is brought up to date. A
// migration may therefore only add: tables, columns that have a default, indexes. One
// after which older programs cannot go on is named in oldestReader.
//
//go:embed pgmigrations/*.sql
var pgMigrationFiles embed.FS

// oldestReader is the lowest schema that a program may know and yet use a database of
// the schema that this one knows.
const oldestReader = 1

// CheckURL says what is wrong with the URL of a database, in words that have none of
// its secrets.
func CheckURL(text string) error {
	_, err := parsePostgres(text)
	return err
}

// parsePostgres reads the URL of a database, with what libpq's environment variables
// and files add to it.
func parsePostgres(text string) (*pgxpool.Config, error) {
	scheme, _, _ := strings.Cut(text, "://")
	if scheme != "postgres" && scheme != "postgresql" {
		return nil, errors.New("want postgres://USER@HOST/DATABASE")
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		// What the driver says may quote the URL, whose password it cannot always tell.
		if inner := errors.Unwrap(err); inner != nil && !strings.Contains(inner.Error(), "://") && !mentionsSecret(text, inner.Error()) {
			return nil, fmt.Errorf("not a URL of PostgreSQL: %w", errors.New(inner.Error()))
		}
		return nil, errors.New("not a URL of PostgreSQL that can be read: postgres://USER@HOST/DATABASE?sslmode=…, with what is special in a part of it percent-encoded")
	}
	c := config.ConnConfig
	for name, value := range serverTimes {
		c.RuntimeParams[name] = cmp.Or(c.RuntimeParams[name], value)
	}
	c.RuntimeParams["application_name"] = cmp.Or(c.RuntimeParams["application_name"], "gatehouse")
	c.RuntimeParams["client_encoding"] = "UTF8"
	if c.ConnectTimeout <= 0 || c.ConnectTimeout > pgStatement {
		c.ConnectTimeout = pgConnect
	}
	if u, err := url.Parse(text); err == nil && !slices.Contains([]string{"", "read-write", "primary"}, u.Query().Get("target_session_attrs")) {
		return nil, errors.New("target_session_attrs: want read-write or primary: a standby takes no writes, and lags behind those that were answered")
	}
	c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	if !strings.Contains(text, "pool_max_conns") {
		config.MaxConns = int32(max(8, 2*runtime.GOMAXPROCS(0)))
	}
	dialer := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	c.DialFunc = dialer.DialContext
	return config, nil
}

// mentionsSecret reports whether a message has one of the words of a URL that may be
// secret.
func mentionsSecret(text, message string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return true
	}
	secrets := []string{u.Query().Get("password"), u.Query().Get("sslpassword")}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for _, s := range secrets {
		if s != "" && strings.Contains(message, s) {
			return true
		}
	}
	return false
}

// where names the hosts and the database that a configuration leads to.
func where(c *pgx.ConnConfig) string {
	var hosts []string
	seen := make(map[string]bool)
	add := func(host string, port uint16) {
		at := host
		if !strings.HasPrefix(host, "/") {
			at = net.JoinHostPort(host, strconv.Itoa(int(port)))
		}
		if !seen[at] { // each stands there with and without TLS
			seen[at], hosts = true, append(hosts, at)
		}
	}
	add(c.Host, c.Port)
	for _, f := range c.Fallbacks {
		add(f.Host, f.Port)
	}
	return strings.Join(hosts, ",") + "/" + c.Database
}

// openPostgres opens the database that a URL names and brings its schema up to date.
func openPostgres(ctx context.Context, o Options) (*postgresDB, error) {
	config, err := parsePostgres(o.URL)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	db := &postgresDB{where: where(config.ConnConfig), log: o.Log, keep: o.kept(), known: -1}
	if db.pool, err = pgxpool.NewWithConfig(background, config); err != nil {
		return nil, db.failure(err)
	}
	config = config.Copy()
	config.MinConns, config.MaxConns = 0, feedConnections
	if db.feed, err = pgxpool.NewWithConfig(background, config); err != nil {
		db.pool.Close()
		return nil, db.failure(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*pgStatement)
	defer cancel()
	_, err = db.dialWriter(ctx)
	if err == nil {
		err = db.migrate(ctx, pgMigrationFiles, o.existing)
	}
	if err != nil {
		db.dropWriter()
		db.pool.Close()
		db.feed.Close()
		return nil, err
	}
	return db, nil
}

const (
	pgSchemaTurn  = `SELECT pg_advisory_xact_lock(hashtext('gatehouse'), hashtext(current_schema()))`
	pgSchemaThere = `SELECT to_regclass('gatehouse_schema') IS NOT NULL`
	pgSchema      = `SELECT version, oldest_reader FROM gatehouse_schema`
	pgMakeSchema  = `CREATE TABLE gatehouse_schema (version integer NOT NULL, oldest_reader integer NOT NULL)`
	pgFirstSchema = `INSERT INTO gatehouse_schema VALUES (0, 0)`
	pgSetSchema   = `UPDATE gatehouse_schema SET version = $1, oldest_reader = $2`
)

// migrate brings the schema up to date in one transaction, while no other process
// does. A schema that is newer stays as it is, if it can be used. existing wants one to be
// there.
func (db *postgresDB) migrate(ctx context.Context, files fs.FS, existing bool) error {
	all, err := readMigrations(files, "pgmigrations")
	if err != nil {
		return err
	}
	p := pgPipe{conn: db.writer}
	p.later(pgBegin)
	if err := p.run(ctx, pgSchemaTurn); err != nil {
		return db.failure(err)
	}
	version, oldest, err := schemaOf(ctx, &p)
	switch {
	case err != nil:
		return db.failure(err)
	case version == 0 && existing:
		return fmt.Errorf("database %s: %w of a server", db.where, ErrNoData) // and the transaction ends with the connection
	}
	if oldest > len(all) {
		return fmt.Errorf("database %s: %w", db.where, fmt.Errorf("%w (schema %d, which programs can use that know %d or newer; this one knows %d)", ErrNewer, version, oldest, len(all)))
	}
	for _, step := range all[min(version, len(all)):] {
		if _, err := db.writer.Exec(ctx, step.sql); err != nil {
			return db.failure(fmt.Errorf("migrate to schema %d: %w", step.version+1, err))
		}
	}
	if version < len(all) {
		p.later(pgSetSchema, len(all), oldestReader)
	}
	return db.failure(p.run(ctx, pgCommit))
}

// schemaOf returns the version of the schema, 0 in an empty database, and the lowest
// that a program may know to use it.
func schemaOf(ctx context.Context, p *pgPipe) (version, oldest int, err error) {
	there := false
	if _, err := p.one(ctx, []any{&there}, pgSchemaThere); err != nil {
		return 0, 0, err
	}
	if !there {
		if err := p.run(ctx, pgMakeSchema); err != nil {
			return 0, 0, err
		}
		return 0, 0, p.run(ctx, pgFirstSchema)
	}
	_, err = p.one(ctx, []any{&version, &oldest}, pgSchema)
	return version, oldest, err
}
