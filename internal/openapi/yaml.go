package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A yamlReader turns the nodes of the YAML library into ours: aliases are shared,
// merge keys are merged, scalars become the JSON values that the service makes
// of them. Dates stay text, as they do there.
type yamlReader struct {
	src     *source
	made    map[*yaml.Node]*node // the targets of aliases; nil while one is being made
	depth   int
	count   int          // values read
	merged  int          // members that merge keys brought
	unknown []*yaml.Node // values with a tag we do not know, such as !Ref
}

// parseYAML reads data, which holds one YAML document. The second result tells
// of values with an application's own tags, which are read as plain values.
func parseYAML(src *source, data []byte) (*node, []Finding, error) {
	most := mostValues(data)
	if most > src.maxWeight {
		return nil, nil, &syntaxError{line: 1, column: 1, text: fmt.Sprintf("more than %d values", src.maxWeight)}
	}
	if err := src.take(most * sizeOfYAML); err != nil {
		return nil, nil, err
	}
	defer src.take(-most * sizeOfYAML)
	var doc, rest yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		return nil, nil, yamlError(err, data)
	}
	if err := dec.Decode(&rest); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, nil, yamlError(err, data)
		}
		return nil, nil, &syntaxError{line: rest.Line, column: rest.Column, text: "more than one document"}
	}
	r := &yamlReader{src: src, made: make(map[*yaml.Node]*node)}
	if len(doc.Content) == 0 {
		return nil, nil, yamlError(io.EOF, data)
	}
	n, err := r.value(doc.Content[0])
	if err != nil {
		return nil, nil, err
	}
	if n.weight > shareable(r.count) {
		return nil, nil, yamlErrorAt(doc.Content[0], "aliases make more than %d values of the %d in the document", shareable(r.count), r.count)
	}
	return n, r.tagFindings(), nil
}

// mostValues is how many values data could hold. The YAML library has no limit of
// its own, so this is looked at before it runs: each value beyond the nesting needs
// one of these bytes.
func mostValues(data []byte) int {
	n := 0
	for _, b := range data {
		switch b {
		case '\n', ',', '[', '{':
			n++
		}
	}
	return n
}

var (
	yamlLine    = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)
	parserError = regexp.MustCompile(`^(?:did not find expected|found duplicate %|found incompatible|found undefined tag)`)
	noAnchor    = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// yamlError finds the place of an error in the library's message. It counts lines
// from 0 in errors of its parser, from 1 in those of its scanner, leaves the first
// one out, and has none for an anchor that it does not know.
func yamlError(err error, data []byte) error {
	if errors.Is(err, io.EOF) {
		return &syntaxError{line: 1, column: 1, text: "the document is empty"}
	}
	message := err.Error()
	m := yamlLine.FindStringSubmatch(message)
	out := &syntaxError{line: 1, column: 1, text: message[len(m[0]):]}
	if line, err := strconv.Atoi(m[1]); err == nil {
		out.line = line
		if parserError.MatchString(out.text) {
			out.line++
		}
		out.line = min(out.line, 1+bytes.Count(data, []byte("\n")))
	}
	if m := noAnchor.FindStringSubmatch(out.text); m != nil {
		if i := bytes.Index(data, []byte("*"+m[1])); i >= 0 {
			out.line = 1 + bytes.Count(data[:i], []byte("\n"))
			out.column = 1 + utf8.RuneCount(data[bytes.LastIndexByte(data[:i], '\n')+1:i])
		}
	}
	return out
}

func yamlErrorAt(y *yaml.Node, format string, args ...any) error {
	return &syntaxError{line: y.Line, column: y.Column, text: fmt.Sprintf(format, args...)}
}

// value converts y.
func (r *yamlReader) value(y *yaml.Node) (*node, error) {
	if y.Kind == yaml.AliasNode {
		return r.alias(y)
	}
	if r.count++; r.count > r.src.maxWeight {
		return nil, yamlErrorAt(y, "more than %d values", r.src.maxWeight)
	}
	if err := r.src.stopped(r.count); err != nil {
		return nil, err
	}
	if r.depth++; r.depth > maxDepth {
		return nil, yamlErrorAt(y, "nested more than %d levels deep", maxDepth)
	}
	defer func() { r.depth-- }()
	if y.Anchor != "" {
		r.made[y] = nil
	}
	if err := r.src.take(sizeOfNode); err != nil { // the library has made the text
		return nil, err
	}
	n := &node{src: r.src, line: y.Line, column: y.Column}
	var err error
	switch y.Kind {
	case yaml.SequenceNode:
		r.ownTag(y, "!!seq")
		n.kind, err = list, r.items(n, y)
	case yaml.MappingNode:
		r.ownTag(y, "!!map")
		n.kind, err = object, r.fields(n, y)
	default:
		n.kind, n.value = r.scalar(y)
	}
	if err != nil {
		return nil, err
	}
	n.seal()
	if n.weight > r.src.maxWeight || n.height > maxDepth {
		return nil, yamlErrorAt(y, "aliases make the document too large")
	}
	if r.src.intrinsics && intrinsicTags[y.Tag] {
		n = longForm(n, y.Tag)
	}
	if y.Anchor != "" {
		r.made[y] = n
	}
	return n, nil
}

