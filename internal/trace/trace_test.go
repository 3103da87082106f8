package trace

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestExecutionLogLine(t *testing.T) {
	at := time.Date(2018, 4, 5, 13, 7, 54, 0, time.FixedZone("CEST", 2*3600))
	const date = "Thu Apr 05 11:07:54 UTC 2018 : "
	tests := map[string]struct{ text, want string }{
		"date (recorded)":               {"Starting execution", date + "Starting execution\n"},
		"at the limit":                  {strings.Repeat("a", 1024), date + strings.Repeat("a", 1024) + "\n"},
		"over it (recorded)":            {strings.Repeat("a", 1025), date + strings.Repeat("a", 1024) + " [TRUNCATED]\n"},
		"within a character":            {strings.Repeat("a", 1023) + "é", date + strings.Repeat("a", 1023) + " [TRUNCATED]\n"},
		"within one of four bytes":      {strings.Repeat("a", 1021) + "😀", date + strings.Repeat("a", 1021) + " [TRUNCATED]\n"},
		"behind a character":            {strings.Repeat("a", 1022) + "éb", date + strings.Repeat("a", 1022) + "é [TRUNCATED]\n"},
		"lines stay lines, as with AWS": {"{\n  1\n}", date + "{\n  1\n}\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := executionLog{at: at}
			l.failureLine(tt.text)
			if got := string(l.text); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestJavaHeader(t *testing.T) {
	tests := map[string]struct {
		header httpmsg.Header
		want   string
	}{
		"empty":  {nil, "{}"},
		"one":    {httpmsg.Header{{Name: "a", Value: "b"}}, "{a=b}"},
		"two":    {httpmsg.Header{{Name: "a", Value: "b"}, {Name: "c", Value: ""}}, "{a=b, c=}"},
		"joined": {httpmsg.Header{{Name: "A", Value: "1"}, {Name: "b", Value: "2"}, {Name: "a", Value: "3"}}, "{A=1,3, b=2}"},
		"secrets": {httpmsg.Header{{Name: "authorization", Value: "Bearer 7af421"}, {Name: "X-Api-Key", Value: "abcdef"}, {Name: "X-Amz-Security-Token", Value: "abcdefg"}, {Name: "Cookie", Value: "seen"}},
			"{authorization=*******7af421, X-Api-Key=******, X-Amz-Security-Token=*bcdefg, Cookie=seen}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := javaHeader(tt.header); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	many := make(httpmsg.Header, 1_000_000)
	begin := time.Now()
	if got := javaHeader(many); len(got) < MaxLogLine {
		t.Errorf("%d bytes", len(got))
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("a million headers took %v", took)
	}
}

func TestPayload(t *testing.T) {
	long := strings.Repeat("a", maxPayload-1)
	tests := map[string]struct {
		body string
		want Payload
	}{
		"empty":            {"", Payload{}},
		"text":             {"é", Payload{Text: "é", Size: 2}},
		"binary":           {"\xff\xfe", Payload{Size: 2, Binary: true}},
		"cut":              {long + "bc", Payload{Text: long + "b", Size: maxPayload + 1}},
		"cut in character": {long + "é", Payload{Text: long, Size: maxPayload + 1}},
		"broken at end":    {"abc\xc3", Payload{Size: 4, Binary: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := newPayload([]byte(tt.body)); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain, ünd 日本 😀":           "plain, ünd 日本 😀",
		"\x1b[31mred\x1b[0m":        `\x1b[31mred\x1b[0m`,
		"a\tb\r\nc\x00":             `a    b\r\nc\x00`,
		"evil\u202etxt\u0085\u200b": `evil\u202etxt\u0085\u200b`,
		"\xff\ufffd":                `\xff` + "\ufffd",
	} {
		if got := printable(text); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A body that says more than a screen holds is cut by lines and by bytes.
func TestTextOfBodies(t *testing.T) {
	tests := map[string]struct {
		body string
		want string
	}{
		"none":      {"", ""},
		"one line":  {"a", "  body      a\n"},
		"lines":     {"a\r\nb\n", "  body      a\n            b\n"},
		"13 lines":  {strings.Repeat("a\n", 13), "  body      a\n" + strings.Repeat("            a\n", 11) + "            … of 26 bytes\n"},
		"long line": {strings.Repeat("a", 801), "  body      " + strings.Repeat("a", 800) + "\n            … of 801 bytes\n"},
		"binary":    {"\xff", "  body      1 bytes that are no text\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var p printer
			p.body("body", newPayload([]byte(tt.body)))
			if got := p.text.String(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// What a header hides, the mapping that sets it hides too.
func TestTextOfMappedSecrets(t *testing.T) {
	const secret = "Bearer 0123456789"
	tests := map[string]struct {
		event MappingEvent
		want  string
	}{
		"by target":              {MappingEvent{Target: "integration.request.header.authorization", Expression: "method.request.querystring.t", Value: secret}, "integration.request.header.authorization = method.request.querystring.t → ***456789"},
		"by source":              {MappingEvent{Target: "integration.request.header.X-A", Expression: "method.request.header.X-API-Key", Value: secret}, "integration.request.header.X-A = method.request.header.X-API-Key → ***456789"},
		"by source, all values":  {MappingEvent{Target: "integration.request.querystring.a", Expression: "method.request.multivalueheader.Authorization", Value: secret}, "integration.request.querystring.a = method.request.multivalueheader.Authorization → ***456789"},
		"a token":                {MappingEvent{Target: "integration.request.header.X-Amz-Security-Token", Expression: "stageVariables.t", Value: secret}, "integration.request.header.X-Amz-Security-Token = stageVariables.t → ***456789"},
		"the key of the caller":  {MappingEvent{Target: "integration.request.header.X-A", Expression: "context.identity.apiKey", Value: secret}, "integration.request.header.X-A = context.identity.apiKey → ***456789"},
		"an override":            {MappingEvent{Target: "integration.request.header.Authorization", Expression: "$context.requestOverride.header.Authorization", Value: secret}, "integration.request.header.Authorization = $context.requestOverride.header.Authorization → ***456789"},
		"a static one":           {MappingEvent{Target: "integration.request.header.Authorization", Expression: "'" + secret + "'", Value: secret}, "integration.request.header.Authorization = '***456789' → ***456789"},
		"a short one":            {MappingEvent{Target: "integration.request.header.Authorization", Expression: "'abc'", Value: "abc"}, "integration.request.header.Authorization = '***' → ***"},
		"in an answer":           {MappingEvent{Target: "method.response.header.X-Api-Key", Expression: "integration.response.body.key", Value: secret}, "method.response.header.X-Api-Key = integration.response.body.key → ***456789"},
		"none":                   {MappingEvent{Target: "integration.request.header.X-Authorization-Kind", Expression: "'Bearer'", Value: "Bearer"}, "integration.request.header.X-Authorization-Kind = 'Bearer' → Bearer"},
		"none that has no value": {MappingEvent{Target: "integration.request.header.Authorization", Expression: "method.request.header.Authorization", Absent: true}, "integration.request.header.Authorization = method.request.header.Authorization has no value, not sent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var p printer
			p.mapping(&tt.event)
			if got := p.text.String(); got != "  mapping   "+tt.want+"\n" {
				t.Errorf("got  %swant   mapping   %s", got, tt.want)
			}
		})
	}
}

// A secret is masked in whatever form a text has it, and where the text was cut within it.
func TestTextHides(t *testing.T) {
	const secret = `Bearer a+b/c"0123456789`
	for name, tt := range map[string]struct{ body, want string }{
		"as it is":        {"<" + secret + ">", "<***456789>"},
		"without Bearer":  {`<a+b/c"0123456789>`, "<***456789>"},
		"in a URI":        {"?t=a%2Bb%2Fc%220123456789&x", "?t=***456789&x"},
		"in JSON":         {`{"t":"Bearer a+b/c\"0123456789"}`, `{"t":"***456789"}`},
		"in PHP's JSON":   {`{"t":"Bearer a+b\/c\"0123456789"}`, `{"t":"***456789"}`},
		"in .NET's JSON":  {`{"t":"Bearer a\u002Bb/c\u00220123456789"}`, `{"t":"***456789"}`},
		"in JSON in JSON": {`{"body":"{\"t\":\"a+b\\\/c\\\"0123456789\"}"}`, `{"body":"{\"t\":\"***456789\"}"}`},
		"twice":           {secret + secret, "***456789***456789"},
		"a part of it":    {"Bearer a+b", "Bearer a+b"},
		"cut at the end":  {strings.Repeat("x", maxPayload-10) + "\n" + secret, ""},
		"cut at the line": {strings.Repeat("x", shownBytes-8) + secret, strings.Repeat("x", shownBytes-8) + "***45678"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := &Trace{}
			tr.Hide(secret)
			tr.Response(nil, []byte(tt.body))
			text := tr.Text(TextOptions{})
			if tt.want == "" {
				h := newHider(tr)
				if got := h.hideCut(tr.Events[0].Data.(*ResponseEvent).Body.Text); strings.Contains(got, "Bearer") || !strings.HasSuffix(got, "x\n***") {
					t.Errorf("got %s", got[len(got)-20:])
				}
				return
			}
			if !strings.Contains(text, tt.want) || tt.body != tt.want && strings.Contains(text, "a+b") {
				t.Errorf("got\n%s\nwant %s", text, tt.want)
			}
		})
	}
}

// The escapes that a writer of JSON puts into a secret's end are of the secret, too.
func TestTextHidesBase64(t *testing.T) {
	const token = "k3y&5ecret012345=="
	for name, body := range map[string]string{
		"Gson": `k3y\u00265ecret012345\u003d\u003d`,
		"Go":   `k3y\u00265ecret012345==`,
	} {
		t.Run(name, func(t *testing.T) {
			tr := &Trace{}
			tr.Hide(token)
			tr.Response(nil, []byte(body))
			if text := tr.Text(TextOptions{}); strings.Contains(text, "ecret") || !strings.Contains(text, "***") {
				t.Errorf("got\n%s", text)
			}
		})
	}
}

// TestForeignerWithoutResourcePolicy has what a developer sees of a caller whose own policy
// allows the call, and who is of another account than the API.
func TestForeignerWithoutResourcePolicy(t *testing.T) {
	tr := new(Trace)
	tr.Access(AccessEvent{Identity: "Allow", Why: "of another account, and no resource policy allows it"})
	if got, want := tr.Text(TextOptions{}), "denied (identity Allow, of another account, and no resource policy allows it)"; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant %q in it", got, want)
	}
}
