package template

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// addResources adds resources, and those that loops of AWS::LanguageExtensions make, which
// may stand in each other.
func (s *stack) addResources(of []openapi.Member) {
	for _, m := range of {
		if len(s.resources) == maxResources || s.exhausted {
			s.note(openapi.Error, m.Position, "#/Resources", "more than %d resources", maxResources)
			return
		}
		if !strings.HasPrefix(m.Name, "Fn::ForEach") {
			s.addResource(m)
			continue
		}
		if s.depth++; s.depth > maxDepth {
			s.note(openapi.Error, m.Position, "#/Resources", "nested more than %d levels deep", maxDepth)
		} else {
			s.addResources(s.forEach(m, "#/Resources/"+escape(m.Name)))
		}
		s.depth--
	}
}

// forEach are the members that a loop makes: those of its third argument for each item of its
// second, which the name that its first one is stands for in them.
func (s *stack) forEach(m openapi.Member, path string) []openapi.Member {
	args := s.arguments(m.Value, path, "Fn::ForEach", 3, 3)
	if args == nil {
		return nil
	}
	name, items := text(args[0]), s.evaluate(args[1], path)
	if name == "" || items == nil || items.Kind != openapi.ListTree || args[2].Kind != openapi.ObjectTree {
		s.note(openapi.Error, m.Position, path, "Fn::ForEach has the name of a variable, a list and an object")
		return nil
	}
	var out []openapi.Member
	for _, item := range items.Items {
		value := text(item)
		fill := strings.NewReplacer("${"+name+"}", value, "&{"+name+"}", alphanumeric(value))
		if made := s.filled(args[2], name, value, fill, 0); made != nil {
			out = append(out, made.Members...)
		}
	}
	return out
}

// filled is a value of a loop in which its variable is an item, nil for one too many.
func (s *stack) filled(t *openapi.Tree, name, value string, fill *strings.Replacer, depth int) *openapi.Tree {
	if t == nil || depth > maxDepth {
		return nil
	}
	if ref := t.Get("Ref"); ref != nil && len(t.Members) == 1 && text(ref) == name {
		return s.made(value, t)
	}
	out := &openapi.Tree{Kind: t.Kind, Text: t.Text, Position: t.Position}
	if t.Kind == openapi.TextTree {
		out.Text = fill.Replace(t.Text)
	}
	if !s.spend(t, len(out.Text)) {
		return nil
	}
	for _, item := range t.Items {
		if v := s.filled(item, name, value, fill, depth+1); v != nil {
			out.Items = append(out.Items, v)
		}
	}
	for _, m := range t.Members {
		m.Name = fill.Replace(m.Name)
		s.bytes += len(m.Name)
		if v := s.filled(m.Value, name, value, fill, depth+1); v != nil {
			m.Value = v
			out.Members = append(out.Members, m)
		}
	}
	return out
}

// alphanumeric is a text without what logical ids cannot have.
func alphanumeric(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, text)
}
