package control_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The oldest deployments go when there are more than are to be kept, with what
// they froze and what is served of them, and never one that a stage is on.
func TestKeepDeployments(t *testing.T) {
	for name, tt := range map[string]struct {
		keep int
		want []int // deployments that are left, by number
	}{
		"all":   {0, []int{0, 1, 2, 3, 4, 5}},
		"three": {3, []int{1, 3, 4, 5}},
		"one":   {1, []int{1, 4, 5}}, // 4 was in use when 5 was made
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Service = control.New(control.Options{Store: b.store, KeepDeployments: tt.keep})
			id, _ := b.api()
			var made []string
			for i := range 6 {
				stage := "prod"
				if i == 1 {
					stage = "old"
				}
				d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: id, StageName: &stage}))(t)
				made = append(made, *d.ID)
			}
			list := must(b.GetDeployments(ctx(), who, &wire.GetDeploymentsRequest{RestAPIID: id}))(t)
			var left []int
			for _, d := range list.Items {
				left = append(left, slices.Index(made, *d.ID))
			}
			if diff := cmp.Diff(tt.want, left); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for i, d := range made {
				_, err := b.store.Served(ctx(), snapshot.ServedDeployment, snapshot.ServedID(id, d))
				if gone := errors.Is(err, store.ErrNotFound); gone == slices.Contains(tt.want, i) {
					t.Errorf("what is served of %d: %v", i, err)
				}
			}
		})
	}
}
