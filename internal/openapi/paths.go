package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/apidoc"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// anyMethod is the member of a path item whose operation answers all verbs that
// have none of their own.
const anyMethod = extensionPrefix + "any-method"

// verbs are the members of a path item that are operations, with the methods
// that they become.
var verbs = map[string]string{
	"get": "GET", "put": "PUT", "post": "POST", "delete": "DELETE",
	"options": "OPTIONS", "head": "HEAD", "patch": "PATCH", anyMethod: "ANY",
}

// A resourceTree knows which resources there are.
type resourceTree struct {
	base   []string          // segments before each path of the document
	byPath map[string]int    // index in API.Resources
	vars   map[string]string // by the path of a resource, the name of its child with a variable
}

// readPaths reads the paths into resources and methods.
func (im *importer) readPaths() {
	paths := im.doc.get("paths")
	n := 1 // resources at the least, mostly
	if paths.is(object) {
		n += len(paths.node.fields)
	}
	im.tree = &resourceTree{
		base:   im.basePath(),
		byPath: make(map[string]int, n),
		vars:   make(map[string]string),
	}
	im.tree.byPath["/"] = 0
	im.api.Resources = append(make([]Resource, 0, n), Resource{Path: "/"})
	if why := tooLong(im.tree.base); why != "" {
		im.fail(im.doc, "Unable to create resource at path '%s': %s", brief("/"+strings.Join(im.tree.base, "/")), why)
		return
	}
	im.resource(im.tree.base)
	for name, item := range paths.members() {
		if strings.HasPrefix(name, "x-") {
			continue
		}
		if !strings.HasPrefix(name, "/") {
			im.warn(item, "Parse issue: attribute paths. Resource %s should start with /", brief(name))
		}
		if item = im.follow(item); item != nil {
			im.readPath(name, item)
		}
		if im.tired() {
			return
		}
	}
	if im.opts.Lenient {
		im.answerPreflights()
		im.passPreflights()
	}
}

// A route is a path of the document on its way to become a resource.
type route struct {
	name     string            // as in the document
	location string            // as the service's messages call it
	index    int               // of its resource
	path     string            // of its resource
	shown    string            // the path as messages show it
	renamed  map[string]string // variables that are served under another name
}

// method returns how the service's messages call a method of r: GET /pets.
func (r *route) method(verb string) string { return verb + " " + r.shown }

// entity is the location of what documentation says of a part of a method.
func (r *route) entity(kind string, m *Method) apidoc.Location {
	return apidoc.Location{Type: kind, Path: r.path, Method: *m.HTTPMethod}
}

// readPath reads the path item of one path.
func (im *importer) readPath(name string, item *cursor) {
	r := &route{name: name, location: "paths.'" + brief(name) + "'"}
	if !item.is(object) {
		if !item.is(null) {
			im.wrongType(item, r.location, object)
		}
		return
	}
	im.check(item, inPathItem, r.location)
	parts := append(slices.Clone(im.tree.base), segments(name)...)
	im.spend(len(im.tree.base))
	if why := tooLong(parts); why != "" {
		if im.opts.Lenient {
			im.dropOf(Serving, item, "left out: %s", why)
		} else {
			im.fail(item, "Unable to create resource at path '%s': %s", brief(name), why)
		}
		return
	}
	if im.opts.Lenient {
		if why := cannotServe(parts); why != "" {
			im.dropOf(Serving, item, "left out: %s", why)
			return
		}
		parts, r.renamed = im.oneVariable(item, parts)
	}
	r.index = im.resource(parts)
	resource := &im.api.Resources[r.index]
	r.path, resource.Ref = resource.Path, item.reference()
	r.shown = brief(r.path)
	if im.dialect != swagger2 { // whose path items have neither
		im.describe(item, apidoc.Location{Type: "RESOURCE", Path: r.path}, im.properties(item, "summary", "description"))
	}
	for key, op := range item.members() {
		verb, ok := verbs[key]
		switch {
		case key == "trace":
			im.dropOf(Serving, op, "TRACE is not a method of REST APIs")
		case !ok || op.is(null):
		case !op.is(object):
			im.wrongType(op, r.location+"("+key+")", object)
		default:
			im.addMethod(r, im.readOperation(r, verb, item, op), op)
		}
	}
}

// addMethod adds m to the resource of r, unless another spelling of the same path
// has brought the method already.
func (im *importer) addMethod(r *route, m Method, op *cursor) {
	resource := &im.api.Resources[r.index]
	for i := range resource.Methods {
		if *resource.Methods[i].HTTPMethod == *m.HTTPMethod {
			im.fail(op, "Unable to put method '%s' on resource at path '%s': Method already exists for this resource", *m.HTTPMethod, r.shown)
			return
		}
	}
	resource.Methods = append(resource.Methods, m)
}

// maxPath bounds the path of a resource, in bytes: a URL has at most 10,240
// characters, so that no longer path could be asked for.
const maxPath = 10240

