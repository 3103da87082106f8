package control

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The tags that apigatewayv2 reads and changes are those of apigateway: the ARNs of what
// both services show are the same.

// TagResourceV2 is TagResource of apigatewayv2.
func (s *Service) TagResourceV2(ctx context.Context, who *wire.Caller, in *wire.TagResourceRequestV2) (*wire.Empty, error) {
	return s.TagResource(ctx, who, &wire.TagResourceRequest{ResourceARN: in.ResourceARN, Tags: in.Tags})
}

// UntagResourceV2 is UntagResource of apigatewayv2.
func (s *Service) UntagResourceV2(ctx context.Context, who *wire.Caller, in *wire.UntagResourceRequestV2) (*wire.Empty, error) {
	return s.UntagResource(ctx, who, &wire.UntagResourceRequest{ResourceARN: in.ResourceARN, TagKeys: in.TagKeys})
}

// GetTagsV2 is GetTags of apigatewayv2.
func (s *Service) GetTagsV2(ctx context.Context, who *wire.Caller, in *wire.GetTagsRequestV2) (*wire.TagsV2, error) {
	tags, err := s.GetTags(ctx, who, &wire.GetTagsRequest{ResourceARN: in.ResourceARN})
	if err != nil {
		return nil, err
	}
	return &wire.TagsV2{Tags: tags.Tags}, nil
}
