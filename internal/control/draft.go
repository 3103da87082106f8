package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Draft freezes an API as it stands now, without deploying it.
func (s *Service) Draft(ctx context.Context, who *wire.Caller, api string) (*snapshot.Deployment, error) {
	var out *snapshot.Deployment
	err := s.read(ctx, who, func(t *tx) error {
		src, err := t.source(api)
		if err != nil {
			return err
		}
		if err := checkDeployable(src); err != nil {
			return err
		}
		out = t.freeze(api, &wire.Deployment{ID: new(""), CreatedDate: &t.now}, src)
		return nil
	})
	return out, err
}
