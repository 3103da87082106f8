package logs

import (
	"context"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// sequenceToken is that of every stream: tokens are taken and count for nothing, as at AWS
// (documented).
const sequenceToken = "49039859588643140213860386032138460386032138460386032138"

type inputEvent struct {
	Time    *int64 `json:"timestamp" required:"" min:"0"`
	Message string `json:"message" required:"" min:"1"`
}

type putEventsRequest struct {
	streamName
	Events []inputEvent `json:"logEvents" required:"" min:"1" max:"10000"`
	Token  string       `json:"sequenceToken" min:"1"`
}

type putEventsResponse struct {
	Token    string          `json:"nextSequenceToken"`
	Rejected *rejectedEvents `json:"rejectedLogEventsInfo,omitempty"`
}

// rejectedEvents are the places of a batch's events that were not taken: those from an
// index on, and those up to one.
type rejectedEvents struct {
	TooNew  *int `json:"tooNewLogEventStartIndex,omitempty"`
	TooOld  *int `json:"tooOldLogEventEndIndex,omitempty"`
	Expired *int `json:"expiredLogEventEndIndex,omitempty"`
}

// Bounds of a batch (documented).
const (
	maxBatch  = 1 << 20 // bytes of messages, with eventCost for each
	eventCost = 26
	maxSpan   = 24 * time.Hour
	maxAge    = 14 * 24 * time.Hour
	maxAhead  = 2 * time.Hour
)

func (s *service) putEvents(ctx context.Context, c *operation.Call, in *putEventsRequest) (*putEventsResponse, error) {
	if !s.Events.Keeps() {
		return nil, invalid("This server keeps no log events: its setting log-events-bytes is 0.")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	var keep int64
	err := s.read(ctx, c, in.Group, func(tx *records.Tx, g *group) error {
		keep = g.oldest(c.Now)
		return s.stream(tx, c, in.Group, in.Stream)
	})
	if err != nil {
		return nil, err
	}
	taken, rejected := in.sort(c.Now, keep)
	if n := len(taken); n > 0 && taken[n-1].Time-taken[0].Time > maxSpan.Milliseconds() {
		return nil, invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
	}
	s.Events.Append(events(c.Who, in.Group), in.Stream, taken)
	return &putEventsResponse{sequenceToken, rejected}, nil
}

// check reports what is wrong with a batch as a whole.
func (in *putEventsRequest) check() error {
	size, last := 0, int64(0)
	for i := range in.Events {
		e := &in.Events[i]
		if size += len(e.Message) + eventCost; size > maxBatch {
			return invalid("Upload too large: the limit is 1048576 bytes, with 26 for each event.")
		}
		if *e.Time < last {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
		last = *e.Time
	}
	return nil
}

// sort parts the events that are taken from those that are too old, too new, or older than
// the group keeps them.
func (in *putEventsRequest) sort(now time.Time, keep int64) (taken []logevents.Line, rejected *rejectedEvents) {
	r := new(rejectedEvents)
	oldest, newest := now.Add(-maxAge).UnixMilli(), now.Add(maxAhead).UnixMilli()
	for i := range in.Events {
		at := *in.Events[i].Time
		switch {
		case at < oldest:
			r.TooOld = new(i + 1)
		case at < keep:
			r.Expired = new(i + 1)
		case at > newest:
			if r.TooNew == nil {
				r.TooNew = new(i)
			}
		default:
			taken = append(taken, logevents.Line{Time: at, Text: []byte(in.Events[i].Message)})
		}
	}
	if *r == (rejectedEvents{}) {
		return taken, nil
	}
	return taken, r
}
