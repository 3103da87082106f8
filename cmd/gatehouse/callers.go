package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/credentials"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// callers says who calls, and what callers of the control plane may do: anyone
// everything, or those of the credentials file what it says. The file may change while
// the server runs; the stages know its callers as well.
type callers struct {
	log   *slog.Logger
	known *credentials.Callers

	signedFor func(service string) identifier // of requests that are signed for a service
	authorize authorizer                      // for API Gateway's operations
	permit    permitter                       // for those of the services beside it

	mayPass func(who *wire.Caller, role string) error // control.Options.MayPass
}

// gatewayPrincipal is API Gateway as a service to which roles are passed.
const gatewayPrincipal = "apigateway.amazonaws.com"

// An identifier is wire.ServerOptions.Authenticate.
type identifier func(*http.Request, string) (wire.Identify, error)

// newCallers reads the credentials file. sessions are the keys of the
// tokens of sessions.
func newCallers(c *config, sessions []credentials.Key, log *slog.Logger) (*callers, error) {
	cs := &callers{log: log, known: credentials.New(sessions[0], sessions[1:]...)}
	if c.open() {
		anyone := identifier(control.OpenAuthenticator(c.Account, c.Region))
		cs.signedFor = func(string) identifier { return anyone }
		cs.authorize = func(context.Context, *wire.Caller, *wire.Operation, string) error { return nil }
		cs.permit = func(context.Context, *wire.Caller, operation.Permission) error { return nil }
	} else {
		cs.signedFor = func(service string) identifier { return authenticator(cs.known, service, nil) }
		cs.permit = permitted(cs.known, nil)
		cs.authorize = authorize(cs.permit)
		cs.mayPass = func(who *wire.Caller, role string) error {
			return cs.permit(context.Background(), who, operation.PassRole(role, gatewayPrincipal))
		}
	}
	commit, err := cs.prepare(c)
	if err != nil {
		return nil, err
	}
	commit()
	return cs, nil
}

// prepare is a livePart: it reads the credentials file, which the configuration's nextKeys
// are then. Whether there is one does not
// change while the server runs.
func (cs *callers) prepare(c *config) (func(), error) {
	if c.open() {
		return func() {}, nil
	}
	keys, err := credentials.Load(c.Credentials)
	if err != nil {
		return nil, err
	}
	c.nextKeys = keys
	return func() {
		cs.known.Use(keys)
		for _, w := range keys.Warnings() {
			cs.log.Warn(w)
		}
	}, nil
}
