package template

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/spelling"
)

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

// each are the items of a member that is a list of objects.
func (o *object) each(name string) []*object {
	var out []*object
	for i, item := range list(o.get(name)) {
		out = append(out, &object{stack: o.stack, tree: item, path: o.path + "/" + escape(name) + "/" + strconv.Itoa(i), read: make(map[string]bool)})
	}
	return out
}

// textOf is the text of a member that protects, "" where there is none. A value of another
// kind is an error, here and in the methods below: it would protect nothing.
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

// textsOf has the texts of the members of an object that protects, nil where there are none.
func (o *object) textsOf(name string) map[string]string {
	of := o.within(name)
	for _, m := range members(of.tree) {
		of.textOf(m.Name)
	}
	return textMap(of.tree)
}

// truthsOf has the booleans of the members of an object that protects, nil where there are none.
func (o *object) truthsOf(name string) map[string]bool {
	of := o.within(name)
	var out map[string]bool
	for _, m := range members(of.tree) {
		if out == nil {
			out = make(map[string]bool)
		}
		b := of.truthOf(m.Name)
		out[m.Name] = b != nil && *b
	}
	return out
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
			o.noteOf(openapi.Security, openapi.Error, m.Position, o.path+"/"+escape(m.Name), "%s has no %s%s", what, brief(m.Name), o.meant(m.Name, "; did you mean %s?"))
		}
	}
}

// rest tells of the members that nobody has read. One that is near to a name which is read
// is an error: CloudFormation and SAM refuse it, and it may be what protects.
func (o *object) rest() {
	for _, m := range members(o.tree) {
		path := o.path + "/" + escape(m.Name)
		switch meant := o.meant(m.Name, "%s"); {
		case o.read[m.Name]:
		case meant != "":
			o.noteOf(openapi.Security, openapi.Error, m.Position, path, "%s is not read here; did you mean %s?", brief(m.Name), meant)
		default:
			o.note(openapi.Dropped, m.Position, path, "%s has no effect here", brief(m.Name))
		}
	}
}

// meant says in a form which of the names that are read a misspelt one was meant to be, ""
// for none.
func (o *object) meant(name, form string) string {
	if word, ok := spelling.Nearest(name, slices.Sorted(maps.Keys(o.read))); ok {
		return fmt.Sprintf(form, word)
	}
	return ""
}
