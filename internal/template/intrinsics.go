package template

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// arguments are the items of an intrinsic's argument that has to have so many, not
// evaluated; nil, which is told, where it has not.
func (s *stack) arguments(t *openapi.Tree, path, name string, least, most int) []*openapi.Tree {
	if t.Kind != openapi.ListTree || len(t.Items) < least || len(t.Items) > most {
		s.note(openapi.Error, t.Position, path, "%s has a list of %d arguments", name, least)
		return nil
	}
	return t.Items
}

// needed evaluates an argument that has to be there: nil, which has been told, where it is not
// known, or is nothing (AWS::NoValue).
func (s *stack) needed(t *openapi.Tree, path, name string) *openapi.Tree {
	before := s.unknowns
	v := s.evaluate(t, path)
	if v == nil && s.unknowns == before {
		s.unknown(t, path, "%s wants a value here, and there is none", name)
	}
	return v
}

// items evaluates an argument that is to be a list, of which what is nothing is left out: nil, which
// has been told, where an item is not known.
func (s *stack) items(t *openapi.Tree, path, name string) *openapi.Tree {
	if t.Kind != openapi.ListTree {
		return s.needed(t, path, name)
	}
	out, known := &openapi.Tree{Kind: openapi.ListTree, Position: t.Position}, true
	for _, item := range t.Items {
		before := s.unknowns
		v := s.evaluate(item, path)
		if v != nil {
			out.Items = append(out.Items, v)
		} else if s.unknowns > before || s.exhausted {
			known = false
		}
	}
	if !known {
		return nil
	}
	return out
}

// scalar evaluates an argument that is to be a text. It is false, which has been told, where
// it is none.
func (s *stack) scalar(t *openapi.Tree, path, name string) (string, bool) {
	v := s.needed(t, path, name)
	if v == nil {
		return "", false
	}
	if v.Kind == openapi.ListTree || v.Kind == openapi.ObjectTree {
		s.unknown(t, path, "%s wants a text here", name)
		return "", false
	}
	return text(v), true
}

// made is a text that an intrinsic has made, nil when it is one too many.
func (s *stack) made(value string, from *openapi.Tree) *openapi.Tree {
	if !s.spend(from, len(value)) {
		return nil
	}
	return newText(value, from.Position)
}

func (s *stack) join(t *openapi.Tree, path string) *openapi.Tree {
	args := s.arguments(t, path, "Fn::Join", 2, 2)
	if args == nil {
		return nil
	}
	between, ok := s.scalar(args[0], path, "Fn::Join")
	if !ok {
		return nil
	}
	items := s.items(args[1], path, "Fn::Join")
	if items == nil {
		return nil
	}
	var parts []string
	size := 0
	for _, item := range list(items) {
		if item.Kind == openapi.ListTree || item.Kind == openapi.ObjectTree {
			s.unknown(t, path, "Fn::Join wants texts here")
			return nil
		}
		parts = append(parts, text(item))
		if size += len(text(item)) + len(between); size > maxBytes {
			s.spend(t, size)
			return nil
		}
	}
	joined := strings.Join(parts, between)
	if s.dynamic(joined, t, path) {
		return nil
	}
	return s.made(joined, t)
}

func (s *stack) split(t *openapi.Tree, path string) *openapi.Tree {
	args := s.arguments(t, path, "Fn::Split", 2, 2)
	if args == nil {
		return nil
	}
	between, known := s.scalar(args[0], path, "Fn::Split")
	whole, ok := s.scalar(args[1], path, "Fn::Split")
	if !ok || !known {
		return nil
	}
	if between == "" {
		s.unknown(t, path, "Fn::Split wants a text that separates")
		return nil
	}
	out := &openapi.Tree{Kind: openapi.ListTree, Position: t.Position}
	for part := range strings.SplitSeq(whole, between) {
		item := s.made(part, t)
		if item == nil {
			return nil
		}
		out.Items = append(out.Items, item)
	}
	return out
}

func (s *stack) selectOne(t *openapi.Tree, path string) *openapi.Tree {
	args := s.arguments(t, path, "Fn::Select", 2, 2)
	if args == nil {
		return nil
	}
	index, known := s.scalar(args[0], path, "Fn::Select")
	from := s.items(args[1], path, "Fn::Select")
	if !known || from == nil {
		return nil
	}
	i, err := strconv.Atoi(index)
	if err != nil || from.Kind != openapi.ListTree || i < 0 || i >= len(from.Items) {
		s.unknown(t, path, "Fn::Select: there is no item %s", brief(index))
		return nil
	}
	return from.Items[i]
}

