package template

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

// load evaluates a template of its own.
func load(t testing.TB, text string, o Options) *Template {
	t.Helper()
	name := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	made, _, err := Load(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// told is all that is told of a template.
func told(made *Template) string {
	var b strings.Builder
	writeFindings(&b, made.Findings)
	for _, api := range made.APIs {
		writeFindings(&b, api.Definition.Findings)
	}
	return b.String()
}

const api = "Resources:\n  Api: {Type: AWS::Serverless::Api, Properties: {StageName: s, Variables: {v: %s}}}\n"

// TestLimits evaluates templates that are made to exhaust us.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 4000)
	bomb := "a0: &a0 [" + strings.Repeat("{Ref: P},", 9) + "{Ref: P}]\n"
	for i := 1; i < 8; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	deep := strings.Repeat("!Base64 {Fn::Sub: [a, {a: ", 1) + "x" + "}]}"
	chain := "Conditions:\n  C0: !Equals [a, a]\n"
	for i := 1; i < 1000; i++ {
		chain += fmt.Sprintf("  C%d: !Not [!Condition C%d]\n", i, i-1)
	}
	names := "Resources:\n"
	for i := range 1000 {
		names += fmt.Sprintf("  T%d: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Ref T%d}}\n", i, (i+1)%1000)
	}
	parameter := "Parameters: {P: {Type: String, Default: " + long + "}}\n"
	tests := map[string]struct{ template, want string }{
		"references that make much text": {parameter + fmt.Sprintf(api, "!Sub '"+strings.Repeat("${P}", 6000)+"'"), "bytes of text"},
		"lists in lists by Join":         {parameter + fmt.Sprintf(api, "!Join [x, ["+strings.TrimSuffix(strings.Repeat("!Ref P,", 6000), ",")+"]]"), "bytes of text"},
		"aliases":                        {bomb + parameter + fmt.Sprintf(api, "!Join ['', *a7]"), "aliases make"},
		"a text by its map":              {"Mappings: {M: {a: {b: " + strings.Repeat("x", 1<<20) + "}}}\n" + fmt.Sprintf(api, "{Fn::ToJsonString: ["+strings.Repeat("!FindInMap [M, a, b], ", 20)+"c]}"), "bytes of text"},
		"names by their map":             {"Mappings: {M: {a: {b: {" + strings.Repeat("x", 1<<10) + ": y}}}}\n" + fmt.Sprintf(api, "{Fn::ToJsonString: ["+strings.Repeat("!FindInMap [M, a, b], ", 20_000)+"c]}"), "bytes of text"},
		"conditions of conditions":       {chain + fmt.Sprintf(api, "!If [C999, a, b]"), "nested more than 256 levels deep"},
		"names of names":                 {strings.Replace(fmt.Sprintf(api, "!Ref T0"), "Resources:\n", names, 1), "nested more than 256 levels deep"},
		"Globals of many functions": {"Globals: {Function: {Environment: {Variables: {" + many(1000, "v%d: x, ") + "}}}}\nResources:\n  Api: {Type: AWS::Serverless::Api}\n" +
			many(1000, "  F%d: {Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {a: b}}}}\n"), "more than 500000 values"},
		"long paths of many events": {"Parameters: {P: {Type: String, Default: " + strings.Repeat("/a", 2000) + "}}\nResources:\n  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {" +
			many(20, "E%[1]d: {Type: Api, Properties: {Method: get, Path: !Sub '/%[1]d${P}'}}, ") + "}}}\n", "more than 20000 paths"},
		"many resources": {"Resources:\n  Api: {Type: AWS::Serverless::Api}\n" + many(3000, "  R%d: {Type: AWS::SQS::Queue}\n"), "more than 2000 resources"},
		"loops in loops": {"Resources:\n  Fn::ForEach::A: &a [x, [" + strings.Repeat("b,", 200) + "b], {'Fn::ForEach::B': [y, [" + strings.Repeat("c,", 200) + "c], {'A${x}${y}': {Type: 'AWS::SQS::Queue', Properties: {a: " + long + "}}}]}]\n", "bytes of text"},
		"a small one":    {fmt.Sprintf(api, deep), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(file, []byte(tt.template), 0o600); err != nil {
				t.Fatal(err)
			}
			made, _, err := Load(file, options(nil))
			got := fmt.Sprint(err)
			var input *openapi.InputError
			switch {
			case err == nil:
				got = told(made)
			case errors.As(err, &input):
				got = input.Findings[0].String()
			}
			if tt.want == "" && strings.Contains(got, "error") || !strings.Contains(got, tt.want) {
				t.Errorf("got %.1000s, want %q", got, tt.want)
			}
		})
	}
}

