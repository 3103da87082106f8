package pipeline

import (
	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// Settings are a stage's settings with its access log, whose format is parsed once
// for the stage, its canary, and the requests that the front door refuses. They
// never change.
type Settings struct {
	stage     *snapshot.Stage
	accessLog *accesslog.Log // nil for none
	served    func(*trace.Served)
}

// Settings makes a stage's settings ready.
func (s *Services) Settings(st *snapshot.Stage) *Settings {
	out := &Settings{stage: st, served: s.Served}
	if st.AccessLog == nil || s.AccessLog == nil {
		return out
	}
	if lines := s.AccessLog(st.AccessLog.DestinationARN); lines != nil {
		out.accessLog = accesslog.New(st.AccessLog.Format, lines)
	}
	return out
}

// Stage returns the settings as they were published.
func (s *Settings) Stage() *snapshot.Stage { return s.stage }

// Refused tells of a request that the front door answered by itself, because it is no
// request that a stage may see, or because the stage cannot be loaded, and writes the
// stage's access log for it. It may be called by many goroutines.
func (s *Settings) Refused(req *httpmsg.Request, d *httpmsg.Done) {
	d.Account, d.API, d.Stage = s.stage.Account, s.stage.APIID, s.stage.Name
	if s.served != nil {
		s.served(&trace.Served{Method: req.Method, Path: req.Path, Done: d, Failure: &trace.FailureEvent{Type: d.ErrorType, Message: d.ErrorMessage}})
	}
	if s.accessLog == nil {
		return
	}
	var x mapping.Context
	describe(&x, s.stage, req)
	x.RequestID, x.ExtendedRequestID, x.HTTPMethod = d.RequestID, d.ExtendedRequestID, req.Method
	x.Error = mapping.ContextError{ResponseType: d.ErrorType, Message: d.ErrorMessage, HasMessage: d.ErrorMessage != ""}
	s.accessLog.Write(nil, &accesslog.Record{Done: d, Context: &x, Peer: req.Peer})
}
