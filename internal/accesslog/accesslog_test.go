package accesslog

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/mapping"
	"github.com/gatehouse-gw/gatehouse/internal/observe"
)

// full is a record of which everything is known.
func full() *Record {
	at := time.Date(2018, 4, 5, 13, 7, 54, 0, time.UTC)
	return &Record{
		Done: &httpmsg.Done{
			TraceID: "Root=1", Status: 200, AnswerBytes: 12, Received: at, FirstByte: at.Add(30 * time.Millisecond), LastByte: at.Add(40 * time.Millisecond),
			Integration: httpmsg.IntegrationDone{
				Began: at.Add(10 * time.Millisecond), Latency: 15 * time.Millisecond, Status: 200, CodeStatus: 201, RequestID: "i-1", Error: "none",
				Header: at.Add(12 * time.Millisecond), Content: at.Add(13 * time.Millisecond),
			},
		},
		Context:      &mapping.Context{RequestID: "r-1", Stage: "prod"},
		EndpointType: "REGIONAL", Routed: true, Peer: &httpmsg.Peer{TLSVersion: 0x0303, CipherSuite: 0x1301},
	}
}

func TestLines(t *testing.T) {
	client := &Record{Done: new(httpmsg.Done), Context: new(mapping.Context)}
	client.Context.UserAgent = "a\"b\\c\rd\x7f"
	failed := &Record{Done: &httpmsg.Done{Status: 413}, Context: &mapping.Context{Error: mapping.ContextError{ResponseType: "REQUEST_TOO_LARGE", Message: "Request Too Long", HasMessage: true}}}
	replaced := full()
	replaced.ReplacedID = true
	empty := &Record{Done: new(httpmsg.Done), Context: new(mapping.Context)}
	tests := map[string]struct {
		format string
		record *Record
		want   string
	}{
		"text":         {"a $context b", full(), "a $context b"},
		"empty":        {"", full(), ""},
		"answer":       {"$context.status $context.responseLength $context.responseLatency", full(), "200 12 40"},
		"integration":  {"$context.integration.status $context.integration.integrationStatus $context.integrationStatus $context.integration.latency $context.integrationLatency", full(), "201 200 200 15 15"},
		"its times":    {"$context.integration.timeToAllHeaders $context.integration.timeToFirstContent", full(), "2 3"},
		"its texts":    {"$context.integration.requestId $context.integration.error $context.integrationErrorMessage $context.integration.responseTransferMode", full(), "i-1 none none BUFFERED"},
		"the rest":     {"$context.xrayTraceId $context.endpointType $context.tlsVersion $context.cipherSuite $context.stage", full(), "Root=1 REGIONAL TLSv1.2 TLS_AES_128_GCM_SHA256 prod"},
		"unknown":      {"$context.nope $context.integration.nope $context.xrayTraceId $context.endpointType $context.integration.timeToAllHeaders $context.tlsVersion", empty, "- - - - - -"},
		"no override":  {"$context.requestOverride.header.a", full(), "-"},
		"client text":  {`"$context.identity.userAgent"`, client, `"a\"b\\c\u000dd\u007f"`},
		"error":        {"$context.status $context.error.messageString $context.error.responseType", failed, `413 "Request Too Long" REQUEST_TOO_LARGE`},
		"no error":     {"$context.error.messageString", full(), "-"},
		"request id":   {"$context.requestId", full(), "r-1"},
		"a foreign id": {"$context.requestId", replaced, "UUID_REPLACED_INVALID_REQUEST_ID"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := write(tt.format, tt.record); got != tt.want+"\n" {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func write(format string, r *Record) string {
	var out bytes.Buffer
	lines := observe.NewLines(&out, slog.New(slog.DiscardHandler))
	New(format, lines).Write(nil, r)
	lines.Close()
	return out.String()
}

// Nothing that a client sends ends a line, commands a terminal, or keeps a line from being
// UTF-8.
func TestTextOfStrangers(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"letters of all kinds":          {"zoë 日本 🙂", "zoë 日本 🙂"},
		"a terminal's command":          {"\x1b[31m", `\u001b[31m`},
		"one of Unicode's":              {"\u009b31m\u0085", `\u009b31m\u0085`},
		"ends of lines, Unicode's":      {"a\u2028b\u2029", `a\u2028b\u2029`},
		"a command that is not UTF-8":   {"\x9b31m", `\ufffd31m`},
		"a letter whose end is missing": {"a\xe6\x97", `a\ufffd\ufffd`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(appendText(nil, tt.text)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A format that names a long value often makes no line of more than its bound.
func TestLongLine(t *testing.T) {
	r := full()
	r.Context.UserAgent = strings.Repeat("x", 10_000)
	if got := write(strings.Repeat("$context.identity.userAgent ", 100), r); len(got) > maxLine+200 {
		t.Errorf("a line of %d bytes", len(got))
	}
}

func TestTimed(t *testing.T) {
	for format, want := range map[string]bool{"$context.status": false, "integration.timeToAllHeaders": false, "$context.integration.timeToAllHeaders": true, "x $context.integration.timeToFirstContent.": true} {
		if got := New(format, nil).Timed(); got != want {
			t.Errorf("%s: %v", format, got)
		}
	}
	var none *Log
	if none.Timed() || none.Write(nil, nil) != nil {
		t.Error("a nil log does something")
	}
}

// A line costs no memory of its own but what Lines keep of it.
func TestLineAllocations(t *testing.T) {
	lines := observe.NewLines(new(bytes.Buffer), slog.New(slog.DiscardHandler))
	defer lines.Close()
	log := New("$context.requestId $context.status $context.responseLength $context.responseLatency $context.integration.latency $context.stage", lines)
	var buf []byte
	d, x := full().Done, full().Context
	if n := testing.AllocsPerRun(1000, func() { buf = log.Write(buf, &Record{Done: d, Context: x}) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

// What is found by number is what is found by name.
func TestFrequentVariables(t *testing.T) {
	r := full()
	r.Context = &mapping.Context{
		APIID: "a", DomainName: "d.e", ExtendedRequestID: "x", HTTPMethod: "GET", Path: "/p\"", Protocol: "HTTP/1.1", RequestID: "r", RequestTime: 1522933674123,
		ResourcePath: "/{p}", Stage: "s", Identity: mapping.Identity{Caller: "c", SourceIP: "192.0.2.1", User: "u", UserAgent: "ua\n"},
	}
	given := *r
	given.Context = new(*r.Context)
	given.Context.Given = map[string]string{"stage": "given", "requestTime": "now"}
	tried := 0
	for name, k := range kinds {
		if k < apiID {
			continue
		}
		for _, r := range []*Record{r, &given} {
			if got, want := string(r.append(nil, k, name)), string(r.appendSeen(nil, name)); got != want || got == "" {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		tried++
	}
	if tried != int(stage-apiID)+1 {
		t.Errorf("%d of %d variables have a name", tried, stage-apiID+1)
	}
}

func BenchmarkWrite(b *testing.B) {
	lines := observe.NewLines(io.Discard, slog.New(slog.DiscardHandler))
	defer lines.Close()
	log := New(`$context.requestId $context.identity.sourceIp [$context.requestTime] "$context.httpMethod $context.path $context.protocol" $context.resourcePath $context.status $context.responseLength $context.responseLatency`, lines)
	r := full()
	r.Context = &mapping.Context{
		HTTPMethod: "GET", Path: "/bench/api/v1/res42/abc42/items/def294", Protocol: "HTTP/1.1", RequestID: "7c5ea1a2-1f9b-4f53-9d44-2a35a5a3b5f0", RequestTime: 1522933674123,
		ResourcePath: "/api/v1/res42/{id}/items/{item}", Identity: mapping.Identity{SourceIP: "192.0.2.1"},
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = log.Write(buf, r)
	}
}
