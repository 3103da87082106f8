package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A described API is one that a file describes, kept deployed on a server.
type described struct {
	server     *server
	file       string
	refs       refScope
	api, stage string // under which it is served
	who        *wire.Caller
	variables  map[string]string // of the stage; nil leaves those that it has
	template   *templated        // which API of a template it is; nil where the file is a definition
	upstream   string            // of operations without an integration, as openapi.Options has it

	remake func(context.Context) error // makes the API, if it is gone, before it is deployed; may be nil

	mu    sync.Mutex             // of who reads the file
	files map[string]os.FileInfo // what was read, as it was then; nil for what was not there
}

// newDescribed describes an API of the server's own account by a file, from which references
// reach what scope says.
func newDescribed(s *server, file, api, stage string, scope func(file string) (refScope, error)) (*described, error) {
	if err := checkFile(file); err != nil {
		return nil, err
	}
	refs, err := scope(file)
	return &described{
		server: s, file: file, refs: refs, api: api, stage: stage,
		who: &wire.Caller{Account: s.config().Account, Region: s.config().Region},
	}, err
}

// seen is for watch.
func (d *described) seen() map[string]os.FileInfo {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files
}

// sawBefore has the files seen as they were before.
func (d *described) sawBefore(before map[string]os.FileInfo) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = asBefore(maps.Clone(d.files), before)
}

// A reading is what came of reading a file and deploying what it describes.
type reading struct {
	def     *openapi.API      // nil where it cannot be read
	routes  []route           // that are served
	refused bool              // it is not deployed
	wrong   []openapi.Finding // why not
}

// read reads the file and deploys it, unless something is wrong with it. The caller
// holds d.mu.
func (d *described) read(ctx context.Context) *reading {
	before := look(append(slices.Collect(maps.Keys(d.files)), d.file))
	def, files, err := d.load()
	d.files = reread(append(files, d.file), before)
	if err != nil {
		return &reading{refused: true, wrong: d.problems(err)}
	}
	out := &reading{def: def, routes: routesOf(def), wrong: mistakes(def)}
	if out.refused = len(out.wrong)+len(def.Errors) > 0; out.refused {
		out.wrong = append(out.wrong, templateMistakes(def)...)
		return out
	}
	placeEndpoint(def)
	closed, wrong := d.deploy(ctx, def)
	out.wrong, out.refused = wrong, len(wrong) > 0
	if d.server.skipsProtection(d.api) {
		bare(out.routes)
	}
	shut(out.routes, closed)
	d.strand(def, out.routes)
	if d.server.signers {
		sign(out.routes, d.who.Region)
	}
	return out
}

// deploy lays a definition over the API and serves it. It returns what closes
// operations of it, or what is wrong with it.
func (d *described) deploy(ctx context.Context, def *openapi.API) ([]pipeline.ClosedMethod, []openapi.Finding) {
	if d.remake != nil {
		if err := d.remake(ctx); err != nil {
			return nil, d.problems(err)
		}
	}
	if err := d.put(ctx, def); err != nil {
		return nil, append(d.placed(def, err), templateMistakes(def)...)
	}
	draft, err := d.server.control.Draft(ctx, d.who, d.api)
	if err != nil {
		return nil, d.placed(def, err)
	}
	program := d.server.compile(draft)
	var wrong []openapi.Finding
	for _, p := range program.Problems() {
		at, ok := position(def, p)
		if !ok {
			at.File = d.file
		}
		wrong = append(wrong, openapi.Finding{Severity: openapi.Error, Position: at, Text: p.String()})
	}
	if wrong != nil {
		return nil, wrong
	}
	for _, p := range program.StrayNames([]string{d.stage}) {
		at, _ := position(def, p)
		def.Findings = append(def.Findings, openapi.Finding{Severity: openapi.Warning, Concern: openapi.Serving, Position: at, Text: p.String()})
	}
	in := &wire.CreateDeploymentRequest{RestAPIID: d.api, StageName: &d.stage, Variables: d.stageVariables()}
	if _, err := d.server.control.CreateDeployment(ctx, d.who, in); err != nil {
		return nil, d.placed(def, err)
	}
	if err := d.server.control.PublishDocumentation(ctx, d.who, d.api, d.stage, fileDocumentation); err != nil {
		wrong := d.problems(err)[0]
		wrong.Severity, wrong.Concern, wrong.Text = openapi.Warning, openapi.Serving, "what the file says of the API is not published: "+wrong.Text
		def.Findings = append(def.Findings, wrong)
	}
	d.setStage(ctx, def)
	return d.server.closedMethods(program), nil
}

