package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// An apiFile is one value of --api: an API that a file describes.
type apiFile struct {
	text  string // as it was given
	file  string
	id    string // of the API: the file's name, or its directory's where that says more
	stage string
	base  string // path under which the stage is served as well, without the slash at its end
	based bool   // there is one; base may be ""

	upstream string // of operations without an integration, as openapi.Options has it
}

// fileStage is the stage of an API whose value of --api names none.
const fileStage = "prod"

var (
	stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
	basePath  = regexp.MustCompile(`^(?:/[a-zA-Z0-9._~-]*[a-zA-Z0-9_~-])+$`)
	idLetters = regexp.MustCompile(`[^a-z0-9]+`)
)

// parseAPIFile reads FILE[=STAGE][@/base].
func parseAPIFile(text string) (apiFile, error) {
	a := apiFile{text: text, file: text, stage: fileStage}
	if at := strings.LastIndex(a.file, "@/"); at >= 0 {
		a.base, a.based = strings.TrimSuffix(a.file[at+1:], "/"), true
		if a.file = a.file[:at]; a.base != "" && !basePath.MatchString(a.base) {
			return a, fmt.Errorf("%q: %q is no base path such as /orders", brief(text), brief(a.base))
		}
	}
	if at := strings.LastIndexByte(a.file, '='); at >= 0 {
		if a.file, a.stage = a.file[:at], a.file[at+1:]; !stageName.MatchString(a.stage) {
			return a, fmt.Errorf("%q: %q is no name of a stage: it has letters, digits, - and _", brief(text), brief(a.stage))
		}
	}
	if a.file == "" {
		return a, fmt.Errorf("%q names no file; it is FILE, FILE=STAGE or FILE=STAGE@/base", brief(text))
	}
	a.id = apiID(a.file)
	if a.id == "" {
		return a, fmt.Errorf("%q: no id of an API can be made of the file's name, which has to have a letter or digit", brief(text))
	}
	return a, nil
}

// apiID makes the id of an API of its file's name: orders.yaml is orders, and so is
// orders/openapi.yaml.
func apiID(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if dir := filepath.Base(filepath.Dir(file)); (name == "openapi" || name == "swagger") && dir != "." && dir != ".." && dir != "/" {
		name = dir
	}
	id := strings.Trim(idLetters.ReplaceAllString(strings.ToLower(name), "-"), "-")
	return strings.Trim(id[:min(len(id), 63)], "-")
}

// apiFiles reads the values of --api. Each has an id and a base path of its own.
func (c *config) apiFiles() ([]apiFile, error) {
	ids, bases := make(map[string]string), make(map[string]string)
	var list []apiFile
	for _, text := range c.API {
		a, err := parseAPIFile(text)
		if err != nil {
			return nil, err
		}
		if other, twice := ids[a.id]; twice {
			return nil, fmt.Errorf("%q and %q would both be the API %s, after the name of the file: rename one", brief(other), brief(text), a.id)
		}
		if other, twice := bases[a.base]; twice && a.based {
			return nil, fmt.Errorf("%q and %q have the same base path", brief(other), brief(text))
		}
		a.upstream = c.UpstreamForPlain
		ids[a.id] = text
		if a.based {
			bases[a.base] = text
		}
		list = append(list, a)
	}
	return list, nil
}

func checkAPIs(c *config) error {
	_, err := c.apiFiles()
	return err
}

// checkBases wants a listener of the stages' own for base paths: at --listen the
// control plane answers.
func (c *config) checkBases() error {
	list, _ := c.apiFiles() // checked before
	for _, a := range list {
		if a.based && c.GatewayListen == "" && c.GatewayTLSListen == "" {
			return fmt.Errorf("%s: %q: a base path needs gateway-listen or gateway-tls-listen, for at --listen the control plane answers", c.called("api"), brief(a.text))
		}
	}
	return nil
}
