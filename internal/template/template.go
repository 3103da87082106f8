package template

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Options say under which circumstances a template is evaluated.
type Options struct {
	// Read is how its files are read, Options.File the template itself. The account,
	// the partition and the region are its pseudo parameters.
	Read openapi.Options

	// Parameters are the values of parameters, by name. Those of lists are separated by
	// commas.
	Parameters map[string]string

	// APIID is the id under which an API is served, by its number in the order of the
	// template, from 0, and its logical id.
	APIID func(number int, logicalID string) string

	// KeyValue is the value of an API key for which the template has none, at least 20
	// characters long. nil leaves such keys out.
	KeyValue func(logicalID string) string
}

// A Template is one that was evaluated.
type Template struct {
	APIs      []API // that which events of functions imply, and then those of the template in its order
	Functions []Function
	Findings  []openapi.Finding // about no API alone

	// Wrong says that there are errors which all APIs share: there may be others than APIs.
	Wrong bool
}

// An API is a REST API of a template with the first stage that it has.
type API struct {
	LogicalID  string
	Stage      string                // "" where the template has none
	Variables  map[string]string     // of the stage
	Settings   []wire.PatchOperation // that give the stage its other settings, for UpdateStage
	Definition *openapi.API
}

// Is reports whether a file is a template and no definition.
func Is(data []byte) bool {
	if !bytes.Contains(data, []byte("AWS::ApiGateway::")) && !bytes.Contains(data, []byte("AWS::Serverless::")) {
		return false
	}
	tree, err := openapi.ReadTree(data, openapi.Options{MaxSize: max(len(data), openapi.MaxSize)})
	return err == nil && isTemplate(tree)
}

func isTemplate(t *openapi.Tree) bool {
	resources := t.Get("Resources")
	return resources != nil && resources.Kind == openapi.ObjectTree && t.Get("swagger") == nil && t.Get("openapi") == nil
}

// Load evaluates a template. The names of the files that were read, or tried, come back in
// any case. An error is that of the file: what is wrong in a template is a finding.
func Load(name string, o Options) (*Template, []string, error) {
	o.Read.File = filepath.ToSlash(filepath.Clean(name))
	o.Read.Lenient = true
	data, err := openapi.ReadFile(name, o.Read)
	if err != nil {
		return nil, []string{name}, err
	}
	tree, err := openapi.ReadTree(data, o.Read)
	if err != nil {
		return nil, []string{name}, err
	}
	if !isTemplate(tree) {
		return nil, []string{name}, &openapi.InputError{Findings: []openapi.Finding{{
			Severity: openapi.Error, Position: tree.Position, Text: "this is no template of CloudFormation or SAM any more: it has no Resources",
		}}}
	}
	s := newStack(tree, o)
	s.files = []string{name}
	out := s.build()
	return out, s.files, nil
}

// build makes what the template describes.
func (s *stack) build() *Template {
	out := new(Template)
	s.impliedAPI()
	for _, r := range s.resources {
		if isAPI(r) {
			s.apis = append(s.apis, r)
			r.id = s.o.APIID(len(s.apis)-1, r.name)
			s.checkID(r)
		}
	}
	s.findEvents()
	out.Functions = s.functions()
	s.tellOthers()
	s.checkParameters()
	out.Findings, s.findings = s.findings, nil
	for _, r := range s.apis {
		s.told = make(map[openapi.Finding]bool)
		api := s.api(r)
		api.Definition.Findings = append(api.Definition.Findings, s.findings...)
		s.findings = nil
		out.APIs = append(out.APIs, api)
	}
	s.tellUnusedPlans()
	out.Findings = append(out.Findings, s.findings...)
	out.share()
	return out
}

// checkID refuses an API that would be served in place of another one.
func (s *stack) checkID(api *resource) {
	for _, other := range s.apis {
		if other != api && other.id == api.id {
			s.note(openapi.Error, api.at, "#/Resources/"+escape(api.name), "the API would have the id %s, which %s has: give it another logical id", brief(api.id), brief(other.name))
			return
		}
	}
}

// maxCommon bounds the errors that the APIs of a template share.
const maxCommon = 20

// share gives each API the errors of what all have in common. A parameter or a condition is
// evaluated for the first that asks, and an API that is made with what came of a wrong one might
// lack what protects it.
func (t *Template) share() {
	var common []openapi.Finding
	collect := func(findings []openapi.Finding, all bool) {
		for _, f := range findings {
			if f.Severity == openapi.Error && (all || isCommon(f.Path)) && len(common) < maxCommon && !slices.Contains(common, f) {
				common = append(common, f)
			}
		}
	}
	collect(t.Findings, true)
	for i := range t.APIs {
		collect(t.APIs[i].Definition.Findings, false)
	}
	t.Wrong = len(common) > 0
	for i := range t.APIs {
		def := t.APIs[i].Definition
		for _, f := range common {
			if !slices.Contains(def.Findings, f) {
				def.Findings = append(def.Findings, f)
			}
		}
	}
}

// isCommon reports whether a path leads to what all APIs of a template have in common.
func isCommon(path string) bool {
	return path == "#" || strings.HasPrefix(path, "#/Conditions/") || strings.HasPrefix(path, "#/Parameters/")
}

// api makes the definition of one API, and gives it its stage.
func (s *stack) api(r *resource) API {
	a := &apiBuilder{stack: s, resource: r, out: API{LogicalID: r.name}}
	if r.kind == kindServerlessAPI {
		a.serverless()
	} else {
		a.restAPI()
	}
	a.usagePlans()
	return a.out
}

// An apiBuilder makes one API.
type apiBuilder struct {
	*stack
	resource *resource
	def      *openapi.API
	home     string         // what references to the template begin with
	places   map[string]int // of the resources, by their paths; nil until one is asked for
	merged   bool           // the events of functions make methods, as no definition of its own has them
	out      API
}
