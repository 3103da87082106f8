package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/template"
)

// developers keep what one file describes deployed: one API, or those of a template.
type developers struct {
	server *server
	code   *templateCode // of the template; nil where the file is a definition
	plans  *devPlans

	mu   sync.Mutex   // of who reads the file, or changes which APIs it has
	apis []*developer // the first is served at the root
}

// newDevelopers makes the developers of a file, which may be a template, whose functions are
// code. The first API is served at the root of a listener, nil for none.
func newDevelopers(s *server, file string, code *templateCode, root net.Listener) (*developers, error) {
	scope := devRefs
	is := isTemplate(file)
	if is {
		scope = templateRefs
	}
	first, err := newDescribed(s, file, devAPI, devStage, scope)
	if err != nil {
		return nil, err
	}
	first.upstream = s.config().UpstreamForPlain
	all := &developers{server: s, plans: &devPlans{server: s, file: file, who: first.who}}
	var t *template.Template
	if is {
		all.code, first.template = code, &templated{code: code}
		if t = code.load(s.config()); t != nil && len(t.APIs) > 0 {
			first.setStageName(t.APIs[0].Stage)
		}
	}
	all.add(first, root)
	all.arrange(t)
	return all, nil
}

// add has a developer for one API more.
func (all *developers) add(api *described, root net.Listener) *developer {
	d := newDeveloper(all.server, api, root)
	d.plans = all.plans
	all.apis = append(all.apis, d)
	all.tellDataPlane()
	return d
}

// tellDataPlane tells the data plane which APIs are dev's.
func (all *developers) tellDataPlane() {
	ids := make([]string, 0, len(all.apis))
	for _, d := range all.apis {
		ids = append(ids, d.api)
	}
	all.server.devAPIs.Store(&ids)
}

// create makes the APIs that the file is laid over.
func (all *developers) create(ctx context.Context) error {
	for _, d := range all.apis {
		if err := d.create(ctx); err != nil {
			return err
		}
	}
	return nil
}

// announce prints where the APIs are.
func (all *developers) announce() {
	all.apis[0].announce()
	for _, d := range all.apis[1:] {
		d.announceStage()
	}
	if s := all.apis[0].server; s.portal.ofDev() {
		fmt.Fprintf(all.apis[0].out, "Portal          %s%s\n", cmp.Or(s.stages, s.ports.controlURL()), docsPages)
	}
	fmt.Fprintln(all.apis[0].out)
}

// again serves the file once more after a reset.
func (all *developers) again(ctx context.Context) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.plans.reset()
	var wrong []error
	for _, d := range all.apis {
		wrong = append(wrong, d.again(ctx))
	}
	return errors.Join(wrong...)
}

// seen is for watch.
func (all *developers) seen() map[string]os.FileInfo {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.files()
}

// files is seen.
func (all *developers) files() map[string]os.FileInfo {
	out := make(map[string]os.FileInfo)
	for _, d := range all.apis {
		maps.Copy(out, d.seen())
	}
	return out
}

// reload reads the file and deploys it, or says why not. Functions that a template says
// something else of are taken over before, and so is which APIs it has.
func (all *developers) reload(ctx context.Context) {
	all.mu.Lock()
	defer all.mu.Unlock()
	before := look(slices.Collect(maps.Keys(all.files())))
	all.settle(ctx)
	for _, d := range all.apis {
		d.reload(ctx)
	}
	all.sawBefore(before)
}

// sawBefore has the files seen as they were before they were read. One that is saved
// while a template is read, for its APIs first and then for each of them, is read again:
// else the APIs could stay those of the template as it was.
func (all *developers) sawBefore(before map[string]os.FileInfo) {
	for _, d := range all.apis {
		d.sawBefore(before)
	}
}

// under deploys the file under a configuration that reload takes over.
func (all *developers) under(ctx context.Context, reload func(context.Context)) {
	all.mu.Lock()
	defer all.mu.Unlock()
	before := look(slices.Collect(maps.Keys(all.files())))
	reload(ctx)
	all.settle(ctx)
	for _, d := range all.apis {
		d.renew(ctx)
	}
	all.sawBefore(before)
}

// hangUp does what SIGHUP is for, and deploys the file under what has changed.
func (all *developers) hangUp(ctx context.Context) { all.under(ctx, all.server.reload) }
