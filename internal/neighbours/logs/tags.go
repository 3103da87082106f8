package logs

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// maxTags is how many tags a group has.
const maxTags = 50

// checkTags reports what is wrong with tags.
func checkTags(tags map[string]string) error {
	const longestKey, longestValue = 128, 256
	for key, value := range tags {
		switch {
		case key == "" || utf8.RuneCountInString(key) > longestKey:
			return invalid("The key of a tag has 1 to 128 characters.")
		case utf8.RuneCountInString(value) > longestValue:
			return invalid("The value of a tag has at most 256 characters.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid("The key of a tag may not begin with aws:.")
		}
	}
	return nil
}

// A resource is the input of operations that take a group by its ARN.
type resource struct {
	ARN string `json:"resourceArn" required:"" min:"1" max:"1011" pattern:"[\\w+=/:,.@-]*"`
}

func (in *resource) names() (group, stream string) { return nameOf(in.ARN), "" }

// group is the name of the caller's group with the ARN.
func (in *resource) group(c *operation.Call) (string, error) {
	if !strings.HasPrefix(in.ARN, "arn:"+partition(c)+":logs:") {
		return "", invalid("The ARN of a log group is needed.")
	}
	return groupOf(c, in.ARN)
}

type tagResourceRequest struct {
	resource
	Tags map[string]string `json:"tags" required:"" min:"1" max:"50"`
}

func (s *service) tagResource(ctx context.Context, c *operation.Call, in *tagResourceRequest) (*operation.Nothing, error) {
	name, err := in.group(c)
	if err != nil {
		return nil, err
	}
	return s.tag(ctx, c, name, in.Tags)
}

type tagGroupRequest struct {
	groupName
	Tags map[string]string `json:"tags" required:"" min:"1" max:"50"`
}

func (s *service) tagGroup(ctx context.Context, c *operation.Call, in *tagGroupRequest) (*operation.Nothing, error) {
	return s.tag(ctx, c, in.Group, in.Tags)
}

func (s *service) tag(ctx context.Context, c *operation.Call, name string, tags map[string]string) (*operation.Nothing, error) {
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	return &operation.Nothing{}, s.change(ctx, c, name, func(_ *records.Tx, g *group) error {
		if g.Tags == nil {
			g.Tags = make(map[string]string)
		}
		maps.Copy(g.Tags, tags)
		if len(g.Tags) > maxTags {
			return &wire.Error{Status: http.StatusBadRequest, Type: "TooManyTagsException", Message: "The log group would have more than 50 tags."}
		}
		return nil
	})
}

type untagResourceRequest struct {
	resource
	Keys []string `json:"tagKeys" required:"" max:"50"`
}

func (s *service) untagResource(ctx context.Context, c *operation.Call, in *untagResourceRequest) (*operation.Nothing, error) {
	name, err := in.group(c)
	if err != nil {
		return nil, err
	}
	return s.untag(ctx, c, name, in.Keys)
}

type untagGroupRequest struct {
	groupName
	Keys []string `json:"tags" required:"" min:"1"`
}

func (s *service) untagGroup(ctx context.Context, c *operation.Call, in *untagGroupRequest) (*operation.Nothing, error) {
	return s.untag(ctx, c, in.Group, in.Keys)
}

func (s *service) untag(ctx context.Context, c *operation.Call, name string, keys []string) (*operation.Nothing, error) {
	return &operation.Nothing{}, s.change(ctx, c, name, func(_ *records.Tx, g *group) error {
		for _, key := range keys {
			delete(g.Tags, key)
		}
		return nil
	})
}

type tagsResponse struct {
	Tags map[string]string `json:"tags"`
}

func (s *service) listResourceTags(ctx context.Context, c *operation.Call, in *resource) (*tagsResponse, error) {
	name, err := in.group(c)
	if err != nil {
		return nil, err
	}
	return s.listTags(ctx, c, name)
}

func (s *service) listGroupTags(ctx context.Context, c *operation.Call, in *groupName) (*tagsResponse, error) {
	return s.listTags(ctx, c, in.Group)
}

func (s *service) listTags(ctx context.Context, c *operation.Call, name string) (*tagsResponse, error) {
	out := &tagsResponse{Tags: map[string]string{}}
	return out, s.read(ctx, c, name, func(_ *records.Tx, g *group) error {
		maps.Copy(out.Tags, g.Tags)
		return nil
	})
}
