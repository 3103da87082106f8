package logs

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/logpattern"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

var errToken = invalid("The specified nextToken is invalid.")

// maxEvents is how many events an answer has at the most (documented).
const maxEvents = 10_000

// search finds events of a group, a few searches at once.
func (s *service) search(ctx context.Context, c *operation.Call, name string, q *logevents.Query) (logevents.Page, error) {
	select {
	case s.searches <- struct{}{}:
		defer func() { <-s.searches }()
	case <-ctx.Done():
		return logevents.Page{}, wire.ServiceUnavailable("The service cannot complete the request.")
	}
	return s.Events.Find(ctx, events(c.Who, name), q)
}

// A token is where a listing goes on: behind a position, f, or in front of it, b.
type token struct {
	way byte
	at  logevents.Position
}

func (t token) text() string { return fmt.Sprintf("%c/%d-%d/s", t.way, t.at.Time, t.at.Seq) }

func parseToken(text string) (token, error) {
	var t token
	n, err := fmt.Sscanf(text, "%c/%d-%d/s", &t.way, &t.at.Time, &t.at.Seq)
	if err != nil || n != 3 || t.way != 'f' && t.way != 'b' || t.text() != text {
		return t, errToken
	}
	return t, nil
}

// ends are the tokens of a page that has no events, behind the token: it itself, and one
// for the other way, on which the event comes first where it stands.
func (t token) ends() (forward, backward string) {
	ahead, behind := t.at, t.at
	switch {
	case t.way == 'b' && ahead.Seq > 0:
		ahead.Seq--
	case t.way == 'f' && behind.Seq < math.MaxUint64:
		behind.Seq++
	}
	return token{'f', ahead}.text(), token{'b', behind}.text()
}

type getEventsRequest struct {
	groupChoice
	Stream   string `json:"logStreamName" required:"" min:"1" max:"512" pattern:"[^:*]*"`
	From     int64  `json:"startTime" min:"0"`
	Until    *int64 `json:"endTime" min:"0"`
	Next     string `json:"nextToken" min:"1"`
	Limit    *int   `json:"limit" min:"1" max:"10000"`
	FromHead bool   `json:"startFromHead"`
	Unmask   bool   `json:"unmask"` // nothing is masked
}

func (in *getEventsRequest) names() (group, stream string) {
	group, _ = in.groupChoice.names()
	return group, in.Stream
}

type getEventsResponse struct {
	Events   []outputEvent `json:"events"`
	Forward  string        `json:"nextForwardToken"`
	Backward string        `json:"nextBackwardToken"`
}

type outputEvent struct {
	Time     int64  `json:"timestamp"`
	Message  string `json:"message"`
	Ingested int64  `json:"ingestionTime"`
}

// getEvents answers with the events of a stream, in their order. At either end the token
// that was sent comes back (documented).
func (s *service) getEvents(ctx context.Context, c *operation.Call, in *getEventsRequest) (*getEventsResponse, error) {
	name, err := in.check(c)
	if err != nil {
		return nil, err
	}
	q := &logevents.Query{From: in.From, Until: math.MaxInt64, Streams: func(stream string) bool { return stream == in.Stream }, Limit: limitOf(in.Limit, maxEvents), Newest: !in.FromHead}
	if in.Until != nil {
		q.Until = *in.Until
	}
	t := token{at: logevents.Position{Time: in.From}}
	if in.Next != "" {
		if t, err = parseToken(in.Next); err != nil {
			return nil, err
		}
		if t.way == 'f' {
			q.After, q.Newest = &t.at, false
		} else {
			q.Before, q.Newest = &t.at, true
		}
	}
	s.Flush()
	err = s.read(ctx, c, name, func(tx *records.Tx, g *group) error {
		s.expire(c.Who, name, g, c.Now)
		return s.stream(tx, c, name, in.Stream)
	})
	if err != nil {
		return nil, err
	}
	page, err := s.search(ctx, c, name, q)
	if err != nil {
		return nil, err
	}
	if q.Newest {
		slices.Reverse(page.Events)
	}
	out := &getEventsResponse{Events: []outputEvent{}}
	out.Forward, out.Backward = t.ends()
	for i := range page.Events {
		e := &page.Events[i]
		out.Events = append(out.Events, outputEvent{e.Time, e.Message, e.Ingested})
	}
	if n := len(page.Events); n > 0 {
		first, last := &page.Events[0], &page.Events[n-1]
		out.Backward, out.Forward = token{'b', logevents.Position{Time: first.Time, Seq: first.Seq}}.text(), token{'f', logevents.Position{Time: last.Time, Seq: last.Seq}}.text()
	}
	return out, nil
}

