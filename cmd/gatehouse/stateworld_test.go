package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A world is what the server should hold of one API, said as simply as it can
// be: the model that the real one is compared with. Resources are known by
// their paths, deployments by their descriptions.
type world struct {
	exists      bool
	description string
	version     string
	resources   map[string]bool
	methods     map[string]methodState // by verb and path: "GET /a"
	models      map[string]bool
	deployments map[string]map[string]string // what each serves: answers by verb and path
	stages      map[string]stageState

	keys  map[string]bool      // API keys by name, whether they are enabled; they outlive the API
	plans map[string]planState // usage plans by name, which do, too

	domain   bool              // whether there is the session's domain name, which outlives the API, too
	mappings map[string]string // its base paths, to stages
}

// A methodState is a method with what hangs on it.
type methodState struct {
	model       string // of its request, "" for none
	ok, missing bool   // responses 200 and 404
	mock        bool   // has an integration
	answer      string // of the integration's response, "" for no response
}

// A stageState is a stage: its deployment and its variable x.
type stageState struct{ deployment, x string }

// newWorld is an API that was just made.
func newWorld() *world {
	return &world{
		exists: true, resources: map[string]bool{"/": true}, methods: map[string]methodState{},
		models: map[string]bool{"Empty": true, "Error": true}, deployments: map[string]map[string]string{}, stages: map[string]stageState{},
		keys: map[string]bool{}, plans: map[string]planState{},
	}
}

func (w *world) clone() *world {
	c := *w
	c.resources, c.methods, c.models = maps.Clone(w.resources), maps.Clone(w.methods), maps.Clone(w.models)
	c.deployments, c.stages = maps.Clone(w.deployments), maps.Clone(w.stages)
	c.keys, c.plans = maps.Clone(w.keys), maps.Clone(w.plans)
	c.mappings = maps.Clone(w.mappings)
	return &c
}

// childPath is the path of a part below a parent.
func childPath(parent, part string) string { return strings.TrimSuffix(parent, "/") + "/" + part }

// splitPath is the parent of a path and its last part.
func splitPath(path string) (parent, part string) {
	i := strings.LastIndexByte(path, '/')
	return max(path[:i], "/"), path[i+1:]
}

// within reports whether a path is another or below it.
func within(path, top string) bool {
	return path == top || strings.HasPrefix(path, strings.TrimSuffix(top, "/")+"/")
}

// fits is the error that a place gives the resource at self, "" for none.
func (w *world) fits(self, parent, part string) string {
	if strings.ContainsAny(part, " /") || part == "" || strings.HasSuffix(parent, "+}") {
		return "BadRequest"
	}
	if target := childPath(parent, part); w.resources[target] && target != self {
		return "Conflict"
	}
	for path := range w.resources {
		above, sibling := splitPath(path)
		if path != "/" && path != self && above == parent && sibling[0] == '{' && part[0] == '{' {
			return "BadRequest"
		}
	}
	return ""
}

// move gives everything at and below a path its new path.
func (w *world) move(from, to string) {
	for _, path := range slices.Collect(maps.Keys(w.resources)) {
		if within(path, from) {
			delete(w.resources, path)
			defer func() { w.resources[to+path[len(from):]] = true }()
		}
	}
	for _, key := range slices.Collect(maps.Keys(w.methods)) {
		verb, path, _ := strings.Cut(key, " ")
		if within(path, from) {
			m := w.methods[key]
			delete(w.methods, key)
			defer func() { w.methods[verb+" "+to+path[len(from):]] = m }()
		}
	}
}

// drop forgets everything at and below a path.
func (w *world) drop(top string) {
	maps.DeleteFunc(w.resources, func(path string, _ bool) bool { return within(path, top) })
	maps.DeleteFunc(w.methods, func(key string, _ methodState) bool {
		_, path, _ := strings.Cut(key, " ")
		return within(path, top)
	})
}

// uses reports whether a method refers to a model.
func (w *world) uses(model string) bool {
	for _, m := range w.methods {
		if m.model == model {
			return true
		}
	}
	return false
}

// frozen is what a deployment of the world serves: of the methods that have
// all they need, the answers.
func (w *world) frozen() map[string]string {
	out := map[string]string{}
	for key, m := range w.methods {
		if m.ok && m.answer != "" {
			out[key] = m.answer
		}
	}
	return out
}

// deployable reports whether there is a method, and none without integration.
func (w *world) deployable() bool {
	for _, m := range w.methods {
		if !m.mock {
			return false
		}
	}
	return len(w.methods) > 0
}

// served reports whether a stage is on a deployment.
func (w *world) served(deployment string) bool {
	for _, s := range w.stages {
		if s.deployment == deployment {
			return true
		}
	}
	return false
}

// dump is the world as lines, in the form in which a session reads the server.
func (w *world) dump() map[string]string {
	out := map[string]string{}
	w.dumpCallers(out)
	w.dumpDomain(out)
	if !w.exists {
		return out
	}
	out["api"] = fmt.Sprintf("%q %q", w.description, w.version)
	for path := range w.resources {
		out["resource "+path] = ""
	}
	for key, m := range w.methods {
		out["method "+key] = fmt.Sprintf("%+v", m)
	}
	for name := range w.models {
		out["model "+name] = ""
	}
	for label := range w.deployments {
		out["deployment "+label] = ""
	}
	for name, s := range w.stages {
		out["stage "+name] = fmt.Sprintf("%+v", s)
	}
	return out
}
