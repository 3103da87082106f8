package lambda

import (
	"context"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

type tagsRequest struct {
	Resource string `uri:"Resource" json:"-"`
}

type tagRequest struct {
	Resource string            `uri:"Resource" json:"-"`
	Tags     map[string]string `required:""`
}

type untagRequest struct {
	Resource string   `uri:"Resource" json:"-"`
	TagKeys  []string `query:"tagKeys" json:"-" required:""`
}

type tagsAnswer struct {
	Tags map[string]string `json:"Tags"`
}

// The bounds of tags (documented).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("The number of tags exceeds the limit of %d", maxTags)
	}
	for key, value := range tags {
		if key == "" || utf8.RuneCountInString(key) > maxTagKey || utf8.RuneCountInString(value) > maxTagValue || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("The tag %.150q cannot be: a key has 1 to 128 characters, does not begin with aws:, and a value has 256 at the most", key)
		}
	}
	return nil
}

// tagged is the function of the ARN of a request about tags. Functions have tags, their
// versions and aliases have none.
func tagged(c *operation.Call, arn string) (reference, error) {
	ref, err := parse(c, arn, "")
	if err == nil && (ref.qualifier != "" || !strings.HasPrefix(arn, "arn:")) {
		err = invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.")
	}
	return ref, err
}

func (s *Service) tag(ctx context.Context, c *operation.Call, in *tagRequest) (*operation.Nothing, error) {
	ref, err := tagged(c, in.Resource)
	if err != nil {
		return nil, err
	}
	return new(operation.Nothing), s.change(ctx, ref, func(_ *records.Tx, f *function) error {
		all := maps.Clone(f.Tags)
		if all == nil {
			all = make(map[string]string)
		}
		maps.Copy(all, in.Tags)
		f.Tags = all
		return checkTags(all)
	})
}

func (s *Service) untag(ctx context.Context, c *operation.Call, in *untagRequest) (*operation.Nothing, error) {
	ref, err := tagged(c, in.Resource)
	if err != nil {
		return nil, err
	}
	return new(operation.Nothing), s.change(ctx, ref, func(_ *records.Tx, f *function) error {
		for _, key := range in.TagKeys {
			delete(f.Tags, key)
		}
		return nil
	})
}

func (s *Service) listTags(ctx context.Context, c *operation.Call, in *tagsRequest) (*tagsAnswer, error) {
	ref, err := tagged(c, in.Resource)
	if err != nil {
		return nil, err
	}
	out := &tagsAnswer{Tags: make(map[string]string)}
	err = s.read(ctx, ref, func(_ *records.Tx, f *function) error {
		maps.Copy(out.Tags, f.Tags)
		return nil
	})
	return out, err
}