func (s *stack) findInMap(t *openapi.Tree, path string) *openapi.Tree {
	args := s.arguments(t, path, "Fn::FindInMap", 3, 4)
	if args == nil {
		return nil
	}
	at := s.top.Get("Mappings")
	for _, arg := range args[:3] {
		key, ok := s.scalar(arg, path, "Fn::FindInMap")
		if !ok {
			return nil
		}
		at = at.Get(key)
		if at == nil && len(args) == 4 && args[3].Get("DefaultValue") != nil {
			return s.evaluate(args[3].Get("DefaultValue"), path)
		}
		if at == nil {
			s.unknown(t, path, "Fn::FindInMap: there is no %s", brief(key))
			return nil
		}
	}
	return s.evaluate(at, path)
}

func (s *stack) base64(t *openapi.Tree, path string) *openapi.Tree {
	value, ok := s.scalar(t, path, "Fn::Base64")
	if !ok {
		return nil
	}
	return s.made(base64.StdEncoding.EncodeToString([]byte(value)), t)
}

// zones are three zones of a region: a region says how many it has to nobody but its
// account.
func (s *stack) zones(t *openapi.Tree, path string) *openapi.Tree {
	region, ok := s.scalar(t, path, "Fn::GetAZs")
	if !ok {
		return nil
	}
	if region == "" {
		region = s.o.Read.Region
	}
	out := &openapi.Tree{Kind: openapi.ListTree, Position: t.Position}
	for _, zone := range []string{"a", "b", "c"} {
		out.Items = append(out.Items, newText(region+zone, t.Position))
	}
	return out
}

func (s *stack) length(t *openapi.Tree, path string) *openapi.Tree {
	v := s.evaluate(t, path)
	if v == nil {
		return nil
	}
	return &openapi.Tree{Kind: openapi.NumberTree, Text: strconv.Itoa(len(list(v))), Position: t.Position}
}

func (s *stack) toJSON(t *openapi.Tree, path string) *openapi.Tree {
	v := s.evaluate(t, path)
	if v == nil {
		return nil
	}
	var b strings.Builder
	writeJSON(&b, v)
	return s.made(b.String(), t)
}

func (s *stack) importValue(t *openapi.Tree, path string) *openapi.Tree {
	name := text(s.evaluate(t, path))
	s.unknown(t, path, "Fn::ImportValue: what another stack exports as %q is not known here: make it a parameter with a Default", brief(name))
	return nil
}

// sub fills the variables of a text.
func (s *stack) sub(t *openapi.Tree, path string) *openapi.Tree {
	own := t
	var values *openapi.Tree
	if t.Kind == openapi.ListTree {
		args := s.arguments(t, path, "Fn::Sub", 1, 2)
		if args == nil {
			return nil
		}
		own = args[0]
		if len(args) == 2 {
			values = args[1]
		}
	}
	if own.Kind == openapi.ListTree || own.Kind == openapi.ObjectTree {
		s.note(openapi.Error, own.Position, path, "Fn::Sub wants a text here")
		return nil
	}
	filled, ok := s.fill(own, values, path)
	if !ok || s.dynamic(filled, own, path) {
		return nil
	}
	return s.made(filled, own)
}

// fill replaces ${Name}, ${Name.Attribute} and ${!Literal} in a text. It is false, which
// has been told, where a value is not known.
func (s *stack) fill(t, values *openapi.Tree, path string) (string, bool) {
	var b strings.Builder
	rest, known := t.Text, true
	for {
		before, behind, found := strings.Cut(rest, "${")
		b.WriteString(before)
		if !found {
			return b.String(), known
		}
		name, after, closed := strings.Cut(behind, "}")
		if !closed {
			b.WriteString("${" + behind)
			return b.String(), known
		}
		rest = after
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		value, ok := s.variable(strings.TrimSpace(name), t, values, path)
		b.WriteString(value)
		known = known && ok
		if b.Len() > maxBytes {
			s.spend(t, b.Len())
			return "", false
		}
	}
}

// variable is the value of a variable in a text: one of the intrinsic's own values, a
// parameter, a resource or an attribute of one. Values of stages' variables stay as they
// are.
func (s *stack) variable(name string, t, values *openapi.Tree, path string) (string, bool) {
	if own := values.Get(name); own != nil {
		return s.scalar(own, path, "Fn::Sub")
	}
	if strings.HasPrefix(name, "stageVariables.") {
		return "${" + name + "}", true
	}
	at := newText(name, t.Position)
	var v *openapi.Tree
	if !s.spend(t, len(name)) {
		return "", false
	}
	if s.depth++; s.depth <= maxDepth {
		if strings.Contains(name, ".") && !strings.HasPrefix(name, "AWS::") {
			v = s.getAtt(at, path)
		} else {
			v = s.ref(at, path)
		}
	}
	s.depth--
	if v == nil {
		return "", false
	}
	if v.Kind == openapi.ListTree {
		return strings.Join(texts(v), ","), true
	}
	return text(v), true
}
