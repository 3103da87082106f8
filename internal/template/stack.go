package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// Bounds of one evaluation. A template of CloudFormation has at most 1 MB and 500
// resources; cdk's have some 20,000 values.
const (
	maxResources = 2000
	maxPaths     = 20_000   // of an API, those between others included
	maxValues    = 500_000  // made, those of intrinsics included
	maxBytes     = 16 << 20 // of texts, those that intrinsics make included
	maxDepth     = 256      // of values and of intrinsics in each other
	maxFindings  = 1000
	maxText      = 1000 // of a finding, in bytes
)

// A stack is one evaluation of a template.
type stack struct {
	o     Options
	top   *openapi.Tree
	files []string

	parameters map[string]*openapi.Tree // declared
	conditions map[string]*condition
	resources  []*resource
	byName     map[string]*resource
	apis       []*resource
	calls      []event // of functions, with their APIs

	severity openapi.Severity // of what cannot be evaluated
	findings []openapi.Finding
	told     map[openapi.Finding]bool

	values, bytes, depth int
	unknowns             int // values that could not be known, as often as that was met
	exhausted            bool
}

// A resource is one of the template, unless its condition is false.
type resource struct {
	name, kind string
	at         openapi.Position
	metadata   *openapi.Tree // Metadata, where cdk says what a function's code is
	raw        *openapi.Tree // its Properties as the template has them, Globals among them
	id         string        // of an API, under which it is served
	api        *resource     // that it names as its RestApiId, when that was looked for
	apiKnown   bool
	used       bool // a usage plan is an API's

	evaluated  *openapi.Tree     // the properties; nil until they are asked for
	told       []openapi.Finding // of them, when they were evaluated
	evaluating bool
	physical   string // the name by which others call it, "" until it is asked for
}

func newStack(top *openapi.Tree, o Options) *stack {
	s := &stack{
		o: o, top: top, severity: openapi.Error,
		parameters: make(map[string]*openapi.Tree), conditions: make(map[string]*condition),
		byName: make(map[string]*resource), told: make(map[openapi.Finding]bool),
	}
	for _, m := range members(top.Get("Parameters")) {
		s.parameters[m.Name] = m.Value
	}
	for _, m := range members(top.Get("Conditions")) {
		s.conditions[m.Name] = &condition{of: m.Value}
	}
	s.checkTransforms(top.Get("Transform"))
	s.checkNames(top, "#", sections)
	s.checkNames(top.Get("Globals"), "#/Globals", globals)
	s.refuseMacro(top, "#")
	s.refuseMacro(top.Get("Globals"), "#/Globals")
	s.addResources(members(top.Get("Resources")))
	return s
}

// refuseMacro tells of a macro where what it makes is not read.
func (s *stack) refuseMacro(t *openapi.Tree, path string) {
	if macro := t.Get("Fn::Transform"); macro != nil {
		s.note(openapi.Error, macro.Position, path, "Fn::Transform is run only within the properties of a resource")
	}
}

// addResource adds a resource whose condition holds.
func (s *stack) addResource(m openapi.Member) {
	at := "#/Resources/" + escape(m.Name)
	if s.byName[m.Name] != nil {
		s.note(openapi.Error, m.Position, at, "another resource is called so")
		return
	}
	s.checkNames(m.Value, at, attributes)
	kind := text(m.Value.Get("Type"))
	if kind == "" {
		s.note(openapi.Error, m.Position, at, "the resource has no Type")
		return
	}
	if c := m.Value.Get("Condition"); c != nil && !s.holds(text(c), c.Position) {
		return
	}
	s.refuseMacro(m.Value, at)
	if hasEvents[kind] { // whose events are looked for as they stand there
		s.refuseMacro(m.Value.Get("Properties"), at+"/Properties")
		s.refuseMacro(m.Value.Get("Properties").Get("Events"), at+"/Properties/Events")
	}
	r := &resource{name: m.Name, kind: kind, at: m.Position, metadata: m.Value.Get("Metadata"), raw: s.withGlobals(kind, m.Value.Get("Properties"), m.Value.Get("IgnoreGlobals"))}
	if r.raw == nil {
		r.raw = &openapi.Tree{Kind: openapi.ObjectTree, Position: m.Position}
	}
	s.resources = append(s.resources, r)
	s.byName[m.Name] = r
}

// properties are those of a resource, evaluated once. What was told of them then is told each API
// that asks, for several may have a usage plan or a key: each is without what they lack.
func (s *stack) properties(r *resource) *openapi.Tree {
	if r.evaluated != nil {
		for _, f := range r.told {
			s.add(f)
		}
		return r.evaluated
	}
	before := len(s.findings)
	r.evaluated = s.evaluate(r.raw, "#/Resources/"+escape(r.name)+"/Properties")
	r.told = slices.Clone(s.findings[before:])
	if r.evaluated == nil {
		r.evaluated = &openapi.Tree{Kind: openapi.ObjectTree, Position: r.at}
	}
	return r.evaluated
}

// of returns the properties of a resource for a reader that notices what is not read.
func (s *stack) of(r *resource) *object {
	return &object{stack: s, tree: s.properties(r), path: "#/Resources/" + escape(r.name) + "/Properties", read: make(map[string]bool)}
}

// note adds a finding, once.
func (s *stack) note(severity openapi.Severity, at openapi.Position, path, format string, args ...any) {
	s.noteOf(openapi.Detail, severity, at, path, format, args...)
}

func (s *stack) noteOf(about openapi.Concern, severity openapi.Severity, at openapi.Position, path, format string, args ...any) {
	if severity == openapi.Error || severity == openapi.Warning {
		s.unknowns++
	}
	s.add(openapi.Finding{Severity: severity, Concern: about, Position: at, Path: path, Text: cut(fmt.Sprintf(format, args...), maxText)})
}

// add adds a finding, unless it is there or there are too many.
func (s *stack) add(f openapi.Finding) {
	if s.told[f] || len(s.findings) >= maxFindings && f.Severity != openapi.Error || len(s.findings) >= 2*maxFindings {
		return
	}
	s.told[f] = true
	s.findings = append(s.findings, f)
}

// unknown says that a value cannot be evaluated.
func (s *stack) unknown(t *openapi.Tree, path, format string, args ...any) {
	s.note(s.severity, t.Position, path, format, args...)
}

// spend counts a value and its text, and reports whether there may be more.
func (s *stack) spend(t *openapi.Tree, bytes int) bool {
	s.values++
	s.bytes += bytes
	if s.values <= maxValues && s.bytes <= maxBytes {
		return true
	}
	if !s.exhausted {
		s.exhausted = true
		s.note(openapi.Error, t.Position, "#", "the template makes more than %d values, or more than %d bytes of text", maxValues, maxBytes)
	}
	return false
}

// brief is a name as findings show it.
func brief(name string) string { return cut(name, 200) }

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// escape makes a name a part of a JSON pointer.
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(cut(name, 200))
}
