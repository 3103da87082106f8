package openapi

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// A definition that was cut out of a CloudFormation or SAM template may hold that
// language's intrinsics: !Sub as a tag of YAML, Fn::Sub as the one member of an object. The
// service reads neither, and a text that still has its tag's variables leads nowhere.

// intrinsicTags are the tags of CloudFormation's intrinsics.
var intrinsicTags = keys(`!Base64 !Cidr !FindInMap !GetAtt !GetAZs !If !ImportValue !Join !Select !Split !Sub
	!Transform !Ref !And !Equals !Not !Or !Condition !Length !ToJsonString !ForEach`)

// intrinsicAdvice says what to do about one.
const intrinsicAdvice = "is an intrinsic of CloudFormation, which a definition cannot have: write the value itself " +
	"(${AWS::AccountId}, ${AWS::Partition} and ${AWS::Region} in a text are filled in)"

// intrinsicTag returns the finding of a value with such a tag.
func intrinsicTag(src *source, y *yaml.Node) Finding {
	return Finding{
		Severity: Error,
		Position: Position{File: src.name, Line: y.Line, Column: y.Column},
		Text:     y.Tag + " " + intrinsicAdvice,
	}
}

// longForm writes out an intrinsic whose argument has its tag: !Sub as Fn::Sub.
func longForm(n *node, tag string) *node {
	name := "Fn::" + tag[1:]
	if tag == "!Ref" || tag == "!Condition" {
		name = tag[1:]
	}
	out := &node{kind: object, src: n.src, line: n.line, column: n.column, fields: []field{{name: name, line: n.line, column: n.column, value: n}}}
	out.seal()
	return out
}

// isIntrinsic reports whether a member's name is that of an intrinsic, and the only one
// of its object.
func isIntrinsic(n *node) bool {
	if n.kind != object || len(n.fields) != 1 {
		return false
	}
	name := n.fields[0].name
	return strings.HasPrefix(name, "Fn::") && intrinsicTags["!"+name[len("Fn::"):]]
}

// intrinsics, for a lenient import, returns the findings of the objects below n that are intrinsics. Values
// that aliases share are looked at once.
func intrinsics(src *source) []Finding {
	w := walker{seen: make(map[*node]bool)}
	var out []Finding
	w.visit = func(n *node) {
		if isIntrinsic(n) && len(out) < maxFindings {
			f := &n.fields[0]
			out = append(out, Finding{
				Severity: Error,
				Position: Position{File: src.name, Line: f.line, Column: f.column},
				Text:     f.name + " " + intrinsicAdvice,
			})
		}
	}
	w.walk(src.root, "")
	return out
}

// A walker visits the values of a document once each, but for those that are data
// and no part of the definition, such as examples.
type walker struct {
	seen  map[*node]bool
	visit func(*node)
}

// dataKeys are the members whose values are data.
var dataKeys = keys("example examples default enum const")

// walk visits n and what is below it. within is the name of the member that n is.
func (w *walker) walk(n *node, within string) {
	if n == nil || w.seen[n] {
		return
	}
	w.seen[n] = true
	w.visit(n)
	for _, item := range n.items {
		w.walk(item, "")
	}
	for i := range n.fields {
		f := &n.fields[i]
		if dataKeys[f.name] && within != "properties" || strings.HasPrefix(f.name, "x-") && !strings.HasPrefix(f.name, "x-amazon-") {
			continue
		}
		w.walk(f.value, f.name)
	}
}

// bounded is the error of findings that keep a definition from being read, with the
// first one for clients.
func bounded(findings []Finding) error {
	return &InputError{bound: true, Findings: findings}
}
