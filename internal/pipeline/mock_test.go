package pipeline

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const (
	internalError = "500\nx-amzn-ErrorType: InternalServerErrorException\nContent-Type: application/json\n\n" + `{"message": "Internal server error"}`
	emptyAnswer   = "200\nContent-Type: application/json\n\n"
)

func respond(text string) func(*snapshot.Method) {
	return func(m *snapshot.Method) {
		m.Integration.Responses[0].Templates = map[string]string{"application/json": text}
	}
}

func ask(text string) func(*snapshot.Method) {
	return func(m *snapshot.Method) {
		m.Integration.RequestTemplates = map[string]string{"application/json": text}
	}
}

func TestMock(t *testing.T) {
	tests := map[string]struct {
		edit          func(*snapshot.Method)
		request, want string
	}{
		"no response template, no body":  {nil, "GET /x", emptyAnswer},
		"response template":              {respond(`{"env":"$stageVariables.env"}`), "GET /x", emptyAnswer + `{"env":"test"}`},
		"unquoted key (recorded)":        {ask(`{statusCode: 200}`), "GET /x", emptyAnswer},
		"status in quotes is no integer": {ask(`{"statusCode": "200"}`), "GET /x", internalError},
		"no status":                      {ask(`{}`), "GET /x", internalError},
		"not JSON":                       {ask(`hello`), "GET /x", internalError},
		"status without a response": {func(m *snapshot.Method) {
			ask(`{"statusCode": 404}`)(m)
			m.Integration.Responses[0].SelectionPattern = "200"
		}, "GET /x", internalError},
		"status that falls to the default": {ask(`{"statusCode": 404}`), "GET /x", emptyAnswer},
		"status chosen by pattern": {func(m *snapshot.Method) {
			ask(`{"statusCode": 404}`)(m)
			m.Integration.Responses = append(m.Integration.Responses, snapshot.IntegrationResponse{StatusCode: "400", SelectionPattern: `4\d{2}`})
			m.Responses["400"] = snapshot.MethodResponse{}
		}, "GET /x", "400\nContent-Type: application/json\n\n"},
		"method response missing":                   {func(m *snapshot.Method) { m.Responses = nil }, "GET /x", internalError},
		"request template that does not parse":      {ask(`#if($x`), "GET /x", internalError},
		"response template that does not parse":     {respond(`#if($x`), "GET /x", internalError},
		"request template that fails":               {ask(`#set($l = [1])$l[9]`), "GET /x", internalError},
		"status overridden":                         {respond(`#set($context.responseOverride.status = 418)short and stout`), "GET /x", "418\nContent-Type: application/json\n\nshort and stout"},
		"status overridden in the request template": {ask(`#set($context.responseOverride.status = 201){"statusCode": 200}`), "GET /x", "201\nContent-Type: application/json\n\n"},
		"header overridden":                         {respond(`#set($context.responseOverride.header.X-A = "b")`), "GET /x", "200\nX-A: b\nContent-Type: application/json\n\n"},
		"selection pattern that is none":            {func(m *snapshot.Method) { m.Integration.Responses[0].SelectionPattern = "(" }, "GET /x", internalError},
		"mapped headers": {func(m *snapshot.Method) {
			m.Integration.Responses[0].Parameters = map[string]string{
				"method.response.header.X-Static": "'it is'", "method.response.header.X-Env": "stageVariables.env",
				"method.response.header.X-None": "stageVariables.nope", "method.response.header.X-Stage": "context.stage",
				"method.response.header.Content-Type": "'text/html'", "method.response.header.Date": "'now'",
				"method.response.header.Transfer-Encoding": "'chunked'",
			}
		}, "GET /x", "200\nContent-Type: text/html\nx-amzn-Remapped-Date: now\nX-Env: test\nX-Stage: prod\nX-Static: it is\n\n"},
		"template chosen by Accept": {func(m *snapshot.Method) {
			m.Integration.Responses[0].Templates = map[string]string{"application/json": "json", "text/plain": "plain"}
		}, "GET /x\nAccept: text/plain;q=0.5, application/json", emptyAnswer + "plain"},
		"unknown Accept falls to application/json": {func(m *snapshot.Method) {
			m.Integration.Responses[0].Templates = map[string]string{"application/json": "json", "text/plain": "plain"}
		}, "GET /x\nAccept: image/png", emptyAnswer + "json"},
		"only another type": {func(m *snapshot.Method) {
			m.Integration.Responses[0].Templates = map[string]string{"text/plain": "plain"}
		}, "GET /x", emptyAnswer + "plain"},
		"request template for the content type": {func(m *snapshot.Method) {
			m.Integration.RequestTemplates["application/xml"] = `{"statusCode": 204}`
			m.Integration.Responses = append(m.Integration.Responses, snapshot.IntegrationResponse{StatusCode: "204", SelectionPattern: "204"})
			m.Responses["204"] = snapshot.MethodResponse{}
		}, "POST /x\nContent-Type: application/xml; charset=utf-8\n\n<a/>", "204\nContent-Type: application/json\n\n"},
		"no template passes the client's body": {func(m *snapshot.Method) { m.Integration.RequestTemplates = nil }, "POST /x\n\n{\"statusCode\": 200}", emptyAnswer},
		"method override":                      {func(m *snapshot.Method) { m.HTTPMethod = "PATCH" }, "GET /x\nX-HTTP-Method-Override: PATCH", emptyAnswer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { newRig(t, mock(tt.edit)).want(t, tt.request, tt.want) })
	}
}

