package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// callers says who calls, and what callers of the control plane may do: anyone
// everything, or those of the credentials file what it says. The file may change while
// the server runs; the stages know its callers as well.
type callers struct {
	log   *slog.Logger
	known *credentials.Callers

	apigateway, sts identifier // of requests that are signed for the one or the other
	authorize       authorizer
}

// An identifier is wire.ServerOptions.Authenticate.
type identifier func(*http.Request, string) (wire.Identify, error)

// newCallers reads the credentials file. sessions is the key that seals the tokens of
// sessions.
func newCallers(c *config, sessions credentials.Key, log *slog.Logger) (*callers, error) {
	cs := &callers{log: log, known: credentials.New(sessions)}
	if c.open() {
		anyone := identifier(control.OpenAuthenticator(c.Account, c.Region))
		cs.apigateway, cs.sts = anyone, anyone
		cs.authorize = func(context.Context, *wire.Caller, *wire.Operation, string) error { return nil }
	} else {
		cs.apigateway, cs.sts = authenticator(cs.known, "apigateway", nil), authenticator(cs.known, "sts", nil)
		cs.authorize = authorize(cs.known, nil)
	}
	commit, err := cs.prepare(c)
	if err != nil {
		return nil, err
	}
	commit()
	return cs, nil
}

// prepare is a livePart: it reads the credentials file. Whether there is one does not
// change while the server runs.
func (cs *callers) prepare(c *config) (func(), error) {
	if c.open() {
		return func() {}, nil
	}
	keys, err := credentials.Load(c.Credentials)
	if err != nil {
		return nil, err
	}
	return func() {
		cs.known.Use(keys)
		for _, w := range keys.Warnings() {
			cs.log.Warn(w)
		}
	}, nil
}
