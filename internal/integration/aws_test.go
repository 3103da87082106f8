package integration

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/sigv4"
)

// A recorded request is one that the stand-in for AWS got.
type recorded struct {
	*http.Request
	body string
}

// cloud is a stand-in for AWS that keeps what it is asked.
func cloud(t testing.TB, answer func(w http.ResponseWriter, r recorded)) (url string, last func() recorded) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got recorded
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got = recorded{r, string(body)}
		mu.Unlock()
		if answer != nil {
			answer(w, recorded{r, string(body)})
		}
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return "http://" + l.Addr().String(), func() recorded {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

var testKeys = sdk.NewStaticCredentialsProvider("AKID", "secret", "token")

func newAWS(t testing.TB, o AWSOptions) *AWS {
	t.Helper()
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	a, err := NewAWS(client(t, Options{}), o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// call sends one request to the service of a URI.
func call(t testing.TB, a *AWS, uri string, req *Request, role string) error {
	t.Helper()
	s, err := a.Resolve(uri)
	if err != nil {
		t.Fatal(err)
	}
	if req.Target == "" {
		req.Target = s.Target
	}
	resp, err := a.Do(req, s, role)
	if err == nil {
		resp.Release()
	}
	return err
}

func TestResolve(t *testing.T) {
	a := newAWS(t, AWSOptions{})
	at := newAWS(t, AWSOptions{EndpointURL: "http://127.0.0.1:5000/base/"})
	tests := map[string]struct {
		aws            *AWS
		uri            string
		endpoint, host string
		target         string
		scope          string
	}{
		"AWS":                 {a, "sqs:path/1/q", "sqs.us-east-1.amazonaws.com", "", "/1/q", "us-east-1/sqs"},
		"global":              {a, "iam:action/GetUser", "iam.amazonaws.com", "", "/?Action=GetUser", "us-east-1/iam"},
		"subdomain":           {a, "b.s3:path/k", "b.s3.us-east-1.amazonaws.com", "", "/k", "us-east-1/s3"},
		"other name to sign":  {a, "email:action/SendEmail", "email.us-east-1.amazonaws.com", "", "/?Action=SendEmail", "us-east-1/ses"},
		"endpoint":            {at, "sqs:path/1/q", "127.0.0.1:5000", "", "/base/1/q", "us-east-1/sqs"},
		"endpoint, action":    {at, "sqs:action/ListQueues", "127.0.0.1:5000", "", "/base/?Action=ListQueues", "us-east-1/sqs"},
		"endpoint, subdomain": {at, "b.s3:path/k", "127.0.0.1:5000", "b.s3.127.0.0.1:5000", "/base/k", "us-east-1/s3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := tt.aws.Resolve("arn:aws:apigateway:us-east-1:" + tt.uri)
			if err != nil {
				t.Fatal(err)
			}
			if s.Endpoint.Authority() != tt.endpoint || s.host != tt.host || s.Target != tt.target || s.region+"/"+s.name != tt.scope {
				t.Errorf("got %s (host %q) %s, signed for %s/%s", s.Endpoint.Authority(), s.host, s.Target, s.region, s.name)
			}
			if secure := s.Endpoint.key.secure; secure != (tt.aws == a) {
				t.Errorf("TLS is %v", secure)
			}
		})
	}
}

func TestAWSOptionsRefused(t *testing.T) {
	for _, o := range []AWSOptions{
		{EndpointURL: "localhost:5000"}, {EndpointURL: "http://"}, {EndpointURL: "http://h?x"},
		{Functions: map[string]string{"f": "ftp://h"}}, {Functions: map[string]string{"f": "http://h/?x"}},
	} {
		if a, err := NewAWS(client(t, Options{}), o); err == nil {
			t.Errorf("%+v is taken: %+v", o, a)
		}
	}
}

// What is sent verifies, by the verifier of our own that knows nothing of the
// signer.
func TestSignature(t *testing.T) {
	url, last := cloud(t, nil)
	tests := map[string]struct {
		uri  string
		req  Request
		path string // of the request, "" is the URI's
	}{
		"Lambda":             {lambdaTest, Request{Method: "POST", Body: []byte(`{"a":1}`), Header: httpmsg.Header{{Name: "X-Amz-Source-Arn", Value: "arn:x"}, {Name: "X-A", Value: " a  b "}}}, ""},
		"query":              {"arn:aws:apigateway:us-east-1:sns:action/Publish&Message=a%20%26%2B&b", Request{Method: "POST"}, ""},
		"empty":              {"arn:aws:apigateway:us-east-1:sqs:path/", Request{Method: "GET"}, ""},
		"same header twice":  {"arn:aws:apigateway:us-east-1:sqs:path/q", Request{Method: "POST", Header: httpmsg.Header{{Name: "X-B", Value: "2"}, {Name: "x-b", Value: "1"}}}, ""},
		"path of every kind": {"arn:aws:apigateway:us-east-1:sqs:path/x", Request{Method: "GET", Target: "/a%20b/%2F/c:d/(e)/é//f?z=%C3%A9&a=1&a=0&empty"}, ""},
		"subdomain":          {"arn:aws:apigateway:us-east-1:abc.execute-api:path/prod/x", Request{Method: "GET"}, ""},
		"large body":         {"arn:aws:apigateway:us-east-1:sqs:path/q", Request{Method: "POST", Body: make([]byte, 100<<10)}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := newAWS(t, AWSOptions{EndpointURL: url, Credentials: testKeys})
			if err := call(t, a, tt.uri, &tt.req, ""); err != nil {
				t.Fatal(err)
			}
			verify(t, last(), a, tt.uri)
		})
	}
}

func verify(t *testing.T, r recorded, a *AWS, uri string) {
	t.Helper()
	s, _ := a.Resolve(uri)
	path, query, _ := strings.Cut(r.RequestURI, "?")
	v := sigv4.NewVerifier(sigv4.Options{Service: s.name, Lookup: func(id, _ string) (sigv4.Credential, bool) {
		return sigv4.Credential{SecretAccessKey: "secret", SessionToken: "token"}, id == "AKID"
	}})
	_, err := v.Verify(&sigv4.Request{Method: r.Method, Path: path, Query: query, Host: r.Host, Region: s.region, Body: []byte(r.body), Header: func(yield func(string, string) bool) {
		for name, values := range r.Header {
			for _, value := range values {
				if !yield(name, value) {
					return
				}
			}
		}
	}})
	if err != nil {
		t.Errorf("%s: %v", r.RequestURI, err)
	}
}

// S3 signs the path as it is sent, each byte encoded once.
func TestSignatureOfS3(t *testing.T) {
	url, last := cloud(t, nil)
	a := newAWS(t, AWSOptions{EndpointURL: url, Credentials: testKeys})
	req := &Request{Method: "PUT", Target: "/bucket/a%20b/c(d)%2f%C3%A9~'", Body: []byte("x")}
	if err := call(t, a, "arn:aws:apigateway:us-east-1:s3:path/x", req, ""); err != nil {
		t.Fatal(err)
	}
	r := last()
	if want := "/bucket/a%20b/c%28d%29%2F%C3%A9~%27"; r.RequestURI != want {
		t.Errorf("sent %s, want %s", r.RequestURI, want)
	}
	again, err := http.NewRequest(r.Method, url+r.RequestURI, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range r.Header {
		if name != "Authorization" && name != "Content-Length" {
			again.Header[name] = values
		}
	}
	at, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	keys, _ := testKeys.Retrieve(context.Background())
	if err := v4.NewSigner().SignHTTP(context.Background(), keys, again, r.Header.Get("X-Amz-Content-Sha256"), "s3", "us-east-1", at,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFunctionURLs(t *testing.T) {
	const arn = "arn:aws:lambda:us-east-1:1:function:f"
	a := newAWS(t, AWSOptions{Functions: map[string]string{
		arn + ":live": "http://a/x", arn: "http://b", "f:old": "http://c/", "f": "https://d", "g": "http://e:9000/2015-03-31/functions/function/invocations",
	}})
	tests := map[string]string{
		arn + ":live": "http://a/x",
		arn + ":old":  "http://b/2015-03-31/functions/" + arn + ":old/invocations",
		arn:           "http://b/2015-03-31/functions/" + arn + "/invocations",
		"f:old":       "http://c/2015-03-31/functions/f:old/invocations",
		"f":           "https://d/2015-03-31/functions/f/invocations",
		"arn:aws:lambda:eu-west-1:2:function:g:1": "http://e:9000/2015-03-31/functions/function/invocations",
		"h": "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/h/invocations",
	}
	for function, want := range tests {
		s, err := a.Resolve("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + function + "/invocations")
		if err != nil {
			t.Fatal(err)
		}
		scheme := "http://"
		if s.Endpoint.key.secure {
			scheme = "https://"
		}
		if got := scheme + s.Endpoint.Authority() + s.Target; got != want || s.Signed != (function == "h") || s.Function != function {
			t.Errorf("%s: %s, signed %v, want %s", function, got, s.Signed, want)
		}
	}
}

func TestFunctionFailed(t *testing.T) {
	tests := map[string]bool{
		`{"errorMessage": "m", "errorType": "t"}`:         true,
		" {\n \"errorType\":\"t\",\"errorMessage\":\"\"}": true,
		`{"errorMessage": "m"}`:                           false,
		`{"a":{"errorMessage": "m", "errorType": "t"}}`:   false,
		`["errorMessage","errorType"]`:                    false,
		`"errorMessage errorType"`:                        false,
		``:                                                false,
	}
	for body, want := range tests {
		resp := &httpmsg.Response{Status: 200, Body: []byte(body)}
		if got := (&Service{}).FunctionFailed(resp); got != want {
			t.Errorf("%s: %v at a URL", body, got)
		}
		if (&Service{Signed: true}).FunctionFailed(resp) {
			t.Errorf("%s: failed at AWS without its header", body)
		}
		resp.Header.Add("x-amz-function-error", "Unhandled")
		if !(&Service{Signed: true}).FunctionFailed(resp) {
			t.Errorf("%s: did not fail with its header", body)
		}
	}
}

// unsetAWS takes away what the environment says of credentials.
func unsetAWS(t *testing.T) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

const sqsTest = "arn:aws:apigateway:us-east-1:sqs:path/q"

// signer returns whose key signed the last request.
func signer(r recorded) string {
	scope, _ := sigv4.ScopeOf(&sigv4.Request{Header: func(yield func(string, string) bool) { yield("Authorization", r.Header.Get("Authorization")) }})
	return scope.AccessKeyID
}

func TestDefaultChain(t *testing.T) {
	file := func(t *testing.T, text string) string {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tests := map[string]struct {
		set  func(t *testing.T)
		want string
	}{
		"environment": {func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", "ENVKEY")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
		}, "ENVKEY"},
		"credentials file": {func(t *testing.T) {
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file(t, "[default]\naws_access_key_id=FILEKEY\naws_secret_access_key=s\n"))
		}, "FILEKEY"},
		"profile of the config file": {func(t *testing.T) {
			t.Setenv("AWS_PROFILE", "p")
			t.Setenv("AWS_CONFIG_FILE", file(t, "[profile p]\naws_access_key_id=PROFILEKEY\naws_secret_access_key=s\n"))
		}, "PROFILEKEY"},
		"web identity": {func(t *testing.T) {
			sts, _ := cloud(t, func(w http.ResponseWriter, r recorded) { assumed(w, r, "AssumeRoleWithWebIdentity", "WEBKEY") })
			t.Setenv("AWS_ENDPOINT_URL_STS", sts)
			t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r")
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "token"))
		}, "WEBKEY"},
		"none, at an endpoint": {func(*testing.T) {}, "test"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			unsetAWS(t)
			tt.set(t)
			url, last := cloud(t, nil)
			a := newAWS(t, AWSOptions{EndpointURL: url})
			for range 2 {
				if err := call(t, a, sqsTest, &Request{Method: "GET"}, ""); err != nil {
					t.Fatal(err)
				}
				if got := signer(last()); got != tt.want {
					t.Errorf("signed by %q, want %q", got, tt.want)
				}
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	unsetAWS(t)
	a := newAWS(t, AWSOptions{})
	err := call(t, a, sqsTest, &Request{Method: "GET", Deadline: time.Now().Add(5 * time.Second)}, "")
	if !errors.Is(err, ErrCredentials) {
		t.Error(err)
	}
}

// What stands in for AWS is not where the instance's role counts: the metadata
// address, which may not answer, is not asked.
func TestEndpointWithoutMetadata(t *testing.T) {
	unsetAWS(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 100)
	go func() {
		for {
			nc, err := silent.Accept()
			if err != nil {
				return
			}
			defer nc.Close()
			asked <- struct{}{}
		}
	}()
	t.Cleanup(func() { silent.Close() })
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://"+silent.Addr().String())
	url, last := cloud(t, nil)
	a := newAWS(t, AWSOptions{EndpointURL: url})
	if err := call(t, a, sqsTest, &Request{Method: "GET", Deadline: time.Now().Add(3 * time.Second)}, ""); err != nil {
		t.Fatal(err)
	}
	if got := signer(last()); got != "test" {
		t.Errorf("signed by %q", got)
	}
	if len(asked) > 0 {
		t.Errorf("the metadata address was connected to %d times", len(asked))
	}
}

// What the SDK has to say are lines of our log.
func TestSDKLog(t *testing.T) {
	unsetAWS(t)
	metadata, _ := cloud(t, func(w http.ResponseWriter, _ recorded) { w.WriteHeader(404) })
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata)
	var log bytes.Buffer
	a := newAWS(t, AWSOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := call(t, a, sqsTest, &Request{Method: "GET"}, ""); !errors.Is(err, ErrCredentials) {
		t.Error(err)
	}
	if got := log.String(); !strings.Contains(got, `level=WARN msg="AWS SDK" text="falling back to IMDSv1: `) || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
}

func TestBadConfigFile(t *testing.T) {
	unsetAWS(t)
	t.Setenv("AWS_PROFILE", "missing")
	if err := call(t, newAWS(t, AWSOptions{}), sqsTest, &Request{Method: "GET"}, ""); !errors.Is(err, ErrCredentials) {
		t.Error(err)
	}
	url, last := cloud(t, nil)
	if err := call(t, newAWS(t, AWSOptions{EndpointURL: url}), sqsTest, &Request{Method: "GET"}, ""); err != nil || signer(last()) != "test" {
		t.Error(err, signer(last()))
	}
}

// assumed answers a call of STS with credentials.
func assumed(w http.ResponseWriter, r recorded, action, key string) {
	if form, err := url.ParseQuery(r.body); err != nil || form.Get("Action") != action {
		w.WriteHeader(400)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId>`+
		`<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action, key)
}

func TestRoles(t *testing.T) {
	const role = "arn:aws:iam::1:role/r"
	var mu sync.Mutex
	calls := 0
	endpoint, last := cloud(t, func(w http.ResponseWriter, r recorded) {
		if !strings.HasPrefix(r.body, "Action=AssumeRole") {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		calls++
		if form, _ := url.ParseQuery(r.body); form.Get("RoleArn") != role || signer(r) != "AKID" {
			w.WriteHeader(403)
			return
		}
		assumed(w, r, "AssumeRole", "ROLEKEY")
	})
	a := newAWS(t, AWSOptions{EndpointURL: endpoint, Credentials: testKeys})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := call(t, a, sqsTest, &Request{Method: "GET"}, role); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := signer(last()); got != "ROLEKEY" || calls != 1 {
		t.Errorf("signed by %q; assumed %d times", got, calls)
	}
	if err := call(t, a, sqsTest, &Request{Method: "GET"}, "arn:aws:iam::1:role/other"); !errors.Is(err, ErrRole) {
		t.Error(err)
	}
	if err := call(t, a, sqsTest, &Request{Method: "GET"}, "no ARN"); !errors.Is(err, ErrRole) {
		t.Error(err)
	}
}

// TestEndpointsOfServices has one service at an endpoint of its own, beside AWS or
// another endpoint. A role is assumed where STS has an endpoint, too.
func TestEndpointsOfServices(t *testing.T) {
	const table, role = "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem", "arn:aws:iam::1:role/r"
	dynamodb, got := cloud(t, nil)
	sts, asked := cloud(t, func(w http.ResponseWriter, r recorded) { assumed(w, r, "AssumeRole", "ROLEKEY") })
	others, rest := cloud(t, nil)

	alone := newAWS(t, AWSOptions{Endpoints: map[string]string{"dynamodb": dynamodb}, Credentials: testKeys})
	if err := call(t, alone, table, &Request{Method: "POST"}, role); err != nil {
		t.Fatal(err)
	}
	if r := got(); signer(r) != "AKID" {
		t.Errorf("signed by %q", signer(r))
	}
	if s, err := alone.Resolve(sqsTest); err != nil || !strings.HasSuffix(s.Endpoint.Authority(), ".amazonaws.com") {
		t.Errorf("%v %v", s, err)
	}
	if err := alone.CheckRole(table, role); err != nil {
		t.Error(err)
	}
	if err := alone.CheckRole(sqsTest, role); !errors.Is(err, errRolesOff) {
		t.Error(err)
	}

	beside := newAWS(t, AWSOptions{EndpointURL: others, Endpoints: map[string]string{"dynamodb": dynamodb, "sts": sts}, Credentials: testKeys})
	for uri, last := range map[string]func() recorded{table: got, sqsTest: rest} {
		if err := call(t, beside, uri, &Request{Method: "POST"}, role); err != nil {
			t.Fatal(err)
		}
		if r := last(); r.Request == nil || signer(r) != "ROLEKEY" {
			t.Errorf("%s: %v", uri, r)
		}
	}
	if asked().Request == nil {
		t.Error("STS was not asked")
	}
}

// A request for a role's credentials that is never answered is given up and made
// again: the calls that need them all wait for one, and would do so for ever.
func TestRoleIsAskedForAgain(t *testing.T) {
	var asked atomic.Int32
	endpoint, last := cloud(t, func(w http.ResponseWriter, r recorded) {
		switch {
		case !strings.HasPrefix(r.body, "Action=AssumeRole"):
		case asked.Add(1) == 1:
			<-r.Context().Done()
		default:
			assumed(w, r, "AssumeRole", "ROLEKEY")
		}
	})
	a := newAWS(t, AWSOptions{EndpointURL: endpoint, Credentials: testKeys})
	a.credentials.http = a.credentials.http.WithTimeout(time.Second)
	req := &Request{Method: "GET", Deadline: time.Now().Add(time.Minute)}
	if err := call(t, a, sqsTest, req, "arn:aws:iam::1:role/r"); err != nil {
		t.Fatal(err)
	}
	if got := signer(last()); got != "ROLEKEY" || asked.Load() != 2 {
		t.Errorf("signed by %q, asked %d times", got, asked.Load())
	}
}

// A client that leaves while credentials are asked for ends its call, and not the
// question, whose answer serves the next one.
func TestGoneWhileSigning(t *testing.T) {
	asked, reply := make(chan bool, 1), make(chan bool)
	endpoint, last := cloud(t, func(w http.ResponseWriter, r recorded) {
		if strings.HasPrefix(r.body, "Action=AssumeRole") {
			asked <- true
			<-reply
			assumed(w, r, "AssumeRole", "ROLEKEY")
		}
	})
	const role = "arn:aws:iam::1:role/r"
	a := newAWS(t, AWSOptions{EndpointURL: endpoint, Credentials: testKeys})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-asked
		leave()
	}()
	if err := call(t, a, sqsTest, &Request{Method: "GET", Client: ctx}, role); !errors.Is(err, ErrGone) || errors.Is(err, ErrRole) {
		t.Error(err)
	}
	close(reply)
	if err := call(t, a, sqsTest, &Request{Method: "GET"}, role); err != nil || signer(last()) != "ROLEKEY" {
		t.Errorf("the next call: %v, signed by %q", err, signer(last()))
	}
}

func TestRolesNotAssumed(t *testing.T) {
	a := newAWS(t, AWSOptions{Credentials: testKeys})
	if err := call(t, a, sqsTest, &Request{Method: "GET"}, "arn:aws:iam::1:role/r"); !errors.Is(err, ErrRole) || !errors.Is(err, errRolesOff) {
		t.Error(err)
	}
}

func TestCheckRole(t *testing.T) {
	const role, variable = "arn:aws:iam::1:role/r", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${stageVariables.f}/invocations"
	url := map[string]string{"f": "http://f"}
	tests := map[string]struct {
		o       AWSOptions
		uri     string
		role    string
		refused bool
	}{
		"no role":                       {AWSOptions{}, sqsTest, "", false},
		"not assumed":                   {AWSOptions{}, sqsTest, role, true},
		"assumed":                       {AWSOptions{AssumeRoles: true}, sqsTest, role, false},
		"assumed at an endpoint":        {AWSOptions{EndpointURL: "http://h"}, sqsTest, role, false},
		"function at AWS":               {AWSOptions{}, lambdaTest, role, true},
		"function at a URL":             {AWSOptions{Functions: url}, lambdaTest, role, false},
		"another function":              {AWSOptions{Functions: map[string]string{"g": "http://g"}}, lambdaTest, role, true},
		"some function":                 {AWSOptions{}, variable, role, true},
		"some function, perhaps at one": {AWSOptions{Functions: url}, variable, role, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := newAWS(t, tt.o).CheckRole(tt.uri, tt.role); (err != nil) != tt.refused {
				t.Error(err)
			}
		})
	}
}

// The roles kept are bounded: they may come from stage variables.
func TestRolesAreBounded(t *testing.T) {
	a := newAWS(t, AWSOptions{AssumeRoles: true, Credentials: testKeys})
	for i := range maxRoles + 10 {
		if _, err := a.credentials.provider(context.Background(), fmt.Sprintf("arn:aws:iam::1:role/%d", i), false); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(a.credentials.roles); n > maxRoles {
		t.Errorf("%d roles kept", n)
	}
}

func BenchmarkInvoke(b *testing.B) {
	ep := backend(b, func(_ int, nc net.Conn, r *bufio.Reader) {
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			_, _ = io.WriteString(nc, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
	})
	for name, o := range map[string]AWSOptions{
		"signed":   {EndpointURL: "http://" + ep.Authority(), Credentials: aws.NewCredentialsCache(testKeys)},
		"unsigned": {Functions: map[string]string{"f": "http://" + ep.Authority()}},
	} {
		b.Run(name, func(b *testing.B) {
			a := newAWS(b, o)
			s, err := a.Resolve(lambdaTest)
			if err != nil {
				b.Fatal(err)
			}
			req := Request{Method: "POST", Target: s.Target}
			b.ReportAllocs()
			for b.Loop() {
				req.Header = append(req.Header[:0], httpmsg.Field{Name: "Accept", Value: "application/json"})
				resp, err := a.Do(&req, s, "")
				if err != nil {
					b.Fatal(err)
				}
				resp.Release()
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	a := newAWS(b, AWSOptions{Credentials: aws.NewCredentialsCache(testKeys)})
	s, err := a.Resolve(lambdaTest)
	if err != nil {
		b.Fatal(err)
	}
	body := make([]byte, 1500)
	var header httpmsg.Header
	b.ReportAllocs()
	for b.Loop() {
		header = append(header[:0], httpmsg.Header{{Name: "Accept", Value: "application/json"}, {Name: "User-Agent", Value: "AmazonAPIGateway_abc"}, {Name: "Content-Type", Value: "application/json"},
			{Name: "X-Amzn-Trace-Id", Value: "Root=1-5c755b5d-07b29b94e632d3da19d88789"}, {Name: "x-amzn-apigateway-api-id", Value: "abc"},
			{Name: "X-Amz-Source-Arn", Value: "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/x"}, {Name: "x-amzn-lambda-integration-tag", Value: "id"}}...)
		req := Request{Method: "POST", Target: s.Target, Header: header, Body: body, Deadline: time.Now().Add(time.Second)}
		if err := a.sign(&req, s, ""); err != nil {
			b.Fatal(err)
		}
	}
}
