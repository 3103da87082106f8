package pipeline

import (
	"io"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/trace"
)

// An ExecutionLog is where the execution log of a log group goes.
type ExecutionLog struct {
	// Lines takes whole lines with their ends, those of a call at once. It never waits and
	// its errors are its own.
	Lines io.Writer

	Shared bool // lines of other groups go there as well, so that each names its group
}

// ExecutionLogGroup is the name of the log group that API Gateway gives a stage's
// execution log (documented).
func ExecutionLogGroup(api, stage string) string {
	return "API-Gateway-Execution-Logs_" + api + "/" + stage
}

// A methodLog is how calls of a method are logged.
type methodLog struct {
	options trace.LogOptions
	to      []ExecutionLog
}

// methodLogs lists how the stage's methods are logged, by their ordinal; nil for no logs
// at all. What a canary serves stands in the stage's log group and in one of its own
// (documented); once, where both are one place.
func (s *Stage) methodLogs(canary bool) []*methodLog {
	if s.services.ExecutionLog == nil && s.services.LogGroup == nil || len(s.settings.MethodSettings) == 0 {
		return nil
	}
	group := ExecutionLogGroup(s.settings.APIID, s.settings.Name)
	var list []*methodLog
	var to []ExecutionLog
	for _, m := range s.program.methods {
		setting := s.methodSetting(m)
		if setting.LoggingLevel != "INFO" && setting.LoggingLevel != "ERROR" {
			continue
		}
		if list == nil {
			list, to = make([]*methodLog, len(s.program.methods)), s.logsOf(group, canary)
		}
		list[m.ordinal] = newMethodLog(setting, group, to)
	}
	if len(to) == 0 {
		return nil
	}
	return list
}

func newMethodLog(setting *snapshot.MethodSetting, group string, to []ExecutionLog) *methodLog {
	l := &methodLog{options: trace.LogOptions{Data: setting.DataTraceEnabled, Errors: setting.LoggingLevel == "ERROR"}, to: to}
	if len(to) > 0 && to[0].Shared {
		l.options.Group = group
	}
	return l
}

// logsOf are the places of the lines of a group: one that is shared, or one for each group,
// and the groups themselves.
func (s *Stage) logsOf(group string, canary bool) (to []ExecutionLog) {
	own := []string{group}
	if canary {
		own = append(own, group+"/Canary")
	}
	if open := s.services.ExecutionLog; open != nil {
		for _, name := range own {
			if at := open(name); at.Lines != nil && (len(to) == 0 || !at.Shared) {
				to = append(to, at)
			}
		}
	}
	if open := s.services.LogGroup; open != nil {
		for _, name := range own {
			if at := open(s.settings, name); at != nil {
				to = append(to, ExecutionLog{Lines: at})
			}
		}
	}
	return to
}

// beginLog begins to record a call whose method is logged, unless somebody has it
// recorded anyway.
func (c *call) beginLog(l *methodLog) {
	if l == nil {
		return
	}
	c.log = l
	if c.trace != nil {
		return
	}
	c.logTrace.Brief = !l.options.Data
	c.logTrace.Failures = !l.options.Data && l.options.Errors
	c.trace = &c.logTrace
	c.describeTrace()
}

// logExecution writes the execution log of a call that has one.
func (c *call) logExecution(d *httpmsg.Done) {
	l := c.log
	if l == nil {
		return
	}
	if c.trace.Brief && c.failed != nil {
		c.trace.HideCredentials(c.req.Header, c.req.Query)
	}
	c.logLine = c.trace.AppendLog(c.logLine[:0], &l.options, d)
	if len(c.logLine) == 0 {
		return
	}
	for i := range l.to {
		_, _ = l.to[i].Lines.Write(c.logLine) // which tells its errors itself
	}
}