func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestErrorsOfAll checks that an API is not deployed without what a wrong condition, or the
// end of what a template may make, has kept from it, though another API was the first to
// meet it.
func TestErrorsOfAll(t *testing.T) {
	const apis = `
Resources:
  First: {Type: AWS::Serverless::Api, Properties: {StageName: s, Variables: {v: %s}}}
  Second:
    Type: AWS::Serverless::Api
    Properties: {StageName: s, Auth: {DefaultAuthorizer: !If [Protected, AWS_IAM, !Ref "AWS::NoValue"]}}
`
	conditions := "Conditions:\n  Protected: !Not [!Condition Again]\n  Again: !Not [!Condition Protected]\n"
	for name, text := range map[string]string{
		"a circle of conditions": conditions + fmt.Sprintf(apis, "!If [Again, a, b]"),
		"a parameter without a value of which a function asks first": "Parameters: {Stage: {Type: String}}\nConditions: {Protected: !Equals [!Ref Stage, prod]}\n" +
			fmt.Sprintf(apis, "a") + "  Fn: {Type: AWS::Serverless::Function, Properties: {Environment: {Variables: {V: !If [Protected, a, b]}}}}\n",
		"a value that a parameter does not allow": "Parameters: {Stage: {Type: String, Default: prd, AllowedValues: [prod, test]}}\nConditions: {Protected: !Equals [!Ref Stage, prod]}\n" +
			fmt.Sprintf(apis, "!If [Protected, a, b]"),
		"a condition of nothing":    "Conditions: {Protected: !Or []}\n" + fmt.Sprintf(apis, "!If [Protected, a, b]"),
		"two ids that are the same": "Conditions: {Protected: !Equals [a, b]}\n" + fmt.Sprintf(apis, "a") + "  FIRST: {Type: AWS::Serverless::Api, Properties: {StageName: s}}\n",
		"a quota that is not known": "Conditions: {Protected: !Equals [a, b]}\n" + fmt.Sprintf(apis, "a") +
			"  Plan: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [{ApiId: !Ref Second, Stage: s}], Quota: {Limit: !ImportValue limit, Period: DAY}}}\n",
		"a key that is not known": "Conditions: {Protected: !Equals [a, b]}\n" + fmt.Sprintf(apis, "a") +
			"  Plan: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [{ApiId: !Ref First, Stage: s}, {ApiId: !Ref Second, Stage: s}]}}\n" +
			"  Key: {Type: AWS::ApiGateway::ApiKey, Properties: {Enabled: true, Value: '{{resolve:ssm:/key}}'}}\n" +
			"  PlanKey: {Type: AWS::ApiGateway::UsagePlanKey, Properties: {KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan}}\n",
		"too much text": "Conditions: {Protected: !Equals [a, a]}\nParameters: {P: {Type: String, Default: " + strings.Repeat("x", 4000) + "}}\n" +
			fmt.Sprintf(apis, "!Sub '"+strings.Repeat("${P}", 6000)+"'"),
	} {
		t.Run(name, func(t *testing.T) {
			for _, api := range load(t, text, options(nil)).APIs {
				if len(mistakes(api.Definition.Findings)) == 0 {
					t.Errorf("%s has no error", api.LogicalID)
				}
			}
		})
	}
}

