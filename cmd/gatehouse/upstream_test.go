package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

// An emulator is a server of AWS's services that notes who calls it and answers with the
// request's body.
type emulator struct {
	*httptest.Server
	mu   sync.Mutex
	came []string // key, service and Host of each request, and its path
}

// scoped is what a signature says of itself.
var scoped = regexp.MustCompile(`Credential=([^/]*)/[0-9]*/([^/]*)/([^/]*)/`)

func newEmulator(t *testing.T) *emulator {
	e := new(emulator)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if m := scoped.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
			who = m[1] + " " + m[2] + " " + m[3]
		}
		e.mu.Lock()
		e.came = append(e.came, who+" "+r.Host+" "+r.RequestURI)
		e.mu.Unlock()
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(e.Close)
	return e
}

// take returns what has come since it was called last.
func (e *emulator) take() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() { e.came = nil }()
	return strings.Join(e.came, "\n")
}

// A upstreamCall is a request, signed where it has a key.
type upstreamCall struct{ key, secret, service, host, path, body, header string }

func (c upstreamCall) do(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = c.host
	if name, value, ok := strings.Cut(c.header, ": "); ok {
		req.Header.Set(name, value)
	}
	if c.key != "" {
		sum := sha256.Sum256([]byte(c.body))
		hash := hex.EncodeToString(sum[:])
		if c.service == "s3" {
			req.Header.Set("X-Amz-Content-Sha256", hash)
		}
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = c.service == "s3" })
		if err := signer.SignHTTP(context.Background(), aws.Credentials{AccessKeyID: c.key, SecretAccessKey: c.secret}, req, hash, c.service, "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := sdktest.NewClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(body)
}

// TestUpstream: what other services are asked at the port of the control plane is
// answered by the server behind; what is spoken here is not, and the guard stands before
// both.
func TestUpstream(t *testing.T) {
	t.Parallel()
	behind := newEmulator(t)
	p, client, url := launchWith(t, t.TempDir(), "in-memory: true\n", "--upstream", behind.URL)
	here := strings.TrimPrefix(url, "http://")
	if !strings.Contains(p.printed(), "Other services  answered by "+behind.URL+"\n") {
		t.Errorf("printed\n%s", p.printed())
	}
	if _, err := client.GetRestApis(context.Background(), &apigateway.GetRestApisInput{}); err != nil || behind.take() != "" {
		t.Errorf("API Gateway: %v", err)
	}
	for name, tt := range map[string]struct {
		call   upstreamCall
		status int
		came   string
		answer string // in it
	}{
		"JSON":            {upstreamCall{key: "test", secret: "x", service: "dynamodb", path: "/", body: `{"a":1}`}, 200, "test eu-west-1 dynamodb " + here + " /", `{"a":1}`},
		"S3":              {upstreamCall{key: "test", secret: "x", service: "s3", path: "/b/a%20k//x?acl=", body: "data"}, 200, "test eu-west-1 s3 " + here + " /b/a%20k//x?acl=", "data"},
		"a bucket's host": {upstreamCall{host: "b.s3.localhost", path: "/k", body: "data"}, 200, "nobody b.s3.localhost /k", "data"},
		"unsigned":        {upstreamCall{header: "X-Amz-Target: DynamoDB_20120810.ListTables", path: "/"}, 200, "nobody " + here + " /", ""},
		"signed before":   {upstreamCall{host: "localhost", path: "/b/k?AWSAccessKeyId=test&Signature=x&Expires=1"}, 200, "nobody localhost /b/k?AWSAccessKeyId=test&Signature=x&Expires=1", ""},
		"STS":             {upstreamCall{key: "test", secret: "x", service: "sts", path: "/?Action=GetCallerIdentity&Version=2011-06-15"}, 400, "", "InvalidAction"},
		"another site":    {upstreamCall{key: "test", secret: "x", service: "dynamodb", path: "/", header: "Origin: https://evil.example"}, 403, "", "may not call this server"},
		"a rebound name":  {upstreamCall{key: "test", secret: "x", service: "s3", host: "evil.example", path: "/b"}, 403, "", "is not a name of this server"},
		"a name of S3":    {upstreamCall{host: "b.s3.evil.example", path: "/b"}, 403, "", "is not a name of this server"},
	} {
		status, answer := tt.call.do(t, url)
		if came := behind.take(); status != tt.status || came != tt.came || !strings.Contains(answer, tt.answer) {
			t.Errorf("%s: %d %s; the upstream has %q, want %q", name, status, answer, came, tt.came)
		}
	}
}

