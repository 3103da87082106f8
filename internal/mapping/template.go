package mapping

import (
	"maps"
	"sync/atomic"

	"github.com/gatehouse-gw/gatehouse/internal/jsonpath"
	"github.com/gatehouse-gw/gatehouse/vtl"
	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// A Template is a compiled mapping template. It is immutable and rendered by
// any number of calls at once.
type Template struct {
	vtl   *vtl.Template
	paths pathCache
}

// ParseTemplate compiles a mapping template; name stands in its errors, which
// are of type *vtl.Error.
func ParseTemplate(name, text string) (*Template, error) {
	t, err := vtl.Parse(name, text, vtl.Options{Mode: vtl.APIGateway})
	if err != nil {
		return nil, err
	}
	return &Template{vtl: t}, nil
}

// Render appends what the template makes of the call to dst. Overrides that
// it sets go to s.Overrides. On an error, which is a *vtl.Error, an
// *OverrideError or that of the memory of a side, the result is dst with what had been rendered until then.
func (t *Template) Render(dst []byte, s *Scope, side Side) ([]byte, error) {
	s.template = t
	dst, err := t.vtl.Render(dst, s.Vars(side), &s.run)
	s.template = nil
	if fault := s.CollectOverrides(); err == nil {
		err = fault
	}
	if err == nil {
		err = s.gaveUp
	}
	return dst, err
}

// Constant returns what the template makes of every call, where it asks nothing of
// them; ok is false for any other.
func (t *Template) Constant() (text string, ok bool) { return t.vtl.Constant() }

// Vars returns $input, $context, $util and $stageVariables for a render of
// one side. What an earlier render set in $context is gone, but for the
// overrides.
func (s *Scope) Vars(side Side) vtl.Vars {
	s.side = side
	s.extra = [extraObjects]*value.Map{}
	s.run = vtl.RunOptions{Deadline: s.due(side), Memory: s.memory(side), Hook: s.Hook}
	return (*vars)(s)
}

// A pathCache holds the JSONPaths that a template has used. They are few and
// constant in nearly all templates, so it fills once and is then only read.
type pathCache struct {
	paths atomic.Pointer[map[string]*jsonpath.Path]
}

// maxCachedPaths bounds what a template that builds its paths can keep.
const maxCachedPaths = 256

func (c *pathCache) compile(path string) (*jsonpath.Path, error) {
	old := c.paths.Load()
	if old != nil {
		if p, ok := (*old)[path]; ok {
			return p, nil
		}
	}
	p, err := jsonpath.Compile(path)
	if err != nil || old != nil && len(*old) >= maxCachedPaths {
		return p, err
	}
	next := make(map[string]*jsonpath.Path)
	if old != nil {
		maps.Copy(next, *old)
	}
	next[path] = p
	c.paths.CompareAndSwap(old, &next) // who loses the race compiles again
	return p, nil
}
