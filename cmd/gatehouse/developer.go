package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A developer keeps one OpenAPI file deployed.
type developer struct {
	server *server
	teller *teller
	file   string
	refs   string // the directory that references cannot leave
	root   string // URL at which the stage is served
	out    io.Writer
	who    *wire.Caller
	told   bool   // the curl lines have been printed
	places string // the lines that tell where calls of AWS services go

	mu    sync.Mutex             // of reload
	files map[string]os.FileInfo // what was read, as it was then; nil for what was not there
}

func newDeveloper(s *server, file, refs, root string) *developer {
	out := s.stdout
	return &developer{
		server: s, teller: &teller{out: out, file: file, verbose: s.config.Verbose}, file: file, refs: refs, root: root, out: out,
		who: &wire.Caller{Account: s.config.Account, Region: s.config.Region},
	}
}

// create makes the API that the file is laid over, and the VPC links that the
// file may name.
func (d *developer) create(ctx context.Context) error {
	d.links(ctx)
	name := d.file
	_, err := d.server.control.CreateRestAPI(ctx, d.who, &wire.CreateRestAPIRequest{
		Name: name, Tags: map[string]string{"_custom_id_": devAPI},
		EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}},
	})
	return err
}

// links makes a VPC link of each name in vpc-links, with its name for id: a
// file names links by id, and elsewhere ids are made when the links are.
func (d *developer) links(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(d.server.config.VPCLinks)) {
		if strings.HasPrefix(name, "arn:") {
			continue
		}
		arn := "arn:aws:elasticloadbalancing:" + d.who.Region + ":" + d.who.Account + ":loadbalancer/net/" + name + "/0"
		in := &wire.CreateVPCLinkRequest{Name: name, TargetARNs: []string{arn}, Tags: map[string]string{"_custom_id_": name}}
		if _, err := d.server.control.CreateVPCLink(ctx, d.who, in); err != nil {
			fmt.Fprintf(d.out, "vpc-links: %s: %s\n", name, strings.Join(problems(err), "; "))
		}
	}
}

// seen is for watch.
func (d *developer) seen() map[string]os.FileInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files
}

// reloadAll takes over what has changed in the configuration, and deploys the file
// under it.
func (d *developer) reloadAll(ctx context.Context) {
	d.server.reload(ctx)
	d.links(ctx)
	d.reload(ctx)
}

// reload reads the file and deploys it, or says why not.
func (d *developer) reload(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	begin := time.Now()
	before := look(append(slices.Collect(maps.Keys(d.files)), d.file))
	def, files, err := openapi.Load(d.file, openapi.Options{
		APIID: devAPI, AccountID: d.who.Account, Partition: "aws", Region: d.who.Region,
		Lenient: true, MaxSize: devSize, RefRoot: d.refs, RefRule: refRule,
	})
	d.files = reread(append(files, d.file), before)
	if err != nil {
		d.refuse(problems(err)...)
		return
	}
	if lines := mistakes(def); lines != nil || len(def.Errors) > 0 {
		d.refuse(lines...)
		return
	}
	routes := routesOf(def)
	adapt(def)
	closed, lines := d.deploy(ctx, def)
	if lines != nil {
		d.refuse(lines...)
		return
	}
	if t := d.server.tracer; t != nil {
		t.locate.Store(new(func(p pipeline.Problem) string { return position(def, p) }))
	}
	shut(routes, closed)
	d.teller.tell(def)
	d.tellClosed(routes)
	d.tellServices(def)
	fmt.Fprintf(d.out, "%s: %s deployed in %d ms\n", d.file, count(len(routes), "route", "routes"), time.Since(begin).Milliseconds())
	if !d.told {
		d.told = true
		d.curls(routes)
	}
}

// deploy lays a definition over the API and serves it. It returns what closes
// operations of it, or what is wrong with it.
func (d *developer) deploy(ctx context.Context, def *openapi.API) ([]pipeline.ClosedMethod, []string) {
	if err := d.put(ctx, def); err != nil {
		return nil, problems(err)
	}
	draft, err := d.server.control.Draft(ctx, d.who, devAPI)
	if err != nil {
		return nil, problems(err)
	}
	program := d.server.compile(draft)
	var lines []string
	for _, p := range program.Problems() {
		lines = append(lines, locate(def, p))
	}
	if lines != nil {
		return nil, lines
	}
	stage := devStage
	if _, err := d.server.control.CreateDeployment(ctx, d.who, &wire.CreateDeploymentRequest{RestAPIID: devAPI, StageName: &stage}); err != nil {
		return nil, problems(err)
	}
	return program.ClosedMethods(), nil
}

// put lays a definition over the API, where need be without some of its models.
func (d *developer) put(ctx context.Context, def *openapi.API) error {
	_, err := d.server.control.PutDefinition(ctx, d.who, devAPI, def, true, false)
	var refused *control.DefinitionError
	if errors.As(err, &refused) && dropRefused(def, refused) {
		_, err = d.server.control.PutDefinition(ctx, d.who, devAPI, def, true, false)
	}
	return err
}
