package openapi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A TemplateChoice says which of a method's mapping templates is meant. The zero
// value means the request template of a method that has one.
type TemplateChoice struct {
	Status    string // status code of the integration response whose template is meant; "" for the request's
	MediaType string // such as application/json; "" where there is one template
}

// A Template is a mapping template that stands in a definition.
type Template struct {
	Text      string
	Ref       string // reference to it, after the name of the file: api.yaml#/paths/~1x/get/…
	MediaType string // "" for a template that stands under none
	Response  bool   // it makes the answer to the client
	Route     string // the path of its method, such as /users/{user}; "" when the reference leads there by none
}

// LoadTemplate reads a mapping template from a file, without importing the rest of
// it. fragment is a JSON pointer, percent-encoded or not, to a method, its
// integration, an integration response, a map of templates by media type, or the
// template itself; references to other files are followed as by [Load]. Of the
// options, those count that bound files and say where they may be. Errors name what
// the document lacks, and what there is to choose from.
func LoadTemplate(name, fragment string, choice TemplateChoice, o Options) (Template, error) {
	o.Lenient = true // intrinsics of CloudFormation beside the template are no matter
	l := &loader{opts: o}
	l.opts.File = filepath.ToSlash(filepath.Clean(name))
	info, err := os.Stat(name)
	data, err := l.readFile(info, err, func() (*os.File, error) { return os.Open(name) })
	if err != nil {
		return Template{}, fmt.Errorf("%s: %w", name, l.plainError(err))
	}
	src, _, err := readSource(l.opts.File, data, l.opts)
	if input := (*InputError)(nil); errors.As(err, &input) {
		return Template{}, errors.New(input.Findings[0].String())
	}
	if err != nil {
		return Template{}, fmt.Errorf("%s: %w", name, err)
	}
	if err := l.openRoot(name); err != nil {
		return Template{}, err
	}
	defer func() { _ = l.root.Close() }()
	src.ref = l.opts.File
	l.docs = &documents{main: src, weight: src.root.weight, files: make(map[string]*source), open: l.open}
	return l.docs.template(fragment, choice)
}

// template finds the template that a fragment and a choice mean.
func (d *documents) template(fragment string, choice TemplateChoice) (Template, error) {
	f := &templateFinder{docs: d, left: choice}
	c, err := d.resolve(d.main, "#"+fragment)
	if err != nil {
		return Template{}, err
	}
	f.route = routeOf(c)
	for !c.is(text) {
		if c, err = f.next(c); err != nil {
			return Template{}, err
		}
	}
	switch {
	case f.left.Status != "":
		return Template{}, fmt.Errorf("%s is one template: there is no response to choose by the status %s", c.reference(), brief(f.left.Status))
	case f.left.MediaType != "" && !strings.EqualFold(c.key, f.left.MediaType):
		return Template{}, fmt.Errorf("%s is one template: there is none of media type %s to choose", c.reference(), brief(f.left.MediaType))
	}
	t := Template{Text: c.node.value, Ref: c.reference(), Route: f.route}
	if c.up != nil && (c.up.key == "requestTemplates" || c.up.key == "responseTemplates") {
		t.MediaType = c.key
	}
	for up := c.up; up != nil; up = up.up {
		t.Response = t.Response || up.key == "responseTemplates"
	}
	return t, nil
}

const integrationExtension = "x-amazon-apigateway-integration"

// A templateFinder goes from a value of a document down to a template.
type templateFinder struct {
	docs  *documents
	left  TemplateChoice // what was not needed yet
	route string
	hops  int
}

// next returns the value that comes after c on the way.
func (f *templateFinder) next(c *cursor) (*cursor, error) {
	if f.hops++; f.hops > maxHops {
		return nil, errCircle
	}
	if ref := c.get("$ref"); ref.is(text) {
		return f.docs.resolve(c.node.src, ref.node.value)
	}
	switch {
	case c.get(integrationExtension) != nil:
		return c.get(integrationExtension), nil
	case c.key == "requestTemplates" || c.key == "responseTemplates":
		return f.byMediaType(c)
	case c.get("responseTemplates") != nil:
		return f.ofResponse(c)
	case c.key == integrationExtension || c.get("requestTemplates") != nil || c.get("type").is(text):
		return f.ofIntegration(c)
	}
	if verbs := methodsOf(c); len(verbs) > 0 {
		return nil, fmt.Errorf("%s is a path: its methods are %s", c.reference(), strings.Join(verbs, ", "))
	}
	return nil, fmt.Errorf("%s has no %s, and is no mapping template", c.reference(), integrationExtension)
}

func (f *templateFinder) ofIntegration(c *cursor) (*cursor, error) {
	status := f.left.Status
	if status == "" {
		return objectIn(c, "requestTemplates")
	}
	f.left.Status = ""
	responses, err := objectIn(c, "responses")
	if err != nil {
		return nil, err
	}
	var found *cursor
	var known []string
	for _, response := range responses.members() {
		code := response.str("statusCode")
		if code == status {
			found = response // the last counts, as in an import
		} else if code != "" && !slices.Contains(known, code) {
			known = append(known, code)
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%s has no response with the status %s%s", responses.reference(), brief(status), among(known))
	}
	return objectIn(found, "responseTemplates")
}

// ofResponse chooses in an integration response, whose status may be named too.
func (f *templateFinder) ofResponse(c *cursor) (*cursor, error) {
	if c.str("statusCode") == f.left.Status {
		f.left.Status = ""
	}
	return objectIn(c, "responseTemplates")
}

func (f *templateFinder) byMediaType(c *cursor) (*cursor, error) {
	var found *cursor
	var known []string
	for name, template := range c.members() {
		known = append(known, name)
		if f.left.MediaType == "" || strings.EqualFold(name, f.left.MediaType) {
			found = template
		}
	}
	switch {
	case len(known) == 0:
		return nil, fmt.Errorf("%s is empty", c.reference())
	case found == nil:
		return nil, fmt.Errorf("%s has no template of media type %s%s", c.reference(), brief(f.left.MediaType), among(known))
	case f.left.MediaType == "" && len(known) > 1:
		return nil, fmt.Errorf("%s has templates of several media types, one of which has to be named: %s", c.reference(), shortList(known))
	}
	if found.is(object) && found.get("$ref").is(text) {
		return found, nil
	}
	if !found.is(text) {
		return nil, fmt.Errorf("%s is no text", found.reference())
	}
	return found, nil
}

// objectIn returns the member of c of that name, which has to be an object.
func objectIn(c *cursor, name string) (*cursor, error) {
	m := c.get(name)
	if m == nil {
		return nil, fmt.Errorf("%s has no %s", c.reference(), name)
	}
	if !m.is(object) {
		return nil, fmt.Errorf("%s is no object", m.reference())
	}
	return m, nil
}

// among says what there is instead of what was asked for.
func among(known []string) string {
	if len(known) == 0 {
		return ""
	}
	return "; there is " + shortList(known)
}

// shortList joins the first names of a list.
func shortList(names []string) string {
	const most = 10
	if len(names) > most {
		names = append(slices.Clone(names[:most]), "…")
	}
	return brief(strings.Join(names, ", "))
}

// methodsOf returns the names of the methods of a path item.
func methodsOf(c *cursor) []string {
	var verbs []string
	for _, verb := range []string{"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"} {
		if c.get(verb).is(object) {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}

// routeOf returns the path that c stands under.
func routeOf(c *cursor) string {
	for ; c.up != nil; c = c.up {
		if c.up.key == "paths" && strings.HasPrefix(c.key, "/") {
			return c.key
		}
	}
	return ""
}