// TestParameters gives parameters values.
func TestParameters(t *testing.T) {
	const of = "Parameters: {P: {Type: String}, L: {Type: CommaDelimitedList, Default: a}, S: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}\n"
	made := load(t, of+fmt.Sprintf(api, "!Sub ['${P}-${J}-${S}', {J: !Join ['+', !Ref L]}]"), options(map[string]string{"P": "p", "L": "x, y", "S": "s"}))
	if got := made.APIs[0].Variables["v"]; got != "p-x+y-s" {
		t.Errorf("got %q: %s", got, told(made))
	}
	made = load(t, of+fmt.Sprintf(api, "1"), options(map[string]string{"Q": "p"}))
	if got := told(made); !strings.Contains(got, "the template has no parameter Q") {
		t.Errorf("got %s", got)
	}
}

// TestImportParameters takes the type of the endpoint from what the import of a body is told.
func TestImportParameters(t *testing.T) {
	for properties, want := range map[string]string{
		"Parameters: {endpointConfigurationTypes: PRIVATE}":                                               "[PRIVATE]",
		"Parameters: {endpointConfigurationTypes: PRIVATE}, EndpointConfiguration: {Types: [REGIONAL]}":   "[REGIONAL]",
		"Parameters: {endpointConfigurationTypes: PRIVATE}, EndpointConfiguration: {VpcEndpointIds: [v]}": "[PRIVATE]",
		"Parameters: {basepath: prepend}":                                                                 "",
		"Parameters: {endpointConfigurationType: PRIVATE}":                                                "did you mean endpointConfigurationTypes?",
	} {
		made := load(t, "Resources:\n  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a, "+properties+"}}\n", options(nil))
		got := ""
		if e := made.APIs[0].Definition.RestAPI.EndpointConfiguration; e != nil {
			got = fmt.Sprint(e.Types)
		}
		if got != want && (want == "" || !strings.Contains(told(made), want)) {
			t.Errorf("%s: got %s, want %s: %s", properties, got, want, told(made))
		}
	}
}

// TestResourcesOfServerlessAPI adds resources of API Gateway's to an API of SAM's.
func TestResourcesOfServerlessAPI(t *testing.T) {
	made := load(t, fmt.Sprintf(api, "x")+"  X: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: x}}\n"+
		"  Other: {Type: AWS::ApiGateway::Stage, Properties: {RestApiId: !Ref Api, StageName: other}}\n", options(nil))
	def := made.APIs[0].Definition
	if last := def.Resources[len(def.Resources)-1]; last.Path != "/x" || len(mistakes(def.Findings)) > 0 {
		t.Errorf("got %s: %s", last.Path, told(made))
	}
	if got := told(made); made.APIs[0].Stage != "s" || !strings.Contains(got, "the stage other is not served: the API has another one, s") {
		t.Errorf("got stage %s: %s", made.APIs[0].Stage, got)
	}
}

// TestPlansOfStages has a usage plan let nobody call a stage that it is not for.
func TestPlansOfStages(t *testing.T) {
	const plan = "  Plan: {Type: AWS::ApiGateway::UsagePlan, Properties: {ApiStages: [{ApiId: %s, Stage: %s}]}}\n"
	for name, tt := range map[string]struct {
		api, stage, want string
		plans            int
	}{
		"its stage":         {"!Ref Api", "s", "", 1},
		"its stage by name": {"!Ref Api", "!Ref Api.Stage", "", 1},
		"another stage":     {"!Ref Api", "other", "the usage plan is for the stage other, which is not served", 0},
		"another API":       {"elsewhere", "s", "the usage plan is for none of the APIs", 0},
	} {
		made := load(t, fmt.Sprintf(api, "x")+fmt.Sprintf(plan, tt.api, tt.stage), options(nil))
		if got := told(made); len(made.APIs[0].Definition.UsagePlans) != tt.plans || !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "usage plan") {
			t.Errorf("%s: %d plans: %s", name, len(made.APIs[0].Definition.UsagePlans), got)
		}
	}
}

