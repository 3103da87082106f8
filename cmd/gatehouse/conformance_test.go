package main

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// A conformanceCase is one thing that is known of AWS's data plane: a method,
// the bytes of a request, the answer to it, and what the backend saw.
//
// Texts have "\n" for the line ends of a head. {x} is the path of the case's own
// resource with its stage, {res} without; {api} and {rid} are the
// ids of API and resource, {backend} is the backend's address. In what is expected "…" is any text (as a line: any other
// header lines), {uuid}, {trace}, {root} and the like are texts of that form, and
// "Name:" says that there is no such header.
type conformanceCase struct {
	name    string // in docs/conformance.md
	variant string // tells cases of one row from each other

	api     tree            // members of the definition, beside its paths
	method  tree            // the integration of ANY {res}
	op      tree            // more members of that operation
	path    string          // more of that resource's path
	methods map[string]tree // more integrations, by "VERB /path" below {res}

	throttled bool // the stage lets no request of GET {res} through
	edited    tree // becomes the draft's DEFAULT_4XX behind the deployment

	send   string // Host and Content-Length are added where they are left out
	answer string // of the backend; a body alone is that of a 200. "" is {}
	want   string // status, header lines, body; the headers of every answer may be left out
	saw    string // request line, header lines, body; "" is not looked at
	log    string // part of the server's log

	at casePlace // where it was deployed
}

// Answers of the backend that are none.
const (
	silence = "silence" // it never answers
	hangsUp = "hangs up"
)

// nothing is what a backend saw that was not called.
const nothing = "nothing"

// A tree is an object of JSON.
type tree = map[string]any

// A topic is a section of docs/conformance.md and its cases.
type topic struct {
	title string
	cases []conformanceCase
}

func conformanceTopics() []topic {
	return []topic{
		{"Order of the steps", pipelineCases()},
		{"Parameter mapping", mappingCases()},
		{"Mapping templates", templateCases()},
		{"HTTP, HTTP_PROXY and MOCK", slices.Concat(integrationCases(), putIntegrationCases())},
		{"Lambda and services of AWS", functionCases()},
		{"Response streaming", nil},
		{"Headers", slices.Concat(headerTreatmentCases(), traceIDCases())},
		{"Content handling and compression", contentHandlingCases()},
		{"Gateway responses", gatewayResponseCases()},
		{"Routing", routingCases()},
		{"TestInvokeMethod", testInvokeCases()},
		{"Signatures and resource policies", nil},
		{"Lambda authorizers", nil},
		{"User pools", nil},
		{"Definitions: import and export", nil},
		{"Stages", nil}, // its rows name tests that have stages of their own
	}
}

// TestConformance holds the data plane to what is known of AWS's, over sockets
// on both sides.
func TestConformance(t *testing.T) {
	r := newConformanceRig(t)
	for _, topic := range conformanceTopics() {
		if len(topic.cases) == 0 {
			continue
		}
		r.deploy(t, topic.cases)
		t.Run(topic.title, func(t *testing.T) {
			for i := range topic.cases {
				c := &topic.cases[i]
				t.Run(strings.TrimSuffix(c.name+"/"+c.variant, "/"), func(t *testing.T) { r.run(t, c) })
			}
		})
	}
}

// run sends a case's request and compares what came of it.
func (r *conformanceRig) run(t *testing.T, c *conformanceCase) {
	r.backend.expect(c.at.fill(c.answer))
	r.log.take()
	got, want, sent := r.exchange(t, c), withCommonLines(c.at.fill(c.want)), c.at.fill(c.saw)
	if problem := compareMessages(got, want); problem != "" {
		t.Errorf("the answer: %s\ngot:\n%s\nwant:\n%s", problem, got, want)
	}
	saw := r.backend.take()
	switch {
	case c.saw == nothing && saw != "":
		t.Errorf("the backend was called:\n%s", saw)
	case c.saw != "" && c.saw != nothing:
		if problem := compareMessages(saw, sent); problem != "" {
			t.Errorf("the backend's request: %s\ngot:\n%s\nwant:\n%s", problem, saw, sent)
		}
	}
	if log := r.log.take(); !strings.Contains(log, c.log) {
		t.Errorf("the log lacks %q:\n%s", c.log, log)
	}
}

