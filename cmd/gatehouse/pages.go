package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// pages are what lives under /_gatehouse/, and the health checks and the reset that
// other local servers answer.
type pages struct {
	open    bool // the control plane asks for no credentials
	control *control.Service
	records *records.Records // of the services beside API Gateway
	events  *logevents.Store // of log groups
	data    *dataPlane
	health  *health
	trail   wire.Trail
	restore func(context.Context) error // follows a reset
	shows   func(arn string) bool       // is there a certificate by this ARN?
	secure  bool                        // does a listener for stages speak TLS?
	issued  func() *issuedCertificates  // nil for none

	services map[string]string // what config.localServices says
}

// localServices are the states of the services that are answered here, in the words and by
// the names of LocalStack, whose users wait for the ones that they need.
func (c *config) localServices() map[string]string {
	states := make(map[string]string)
	for _, name := range []string{"acm", "apigateway", "iam", "lambda", "logs", "sts"} {
		states[name] = "running"
	}
	if c.functionRefusal() != "" {
		states["lambda"] = "disabled"
	}
	return states
}

// handler serves the pages.
func (p *pages) handler() http.Handler {
	mux := http.NewServeMux()
	health := func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "version": version()})
	}
	mux.HandleFunc("GET /_gatehouse/health", health)
	mux.HandleFunc("GET /health", health)
	mux.HandleFunc("GET /_localstack/health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"services": p.services, "edition": "gatehouse", "version": version()})
	})
	p.health.register(mux)
	mux.HandleFunc("GET /_gatehouse/doctor", p.local(p.doctor))
	mux.HandleFunc("GET "+nodesPage, p.local(p.health.cluster.page))
	if p.open {
		mux.HandleFunc("POST /_gatehouse/reset", p.reset)
		mux.HandleFunc("POST /_localstack/state/reset", p.reset)
	}
	nothing := func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{"message": "no page at " + quoted(r.URL.Path)})
	}
	mux.HandleFunc("/_gatehouse/", nothing)
	mux.HandleFunc("/_localstack/", nothing)
	return mux
}

// ownPage reports whether a path is one of ours rather than the control plane's.
func ownPage(path string) bool {
	return strings.HasPrefix(path, "/_gatehouse/") || strings.HasPrefix(path, "/_localstack/") || path == "/health"
}

// local keeps a page that tells about definitions to callers on this machine
// where the control plane itself asks who calls. A proxy on this machine calls for others.
func (p *pages) local(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if !p.open && (err != nil || !loopback(host) || passedOn(r.Header)) {
			forbid(w, "this page is for this machine only")
			return
		}
		page(w, r)
	}
}

// passedOn reports whether a proxy says that it passes a request on.
func passedOn(h http.Header) bool {
	return len(h["X-Forwarded-For"])+len(h["Forwarded"])+len(h["Via"]) > 0
}

// resetTime bounds a reset, and what it takes to serve the files' APIs again.
const resetTime = time.Minute

// reset forgets every API of every account and what the services beside it keep, and has those of files served again. It
// exists for tests, and only while the control plane asks for no credentials. A client
// that leaves does not end it: half of a reset is of no use to anybody.
func (p *pages) reset(w http.ResponseWriter, r *http.Request) {
	e := &wire.Entry{Operation: "gatehouse:Reset", Request: r, RequestID: httpmsg.NewRequestID(), Status: http.StatusOK}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), resetTime)
	defer cancel()
	answer := map[string]string{"status": "reset"}
	p.events.Reset()
	reset := errors.Join(p.control.Reset(ctx), p.records.Reset(ctx), p.data.lambda.Reload(ctx))
	restored := p.restore(ctx) // whatever came of the reset: it may have been too late only in saying so
	switch e.Err = errors.Join(reset, restored); {
	case reset != nil:
		answer = map[string]string{"message": "the reset failed; the log says why"}
	case restored != nil:
		answer = map[string]string{"message": "everything is forgotten, and not all that a file describes is served again; the log says why"}
	}
	if e.Err != nil {
		e.Status = failed(w, e.Err)
	}
	writeJSON(w, e.Status, answer)
	e.Took = time.Since(begin)
	p.trail.Write(e)
}

// doctor lists what the server holds that cannot work or has no effect.
func (p *pages) doctor(w http.ResponseWriter, r *http.Request) {
	report, err := p.examine(r.Context())
	if err != nil {
		p.trail.Log.Error("doctor", "error", err)
		writeJSON(w, failed(w, err), map[string]string{"message": "the examination failed; the log says why"})
		return
	}
	writeJSON(w, http.StatusOK, report)
}

// failed is the status of an answer to what has failed: where the database is away it can be
// tried again, and the answer says when.
func failed(w http.ResponseWriter, err error) int {
	if !away(err) {
		return http.StatusInternalServerError
	}
	w.Header().Set("Retry-After", "1")
	return http.StatusServiceUnavailable
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client has gone: there is nobody to tell
}
