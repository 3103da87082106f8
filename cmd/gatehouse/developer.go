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
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A developer keeps one OpenAPI file deployed.
type developer struct {
	server *server
	file   string
	root   string // URL at which the stage is served
	out    io.Writer
	who    *wire.Caller
	files  map[string]os.FileInfo // what was read, as it was then; nil for what was not there
	told   bool                   // the curl lines have been printed
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

// reload reads the file and deploys it, or says why not.
func (d *developer) reload(ctx context.Context) {
	begin := time.Now()
	before := look(d.names())
	def, files, err := openapi.Load(d.file, openapi.Options{
		APIID: devAPI, AccountID: d.who.Account, Partition: "aws", Region: d.who.Region, Lenient: true, MaxSize: devSize,
	})
	d.remember(files, before)
	if err != nil {
		d.refuse(problems(err)...)
		return
	}
	d.tell(def.Findings)
	if len(def.Errors) > 0 || slices.ContainsFunc(def.Findings, func(f openapi.Finding) bool { return f.Severity == openapi.Error }) {
		d.refuse()
		return
	}
	if lines := d.deploy(ctx, def); lines != nil {
		d.refuse(lines...)
		return
	}
	if t := d.server.tracer; t != nil {
		t.locate.Store(new(func(p pipeline.Problem) string { return place(def, p) }))
	}
	routes := routesOf(def)
	fmt.Fprintf(d.out, "%s: %d routes deployed in %d ms\n", d.file, len(routes), time.Since(begin).Milliseconds())
	if !d.told {
		d.told = true
		d.curls(routes)
	}
}

// maxDropped is how many parts of a file that are left out are told one by one.
const maxDropped = 20

// tell prints what there is to say about the file.
func (d *developer) tell(findings []openapi.Finding) {
	dropped := 0
	for _, f := range findings {
		if f.Severity == openapi.Dropped {
			if dropped++; dropped > maxDropped {
				continue
			}
		}
		fmt.Fprintln(d.out, f)
	}
	if more := dropped - maxDropped; more > 0 {
		fmt.Fprintf(d.out, "%s: %d more parts are dropped\n", d.file, more)
	}
}

// deploy lays a definition over the API and serves it, or returns what is
// wrong with it.
func (d *developer) deploy(ctx context.Context, def *openapi.API) []string {
	ctl := d.server.control
	if _, err := ctl.PutDefinition(ctx, d.who, devAPI, def, true, false); err != nil {
		return problems(err)
	}
	draft, err := ctl.Draft(ctx, d.who, devAPI)
	if err != nil {
		return problems(err)
	}
	var lines []string
	for _, p := range d.server.compile(draft).Problems() {
		lines = append(lines, locate(def, p))
	}
	if lines != nil {
		return lines
	}
	stage := devStage
	if _, err := ctl.CreateDeployment(ctx, d.who, &wire.CreateDeploymentRequest{RestAPIID: devAPI, StageName: &stage}); err != nil {
		return problems(err)
	}
	return nil
}

// refuse says that the file is not served.
func (d *developer) refuse(lines ...string) {
	for _, line := range lines {
		fmt.Fprintln(d.out, line)
	}
	if d.told {
		fmt.Fprintf(d.out, "%s: not deployed, the last good version is still served\n", d.file)
		return
	}
	fmt.Fprintf(d.out, "%s: not deployed; save it without errors to serve it\n", d.file)
}

// problems is an error as lines for a person.
func problems(err error) []string {
	var input *openapi.InputError
	if errors.As(err, &input) {
		var lines []string
		for _, f := range input.Findings {
			lines = append(lines, f.String())
		}
		return lines
	}
	var refused *control.DefinitionError
	if errors.As(err, &refused) && len(refused.Findings) > 0 {
		var lines []string
		for _, f := range refused.Findings {
			lines = append(lines, f.String())
		}
		return lines
	}
	var answer *wire.Error
	if errors.As(err, &answer) {
		return []string{answer.Message}
	}
	return []string{err.Error()}
}

// locate says where in the file a problem of the compiled API is.
func locate(def *openapi.API, p pipeline.Problem) string {
	if at := place(def, p); at != "" {
		return at + ": error: " + p.String()
	}
	return p.String()
}

// place is where in the file a part of the compiled API is, "" when it is not
// known: the part itself, else the operation.
func place(def *openapi.API, p pipeline.Problem) string {
	for _, r := range def.Resources {
		for _, m := range r.Methods {
			if r.Path != p.Resource || *m.HTTPMethod != p.Method {
				continue
			}
			for _, ref := range fieldRefs(&m.Method, p.Field) {
				if at, ok := def.Locate(m.Ref + ref); ok {
					return at.String()
				}
			}
		}
	}
	return ""
}

// fieldRefs are the references of a compiled field within its operation, the
// best one first.
func fieldRefs(m *wire.Method, field string) []string {
	const extension = "/x-amazon-apigateway-integration"
	rest, ok := strings.CutPrefix(field, "integration.")
	if !ok {
		return []string{""}
	}
	name, key, _ := strings.Cut(rest, ".")
	if name == "responses" {
		return append(responseRefs(m, extension+"/responses", key), "")
	}
	return []string{extension + "/" + name + "/" + escapeRef(key), extension + "/" + name, extension, ""}
}

// responseRefs are those of a part of an integration response. Compiled ones go
// by their status code; in a file the pattern is the key.
func responseRefs(m *wire.Method, responses, key string) []string {
	status, part, _ := strings.Cut(key, ".")
	if m.MethodIntegration == nil || m.MethodIntegration.IntegrationResponses[status].StatusCode == nil {
		return []string{responses}
	}
	pattern := "default"
	if p := m.MethodIntegration.IntegrationResponses[status].SelectionPattern; p != nil && *p != "" {
		pattern = *p
	}
	response := responses + "/" + escapeRef(pattern)
	name, key, _ := strings.Cut(part, ".")
	return []string{response + "/" + name + "/" + escapeRef(key), response + "/" + name, response, responses}
}

// escapeRef makes a key a part of a JSON pointer.
func escapeRef(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// A route is one line of what is served.
type route struct{ verb, path, body string }

func routesOf(def *openapi.API) []route {
	var out []route
	for _, r := range def.Resources {
		for _, m := range r.Methods {
			out = append(out, route{*m.HTTPMethod, r.Path, m.Sample})
		}
	}
	return out
}

// What is printed of example lines is bounded: their number, and a body's
// length.
const (
	maxCurls    = 10
	maxCurlBody = 1000
)

// curls prints lines that call the routes.
func (d *developer) curls(routes []route) {
	for _, r := range routes[:min(len(routes), maxCurls)] {
		fmt.Fprintln(d.out, "  "+r.curl(d.root))
	}
	if n := len(routes) - maxCurls; n > 0 {
		fmt.Fprintf(d.out, "  and %d more\n", n)
	}
}

// curl is a command that calls the route, with 1 for variables.
func (r route) curl(base string) string {
	parts := strings.Split(r.path, "/")
	for i, p := range parts {
		switch {
		case strings.HasSuffix(p, "+}"):
			parts[i] = "a/b"
		case strings.HasPrefix(p, "{"):
			parts[i] = "1"
		}
	}
	url := base + strings.Join(parts, "/")
	body := ""
	if r.body != "" && len(r.body) < maxCurlBody {
		body = " -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(r.body, "'", `'\''`) + "'"
	}
	switch r.verb {
	case "GET", "ANY":
		return "curl " + url
	case "HEAD":
		return "curl -I " + url
	}
	return "curl -X " + r.verb + body + " " + url
}

// The files are looked at every watchEvery. A change is read when they have
// then stayed the same for one look, or for emptyLooks when one of them is empty:
// editors begin to save by emptying a file, and may be slow to go on.
const (
	watchEvery = 25 * time.Millisecond
	emptyLooks = 20
)

// watch reloads when a file has changed, but for one that is half written.
func (d *developer) watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var pending map[string]os.FileInfo
	looks := 0 // at which pending was the same
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := look(d.names())
		switch {
		case same(now, d.files):
			pending = nil
		case pending == nil || !same(now, pending):
			pending, looks = now, 0
		default:
			if looks++; looks < emptyLooks && anyEmpty(now) {
				continue
			}
			pending = nil
			d.reload(ctx)
		}
	}
}

// anyEmpty reports whether a file that is there holds nothing.
func anyEmpty(files map[string]os.FileInfo) bool {
	for _, info := range files {
		if info != nil && info.Size() == 0 {
			return true
		}
	}
	return false
}

// names are the files to look at.
func (d *developer) names() []string {
	names := []string{d.file}
	for name := range d.files {
		if name != d.file {
			names = append(names, name)
		}
	}
	return names
}

// remember notes the files that were read, as they were before the reading: a
// file that was saved meanwhile differs at the next look, and is read again.
func (d *developer) remember(files []string, before map[string]os.FileInfo) {
	d.files = look(append(files, d.file))
	for name, info := range before {
		if _, read := d.files[name]; read {
			d.files[name] = info
		}
	}
}

func look(names []string) map[string]os.FileInfo {
	out := make(map[string]os.FileInfo, len(names))
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			info = nil
		}
		out[name] = info
	}
	return out
}

// same compares two looks by modification time, size and identity.
func same(a, b map[string]os.FileInfo) bool {
	if len(a) != len(b) {
		return false
	}
	for name, x := range a {
		y, ok := b[name]
		if !ok || (x == nil) != (y == nil) {
			return false
		}
		if x != nil && (!x.ModTime().Equal(y.ModTime()) || x.Size() != y.Size() || !os.SameFile(x, y)) {
			return false
		}
	}
	return true
}
