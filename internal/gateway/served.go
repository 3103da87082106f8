package gateway

import (
	"maps"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// Stage returns a stage as it was published last, nil where none is served by these
// names. The API's id is found without regard to case, as in requests.
func (g *Gateway) Stage(api, stage string) *snapshot.Stage {
	if e, _ := g.index.find(api, stage); e != nil {
		return e.stage
	}
	return nil
}

// StageNames lists the stages of an API that are served, in order.
func (g *Gateway) StageNames(api string) []string {
	return slices.Sorted(maps.Keys(g.index.stagesOf(api)))
}
