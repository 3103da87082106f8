package main

import (
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What edited definitions begin with; rows count lines from there.
const (
	editTop  = "openapi: 3.0.1\ninfo: {title: edited, version: '1'}\n"
	editGood = editTop + "paths: {/a: {get: {responses: {'200': {description: ok}}}}}\n"
)

// edited is a definition with one operation that has those members.
func edited(members string) string {
	return editTop + "paths:\n  /a:\n    get:\n      responses: {'200': {description: ok}}\n      " + members + "\n"
}

// integrated is one whose operation has an integration with those members.
func integrated(members string) string {
	return edited("x-amazon-apigateway-integration: {" + members + "}")
}

// wrongEdits are definitions that somebody saves while dev serves the file.
var wrongEdits = map[string]struct{ text, want string }{
	"nothing":                    {"", `api.yaml:1:1: error: the document is empty`},
	"no definition":              {"a: 1\n", `api.yaml:1:1: error: neither "swagger" nor "openapi" says which specification this follows`},
	"another specification":      {"openapi: 4.0.0\n", `api.yaml:1:1: error: OpenAPI 4.0.0 is not supported: Swagger 2.0 and OpenAPI 3.0 and 3.1 are`},
	"no YAML":                    {editTop + "paths: [\n", `api.yaml:4:1: error: did not find expected node content`},
	"no JSON":                    {"{\"openapi\": \"3.0.1\",\n \"info\": }", `api.yaml:2:10: error: `},
	"a key twice":                {editTop + "paths: {}\npaths: {}\n", `api.yaml:4:1: error: duplicate key "paths"`},
	"a misspelt method":          {editTop + "paths: {/a: {gte: {responses: {}}}}\n", `api.yaml:3:14: error: gte is no member of a path; did you mean get? (#/paths/~1a/gte)`},
	"security of a path":         {"openapi: 3.0.1\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    security: [{key: []}]\n    get: {responses: {'200': {description: ok}}}\n", `api.yaml:5:5: error: security is not read here and protects nothing (#/paths/~1a/security)`},
	"misspelt security":          {edited("securty: [{key: []}]"), `api.yaml:7:7: error: securty is not read here and protects nothing; did you mean security? (#/paths/~1a/get/securty)`},
	"misspelt security, at top":  {editGood + "securtiy: [{key: []}]\n", `api.yaml:4:1: error: securtiy is not read here and protects nothing; did you mean security? (#/securtiy)`},
	"misspelt schemes":           {editGood + "components: {securityScheme: {}}\n", `api.yaml:4:14: error: securityScheme is not read here and protects nothing; did you mean securitySchemes?`},
	"a scheme's misspelt type":   {editGood + "components: {securitySchemes: {k: {tpe: apiKey, name: x-api-key, in: header}}}\n", `api.yaml:4:36: error: tpe is not read here and protects nothing; did you mean type?`},
	"a scheme's misspelt name":   {editGood + "components: {securitySchemes: {k: {type: apiKey, nam: x-api-key, in: header}}}\n", `api.yaml:4:50: error: nam is not read here and protects nothing; did you mean name?`},
	"a strange passthrough":      {integrated("type: mock, passthroughBehavior: nevr"), `api.yaml:7:53: error: passthroughBehavior is "nevr", which is none of WHEN_NO_MATCH, WHEN_NO_TEMPLATES, NEVER; did you mean NEVER?`},
	"misspelt definitions":       {"swagger: '2.0'\ninfo: {title: edited, version: '1'}\npaths: {}\nsecurityDefinition: {}\n", `api.yaml:4:1: error: securityDefinition is not read here and protects nothing; did you mean securityDefinitions?`},
	"a misspelt extension":       {edited("x-amazon-apigateway-integraton: {type: mock}"), `api.yaml:7:7: error: x-amazon-apigateway-integraton is no extension of API Gateway; did you mean x-amazon-apigateway-integration? (#/paths/~1a/get/x-amazon-apigateway-integraton)`},
	"a misspelt prefix":          {edited("x-amazn-apigateway-integration: {type: mock}"), `api.yaml:7:7: error: x-amazn-apigateway-integration is no extension of API Gateway; did you mean x-amazon-apigateway-integration? (#/paths/~1a/get/x-amazn-apigateway-integration)`},
	"a misspelt member":          {integrated("type: mock, requestTemplate: {application/json: '{}'}"), `api.yaml:7:53: error: requestTemplate is no member of an integration; did you mean requestTemplates? (#/paths/~1a/get/x-amazon-apigateway-integration/requestTemplate)`},
	"a response's":               {integrated("type: mock, responses: {default: {statuscode: '200'}}"), `api.yaml:7:75: error: statuscode is no member of an integration response; did you mean statusCode? (#/paths/~1a/get/x-amazon-apigateway-integration/responses/default/statuscode)`},
	"an integration of no type":  {integrated("uri: 'http://127.0.0.1:1'"), `api.yaml:7:7: error: Unable to parse API definition because of a malformed integration at path /a. It has no type (#/paths/~1a/get/x-amazon-apigateway-integration)`},
	"one of a strange type":      {integrated("type: lambda"), `api.yaml:7:41: error: type is "lambda", which is none of http, http_proxy, aws, aws_proxy, mock (#/paths/~1a/get/x-amazon-apigateway-integration/type)`},
	"a misspelt type":            {integrated("type: mok"), `api.yaml:7:41: error: type is "mok", which is none of http, http_proxy, aws, aws_proxy, mock; did you mean mock? (#/paths/~1a/get/x-amazon-apigateway-integration/type)`},
	"a type's misspelt name":     {integrated("typ: mock"), `api.yaml:7:7: error: Unable to parse API definition because of a malformed integration at path /a. It has no type`},
	"a type that is a list":      {integrated("type: mock, uri: [a]"), `api.yaml:7:53: error: Unable to parse API definition because of a malformed integration at path /a. uri has to be text`},
	"a strange connection":       {integrated("type: mock, connectionType: VPCLINK"), `api.yaml:7:53: error: connectionType is "VPCLINK", which is none of INTERNET, VPC_LINK; did you mean VPC_LINK?`},
	"a strange handling":         {integrated("type: mock, responses: {default: {statusCode: '200', contentHandling: TEXT}}"), `api.yaml:7:94: error: contentHandling is "TEXT", which is none of CONVERT_TO_BINARY, CONVERT_TO_TEXT`},
	"a strange source of keys":   {editGood + "x-amazon-apigateway-api-key-source: HEADR\n", `api.yaml:4:1: error: x-amazon-apigateway-api-key-source is "HEADR", which is none of HEADER, AUTHORIZER; did you mean HEADER?`},
	"a URI of no scheme":         {integrated("type: http, httpMethod: GET, uri: nowhere"), `api.yaml:7:7: error: Unable to put integration on 'GET' for resource at path '/a': Invalid HTTP endpoint specified for URI (#/paths/~1a/get/x-amazon-apigateway-integration)`},
	"an intrinsic":               {integrated("type: aws_proxy, uri: !Sub 'arn:${F}'"), `api.yaml:7:63: error: !Sub is an intrinsic of CloudFormation, which a definition cannot have: write the value itself`},
	"an intrinsic as a member":   {integrated("type: aws_proxy, uri: {'Fn::GetAtt': [F, Arn]}"), `api.yaml:7:64: error: Fn::GetAtt is an intrinsic of CloudFormation, which a definition cannot have: write the value itself`},
	"a template that ends early": {integrated("type: mock, requestTemplates: {application/json: '#if(1)'}"), `api.yaml:7:72: error: GET /a integration.requestTemplates.application/json:1:7: unexpected end of the template, expected #end of #if`},
	"a link that is none":        {integrated("type: http_proxy, httpMethod: GET, uri: 'http://a/', connectionType: VPC_LINK, connectionId: nope"), `api.yaml:7:7: error: Unable to put integration on 'GET' for resource at path '/a': Invalid Vpc Link identifier specified: a connectionId is a name under vpc-links in the file of --config (#/paths/~1a/get/x-amazon-apigateway-integration)`},
	"a timeout too long":         {integrated("type: http_proxy, httpMethod: GET, uri: 'http://a/', timeoutInMillis: 60000"), `api.yaml:7:7: error: Unable to put integration on 'GET' for resource at path '/a': Timeout should be between 50 ms and 29000 ms`},
	"a mapping from nothing":     {integrated("type: http_proxy, httpMethod: GET, uri: 'http://a/', requestParameters: {integration.request.header.a: method.request.header.B}"), `api.yaml:7:7: error: Unable to put integration on 'GET' for resource at path '/a': `},
	"security that is not there": {edited("security: [{nope: []}]"), `api.yaml:7:19: error: Security definition 'nope' not found (#/paths/~1a/get/security/0/nope)`},
	"a validator that is none":   {edited("x-amazon-apigateway-request-validator: nope"), `api.yaml:7:7: error: Unable to put method 'GET' on resource at path '/a': Invalid Request Validator identifier specified (#/paths/~1a/get/x-amazon-apigateway-request-validator)`},
	"a file that is gone":        {edited("requestBody: {$ref: gone.yaml}"), `api.yaml:7:21: error: cannot follow gone.yaml: there is no such file (#/paths/~1a/get/requestBody/$ref)`},
	"a file where nobody looks":  {editGood + "components: {callbacks: {A: {$ref: gone.yaml}}}\n", `api.yaml:4:30: error: cannot follow gone.yaml: there is no such file`},
	"a file of somebody else":    {edited("requestBody: {$ref: ../../secret.yaml}"), `api.yaml:7:21: error: cannot follow ../../secret.yaml: references to files outside of {dir} (dev reads the files of the repository that holds the definition, else of the working directory) are not followed (#/paths/~1a/get/requestBody/$ref)`},
	"a URL":                      {edited("requestBody: {$ref: 'https://example.com/body.yaml'}"), `api.yaml:7:21: error: cannot follow https://example.com/body.yaml: references to URLs are not followed (#/paths/~1a/get/requestBody/$ref)`},
	"a reference to nothing":     {edited("requestBody: {$ref: '#/components/requestBodies/B'}"), `api.yaml:7:21: error: cannot follow #/components/requestBodies/B: there is no "components" in api.yaml# (#/paths/~1a/get/requestBody/$ref)`},
	"the same path twice":        {editTop + "paths: {/a: {get: {responses: {}}}, /a/: {get: {responses: {}}}}\n", `api.yaml:3:43: error: Unable to put method 'GET' on resource at path '/a': Method already exists for this resource`},
	"a circle":                   {edited("requestBody: {$ref: '#/paths/~1a/get/requestBody'}"), `api.yaml:7:7: error: references lead in a circle (#/paths/~1a/get/requestBody)`},
}

// planned is a definition with usage plans, of which the first row is on line 5.
func planned(plans string) string {
	return editGood + "x-gatehouse-usage-plans:\n" + plans + "\n"
}

// wrongPlans are those whose usage plans are wrong.
var wrongPlans = map[string]struct{ text, want string }{
	"no list":             {editGood + "x-gatehouse-usage-plans: {gold: {}}\n", `api.yaml:4:1: error: x-gatehouse-usage-plans is a list of usage plans`},
	"a short key":         {planned("- {name: a, keys: [short]}"), `api.yaml:5:20: error: the value of an API key has 20 to 128 characters, and this has 5 (#/x-gatehouse-usage-plans/0/keys/0)`},
	"a long key":          {planned("- {name: a, keys: [" + strings.Repeat("k", 129) + "]}"), `api.yaml:5:20: error: the value of an API key has 20 to 128 characters, and this has 129`},
	"a key in two lines":  {planned(`- {name: a, keys: ["gold-key-0123456\n789abc"]}`), `api.yaml:5:20: error: the value of an API key is what a header can carry: without control characters, and without white space at its ends (#/x-gatehouse-usage-plans/0/keys/0)`},
	"a key that is none":  {planned("- {name: a, keys: [{}]}"), `api.yaml:5:20: error: the keys of a usage plan are the values of API keys, as text`},
	"a key in two plans":  {planned("- {name: a, keys: [gold-key-0123456789abc]}\n- {name: b, keys: [gold-key-0123456789abc]}"), `api.yaml:6:20: error: this API key is in the list before: a key is in one usage plan, once (#/x-gatehouse-usage-plans/1/keys/0)`},
	"keys that are text":  {planned("- {name: a, keys: gold-key-0123456789abc}"), `api.yaml:5:13: error: keys is a list of the values of API keys (#/x-gatehouse-usage-plans/0/keys)`},
	"a rate below zero":   {planned("- {name: a, throttle: {rateLimit: -1}}"), `api.yaml:5:24: error: rateLimit is a number of requests a second, not below 0`},
	"a rate without end":  {planned("- {name: a, throttle: {rateLimit: .inf}}"), `api.yaml:5:24: error: rateLimit is a number of requests a second, not below 0`},
	"a rate as text":      {planned("- {name: a, throttle: {rateLimit: '1'}}"), `api.yaml:5:24: error: rateLimit is a number of requests a second, not below 0`},
	"a burst below zero":  {planned("- {name: a, throttle: {burstLimit: -1}}"), `api.yaml:5:24: error: burstLimit is a whole number, not below 0`},
	"a throttle as text":  {planned("- {name: a, throttle: 5}"), `api.yaml:5:13: error: a throttle has the members burstLimit, rateLimit`},
	"no verb":             {planned("- {name: a, throttle: {}, methods: {/a/GETT: {}}}"), `api.yaml:5:37: error: /a/GETT is no method of this file: methods has throttles by path and verb, such as /pets/{id}/GET`},
	"no route":            {planned("- {name: a, throttle: {}, methods: {/nope/GET: {rateLimit: 1}}}"), `api.yaml:5:37: error: /nope/GET is no method of this file`},
	"methods as a list":   {planned("- {name: a, throttle: {}, methods: [/a/GET]}"), `api.yaml:5:27: error: methods has throttles by path and verb, such as /pets/{id}/GET`},
	"methods alone":       {planned("- {name: a, methods: {/a/GET: {rateLimit: 1}}}"), `api.yaml:5:13: error: a usage plan that has methods needs a throttle of its own`},
	"a limit as text":     {planned("- {name: a, quota: {limit: '1', period: DAY}}"), `api.yaml:5:21: error: limit is a whole number, not below 0`},
	"no limit":            {planned("- {name: a, quota: {period: DAY}}"), `api.yaml:5:13: error: a quota has a limit, which is a whole number`},
	"no period":           {planned("- {name: a, quota: {limit: 1}}"), `api.yaml:5:13: error: a quota has a period of DAY, WEEK or MONTH`},
	"an offset too high":  {planned("- {name: a, quota: {limit: 1, period: WEEK, offset: 7}}"), `api.yaml:5:45: error: the offset of a quota is at most 6 in a period of WEEK`},
	"one name twice":      {planned("- {name: a}\n- {name: a}"), `api.yaml:6:4: error: another usage plan is called a (#/x-gatehouse-usage-plans/1/name)`},
	"a strange member":    {planned("- {name: a, apiKeys: [gold-key-0123456789abc]}"), `api.yaml:5:13: error: apiKeys is no member of a usage plan, which has keys, methods, name, quota, throttle`},
	"a misspelt list":     {editGood + "x-gatehouse-usage-plan: []\n", `api.yaml:4:1: error: x-gatehouse-usage-plan is no extension of Gatehouse; did you mean x-gatehouse-usage-plans?`},
	"a misspelt prefix":   {editGood + "x-gatehose-usage-plans: []\n", `api.yaml:4:1: error: x-gatehose-usage-plans is no extension of Gatehouse; did you mean x-gatehouse-usage-plans?`},
	"a strange extension": {edited("x-gatehouse-nonsense: 1"), `api.yaml:7:7: error: x-gatehouse-nonsense is no extension of Gatehouse, which has x-gatehouse-usage-plans at the top of the document`},
	"one in an extension": {integrated("type: mock, x-gatehouse-nonsense: 1"), `api.yaml:7:53: error: x-gatehouse-nonsense is no extension of Gatehouse`},
	"a misplaced list":    {edited("x-gatehouse-usage-plans: []"), `api.yaml:7:7: error: x-gatehouse-usage-plans is read at the top of the document alone`},
}

// TestMistakesAreToldTogether checks that a definition is told all its mistakes at once,
// those that the import finds and those of templates.
func TestMistakesAreToldTogether(t *testing.T) {
	t.Chdir(t.TempDir())
	const template = "requestTemplates: {application/json: '#if('}"
	doc := editTop + "paths:\n" +
		"  /a: {get: {responses: {}, x-amazon-apigateway-integration: {type: mok}}}\n" +
		"  /b: {get: {responses: {}, x-amazon-apigateway-integration: {typ: mock}}}\n" +
		"  /c: {get: {responses: {}, x-amazon-apigateway-integration: {type: mock, " + template + "}}}\n"
	if err := os.WriteFile("api.yaml", []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := checkOne(t.Context(), defaults(), "api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.String())
	}
	for _, want := range []string{
		`api.yaml:4:63: error: type is "mok"`,
		`api.yaml:5:63: error: typ is no member of an integration; did you mean type?`,
		`api.yaml:6:94: error: GET /c integration.requestTemplates.application/json:1:`,
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%s is not told:\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// TestWrongEdits saves each of them and wants its message, and the last good version
// served.
func TestWrongEdits(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c := defaults()
	c.Listen, c.InMemory, c.AWS = "127.0.0.1:0", true, false
	s, err := start(t.Context(), c, io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.close() }()
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile("api.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save(editGood)
	described, err := newDescribed(s, "api.yaml", devAPI, devStage, devRefs)
	if err != nil {
		t.Fatal(err)
	}
	d := newDeveloper(s, described, nil)
	if err := d.create(t.Context()); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	tables := maps.Clone(wrongEdits)
	for name, tt := range wrongPlans {
		tables["usage plans: "+name] = tt
	}
	for name, tt := range tables {
		t.Run(name, func(t *testing.T) {
			save(editGood)
			if r := d.read(t.Context()); r.refused {
				t.Fatal(r.wrong)
			}
			save(tt.text)
			r := d.read(t.Context())
			if !r.refused || len(r.wrong) == 0 {
				t.Fatalf("is taken; findings %v", r.def.Findings)
			}
			got := strings.NewReplacer(dir, "{dir}", real, "{dir}").Replace(r.wrong[0].String())
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if answer, err := request([]string{"GET", baseURL(s.ports.main) + "/_aws/execute-api/dev/dev/a"}); err != nil || !strings.HasPrefix(answer, "200") {
				t.Errorf("the last good version is not served: %s, %v", answer, err)
			}
		})
	}
}
