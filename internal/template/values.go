package template

import (
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// members are those of an object, none of anything else.
func members(t *openapi.Tree) []openapi.Member {
	if t == nil {
		return nil
	}
	return t.Members
}

// text is the text of a scalar, "" of anything else.
func text(t *openapi.Tree) string {
	if t == nil || t.Kind == openapi.ListTree || t.Kind == openapi.ObjectTree || t.Kind == openapi.NullTree {
		return ""
	}
	return t.Text
}

func newText(s string, at openapi.Position) *openapi.Tree {
	return &openapi.Tree{Kind: openapi.TextTree, Text: s, Position: at}
}

// optional is the text of a scalar, nil where there is none.
func optional(t *openapi.Tree) *string {
	if s := text(t); s != "" {
		return &s
	}
	return nil
}

// truth is a boolean, which CloudFormation also takes as a text; nil where there is none.
func truth(t *openapi.Tree) *bool {
	switch strings.ToLower(text(t)) {
	case "true", "yes", "on":
		return new(true)
	case "false", "no", "off":
		return new(false)
	}
	return nil
}

// isTrue reports whether a value is there and true.
func isTrue(t *openapi.Tree) bool {
	b := truth(t)
	return b != nil && *b
}

// whole is a whole number, which CloudFormation also takes as a text; nil where there is
// none.
func whole(t *openapi.Tree) *int32 {
	n, err := strconv.ParseInt(text(t), 10, 32)
	if err != nil {
		return nil
	}
	return new(int32(n))
}

// list are the items of a list, and a value that is none as the one item.
func list(t *openapi.Tree) []*openapi.Tree {
	switch {
	case t == nil || t.Kind == openapi.NullTree:
		return nil
	case t.Kind == openapi.ListTree:
		return t.Items
	}
	return []*openapi.Tree{t}
}

// texts are the texts of a list.
func texts(t *openapi.Tree) []string {
	var out []string
	for _, item := range list(t) {
		out = append(out, text(item))
	}
	return out
}

// textMap has the texts of an object's members, nil where there are none.
func textMap(t *openapi.Tree) map[string]string {
	var out map[string]string
	for _, m := range members(t) {
		if out == nil {
			out = make(map[string]string)
		}
		out[m.Name] = text(m.Value)
	}
	return out
}

// templateMap is textMap in the form that mapping templates have.
func templateMap(t *openapi.Tree) map[string]*string {
	var out map[string]*string
	for _, m := range members(t) {
		if out == nil {
			out = make(map[string]*string)
		}
		out[m.Name] = new(textOrJSON(m.Value))
	}
	return out
}

// textOrJSON is a value that is text, or is written as JSON.
func textOrJSON(t *openapi.Tree) string {
	if t != nil && t.Kind == openapi.TextTree {
		return t.Text
	}
	var b strings.Builder
	writeJSON(&b, t)
	return b.String()
}

// truthMap has the booleans of an object's members, nil where there are none.
func truthMap(t *openapi.Tree) map[string]bool {
	var out map[string]bool
	for _, m := range members(t) {
		if out == nil {
			out = make(map[string]bool)
		}
		out[m.Name] = isTrue(m.Value)
	}
	return out
}

// An object is one of a template that notices which of its members are read: the others
// have no effect, and are told.
type object struct {
	*stack
	tree *openapi.Tree
	path string
	read map[string]bool
}

// get returns a member, nil where there is none.
func (o *object) get(name string) *openapi.Tree {
	o.read[name] = true
	return o.tree.Get(name)
}

// within is a member that is an object, whose members are noticed as well.
func (o *object) within(name string) *object {
	t := o.get(name)
	if t != nil && t.Kind != openapi.ObjectTree {
		o.mistyped(name, t, "object")
		t = nil
	}
	return &object{stack: o.stack, tree: t, path: o.path + "/" + escape(name), read: make(map[string]bool)}
}

// textOf is the text of a member that protects, "" where there is none. A value of another
// kind is an error, here and in truthOf and wholeOf: it would protect nothing.
func (o *object) textOf(name string) string {
	t := o.get(name)
	if t != nil && (t.Kind == openapi.ListTree || t.Kind == openapi.ObjectTree) {
		o.mistyped(name, t, "text")
	}
	return text(t)
}

// truthOf is the boolean of a member that protects, nil where there is none.
func (o *object) truthOf(name string) *bool {
	t := o.get(name)
	b := truth(t)
	if t != nil && b == nil {
		o.mistyped(name, t, "boolean")
	}
	return b
}

// wholeOf is the whole number of a member that protects, nil where there is none.
func (o *object) wholeOf(name string) *int32 {
	t := o.get(name)
	n := whole(t)
	if t != nil && n == nil {
		o.mistyped(name, t, "whole number")
	}
	return n
}

func (o *object) mistyped(name string, t *openapi.Tree, want string) {
	o.noteOf(openapi.Security, openapi.Error, t.Position, o.path+"/"+escape(name), "%s is no %s", brief(name), want)
}

// without tells why members have no effect here, as details.
func (o *object) without(reason string, names ...string) {
	o.passOver(openapi.Dropped, openapi.Detail, "%s has no effect here: "+reason, names)
}

// withoutEffect tells why members have no effect, neither here nor in a deployment.
func (o *object) withoutEffect(reason string, names ...string) {
	o.passOver(openapi.Warning, openapi.Serving, "%s has no effect: "+reason, names)
}

func (o *object) passOver(severity openapi.Severity, about openapi.Concern, format string, names []string) {
	for _, name := range names {
		o.read[name] = true
		if m := o.member(name); m != nil {
			o.noteOf(about, severity, m.Position, o.path+"/"+escape(name), format, name)
		}
	}
}

// silently passes members by that say nothing about calls.
func (o *object) silently(names ...string) {
	for _, name := range names {
		o.read[name] = true
	}
}

func (o *object) member(name string) *openapi.Member {
	for i := range members(o.tree) {
		if m := &o.tree.Members[i]; m.Name == name {
			return m
		}
	}
	return nil
}

// refuseRest is rest for what protects, in which a member that is not known is an error. what
// is how errors call it.
func (o *object) refuseRest(what string) {
	for _, m := range members(o.tree) {
		if !o.read[m.Name] {
			o.noteOf(openapi.Security, openapi.Error, m.Position, o.path+"/"+escape(m.Name), "%s has no %s", what, brief(m.Name))
		}
	}
}

// rest tells of the members that nobody has read.
func (o *object) rest() {
	for _, m := range members(o.tree) {
		if !o.read[m.Name] {
			o.note(openapi.Dropped, m.Position, o.path+"/"+escape(m.Name), "%s has no effect here", brief(m.Name))
		}
	}
}