// TestPassthrough is AWS's table of passthroughBehavior.
func TestPassthrough(t *testing.T) {
	const pass, refuse, template = "pass", "415", "template"
	tests := []struct {
		templates, contentType string
		noMatch, noTemplates   string
		never                  string
	}{
		{"application/json", "", template, template, template},
		{"application/json", "application/json", template, template, template},
		{"application/json", "application/xml", pass, refuse, refuse},
		{"application/xml", "", pass, refuse, refuse},
		{"application/xml", "application/json", pass, refuse, refuse},
		{"application/xml", "application/xml", template, template, template},
		{"", "application/json", pass, pass, refuse},
		{"", "", pass, pass, refuse},
	}
	answers := map[string]string{
		template: "201\nContent-Type: application/json\n\n", pass: "202\nContent-Type: application/json\n\n",
		refuse: "415\nx-amzn-ErrorType: BadRequestException\nContent-Type: application/json\n\n" + `{"message": "Unsupported Media Type"}`,
	}
	for _, tt := range tests {
		for behavior, want := range map[string]string{"WHEN_NO_MATCH": tt.noMatch, "WHEN_NO_TEMPLATES": tt.noTemplates, "NEVER": tt.never} {
			t.Run(fmt.Sprintf("templates %q, sent %q, %s", tt.templates, tt.contentType, behavior), func(t *testing.T) {
				r := newRig(t, mock(func(m *snapshot.Method) {
					m.Integration.PassthroughBehavior = behavior
					m.Integration.RequestTemplates = nil
					if tt.templates != "" {
						m.Integration.RequestTemplates = map[string]string{tt.templates: `{"statusCode": 201}`}
					}
					m.Integration.Responses = []snapshot.IntegrationResponse{{StatusCode: "201", SelectionPattern: "201"}, {StatusCode: "202", SelectionPattern: "202"}}
					m.Responses = map[string]snapshot.MethodResponse{"201": {}, "202": {}}
				}))
				request := "POST /x"
				if tt.contentType != "" {
					request += "\nContent-Type: " + tt.contentType
				}
				r.want(t, request+"\n\n{\"statusCode\": 202}", answers[want])
			})
		}
	}
}

// TestFrontDoor holds what fails before an integration is reached.
func TestFrontDoor(t *testing.T) {
	const missing = "403\nx-amzn-ErrorType: MissingAuthenticationTokenException\nContent-Type: application/json\n\n" + `{"message":"Missing Authentication Token"}`
	const bad = "400\nx-amzn-ErrorType: BadRequestException\nContent-Type: application/json\n\n" + `{"message":"Bad Request"}`
	const denied = "403\nx-amzn-ErrorType: AccessDeniedException\nContent-Type: application/json\n\n" + `{"Message":"Forbidden"}`
	tests := map[string]struct {
		edit          func(*snapshot.Method)
		request, want string
	}{
		"unknown path":          {nil, "GET /nope", missing},
		"verb that ANY is not":  {nil, "TRACE /x", missing},
		"dot segment":           {nil, "GET /x/../x", bad},
		"coded dot segment":     {nil, "GET /%2e%2e/x", bad},
		"bad escape":            {nil, "GET /%zz", bad},
		"what is closed":        {func(m *snapshot.Method) { m.AuthorizationType = "TELEPATHY" }, "GET /x", denied},
		"an API key is missing": {func(m *snapshot.Method) { m.APIKeyRequired = true }, "GET /x", forbiddenKey},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { newRig(t, mock(tt.edit)).want(t, tt.request, tt.want) })
	}
}

// What clients do wrong is not logged; what the definition does is, once and
// with its place.
func TestLog(t *testing.T) {
	tests := map[string]struct {
		edit    func(*snapshot.Method)
		request string
		want    string // in the log; "" for no line
	}{
		"dot segment":       {nil, "GET /x/../x", ""},
		"unknown path":      {nil, "GET /nope", ""},
		"closed method":     {func(m *snapshot.Method) { m.AuthorizationType = "TELEPATHY" }, "GET /x", "Method.authorizationType"},
		"missing API key":   {func(m *snapshot.Method) { m.APIKeyRequired = true }, "GET /x", ""},
		"template at fault": {ask(`#if($x`), "GET /x", "integration.requestTemplates.application/json:1:7: unexpected end"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mock(tt.edit))
			log := new(strings.Builder)
			r.stage.services.Log = slog.New(slog.NewTextHandler(log, nil))
			r.call(tt.request).Release()
			if got := log.String(); !strings.Contains(got, tt.want) || tt.want == "" && got != "" || tt.want != "" && strings.Count(got, "\n") != 1 {
				t.Errorf("the log is %q, want %q in it", got, tt.want)
			}
		})
	}
}

