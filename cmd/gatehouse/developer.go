package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A developer keeps one OpenAPI file deployed, and says what comes of it.
type developer struct {
	*described
	teller *teller
	root   string // URL at which the stage is served
	out    io.Writer
	told   bool   // the curl lines have been printed
	places string // the lines that tell where calls of AWS services go
}

func newDeveloper(s *server, d *described, root string) *developer {
	return &developer{described: d, teller: &teller{out: s.stdout, file: d.file, verbose: s.config.Verbose}, root: root, out: s.stdout}
}

// create makes the API that the file is laid over, and the VPC links that the
// file may name.
func (d *developer) create(ctx context.Context) error {
	d.makeLinks(ctx)
	_, err := d.server.control.CreateRestAPI(ctx, d.who, &wire.CreateRestAPIRequest{
		Name: d.file, Tags: map[string]string{"_custom_id_": d.api},
		EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}},
	})
	return err
}

func (d *developer) makeLinks(ctx context.Context) {
	for _, line := range d.links(ctx, d.server.config.VPCLinks) {
		fmt.Fprintln(d.out, line)
	}
}

// reloadAll takes over what has changed in the configuration, and deploys the file
// under it.
func (d *developer) reloadAll(ctx context.Context) {
	d.server.reload(ctx)
	d.makeLinks(ctx)
	d.reload(ctx)
}

// reload reads the file and deploys it, or says why not.
func (d *developer) reload(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	begin := time.Now()
	r := d.read(ctx)
	if r.refused {
		d.refuse(r.wrong)
		return
	}
	if err := d.logAccess(ctx); err != nil {
		fmt.Fprintf(d.out, "%s: %s\n", d.server.config.called("access-log"), d.problems(err)[0].Text)
	}
	if t := d.server.tracer; t != nil {
		t.locate.Store(new(func(p pipeline.Problem) string { at, _ := position(r.def, p); return at.String() }))
	}
	d.teller.tell(r.def)
	for _, reason := range closedReasons(r.routes) {
		fmt.Fprintf(d.out, "%s: %s\n", d.file, reason)
	}
	d.tellServices(r.def)
	fmt.Fprintf(d.out, "%s: %s deployed in %d ms\n", d.file, count(len(r.routes), "route", "routes"), time.Since(begin).Milliseconds())
	if !d.told {
		d.told = true
		d.curls(r.routes)
	}
}
