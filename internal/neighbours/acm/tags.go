package acm

import (
	"context"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// A tag is one in records, requests and answers.
type tag struct {
	Key   string  `required:"" min:"1" max:"128" pattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"`
	Value *string `json:",omitempty" max:"256" pattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"`
}

// maxTags is how many a certificate may have (documented).
const maxTags = 50

// tagged adds tags to those that there are. One whose key is there already takes its place.
func tagged(there, more []tag) ([]tag, error) {
	out := slices.Clone(there)
	for _, t := range more {
		if at := slices.IndexFunc(out, func(other tag) bool { return other.Key == t.Key }); at >= 0 {
			out[at] = t
		} else {
			out = append(out, t)
		}
	}
	if len(out) > maxTags {
		return nil, fail("TooManyTagsException", "A certificate can have %d tags at most", maxTags)
	}
	return out, nil
}

type tagsRequest struct {
	certificateRequest
	Tags []tag `required:"" min:"1" max:"50"`
}

func (m *Manager) addTags(ctx context.Context, c *operation.Call, in *tagsRequest) (*operation.Nothing, error) {
	return new(operation.Nothing), m.change(ctx, c, in.CertificateARN, func(cert *certificate) (err error) {
		cert.Tags, err = tagged(cert.Tags, in.Tags)
		return err
	})
}

// removeTags removes tags by their keys, or, where a value is given, those that have it.
func (m *Manager) removeTags(ctx context.Context, c *operation.Call, in *tagsRequest) (*operation.Nothing, error) {
	return new(operation.Nothing), m.change(ctx, c, in.CertificateARN, func(cert *certificate) error {
		cert.Tags = slices.DeleteFunc(cert.Tags, func(there tag) bool {
			return slices.ContainsFunc(in.Tags, func(t tag) bool {
				return t.Key == there.Key && (t.Value == nil || there.Value != nil && *t.Value == *there.Value)
			})
		})
		return nil
	})
}

type tagsResponse struct{ Tags []tag }

func (m *Manager) listTags(ctx context.Context, c *operation.Call, in *certificateRequest) (*tagsResponse, error) {
	out := &tagsResponse{[]tag{}}
	err := m.read(ctx, c, in.CertificateARN, func(_ *records.Tx, cert *certificate) error {
		out.Tags = append(out.Tags, cert.Tags...)
		return nil
	})
	return out, err
}
