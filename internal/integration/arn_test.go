package integration

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
)

func TestParseServiceURI(t *testing.T) {
	tests := map[string]struct {
		uri  string
		want ServiceURI
		err  error
		host string
	}{
		"path":             {"arn:aws:apigateway:us-east-1:s3:path/{bucket}/{key}", ServiceURI{"aws", "us-east-1", "s3", "", false, "{bucket}/{key}"}, nil, "s3.us-east-1.amazonaws.com"},
		"empty path":       {"arn:aws:apigateway:us-east-1:s3:path/", ServiceURI{"aws", "us-east-1", "s3", "", false, ""}, nil, "s3.us-east-1.amazonaws.com"},
		"path with slash":  {"arn:aws:apigateway:us-east-1:s3:path//b", ServiceURI{"aws", "us-east-1", "s3", "", false, "/b"}, nil, "s3.us-east-1.amazonaws.com"},
		"colons in path":   {lambdaTest, ServiceURI{"aws", "us-east-1", "lambda", "", false, "2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"}, nil, "lambda.us-east-1.amazonaws.com"},
		"action":           {"arn:aws:apigateway:us-east-1:dynamodb:action/PutItem", ServiceURI{"aws", "us-east-1", "dynamodb", "", true, "PutItem"}, nil, "dynamodb.us-east-1.amazonaws.com"},
		"action, more":     {"arn:aws:apigateway:us-east-1:s3:action/GetObject&Bucket={b}", ServiceURI{"aws", "us-east-1", "s3", "", true, "GetObject&Bucket={b}"}, nil, "s3.us-east-1.amazonaws.com"},
		"subdomain":        {"arn:aws:apigateway:us-east-1:a.b.s3:path/k", ServiceURI{"aws", "us-east-1", "s3", "a.b", false, "k"}, nil, "a.b.s3.us-east-1.amazonaws.com"},
		"API":              {"arn:aws:apigateway:us-east-1:abc.execute-api:path/prod/x", ServiceURI{"aws", "us-east-1", "execute-api", "abc", false, "prod/x"}, nil, "abc.execute-api.us-east-1.amazonaws.com"},
		"AppSync":          {"arn:aws:apigateway:us-east-1:id.appsync-api:path/graphql", ServiceURI{"aws", "us-east-1", "appsync-api", "id", false, "graphql"}, nil, "id.appsync-api.us-east-1.amazonaws.com"},
		"dotted service":   {"arn:aws:apigateway:us-east-1:runtime.sagemaker:path/endpoints/e/invocations", ServiceURI{"aws", "us-east-1", "runtime.sagemaker", "", false, "endpoints/e/invocations"}, nil, "runtime.sagemaker.us-east-1.amazonaws.com"},
		"synchronous":      {"arn:aws:apigateway:us-east-1:states:action/StartSyncExecution", ServiceURI{"aws", "us-east-1", "states", "", true, "StartSyncExecution"}, nil, "sync-states.us-east-1.amazonaws.com"},
		"global":           {"arn:aws:apigateway:eu-west-1:iam:action/GetUser", ServiceURI{"aws", "eu-west-1", "iam", "", true, "GetUser"}, nil, "iam.amazonaws.com"},
		"China":            {"arn:aws-cn:apigateway:cn-north-1:sqs:path/q", ServiceURI{"aws-cn", "cn-north-1", "sqs", "", false, "q"}, nil, "sqs.cn-north-1.amazonaws.com.cn"},
		"GovCloud":         {"arn:aws-us-gov:apigateway:us-gov-west-1:iam:action/GetUser", ServiceURI{"aws-us-gov", "us-gov-west-1", "iam", "", true, "GetUser"}, nil, "iam.us-gov-west-1.amazonaws.com"},
		"upper case":       {"arn:aws:apigateway:us-east-1:S3:path/B", ServiceURI{"aws", "us-east-1", "s3", "", false, "B"}, nil, "s3.us-east-1.amazonaws.com"},
		"URL":              {uri: "https://example.com", err: errARN},
		"other ARN":        {uri: "arn:aws:lambda:us-east-1:1:function:f", err: errARN},
		"too short":        {uri: "arn:aws:apigateway:us-east-1:s3", err: errARN},
		"no region":        {uri: "arn:aws:apigateway::s3:path/x", err: errARN},
		"host in the name": {uri: "arn:aws:apigateway:us-east-1:evil.com/x?s3:path/x", err: errARN},
		"variable":         {uri: "arn:aws:apigateway:us-east-1:{service}:path/x", err: errARN},
		"neither form":     {uri: "arn:aws:apigateway:us-east-1:s3:object/x", err: errARNForm},
		"no slash":         {uri: "arn:aws:apigateway:us-east-1:s3:path", err: errARNForm},
		"no action":        {uri: "arn:aws:apigateway:us-east-1:s3:action/", err: errNoAction},
		"parameters alone": {uri: "arn:aws:apigateway:us-east-1:s3:action/&a=b", err: errNoAction},
		"nothing":          {uri: "", err: errARN},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseServiceURI(tt.uri)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if host, _ := got.host(); host != tt.host {
				t.Errorf("host %s, want %s", host, tt.host)
			}
		})
	}
}

const lambdaTest = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"

func TestServiceURIFunction(t *testing.T) {
	tests := map[string]string{
		lambdaTest: "arn:aws:lambda:us-east-1:1:function:f",
		"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f:live/invocations":               "f:live",
		"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions//invocations":                     "",
		"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/a/b/invocations":                  "",
		"arn:aws:apigateway:us-east-1:lambda:path/2014-11-13/functions/f/invoke-async/":                  "",
		"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/configuration":                  "",
		"arn:aws:apigateway:us-east-1:s3:path/2015-03-31/functions/f/invocations":                        "",
		"arn:aws:apigateway:us-east-1:lambda:action/Invoke":                                              "",
		"arn:aws:apigateway:us-east-1:x.lambda:path/2015-03-31/functions/f/invocations":                  "",
		"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/f/response-streaming-invocations": "f",
		"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/response-streaming-invocations": "",
		"arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/f/invocations":                    "",
	}
	for uri, want := range tests {
		u, err := ParseServiceURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := u.Function(); got != want && ok || ok != (want != "") {
			t.Errorf("%s: %q, %v", uri, got, ok)
		}
		if streams := strings.Contains(uri, "2021-11-15") && want != ""; u.Streams() != streams {
			t.Errorf("%s: streams: %t", uri, u.Streams())
		}
	}
}

func FuzzParseServiceURI(f *testing.F) {
	f.Add(lambdaTest)
	f.Add("arn:aws:apigateway:us-east-1:a.b.s3:action/GetObject&Bucket={b}")
	f.Add("arn:aws:apigateway:::path/")
	f.Fuzz(func(t *testing.T, uri string) {
		a := &AWS{}
		s, err := a.Resolve(uri)
		if err != nil {
			return
		}
		if s.Endpoint == nil || s.Target[0] != '/' || s.name == "" || s.region == "" {
			t.Errorf("%q: %+v", uri, s)
		}
		if !httpmsg.ValidHostname(s.Endpoint.name) {
			t.Errorf("%q leads to %q", uri, s.Endpoint.name)
		}
	})
}