// TestIgnoreGlobals keeps from a resource what it does not take of Globals.
func TestIgnoreGlobals(t *testing.T) {
	const globals = "Globals: {Api: {Variables: {a: '1'}, Auth: {ApiKeyRequired: true}}}\n"
	for ignored, want := range map[string]string{
		"[]": "map[a:1 v:x] true", "'*'": "map[v:x] false", "[Auth]": "map[a:1 v:x] false", "[Variables, Cors]": "map[v:x] true",
	} {
		text := strings.Replace(fmt.Sprintf(api, "x"), "Api, Properties", "Api, IgnoreGlobals: "+ignored+", Properties", 1) +
			"  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get}}}}}\n"
		made := load(t, globals+text, options(nil))
		def := made.APIs[0].Definition
		key := def.Resources[len(def.Resources)-1].Methods[0].APIKeyRequired
		if got := fmt.Sprint(made.APIs[0].Variables, key != nil && *key); got != want {
			t.Errorf("%s: got %s, want %s: %s", ignored, got, want, told(made))
		}
	}
}

// TestNothing leaves AWS::NoValue out of lists, and tells where a text of it is wanted.
func TestNothing(t *testing.T) {
	const no = "!Ref 'AWS::NoValue'"
	const parameters = "Parameters: {P: {Type: String}}\nConditions: {No: !Equals [a, b]}\n"
	for value, want := range map[string]string{
		"!Join ['', [arn, !If [No, ':live', " + no + "], /invocations]]": "arn/invocations",
		"!Join [',', [" + no + "]]":                                      "",
		"!Select [1, [" + no + ", a, b]]":                                "b",
		"!Join ['', [a, !Ref P]]":                                        "no Default",
		"!Select [0, [!Ref P, b]]":                                       "no Default",
		"!Join ['', !If [No, [a], " + no + "]]":                          "Fn::Join wants a value here",
		"!Sub ['a${b}', {b: " + no + "}]":                                "Fn::Sub wants a value here",
		"!Base64 {Ref: 'AWS::NoValue'}":                                  "Fn::Base64 wants a value here",
	} {
		made := load(t, parameters+fmt.Sprintf(api, value), options(nil))
		v, ok := made.APIs[0].Variables["v"]
		wrong := len(mistakes(made.APIs[0].Definition.Findings)) > 0
		if ok == wrong || ok && v != want || wrong && !strings.Contains(told(made), want) {
			t.Errorf("%s: got %q, want %q: %s", value, v, want, told(made))
		}
	}
	made := load(t, "Conditions: {A: !Equals ["+no+", '']}\n"+fmt.Sprintf(api, "!If [A, a, b]"), options(nil))
	if got := told(made); !strings.Contains(got, "Fn::Equals wants a value here") {
		t.Errorf("a condition of nothing: %s", got)
	}
}

// FuzzLoad checks that no bytes harm the evaluation, and that what comes of it can be used.
func FuzzLoad(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if Is(file.Data) {
				f.Add(file.Data)
			}
		}
	}
	f.Add([]byte("Resources:\n  A: {Type: AWS::ApiGateway::RestApi}\n  R: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref A, ParentId: !Ref R, PathPart: x}}\n"))
	dir := f.TempDir()
	file := filepath.Join(dir, "template.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 || os.WriteFile(file, data, 0o600) != nil {
			return
		}
		made, _, err := Load(file, options(nil))
		if err != nil {
			return
		}
		for _, api := range made.APIs {
			known := map[string]bool{"": true}
			for _, r := range api.Definition.Resources {
				if parent := r.Path[:strings.LastIndexByte(r.Path, '/')]; !known[parent] {
					t.Errorf("%q comes before its parent", r.Path)
				}
				known[strings.TrimSuffix(r.Path, "/")] = true
				for i := range r.Methods {
					_ = routeText(r.Path, &r.Methods[i])
					_, _ = api.Definition.Locate(r.Methods[i].Ref)
				}
			}
		}
	})
}

