package template

import (
	"path/filepath"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// A Function is one of a template. Integrations call it by its logical id.
type Function struct {
	LogicalID string
	Name      string   // FunctionName, by which texts may call it; "" for none
	Dir       string   // of its code, as the template names it, from the working directory; "" where that is not on this machine
	Layers    []string // directories of its layers, in the same way
	Runtime   string   // as Lambda calls it, such as nodejs22.x
	Handler   string
	Timeout   int32             // in seconds, 0 for Lambda's 3
	Memory    int32             // in MB, 0 for Lambda's 128
	Variables map[string]string // of its environment
	Position  openapi.Position
}

// functions are those of the template. What of their environment cannot be known is left
// out of it, and told.
func (s *stack) functions() []Function {
	s.severity = openapi.Warning
	defer func() { s.severity = openapi.Error }()
	var out []Function
	for _, r := range s.resources {
		if r.kind != kindFunction && r.kind != kindServerlessFn {
			continue
		}
		path := "#/Resources/" + escape(r.name) + "/Properties"
		get := func(name string) *openapi.Tree { return s.evaluate(r.raw.Get(name), path+"/"+name) }
		f := Function{
			LogicalID: r.name, Name: text(get("FunctionName")), Runtime: text(get("Runtime")), Handler: text(get("Handler")),
			Variables: textMap(get("Environment").Get("Variables")), Position: r.at, Dir: s.codeOf(r), Layers: s.layers(get("Layers"), path),
		}
		if n := whole(get("Timeout")); n != nil {
			f.Timeout = *n
		}
		if n := whole(get("MemorySize")); n != nil {
			f.Memory = *n
		}
		for _, name := range []string{"FileSystemConfigs", "VpcConfig", "DeadLetterConfig"} {
			if t := r.raw.Get(name); t != nil {
				s.note(openapi.Dropped, t.Position, path+"/"+name, "%s has no effect here", name)
			}
		}
		for _, m := range members(r.raw) {
			s.checkName(openapi.Warning, m.Name, m.Position, path+"/"+escape(m.Name), functionProperties)
		}
		s.tellEvents(r)
		s.tellBuild(r)
		out = append(out, f)
	}
	return out
}

// layers are the directories of the layers of the template that a function has.
func (s *stack) layers(t *openapi.Tree, path string) []string {
	var out []string
	for _, item := range list(t) {
		r := s.byName[text(item)]
		if r == nil || r.kind != "AWS::Serverless::LayerVersion" {
			s.note(openapi.Dropped, item.Position, path+"/Layers", "the layer %s is not on this machine", brief(text(item)))
			continue
		}
		if dir := s.beside(text(s.evaluate(r.raw.Get("ContentUri"), ""))); dir != "" {
			out = append(out, dir)
		}
	}
	return out
}

// tellBuild tells of code that does not run before it is built.
func (s *stack) tellBuild(r *resource) {
	if method := r.metadata.Get("BuildMethod"); method != nil && !strings.Contains(s.o.Read.File, ".aws-sam/") {
		s.noteOf(openapi.Serving, openapi.Warning, method.Position, "#/Resources/"+escape(r.name)+"/Metadata/BuildMethod",
			"sam build makes the function's code (%s): serve .aws-sam/build/template.yaml after it", brief(text(method)))
	}
}

// tellEvents tells of what would call a function and does not here.
func (s *stack) tellEvents(r *resource) {
	for _, m := range members(r.raw.Get("Events")) {
		path := "#/Resources/" + escape(r.name) + "/Properties/Events/" + escape(m.Name)
		switch kind := text(m.Value.Get("Type")); kind {
		case "Api", "": // which is an error, told where the APIs of events are looked for
		case "HttpApi":
			s.noteOf(openapi.Serving, openapi.Warning, m.Position, path, "HTTP APIs are another service, which is not served here: the event is left out")
		default:
			s.checkName(openapi.Error, kind, m.Position, path+"/Type", eventTypes)
			s.note(openapi.Dropped, m.Position, path, "an event of type %s calls nothing here", brief(kind))
		}
	}
}

// codeOf is the directory of a function's code, "" where it is not on this machine: that
// which SAM's CodeUri names, or the asset of cdk, both beside the template.
func (s *stack) codeOf(r *resource) string {
	path := "#/Resources/" + escape(r.name) + "/Properties"
	code := s.evaluate(r.raw.Get("CodeUri"), path+"/CodeUri")
	if asset := text(r.metadata.Get("aws:asset:path")); asset != "" {
		code = newText(asset, r.at)
	}
	switch {
	case r.raw.Get("InlineCode") != nil || r.raw.Get("Code").Get("ZipFile") != nil:
		s.note(openapi.Dropped, r.at, path, "code within a template is not run here: put it into a file")
		return ""
	case code == nil && r.raw.Get("CodeUri") == nil && r.kind == kindServerlessFn && text(r.raw.Get("PackageType")) != "Image":
		code = newText(".", r.at)
	}
	return s.beside(text(code))
}

// beside is a directory that the template names, "" for one that is not on this machine.
func (s *stack) beside(name string) string {
	if name == "" || strings.Contains(name, "://") || strings.HasPrefix(name, "arn:") {
		return ""
	}
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(filepath.Dir(filepath.FromSlash(s.o.Read.File)), filepath.FromSlash(name))
}
