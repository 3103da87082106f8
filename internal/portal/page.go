package portal

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"

	"github.com/gatehouse-gw/gatehouse/internal/freename"
)

//go:embed portal.css
var style string

//go:embed portal.js
var script string

// Policy is the Content-Security-Policy under which the pages are shown: the script and
// the style that are in them run, nothing else does, nothing else is loaded, and calls go
// to the origin of the page alone, which is that of the stage. A digest is stricter than
// 'self' would be, for on that origin stages answer, too.
func Policy() string {
	return "default-src 'none'; script-src " + digest(script) + "; style-src " + digest(style) +
		"; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// A Place says which stage a page is about.
type Place struct {
	API, Stage string
	Base       string // path of the stage at the page's origin, without a slash at its end
}

// root leads from a page to the root of its origin, or to what a proxy in front puts in its
// place: pages are at _gatehouse/docs/API/STAGE/.
const root = "../../../.."

// maxExport is how large a document may be of which a page is written, in bytes. What is
// made of one in memory is some ten times as large.
const maxExport = 8 << 20

// ErrLarge is that an export is larger than 8 MiB, or its page than 16 MiB.
var ErrLarge = errors.New("the export is larger than 8 MiB, or its page than 16 MiB")

// Page writes the page of a stage's export, a document of OpenAPI 3.0 in JSON that nobody
// changes meanwhile. It takes memory and time in proportion to the document. The error is
// ErrLarge, or says why the document is none.
func Page(export []byte, at Place) ([]byte, error) {
	if len(export) > maxExport {
		return nil, ErrLarge
	}
	doc, err := parse(export)
	if err != nil {
		return nil, err
	}
	p := newPage(doc, at)
	p.write()
	if p.full() {
		return nil, ErrLarge
	}
	return p.b, nil
}

// A page is the page of a document.
type page struct {
	markup
	doc        *object
	at         Place
	schemes    []scheme
	named      map[string]int // indexes of schemes
	models     map[string]model
	operations []operation
	fields     int // that have been given ids
}

func newPage(doc *object, at Place) *page {
	p := &page{doc: doc, at: at, named: make(map[string]int), models: make(map[string]model)}
	var ids freename.Set
	components := doc.object("components")
	components.object("schemas").each(func(name string, s *object) {
		if _, twice := p.models[name]; !twice {
			p.models[name] = model{ids.Free("model-" + slug(name)), s}
		}
	})
	components.object("securitySchemes").each(func(name string, s *object) {
		p.named[name] = len(p.schemes)
		p.schemes = append(p.schemes, scheme{name, s})
	})
	p.operations = readOperations(doc, &ids)
	return p
}

// slug is a name as it stands in ids and fragments: letters and digits of ASCII in lower
// case, and hyphens between them.
func slug(name string) string {
	out := make([]byte, 0, min(len(name), 80))
	for i := 0; i < len(name) && len(out) < 80; i++ {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			out = append(out, c)
		case 'A' <= c && c <= 'Z':
			out = append(out, c+'a'-'A')
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	for len(out) > 0 && out[len(out)-1] == '-' {
		out = out[:len(out)-1]
	}
	return string(out)
}

// head writes what all pages begin with, up to the body's content.
func (h *markup) head(title string, body ...attr) {
	h.raw("<!doctype html>\n")
	h.start("html", attr{"lang", "en"})
	h.start("head")
	h.void("meta", attr{"charset", "utf-8"})
	h.void("meta", attr{"name", "viewport"}, attr{"content", "width=device-width, initial-scale=1"})
	h.void("meta", attr{"name", "color-scheme"}, attr{"content", "light dark"})
	h.element("title", title)
	h.start("style")
	h.raw(style)
	h.end()
	h.end()
	h.start("body", body...)
}

// foot ends a page.
func (h *markup) foot() {
	for len(h.open) > 0 {
		h.end()
	}
	h.raw("\n")
}

func (p *page) write() {
	title := p.doc.object("info").text("title")
	if title == "" {
		title = p.at.API
	}
	p.head(title+" ("+p.at.Stage+")", attr{"data-base", root + p.at.Base})
	p.element("a", "Skip to the operations", attr{"class", "skip"}, attr{"href", "#operations"})
	p.about(title)
	p.contents()
	p.start("main", attr{"id", "operations"}, attr{"tabindex", "-1"})
	p.access()
	for i := range p.operations {
		if p.full() {
			return
		}
		p.operation(&p.operations[i])
	}
	p.allModels()
	p.end()
	p.start("script")
	p.raw(script)
	p.end()
	p.foot()
}

// about writes what the document says of the API as a whole.
func (p *page) about(title string) {
	info := p.doc.object("info")
	p.start("header")
	defer p.end()
	p.element("h1", title)
	p.start("p", attr{"class", "where"})
	if v := info.text("version"); v != "" {
		p.text("Version ")
		p.element("bdi", v)
		p.text(", stage ")
	} else {
		p.text("Stage ")
	}
	p.element("code", p.at.Stage)
	p.text(" at ")
	p.element("code", p.at.Base, attr{"class", "base"})
	p.end()
	p.prose(info.text("description"))
	p.links(info)
}

// An outward is a link to somewhere else.
type outward struct{ text, target string }

// links writes where the document leads for more.
func (p *page) links(info *object) {
	var all []outward
	if terms := info.text("termsOfService"); terms != "" {
		all = append(all, outward{"Terms of service", terms})
	}
	all = append(all, named("Contact", info.object("contact"))...)
	if mail := info.object("contact").text("email"); mail != "" {
		all = append(all, outward{mail, "mailto:" + mail})
	}
	all = append(all, named("Licence", info.object("license"))...)
	p.outwards(append(all, external(p.doc)...))
}

// named is the link of an object that has a name, a URL, or both.
func named(what string, of *object) []outward {
	name, target := of.text("name"), of.text("url")
	switch {
	case name != "":
		return []outward{{what + ": " + name, target}}
	case target != "":
		return []outward{{what, target}}
	}
	return nil
}

// external is the link of an object's externalDocs.
func external(of *object) []outward {
	docs := of.object("externalDocs")
	text, target := docs.text("description"), docs.text("url")
	switch {
	case target == "":
		return nil
	case text == "":
		text = "More documentation"
	}
	return []outward{{text, target}}
}

// outwards lists links, of those that lead nowhere the text.
func (p *page) outwards(all []outward) {
	if len(all) == 0 {
		return
	}
	p.start("ul", attr{"class", "links"})
	defer p.end()
	for _, o := range all {
		p.start("li")
		if !p.anchor(o.target, func() { p.text(o.text) }) {
			p.text(o.text)
		}
		p.end()
	}
}

// contents writes the list of the operations.
func (p *page) contents() {
	p.start("nav", attr{"aria-label", "Operations"})
	defer p.end()
	p.start("p", attr{"class", "find"}, attr{"hidden", ""})
	p.element("label", "Find an operation", attr{"for", "find"})
	p.void("input", attr{"id", "find"}, attr{"type", "search"}, attr{"autocomplete", "off"})
	p.element("span", "", attr{"role", "status"}, attr{"id", "found"})
	p.end()
	p.start("ul")
	for i := range p.operations {
		op := &p.operations[i]
		p.start("li")
		p.start("a", attr{"href", "#" + op.id})
		p.title(op)
		p.end()
		p.end()
	}
	p.end()
}

// title writes what an operation is called by: its verb and path, and its summary.
func (p *page) title(op *operation) {
	p.element("span", op.verb(), attr{"class", "verb " + op.method})
	p.text(" ")
	p.element("code", op.path)
	if s := op.def.text("summary"); s != "" {
		p.text(" ")
		p.element("bdi", s, attr{"class", "summary"})
	}
	if op.def.isTrue("deprecated") {
		p.text(" ")
		p.element("span", "deprecated", attr{"class", "mark"})
	}
}
