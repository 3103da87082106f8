package export

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A Source is the definition that a stage serves. Document changes nothing of it.
type Source struct {
	Host, Stage string // where it is served, such as a1b2c3d4e5.execute-api.us-east-1.amazonaws.com

	RestAPI          wire.RestAPI
	Resources        []wire.Resource // with their methods
	Models           []wire.Model
	Validators       []wire.RequestValidator
	Authorizers      []wire.Authorizer
	GatewayResponses []wire.GatewayResponse // those of the API's own

	Documentation *Documentation // that the stage publishes, nil for none
}

// A Documentation is a version of an API's documentation.
type Documentation struct {
	Version wire.DocumentationVersion
	Parts   []wire.DocumentationPart
}

const extensionPrefix = "x-amazon-apigateway-"

// An exporter writes one document.
type exporter struct {
	src *Source
	Options

	said        []*object              // what each part of the documentation says, nil for one that is no object
	parts       *apidoc.Parts[*object] // the same by complete locations
	validators  map[string]string      // names by id
	schemes     map[string]string      // names of the security schemes of authorizers, by id
	apiKey, iam string                 // names of these security schemes
	uses        uses
	models      map[string]*object // schemas by the names of their models
	definitions map[*object]string // names of the schemas that are definitions within models
	used        map[string]bool    // models that methods or other models refer to, as far as they are written
}

// uses says which security schemes the methods of an API require, besides those of its
// authorizers.
type uses struct{ apiKey, iam bool }

// Document returns the document of a definition, of 64 MiB at the most. The error is that
// of Options.Stop, or the service's answer, a *wire.Error: a method has request models
// and none for JSON, or the document is larger. It takes memory in proportion to the
// definition and the document.
func Document(src *Source, o Options) ([]byte, error) {
	doc, err := newExporter(src, o).document()
	if err == nil {
		err = o.stopped()
	}
	if err != nil {
		return nil, err
	}
	var w writer
	if o.YAML {
		w.writeYAML(doc)
	} else {
		w.writeJSON(doc)
	}
	if w.full() {
		return nil, wire.BadRequest("The export is larger than %d bytes", maxSize)
	}
	return w.b, nil
}

func newExporter(src *Source, o Options) *exporter {
	e := &exporter{src: src, Options: o, validators: make(map[string]string), used: make(map[string]bool)}
	e.readDocumentation()
	for i := range src.Validators {
		e.validators[text(src.Validators[i].ID)] = text(src.Validators[i].Name)
	}
	e.nameSchemes()
	e.readModels()
	return e
}

// document puts the document together.
func (e *exporter) document() (*object, error) {
	paths, err := e.paths()
	if err != nil {
		return nil, err
	}
	doc := new(object)
	if e.Format == Swagger {
		doc.set("swagger", "2.0")
	} else {
		doc.set("openapi", "3.0.1")
	}
	doc.set("info", e.info())
	e.host(doc)
	about := e.about(apidoc.Location{Type: "API"})
	about.copy(doc, "tags", "externalDocs")
	doc.set("paths", paths)
	e.components(doc)
	e.extensions(doc, about)
	return doc, nil
}

// host says where the stage is. Published exports have a slash before the stage in
// Swagger, and since 2023 none in OpenAPI.
func (e *exporter) host(doc *object) {
	if e.Format == Swagger {
		doc.set("host", e.src.Host)
		doc.set("basePath", "/"+e.src.Stage)
		doc.set("schemes", list{"https"})
		return
	}
	server := newObject(
		"url", "https://"+e.src.Host+"/{basePath}",
		"variables", newObject("basePath", newObject("default", e.src.Stage)),
	)
	if e.Extensions.Settings {
		server.fill(extensionPrefix+"endpoint-configuration", e.endpointConfiguration())
	}
	doc.set("servers", list{server})
}

// info is about the API. What documentation calls info stands before the API's own
// description; the version is the API's (both seen in the developer guide's example).
func (e *exporter) info() *object {
	api, info := &e.src.RestAPI, new(object)
	said := e.about(apidoc.Location{Type: "API"}).info()
	version := text(api.Version)
	if version == "" && api.CreatedDate != nil {
		version = timestamp(*api.CreatedDate)
	}
	if e.Format != Swagger {
		info.set("title", text(api.Name))
	}
	said.copy(info, "description")
	if !info.has("description") {
		info.text("description", api.Description)
	}
	said.copy(info, "termsOfService", "contact", "license")
	info.set("version", version)
	if e.Format == Swagger {
		info.set("title", text(api.Name))
	}
	said.extensions(info)
	return info
}

// components writes the models and the security schemes.
func (e *exporter) components(doc *object) {
	schemas, schemes := e.schemas(), e.securitySchemes()
	if e.Format == Swagger {
		doc.fill("securityDefinitions", schemes)
		doc.fill("definitions", schemas)
		return
	}
	components := newObject("schemas", schemas)
	components.fill("securitySchemes", schemes)
	doc.set("components", components)
}

// text is an optional text, "" when it is absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func isTrue(b *bool) bool { return b != nil && *b }

// paths lists the resources, those that only lead to others left out: an import makes
// them again.
func (e *exporter) paths() (*object, error) {
	leads := make(map[string]bool)
	for i := range e.src.Resources {
		leads[text(e.src.Resources[i].ParentID)] = true
	}
	byPath := make(map[string]*wire.Resource, len(e.src.Resources))
	for i := range e.src.Resources {
		byPath[text(e.src.Resources[i].Path)] = &e.src.Resources[i]
	}
	paths := new(object)
	for _, path := range sorted(byPath) {
		r := byPath[path]
		item, err := e.pathItem(r)
		if err != nil {
			return nil, err
		}
		if len(item.members) > 0 || r.ParentID != nil && !leads[text(r.ID)] {
			paths.set(path, item)
		}
	}
	return paths, nil
}

// verbs are the methods of a resource in the order of the formats' objects.
var verbs = map[Format][]string{
	Swagger:   {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "ANY"},
	OpenAPI30: {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "ANY"},
}

func (e *exporter) pathItem(r *wire.Resource) (*object, error) {
	item := new(object)
	for _, verb := range verbs[e.Format] {
		if _, ok := r.ResourceMethods[verb]; !ok {
			continue
		}
		m := r.ResourceMethods[verb] // a copy that is made only of what there is
		if err := e.stopped(); err != nil {
			return nil, err
		}
		op, err := e.operation(r, verb, &m)
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(verb)
		if verb == "ANY" {
			name = extensionPrefix + "any-method"
		}
		item.set(name, op)
	}
	e.about(apidoc.Location{Type: "RESOURCE", Path: text(r.Path)}).extensions(item)
	return item, nil
}

// sorted lists the keys of a map.
func sorted[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

// timestamp is a time as documents write it.
func timestamp(t wire.Timestamp) string { return t.Time().Format(time.RFC3339) }
