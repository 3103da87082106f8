// Package logs is what tools ask of CloudWatch Logs.
package logs

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/awsjson"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// Target is what stands before the dot in X-Amz-Target.
const Target = "Logs_20140328"

// New makes the service over its records.
func New(r *records.Records) *operation.Service {
	s := &service{r}
	return &operation.Service{
		Name:     "logs",
		Protocol: &awsjson.Protocol{Target: Target, Called: "CloudWatch Logs", Wrong: "InvalidParameterException"},
		Operations: map[string]operation.Operation{
			"DescribeLogGroups": operation.Of(anyGroup, s.describeGroups),
		},
	}
}

type service struct{ records *records.Records }

// A group is the record of a log group, under its name.
type group struct {
	Created int64 `json:"created"` // in milliseconds since 1970
}

// groups are the log groups of an account in a region.
var groups = records.Kind[group]{Name: "loggroup"}

type describeGroupsRequest struct {
	Prefix *string `json:"logGroupNamePrefix" min:"1" max:"512" pattern:"[\\.\\-_/#A-Za-z0-9]+"`
	Next   *string `json:"nextToken" min:"1"`
	Limit  *int    `json:"limit" min:"1" max:"50"`
}

type describeGroupsResponse struct {
	Groups []groupAnswer `json:"logGroups"`
	Next   *string       `json:"nextToken,omitempty"`
}

type groupAnswer struct {
	Name    string `json:"logGroupName"`
	ARN     string `json:"arn"`
	Created int64  `json:"creationTime"`
}

func anyGroup(c *operation.Call, _ *describeGroupsRequest) []operation.Permission {
	return c.On(c.ARN("logs", "log-group:*"))
}

// defaultPage is how many groups are listed where nothing is said (documented).
const defaultPage = 50

func (s *service) describeGroups(ctx context.Context, c *operation.Call, in *describeGroupsRequest) (*describeGroupsResponse, error) {
	prefix, after, limit := "", "", defaultPage
	if in.Prefix != nil {
		prefix = *in.Prefix
	}
	if in.Next != nil {
		after = *in.Next
	}
	if in.Limit != nil {
		limit = *in.Limit
	}
	out := &describeGroupsResponse{Groups: []groupAnswer{}}
	err := s.records.Read(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		items, more, err := groups.List(tx, prefix, after, limit)
		for _, g := range items {
			out.Groups = append(out.Groups, groupAnswer{g.ID, c.ARN("logs", "log-group:"+g.ID+":*"), g.Record.Created})
		}
		if more {
			out.Next = &items[len(items)-1].ID
		}
		return err
	})
	return out, err
}