// commonLines are in every answer, spelled so (recorded).
var commonLines = []string{"Connection: keep-alive", "Date: {date}", "x-amz-apigw-id: {extended}", "x-amzn-RequestId: {uuid}"}

// withCommonLines makes a whole answer of what a case wants: the status line of
// a status, and the lines that every answer has and the case does not speak of.
func withCommonLines(want string) string {
	head, body, whole := cutMessage(want)
	lines := strings.Split(head, "\n")
	status, _ := strconv.Atoi(lines[0])
	lines[0] = fmt.Sprintf("HTTP/1.1 %d %s", status, cmp.Or(http.StatusText(status), "status code "+lines[0]))
	add := commonLines
	if whole && !strings.Contains(body, "…") {
		add = append(slices.Clone(add), "Content-Length: "+strconv.Itoa(len(body)))
	}
	for _, line := range add {
		name, _, _ := strings.Cut(line, ":")
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+":") }) {
			lines = append(lines, line)
		}
	}
	want = strings.Join(lines, "\n")
	if whole {
		want += "\n\n" + body
	}
	return want
}

// forms are the texts that differ from call to call.
var forms = strings.NewReplacer(
	"…", `(?s:.*)`,
	`\{uuid\}`, `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`,
	`\{extended\}`, `[A-Za-z0-9_-]{15}=`,
	`\{root\}`, `Root=1-[0-9a-f]{8}-[0-9a-f]{24}`,
	`\{self\}`, `Self=1-[0-9a-f]{8}-[0-9a-f]{24}`,
	`\{parent\}`, `Parent=[0-9a-f]{16}`,
	`\{trace\}`, `Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0`,
	`\{date\}`, `[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT`,
	`\{time\}`, `\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000`,
	`\{number\}`, `\d+`,
	`\{key\}`, `[a-z0-9]{6,10}`,
	`\{hex\}`, `[0-9a-f]+`,
	`\{stamp\}`, `\d{8}T\d{6}Z`,
	`\{day\}`, `\d{8}`,
	`\{day-of-log\}`, `[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}`,
)

// conforms reports whether a text is what is wanted.
func conforms(got, want string) bool {
	if got == want || !utf8.ValidString(want) {
		return got == want
	}
	return regexp.MustCompile("^" + forms.Replace(regexp.QuoteMeta(want)) + "$").MatchString(got)
}

// cutMessage parts a message's head from its body. whole is false where it has
// only a head.
func cutMessage(text string) (head, body string, whole bool) { return strings.Cut(text, "\n\n") }

// compareMessages says how a message differs from the one wanted, "" for not at
// all. The order of header lines does not count: AWS's is not known.
func compareMessages(got, want string) string {
	head, body, whole := cutMessage(got)
	wantHead, wantBody, wantWhole := cutMessage(want)
	lines, wanted := strings.Split(head, "\n"), strings.Split(wantHead, "\n")
	switch {
	case !conforms(lines[0], wanted[0]):
		return "its first line is another"
	case whole && wantWhole && !conforms(body, wantBody):
		return "its body is another"
	case whole && !wantWhole && body != "" && !slices.Contains(wanted, "…"):
		return "it has a body"
	}
	return compareLines(lines[1:], wanted[1:])
}

func compareLines(lines, wanted []string) string {
	others := false
	for _, want := range wanted {
		name, value, _ := strings.Cut(want, ":")
		at := slices.IndexFunc(lines, func(line string) bool { return conforms(line, want) })
		switch {
		case want == "…":
			others = true
		case value == "":
			if slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(strings.ToLower(line), strings.ToLower(name)+":") }) {
				return "it has a line " + name
			}
		case at < 0:
			return fmt.Sprintf("it has no line %q", want)
		default:
			lines = slices.Delete(slices.Clone(lines), at, at+1)
		}
	}
	if !others && len(lines) > 0 {
		return fmt.Sprintf("it has lines more: %q", lines)
	}
	return ""
}
