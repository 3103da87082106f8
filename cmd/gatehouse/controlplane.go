package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/throttle"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// newControlPlane makes the control plane over a store, and what answers its
// clients. Its calls return when the data plane serves what they changed.
func newControlPlane(c *config, st *store.Store, data *dataPlane, log *slog.Logger) (*control.Service, http.Handler, error) {
	limits, rates, _ := c.limits() // checked when loaded
	limiter := throttle.New(rates, nil)
	service := control.New(control.Options{
		Store: st, Applied: data.feed.Wait, Limits: limits, Throttle: limiter, Invoke: data.invoke, Log: log,
		KeepDeployments: c.KeepDeployments, CheckRole: data.services.AWS.CheckRole,
	})
	options := wire.ServerOptions{
		Handlers:     service.Handlers(),
		Authenticate: control.OpenAuthenticator(c.Account, c.Region),
		Authorize:    limiter.Authorize,
		Log:          log,
	}
	if !c.open() {
		keys, err := loadCredentials(c.Credentials)
		if err != nil {
			return nil, nil, err
		}
		for _, w := range keys.warnings {
			log.Warn(w)
		}
		options.Authenticate = keys.authenticator("apigateway", time.Now)
		options.Authorize = authorizer(keys.authorizer(time.Now)).then(limiter.Authorize)
	}
	api, err := wire.NewServer(options)
	if err != nil {
		return nil, nil, err
	}
	return service, c.front(api, (&pages{open: c.open(), control: service, data: data, log: log}).handler()), nil
}

// front parts the control plane's calls from those for our own pages. The guard
// stands before both while no credentials are asked for, and before the pages
// always.
func (c *config) front(api, pages http.Handler) http.Handler {
	guarded, pages := c.guard(api), c.guard(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case ownPage(r.URL.Path):
			pages.ServeHTTP(w, r)
		case c.open():
			guarded.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// guard puts a guard before a handler.
func (c *config) guard(next http.Handler) http.Handler {
	return &guard{origins: c.AllowOrigin, hosts: c.AllowHost, anyHost: c.AllowUnauthenticated, next: next}
}

// open reports whether the control plane takes calls from anyone who reaches
// it.
func (c *config) open() bool { return c.Credentials == "" }
