package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/portal"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// docsPages is what the paths of the portal begin with. The rest is API/STAGE/.
const docsPages = "/_gatehouse/docs/"

// A docsPortal shows the documentation of the stages that the configuration opens, beside
// the stages, so that a page and what it calls share an origin. Of other stages it
// shows what it shows of those that there are not.
type docsPortal struct {
	gateway  *gateway.Gateway
	describe func(ctx context.Context, who *wire.Caller, api, stage string) ([]byte, error)
	devAPIs  func() []string // of dev's file
	log      *slog.Logger
	opened   atomic.Pointer[openedStages]
	pages    docsCache
}

func newPortal(c *config, data *dataPlane, service *control.Service, log *slog.Logger) *docsPortal {
	p := &docsPortal{gateway: data.gateway, describe: service.DescribeStage, devAPIs: data.ownAPIs, log: log, pages: newDocsCache()}
	open, _ := p.prepare(c)
	open()
	return p
}

// prepare is a livePart; it never fails.
func (p *docsPortal) prepare(c *config) (func(), error) {
	next := c.openedStages()
	return func() {
		p.opened.Store(next)
		p.pages.forget()
	}, nil
}

// has reports whether a path is one of the portal's, which are there while anything is
// open.
func (p *docsPortal) has(path string) bool {
	return strings.HasPrefix(path, docsPages) && p.opened.Load().any()
}

// before answers the paths of the portal by docs, and all others by next.
func (p *docsPortal) before(docs, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.has(r.URL.Path) {
			docs.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// handler answers the paths of the portal. based is whether stages are served under the base
// paths of their files where it stands.
func (p *docsPortal) handler(based bool) http.Handler {
	policy := portal.Policy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			sayDocs(w, http.StatusMethodNotAllowed, "Method not allowed", "This page is only read.")
			return
		}
		p.serve(w, r, based)
	})
}

// serve answers what reads a page.
func (p *docsPortal) serve(w http.ResponseWriter, r *http.Request, based bool) {
	if r.URL.Path == docsPages {
		writePage(w, http.StatusOK, portal.Index(p.list()))
		return
	}
	api, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, docsPages), "/")
	stage, rest, closed := strings.Cut(rest, "/")
	st := p.gateway.Stage(api, stage)
	if st == nil || rest != "" || !p.opens(st) {
		sayDocs(w, http.StatusNotFound, "Not found", "There is no such page.")
		return
	}
	if !closed {
		h := w.Header()
		h.Set("Location", st.Name+"/")
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	page, err := p.pages.get(r.Context(), docsKey{st.APIID, st.Name, based}, st, func(ctx context.Context) ([]byte, error) {
		text, err := p.write(ctx, st, based)
		if err != nil { // which is logged when it is met, and not for each who asks after that
			p.log.Error("the documentation of a stage cannot be shown", "api", st.APIID, "stage", st.Name, "error", err)
		}
		return text, err
	})
	switch {
	case errors.Is(err, errDocsBusy):
		w.Header().Set("Retry-After", "1")
		sayDocs(w, http.StatusServiceUnavailable, "Busy", "Too many pages are being written at this moment; try again.")
	case err != nil:
		sayDocs(w, http.StatusInternalServerError, "Not shown", "The documentation of this stage cannot be shown; the server's log says why.")
	default:
		page.answer(w, r)
	}
}

// write writes the page of a stage.
func (p *docsPortal) write(ctx context.Context, st *snapshot.Stage, based bool) ([]byte, error) {
	who := &wire.Caller{Account: st.Account, Region: st.Region}
	document, err := p.describe(ctx, who, st.APIID, st.Name)
	if err != nil {
		return nil, err
	}
	base := "/_aws/execute-api/" + st.APIID + "/" + st.Name
	if own, ok := p.opened.Load().bases[st.APIID]; ok && based && own.stage == st.Name {
		base = own.base
	}
	return portal.Page(document, portal.Place{API: st.APIID, Stage: st.Name, Base: base})
}

// opens reports whether the configuration opens a stage.
func (p *docsPortal) opens(st *snapshot.Stage) bool {
	o := p.opened.Load()
	return o.has(st.APIID, st.Name) || o.dev && slices.Contains(p.devAPIs(), st.APIID)
}

// ofDev reports whether dev's own APIs are open.
func (p *docsPortal) ofDev() bool { return p.opened.Load().dev }

// list lists the stages that are open and served, in the order of the configuration.
func (p *docsPortal) list() []portal.Place {
	o := p.opened.Load()
	apis := slices.Clone(o.apis)
	if o.dev {
		apis = append(apis, p.devAPIs()...)
	}
	var out []portal.Place
	for i, api := range apis {
		if slices.Contains(apis[:i], api) {
			continue
		}
		for _, name := range p.gateway.StageNames(api) {
			if st := p.gateway.Stage(api, name); st != nil && p.opens(st) {
				out = append(out, portal.Place{API: st.APIID, Stage: st.Name})
			}
		}
	}
	return out
}

// sayDocs answers with a page that says why there is no other.
func sayDocs(w http.ResponseWriter, status int, title, text string) {
	writePage(w, status, portal.Message(title, text))
}

func writePage(w http.ResponseWriter, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page) // the client has gone: there is nobody to tell
}
