package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/runtimes"
	"github.com/gatehouse-gw/gatehouse/internal/template"
)

// templateCode is the functions of a template whose code is on this machine: they are run
// as those of lambda-functions, which go before.
type templateCode struct {
	file     string
	root     string              // the API at the root, by its logical id; "" for the first
	known    []template.Function // when they were looked at last
	findings []openapi.Finding   // why some are not run
}

// extend adds the functions to a configuration.
func (t *templateCode) extend(c *config) {
	t.known = t.functions(c)
	t.findings = nil
	if len(t.known) == 0 {
		return
	}
	c.LambdaFunctions = maps.Clone(c.LambdaFunctions)
	if c.LambdaFunctions == nil {
		c.LambdaFunctions = make(map[string]lambdaFunction)
	}
	for i := range t.known {
		f := &t.known[i]
		_, configured := c.LambdaFunctions[f.LogicalID]
		_, named := c.LambdaFunctions[f.Name]
		if configured || named || f.Dir == "" {
			continue
		}
		code, err := codeFor(c, f)
		if err != nil {
			t.findings = append(t.findings, openapi.Finding{
				Severity: openapi.Warning, Concern: openapi.Serving, Position: f.Position, Path: "#/Resources/" + f.LogicalID,
				Text: fmt.Sprintf("the function is not run here: %v", err),
			})
			continue
		}
		c.LambdaFunctions[f.LogicalID] = lambdaFunction{Code: code, OfTemplate: true}
		if f.Name != "" && !t.has(f.Name) {
			c.LambdaFunctions[f.Name] = lambdaFunction{Code: code, OfTemplate: true}
		}
	}
}

// notRun says why a function of the template is not run, by its logical id or name; "" where
// there is none, or it is run.
func (t *templateCode) notRun(name string) string {
	if t == nil {
		return ""
	}
	for i := range t.known {
		f := &t.known[i]
		if f.LogicalID != name && f.Name != name {
			continue
		}
		if f.Dir == "" {
			return "its code is not on this machine"
		}
		for _, finding := range t.findings {
			if finding.Path == "#/Resources/"+f.LogicalID {
				return finding.Text
			}
		}
	}
	return ""
}

// has reports whether a function has that logical id, by which it is called before another
// one of that name.
func (t *templateCode) has(logicalID string) bool {
	return slices.ContainsFunc(t.known, func(f template.Function) bool { return f.LogicalID == logicalID })
}

// functions are those of the template, none where it cannot be read, which its deployment
// tells.
func (t *templateCode) functions(c *config) []template.Function {
	if made := t.load(c); made != nil {
		return made.Functions
	}
	return nil
}

// load evaluates the template, nil where it cannot be read or is none.
func (t *templateCode) load(c *config) *template.Template {
	if !isTemplate(t.file) {
		return nil
	}
	refs, err := templateRefs(t.file)
	if err != nil {
		return nil
	}
	made, _, err := template.Load(t.file, templateOptions(c, refs, t.root))
	if err != nil {
		return nil
	}
	return made
}

// changed reports whether the template says something else of its functions than before.
func (t *templateCode) changed(c *config) bool { return !reflect.DeepEqual(t.known, t.functions(c)) }

// leastMemory is what a worker has at least, in MiB: a process of this machine is larger
// than one of Lambda's 128.
const leastMemory = functions.DefaultMemory

// codeFor is codeOf where a configuration lets the code of templates run.
func codeFor(c *config, f *template.Function) (*functions.Config, error) {
	if c.exposed() {
		return nil, errors.New("other machines reach a control plane that takes calls from anyone: listen on 127.0.0.1, or name a file with --credentials")
	}
	return codeOf(f)
}

// codeOf is the configuration of a function, or why it cannot be run on this machine.
func codeOf(f *template.Function) (*functions.Config, error) {
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		return nil, err
	}
	code := &functions.Config{
		Name: f.LogicalID, Environment: f.Variables, Timeout: time.Duration(f.Timeout) * time.Second, Code: []string{dir},
		Program: runtimes.Program{Runtime: f.Runtime, Handler: f.Handler, Dir: dir, Memory: max(int(f.Memory), leastMemory)},
	}
	for _, layer := range f.Layers {
		if layer, err = filepath.Abs(layer); err != nil {
			return nil, err
		}
		code.Program.Layers = append(code.Program.Layers, layer)
	}
	code.Code = append(code.Code, code.Program.Layers...)
	if err := code.Check(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory", f.Dir)
	}
	scratch, err := os.MkdirTemp("", "gatehouse-functions-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	_, err = (&runtimes.Machine{Scratch: scratch}).Launch(&code.Program) // tells whether there is an interpreter
	return code, err
}
