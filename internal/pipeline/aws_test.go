package pipeline

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// echo answers with an empty object.
func echo(w http.ResponseWriter, _ seen) { _, _ = io.WriteString(w, "{}") }

const okObject = "200\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n{}"

func serviceARN(rest string) string { return "arn:aws:apigateway:eu-west-1:" + rest }

func TestServiceCalls(t *testing.T) {
	tests := map[string]struct {
		uri     string
		edit    func(*snapshot.Integration)
		request string
		target  string
		host    string            // in front of the cloud's authority
		header  map[string]string // wanted; "-" for none
		body    string
	}{
		"action of a JSON service": {uri: "dynamodb:action/PutItem", request: "POST /x/1\nContent-Type: application/json\n\n{\"a\":1}",
			target: "/?Action=PutItem", body: `{"a":1}`,
			header: map[string]string{"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0", "Accept": "application/json", "User-Agent": "AmazonAPIGateway_abc"}},
		"action with its headers mapped": {uri: "events:action/PutEvents", request: "POST /x/1\n\n{}", target: "/?Action=PutEvents", body: `{}`,
			edit: func(in *snapshot.Integration) {
				in.RequestParameters = map[string]string{"integration.request.header.X-Amz-Target": "'AWSEvents.Other'", "integration.request.header.Content-Type": "'application/x-amz-json-1.9'"}
			},
			header: map[string]string{"X-Amz-Target": "AWSEvents.Other", "Content-Type": "application/x-amz-json-1.9"}},
		"action in the query": {uri: "sns:action/Publish", request: "POST /x/1?m=a%20%26b", target: "/?Action=Publish&Message=a%20%26b&Version=2010-03-31",
			edit: func(in *snapshot.Integration) {
				in.RequestParameters = map[string]string{"integration.request.querystring.Message": "method.request.querystring.m"}
			},
			header: map[string]string{"X-Amz-Target": "-", "Content-Type": "application/x-www-form-urlencoded"}},
		"form of the client's": {uri: "sns:action/Publish", request: "POST /x/1\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\nMessage=a", target: "/?Action=Publish&Version=2010-03-31",
			body: "Message=a", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}},
		"JSON to the Query protocol": {uri: "sns:action/Publish", request: "POST /x/1\nContent-Type: application/json\n\n{}", target: "/?Action=Publish&Version=2010-03-31",
			header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
		"template to the Query protocol": {uri: "sns:action/Publish", request: "POST /x/1\nContent-Type: application/json\n\n{}", target: "/?Action=Publish&Version=2010-03-31",
			body: "Message=a", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
			edit: func(in *snapshot.Integration) {
				in.RequestParameters = map[string]string{"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
				in.RequestTemplates = map[string]string{"application/json": "Message=a"}
			}},
		"version of its own": {uri: "ec2:action/DescribeInstances", request: "GET /x/1", target: "/?Action=DescribeInstances&Version=2015-01-01",
			edit: func(in *snapshot.Integration) {
				in.RequestParameters = map[string]string{"integration.request.querystring.Version": "'2015-01-01'"}
			}},
		"action with parameters": {uri: "s3:action/GetObject&Bucket={bucket}&Key=k", request: "GET /x/my%20key", target: "/?Action=GetObject&Bucket=my%20key&Key=k",
			edit: func(in *snapshot.Integration) {
				in.HTTPMethod = "GET"
				in.RequestParameters = map[string]string{"integration.request.path.bucket": "method.request.path.id"}
			}},
		"SSM in the query": {uri: "ssm:action/GetParameter", request: "POST /x/1", target: "/?Action=GetParameter&Version=2014-11-06", header: map[string]string{"X-Amz-Target": "-"}},
		"path": {uri: "sqs:path/000000000000/queue", request: "POST /x/1\nContent-Type: application/x-www-form-urlencoded\n\nAction=SendMessage", target: "/000000000000/queue",
			body: "Action=SendMessage", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
		"path with variables": {uri: "s3:path/{bucket}/{key+}", request: "PUT /x/a%20b(c)%2Fd\nContent-Type: image/png\n\nbytes", target: "/my-bucket/a%20b%28c%29%2Fd", body: "bytes",
			edit: func(in *snapshot.Integration) {
				in.HTTPMethod = "PUT"
				in.RequestParameters = map[string]string{"integration.request.path.bucket": "'my-bucket'", "integration.request.path.key": "method.request.path.id"}
			},
			header: map[string]string{"Content-Type": "image/png"}},
		"path with a query": {uri: "s3:path/b?list-type=2&prefix=x", request: "GET /x/1\n\nignored", target: "/b?list-type=2&prefix=x",
			edit: func(in *snapshot.Integration) { in.HTTPMethod = "GET" }},
		"any method": {uri: "s3:path/b", request: "DELETE /x/1", target: "/b", edit: func(in *snapshot.Integration) { in.HTTPMethod = "ANY" }},
		"subdomain":  {uri: "bucket.s3:path/key", request: "POST /x/1", target: "/key", host: "bucket.s3."},
		"template and overrides": {uri: "kinesis:action/PutRecord", request: "POST /x/1\n\n{\"n\":7}", target: "/?Action=PutRecord&o=1", body: `{"Data":"7"}`,
			edit: func(in *snapshot.Integration) {
				in.RequestTemplates = map[string]string{"application/json": `#set($context.requestOverride.querystring.o = "1")#set($context.requestOverride.header.X-O = "2")#set($context.requestOverride.header.Referer = "r"){"Data":"$input.path('$.n')"}`}
			},
			header: map[string]string{"X-O": "2", "Referer": "-", "X-Amz-Target": "Kinesis_20131202.PutRecord"}},
		"nothing of the client's": {uri: "sqs:path/q", request: "POST /x/1?a=b\nX-Client: 1\nAuthorization: Bearer x", target: "/q", header: map[string]string{"X-Client": "-"}},
		"headers that may be mapped": {uri: "sqs:path/q", request: "POST /x/1", target: "/q",
			edit: func(in *snapshot.Integration) {
				in.RequestParameters = map[string]string{"integration.request.header.Accept": "'text/plain'", "integration.request.header.User-Agent": "'ua'",
					"integration.request.header.Host": "'h'", "integration.request.header.Via": "'v'", "integration.request.header.Referer": "'r'", "integration.request.header.Content-MD5": "'m'"}
			},
			header: map[string]string{"Accept": "text/plain", "User-Agent": "ua", "Via": "-", "Referer": "-", "Content-Md5": "m"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t, echo)
			r := newAWSRig(t, c, awsMethod("/x/{id}", "ANY", "AWS", serviceARN(tt.uri), func(m *snapshot.Method) {
				if tt.edit != nil {
					tt.edit(&m.Integration)
				}
			}))
			r.want(t, tt.request, okObject)
			asked := c.last(t)
			if asked.Target != tt.target || asked.Body != tt.body || asked.Host != tt.host+strings.TrimPrefix(c.url, "http://") {
				t.Errorf("asked %s %s of %s with %q", asked.Method, asked.Target, asked.Host, asked.Body)
			}
			for name, want := range tt.header {
				if got := strings.Join(asked.Header.Values(name), "|"); got != strings.TrimPrefix(want, "-") {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			service, _, _ := strings.Cut(tt.uri[strings.LastIndexByte(tt.uri[:strings.IndexByte(tt.uri, ':')], '.')+1:], ":")
			if auth := asked.Header.Get("Authorization"); !strings.Contains(auth, "/eu-west-1/"+service+"/aws4_request") {
				t.Error(auth)
			}
			if p := r.stage.program.Problems(); len(p) > 0 {
				t.Error(p)
			}
		})
	}
}

func TestServiceIllegalHeaders(t *testing.T) {
	c := newCloud(t, echo)
	for _, name := range []string{"Authorization", "Connection", "Content-Length", "Expect", "Proxy-Authenticate", "TE", "Transfer-Encoding", "X-Amzn-Trace-Id"} {
		x := awsMethod("/x", "POST", "AWS", serviceARN("sqs:path/q"), func(m *snapshot.Method) {
			m.Integration.RequestParameters = map[string]string{"integration.request.header." + name: "'v'"}
		})
		if log := reasons(t, newAWSRig(t, c, x), "POST /x", plain500); !strings.Contains(log, name+" header already present") {
			t.Errorf("%s: %s", name, log)
		}
		x = awsMethod("/x", "POST", "AWS", serviceARN("sqs:path/q"), func(m *snapshot.Method) {
			m.Integration.RequestTemplates = map[string]string{"application/json": "#set($context.requestOverride.header." + name + " = 'v')"}
		})
		newAWSRig(t, c, x).want(t, "POST /x", plain500)
	}
}

// A service's answer is chosen by status, and its request id is in $context.
func TestServiceAnswers(t *testing.T) {
	c := newCloud(t, func(w http.ResponseWriter, asked seen) {
		w.Header().Set("X-Tag", "tag")
		if asked.Target == "/bad" {
			w.WriteHeader(400)
		}
		_, _ = io.WriteString(w, `{"__type":"ValidationException"}`)
	})
	method := func(path string) snapshot.Resource {
		return awsMethod(path, "POST", "AWS", serviceARN("sqs:path"+path), func(m *snapshot.Method) {
			m.Integration.Responses = []snapshot.IntegrationResponse{
				{StatusCode: "200", Parameters: map[string]string{"method.response.header.X-Id": "context.awsEndpointRequestId", "method.response.header.X-T": "integration.response.header.X-Tag"}},
				{StatusCode: "422", SelectionPattern: `4\d{2}`, Templates: map[string]string{"application/json": `{"type":$input.json('$.__type'),"id":"$context.awsEndpointRequestId"}`}},
			}
			m.Responses["422"] = snapshot.MethodResponse{}
		})
	}
	r := newAWSRig(t, c, method("/good"), method("/bad"))
	r.want(t, "POST /good", "200\nX-Id: lambda-id\nX-T: tag\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n{\"__type\":\"ValidationException\"}")
	r.want(t, "POST /bad", "422\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n{\"type\":\"ValidationException\",\"id\":\"lambda-id\"}")
}

// A function's answer is chosen by the message of its error, "" without one.
func TestLambdaSelection(t *testing.T) {
	boom := failing(t, `{"errorMessage":"Boom! This is\na real error","errorType":"Exception"}`)
	missing := failing(t, `{"errorType":"Exception","stackTrace":[],"errorMessage":"No value present here"}`)
	returned := answering(t, `{"errorMessage":"No value present","statusCode":404}`)
	tests := map[string]struct {
		cloud     *cloud
		responses []snapshot.IntegrationResponse
		want      string
	}{
		"no error, .+ does not match":      {answering(t, `"ok"`), []snapshot.IntegrationResponse{{StatusCode: "500", SelectionPattern: ".+"}, {StatusCode: "200"}}, `200 "ok"`},
		"no error, no default":             {answering(t, `"ok"`), []snapshot.IntegrationResponse{{StatusCode: "500", SelectionPattern: ".+"}}, `500 {"message": "Internal server error"}`},
		"no error, a pattern of anything":  {answering(t, `"ok"`), []snapshot.IntegrationResponse{{StatusCode: "404", SelectionPattern: ".*"}, {StatusCode: "200"}}, `404 "ok"`},
		"not by status":                    {answering(t, `"ok"`), []snapshot.IntegrationResponse{{StatusCode: "404", SelectionPattern: "200"}, {StatusCode: "200"}}, `200 "ok"`},
		"matches":                          {missing, []snapshot.IntegrationResponse{{StatusCode: "200"}, {StatusCode: "404", SelectionPattern: ".*No value present.*"}}, `404 {"errorType":"Exception","stackTrace":[],"errorMessage":"No value present here"}`},
		"the whole message has to match":   {missing, []snapshot.IntegrationResponse{{StatusCode: "200"}, {StatusCode: "404", SelectionPattern: "No value present"}}, `200 {"errorType":"Exception","stackTrace":[],"errorMessage":"No value present here"}`},
		"a dot matches no line break":      {boom, []snapshot.IntegrationResponse{{StatusCode: "500", SelectionPattern: "Boom.*"}, {StatusCode: "200"}}, `200 {"errorMessage":"Boom! This is\na real error","errorType":"Exception"}`},
		"a pattern with line breaks":       {boom, []snapshot.IntegrationResponse{{StatusCode: "404", SelectionPattern: `Boom(\n|.)*`}, {StatusCode: "200"}}, `404 {"errorMessage":"Boom! This is\na real error","errorType":"Exception"}`},
		"returned, not thrown":             {returned, []snapshot.IntegrationResponse{{StatusCode: "200"}, {StatusCode: "404", SelectionPattern: ".*No value present.*"}}, `200 {"errorMessage":"No value present","statusCode":404}`},
		"refused: no response is selected": {newCloud(t, func(w http.ResponseWriter, _ seen) { w.WriteHeader(429) }), []snapshot.IntegrationResponse{{StatusCode: "200"}}, `500 {"message": "Internal server error"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newAWSRig(t, tt.cloud, awsMethod("/x", "GET", "AWS", lambdaURI(testFunction), func(m *snapshot.Method) {
				m.Integration.Responses = tt.responses
				m.Responses = map[string]snapshot.MethodResponse{"200": {}, "404": {}, "500": {}}
			}))
			resp := r.call("GET /x")
			defer resp.Release()
			status, body, _ := strings.Cut(tt.want, " ")
			if got := string(resp.Body); got != body || !strings.HasPrefix(show(resp), status) {
				t.Errorf("got %d %s, want %s", resp.Status, got, tt.want)
			}
		})
	}
}

// An invocation of type Event is answered 202 without a body.
func TestLambdaEvent(t *testing.T) {
	c := newCloud(t, func(w http.ResponseWriter, asked seen) {
		if asked.Header.Get("X-Amz-Invocation-Type") == "Event" {
			w.WriteHeader(202)
		}
	})
	r := newAWSRig(t, c, awsMethod("/x", "POST", "AWS", lambdaURI(testFunction), func(m *snapshot.Method) {
		m.Integration.RequestParameters = map[string]string{"integration.request.header.X-Amz-Invocation-Type": "'Event'", "integration.request.header.X-Amz-Source-Arn": "'mine'"}
		m.Integration.RequestTemplates = map[string]string{"application/json": `{"method":"$context.httpMethod","body":$input.json('$')}`}
		m.Integration.Responses = []snapshot.IntegrationResponse{{StatusCode: "200", Templates: map[string]string{"application/json": `{"accepted":true,"body":$input.body}`}}}
	}))
	r.want(t, "POST /x\nContent-Type: application/json\n\n{\"a\":1}", "200\nX-Amzn-Trace-Id: ...\nContent-Type: application/json\n\n{\"accepted\":true,\"body\":{}}")
	asked := c.last(t)
	if asked.Body != `{"method":"POST","body":{"a":1}}` || asked.Header.Get("Content-Type") != "application/json" {
		t.Errorf("asked %+v", asked)
	}
	if got := asked.Header.Get("X-Amz-Source-Arn"); got != "arn:aws:execute-api:us-east-1:000000000000:abc/prod/POST/x" {
		t.Errorf("a mapping changed the source ARN to %s", got)
	}
}

func TestServiceProblems(t *testing.T) {
	role := func(in *snapshot.Integration) { in.Credentials = "arn:aws:iam::000000000000:role/r" }
	tests := map[string]struct {
		kind, uri string
		edit      func(*snapshot.Integration)
		field     string
	}{
		"no ARN":                        {"AWS", "https://example.com", nil, "integration.uri"},
		"neither path nor action":       {"AWS", serviceARN("s3:other/x"), nil, "integration.uri"},
		"no action":                     {"AWS", serviceARN("s3:action/"), nil, "integration.uri"},
		"variable in the region":        {"AWS", "arn:aws:apigateway:{region}:s3:path/x", nil, "integration.uri"},
		"proxy of another service":      {"AWS_PROXY", serviceARN("s3:path/x"), nil, "integration.uri"},
		"proxy of a streamed response":  {"AWS_PROXY", "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/f/response-streaming-invocations", nil, "integration.responseTransferMode"},
		"stream of a buffered response": {"AWS_PROXY", lambdaURI("f"), func(in *snapshot.Integration) { in.ResponseTransferMode = "STREAM" }, "integration.responseTransferMode"},
		"role":                          {"AWS", serviceARN("s3:path/x"), role, "integration.credentials"},
		"role of a proxy":               {"AWS_PROXY", lambdaURI("f"), role, "integration.credentials"},
		"caller's identity":             {"AWS", serviceARN("s3:path/x"), func(in *snapshot.Integration) { in.Credentials = "arn:aws:iam::*:user/*" }, "integration.credentials"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newAWSRig(t, newCloud(t, echo), awsMethod("/x", "POST", tt.kind, tt.uri, func(m *snapshot.Method) {
				if tt.edit != nil {
					tt.edit(&m.Integration)
				}
			}))
			refuseRoles := func(in *snapshot.Integration) error {
				if in.Credentials == "arn:aws:iam::000000000000:role/r" {
					return integration.ErrRole
				}
				return nil
			}
			r.stage = Bind(r.stage.settings, Compile(r.deployment, refuseRoles), r.stage.services)
			log := reasons(t, r, "POST /x", plain500)
			if tt.field == "integration.credentials" && !strings.Contains(log, "API Gateway does not have permission to assume the provided role arn:aws:iam:") {
				t.Error(log)
			}
			if p := r.stage.program.Problems(); len(p) != 1 || p[0].Field != tt.field {
				t.Errorf("problems: %v", p)
			}
		})
	}
}

// TestCallersCredentials: an integration whose credentials are arn:aws:iam::*:user/*
// calls as whoever has signed the call, with the token of a session, and as nobody else.
func TestCallersCredentials(t *testing.T) {
	const asCaller = "arn:aws:iam::*:user/*"
	c := newCloud(t, echo)
	signed := func(kind, uri, credentials string) func(*snapshot.Deployment) {
		return func(d *snapshot.Deployment) {
			d.Resources = []snapshot.Resource{awsMethod("/x", "POST", kind, uri, func(m *snapshot.Method) {
				m.AuthorizationType, m.Integration.Credentials = "AWS_IAM", credentials
			})}
		}
	}
	tests := map[string]struct {
		edit  func(*snapshot.Deployment)
		sign  toSign
		key   string // that signs the call of the service
		token string
	}{
		"a service":                   {signed("AWS", serviceARN("sqs:path/q"), asCaller), toSign{}, "ALICE", ""},
		"a function":                  {signed("AWS", lambdaURI("f"), asCaller), toSign{}, "ALICE", ""},
		"a session":                   {signed("AWS", serviceARN("sqs:path/q"), asCaller), toSign{id: "STATIC", token: "token+/="}, "STATIC", "token+/="},
		"another partition":           {signed("AWS", serviceARN("sqs:path/q"), "arn:aws-cn:iam::*:user/*"), toSign{}, "ALICE", ""},
		"a stage variable that is so": {signed("AWS", serviceARN("sqs:path/q"), "arn:aws:iam::*:${stageVariables.who}"), toSign{}, "ALICE", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newSignedRig(t, signers, tt.edit)
			own := newAWSRig(t, c).stage.services
			r.stage.services.Client, r.stage.services.AWS = own.Client, own.AWS
			r.stage.settings.Variables = map[string]string{"who": "user/*"}
			tt.sign.method, tt.sign.body = "POST", "{}"
			req, _ := tt.sign.signed(t)
			if status, _, body := r.serve(req); status != 200 {
				t.Fatalf("%d %s", status, body)
			}
			asked := c.last(t)
			credential := credentialOfFile(tt.key)
			verifier := sigv4.NewVerifier(sigv4.Options{Service: map[bool]string{true: "lambda", false: "sqs"}[strings.Contains(name, "function")],
				Lookup: func(id, token string) (sigv4.Credential, bool) { return credential, id == tt.key && token == tt.token }})
			path, query, _ := strings.Cut(asked.Target, "?")
			if _, err := verifier.Verify(&sigv4.Request{Method: asked.Method, Path: path, Query: query, Host: asked.Host, Body: []byte(asked.Body), Header: httpmsg.Header(fieldsOf(asked.Header)).All()}); err != nil {
				t.Error(err)
			}
			if source := asked.Header.Get("X-Amz-Source-Arn"); source != "" {
				t.Errorf("the caller's call names the source %s", source)
			}
		})
	}
	open := newAWSRig(t, c, awsMethod("/x", "POST", "AWS", serviceARN("sqs:path/q"), func(m *snapshot.Method) { m.Integration.Credentials = "arn:aws:iam::*:${stageVariables.who}" }))
	open.stage.settings.Variables["who"] = "user/*"
	before := len(c.asked)
	if log := reasons(t, open, "POST /x", plain500); !strings.Contains(log, "nobody has signed the call") || len(c.asked) != before {
		t.Errorf("without a signature: %s, %d calls", log, len(c.asked)-before)
	}
}

// credentialOfFile is a credential of the file signers.
func credentialOfFile(id string) sigv4.Credential {
	c := sigv4.Credential{SecretAccessKey: secretOf(id)}
	if id == "STATIC" {
		c.SessionToken = "token+/="
	}
	return c
}

// fieldsOf lists the lines of a header.
func fieldsOf(h http.Header) (out []httpmsg.Field) {
	for name, values := range h {
		for _, v := range values {
			out = append(out, httpmsg.Field{Name: name, Value: v})
		}
	}
	return out
}

// A role is assumed at the STS of the endpoint, once, and its credentials sign.
func TestRoleOfStageVariable(t *testing.T) {
	var assumed int
	c := newCloud(t, func(w http.ResponseWriter, asked seen) {
		if !strings.Contains(asked.Body, "Action=AssumeRole") {
			echo(w, asked)
			return
		}
		assumed++
		if !strings.Contains(asked.Body, "RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2Fr-test") || !strings.Contains(asked.Body, "RoleSessionName=BackplaneAssumeRoleSession") {
			w.WriteHeader(403)
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>`+
			`<SecretAccessKey>s</SecretAccessKey><SessionToken>roletoken</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	})
	r := newAWSRig(t, c, awsMethod("/x", "POST", "AWS", serviceARN("sqs:path/q"), func(m *snapshot.Method) {
		m.Integration.Credentials = "arn:aws:iam::000000000000:role/r-${stageVariables.env}"
	}), awsMethod("/y", "POST", "AWS", serviceARN("sqs:path/q"), func(m *snapshot.Method) {
		m.Integration.Credentials = "arn:aws:iam::000000000000:role/other"
	}), awsMethod("/f", "POST", "AWS", lambdaURI("f"), func(m *snapshot.Method) {
		m.Integration.Credentials = "arn:aws:iam::000000000000:role/r-${stageVariables.env}"
	}))
	for range 2 {
		r.want(t, "POST /x", okObject)
	}
	asked := c.last(t)
	if auth := asked.Header.Get("Authorization"); !strings.Contains(auth, "Credential=ROLEKEY/") || asked.Header.Get("X-Amz-Security-Token") != "roletoken" || assumed != 1 {
		t.Errorf("signed by %s; assumed %d times", auth, assumed)
	}
	r.want(t, "POST /f", okObject)
	asked = c.last(t)
	if source := asked.Header.Get("X-Amz-Source-Arn"); source != "" || strings.Contains(asked.Header.Get("Authorization"), "x-amz-source-arn") {
		t.Errorf("a role's call of a function names the source %q", source)
	}
	if log := reasons(t, r, "POST /y", plain500); !strings.Contains(log, "API Gateway does not have permission to assume the provided role arn:aws:iam::000000000000:role/other") {
		t.Error(log)
	}
	other := newAWSRig(t, c, awsMethod("/x", "POST", "AWS", serviceARN("sqs:path/q"), func(m *snapshot.Method) {
		m.Integration.Credentials = "arn:aws:iam::${stageVariables.whose}:role/r-test"
	}))
	other.stage.settings.Account, other.stage.settings.Variables["whose"] = "111122223333", "000000000000"
	before := len(c.asked)
	if log := reasons(t, other, "POST /x", plain500); !strings.Contains(log, "the role is of another account than the API") || len(c.asked) != before {
		t.Errorf("a variable names the account of the role: %s, %d calls", log, len(c.asked)-before)
	}
}
