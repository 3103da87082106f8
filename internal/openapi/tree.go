package openapi

import (
	"errors"
	"os"
	"path/filepath"
)

// A Kind is the JSON type of a Tree.
type Kind uint8

// The kinds of trees.
const (
	NullTree Kind = iota
	BooleanTree
	NumberTree
	TextTree
	ListTree
	ObjectTree
)

// A Tree is a document, JSON or YAML, or a part of one: its values and where they stand.
// Trees share parts, where YAML has aliases: who wants another value makes a new one.
type Tree struct {
	Kind     Kind
	Text     string // of a text, its characters; of a number or boolean, its JSON
	Items    []*Tree
	Members  []Member // in the order of the document
	Position Position

	byName map[string]int // of many members, the place of each
}

// A Member is one of an object.
type Member struct {
	Name     string
	Position Position
	Value    *Tree
}

// Get returns the value of a member, nil when t is nil, no object, or has none.
func (t *Tree) Get(name string) *Tree {
	if t == nil {
		return nil
	}
	if t.byName != nil {
		if i, ok := t.byName[name]; ok {
			return t.Members[i].Value
		}
		return nil
	}
	for i := range t.Members {
		if t.Members[i].Name == name {
			return t.Members[i].Value
		}
	}
	return nil
}

// ReadTree reads a file of Options.File's name as a tree, in which the short forms that
// CloudFormation has for its intrinsics (!Sub, !Ref) are written out (Fn::Sub, Ref). The
// document is bounded as a definition is. Its errors are Parse's.
func ReadTree(data []byte, o Options) (*Tree, error) {
	src := &source{name: o.File, maxWeight: o.maxWeight(), stop: o.Stop, memory: o.Memory, intrinsics: true}
	_, err := src.read(data, o)
	var syntax *syntaxError
	if errors.As(err, &syntax) {
		at := Position{File: o.File, Line: syntax.line, Column: syntax.column}
		return nil, &InputError{Findings: []Finding{{Severity: Error, Position: at, Text: syntax.text}}}
	}
	if err != nil {
		return nil, err
	}
	return (&treeMaker{made: make(map[*node]*Tree)}).tree(src.root), nil
}

// A treeMaker turns nodes into trees, those that are shared once.
type treeMaker struct{ made map[*node]*Tree }

func (m *treeMaker) tree(n *node) *Tree {
	if t := m.made[n]; t != nil {
		return t
	}
	t := &Tree{Kind: Kind(n.kind), Text: n.value, Position: n.position(), byName: n.byName}
	for _, item := range n.items {
		t.Items = append(t.Items, m.tree(item))
	}
	for _, f := range n.fields {
		at := Position{File: n.src.name, Line: f.line, Column: f.column}
		t.Members = append(t.Members, Member{Name: f.name, Position: at, Value: m.tree(f.value)})
	}
	m.made[n] = t
	return t
}

// A nodeMaker turns trees into nodes, those that are shared once.
type nodeMaker struct {
	made  map[*Tree]*node
	files map[string]*source // by the names of the files in which values stand
}

func (m *nodeMaker) node(t *Tree) *node {
	if n := m.made[t]; n != nil {
		return n
	}
	src := m.files[t.Position.File]
	if src == nil {
		src = &source{name: t.Position.File}
		m.files[t.Position.File] = src
	}
	n := &node{kind: kind(t.Kind), value: t.Text, src: src, line: t.Position.Line, column: t.Position.Column}
	for _, item := range t.Items {
		n.items = append(n.items, m.node(item))
	}
	for _, f := range t.Members {
		n.fields = append(n.fields, field{name: f.Name, line: f.Position.Line, column: f.Position.Column, value: m.node(f.Value)})
	}
	n.seal()
	m.made[t] = n
	return n
}

// sourceOf makes a file of a tree, which has the name of that in which the tree stands.
func sourceOf(t *Tree, o Options) *source {
	m := &nodeMaker{made: make(map[*Tree]*node), files: make(map[string]*source)}
	root := m.node(t)
	root.src.maxWeight = o.maxWeight()
	for _, src := range m.files {
		src.root = root // references without a file's name are about the whole tree
	}
	return root.src
}

// FromTree reads a definition that is a tree, or is within one of another language, with the local files
// that it refers to, as Load does. home is the document, perhaps that of the other language, to which
// references lead that begin with its name; body is the definition, nil for none: then
// the API has nothing, for the caller to fill, and references to home have no name.
func FromTree(body, home *Tree, o Options) (*API, []string, error) {
	if body == nil {
		return &API{Resources: []Resource{{Path: "/"}}, docs: &documents{main: sourceOf(home, o)}}, nil, nil
	}
	l := &loader{opts: o}
	l.opts.File = body.Position.File
	if err := l.openRoot(l.opts.File); err != nil {
		return nil, nil, err
	}
	defer func() { _ = l.root.Close() }()
	src := sourceOf(body, o)
	l.docs = &documents{main: src, weight: src.root.weight, files: make(map[string]*source), open: l.open}
	l.findings = intrinsics(src)
	api, err := build(l.docs, l.opts, nil)
	if err != nil {
		return nil, l.read, err
	}
	l.checkFiles(api)
	l.docs.open = nil // what was read stays, for API.Locate
	l.docs.files[home.Position.File] = sourceOf(home, o)
	l.docs.files[home.Position.File].ref = home.Position.File
	api.Findings = append(api.Findings, l.findings...)
	sortFindings(api.Findings)
	return api, l.read, nil
}

// ReadFile reads a file that begins a definition, or a document around one, of at most
// Options.MaxSize bytes.
func ReadFile(name string, o Options) ([]byte, error) {
	l := &loader{opts: o}
	info, err := os.Stat(name)
	return l.readFile(info, err, func() (*os.File, error) { return os.Open(filepath.Clean(name)) })
}

// ReadBeside reads a file that a document names by a path from its own directory, under the bounds of
// Load: main is the document. The name under which it was looked for comes back in any case.
func ReadBeside(main, name string, o Options) (data []byte, file string, err error) {
	file = filepath.Join(filepath.Dir(main), filepath.FromSlash(name))
	l := &loader{opts: o}
	if err := l.openRoot(main); err != nil {
		return nil, file, err
	}
	defer func() { _ = l.root.Close() }()
	full, err := filepath.Abs(file)
	if err != nil {
		return nil, file, err
	}
	within, err := filepath.Rel(l.root.Name(), full)
	if err != nil || !filepath.IsLocal(within) {
		return nil, file, l.outside()
	}
	info, err := l.root.Stat(within)
	data, err = l.readFile(info, err, func() (*os.File, error) { return l.root.Open(within) })
	if err != nil {
		err = l.plainError(err)
	}
	return data, file, err
}
