package lambda

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

type updateCodeRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	archiveInput
	Architectures []string
	Publish       bool
	DryRun        bool
	RevisionID    string `json:"RevisionId"`
	PublishTo     unsupported
}

func (s *Service) updateCode(ctx context.Context, c *operation.Call, in *updateCodeRequest) (*configuration, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	ref, f, err := s.toChange(ctx, c, in.FunctionName, in.RevisionID)
	if err != nil {
		return nil, err
	}
	if in.PublishTo.given {
		return nil, invalid("This server does not support PublishTo")
	}
	v := f.Latest
	if v.Arch, err = architecture(in.Architectures, v.Arch); err != nil {
		return nil, err
	}
	made, err := s.take(ctx, ref, &in.archiveInput, &v)
	if err != nil {
		return nil, err
	}
	if in.DryRun {
		v.Code = made
		s.discard(ctx, ref, &made)
		return tell(ref, latest, &v), nil
	}
	out, err := s.update(ctx, c, ref, in.RevisionID, in.Publish, func(tx *records.Tx, v *version) error {
		v.Arch, _ = architecture(in.Architectures, v.Arch)
		if v.Code == made {
			return nil
		}
		was := v.Code
		v.Code = made
		if err := s.claim(tx, &v.Code, ref.name, latest); err != nil {
			return err
		}
		return s.release(tx, &was, ref.name, latest)
	})
	if err != nil {
		s.discard(ctx, ref, &made)
	}
	return out, err
}

type updateConfigurationRequest struct {
	FunctionName string `uri:"FunctionName" json:"-"`
	settings
	RevisionID string `json:"RevisionId"`
}

func (s *Service) updateConfiguration(ctx context.Context, c *operation.Call, in *updateConfigurationRequest) (*configuration, error) {
	if err := s.allowed(); err != nil {
		return nil, err
	}
	ref, f, err := s.toChange(ctx, c, in.FunctionName, in.RevisionID)
	if err != nil {
		return nil, err
	}
	if err := in.refuse(ref.name); err != nil {
		return nil, err
	}
	v := f.Latest
	if err := in.apply(&v); err != nil {
		return nil, err
	}
	if in.Role != nil {
		if err := s.checkRole(ref, v.Role); err != nil {
			return nil, err
		}
	}
	if err := s.try(ctx, ref, &v, v.Code); err != nil {
		return nil, err
	}
	return s.update(ctx, c, ref, in.RevisionID, false, func(_ *records.Tx, v *version) error { return in.apply(v) })
}

// toChange reads a function that a request changes. Only $LATEST changes.
func (s *Service) toChange(ctx context.Context, c *operation.Call, name, revision string) (ref reference, f *function, err error) {
	if ref, err = parse(c, name, ""); err != nil {
		return ref, nil, err
	}
	if ref.qualifier != "" && ref.qualifier != latest {
		return ref, nil, invalid("The function name %.200q names a version or alias, and only $LATEST can be changed", name)
	}
	ref.qualifier = ""
	err = s.read(ctx, ref, func(_ *records.Tx, known *function) error {
		if f = known; revision != "" && revision != f.Latest.Revision {
			return stale()
		}
		return nil
	})
	return ref, f, err
}

// update changes $LATEST, and publishes it where that is asked for.
func (s *Service) update(ctx context.Context, c *operation.Call, ref reference, revision string, publish bool, fn func(tx *records.Tx, v *version) error) (out *configuration, err error) {
	err = s.change(ctx, ref, func(tx *records.Tx, f *function) error {
		if revision != "" && revision != f.Latest.Revision {
			return stale()
		}
		f.Latest.Modified, f.Latest.Revision = modified(c.Now), newRevision()
		if err := fn(tx, &f.Latest); err != nil {
			return err
		}
		out = tell(ref, latest, &f.Latest)
		if !publish {
			return nil
		}
		out, err = s.publishLatest(tx, ref, f, f.Latest.Description)
		return err
	})
	return out, err
}
