package jsonschema

import (
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/javaregexp"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A filler compiles the keywords of one schema.
type filler struct {
	c    *Compiler
	n    *node
	p    place
	from *value.Map
}

// fill compiles the keywords of m in the order of their names, format last:
// the order in which json-schema-validator applies them.
func (c *Compiler) fill(n *node, p place, m *value.Map) error {
	f := filler{c, n, p, m}
	if err := f.members(); err != nil {
		return err
	}
	if err := f.elements(); err != nil {
		return err
	}
	for _, name := range sortedKeys(m) {
		v, _ := m.Get(name)
		if err := f.keyword(name, v); err != nil {
			return err
		}
	}
	return f.format()
}

func (f *filler) add(r rule) {
	f.n.simple, f.n.all = append(f.n.simple, r), append(f.n.all, r)
}

func (f *filler) combine(r rule) {
	f.n.combined, f.n.all = append(f.n.combined, r), append(f.n.all, r)
}

// keyword compiles one keyword; one that is not known counts for nothing.
func (f *filler) keyword(name string, v value.Value) error {
	switch name {
	case "additionalItems", "additionalProperties":
		f.closed(name, v)
	case "allOf", "anyOf", "oneOf", "not":
		return f.combination(name, v)
	case "dependencies":
		return f.dependencies(v)
	case "enum":
		return f.enum(v)
	case "maximum", "minimum":
		return f.bound(name, v)
	case "exclusiveMaximum", "exclusiveMinimum":
		return f.exclusive(name, v)
	case "maxItems", "minItems":
		return f.count(name, typeArray, v)
	case "maxLength", "minLength":
		return f.count(name, typeString, v)
	case "maxProperties", "minProperties":
		return f.count(name, typeObject, v)
	case "multipleOf":
		return f.multipleOf(v)
	case "pattern":
		return f.pattern(v)
	case "required":
		return f.required(v)
	case "type":
		return f.types(v)
	case "uniqueItems":
		unique, ok := v.AsBool()
		if !ok {
			return f.p.fail("uniqueItems must be a boolean")
		}
		if unique {
			f.add(uniqueItems{})
		}
	}
	return nil
}

// closed compiles additionalItems and additionalProperties where they are
// false; schemas are children.
func (f *filler) closed(name string, v value.Value) {
	if open, ok := v.AsBool(); open || !ok {
		return
	}
	if name == "additionalProperties" {
		f.add(onlyMembers{&f.n.members})
	} else if f.n.elements.each == nil && f.from.Has("items") {
		f.add(onlyElements(len(f.n.elements.first)))
	}
}

func (f *filler) combination(name string, v value.Value) error {
	if name == "not" {
		schema, err := f.c.node(f.p.at(name), v)
		f.combine(not{schema})
		return err
	}
	schemas, err := f.list(name, v)
	if err == nil && len(schemas) == 0 {
		err = f.p.fail("%s must have at least one schema", name)
	}
	switch name {
	case "allOf":
		f.combine(allOf(schemas))
	case "anyOf":
		f.combine(anyOf(schemas))
	default:
		f.combine(oneOf(schemas))
	}
	return err
}

// list compiles a list of schemas.
func (f *filler) list(name string, v value.Value) ([]*node, error) {
	if v.AsList() == nil {
		return nil, f.p.fail("%s must be a list of schemas", name)
	}
	schemas := make([]*node, v.AsList().Len())
	for i := range schemas {
		var err error
		if schemas[i], err = f.c.node(f.p.at(name, strconv.Itoa(i)), v.AsList().At(i)); err != nil {
			return nil, err
		}
	}
	return schemas, nil
}

func (f *filler) dependencies(v value.Value) error {
	m := v.AsMap()
	if m == nil {
		return f.p.fail("dependencies must be an object")
	}
	d := new(dependencies)
	for _, name := range sortedKeys(m) {
		needs, _ := m.Get(name)
		if needs.AsList() == nil {
			schema, err := f.c.node(f.p.at("dependencies", name), needs)
			if err != nil {
				return err
			}
			d.schemas = append(d.schemas, schemaDependency{name, schema})
			continue
		}
		names, err := f.names("dependencies", needs)
		if err != nil {
			return err
		}
		d.members = append(d.members, memberDependency{name, names})
	}
	f.combine(d)
	return nil
}

// names reads a list of names, which it sorts.
func (f *filler) names(keyword string, v value.Value) ([]string, error) {
	if v.AsList().Len() == 0 {
		return nil, f.p.fail("%s must be a list of at least one name", keyword)
	}
	var names []string
	for _, name := range v.AsList().Values() {
		if !name.IsString() {
			return nil, f.p.fail("%s must be a list of names", keyword)
		}
		names = append(names, name.AsString())
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) < len(names) {
		return nil, f.p.fail("%s has a name twice", keyword)
	}
	return names, nil
}

func (f *filler) enum(v value.Value) error {
	if v.AsList().Len() == 0 {
		return f.p.fail("enum must be a list of at least one value")
	}
	k := &enum{list: v, texts: make(map[string]bool)}
	for _, item := range v.AsList().Values() {
		if item.IsString() {
			k.texts[item.AsString()] = true
		} else {
			k.other = append(k.other, item)
		}
	}
	f.add(k)
	return nil
}

func (f *filler) bound(name string, v value.Value) error {
	if !v.Kind().IsNumber() {
		return f.p.fail("%s must be a number", name)
	}
	k := &bound{limit: v, most: name == "maximum"}
	exclusive := "exclusiveMinimum"
	if k.most {
		exclusive = "exclusiveMaximum"
	}
	if e, ok := f.from.Get(exclusive); ok {
		k.exclusive, _ = e.AsBool()
	}
	f.add(k)
	return nil
}

// exclusive checks what bound uses.
func (f *filler) exclusive(name string, v value.Value) error {
	of := map[string]string{"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}[name]
	switch _, ok := v.AsBool(); {
	case !ok:
		return f.p.fail("%s must be a boolean", name)
	case !f.from.Has(of):
		return f.p.fail("%s needs %s", name, of)
	}
	return nil
}

func (f *filler) count(name string, of typeSet, v value.Value) error {
	n, ok := v.AsInt()
	if !ok || n < 0 {
		return f.p.fail("%s must be an integer that is not negative", name)
	}
	f.add(count{of: of, limit: int(n), most: name[1] == 'a'})
	return nil
}

func (f *filler) multipleOf(v value.Value) error {
	if !v.Kind().IsNumber() || compare(v, value.Int(0)) <= 0 {
		return f.p.fail("multipleOf must be a number above 0")
	}
	f.add(&multipleOf{v})
	return nil
}

func (f *filler) pattern(v value.Value) error {
	if !v.IsString() {
		return f.p.fail("pattern must be a string")
	}
	p, err := f.regexp(v.AsString())
	f.add(p)
	return err
}

func (f *filler) regexp(text string) (*pattern, error) {
	if f.c.patterns++; f.c.patterns > maxPatterns {
		return nil, f.p.fail("more than %d regular expressions", maxPatterns)
	}
	re, err := javaregexp.Compile(text)
	if err == nil {
		_, err = re.Find("", javaregexp.Bounds{}) // compiles what searches
	}
	if err != nil {
		return nil, f.p.fail("regular expression %s: %v", cut(text), err)
	}
	if f.c.programs += re.Size(); f.c.programs > maxPrograms {
		return nil, f.p.fail("the regular expressions are too large together")
	}
	return &pattern{re}, nil
}

func (f *filler) required(v value.Value) error {
	names, err := f.names("required", v)
	f.add(required(names))
	return err
}

func (f *filler) types(v value.Value) error {
	var types typeSet
	items := []value.Value{v}
	if v.AsList() != nil {
		items = v.AsList().Values()
	}
	for _, item := range items {
		t := typeNamed(item.AsString())
		if t == 0 {
			return f.p.fail("type must be one of %v or a list of them", typeNames)
		}
		types |= t
	}
	if types == 0 {
		return f.p.fail("type must name at least one type")
	}
	f.add(types)
	return nil
}

func (f *filler) format() error {
	v, ok := f.from.Get("format")
	if ok && !v.IsString() {
		return f.p.fail("format must be a string")
	}
	if k := formatNamed(v.AsString()); k != nil {
		f.add(k)
	}
	return nil
}

// members compiles the schemas of members.
func (f *filler) members() (err error) {
	s := &f.n.members
	err = f.each("properties", func(name string, n *node) error {
		if s.properties == nil {
			s.properties = make(map[string]*node)
		}
		s.properties[name] = n
		return nil
	})
	if err != nil {
		return err
	}
	err = f.each("patternProperties", func(name string, n *node) error {
		p, err := f.regexp(name)
		s.patterns = append(s.patterns, patternNode{p, n})
		return err
	})
	if err != nil {
		return err
	}
	s.additional, err = f.additional("additionalProperties")
	return err
}

// each compiles an object of schemas.
func (f *filler) each(keyword string, take func(name string, n *node) error) error {
	v, ok := f.from.Get(keyword)
	if !ok {
		return nil
	}
	m := v.AsMap()
	if m == nil {
		return f.p.fail("%s must be an object", keyword)
	}
	for _, name := range sortedKeys(m) {
		schema, _ := m.Get(name)
		n, err := f.c.node(f.p.at(keyword, name), schema)
		if err != nil {
			return err
		}
		if err := take(name, n); err != nil {
			return err
		}
	}
	return nil
}

// additional compiles a keyword that is a schema or a boolean, for which it
// returns nil.
func (f *filler) additional(keyword string) (*node, error) {
	v, ok := f.from.Get(keyword)
	if _, isBool := v.AsBool(); !ok || isBool {
		return nil, nil
	}
	return f.c.node(f.p.at(keyword), v)
}

// elements compiles the schemas of elements.
func (f *filler) elements() (err error) {
	s := &f.n.elements
	items, ok := f.from.Get("items")
	if ok && items.AsList() == nil {
		s.each, err = f.c.node(f.p.at("items"), items)
		return err
	}
	if !ok {
		return nil // additionalItems counts behind items alone
	}
	if s.first, err = f.list("items", items); err != nil {
		return err
	}
	s.rest, err = f.additional("additionalItems")
	return err
}