type filterEventsRequest struct {
	groupChoice
	Streams     []string `json:"logStreamNames" min:"1" max:"100" pattern:"[^:*]*"`
	Prefix      string   `json:"logStreamNamePrefix" min:"1" max:"512" pattern:"[^:*]*"`
	From        int64    `json:"startTime" min:"0"`
	Until       *int64   `json:"endTime" min:"0"`
	Pattern     string   `json:"filterPattern" max:"1024"`
	Next        string   `json:"nextToken" min:"1"`
	Limit       *int     `json:"limit" min:"1" max:"10000"`
	FromHead    *bool    `json:"startFromHead"`
	Interleaved bool     `json:"interleaved"` // always so, whatever is said (documented)
	Unmask      bool     `json:"unmask"`      // nothing is masked
}

type filterEventsResponse struct {
	Events   []filteredEvent `json:"events"`
	Searched []struct{}      `json:"searchedLogStreams"` // always empty (documented)
	Next     *string         `json:"nextToken,omitempty"`
}

type filteredEvent struct {
	Stream   string `json:"logStreamName"`
	Time     int64  `json:"timestamp"`
	Message  string `json:"message"`
	Ingested int64  `json:"ingestionTime"`
	ID       string `json:"eventId"`
}

// query is what the request asks for. The direction of a token goes first (documented).
func (in *filterEventsRequest) query() (*logevents.Query, error) {
	if len(in.Streams) > 0 && in.Prefix != "" {
		return nil, invalid("logStreamNamePrefix and logStreamNames are mutually exclusive parameters.")
	}
	pattern, err := logpattern.Parse(in.Pattern)
	if err != nil {
		return nil, invalid(err.Error())
	}
	q := &logevents.Query{From: in.From, Until: math.MaxInt64, Match: pattern.Match, Cost: pattern.Cost(), Limit: limitOf(in.Limit, maxEvents), Newest: in.FromHead != nil && !*in.FromHead}
	if in.Until != nil && *in.Until < math.MaxInt64 {
		q.Until = *in.Until + 1
	}
	switch {
	case len(in.Streams) > 0:
		q.Streams = func(stream string) bool { return slices.Contains(in.Streams, stream) }
	case in.Prefix != "":
		q.Streams = func(stream string) bool { return strings.HasPrefix(stream, in.Prefix) }
	}
	if in.Next == "" {
		return q, nil
	}
	t, err := parseToken(in.Next)
	if err != nil {
		return nil, err
	}
	if q.Newest = t.way == 'b'; q.Newest {
		q.Before = &t.at
	} else {
		q.After = &t.at
	}
	return q, nil
}

func (s *service) filterEvents(ctx context.Context, c *operation.Call, in *filterEventsRequest) (*filterEventsResponse, error) {
	name, err := in.check(c)
	if err != nil {
		return nil, err
	}
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	s.Flush()
	err = s.read(ctx, c, name, func(_ *records.Tx, g *group) error {
		s.expire(c.Who, name, g, c.Now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	page, err := s.search(ctx, c, name, q)
	if err != nil {
		return nil, err
	}
	out := &filterEventsResponse{Events: []filteredEvent{}, Searched: []struct{}{}}
	for i := range page.Events {
		e := &page.Events[i]
		out.Events = append(out.Events, filteredEvent{e.Stream, e.Time, e.Message, e.Ingested, e.ID()})
	}
	if page.More {
		way := byte('f')
		if q.Newest {
			way = 'b'
		}
		out.Next = new(token{way, page.Last}.text())
	}
	return out, nil
}
