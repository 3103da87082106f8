package template

import (
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// A condition is one of the template's, evaluated when it is asked for first.
type condition struct {
	of                  *openapi.Tree
	known, asked, holds bool
}

// holds reports whether the condition of that name does.
func (s *stack) holds(name string, at openapi.Position) bool {
	c := s.conditions[name]
	switch {
	case c == nil:
		s.note(openapi.Error, at, "#/Conditions/"+escape(name), "there is no condition %q", brief(name))
		return false
	case c.known:
		return c.holds
	case c.asked:
		s.note(openapi.Error, c.of.Position, "#/Conditions/"+escape(name), "the condition refers to itself")
		return false
	}
	c.asked = true
	severity := s.severity
	s.severity = openapi.Error // also for a function that asks first: what protects an API may hang on it
	c.holds = s.decide(c.of, "#/Conditions/"+escape(name))
	s.severity = severity
	c.known = true
	return c.holds
}

// decide evaluates the intrinsics of conditions.
func (s *stack) decide(t *openapi.Tree, path string) bool {
	if !s.spend(t, 0) {
		return false
	}
	if s.depth++; s.depth > maxDepth {
		s.depth--
		s.note(openapi.Error, t.Position, path, "nested more than %d levels deep", maxDepth)
		return false
	}
	defer func() { s.depth-- }()
	if len(t.Members) != 1 {
		s.note(openapi.Error, t.Position, path, "this is no condition")
		return false
	}
	name, argument := t.Members[0].Name, t.Members[0].Value
	switch name {
	case "Condition":
		return s.holds(text(argument), argument.Position)
	case "Fn::Equals":
		args := s.arguments(argument, path, name, 2, 2)
		return args != nil && s.equal(args[0], args[1], path)
	case "Fn::Not":
		args := s.arguments(argument, path, name, 1, 1)
		return args != nil && !s.decide(args[0], path)
	case "Fn::And", "Fn::Or":
		decided := name == "Fn::And"
		for _, item := range s.arguments(argument, path, name, 2, 10) {
			if s.decide(item, path) != decided {
				return !decided
			}
		}
		return decided
	}
	s.note(openapi.Error, t.Position, path, "%s is no condition that is evaluated here", brief(name))
	return false
}

// equal compares two values as texts, as CloudFormation does.
func (s *stack) equal(a, b *openapi.Tree, path string) bool {
	x, y := s.needed(a, path, "Fn::Equals"), s.needed(b, path, "Fn::Equals")
	return x != nil && y != nil && textOrJSON(x) == textOrJSON(y)
}

// choose is Fn::If.
func (s *stack) choose(t *openapi.Tree, path string) *openapi.Tree {
	args := s.arguments(t, path, "Fn::If", 3, 3)
	if args == nil {
		return nil
	}
	if s.holds(text(args[0]), args[0].Position) {
		return s.evaluate(args[1], path)
	}
	return s.evaluate(args[2], path)
}
