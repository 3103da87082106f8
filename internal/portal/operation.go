package portal

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/freename"
)

// anyMethod is the member of a path that stands for all verbs that it has no own for.
const anyMethod = "x-amazon-apigateway-any-method"

// An operation is one of a document.
type operation struct {
	id     string // of the element that shows it
	path   string
	method string // a verb in lower case, or any
	def    *object
	inputs []parameter
}

// A parameter is one of an operation.
type parameter struct {
	name, in    string
	required    bool
	description string
	schema      *object
}

// verbs are the members of a path that are operations.
var verbs = map[string]string{
	"get": "get", "put": "put", "post": "post", "delete": "delete", "options": "options", "head": "head", "patch": "patch", anyMethod: "any",
}

// readOperations lists the operations of a document.
func readOperations(doc *object, ids *freename.Set) []operation {
	var all []operation
	doc.object("paths").each(func(path string, item *object) {
		item.each(func(name string, def *object) {
			method, ok := verbs[name]
			if !ok {
				return
			}
			op := operation{id: ids.Free("op-" + slug(method+" "+path)), path: path, method: method, def: def}
			op.readParameters()
			all = append(all, op)
		})
	})
	return all
}

// readParameters lists the parameters that the operation declares, and those of its path
// that it does not, by their places.
func (op *operation) readParameters() {
	declared := make(map[string]bool)
	for _, v := range op.def.list("parameters") {
		p, _ := v.(*object)
		in := p.text("in")
		if in != "path" && in != "query" && in != "header" {
			continue
		}
		name := p.text("name")
		declared[in+" "+name] = true
		op.inputs = append(op.inputs, parameter{name, in, in == "path" || p.isTrue("required"), p.text("description"), p.object("schema")})
	}
	for _, name := range placeholders(op.path) {
		if !declared["path "+name] && !declared["path "+name+"+"] {
			declared["path "+name] = true
			op.inputs = append(op.inputs, parameter{name: name, in: "path", required: true})
		}
	}
	slices.SortStableFunc(op.inputs, func(a, b parameter) int { return strings.Index(places, a.in) - strings.Index(places, b.in) })
}

// places are those of parameters, in the order in which the page has them.
const places = "path query header"

// placeholders are the names in braces in a path, that of a greedy one without its plus.
func placeholders(path string) []string {
	var names []string
	for {
		_, rest, ok := strings.Cut(path, "{")
		if !ok {
			return names
		}
		name, rest, ok := strings.Cut(rest, "}")
		if !ok {
			return names
		}
		names, path = append(names, strings.TrimSuffix(name, "+")), rest
	}
}

// verb is the method as it is shown.
func (op *operation) verb() string { return strings.ToUpper(op.method) }

// operation writes the section of an operation.
func (p *page) operation(op *operation) {
	title := "title-" + op.id // which is the id of no other operation
	p.start("section", attr{"id", op.id}, attr{"class", "operation"}, attr{"aria-labelledby", title})
	defer p.end()
	p.start("h2", attr{"id", title})
	p.title(op)
	p.end()
	p.prose(op.def.text("description"))
	p.outwards(external(op.def))
	p.needs(op)
	p.parameters(op)
	p.request(op)
	p.responses(op)
	p.try(op)
}

// parameters writes the table of an operation's parameters.
func (p *page) parameters(op *operation) {
	if len(op.inputs) == 0 {
		return
	}
	p.element("h3", "Parameters")
	p.table([]string{"Name", "In", "Type", "Description"}, func() {
		for i := range op.inputs {
			in := &op.inputs[i]
			p.start("tr")
			p.start("th", attr{"scope", "row"})
			p.element("code", in.name)
			if in.required {
				p.text(" ")
				p.element("span", "required", attr{"class", "mark"})
			}
			p.end()
			p.element("td", in.in)
			p.start("td")
			p.kind(in.schema)
			p.end()
			p.start("td")
			p.prose(in.description)
			p.end()
			p.end()
		}
	})
}

// table writes a table around its rows.
func (p *page) table(columns []string, rows func()) {
	p.start("table")
	p.start("thead")
	p.start("tr")
	for _, c := range columns {
		p.element("th", c, attr{"scope", "col"})
	}
	p.end()
	p.end()
	p.start("tbody")
	rows()
	p.end()
	p.end()
}

// request writes what is said of an operation's body.
func (p *page) request(op *operation) {
	body := op.def.object("requestBody")
	if body == nil {
		return
	}
	p.element("h3", "Body")
	p.prose(body.text("description"))
	p.content(body.object("content"))
}

// content writes the schemas of a body by their media types.
func (p *page) content(content *object) {
	content.each(func(media string, of *object) {
		p.start("p", attr{"class", "media"})
		p.element("code", media)
		p.end()
		if s := of.object("schema"); s != nil {
			p.schema(s, 0)
		}
	})
}

// responses writes the responses of an operation.
func (p *page) responses(op *operation) {
	all := op.def.object("responses")
	if all == nil || len(all.members) == 0 {
		return
	}
	p.element("h3", "Responses")
	p.start("dl", attr{"class", "responses"})
	defer p.end()
	all.each(func(status string, r *object) {
		p.start("dt")
		p.element("code", status)
		p.end()
		p.start("dd")
		defer p.end()
		p.prose(r.text("description"))
		headers := r.object("headers")
		if headers != nil && len(headers.members) > 0 {
			p.start("ul", attr{"class", "headers"})
			headers.each(func(name string, of *object) {
				p.start("li")
				p.text("Header ")
				p.element("code", name)
				p.prose(of.text("description"))
				p.end()
			})
			p.end()
		}
		p.content(r.object("content"))
	})
}

// field gives a field of a form its id.
func (p *page) field() string {
	p.fields++
	return "field-" + strconv.Itoa(p.fields)
}
