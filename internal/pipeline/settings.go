package pipeline

import (
	"maps"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/accesslog"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/metrics"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// Settings are a stage's settings with what counts its calls and its access log, whose format is parsed for
// the stage and the requests that the front door refuses, and for its canary. They
// never change.
type Settings struct {
	stage     *snapshot.Stage
	accessLog *accesslog.Log // nil for none
	counts    *metrics.Stage // of its calls; nil counts none
	served    func(*trace.Served)
	canary    *Settings // of the calls that the canary serves; nil for none
}

// Settings makes a stage's settings ready.
func (s *Services) Settings(st *snapshot.Stage) *Settings {
	out := &Settings{stage: st, served: s.Served, counts: s.Metrics.Stage(st.APIID, st.Name)}
	if st.Canary != nil {
		out.canary = &Settings{stage: canaryStage(st), served: s.Served}
	}
	out.findAccessLog(s)
	return out
}

// findAccessLog finds the access logs of the stage and of its canary, whose lines
// stand in both: one log where that is one place, so that a format is parsed once.
func (s *Settings) findAccessLog(services *Services) {
	log, lines := s.stage.AccessLog, services.AccessLog
	if log == nil && services.AccessLogFormat != "" {
		log = &snapshot.AccessLog{Format: services.AccessLogFormat}
	}
	if log == nil || lines == nil {
		return
	}
	if to := services.accessLogs(s.stage, log.DestinationARN); len(to) > 0 {
		s.accessLog = accesslog.New(log.Format, to...)
	}
	if s.canary == nil {
		return
	}
	s.canary.accessLog = s.accessLog
	switch to := services.accessLogs(s.stage, canaryLog(log.DestinationARN)); {
	case len(to) == 0:
	case s.accessLog == nil:
		s.canary.accessLog = accesslog.New(log.Format, to...)
	default:
		s.canary.accessLog = s.accessLog.And(to...)
	}
}

// accessLogs are the places of the lines of a destination: what its ARN stands for, and
// the log group that it is. A group of another account or region is none of the stage's.
func (s *Services) accessLogs(st *snapshot.Stage, arn string) (to []observe.Appender) {
	if lines := s.AccessLog(arn); lines != nil {
		to = append(to, lines)
	}
	const members = 7 // arn:partition:logs:region:account:log-group:name
	parts := strings.SplitN(strings.TrimSuffix(arn, ":*"), ":", members)
	if s.LogGroup == nil || len(parts) != members || parts[2] != "logs" || parts[3] != st.Region || parts[4] != st.Account || parts[5] != "log-group" {
		return to
	}
	if group := s.LogGroup(st, parts[6]); group != nil {
		to = append(to, group)
	}
	return to
}

// canaryStage is a stage's settings as its canary has them.
func canaryStage(st *snapshot.Stage) *snapshot.Stage {
	out := *st
	out.DeploymentID = st.Canary.DeploymentID
	out.Variables = maps.Clone(st.Variables)
	if out.Variables == nil {
		out.Variables = make(map[string]string, len(st.Canary.StageVariableOverrides))
	}
	maps.Copy(out.Variables, st.Canary.StageVariableOverrides)
	return &out
}

// canaryLog is the log group that has the lines of a canary alone, which stand in
// that of its stage as well: the stage's with a suffix (documented).
func canaryLog(arn string) string {
	group, all := strings.CutSuffix(arn, ":*")
	group += "/Canary"
	if all {
		group += ":*"
	}
	return group
}

// Stage returns the settings as they were published.
func (s *Settings) Stage() *snapshot.Stage { return s.stage }

// Refused tells of a request that the front door answered by itself, because it is no
// request that a stage may see, or because the stage cannot be loaded, and writes the
// stage's access log for it. It may be called by many goroutines.
func (s *Settings) Refused(req *httpmsg.Request, d *httpmsg.Done) {
	d.Account, d.API, d.Stage = s.stage.Account, s.stage.APIID, s.stage.Name
	s.counts.Count(d)
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

// methodSetting is what the stage's settings say of a method: those of its own path and
// verb, else those for all methods. It is never nil.
func (s *Stage) methodSetting(m *Method) *snapshot.MethodSetting {
	setting, ok := s.settings.MethodSettings[m.setting]
	if !ok {
		setting = s.settings.MethodSettings["*/*"]
	}
	return &setting
}
