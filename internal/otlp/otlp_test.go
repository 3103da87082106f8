package otlp

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	pb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// decode reads a request by OpenTelemetry's own types. TracesData is what an
// ExportTraceServiceRequest is on the wire.
func decode(t testing.TB, request []byte) *pb.ResourceSpans {
	t.Helper()
	var data pb.TracesData
	if err := proto.Unmarshal(request, &data); err != nil {
		t.Fatal(err)
	}
	if len(data.ResourceSpans) != 1 || len(data.ResourceSpans[0].ScopeSpans) != 1 {
		t.Fatalf("got %v", &data)
	}
	return data.ResourceSpans[0]
}

func texts(list []*common.KeyValue) string {
	var out []string
	for _, kv := range list {
		text := kv.Value.GetStringValue()
		if kv.Value.GetIntValue() != 0 {
			text = "#" + string(rune('0'+kv.Value.GetIntValue()%10))
		}
		out = append(out, kv.Key+"="+text)
	}
	return strings.Join(out, " ")
}

func TestEncode(t *testing.T) {
	begin := time.Unix(1_500_000_000, 123)
	long := strings.Repeat("x", 20_000) // its lengths have three bytes
	spans := []Span{
		{Trace: TraceID{1, 15: 2}, ID: SpanID{3, 7: 4}, Parent: SpanID{5}, Kind: Server, Name: "GET /x", Start: begin, End: begin.Add(time.Second), Failed: true,
			Attributes: []Attribute{{Name: "status", Number: 503}, {Name: "path", Text: long}}},
		{Trace: TraceID{1}, ID: SpanID{6}, Kind: Client, Name: "bytes \xff\xfe", Start: begin, End: begin.Add(-time.Second)},
	}
	got := decode(t, encode(nil, []Attribute{{Name: "service.name", Text: "gatehouse"}}, spans))
	if a := texts(got.Resource.Attributes); a != "service.name=gatehouse" {
		t.Errorf("the resource is %s", a)
	}
	one, two := got.ScopeSpans[0].Spans[0], got.ScopeSpans[0].Spans[1]
	if got.ScopeSpans[0].Scope.Name != "gatehouse" || !bytes.Equal(one.TraceId, spans[0].Trace[:]) || !bytes.Equal(one.SpanId, spans[0].ID[:]) || !bytes.Equal(one.ParentSpanId, spans[0].Parent[:]) {
		t.Errorf("got %v", one)
	}
	if one.Kind != pb.Span_SPAN_KIND_SERVER || one.Name != "GET /x" || one.StartTimeUnixNano != 1_500_000_000_000_000_123 || one.EndTimeUnixNano != 1_500_000_001_000_000_123 ||
		one.Status.Code != pb.Status_STATUS_CODE_ERROR || texts(one.Attributes) != "status=#3 path="+long {
		t.Errorf("got %v", one)
	}
	if two.Kind != pb.Span_SPAN_KIND_CLIENT || len(two.ParentSpanId) != 0 || two.Name != "bytes ??" || two.EndTimeUnixNano != two.StartTimeUnixNano || two.Status != nil {
		t.Errorf("got %v", two)
	}
}

// FuzzEncode encodes texts of every kind: a collector can read them.
func FuzzEncode(f *testing.F) {
	f.Add("GET /x", "path", "v", int64(1))
	f.Add("\xff", strings.Repeat("a", 300), "\xc3\x28", int64(-1))
	f.Fuzz(func(t *testing.T, name, attribute, text string, number int64) {
		at := time.Unix(1, 0)
		request := encode(nil, nil, []Span{{Trace: TraceID{1}, ID: SpanID{1}, Name: name, Start: at, End: at, Attributes: []Attribute{{attribute, text, number}, {Name: "last", Text: "x"}}}})
		span := decode(t, request).ScopeSpans[0].Spans[0]
		if len(span.Attributes) != 2 || span.Attributes[1].Key != "last" {
			t.Errorf("got %v", span)
		}
	})
}

