package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/functions"
	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// logGroups keep what stages and functions write for readers of CloudWatch Logs. Lines of
// calls are made into events beside the calls, which wait for nobody.
type logGroups struct {
	events *logevents.Store
	lines  *observe.Named   // nil where nothing is kept
	list   []logevents.Line // of take
}

func newLogGroups(c *config, log *slog.Logger) *logGroups {
	g := &logGroups{events: logevents.New(c.LogEventsBytes, nil)}
	if g.events.Keeps() {
		g.lines = observe.NewNamed(g.take, log)
	}
	return g
}

// logEventsBytes is how much is kept where nothing is said.
const logEventsBytes = 16 << 20

// groupName is what the name of a log group looks like (documented of CreateLogGroup).
var groupName = regexp.MustCompile(`^[._/#A-Za-z0-9-]{1,512}$`)

// group is pipeline.Services.LogGroup; nil where nothing is kept.
func (g *logGroups) group() func(*snapshot.Stage, string) observe.Taker {
	if g.lines == nil {
		return nil
	}
	return func(st *snapshot.Stage, name string) observe.Taker {
		if !groupName.MatchString(name) {
			return nil
		}
		return g.lines.For(st.Account + "\n" + st.Region + "\n" + name)
	}
}

// take makes events of the lines of a group. Those of an execution log tell their times
// and, where they go to a file of all groups, the group. One goroutine calls it.
func (g *logGroups) take(name string, lines []byte) {
	account, rest, _ := strings.Cut(name, "\n")
	region, group, _ := strings.Cut(rest, "\n")
	now := time.Now().UnixMilli()
	executions := strings.HasPrefix(group, "API-Gateway-Execution-Logs_")
	shared := []byte(strings.TrimSuffix(group, "/Canary") + " ")
	list := g.list[:0]
	for line := range bytes.Lines(lines) {
		line = bytes.TrimSuffix(line, []byte{'\n'})
		l := logevents.Line{Time: now}
		if executions {
			if at, text, ok := bytes.Cut(line, []byte{' '}); ok {
				if t, err := time.Parse(time.RFC3339Nano, string(at)); err == nil {
					l.Time, line = t.UnixMilli(), bytes.TrimPrefix(text, shared)
				}
			}
		}
		if l.Text = line; len(line) > 0 {
			list = append(list, l)
		}
	}
	g.events.Append(logevents.Group{Account: account, Region: region, Name: group}, streamOf(name), list)
	if clear(list); cap(list) <= 4<<10 { // more is for a burst
		g.list = list
	}
}

// streamOf is the one log stream of a group of stages', in the form in which API Gateway
// names its streams.
func streamOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}

// print keeps a line of a function. Runtimes end the lines within an event by carriage
// returns.
func (g *logGroups) print(l *functions.Line) {
	if g.lines == nil {
		return
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(string(l.Text), "\r", "\n"), "\ufffd")
	if text == "" {
		return
	}
	g.events.Append(logevents.Group{Account: l.Account, Region: l.Region, Name: "/aws/lambda/" + l.Function}, l.Stream, []logevents.Line{{Time: l.Time.UnixMilli(), Text: []byte(text)}})
}

// flush returns when what has been written is kept, after a second at the most.
func (g *logGroups) flush() {
	if g.lines != nil {
		g.lines.Flush()
	}
}

// close stops taking lines.
func (g *logGroups) close() {
	if g.lines != nil {
		g.lines.Close()
	}
}