// alias returns the node that y stands for. An anchor always comes before its
// aliases, so its node is there unless the alias is inside it.
func (r *yamlReader) alias(y *yaml.Node) (*node, error) {
	if n := r.made[y.Alias]; n != nil {
		return n, nil
	}
	return nil, yamlErrorAt(y, "alias *%s stands inside its own anchor", y.Value)
}

func (r *yamlReader) items(n *node, y *yaml.Node) error {
	for _, item := range y.Content {
		v, err := r.value(item)
		if err != nil {
			return err
		}
		n.items = append(n.items, v)
	}
	return nil
}

// fields reads the members of a mapping. What merge keys bring stands after the
// mapping's own members, which win over it.
func (r *yamlReader) fields(n *node, y *yaml.Node) error {
	seen := make(map[string]bool)
	var merged []*node
	for i := 0; i < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		v, err := r.value(value)
		if err != nil {
			return err
		}
		if key.Tag == "!!merge" {
			merged = append(merged, v)
			continue
		}
		name, err := keyName(key)
		if err != nil {
			return err
		}
		if seen[name] {
			return yamlErrorAt(key, "duplicate key %q", name)
		}
		seen[name] = true
		if err := r.src.takeField(n, name); err != nil {
			return err
		}
		n.fields = append(n.fields, field{name: name, line: key.Line, column: key.Column, value: v})
	}
	for _, m := range merged {
		if err := r.merge(n, m, seen); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the members of from, a mapping or a list of mappings, that n does
// not have yet.
func (r *yamlReader) merge(n, from *node, seen map[string]bool) error {
	switch from.kind {
	case list:
		for _, item := range from.items {
			if err := r.merge(n, item, seen); err != nil {
				return err
			}
		}
		return nil
	case object:
		if r.merged += len(from.fields); r.merged > shareable(r.count) {
			return &syntaxError{line: n.line, column: n.column, text: "aliases make the document too large"}
		}
		for _, f := range from.fields {
			if !seen[f.name] {
				seen[f.name] = true
				if err := r.src.takeField(n, f.name); err != nil {
					return err
				}
				n.fields = append(n.fields, f)
			}
		}
		return nil
	}
	return &syntaxError{line: from.line, column: from.column, text: "a merge key needs a mapping"}
}

// keyName returns the name that a key of a mapping has in JSON: 200 and on are
// the names that they are written as.
func keyName(key *yaml.Node) (string, error) {
	if key.Kind == yaml.AliasNode {
		key = key.Alias
	}
	if key.Kind != yaml.ScalarNode {
		return "", yamlErrorAt(key, "a key has to be a scalar")
	}
	return key.Value, nil
}

// scalar returns the JSON value of y.
func (r *yamlReader) scalar(y *yaml.Node) (kind, string) {
	switch y.Tag {
	case "!!null":
		return null, ""
	case "!!bool":
		return boolean, strings.ToLower(y.Value)
	case "!!int", "!!float":
		if n, ok := jsonNumber(y.Value); ok {
			return number, n
		}
	case "!!timestamp", "!!binary":
	default:
		r.ownTag(y, "!!str")
	}
	return text, y.Value
}

// ownTag notes y when its tag is not the plain one of its kind.
func (r *yamlReader) ownTag(y *yaml.Node, plain string) {
	if y.Tag != plain && len(r.unknown) < maxFindings && !(r.src.intrinsics && intrinsicTags[y.Tag]) {
		r.unknown = append(r.unknown, y)
	}
}

var jsonNumberText = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$`)

// jsonNumber returns the JSON text of a YAML number: itself when it is one,
// however large; else the value of 0x1F, 010 (octal), 1_000, +1 or .5.
// Infinities and NaN have none.
func jsonNumber(s string) (string, bool) {
	if jsonNumberText.MatchString(s) {
		return s, true
	}
	plain := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return strconv.FormatUint(u, 10), true
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", false
	}
	return strconv.FormatFloat(f, 'g', -1, 64), true
}

// tagFindings tells of the values whose tags mean nothing here, as those of a
// CloudFormation template do.
func (r *yamlReader) tagFindings() []Finding {
	var out []Finding
	for _, y := range r.unknown {
		if intrinsicTags[y.Tag] {
			out = append(out, intrinsicTag(r.src, y))
			continue
		}
		out = append(out, Finding{
			Severity: Dropped,
			Position: Position{File: r.src.name, Line: y.Line, Column: y.Column},
			Text:     fmt.Sprintf("tag %s is not resolved; the value is read as if it had none", y.Tag),
		})
	}
	return out
}
