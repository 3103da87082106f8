package logs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// retentions are the days that a group can keep its events (documented).
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

type putRetentionRequest struct {
	groupName
	Days *int `json:"retentionInDays" required:""`
}

func (s *service) putRetention(ctx context.Context, c *operation.Call, in *putRetentionRequest) (*operation.Nothing, error) {
	if !slices.Contains(retentions, *in.Days) {
		return nil, invalid(fmt.Sprintf("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [%s]",
			*in.Days, strings.Join(strings.Fields(strings.Trim(fmt.Sprint(retentions), "[]")), ", ")))
	}
	err := s.change(ctx, c, in.Group, func(_ *records.Tx, g *group) error {
		g.Retention = *in.Days
		return nil
	})
	if err == nil {
		s.expire(c.Who, in.Group, &group{Retention: *in.Days}, c.Now)
	}
	return &operation.Nothing{}, err
}

func (s *service) deleteRetention(ctx context.Context, c *operation.Call, in *groupName) (*operation.Nothing, error) {
	return &operation.Nothing{}, s.change(ctx, c, in.Group, func(_ *records.Tx, g *group) error {
		g.Retention = 0
		return nil
	})
}

// oldest is the earliest time of events that a group keeps, 0 for any.
func (g *group) oldest(now time.Time) int64 {
	if g.Retention == 0 {
		return 0
	}
	return now.AddDate(0, 0, -g.Retention).UnixMilli()
}

// expire lets the events of a group go that it keeps no longer. It is called before they
// are read.
func (s *service) expire(who *wire.Caller, name string, g *group, now time.Time) {
	if before := g.oldest(now); before > 0 {
		s.Events.Expire(events(who, name), before)
	}
}