func spans(n int) []Span { return make([]Span, n) }

// TestExporterNeverWaits adds spans while the collector hangs: they are taken as far as
// there is room, and the rest is dropped and counted.
func TestExporterNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		e := NewExporter(Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Send: func(ctx context.Context, _ []byte) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		begin := time.Now()
		for range 3 * mostPending / 2 {
			e.Add(spans(2)...)
		}
		if took := time.Since(begin); took != 0 { // by the bubble's clock, which stands still while nobody waits
			t.Errorf("it waited %v", took)
		}
		if n := e.Dropped(); n < mostPending || n > 2*mostPending {
			t.Errorf("%d are dropped", n)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		e.Close(ctx)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("its end took %v", took)
		}
		if e.Sent() != 0 || e.Dropped() != 3*mostPending {
			t.Errorf("%d sent, %d dropped", e.Sent(), e.Dropped())
		}
		e.Add(spans(1)...)
		if e.Dropped() != 3*mostPending+1 {
			t.Error("it takes spans behind its end")
		}
		if n := strings.Count(log.String(), "takes no spans"); n != 1 {
			t.Errorf("the log is %s", &log)
		}
	})
}

// TestExporterTriesAgain has a collector that is away for a while.
func TestExporterTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked, away atomic.Int64
		e := NewExporter(Options{Log: slog.New(slog.DiscardHandler), Send: func(context.Context, []byte) error {
			if asked.Add(1); away.Add(-1) >= 0 {
				return errors.New("away")
			}
			return nil
		}})
		step := func(what string, gone, wantAsked, wantSent, wantDropped int64) {
			t.Helper()
			away.Store(gone)
			asked.Store(0)
			e.Add(spans(3)...)
			time.Sleep(10 * interval)
			if asked.Load() != wantAsked || e.Sent() != wantSent || e.Dropped() != wantDropped {
				t.Errorf("%s: asked %d times, %d sent, %d dropped", what, asked.Load(), e.Sent(), e.Dropped())
			}
		}
		step("there", 0, 1, 3, 0)
		step("back at the third try", 2, 3, 6, 0)
		step("away", 9, 3, 6, 3)
		step("away still", 9, 1, 6, 6)
		step("back", 0, 1, 9, 6)
		e.Add(spans(2)...)
		e.Close(context.Background())
		if e.Sent() != 11 {
			t.Errorf("%d were sent at the end", e.Sent())
		}
	})
}

// TestBatches adds more than goes into one request.
func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		e := NewExporter(Options{Log: slog.New(slog.DiscardHandler), Send: func(_ context.Context, request []byte) error {
			sizes = append(sizes, len(decode(t, request).ScopeSpans[0].Spans))
			return nil
		}})
		for range batch + 1 {
			e.Add(spans(1)...)
		}
		synctest.Wait() // the first batch does not wait for the tick
		e.Close(context.Background())
		sum := 0
		for _, n := range sizes {
			if sum += n; n > batch {
				t.Errorf("a batch has %d", n)
			}
		}
		if sum != batch+1 || len(sizes) < 2 {
			t.Errorf("got %v", sizes)
		}
	})
}

func TestSampler(t *testing.T) {
	draws := 0.
	s := Sampler{draw: func() float64 { return draws }}
	at := time.Unix(100, 0)
	expect := func(what string, after time.Duration, draw float64, want bool) {
		t.Helper()
		if draws = draw; s.Sample(at.Add(after)) != want {
			t.Errorf("%s: want %v", what, want)
		}
	}
	expect("the first of a second", 0, 0.9, true)
	expect("the next", time.Millisecond, 0.9, false)
	expect("one of the 5 %", time.Millisecond, 0.049, true)
	expect("the first of the 95 %", time.Millisecond, 0.05, false)
	expect("the next second", time.Second, 0.9, true)
	expect("one that was overtaken", 0, 0.9, false)
	expect("a clock that was set back", -time.Minute, 0.9, true)
	expect("the next by that clock", -time.Minute+time.Millisecond, 0.9, false)
}
