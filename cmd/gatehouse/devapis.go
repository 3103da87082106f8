package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/template"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// settle has a developer for each API that the template has now: the API of a new one is
// made, and that of one which the template has no more is deleted. Functions of which the
// template says something else are taken over.
func (all *developers) settle(ctx context.Context) {
	if all.code == nil {
		return
	}
	fresh, gone := all.arrange(all.code.load(all.server.config()))
	if all.code.changed(all.server.config()) {
		all.server.reconfigure(ctx, all.code.file+" has changed")
	}
	for _, d := range gone {
		d.leave(ctx)
	}
	for _, d := range fresh {
		if err := d.create(ctx); err != nil {
			fmt.Fprintf(d.out, "%s: %s: %s\n", d.file, d.template.name, d.problems(err)[0].Text)
			continue
		}
		d.announceStage()
	}
}

// arrange has a developer for each API of a template, and returns those that are new and
// those that it has no more. The root stays with its API as long as the template has that,
// and goes to the first one then. A template that cannot be read, nil, or has errors that all
// of its APIs share, changes nothing: it may be wrong in which APIs it has.
func (all *developers) arrange(t *template.Template) (fresh, gone []*developer) {
	if t == nil || t.Wrong || len(t.APIs) == 0 {
		return nil, nil
	}
	has := func(name string) bool {
		return slices.ContainsFunc(t.APIs, func(a template.API) bool { return a.LogicalID == name })
	}
	root := all.apis[0]
	if was := root.template.name; !has(was) {
		root.template.name, all.code.root = t.APIs[0].LogicalID, t.APIs[0].LogicalID
		if was != "" {
			fmt.Fprintf(root.out, "%s: %s is gone, and %s is at the root\n", root.file, was, root.template.name)
		}
	}
	kept := []*developer{root}
	for _, d := range all.apis[1:] {
		if has(d.template.name) && d.template.name != root.template.name {
			kept = append(kept, d)
		} else {
			gone = append(gone, d)
		}
	}
	all.apis = kept
	for i := range t.APIs {
		name := t.APIs[i].LogicalID
		if !slices.ContainsFunc(all.apis, func(d *developer) bool { return d.template.name == name }) {
			fresh = append(fresh, all.add(root.sibling(&t.APIs[i]), nil))
		}
	}
	all.tellDataPlane()
	return fresh, gone
}

// sibling describes another API of the template.
func (d *described) sibling(api *template.API) *described {
	out := &described{
		server: d.server, file: d.file, refs: d.refs, who: d.who, upstream: d.upstream,
		api: templateAPI(api.LogicalID), stage: devStage, template: &templated{name: api.LogicalID, code: d.template.code},
	}
	out.setStageName(api.Stage)
	return out
}

// setStageName names the stage as a template does, where a stage can have that name.
func (d *described) setStageName(name string) {
	if stageName.MatchString(name) {
		d.stage = name
	}
}

// announceStage prints where an API is that is not at the root.
func (d *developer) announceStage() {
	d.root = baseURL(d.server.ports.main) + "/_aws/execute-api/" + d.api + "/" + d.stage
	fmt.Fprintf(d.out, "Stage %-10s%s/ (%s)\n", d.stage, d.root, d.template.name)
}

// leave deletes what was made for an API that the template has no more.
func (d *developer) leave(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, err := range d.plans.drop(ctx, d.api) {
		fmt.Fprintf(d.out, "%s: %s\n", d.file, plainAnswer(err))
	}
	if _, err := d.server.control.DeleteRestAPI(ctx, d.who, &wire.DeleteRestAPIRequest{RestAPIID: d.api}); err != nil {
		fmt.Fprintf(d.out, "%s: %s is gone, and its API is still served: %s\n", d.file, d.template.name, d.problems(err)[0].Text)
		return
	}
	fmt.Fprintf(d.out, "%s: %s is gone, and %s/ is not served any more\n", d.file, d.template.name, d.root)
}
