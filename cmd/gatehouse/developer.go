package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A developer keeps one OpenAPI file deployed, and says what comes of it.
type developer struct {
	*described
	teller *teller
	root   string // URL at which the stage is served
	curl   string // the command that calls it there
	out    io.Writer
	told   bool   // the curl lines have been printed
	places string // the lines that tell where calls of AWS services go
	pools  silentPools

	hasVariables bool   // the stage has variables
	logFormat    string // of the stage's access log; "" for none
	plans        *devPlans
}

// newDeveloper makes the developer of an API that is served at the root of a listener,
// nil for none.
func newDeveloper(s *server, api *described, root net.Listener) *developer {
	d := &developer{described: api, teller: &teller{out: s.stdout, file: api.file, verbose: s.config().Verbose}, curl: "curl ", out: s.stdout}
	d.remake = d.create
	d.configure()
	switch {
	case root == nil:
	case s.config().TLS:
		d.root = "https://" + authority(root)
		if s.ports.shown.made() != nil {
			d.curl = "curl -k "
		}
	default:
		d.root = baseURL(root)
	}
	return d
}

// first reports whether the API is the one at the root: the only one, or the first of a
// template.
func (d *developer) first() bool { return d.api == devAPI }

// announce prints the URLs.
func (d *developer) announce() {
	fmt.Fprintf(d.out, "Control plane   %s\n", d.server.ports.controlURL())
	fmt.Fprintf(d.out, "Stage %-10s%s/\n", d.stage, d.root)
	d.server.ports.announceVPCEndpoints(d.out)
	if made := d.server.ports.shown.made(); made != nil {
		fmt.Fprintf(d.out, "Certificate     made for this run, SHA-256 %s\n", fingerprint(made))
	}
	if d.server.unprotected {
		fmt.Fprintln(d.out, "UNPROTECTED     --allow-unprotected: the stage's authorizers and API keys are skipped")
	}
}

// create makes the API that the file is laid over, and the VPC links that the
// file may name, unless the API is there. Clients may have deleted it, alone or with
// all else that there was; what was made of the file for its callers is then made
// anew, too. But at the start the caller holds d.mu.
func (d *developer) create(ctx context.Context) error {
	_, err := d.server.control.CreateRestAPI(ctx, d.who, &wire.CreateRestAPIRequest{
		Name: d.file, Tags: map[string]string{"_custom_id_": d.api},
		EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}},
	})
	switch {
	case conflicts(err):
		return nil
	case err != nil:
		return err
	}
	if d.first() {
		d.server.health.empty.Store(true)
	}
	if d.template != nil {
		d.template.set = nil // of a stage that is gone
	}
	if d.plans != nil {
		d.plans.forget(ctx)
	}
	d.makeLinks(ctx)
	return nil
}

// again serves the file once more after a reset.
func (d *developer) again(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.create(ctx); err != nil {
		return err
	}
	if !d.redeploy(ctx) {
		return fmt.Errorf("%s is not deployed", d.file)
	}
	return nil
}

func (d *developer) makeLinks(ctx context.Context) {
	for _, line := range d.links(ctx, d.server.config().VPCLinks) {
		fmt.Fprintln(d.out, line)
	}
}

// renew deploys the file under a configuration that has been taken over.
func (d *developer) renew(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.configure()
	d.makeLinks(ctx)
	d.redeploy(ctx)
}

// reload reads the file and deploys it, or says why not.
func (d *developer) reload(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.redeploy(ctx)
}

// redeploy is reload; it reports whether the file is deployed. The caller holds d.mu.
func (d *developer) redeploy(ctx context.Context) bool {
	begin := time.Now()
	r := d.read(ctx)
	if r.refused {
		d.refuse(r.wrong)
		return false
	}
	if d.first() {
		d.server.health.empty.Store(false)
	}
	if err := d.dropVariables(ctx); err != nil {
		fmt.Fprintf(d.out, "stage-variable: %s\n", d.problems(err)[0].Text)
	}
	if err := d.logAccess(ctx); err != nil {
		fmt.Fprintf(d.out, "%s: %s\n", d.server.config().called("access-log"), d.problems(err)[0].Text)
	}
	if t := d.server.tracer; t != nil && d.first() {
		t.locate.Store(new(func(p pipeline.Problem) string { at, _ := position(r.def, p); return at.String() }))
	}
	for _, err := range d.plans.call(ctx, d.api, d.stage, r.def.UsagePlans) {
		fmt.Fprintf(d.out, "%s: %s\n", d.file, plainAnswer(err))
	}
	d.teller.tell(r.def)
	for _, reason := range closedReasons(r.routes) {
		fmt.Fprintf(d.out, "%s: %s\n", d.file, reason)
	}
	if text := bareRoutes(r.routes); text != "" {
		fmt.Fprintf(d.out, "%s: %s\n", d.file, text)
	}
	d.tellServices(r.def)
	d.tellPools(r.def)
	fmt.Fprintf(d.out, "%s: %s deployed in %d ms\n", d.file, count(len(r.routes), "route", "routes"), time.Since(begin).Milliseconds())
	if !d.told {
		d.told = true
		d.curls(r.routes)
	}
	return true
}
