package control_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

func TestConvergeResource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	parents := []string{root}
	for _, part := range []string{"a", "b"} {
		parents = append(parents, *must(b.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: api, ParentID: root, PathPart: part}))(t).ID)
	}
	c := convergence[wire.CreateResourceRequest, wire.Resource]{
		draw: func(t *rapid.T, label string) *wire.CreateResourceRequest {
			return &wire.CreateResourceRequest{
				RestAPIID: api, ParentID: rapid.SampledFrom(parents).Draw(t, label+" parent"),
				PathPart: rapid.SampledFrom([]string{"x", "y:z", "{id}", "{proxy+}"}).Draw(t, label+" part"),
			}
		},
		create: func(in *wire.CreateResourceRequest) (string, error) {
			out, err := b.CreateResource(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: func(from, to *wire.CreateResourceRequest) (p patchList) {
			p.text("/pathPart", &from.PathPart, &to.PathPart)
			p.text("/parentId", &from.ParentID, &to.ParentID)
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.Resource, error) {
			return b.UpdateResource(ctx(), who, &wire.UpdateResourceRequest{RestAPIID: api, ResourceID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.Resource, error) {
			return b.GetResource(ctx(), who, &wire.GetResourceRequest{RestAPIID: api, ResourceID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteResource(ctx(), who, &wire.DeleteResourceRequest{RestAPIID: api, ResourceID: id})
			return err
		},
		forget: func(r *wire.Resource) { r.ID = nil },
	}
	rapid.Check(t, c.check)
}

func TestConvergeMethod(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	v := must(b.CreateRequestValidator(ctx(), who, &wire.CreateRequestValidatorRequest{RestAPIID: api}))(t)
	params := append(prefixed("method.request.header.", headers), "method.request.querystring.q", "method.request.path.p")
	c := convergence[wire.PutMethodRequest, wire.Method]{
		draw: func(t *rapid.T, label string) *wire.PutMethodRequest {
			return &wire.PutMethodRequest{
				RestAPIID: api, ResourceID: root, HTTPMethod: "PUT", AuthorizationType: rapid.SampledFrom([]string{"NONE", "AWS_IAM"}).Draw(t, label+" type"),
				APIKeyRequired: maybe(t, label+" key", flag), OperationName: maybe(t, label+" operation", filledText), RequestValidatorID: maybe(t, label+" validator", rapid.Just(*v.ID)),
				RequestParameters: maybeMap(t, label+" params", params, flag), RequestModels: maybeMap(t, label+" models", mediaTypes, rapid.SampledFrom([]string{"Empty", "Error"})),
			}
		},
		create: func(in *wire.PutMethodRequest) (string, error) {
			_, err := b.PutMethod(ctx(), who, in)
			return "", err
		},
		change: func(from, to *wire.PutMethodRequest) (p patchList) {
			p.entries("/requestModels", from.RequestModels, to.RequestModels)
			p.entries("/requestParameters", texts(from.RequestParameters), texts(to.RequestParameters))
			p.text("/authorizationType", &from.AuthorizationType, &to.AuthorizationType)
			p.bool("/apiKeyRequired", from.APIKeyRequired, to.APIKeyRequired)
			p.nullable("/requestValidatorId", from.RequestValidatorID, to.RequestValidatorID)
			p.nullable("/operationName", from.OperationName, to.OperationName)
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.Method, error) {
			return b.UpdateMethod(ctx(), who, &wire.UpdateMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT", PatchOperations: ops})
		},
		read: func(string) (*wire.Method, error) {
			return b.GetMethod(ctx(), who, &wire.GetMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT"})
		},
		remove: func(string) error {
			_, err := b.DeleteMethod(ctx(), who, &wire.DeleteMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "PUT"})
			return err
		},
		forget: func(*wire.Method) {},
	}
	rapid.Check(t, c.check)
}

func TestConvergeMethodResponse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	c := convergence[wire.PutMethodResponseRequest, wire.MethodResponse]{
		draw: func(t *rapid.T, label string) *wire.PutMethodResponseRequest {
			return &wire.PutMethodResponseRequest{
				RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200",
				ResponseParameters: unlessEmpty(maybeMap(t, label+" params", prefixed("method.response.header.", headers), flag)),
				ResponseModels:     unlessEmpty(maybeMap(t, label+" models", mediaTypes, rapid.SampledFrom([]string{"Empty", "Error"}))),
			}
		},
		create: func(in *wire.PutMethodResponseRequest) (string, error) {
			_, err := b.PutMethodResponse(ctx(), who, in)
			return "", err
		},
		change: func(from, to *wire.PutMethodResponseRequest) (p patchList) {
			p.entries("/responseModels", from.ResponseModels, to.ResponseModels)
			p.entries("/responseParameters", texts(from.ResponseParameters), texts(to.ResponseParameters))
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.MethodResponse, error) {
			return b.UpdateMethodResponse(ctx(), who, &wire.UpdateMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200", PatchOperations: ops})
		},
		read: func(string) (*wire.MethodResponse, error) {
			return b.GetMethodResponse(ctx(), who, &wire.GetMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200"})
		},
		remove: func(string) error {
			_, err := b.DeleteMethodResponse(ctx(), who, &wire.DeleteMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "200"})
			return err
		},
		forget: func(*wire.MethodResponse) {},
	}
	rapid.Check(t, c.check)
}

// Of an integration the provider patches these attributes; a change of the
// others makes a new one. It always sends the URI, of a MOCK too.
func TestConvergeIntegration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, root := b.api()
	link := must(b.CreateVPCLink(ctx(), who, &wire.CreateVPCLinkRequest{Name: "l", TargetARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"}}))(t)
	kind := ""
	c := convergence[wire.PutIntegrationRequest, wire.Integration]{
		draw: func(t *rapid.T, label string) *wire.PutIntegrationRequest {
			if label == "from" {
				kind = rapid.SampledFrom([]string{"MOCK", "HTTP", "HTTP_PROXY"}).Draw(t, "kind")
			}
			in := &wire.PutIntegrationRequest{
				RestAPIID: api, ResourceID: root, HTTPMethod: "GET", Type: kind, ConnectionType: new("INTERNET"),
				TimeoutInMillis: new(rapid.Int32Range(50, 29000).Draw(t, label+" timeout")), CacheNamespace: maybe(t, label+" namespace", filledText),
				ContentHandling:   maybe(t, label+" handling", rapid.SampledFrom([]string{"CONVERT_TO_TEXT", "CONVERT_TO_BINARY"})),
				RequestParameters: unlessEmpty(maybeMap(t, label+" params", prefixed("integration.request.header.", headers), rapid.SampledFrom([]string{"'static'", "context.requestId"}))),
				RequestTemplates:  unlessEmpty(maybeMap(t, label+" templates", mediaTypes, rapid.Ptr(free, true))),
				TLSConfig:         &wire.TLSConfig{InsecureSkipVerification: new(flag.Draw(t, label+" tls"))},
			}
			if kind != "MOCK" {
				in.IntegrationHTTPMethod, in.URI = new("POST"), new(rapid.SampledFrom([]string{"http://a/x", "https://b/{id}"}).Draw(t, label+" uri"))
				if flag.Draw(t, label+" link") {
					in.ConnectionType, in.ConnectionID = new("VPC_LINK"), new(rapid.SampledFrom([]string{*link.ID, "${stageVariables.link}"}).Draw(t, label+" id"))
				}
			}
			return in
		},
		create: func(in *wire.PutIntegrationRequest) (string, error) {
			_, err := b.PutIntegration(ctx(), who, in)
			return "", err
		},
		change: func(from, to *wire.PutIntegrationRequest) (p patchList) {
			p.entries("/requestTemplates", texts(from.RequestTemplates), texts(to.RequestTemplates))
			p.entries("/requestParameters", from.RequestParameters, to.RequestParameters)
			p.add("replace", "/uri", orElse(to.URI, ""))
			p.text("/contentHandling", from.ContentHandling, to.ContentHandling)
			p.text("/cacheNamespace", from.CacheNamespace, to.CacheNamespace)
			p.text("/connectionType", from.ConnectionType, to.ConnectionType)
			p.text("/connectionId", from.ConnectionID, to.ConnectionID)
			p.add("replace", "/timeoutInMillis", new(strconv.Itoa(int(*to.TimeoutInMillis))))
			p.bool("/tlsConfig/insecureSkipVerification", from.TLSConfig.InsecureSkipVerification, to.TLSConfig.InsecureSkipVerification)
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.Integration, error) {
			return b.UpdateIntegration(ctx(), who, &wire.UpdateIntegrationRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", PatchOperations: ops})
		},
		read: func(string) (*wire.Integration, error) {
			return b.GetIntegration(ctx(), who, &wire.GetIntegrationRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET"})
		},
		remove: func(string) error {
			_, err := b.DeleteIntegration(ctx(), who, &wire.DeleteIntegrationRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET"})
			return err
		},
		forget: func(*wire.Integration) {},
	}
	rapid.Check(t, c.check)
}

func TestConvergeStage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	var deployments []string
	for range 2 {
		deployments = append(deployments, *must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t).ID)
	}
	versions := rapid.SampledFrom(documentationVersions(t, b, api))
	c := convergence[wire.CreateStageRequest, wire.Stage]{
		draw: func(t *rapid.T, label string) *wire.CreateStageRequest {
			return &wire.CreateStageRequest{
				RestAPIID: api, StageName: "s", DeploymentID: rapid.SampledFrom(deployments).Draw(t, label+" deployment"), Description: maybe(t, label+" description", filledText),
				Variables:            maybeMap(t, label+" variables", []string{"a", "B_2", "c9"}, rapid.StringMatching(`[A-Za-z0-9\-._~:/?#&=,]{1,20}`)),
				DocumentationVersion: maybe(t, label+" version", versions), TracingEnabled: maybe(t, label+" tracing", flag),
				CacheClusterSize: maybe(t, label+" size", rapid.SampledFrom([]string{"0.5", "237"})),
			}
		},
		create: func(in *wire.CreateStageRequest) (string, error) {
			_, err := b.CreateStage(ctx(), who, in)
			return "", err
		},
		change: func(from, to *wire.CreateStageRequest) (p patchList) {
			p.text("/deploymentId", &from.DeploymentID, &to.DeploymentID)
			p.text("/description", from.Description, to.Description)
			p.bool("/tracingEnabled", from.TracingEnabled, to.TracingEnabled)
			p.text("/documentationVersion", from.DocumentationVersion, to.DocumentationVersion)
			p.text("/cacheClusterSize", from.CacheClusterSize, to.CacheClusterSize)
			for name := range from.Variables {
				if _, ok := to.Variables[name]; !ok {
					p.add("remove", "/variables/"+name, nil)
				}
			}
			for name, value := range to.Variables {
				p.add("replace", "/variables/"+name, &value)
			}
			p.add("remove", "/accessLogSettings", nil)
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.Stage, error) {
			return b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: api, StageName: "s", PatchOperations: ops})
		},
		read: func(string) (*wire.Stage, error) {
			return b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: api, StageName: "s"})
		},
		remove: func(string) error {
			_, err := b.DeleteStage(ctx(), who, &wire.DeleteStageRequest{RestAPIID: api, StageName: "s"})
			return err
		},
		forget: func(s *wire.Stage) { s.CreatedDate, s.LastUpdatedDate = nil, nil },
	}
	rapid.Check(t, c.check)
}

func TestConvergeModel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	c := convergence[wire.CreateModelRequest, wire.Model]{
		draw: func(t *rapid.T, label string) *wire.CreateModelRequest {
			return &wire.CreateModelRequest{
				RestAPIID: api, Name: "M", ContentType: "application/json", Description: new(free.Draw(t, label+" description")),
				Schema: new(rapid.SampledFrom([]string{`{}`, " {\n\"title\" : \"\u00e9<&>\"}", `{"properties":{"a":{"type":"string"}}}`}).Draw(t, label+" schema")),
			}
		},
		create: func(in *wire.CreateModelRequest) (string, error) {
			_, err := b.CreateModel(ctx(), who, in)
			return "", err
		},
		change: func(from, to *wire.CreateModelRequest) (p patchList) {
			p.text("/description", from.Description, to.Description)
			p.text("/schema", from.Schema, to.Schema)
			return p
		},
		update: func(_ string, ops []wire.PatchOperation) (*wire.Model, error) {
			return b.UpdateModel(ctx(), who, &wire.UpdateModelRequest{RestAPIID: api, ModelName: "M", PatchOperations: ops})
		},
		read: func(string) (*wire.Model, error) {
			return b.GetModel(ctx(), who, &wire.GetModelRequest{RestAPIID: api, ModelName: "M"})
		},
		remove: func(string) error {
			_, err := b.DeleteModel(ctx(), who, &wire.DeleteModelRequest{RestAPIID: api, ModelName: "M"})
			return err
		},
		forget: func(m *wire.Model) { m.ID = nil },
	}
	rapid.Check(t, c.check)
}

func TestConvergeValidator(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	c := convergence[wire.CreateRequestValidatorRequest, wire.RequestValidator]{
		draw: func(t *rapid.T, label string) *wire.CreateRequestValidatorRequest {
			return &wire.CreateRequestValidatorRequest{RestAPIID: api, Name: new("v" + free.Draw(t, label+" name")), ValidateRequestBody: maybe(t, label+" body", flag), ValidateRequestParameters: maybe(t, label+" params", flag)}
		},
		create: func(in *wire.CreateRequestValidatorRequest) (string, error) {
			out, err := b.CreateRequestValidator(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: func(from, to *wire.CreateRequestValidatorRequest) (p patchList) {
			p.text("/name", from.Name, to.Name)
			p.bool("/validateRequestBody", from.ValidateRequestBody, to.ValidateRequestBody)
			p.bool("/validateRequestParameters", from.ValidateRequestParameters, to.ValidateRequestParameters)
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.RequestValidator, error) {
			return b.UpdateRequestValidator(ctx(), who, &wire.UpdateRequestValidatorRequest{RestAPIID: api, RequestValidatorID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.RequestValidator, error) {
			return b.GetRequestValidator(ctx(), who, &wire.GetRequestValidatorRequest{RestAPIID: api, RequestValidatorID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteRequestValidator(ctx(), who, &wire.DeleteRequestValidatorRequest{RestAPIID: api, RequestValidatorID: id})
			return err
		},
		forget: func(v *wire.RequestValidator) { v.ID = nil },
	}
	rapid.Check(t, c.check)
}

// A link, a certificate and a deployment have a description that can change; a
// link has a name too.
func TestConvergeVPCLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := convergence[wire.CreateVPCLinkRequest, wire.VPCLink]{
		draw: func(t *rapid.T, label string) *wire.CreateVPCLinkRequest {
			return &wire.CreateVPCLinkRequest{
				Name: "l" + free.Draw(t, label+" name"), Description: maybe(t, label+" description", free),
				TargetARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"},
			}
		},
		create: func(in *wire.CreateVPCLinkRequest) (string, error) {
			out, err := b.CreateVPCLink(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: func(from, to *wire.CreateVPCLinkRequest) (p patchList) {
			p.text("/name", &from.Name, &to.Name)
			p.text("/description", from.Description, to.Description)
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.VPCLink, error) {
			return b.UpdateVPCLink(ctx(), who, &wire.UpdateVPCLinkRequest{VPCLinkID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.VPCLink, error) {
			return b.GetVPCLink(ctx(), who, &wire.GetVPCLinkRequest{VPCLinkID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteVPCLink(ctx(), who, &wire.DeleteVPCLinkRequest{VPCLinkID: id})
			return err
		},
		forget: func(l *wire.VPCLink) { l.ID = nil },
	}
	rapid.Check(t, c.check)
}

func TestConvergeDeployment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	c := convergence[wire.CreateDeploymentRequest, wire.Deployment]{
		draw: func(t *rapid.T, label string) *wire.CreateDeploymentRequest {
			return &wire.CreateDeploymentRequest{RestAPIID: api, Description: maybe(t, label+" description", free)}
		},
		create: func(in *wire.CreateDeploymentRequest) (string, error) {
			out, err := b.CreateDeployment(ctx(), who, in)
			if err != nil {
				return "", err
			}
			return *out.ID, nil
		},
		change: func(from, to *wire.CreateDeploymentRequest) (p patchList) {
			p.text("/description", from.Description, to.Description)
			return p
		},
		update: func(id string, ops []wire.PatchOperation) (*wire.Deployment, error) {
			return b.UpdateDeployment(ctx(), who, &wire.UpdateDeploymentRequest{RestAPIID: api, DeploymentID: id, PatchOperations: ops})
		},
		read: func(id string) (*wire.Deployment, error) {
			return b.GetDeployment(ctx(), who, &wire.GetDeploymentRequest{RestAPIID: api, DeploymentID: id})
		},
		remove: func(id string) error {
			_, err := b.DeleteDeployment(ctx(), who, &wire.DeleteDeploymentRequest{RestAPIID: api, DeploymentID: id})
			return err
		},
		forget: func(d *wire.Deployment) { d.ID, d.CreatedDate = nil, nil },
	}
	rapid.Check(t, c.check)
}

// The settings of a method are a thing of their own to the provider: it sends
// all ten, reads all ten, and settings outlive patches of their stage.
func TestConvergeMethodSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	d := must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api}))(t)
	must(b.CreateStage(ctx(), who, &wire.CreateStageRequest{RestAPIID: api, StageName: "s", DeploymentID: *d.ID}))(t)
	must(b.UpdateAccount(ctx(), who, &wire.UpdateAccountRequest{PatchOperations: ops([3]string{"replace", "/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/logs"})}))(t)
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"*/*", "pets/GET", "~1pets~1{id}/ANY", "pets~1{id}/POST"}).Draw(t, "key")
		want := wire.MethodSetting{
			MetricsEnabled: new(flag.Draw(t, "metrics")), DataTraceEnabled: new(flag.Draw(t, "trace")), CachingEnabled: new(false), CacheDataEncrypted: new(flag.Draw(t, "encrypted")),
			LoggingLevel:         new(rapid.SampledFrom([]string{"OFF", "ERROR", "INFO"}).Draw(t, "level")),
			ThrottlingBurstLimit: new(rapid.Int32Range(-1, 1<<20).Draw(t, "burst")), ThrottlingRateLimit: new(wire.Double(rapid.Int32Range(-1, 1<<20).Draw(t, "rate")) / 2),
			CacheTTLInSeconds: new(rapid.Int32Range(0, 3600).Draw(t, "ttl")), RequireAuthorizationForCacheControl: new(flag.Draw(t, "require")),
			UnauthorizedCacheControlHeaderStrategy: new(rapid.SampledFrom([]string{"FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"}).Draw(t, "strategy")),
		}
		var p patchList
		for path, value := range map[string]string{
			"metrics/enabled": strconv.FormatBool(*want.MetricsEnabled), "logging/dataTrace": strconv.FormatBool(*want.DataTraceEnabled), "logging/loglevel": *want.LoggingLevel,
			"throttling/burstLimit": strconv.Itoa(int(*want.ThrottlingBurstLimit)), "throttling/rateLimit": strconv.FormatFloat(float64(*want.ThrottlingRateLimit), 'f', 6, 64),
			"caching/enabled": "false", "caching/ttlInSeconds": strconv.Itoa(int(*want.CacheTTLInSeconds)), "caching/dataEncrypted": strconv.FormatBool(*want.CacheDataEncrypted),
			"caching/requireAuthorizationForCacheControl":    strconv.FormatBool(*want.RequireAuthorizationForCacheControl),
			"caching/unauthorizedCacheControlHeaderStrategy": *want.UnauthorizedCacheControlHeaderStrategy,
		} {
			p.add("replace", "/"+key+"/"+path, &value)
		}
		patch := func(p patchList) (map[string]wire.MethodSetting, error) {
			out, err := b.UpdateStage(ctx(), who, &wire.UpdateStageRequest{RestAPIID: api, StageName: "s", PatchOperations: p})
			if err != nil {
				return nil, err
			}
			return out.MethodSettings, nil
		}
		settings, err := patch(p)
		if err != nil {
			t.Fatal(err)
		}
		got := settings[key]
		same(t, want, &got, nil)
		if _, err = patch(ops([3]string{"replace", "/description", "d"}, [3]string{"replace", "/variables/a", "1"})); err != nil {
			t.Fatal(err)
		}
		read := must(b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: api, StageName: "s"}))(b.t)
		got = read.MethodSettings[key]
		same(t, want, &got, nil)
		if settings, err = patch(ops([3]string{"remove", "/" + key, ""})); err != nil {
			t.Fatal(err)
		}
		if _, ok := settings[key]; ok {
			t.Fatalf("%s is still there", key)
		}
		if _, err = patch(ops([3]string{"remove", "/" + key, ""})); err == nil || !strings.Contains(err.Error(), "no method setting for this method") {
			t.Fatalf("removed twice: %v", err)
		}
	})
}

// Tags are what was laid over them and not taken away, on the thing as in
// GetTags.
func TestRoundTripTags(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	api, _ := b.api()
	must(b.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: api, StageName: new("s")}))(t)
	link := must(b.CreateVPCLink(ctx(), who, &wire.CreateVPCLinkRequest{Name: "l", TargetARNs: []string{"arn:aws:a:b:c:d"}}))(t)
	cert := must(b.GenerateClientCertificate(ctx(), who, &wire.GenerateClientCertificateRequest{}))(t)
	shown := map[string]func() map[string]string{
		"/restapis/" + api: func() map[string]string {
			return must(b.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: api}))(t).Tags
		},
		"/restapis/" + api + "/stages/s": func() map[string]string {
			return must(b.GetStage(ctx(), who, &wire.GetStageRequest{RestAPIID: api, StageName: "s"}))(t).Tags
		},
		"/vpclinks/" + *link.ID: func() map[string]string {
			return must(b.GetVPCLink(ctx(), who, &wire.GetVPCLinkRequest{VPCLinkID: *link.ID}))(t).Tags
		},
		"/clientcertificates/" + *cert.ClientCertificateID: func() map[string]string {
			return must(b.GetClientCertificate(ctx(), who, &wire.GetClientCertificateRequest{ClientCertificateID: *cert.ClientCertificateID}))(t).Tags
		},
	}
	want := map[string]map[string]string{}
	keys := []string{"a", "b:c/d", "é+=._-@ "}
	rapid.Check(t, func(rt *rapid.T) {
		path := rapid.SampledFrom(sorted(shown)).Draw(rt, "thing")
		arn := "arn:aws:apigateway:us-east-1::" + path
		if want[path] == nil {
			want[path] = map[string]string{}
		}
		set := maybeMap(rt, "set", keys, free)
		if _, err := b.TagResource(ctx(), who, &wire.TagResourceRequest{ResourceARN: arn, Tags: set}); err != nil {
			rt.Fatal(err)
		}
		for k, v := range set {
			want[path][k] = v
		}
		drop := rapid.SliceOfN(rapid.SampledFrom(keys), 0, 2).Draw(rt, "drop")
		if _, err := b.UntagResource(ctx(), who, &wire.UntagResourceRequest{ResourceARN: arn, TagKeys: drop}); err != nil {
			rt.Fatal(err)
		}
		for _, k := range drop {
			delete(want[path], k)
		}
		tags, err := b.GetTags(ctx(), who, &wire.GetTagsRequest{ResourceARN: arn})
		same(rt, wire.Tags{Tags: want[path]}, tags, err)
		if got := shown[path](); len(want[path])+len(got) > 0 {
			same(rt, want[path], &got, nil)
		}
	})
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