func TestProblemHasItsPlaceOnce(t *testing.T) {
	r := newRig(t, mock(ask("line one\n#if($x")))
	got := r.stage.program.Problems()
	if len(got) != 1 {
		t.Fatalf("problems %v", got)
	}
	const want = "ANY /x integration.requestTemplates.application/json:2:7: unexpected end of the template, expected "
	if text := got[0].String(); !strings.HasPrefix(text, want) {
		t.Errorf("the problem is %q, want %q…", text, want)
	}
}

func TestRequestIDOfTheClient(t *testing.T) {
	r := newRig(t, mock(nil))
	const id = "0a1b2c3d-0000-4000-8000-000000000001"
	resp := r.call("GET /x\nx-amzn-RequestId: " + id)
	if got := resp.Header.Get("x-amzn-RequestId"); got != id {
		t.Errorf("a UUID of the client became %q", got)
	}
	resp = r.call("GET /x\nx-amzn-RequestId: mine")
	if got := resp.Header.Get("x-amzn-RequestId"); !isUUID(got) {
		t.Errorf("an id that is no UUID became %q", got)
	}
}

// TestGatewayResponses holds the inheritance of customised answers.
func TestGatewayResponses(t *testing.T) {
	d := &snapshot.Deployment{APIID: "abc", Resources: []snapshot.Resource{mock(ask("x"))}, GatewayResponses: map[string]snapshot.GatewayResponse{
		"DEFAULT_4XX": {StatusCode: "418", Parameters: map[string]string{"gatewayresponse.header.X-Why": "'no'", "gatewayresponse.header.X-Path": "context.path"},
			Templates: map[string]string{"application/json": `{"m":$context.error.messageString,"t":"$context.error.responseType"}`}},
		"API_CONFIGURATION_ERROR": {Parameters: map[string]string{"gatewayresponse.header.X-Mine": "method.request.header.X-A"},
			Templates: map[string]string{"text/plain": "$context.error.message in $context.stage"}},
	}}
	r := newRigOf(t, d)
	r.want(t, "GET /nope", "418\nx-amzn-ErrorType: MissingAuthenticationTokenException\nX-Path: /prod/nope\nX-Why: no\nContent-Type: application/json\n\n"+
		`{"m":"Missing Authentication Token","t":"MISSING_AUTHENTICATION_TOKEN"}`)
	r.want(t, "GET /x\nX-A: a", "500\nx-amzn-ErrorType: InternalServerErrorException\nX-Mine: a\nContent-Type: text/plain\n\nInternal server error in prod")
}

// A request template that is the same for every call is rendered when the API is
// deployed, and answers as one that is not.
func TestMockOfConstantTemplate(t *testing.T) {
	tests := map[string]struct {
		text     string
		constant bool
		want     string
	}{
		"a status":              {`{"statusCode": 404}`, true, "404\nContent-Type: application/json\n\n"},
		"a comment":             {"## none\n{statusCode: 404, a: [1]}", true, "404\nContent-Type: application/json\n\n"},
		"a reference":           {`{"statusCode": 404, "a": "$context.stage"}`, false, "404\nContent-Type: application/json\n\n"},
		"a directive":           {`#set($a = 404){"statusCode": $a}`, false, "404\nContent-Type: application/json\n\n"},
		"no status":             {`{"status": 404}`, false, internalError},
		"no integer":            {`{"statusCode": 404.5}`, false, internalError},
		"no JSON":               {`{"statusCode": `, false, internalError},
		"does not even parse":   {`#if(`, false, internalError},
		"any number (reported)": {`{"statusCode": 0}`, true, emptyAnswer},
	}
	for name, tt := range tests {
		for _, mediaType := range []string{"application/json", "$default"} {
			t.Run(name+" under "+mediaType, func(t *testing.T) {
				r := newRig(t, mock(func(m *snapshot.Method) {
					m.Integration.RequestTemplates = map[string]string{mediaType: tt.text}
					m.Integration.Responses = append(m.Integration.Responses, snapshot.IntegrationResponse{StatusCode: "404", SelectionPattern: "404"})
					m.Responses["404"] = snapshot.MethodResponse{}
				}))
				request := &r.stage.program.methods[0].request
				if from, _ := request.pick("application/json"); (from.constant != nil) != tt.constant {
					t.Errorf("folded: %v", from.constant != nil)
				}
				for range 2 {
					r.want(t, "GET /x", tt.want)
				}
			})
		}
	}
}
