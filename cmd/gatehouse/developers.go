package main

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// developers keep what one file describes deployed: one API, or those of a template.
type developers []*developer

// newDevelopers makes the developers of APIs, the first of which is served at the root of a
// listener, nil for none.
func newDevelopers(s *server, apis []*described, root net.Listener) developers {
	var out developers
	for i, api := range apis {
		if i > 0 {
			root = nil
		}
		out = append(out, newDeveloper(s, api, root))
		s.devAPIs = append(s.devAPIs, api.api)
	}
	return out
}

// create makes the APIs that the file is laid over.
func (all developers) create(ctx context.Context) error {
	for _, d := range all {
		if err := d.create(ctx); err != nil {
			return err
		}
	}
	return nil
}

// announce prints where the APIs are.
func (all developers) announce() {
	all[0].announce()
	for _, d := range all[1:] {
		d.root = baseURL(d.server.ports.main) + "/_aws/execute-api/" + d.api + "/" + d.stage
		fmt.Fprintf(d.out, "Stage %-10s%s/ (%s)\n", d.stage, d.root, d.template.name)
	}
	fmt.Fprintln(all[0].out)
}

// again serves the file once more after a reset.
func (all developers) again(ctx context.Context) error {
	var wrong []error
	for _, d := range all {
		wrong = append(wrong, d.again(ctx))
	}
	return errors.Join(wrong...)
}

// reload reads the file and deploys it, or says why not.
func (all developers) reload(ctx context.Context) {
	for _, d := range all {
		d.reload(ctx)
	}
}

// under deploys the file under a configuration that reload takes over.
func (all developers) under(ctx context.Context, reload func(context.Context)) {
	for i, d := range all {
		if i > 0 {
			reload = func(context.Context) {}
		}
		d.under(ctx, reload)
	}
}

// hangUp does what SIGHUP is for, and deploys the file under what has changed.
func (all developers) hangUp(ctx context.Context) { all.under(ctx, all[0].server.reload) }