// TestUpstreamOfKnownCallers: with credentials nobody else reaches the server behind, and
// none without the permission; calls are signed anew where the configuration says so.
func TestUpstreamOfKnownCallers(t *testing.T) {
	t.Parallel()
	const entry = "- {accessKeyId: KEY, secretAccessKey: secret-of-some-length, account: \"111122223333\", principal: \"arn:aws:iam::111122223333:user/KEY\", policy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"ACTION\", Resource: \"RESOURCE\"}]}}\n"
	dir := t.TempDir()
	var keys bytes.Buffer
	for _, k := range [][3]string{{"ADMIN", "*", "*"}, {"READER", "dynamodb:*", "*"}, {"TABLES", callUpstream, "arn:aws:dynamodb:*:111122223333:*"}} {
		keys.WriteString(strings.NewReplacer("KEY", k[0], "ACTION", k[1], "RESOURCE", k[2]).Replace(entry))
	}
	if err := os.WriteFile(filepath.Join(dir, "keys.yaml"), keys.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "profiles"), []byte("[up]\naws_access_key_id = OURS\naws_secret_access_key = own-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	behind := newEmulator(t)
	file := filepath.Join(dir, "gatehouse.yaml")
	if err := os.WriteFile(file, []byte("in-memory: true\ncredentials: keys.yaml\nupstream: {url: \""+behind.URL+"\", sign: {profile: up, region: us-west-2}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := launchIn([]string{"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "profiles"), "AWS_CONFIG_FILE=" + os.DevNull}, dir, "serve", "--listen", "127.0.0.1:0", "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.waitFor(`^Ready\.$`); err != nil {
		t.Fatal(err)
	}
	url, there := urlLine.FindStringSubmatch(p.printed())[2], strings.TrimPrefix(behind.URL, "http://")
	for name, tt := range map[string]struct {
		call   upstreamCall
		status int
		came   string
		answer string // in it
	}{
		"an administrator":    {upstreamCall{key: "ADMIN", service: "s3", path: "/b/k", body: "data"}, 200, "OURS us-west-2 s3 " + there + " /b/k", "data"},
		"one service":         {upstreamCall{key: "TABLES", service: "dynamodb", path: "/", body: "{}"}, 200, "OURS us-west-2 dynamodb " + there + " /", "{}"},
		"another service":     {upstreamCall{key: "TABLES", service: "s3", path: "/b/k"}, 403, "", "User: arn:aws:iam::111122223333:user/TABLES is not authorized to perform: gatehouse:CallUpstream on resource: arn:aws:s3:eu-west-1:111122223333:*"},
		"the service's right": {upstreamCall{key: "READER", service: "dynamodb", path: "/", body: "{}"}, 403, "", `"__type":"AccessDeniedException"`},
		"a stranger":          {upstreamCall{key: "NOBODY", service: "dynamodb", path: "/", body: "{}"}, 403, "", `"__type":"UnrecognizedClientException"`},
		"nobody":              {upstreamCall{host: "b.s3.localhost", path: "/k"}, 403, "", "<Code>MissingAuthenticationTokenException</Code>"},
	} {
		if tt.call.key != "" {
			tt.call.secret = "secret-of-some-length"
		}
		status, answer := tt.call.do(t, url)
		if came := behind.take(); status != tt.status || came != tt.came || !strings.Contains(answer, tt.answer) {
			t.Errorf("%s: %d %s; the upstream has %q, want %q", name, status, answer, came, tt.came)
		}
	}
	if log := p.printed(); strings.Contains(log, "own-secret") || strings.Contains(log, "Signature=") {
		t.Errorf("printed\n%s", log)
	}
}
