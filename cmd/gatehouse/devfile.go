package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// placeEndpoint makes the API of a definition that names VPC endpoints a private one, as
// it says, and all others regional.
func placeEndpoint(def *openapi.API) {
	e := def.RestAPI.EndpointConfiguration
	switch {
	case e == nil:
		def.RestAPI.EndpointConfiguration = &wire.EndpointConfiguration{Types: []string{"REGIONAL"}}
	case len(e.VPCEndpointIDs) > 0 && len(e.Types) == 0:
		e.Types = []string{"PRIVATE"}
	case len(e.Types) == 0:
		e.Types = []string{"REGIONAL"}
	}
}

// dropRefused takes from a definition the models for which it was refused, and
// reports whether there are any. Where it was not written for AWS, models that
// AWS refuses cost no more than a notice.
func dropRefused(def *openapi.API, refused *control.DefinitionError) bool {
	names := make(map[string]string) // of models, by reference
	for _, m := range def.Models {
		names[m.Ref] = *m.Name
	}
	drop := make(map[string]bool)
	for _, f := range refused.Findings {
		name, ok := names[f.Path]
		if !ok || !def.Plain {
			continue
		}
		drop[name] = true
		f.Severity, f.Concern, f.Text = openapi.Warning, openapi.Serving, "AWS would refuse this: "+f.Text
		def.Findings = append(def.Findings, f)
	}
	def.DropModels(drop)
	return len(drop) > 0
}

// A refScope is what references from a definition reach: the files of a directory, which
// the rule tells of in errors.
type refScope struct{ root, rule string }

// devRefs are, for who works on a definition, the files of the repository that holds
// it, else of the working directory, and of its own where that does not hold it or is the
// directory of all files.
func devRefs(file string) (refScope, error) {
	const rule = "dev reads the files of the repository that holds the definition, else of the working directory"
	own, repository, err := repositoryOf(file)
	if err != nil || repository != "" {
		return refScope{repository, rule}, err
	}
	work, err := os.Getwd()
	if err != nil {
		return refScope{}, fmt.Errorf("working directory: %w", err)
	}
	if below, err := filepath.Rel(work, own); err != nil || !filepath.IsLocal(below) || work == filepath.Dir(work) {
		return refScope{own, rule}, nil
	}
	return refScope{work, rule}, nil
}

// templateRefs are, for who works on a template, the files of the repository that holds it, else
// of its directory: what a template of others includes is no file that merely lies near.
func templateRefs(file string) (refScope, error) {
	return nearRefs(file, "dev reads the files of the repository that holds the template, else of its directory")
}

// serveRefs are, in production, the files of the repository that holds the definition, else
// of its directory: a service manager starts programs in /, from which
// references would reach every file.
func serveRefs(file string) (refScope, error) {
	return nearRefs(file, "serve reads the files of the repository that holds the definition, else of its directory")
}

// nearRefs are the files of the repository that holds a file, else of its directory.
func nearRefs(file, rule string) (refScope, error) {
	own, repository, err := repositoryOf(file)
	if repository == "" {
		repository = own
	}
	return refScope{repository, rule}, err
}

// repositoryOf returns the directory of a file and that of the repository that holds it, "" for
// none.
func repositoryOf(file string) (own, repository string, err error) {
	file, err = filepath.Abs(file)
	if err != nil {
		return "", "", err
	}
	own = filepath.Dir(file)
	for dir := own; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return own, dir, nil
		}
		if dir == filepath.Dir(dir) {
			return own, "", nil
		}
	}
}
