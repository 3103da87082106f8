package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/pipeline"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A report is what the doctor found. Its lists are never nil.
type report struct {
	Findings []finding     `json:"findings"` // parts of deployed stages that cannot work
	Closed   []idleSetting `json:"closed"`   // settings of deployed stages that close the requests they concern
	Kept     []idleSetting `json:"kept"`     // settings without effect
}

// A finding is one part of a deployed stage that cannot work as it is written.
type finding struct {
	API      string `json:"api"`
	Stage    string `json:"stage"`
	Domain   string `json:"domain,omitempty"` // name of the custom domain name that it is about, in place of API and Stage
	Method   string `json:"method,omitempty"`
	Resource string `json:"resource,omitempty"`
	Field    string `json:"field"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Text     string `json:"text"`
}

// An idleSetting is one that somebody made and that does not do what it says.
type idleSetting struct {
	Account  string `json:"account,omitempty"`  // left out for a setting of the server
	Region   string `json:"region,omitempty"`   // with Account
	ID       string `json:"id,omitempty"`       // of the API key, the usage plan, the VPC link or the domain name whose setting it is
	API      string `json:"api,omitempty"`      // left out for a setting of the account
	Stage    string `json:"stage,omitempty"`    // left out for a setting of the API as it is edited
	Method   string `json:"method,omitempty"`   // left out for a setting of no method; "*" for all
	Resource string `json:"resource,omitempty"` // path template; with Method, and "*" as it is
	Setting  string `json:"setting"`            // by AWS's name, such as Stage.tracingEnabled
	Value    string `json:"value,omitempty"`
	Why      string `json:"why"`
}

// String is the finding as one line.
func (f finding) String() string {
	part := f.Field
	if f.Line > 0 {
		part = fmt.Sprintf("%s:%d:%d", f.Field, f.Line, f.Column)
	}
	where := f.API + "/" + f.Stage
	if f.Domain != "" {
		where = f.Domain
	}
	return joined(where, f.Method+" "+f.Resource, part, f.Text)
}

// String is the setting as one line.
func (s idleSetting) String() string {
	where := s.API
	switch {
	case s.Account == "":
		where = "configuration"
	case s.Stage != "":
		where += "/" + s.Stage
	case s.API == "":
		where = "account " + s.Account + " in " + s.Region
	}
	methods := s.Method + " " + s.Resource
	if s.Method == "*" {
		methods = "all methods"
	}
	return joined(where, s.ID, methods, s.Setting+" "+s.Value, s.Why)
}

// joined joins the parts that say something.
func joined(parts ...string) string {
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// examine compiles what each stage serves and collects what does not do what
// it says.
func (p *pages) examine(ctx context.Context) (*report, error) {
	rows, _, err := p.data.store.AllServed(ctx, snapshot.ServedDeployment)
	if err != nil {
		return nil, err
	}
	out := &report{Findings: []finding{}, Closed: []idleSetting{}, Kept: []idleSetting{}}
	used := newInUse(p.data.services.Load().AWS, p.data.pools.pools)
	stages := stagesByAPI(rows)
	out.Findings = append(out.Findings, strayWays(rows, stages)...)
	out.Findings = append(out.Findings, p.issued().findings()...)
	for _, row := range rows {
		if row.Kind != snapshot.ServedStage {
			continue
		}
		if err := p.data.examine(ctx, row, out, used, stages); err != nil {
			api, stage, _ := strings.Cut(row.ID, "/")
			out.Findings = append(out.Findings, finding{API: api, Stage: stage, Text: "all requests are answered 500: " + err.Error()})
		}
	}
	kept, err := p.control.Kept(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		if p.acts(&k) {
			continue
		}
		out.Kept = append(out.Kept, idleSetting{k.Account, k.Region, k.ID, k.API, k.Stage, k.Method, k.Resource, k.Setting, k.Value, k.Why})
	}
	throttles, err := p.control.MethodThrottles(ctx)
	if err != nil {
		return nil, err
	}
	drafts, err := p.control.DraftSettings(ctx)
	if err != nil {
		return nil, err
	}
	if !p.secure {
		out.withoutTLS(rows, used.deployments)
	}
	out.Findings = append(out.Findings, used.pools.unknown(ctx)...)
	out.Kept = append(out.Kept, slices.Concat(used.undeployed(drafts), used.idleSettings(), used.idleThrottles(throttles), used.idle(), used.pools.idle(p.data.pools.set()))...)
	return out, nil
}

// acts reports whether a setting that has no effect by itself has one in this server, as
// it is configured.
func (p *pages) acts(k *control.Kept) bool {
	switch k.Setting {
	case "DomainName.certificateArn", "DomainName.regionalCertificateArn":
		return p.shows(k.Value) || p.issued().has(k.ID)
	case control.MetricsEnabled:
		return p.data.numbers != nil
	case control.TracingEnabled:
		return p.data.spans != nil
	}
	return false
}

// stagesByAPI are the names of the stages of each API.
func stagesByAPI(rows []store.Served) map[string][]string {
	out := make(map[string][]string)
	for _, row := range rows {
		if api, stage, ok := strings.Cut(row.ID, "/"); ok && row.Kind == snapshot.ServedStage {
			out[api] = append(out[api], stage)
		}
	}
	return out
}

// strayNames are those of the resource policy of a stage and of its canary's, which is
// nil for none.
func strayNames(stages []string, own, canary *pipeline.Program) []pipeline.Problem {
	list := own.StrayNames(stages)
	if canary == nil {
		return list
	}
	for _, problem := range canary.StrayNames(stages) {
		if !slices.Contains(list, problem) {
			list = append(list, problem)
		}
	}
	return list
}

// examine adds what does not do what it says of the stage of a row. An error is why
// the stage cannot be served.
func (p *dataPlane) examine(ctx context.Context, row store.Served, out *report, used *inUse, stages map[string][]string) error {
	st, err := feed.Stage(ctx, row, p.source.Rebuild)
	if err != nil {
		return err
	}
	d, err := p.source.Deployment(ctx, st.APIID, st.DeploymentID)
	if err != nil {
		return err
	}
	used.stages = append(used.stages, st)
	used.add(d, st)
	compiled := p.compile(d)
	var canary *pipeline.Program
	if st.Canary != nil {
		second, err := p.source.Deployment(ctx, st.APIID, st.Canary.DeploymentID)
		if err != nil {
			return err
		}
		used.add(second, st)
		canary = p.compile(second)
	}
	for _, problem := range append(p.problems(st, compiled, canary), strayNames(stages[st.APIID], compiled, canary)...) {
		out.Findings = append(out.Findings, finding{
			API: st.APIID, Stage: st.Name, Method: problem.Method, Resource: problem.Resource, Field: problem.Field, Line: problem.Line, Column: problem.Column, Text: problem.Text,
		})
	}
	out.Closed = append(out.Closed, p.closedOf(st, compiled)...)
	if canary != nil {
		for _, closed := range p.closedOf(st, canary) {
			if !slices.Contains(out.Closed, closed) {
				out.Closed = append(out.Closed, closed)
			}
		}
	}
	return nil
}

// problems lists what cannot work of a stage and of its canary, which is nil for
// none; what both have stands there once.
func (p *dataPlane) problems(st *snapshot.Stage, own, canary *pipeline.Program) []pipeline.Problem {
	services := *p.services.Load()
	services.Metrics, services.Spans = nil, nil // nothing is to be called
	bound := pipeline.Prepare(services.Settings(st), own, canary, &services)(false)
	list := append(own.Problems(), bound.Problems()...)
	if canary == nil {
		return list
	}
	for _, problem := range append(canary.Problems(), bound.Canary().Problems()...) {
		if !slices.Contains(list, problem) {
			list = append(list, problem)
		}
	}
	return list
}

// closedOf lists what closes methods of a stage. A setting of the API closes
// all of them and is listed once.
func (p *dataPlane) closedOf(st *snapshot.Stage, compiled *pipeline.Program) []idleSetting {
	var list []idleSetting
	for _, c := range p.closedMethods(compiled) {
		s := idleSetting{st.Account, st.Region, "", st.APIID, st.Name, c.Method, c.Resource, c.Setting, c.Value, "it protects, and " + c.Why}
		if strings.HasPrefix(c.Setting, "RestApi.") {
			s.Method, s.Resource = "", ""
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// print writes the report for people.
func (r *report) print(w io.Writer) error {
	var b strings.Builder
	section(&b, "Cannot work as it is written:", r.Findings)
	section(&b, "Answers 403:", r.Closed)
	section(&b, "Is kept for clients to read and has no effect:", r.Kept)
	if b.Len() == 0 {
		b.WriteString("Nothing to report.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// section writes a list under its heading, nothing for an empty one.
func section[T fmt.Stringer](b *strings.Builder, heading string, lines []T) {
	if len(lines) == 0 {
		return
	}
	b.WriteString(heading + "\n")
	for _, line := range lines {
		b.WriteString("  " + escapeControls(line.String()) + "\n")
	}
}

// escapeControls writes what a terminal could take for a command as an escape.
func escapeControls(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// printJSON writes the report for programs.
func (r *report) printJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