// TestProtectionIsKnown checks that what would protect an API and cannot be read as it is
// meant is an error, and leaves nothing open.
func TestProtectionIsKnown(t *testing.T) {
	const serverless = "Resources:\n" +
		"  Api: {Type: AWS::Serverless::Api, Properties: {StageName: s, Auth: %s}}\n" +
		"  Fn: {Type: AWS::Serverless::Function, Properties: {Events: {E: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get%s}}}}}\n"
	const method = "Resources:\n  Api: {Type: AWS::ApiGateway::RestApi}\n" +
		"  Lambda: {Type: AWS::ApiGateway::Authorizer, Properties: {RestApiId: !Ref Api, Name: l, Type: TOKEN, AuthorizerUri: u}}\n" +
		"  M: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, %s}}\n"
	for name, text := range map[string]string{
		"a null":                         fmt.Sprintf(serverless, "{DefaultAuthorizer: }", ""),
		"an Auth of nothing":             fmt.Sprintf(serverless, "null", ""),
		"an Auth that is a text":         fmt.Sprintf(serverless, "AWS_IAM", ""),
		"an authorizer that is a list":   fmt.Sprintf(serverless, "{DefaultAuthorizer: [AWS_IAM]}", ""),
		"a key that is no boolean":       fmt.Sprintf(serverless, "{ApiKeyRequired: 1}", ""),
		"a policy that is a text":        fmt.Sprintf(serverless, "{ResourcePolicy: private}", ""),
		"a list that is none of SAM's":   fmt.Sprintf(serverless, "{ResourcePolicy: {IpRangeAllowlist: [10.0.0.0/8]}}", ""),
		"a list of nothing":              fmt.Sprintf(serverless, "{ResourcePolicy: {IpRangeWhitelist: [!Ref 'AWS::NoValue']}}", ""),
		"a misspelt intrinsic":           fmt.Sprintf(serverless, "{DefaultAuthorizer: {Fn::Iff: [A, AWS_IAM, x]}}", ""),
		"an intrinsic with a member":     fmt.Sprintf(serverless, "{DefaultAuthorizer: {Fn::Sub: AWS_IAM, a: b}}", ""),
		"a Join of a list":               fmt.Sprintf(serverless, "{DefaultAuthorizer: !Join ['', [[AWS_IAM]]]}", ""),
		"a Split by nothing":             fmt.Sprintf(serverless, "{DefaultAuthorizer: !Select [0, !Split ['', AWS_IAM]]}", ""),
		"a macro beside the properties":  "Globals: {Fn::Transform: {Name: AWS::Include}}\n" + fmt.Sprintf(serverless, "{}", ""),
		"the Auth of an event":           fmt.Sprintf(serverless, "{}", ", Auth: AWS_IAM"),
		"an event of some API":           strings.Replace(fmt.Sprintf(serverless, "{DefaultAuthorizer: AWS_IAM}", ", Fn::Transform: {Name: AWS::Include}"), "RestApiId: !Ref Api, ", "", 1),
		"two events":                     fmt.Sprintf(serverless, "{DefaultAuthorizer: AWS_IAM}", ", Auth: {Authorizer: NONE}}}, F: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a/, Method: GET"),
		"an authorizer of another API":   fmt.Sprintf(method, "AuthorizationType: CUSTOM, AuthorizerId: other"),
		"a validator of another API":     fmt.Sprintf(method, "AuthorizationType: NONE, RequestValidatorId: other"),
		"an authorizer without a type":   fmt.Sprintf(method, "AuthorizerId: !Ref Lambda"),
		"an endpoint of a list":          "Resources:\n  Api: {Type: AWS::ApiGateway::RestApi, Properties: {EndpointConfiguration: [PRIVATE]}}\n",
		"an endpoint of no type":         "Resources:\n  Api: {Type: AWS::Serverless::Api, Properties: {StageName: s, EndpointConfiguration: {Typ: PRIVATE}}}\n",
		"a misspelt authorizer":          fmt.Sprintf(serverless, "{DefaultAuthoriser: AWS_IAM}", ""),
		"a misspelt Auth of an event":    fmt.Sprintf(serverless, "{}", ", Auht: {Authorizer: AWS_IAM}"),
		"a misspelt type of a method":    fmt.Sprintf(method, "AuthorisationType: AWS_IAM"),
		"a key of a method":              fmt.Sprintf(method, "AuthorizationType: NONE, ApiKeyRequired: [true]"),
		"a parameter that is no boolean": fmt.Sprintf(method, "AuthorizationType: NONE, RequestParameters: {method.request.header.A: {Required: true}}"),
		"parameters that are a list":     fmt.Sprintf(method, "AuthorizationType: NONE, RequestParameters: [method.request.header.A]"),
		"models that are a text":         fmt.Sprintf(method, "AuthorizationType: NONE, RequestModels: Empty"),
		"a model that is an object":      fmt.Sprintf(method, "AuthorizationType: NONE, RequestModels: {application/json: {type: object}}"),
		"a validator that is no boolean": fmt.Sprintf(method, "AuthorizationType: NONE") + "  V: {Type: AWS::ApiGateway::RequestValidator, Properties: {RestApiId: !Ref Api, ValidateRequestBody: [true]}}\n",
		"a rate that is a word":          fmt.Sprintf(serverless, "{ApiKeyRequired: true, UsagePlan: {CreateUsagePlan: PER_API, Throttle: {RateLimit: ten, BurstLimit: 1}}}", ""),
		"a throttle of a stage":          "Resources:\n  Api: {Type: AWS::Serverless::Api, Properties: {StageName: s, MethodSettings: [{ResourcePath: /*, HttpMethod: '*', ThrottlingRateLimit: ten}]}}\n",
		"a burst of a deployment": "Resources:\n  Api: {Type: AWS::ApiGateway::RestApi}\n  D: {Type: AWS::ApiGateway::Deployment, Properties: {RestApiId: !Ref Api, StageName: s, " +
			"StageDescription: {ThrottlingBurstLimit: [1]}}}\n",
		"a rate that is no finite number": fmt.Sprintf(serverless, "{ApiKeyRequired: true, UsagePlan: {CreateUsagePlan: PER_API, Throttle: {RateLimit: 'NaN', BurstLimit: 1}}}", ""),
		"two methods": fmt.Sprintf(method, "AuthorizationType: AWS_IAM") +
			"  N: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: get, AuthorizationType: NONE}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			for _, api := range load(t, text, options(nil)).APIs {
				if len(mistakes(api.Definition.Findings)) == 0 {
					t.Errorf("%s has no error", api.LogicalID)
				}
			}
		})
	}
}

// mistakes are the findings that are errors.
func mistakes(findings []openapi.Finding) []openapi.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f openapi.Finding) bool { return f.Severity != openapi.Error })
}

// TestDynamicReferences checks that a reference that a text is made of does not stand for
// what it leads to: it would be a key that everybody can guess.
func TestDynamicReferences(t *testing.T) {
	for _, value := range []string{"!Sub '{{resolve:ssm:/${AWS::Region}/key}}'", "!Join ['', ['{{resolve', ':ssm:/key}}']]", "!Ref P"} {
		made := load(t, "Parameters: {P: {Type: String, Default: '{{resolve:ssm:/key}}'}}\n"+fmt.Sprintf(api, value), options(nil))
		if v, ok := made.APIs[0].Variables["v"]; ok || !strings.Contains(told(made), "dynamic references") {
			t.Errorf("%s: got %q: %s", value, v, told(made))
		}
	}
}
