package logs

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// A stream is the record of a log stream that somebody has created, under
// records.ID(group, stream).
type stream struct {
	Created int64 `json:"created"` // in milliseconds since 1970
}

var streams = records.Kind[stream]{Name: "logstream"}

// maxStreams is how many streams are created in a group.
const maxStreams = 10_000

// A streamName is the input of operations that take a stream by its name and its group's.
type streamName struct {
	groupName
	Stream string `json:"logStreamName" required:"" min:"1" max:"512" pattern:"[^:*]*"`
}

func (in *streamName) names() (group, stream string) { return in.Group, in.Stream }

// stream finds a stream: one that somebody has created, or that has come to be with its
// events.
func (s *service) stream(tx *records.Tx, c *operation.Call, group, name string) error {
	st, err := streams.Get(tx, records.ID(group, name))
	if st != nil || err != nil {
		return err
	}
	if s.Events.HasStream(events(c.Who, group), name) {
		return nil
	}
	return errNoStream
}

func (s *service) createStream(ctx context.Context, c *operation.Call, in *streamName) (*operation.Nothing, error) {
	return &operation.Nothing{}, s.change(ctx, c, in.Group, func(tx *records.Tx, _ *group) error {
		if err := s.stream(tx, c, in.Group, in.Stream); err != errNoStream {
			if err == nil {
				err = exists("The specified log stream already exists")
			}
			return err
		}
		n, err := streams.Count(tx, records.Prefix(in.Group))
		if err != nil {
			return err
		}
		if n >= maxStreams {
			return limitExceeded()
		}
		return streams.Put(tx, records.ID(in.Group, in.Stream), &stream{Created: c.Now.UnixMilli()})
	})
}

func (s *service) deleteStream(ctx context.Context, c *operation.Call, in *streamName) (*operation.Nothing, error) {
	s.Flush() // what was written before goes, too
	err := s.Records.Write(ctx, c.Who.Account, c.Who.Region, func(tx *records.Tx) error {
		if _, err := s.find(tx, c.Who, in.Group); err != nil {
			return err
		}
		if err := s.stream(tx, c, in.Group, in.Stream); err != nil {
			return err
		}
		return streams.Delete(tx, records.ID(in.Group, in.Stream))
	})
	if err == nil {
		s.Events.DeleteStream(events(c.Who, in.Group), in.Stream)
	}
	return &operation.Nothing{}, err
}

type describeStreamsRequest struct {
	groupChoice
	Prefix     string `json:"logStreamNamePrefix" min:"1" max:"512" pattern:"[^:*]*"`
	Order      string `json:"orderBy" enum:"LogStreamName|LastEventTime"`
	Descending bool   `json:"descending"`
	Next       string `json:"nextToken" min:"1"`
	Limit      *int   `json:"limit" min:"1" max:"50"`
}

type describeStreamsResponse struct {
	Streams []streamAnswer `json:"logStreams"`
	Next    *string        `json:"nextToken,omitempty"`
}

type streamAnswer struct {
	Name     string `json:"logStreamName"`
	Created  int64  `json:"creationTime"`
	First    int64  `json:"firstEventTimestamp,omitempty"`
	Last     int64  `json:"lastEventTimestamp,omitempty"`
	Ingested int64  `json:"lastIngestionTime,omitempty"`
	Token    string `json:"uploadSequenceToken"`
	ARN      string `json:"arn"`
	Bytes    int64  `json:"storedBytes"` // always 0 (documented)
}

func (s *service) describeStreams(ctx context.Context, c *operation.Call, in *describeStreamsRequest) (*describeStreamsResponse, error) {
	name, err := in.check(c)
	if err != nil {
		return nil, err
	}
	byTime := in.Order == "LastEventTime"
	if byTime && in.Prefix != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	s.Flush()
	found, err := s.allStreams(ctx, c, name, in.Prefix)
	if err != nil {
		return nil, err
	}
	order := func(a, b logevents.Stream) int {
		by := 0
		if byTime {
			by = cmp.Compare(a.Last, b.Last)
		}
		if by = cmp.Or(by, cmp.Compare(a.Name, b.Name)); in.Descending {
			by = -by
		}
		return by
	}
	slices.SortFunc(found, order)
	if in.Next != "" {
		last, stream, ok := strings.Cut(in.Next, ":") // which no name has
		at, err := strconv.ParseInt(last, 10, 64)
		if !ok || err != nil {
			return nil, errToken
		}
		found = slices.DeleteFunc(found, func(st logevents.Stream) bool { return order(st, logevents.Stream{Name: stream, Last: at}) <= 0 })
	}
	out := &describeStreamsResponse{Streams: []streamAnswer{}}
	if limit := limitOf(in.Limit, defaultPage); len(found) > limit {
		found = found[:limit]
		out.Next = new(strconv.FormatInt(found[limit-1].Last, 10) + ":" + found[limit-1].Name)
	}
	for _, st := range found {
		out.Streams = append(out.Streams, streamAnswer{
			Name: st.Name, Created: st.Created, First: st.First, Last: st.Last, Ingested: st.Ingested, Token: sequenceToken,
			ARN: c.ARN("logs", "log-group:"+name+":log-stream:"+st.Name),
		})
	}
	return out, nil
}

// allStreams returns the streams of a group.
func (s *service) allStreams(ctx context.Context, c *operation.Call, name, prefix string) (found []logevents.Stream, err error) {
	err = s.read(ctx, c, name, func(tx *records.Tx, g *group) error {
		s.expire(c.Who, name, g, c.Now)
		active := s.Events.Streams(events(c.Who, name))
		items, _, err := streams.List(tx, records.Prefix(name)+prefix, "", 0)
		for _, item := range items {
			_, stream, _ := strings.Cut(item.ID, "\x00")
			st := active[stream]
			st.Name, st.Created = stream, item.Record.Created
			active[stream] = st
		}
		for _, st := range active {
			if strings.HasPrefix(st.Name, prefix) {
				found = append(found, st)
			}
		}
		return err
	})
	return found, err
}