// fileDocumentation is the version of the documentation of an API that a file describes.
const fileDocumentation = "file"

// put lays a definition over the API, where need be without some of its models.
func (d *described) put(ctx context.Context, def *openapi.API) error {
	_, err := d.server.control.PutDefinition(ctx, d.who, d.api, def, true, false)
	var refused *control.DefinitionError
	if errors.As(err, &refused) && dropRefused(def, refused) {
		_, err = d.server.control.PutDefinition(ctx, d.who, d.api, def, true, false)
	}
	return err
}

// links makes a VPC link of each name in vpc-links, with its name for id: a
// file names links by id, and elsewhere ids are made when the links are. It returns
// what is wrong with names.
func (d *described) links(ctx context.Context, addresses map[string][]string) (wrong []string) {
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		if strings.HasPrefix(name, "arn:") {
			continue
		}
		arn := "arn:aws:elasticloadbalancing:" + d.who.Region + ":" + d.who.Account + ":loadbalancer/net/" + name + "/0"
		in := &wire.CreateVPCLinkRequest{Name: name, TargetARNs: []string{arn}, Tags: map[string]string{"_custom_id_": name}}
		if _, err := d.server.control.CreateVPCLink(ctx, d.who, in); err != nil && !conflicts(err) {
			wrong = append(wrong, fmt.Sprintf("vpc-links: %s: %s", name, d.problems(err)[0].Text))
		}
	}
	return wrong
}

// conflicts reports whether something was not made because it is there.
func conflicts(err error) bool {
	var answer *wire.Error
	return errors.As(err, &answer) && answer.Type == "ConflictException"
}

// mistakes are the findings that keep a definition from being served.
func mistakes(def *openapi.API) (wrong []openapi.Finding) {
	for _, f := range def.Findings {
		if f.Severity == openapi.Error {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

// problems is an error as findings, of which there is one at least. Those that name no
// place are in the file.
func (d *described) problems(err error) []openapi.Finding {
	var input *openapi.InputError
	var refused *control.DefinitionError
	var answer *wire.Error
	text := err.Error()
	switch {
	case errors.As(err, &input) && len(input.Findings) > 0:
		return input.Findings
	case errors.As(err, &refused) && len(refused.Findings) > 0:
		return advised(refused.Findings)
	case errors.As(err, &answer):
		text = answer.Message
	}
	return []openapi.Finding{{Severity: openapi.Error, Position: openapi.Position{File: d.file}, Text: text}}
}

// placed is problems, with the place of a setting at the top of a definition.
func (d *described) placed(def *openapi.API, err error) []openapi.Finding {
	found := d.problems(err)
	var of *control.SettingError
	if !errors.As(err, &of) {
		return found
	}
	if at, ok := settingPosition(def, of.Setting, of.Within); ok {
		found[0].Position = at
	}
	if of.Detail != "" {
		found[0].Text += " " + of.Detail
	}
	return found
}

// advised adds to refusals of the service what there is to do about them here.
func advised(findings []openapi.Finding) []openapi.Finding {
	out := slices.Clone(findings)
	for i := range out {
		if strings.HasSuffix(out[i].Text, "Invalid Vpc Link identifier specified") {
			out[i].Text += ": a connectionId is a name under vpc-links in the file of --config"
		}
	}
	return out
}
