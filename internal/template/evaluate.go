package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// evaluate returns what a value is when its intrinsics are evaluated: nil where it is
// nothing (AWS::NoValue) or cannot be known, which is told. path leads to it.
func (s *stack) evaluate(t *openapi.Tree, path string) *openapi.Tree {
	if t == nil || !s.spend(t, len(t.Text)) { // aliases may repeat a text of the template
		return nil
	}
	if s.depth++; s.depth > maxDepth {
		s.depth--
		s.note(openapi.Error, t.Position, path, "nested more than %d levels deep", maxDepth)
		return nil
	}
	defer func() { s.depth-- }()
	switch t.Kind {
	case openapi.ListTree:
		return s.evaluateItems(t, path)
	case openapi.ObjectTree:
		if evaluator, argument := intrinsicOf(t); evaluator != nil {
			return evaluator(s, argument.Value, path)
		}
		return s.evaluateMembers(t, path)
	case openapi.TextTree:
		if s.dynamic(t.Text, t, path) {
			return nil
		}
	case openapi.NullTree:
		s.unknown(t, path, "null values are not allowed in templates")
		return nil
	}
	return t
}

// dynamic reports whether a text has a dynamic reference, which it tells.
func (s *stack) dynamic(text string, t *openapi.Tree, path string) bool {
	if !strings.Contains(text, "{{resolve:") {
		return false
	}
	s.unknown(t, path, "dynamic references ({{resolve:…}}) are not resolved here: make it a parameter")
	return true
}

func (s *stack) evaluateItems(t *openapi.Tree, path string) *openapi.Tree {
	out := &openapi.Tree{Kind: openapi.ListTree, Position: t.Position}
	for _, item := range t.Items {
		if v := s.evaluate(item, path); v != nil {
			out.Items = append(out.Items, v)
		}
	}
	return out
}

// evaluateMembers evaluates an object. An Fn::Transform among its members is one of the
// macro AWS::Include, whose members it gets.
func (s *stack) evaluateMembers(t *openapi.Tree, path string) *openapi.Tree {
	out := &openapi.Tree{Kind: openapi.ObjectTree, Position: t.Position}
	for _, m := range t.Members {
		if m.Name == "Fn::Transform" {
			if included := s.include(m.Value, path); included != nil {
				out.Members = append(out.Members, included.Members...)
			}
			continue
		}
		if strings.HasPrefix(m.Name, "Fn::") {
			s.unknown(m.Value, path, "%s is no intrinsic that is evaluated here, or has another member beside it", brief(m.Name))
			continue
		}
		s.bytes += len(m.Name)
		if v := s.evaluate(m.Value, path+"/"+escape(m.Name)); v != nil {
			out.Members = append(out.Members, openapi.Member{Name: m.Name, Position: m.Position, Value: v})
		}
	}
	return out
}

// An evaluator evaluates an intrinsic, whose argument it gets.
type evaluator func(s *stack, argument *openapi.Tree, path string) *openapi.Tree

// intrinsicOf is the evaluator of an object that is an intrinsic, nil for another.
func intrinsicOf(t *openapi.Tree) (evaluator, *openapi.Member) {
	if len(t.Members) != 1 {
		return nil, nil
	}
	m := &t.Members[0]
	switch m.Name {
	case "Ref":
		return (*stack).ref, m
	case "Fn::GetAtt":
		return (*stack).getAtt, m
	case "Fn::Sub":
		return (*stack).sub, m
	case "Fn::Join":
		return (*stack).join, m
	case "Fn::Select":
		return (*stack).selectOne, m
	case "Fn::Split":
		return (*stack).split, m
	case "Fn::FindInMap":
		return (*stack).findInMap, m
	case "Fn::If":
		return (*stack).choose, m
	case "Fn::Base64":
		return (*stack).base64, m
	case "Fn::GetAZs":
		return (*stack).zones, m
	case "Fn::Length":
		return (*stack).length, m
	case "Fn::ToJsonString":
		return (*stack).toJSON, m
	case "Fn::ImportValue":
		return (*stack).importValue, m
	case "Fn::Cidr", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals":
		return func(s *stack, argument *openapi.Tree, path string) *openapi.Tree {
			s.unknown(argument, path, "%s is not evaluated here", m.Name)
			return nil
		}, m
	}
	return nil, nil
}
