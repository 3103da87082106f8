package main

import (
	"context"
	"os"
	"strings"
	"sync"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A configFile is dev's configuration file: what changes in it is taken over when it is
// saved.
type configFile struct {
	of *developers

	mu    sync.Mutex
	files map[string]os.FileInfo // as it was when it was read
}

// seen is for watch.
func (f *configFile) seen() map[string]os.FileInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.files
}

// reload is for watch.
func (f *configFile) reload(ctx context.Context) {
	name := strings.Join(names(f), ", ")
	f.mu.Lock()
	f.files = look([]string{name})
	f.mu.Unlock()
	f.of.under(ctx, func(ctx context.Context) { f.of.server.reconfigure(ctx, name+" has changed") })
}

// configure takes over what the configuration says of the file: the variables of its stage
// and who serves what has no integration.
func (d *developer) configure() {
	c := d.server.config()
	d.variables, _ = c.stageVariables() // checked when loaded
	d.upstream = c.UpstreamForPlain
}

// dropVariables takes the stage's variables away where none is given any more: a
// deployment without any leaves them.
func (d *developer) dropVariables(ctx context.Context) error {
	had := d.hasVariables
	if d.hasVariables = len(d.stageVariables()) > 0; d.hasVariables || !had {
		return nil
	}
	_, err := d.server.control.UpdateStage(ctx, d.who, &wire.UpdateStageRequest{RestAPIID: d.api, StageName: d.stage, PatchOperations: []wire.PatchOperation{
		{Op: new("remove"), Path: new("/variables")},
	}})
	return err
}
