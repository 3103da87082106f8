package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Draft freezes an API as it stands now, without deploying it.
func (s *Service) Draft(ctx context.Context, who *wire.Caller, api string) (*snapshot.Deployment, error) {
	return readPage(ctx, s, who, api, func(t *tx) (*snapshot.Deployment, error) {
		src, err := t.source()
		if err != nil {
			return nil, err
		}
		if err := checkDeployable(src); err != nil {
			return nil, err
		}
		return t.freeze(&wire.Deployment{ID: new(""), CreatedDate: &t.now}, src), nil
	})
}
