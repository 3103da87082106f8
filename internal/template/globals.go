package template

import (
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// withGlobals lays the properties of a resource over those that the section Globals of SAM
// has for its kind: objects are joined, lists follow each other, other values replace. ignored is the
// resource's IgnoreGlobals: "*", or the names of those that it does not take.
func (s *stack) withGlobals(kind string, own, ignored *openapi.Tree) *openapi.Tree {
	section, ok := strings.CutPrefix(kind, "AWS::Serverless::")
	if !ok {
		return own
	}
	return s.laidOver(without(s.top.Get("Globals").Get(section), texts(ignored)), own)
}

// without is an object without some of its members, nil where that is "*".
func without(t *openapi.Tree, names []string) *openapi.Tree {
	switch {
	case t == nil || len(names) == 0:
		return t
	case slices.Contains(names, "*"):
		return nil
	}
	out := &openapi.Tree{Kind: t.Kind, Position: t.Position}
	for _, m := range t.Members {
		if !slices.Contains(names, m.Name) {
			out.Members = append(out.Members, m)
		}
	}
	return out
}

func (s *stack) laidOver(global, own *openapi.Tree) *openapi.Tree {
	switch {
	case global == nil:
		return own
	case own == nil:
		return global
	case isIntrinsic(global) || isIntrinsic(own) || global.Kind != own.Kind:
		return own
	case own.Kind != openapi.ListTree && own.Kind != openapi.ObjectTree:
		return own
	}
	s.values += len(global.Items) + len(global.Members) + len(own.Items) + len(own.Members)
	if !s.spend(own, 0) {
		return own
	}
	if own.Kind == openapi.ListTree {
		return &openapi.Tree{Kind: openapi.ListTree, Position: own.Position, Items: slices.Concat(global.Items, own.Items)}
	}
	out := &openapi.Tree{Kind: openapi.ObjectTree, Position: own.Position}
	for _, m := range global.Members {
		m.Value = s.laidOver(m.Value, own.Get(m.Name))
		out.Members = append(out.Members, m)
	}
	for _, m := range own.Members {
		if global.Get(m.Name) == nil {
			out.Members = append(out.Members, m)
		}
	}
	return out
}

func isIntrinsic(t *openapi.Tree) bool {
	found, _ := intrinsicOf(t)
	return found != nil
}

// include is the macro AWS::Include, of files beside the template.
func (s *stack) include(t *openapi.Tree, at string) *openapi.Tree {
	name := text(t.Get("Name"))
	if name != "AWS::Include" {
		s.unknown(t, at, "the macro %s is not run here", brief(name))
		return nil
	}
	location := s.evaluate(t.Get("Parameters").Get("Location"), at)
	if location == nil {
		return nil
	}
	included := s.evaluate(s.file(location, at), at)
	if included != nil && included.Kind != openapi.ObjectTree {
		s.unknown(location, at, "%s has no members to include", brief(text(location)))
		return nil
	}
	return included
}

// file reads a document that the template names, JSON or YAML; nil, which is told, where it
// cannot be read.
func (s *stack) file(location *openapi.Tree, at string) *openapi.Tree {
	name := text(location)
	switch {
	case strings.Contains(name, "://") || strings.HasPrefix(name, "arn:"):
		s.unknown(location, at, "%s is not on this machine", brief(name))
		return nil
	case name == "" || path.IsAbs(name) || len(s.files) >= maxFiles:
		s.unknown(location, at, "%q is not read: it is no file beside the template", brief(name))
		return nil
	}
	o := s.o.Read
	o.File = path.Join(path.Dir(s.o.Read.File), name)
	data, tried, err := openapi.ReadBeside(s.o.Read.File, name, o)
	s.files = append(s.files, tried)
	var tree *openapi.Tree
	if err == nil {
		tree, err = openapi.ReadTree(data, o)
	}
	if input, ok := err.(*openapi.InputError); ok && len(input.Findings) > 0 {
		f := input.Findings[0]
		s.note(openapi.Error, f.Position, at, "%s", f.Text)
		return nil
	}
	if err != nil {
		s.note(openapi.Error, location.Position, at, "%s: %v", brief(name), err)
		return nil
	}
	return tree
}

// maxFiles bounds the files that one template reads.
const maxFiles = 64
