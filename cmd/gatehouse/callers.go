package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// callers says who calls the control plane and what they may do: anyone, or those
// of the credentials file, which may change while the server runs.
type callers struct {
	log     *slog.Logger
	current atomic.Pointer[admission]
}

// An admission is who is let in at a time.
type admission struct {
	apigateway, sts identifier // of requests that are signed for the one or the other
	authorize       authorizer
}

// An identifier is wire.ServerOptions.Authenticate.
type identifier func(*http.Request, string) (wire.Identify, error)

func newCallers(c *config, log *slog.Logger) (*callers, error) {
	cs := &callers{log: log}
	commit, err := cs.prepare(c)
	if err != nil {
		return nil, err
	}
	commit()
	return cs, nil
}

// prepare is a livePart: it reads the credentials file.
func (cs *callers) prepare(c *config) (func(), error) {
	anyone := identifier(control.OpenAuthenticator(c.Account, c.Region))
	next := &admission{
		apigateway: anyone, sts: anyone,
		authorize: func(context.Context, *wire.Caller, *wire.Operation, string) error { return nil },
	}
	var warnings []string
	if !c.open() {
		keys, err := loadCredentials(c.Credentials)
		if err != nil {
			return nil, err
		}
		warnings = keys.warnings
		next.apigateway, next.sts = keys.authenticator("apigateway", time.Now), keys.authenticator("sts", time.Now)
		next.authorize = keys.authorizer(time.Now)
	}
	return func() {
		cs.current.Store(next)
		for _, w := range warnings {
			cs.log.Warn(w)
		}
	}, nil
}

// authenticate is a wire.ServerOptions.Authenticate.
func (cs *callers) authenticate(r *http.Request, op string) (wire.Identify, error) {
	return cs.current.Load().apigateway(r, op)
}

// authenticateSTS is authenticate for calls of STS.
func (cs *callers) authenticateSTS(r *http.Request, op string) (wire.Identify, error) {
	return cs.current.Load().sts(r, op)
}

// authorize is a wire.ServerOptions.Authorize. A caller who was let in before the
// credentials changed is judged by the new ones.
func (cs *callers) authorize(ctx context.Context, who *wire.Caller, op *wire.Operation, resource string) error {
	return cs.current.Load().authorize(ctx, who, op, resource)
}
