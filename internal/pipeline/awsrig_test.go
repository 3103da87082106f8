package pipeline

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/integration"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

const testFunction = "arn:aws:lambda:us-east-1:000000000000:function:f"

// lambdaURI is the URI of an integration that invokes a function.
func lambdaURI(function string) string {
	return "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + function + "/invocations"
}

// A cloud stands in for AWS: it answers every request by its handler and
// remembers it.
type cloud struct {
	url string

	mu    sync.Mutex
	asked []seen
}

// newCloud starts a cloud. Its answers get the request id of Lambda.
func newCloud(t testing.TB, handle func(w http.ResponseWriter, asked seen)) *cloud {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{url: "http://" + l.Addr().String()}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked := seen{r.Method, r.RequestURI, r.Host, string(body), r.Header}
		c.mu.Lock()
		c.asked = append(c.asked, asked)
		c.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Requestid", "lambda-id")
		handle(w, asked)
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	return c
}

// last returns the last request.
func (c *cloud) last(t *testing.T) seen {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.asked) == 0 {
		t.Fatal("nothing was called")
	}
	return c.asked[len(c.asked)-1]
}

// answering is a cloud whose functions all answer one text.
func answering(t testing.TB, text string) *cloud {
	return newCloud(t, func(w http.ResponseWriter, _ seen) { _, _ = io.WriteString(w, text) })
}

// failing is a cloud whose functions all throw.
func failing(t testing.TB, text string) *cloud {
	return newCloud(t, func(w http.ResponseWriter, _ seen) {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		_, _ = io.WriteString(w, text)
	})
}

// newAWSRig serves resources whose services are at the cloud.
func newAWSRig(t testing.TB, c *cloud, resources ...snapshot.Resource) *rig {
	t.Helper()
	return newAWSRigOf(t, integration.AWSOptions{EndpointURL: c.url}, &snapshot.Deployment{Resources: resources})
}

func newAWSRigOf(t testing.TB, o integration.AWSOptions, d *snapshot.Deployment) *rig {
	t.Helper()
	d.ID, d.APIID, d.Account, d.Region = "d1", "abc", "000000000000", "us-east-1"
	client := integration.NewClient(integration.Options{})
	t.Cleanup(client.Close)
	o.Region, o.Credentials = "us-east-1", credentials.NewStaticCredentialsProvider("AKID", "secret", "token")
	service, err := integration.NewAWS(client, o)
	if err != nil {
		t.Fatal(err)
	}
	settings := &snapshot.Stage{APIID: "abc", Name: "prod", Account: "000000000000", Region: "us-east-1", DeploymentID: "d1",
		Variables: map[string]string{"env": "test"}}
	return &rig{d, Bind(settings, Compile(d), &Services{Client: client, AWS: service})}
}

// awsMethod is a resource whose method has an integration of AWS, changed by
// edit.
func awsMethod(path, verb, kind, uri string, edit func(*snapshot.Method)) snapshot.Resource {
	m := snapshot.Method{
		HTTPMethod: verb, AuthorizationType: "NONE",
		Integration: snapshot.Integration{
			Type: kind, URI: uri, HTTPMethod: "POST", PassthroughBehavior: "WHEN_NO_MATCH", TimeoutMillis: 29000,
		},
		Responses: map[string]snapshot.MethodResponse{"200": {}},
	}
	if kind == "AWS" {
		m.Integration.Responses = []snapshot.IntegrationResponse{{StatusCode: "200"}}
	}
	if edit != nil {
		edit(&m)
	}
	return snapshot.Resource{ID: "r1", Path: path, Methods: []snapshot.Method{m}}
}

// function is a resource with a proxy integration of the test function.
func function(path string) snapshot.Resource {
	return awsMethod(path, "ANY", "AWS_PROXY", lambdaURI(testFunction), nil)
}

// fixed makes a request's time and id known.
func fixed(text string) *httpmsg.Request {
	req := parseRequest(text)
	req.Received = time.Date(2020, 3, 4, 19, 15, 17, 123e6, time.UTC)
	req.Header.Add("x-amzn-RequestId", "a74a823e-8385-4f47-aa49-be10753ad073")
	return req
}

// event calls with a request and returns the event that the function got.
func (r *rig) event(t *testing.T, c *cloud, req *httpmsg.Request) string {
	t.Helper()
	resp := r.stage.Serve(req)
	defer resp.Release()
	if resp.Status != 200 {
		t.Fatalf("status %d: %s", resp.Status, resp.Body)
	}
	return c.last(t).Body
}
