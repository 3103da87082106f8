package main

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
)

// openedStages are the stages whose documentation the configuration opens.
type openedStages struct {
	apis   []string                   // ids, in the order of the configuration
	stages map[string]map[string]bool // by API; of one with the stage "" all are open
	dev    bool                       // so are all of dev's own APIs
	bases  map[string]fileBase        // by the API of a file
}

// A fileBase is the base path of an API that a file describes.
type fileBase struct{ stage, base string }

// any reports whether anything is open.
func (o *openedStages) any() bool { return o.dev || len(o.apis) > 0 }

func (o *openedStages) has(api, stage string) bool {
	return o.stages[api][""] || o.stages[api][stage]
}

// apiName is what the id of an API looks like.
var apiName = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// parseOpened reads what the setting portal opens: the id of an API, and of its stages
// "" for all.
func parseOpened(text string, files []apiFile) (api, stage string, err error) {
	for _, a := range files {
		if text == a.file || text == a.file+"/"+a.stage {
			return a.id, a.stage, nil
		}
	}
	api, stage, staged := strings.Cut(text, "/")
	if !apiName.MatchString(api) || staged && !stageName.MatchString(stage) {
		return "", "", fmt.Errorf("%q is neither API or API/STAGE, by the API's id, nor a file of api", brief(text))
	}
	return api, stage, nil
}

func checkPortal(c *config) error {
	files, _ := c.apiFiles() // which has its own check
	for _, text := range c.Portal {
		if _, _, err := parseOpened(text, files); err != nil {
			return err
		}
	}
	return nil
}

// openedStages reads the setting portal, which has been checked.
func (c *config) openedStages() *openedStages {
	o := &openedStages{stages: make(map[string]map[string]bool), bases: make(map[string]fileBase), dev: c.requestLines && c.ownMachine()}
	files, _ := c.apiFiles() // checked when loaded
	for _, text := range c.Portal {
		api, stage, _ := parseOpened(text, files)
		if o.stages[api] == nil {
			o.stages[api] = make(map[string]bool)
			o.apis = append(o.apis, api)
		}
		o.stages[api][stage] = true
	}
	for _, a := range files {
		if a.based {
			o.bases[a.id] = fileBase{a.stage, a.base}
		}
	}
	return o
}

// ownMachine reports whether nobody but this machine reaches the listeners at which the
// portal is.
func (c *config) ownMachine() bool {
	addresses := []string{c.Listen, c.GatewayListen, c.GatewayTLSListen}
	endpoints, _ := c.vpcEndpoints() // checked when loaded
	for _, e := range endpoints {
		for _, at := range e.listen {
			addresses = append(addresses, at.address)
		}
	}
	return !slices.ContainsFunc(addresses, func(address string) bool {
		host, _, _ := net.SplitHostPort(address)
		return address != "" && !loopback(host)
	})
}