// tooLong returns why there cannot be a resource of that path, "" when it is not
// too long.
func tooLong(parts []string) string {
	n := 0
	for _, part := range parts {
		n += 1 + len(part)
	}
	if n > maxPath {
		return fmt.Sprintf("A resource's path cannot be longer than %d characters", maxPath)
	}
	return ""
}

// resource returns the index of the resource of that path, which it creates with
// all that lead to it when it is not there. The path must not be too long.
func (im *importer) resource(parts []string) int {
	index, end := 0, 0
	full := "/" + strings.Join(parts, "/") // which all paths are beginnings of
	for _, part := range parts {
		end += 1 + len(part)
		path := full[:end]
		i, ok := im.tree.byPath[path]
		if !ok {
			i = len(im.api.Resources)
			im.tree.byPath[path] = i
			im.api.Resources = append(im.api.Resources, Resource{Path: path, PathPart: part})
			im.spend(perResource + len(path)/perValue)
		}
		index = i
	}
	return index
}

var (
	literalPart  = regexp.MustCompile(`^[a-zA-Z0-9._:,-]+$`)
	variablePart = regexp.MustCompile(`^\{[a-zA-Z0-9._:-]+\}$`)
	greedyPart   = regexp.MustCompile(`^\{[a-zA-Z0-9._:-]+\+\}$`)
)

// cannotServe returns why the service cannot have a resource of that path, "" when
// it can.
func cannotServe(parts []string) string {
	for i, part := range parts {
		switch {
		case literalPart.MatchString(part), variablePart.MatchString(part):
		case greedyPart.MatchString(part):
			if i < len(parts)-1 {
				return "nothing can follow " + part
			}
		case strings.ContainsAny(part, "{}"):
			return "a variable has to be a whole segment, which " + part + " is not"
		default:
			return part + " has characters that a segment cannot have"
		}
	}
	return ""
}

// oneVariable renames the variables of a path where a sibling has another name
// for the same segment, because a resource can have only one child with a
// variable.
func (im *importer) oneVariable(item *cursor, parts []string) ([]string, map[string]string) {
	var renamed map[string]string
	var path strings.Builder
	for i, part := range parts {
		if variablePart.MatchString(part) {
			first, ok := im.tree.vars[path.String()]
			if !ok {
				im.tree.vars[path.String()] = part
			} else if first != part {
				im.drop(item, "the variable %s is served as %s, the name it has in another path", part, first)
				if renamed == nil {
					renamed = make(map[string]string)
				}
				renamed[strings.Trim(part, "{}")] = strings.Trim(first, "{}")
				parts[i] = first
			}
		}
		path.WriteString("/" + parts[i])
	}
	return parts, renamed
}

// rename gives the variable its name in the path of the resource.
func (r *route) rename(variable string) string {
	if to, ok := r.renamed[variable]; ok {
		return to
	}
	return variable
}

// pathVariables returns the names of the variables of a path that are not greedy.
func pathVariables(path string) []string {
	var out []string
	for _, part := range segments(path) {
		if strings.HasPrefix(part, "{") && strings.HasSuffix(part, "}") && !strings.HasSuffix(part, "+}") {
			out = append(out, strings.Trim(part, "{}"))
		}
	}
	return out
}

// readOperation reads one operation.
func (im *importer) readOperation(r *route, verb string, item, op *cursor) Method {
	location := r.location + "(" + strings.ToLower(verb) + ")"
	im.check(op, inOperation, location)
	m := Method{Method: wire.Method{HTTPMethod: &verb}, Ref: op.reference()}
	m.OperationName = im.optional(op, "operationId", location)
	im.describe(op, r.entity("METHOD", &m), im.properties(op, "tags", "summary", "description", "externalDocs", "deprecated"))
	for _, key := range []string{"callbacks", "servers"} {
		if c := op.get(key); c != nil {
			im.drop(c, "%s of an operation are not used", key)
		}
	}
	im.readParameters(&m, r, item, op, location)
	im.readRequestBody(&m, r, op, location)
	im.readResponses(&m, r, op, location)
	im.readSecurity(&m, op, location)
	im.readValidator(&m, r, op)
	if c := op.get(extensionPrefix + "integration"); c != nil {
		if c = im.follow(c); c != nil {
			m.MethodIntegration = im.readIntegration(&m, r, c)
		}
	} else if im.opts.Lenient && im.opts.Upstream != "" {
		im.proxy(&m, r, op)
	} else if im.opts.Lenient {
		im.mock(&m, r, op)
	}
	if im.opts.Lenient {
		m.Sample = im.requestSample(r, item, op, location)
	}
	return m
}

// readValidator sets the validator that the operation or the document names.
func (im *importer) readValidator(m *Method, r *route, op *cursor) {
	c := op.get(extensionPrefix + "request-validator")
	if c == nil {
		c = im.extension("request-validator")
	}
	name, ok := c.text()
	if c == nil || ok && name == "" {
		return
	}
	im.feature(FeatureRequestValidator, c)
	if !im.validators[name] {
		im.fail(c, "Unable to put method '%s' on resource at path '%s': Invalid Request Validator identifier specified", *m.HTTPMethod, r.shown)
		return
	}
	m.RequestValidator = name
}
