package pipeline

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/otlp"
)

// tracedRig has a stage whose spans go nowhere.
func tracedRig(t testing.TB, active bool) *rig {
	t.Helper()
	r := newRig(t, mock(nil))
	r.stage.services.Spans = otlp.NewExporter(otlp.Options{Log: slog.New(slog.DiscardHandler), Send: func(context.Context, []byte) error { return nil }})
	exporter := r.stage.services.Spans
	t.Cleanup(func() { exporter.Close(context.Background()) })
	settings := *r.stage.settings
	settings.TracingEnabled = active
	r.stage = Bind(&settings, r.stage.program, r.stage.services)
	return r
}

const (
	xray  = "1-58406520-a006649127e371903a2de979"
	w3cID = "58406520a006649127e371903a2de979"
	span  = "00f067aa0ba902b7"
)

// TestJoinTrace decides for requests whether they are sampled, and in which trace: what
// who calls has decided goes before what the stage would (documented).
func TestJoinTrace(t *testing.T) {
	tests := map[string]struct {
		header          string
		passive, active bool   // sampled
		parent          string // of the call
	}{
		"nothing":                        {"", false, true, ""},
		"sampled":                        {"X-Amzn-Trace-Id: Root=" + xray + ";Parent=" + span + ";Sampled=1", true, true, span},
		"not sampled":                    {"X-Amzn-Trace-Id: Root=" + xray + ";Parent=" + span + ";Sampled=0", false, false, ""},
		"a parent alone":                 {"X-Amzn-Trace-Id: Root=" + xray + ";Parent=" + span, true, true, span},
		"a root alone":                   {"X-Amzn-Trace-Id: Root=" + xray, false, true, ""},
		"asked to decide":                {"X-Amzn-Trace-Id: Root=" + xray + ";Sampled=?", false, true, ""},
		"a root that is none":            {"X-Amzn-Trace-Id: Root=1-x-y;Sampled=1", false, false, ""},
		"a parent that is none":          {"X-Amzn-Trace-Id: Root=" + xray + ";Parent=zzf067aa0ba902b7;Sampled=1", true, true, ""},
		"no root":                        {"X-Amzn-Trace-Id: Sampled=1", false, true, ""},
		"traceparent, sampled":           {"traceparent: 00-" + w3cID + "-" + span + "-01", true, true, span},
		"traceparent, not sampled":       {"Traceparent: 00-" + w3cID + "-" + span + "-00", false, false, ""},
		"traceparent of a later version": {"traceparent: 01-" + w3cID + "-" + span + "-01-more", true, true, span},
		"traceparent that is none":       {"traceparent: 00-" + w3cID + "-" + span + "-01-more", false, true, ""},
		"X-Amzn-Trace-Id goes first":     {"X-Amzn-Trace-Id: Root=" + xray + ";Sampled=0\ntraceparent: 00-" + w3cID + "-" + span + "-01", false, false, ""},
	}
	for name, tt := range tests {
		for active, want := range map[bool]bool{false: tt.passive, true: tt.active} {
			r := tracedRig(t, active)
			c := r.stage.newCall(parseRequest(strings.TrimSuffix("GET /x\n"+tt.header, "\n")))
			s := &c.spans
			if s.sampled != want {
				t.Errorf("%s, active %v: sampled is %v", name, active, s.sampled)
			}
			if !want {
				continue
			}
			if parent := string(appendHex(nil, s.caller[:])); tt.parent != "" && parent != tt.parent || tt.parent == "" && !s.caller.IsZero() {
				t.Errorf("%s: the parent is %s", name, parent)
			}
			full, own := c.fullTrace(), string(appendHex(nil, s.integration[:]))
			if tt.parent != "" || strings.Contains(tt.header, xray) {
				if want := "Root=" + xray + ";Parent=" + own + ";Sampled=1"; full != want {
					t.Errorf("%s: backends get %s, want %s", name, full, want)
				}
				if want := "00-" + w3cID + "-" + own + "-01"; s.traceparent(s.integration) != want {
					t.Errorf("%s: backends get %s, want %s", name, s.traceparent(s.integration), want)
				}
			} else if len(full) != len("Root="+xray+";Parent="+own+";Sampled=1") || !strings.HasSuffix(full, ";Parent="+own+";Sampled=1") {
				t.Errorf("%s: backends get %s", name, full)
			}
		}
	}
}

// TestUnsampledTraces passes on what the client sent of a trace that is not sampled.
func TestUnsampledTraces(t *testing.T) {
	r := tracedRig(t, false)
	parent := "00-" + w3cID + "-" + span + "-00"
	c := r.stage.newCall(parseRequest("GET /x\ntraceparent: " + parent))
	if got := c.spans.traceparent(c.spans.integration); got != parent {
		t.Errorf("backends get %s", got)
	}
	if full := c.fullTrace(); !strings.HasPrefix(full, "Root="+xray+";Parent=") || !strings.HasSuffix(full, ";Sampled=0") {
		t.Errorf("backends get %s", full)
	}
	r.stage.services.Spans = nil
	c = r.stage.newCall(parseRequest("GET /x\ntraceparent: " + parent))
	if got := c.spans.traceparent(c.spans.integration); got != "" || strings.Contains(c.fullTrace(), xray) {
		t.Errorf("without an exporter backends get %s and %s", got, c.fullTrace())
	}
}

// FuzzTraceparent reads headers of traces: what is taken is sent on as it came.
func FuzzTraceparent(f *testing.F) {
	f.Add("00-"+w3cID+"-"+span+"-01", "Root="+xray+";Parent="+span+";Sampled=1")
	f.Add("ff-"+w3cID+"-"+span+"-01", "Root=1-")
	f.Fuzz(func(t *testing.T, parent, trace string) {
		if id, caller, _, ok := parseTraceparent(parent); ok {
			s := spans{sampled: true, trace: id}
			if got := s.traceparent(caller); got[3:52] != parent[3:52] {
				t.Errorf("%q becomes %q", parent, got)
			}
			if back, ok := traceOf(rootOf(id)); !ok || back != id {
				t.Errorf("%q becomes %x", parent, back)
			}
		}
		var s spans
		s.join(httpmsg.Header{{Name: traceHeader, Value: trace}, {Name: w3cHeader, Value: parent}})
	})
}

// BenchmarkTraced is a call without traces, one that is not sampled and one that is.
func BenchmarkTraced(b *testing.B) {
	for name, header := range map[string]string{
		"traces=off": "", "traces=undrawn": "", "traces=dropped": "\nX-Amzn-Trace-Id: Root=" + xray + ";Sampled=0", "traces=sampled": "\ntraceparent: 00-" + w3cID + "-" + span + "-01",
	} {
		b.Run(name, func(b *testing.B) {
			r := tracedRig(b, name == "traces=undrawn")
			if name == "traces=off" {
				services := *r.stage.services
				services.Spans = nil
				r.stage = Bind(r.stage.settings, r.stage.program, &services)
			}
			req := parseRequest("GET /x?q=1\nAccept: application/json\nUser-Agent: bench\nX-Api-Key: key" + header)
			var d httpmsg.Done
			b.ReportAllocs()
			for b.Loop() {
				resp := r.stage.Serve(req)
				d = httpmsg.Done{Status: resp.Status, Received: req.Received, LastByte: time.Now()}
				resp.Done(&d)
				resp.Release()
			}
		})
	}
}
