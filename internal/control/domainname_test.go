package control_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// One whole life of a domain name and its mappings as the Go SDK sees it: each
// operation, and the errors by their types.
func TestDomainNamesOfTheSDK(t *testing.T) {
	f := newFixture(t)
	f.mock(t, f.pets, "GET")
	if _, err := f.CreateDeployment(ctx(), &apigateway.CreateDeploymentInput{RestApiId: &f.api, StageName: aws.String("dev")}); err != nil {
		t.Fatal(err)
	}
	name, certificate := aws.String("api.example.com"), aws.String(acm+"a")
	made, err := f.CreateDomainName(ctx(), &apigateway.CreateDomainNameInput{
		DomainName: name, RegionalCertificateArn: certificate, Tags: map[string]string{"a": "b"},
		EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}}, SecurityPolicy: types.SecurityPolicyTls12,
	})
	if err != nil {
		t.Fatal(err)
	}
	if made.DomainNameStatus != types.DomainNameStatusAvailable || made.CertificateUploadDate == nil || made.DistributionDomainName != nil || *made.RegionalHostedZoneId != "Z1UJRXOUMOOFQ8" {
		t.Errorf("got %+v", made)
	}
	_, err = f.CreateDomainName(ctx(), &apigateway.CreateDomainNameInput{DomainName: name, CertificateArn: certificate})
	wantError(t, err, "BadRequest", "The domain name you provided already exists.")
	read, err := f.GetDomainName(ctx(), &apigateway.GetDomainNameInput{DomainName: name})
	if err != nil || *read.RegionalDomainName != *made.RegionalDomainName || read.Tags["a"] != "b" || read.RoutingMode != types.RoutingModeBasePathMappingOnly {
		t.Errorf("got %+v, %v", read, err)
	}
	changed, err := f.UpdateDomainName(ctx(), &apigateway.UpdateDomainNameInput{DomainName: name, PatchOperations: patch("replace", "/securityPolicy", "TLS_1_0")})
	if err != nil || changed.SecurityPolicy != types.SecurityPolicyTls10 {
		t.Errorf("got %+v, %v", changed, err)
	}
	list, err := f.GetDomainNames(ctx(), &apigateway.GetDomainNamesInput{})
	if err != nil || len(list.Items) != 1 || *list.Items[0].DomainName != *name {
		t.Errorf("got %+v, %v", list, err)
	}

	root, err := f.CreateBasePathMapping(ctx(), &apigateway.CreateBasePathMappingInput{DomainName: name, RestApiId: &f.api, Stage: aws.String("dev")})
	if err != nil || *root.BasePath != "(none)" || *root.Stage != "dev" || *root.RestApiId != f.api {
		t.Fatalf("got %+v, %v", root, err)
	}
	_, err = f.CreateBasePathMapping(ctx(), &apigateway.CreateBasePathMappingInput{DomainName: name, RestApiId: &f.api, BasePath: aws.String("(none)")})
	wantError(t, err, "Conflict", "Base path already exists for this domain name")
	moved, err := f.UpdateBasePathMapping(ctx(), &apigateway.UpdateBasePathMappingInput{DomainName: name, BasePath: aws.String("(none)"), PatchOperations: patch("replace", "/basePath", "pets")})
	if err != nil || *moved.BasePath != "pets" {
		t.Errorf("got %+v, %v", moved, err)
	}
	_, err = f.GetBasePathMapping(ctx(), &apigateway.GetBasePathMappingInput{DomainName: name, BasePath: aws.String("(none)")})
	wantError(t, err, "NotFound", "Invalid base path mapping identifier specified")
	if got, err := f.GetBasePathMapping(ctx(), &apigateway.GetBasePathMappingInput{DomainName: name, BasePath: aws.String("pets")}); err != nil || *got.Stage != "dev" {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = f.DeleteRestApi(ctx(), &apigateway.DeleteRestApiInput{RestApiId: &f.api})
	wantError(t, err, "BadRequest", "Deleting RestApi "+f.api+" failed. Please remove all base path mappings related to the RestApi in your domains: api.example.com")
	if _, err := f.DeleteBasePathMapping(ctx(), &apigateway.DeleteBasePathMappingInput{DomainName: name, BasePath: aws.String("pets")}); err != nil {
		t.Error(err)
	}
	if got, err := f.GetBasePathMappings(ctx(), &apigateway.GetBasePathMappingsInput{DomainName: name}); err != nil || len(got.Items) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := f.DeleteDomainName(ctx(), &apigateway.DeleteDomainNameInput{DomainName: name}); err != nil {
		t.Error(err)
	}
	_, err = f.GetDomainName(ctx(), &apigateway.GetDomainNameInput{DomainName: name})
	wantError(t, err, "NotFound", "Invalid domain name identifier specified")
}

// wantWireError wants an answer of that type and text.
func wantWireError(t testing.TB, err error, kind, message string) {
	t.Helper()
	var answer *wire.Error
	if !errors.As(err, &answer) || answer.Type != kind || answer.Message != message {
		t.Errorf("got %v, want %s %s", err, kind, message)
	}
}

// domain makes a domain name with an edge-optimized endpoint.
func (b *bench) domain(who *wire.Caller, name string) {
	b.t.Helper()
	must(b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: name, CertificateARN: new(acm + "a")}))(b.t)
}

// The data plane is told of names and of what they lead to, and of their end.
func TestServedDomainNames(t *testing.T) {
	b := newBench(t)
	api, _ := b.api()
	b.deploy(api, "dev")
	b.domain(who, "api.example.com")
	must(b.CreateBasePathMapping(ctx(), who, &wire.CreateBasePathMappingRequest{DomainName: "api.example.com", RestAPIID: api, Stage: new("dev"), BasePath: new("orders")}))(t)
	must(b.CreateBasePathMapping(ctx(), who, &wire.CreateBasePathMappingRequest{DomainName: "api.example.com", RestAPIID: api}))(t)

	id := snapshot.OfAccount(testAccount, testRegion, "api.example.com")
	want := snapshot.DomainName{Name: "api.example.com", Account: testAccount, Region: testRegion, EndpointTypes: []string{"EDGE"}, CertificateARNs: []string{acm + "a"}, SecurityPolicy: "TLS_1_2"}
	got, _ := served[snapshot.DomainName](b, snapshot.ServedDomainName, id)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got %s", d)
	}
	mapping := snapshot.BasePathMapping{Domain: "api.example.com", Account: testAccount, Region: testRegion, BasePath: "orders", APIID: api, Stage: "dev"}
	if got, _ := served[snapshot.BasePathMapping](b, snapshot.ServedBasePathMapping, id+"/orders"); got != mapping {
		t.Errorf("got %+v, want %+v", got, mapping)
	}
	mapping.BasePath, mapping.Stage = "", ""
	if got, _ := served[snapshot.BasePathMapping](b, snapshot.ServedBasePathMapping, id+"/"); got != mapping {
		t.Errorf("got %+v, want %+v", got, mapping)
	}

	must(b.UpdateBasePathMapping(ctx(), who, &wire.UpdateBasePathMappingRequest{DomainName: "api.example.com", BasePath: "orders", PatchOperations: ops([3]string{"replace", "/basePath", "v2"})}))(t)
	if _, ok := served[snapshot.BasePathMapping](b, snapshot.ServedBasePathMapping, id+"/orders"); ok {
		t.Error("a mapping is served where it has been moved from")
	}
	must(b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: "api.example.com"}))(t)
	for _, row := range []struct{ kind, id string }{{snapshot.ServedDomainName, id}, {snapshot.ServedBasePathMapping, id + "/v2"}, {snapshot.ServedBasePathMapping, id + "/"}} {
		if _, ok := served[struct{}](b, row.kind, row.id); ok {
			t.Errorf("%s %s is still served", row.kind, row.id)
		}
	}
}

// A name leads to one account at a time, whichever has it first; what others have is
// not shown, and the name is free again when it goes.
func TestDomainNameOfAnotherAccount(t *testing.T) {
	b := newBench(t)
	other := &wire.Caller{Account: "111111111111", Region: testRegion}
	abroad := &wire.Caller{Account: testAccount, Region: "eu-west-1"}
	b.domain(who, "api.example.com")
	for _, stranger := range []*wire.Caller{other, abroad} {
		_, err := b.CreateDomainName(ctx(), stranger, &wire.CreateDomainNameRequest{DomainName: "api.example.com", CertificateARN: new(acm + "a")})
		wantWireError(t, err, "BadRequestException", "One or more of the CNAMEs you provided are already associated with a different resource.")
		_, err = b.GetDomainName(ctx(), stranger, &wire.GetDomainNameRequest{DomainName: "api.example.com"})
		wantWireError(t, err, "NotFoundException", "Invalid domain name identifier specified")
		api, _ := b.api()
		_, err = b.CreateBasePathMapping(ctx(), stranger, &wire.CreateBasePathMappingRequest{DomainName: "api.example.com", RestAPIID: api})
		wantWireError(t, err, "NotFoundException", "Invalid domain name identifier specified")
		b.domain(stranger, stranger.Region+stranger.Account+".example.com")
		_, err = b.CreateBasePathMapping(ctx(), stranger, &wire.CreateBasePathMappingRequest{DomainName: stranger.Region + stranger.Account + ".example.com", RestAPIID: api})
		wantWireError(t, err, "BadRequestException", "Invalid REST API identifier specified")
	}
	must(b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: "api.example.com"}))(t)
	b.domain(other, "api.example.com")
	if err := b.Reset(ctx()); err != nil {
		t.Fatal(err)
	}
	b.domain(who, "api.example.com")
}

// A wildcard and the names that it is for are one account's, whichever came first.
func TestDomainNamesOverlap(t *testing.T) {
	other := &wire.Caller{Account: "111111111111", Region: testRegion}
	const taken = "One or more of the CNAMEs you provided are already associated with a different resource."
	for _, tt := range []struct {
		first, second string
		free          bool
	}{
		{"api.example.com", "*.example.com", false}, {"a.b.example.com", "*.example.com", false}, {"*.b.example.com", "*.example.com", false},
		{"*.example.com", "api.example.com", false}, {"*.example.com", "a.b.example.com", false}, {"*.example.com", "*.b.example.com", false},
		{"example.com", "*.example.com", true}, {"*.example.com", "example.com", true}, {"api.example.com", "*.api.example.com", true},
		{"api.example.com", "*.ample.com", true}, {"*.ample.com", "api.example.com", true}, {"a.example.com", "b.example.com", true}, {"*.a.example.com", "*.b.example.com", true},
	} {
		b := newBench(t)
		b.domain(who, tt.first)
		_, err := b.CreateDomainName(ctx(), other, &wire.CreateDomainNameRequest{DomainName: tt.second, CertificateARN: new(acm + "a")})
		if tt.free {
			if err != nil {
				t.Errorf("%s beside %s: %v", tt.second, tt.first, err)
			}
			continue
		}
		wantWireError(t, err, "BadRequestException", taken)
		b.domain(&wire.Caller{Account: testAccount, Region: "eu-west-1"}, tt.second)
		must(b.DeleteDomainName(ctx(), who, &wire.DeleteDomainNameRequest{DomainName: tt.first}))(t)
	}
}

// Names that could take requests from others, or that no Host can be.
func TestDomainNames(t *testing.T) {
	b := newBench(t)
	b.Service = control.New(control.Options{Store: b.store, OwnHost: func(name string) bool { return name == "gatehouse.example.com" || name == "x.console.example.com" }})
	const invalid, ofAWS, own = "", " is a name of AWS's", " is a name of this server's control plane"
	for name, why := range map[string]string{
		"": invalid, "localhost": invalid, "example": invalid, "127.0.0.1": invalid, "[::1]": invalid, "1.2.3.4": invalid, "api.example.com:80": invalid, "api.example.com.": invalid,
		"API.example.com": invalid, "api_1.example.com": invalid, "-a.example.com": invalid, "a-.example.com": invalid, "a..example.com": invalid, ".example.com": invalid,
		"*": invalid, "*.com": invalid, "a.*.example.com": invalid, "*a.example.com": invalid, "bücher.example.com": invalid, "a/b.example.com": invalid, "a b.example.com": invalid, "a%2eb.example.com": invalid,
		"shop.execute-api.us-east-1.amazonaws.com": ofAWS, "shop.execute-api.localhost": ofAWS, "*.execute-api.example.com": ofAWS, "shop-vpce-1.execute-api.x": ofAWS,
		"apigateway.us-east-1.amazonaws.com": ofAWS, "*.us-east-1.amazonaws.com": ofAWS, "sts.cn-north-1.amazonaws.com.cn": ofAWS,
		"gatehouse.example.com": own, "*.console.example.com": own,
	} {
		_, err := b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: name, CertificateARN: new(acm + "a")})
		wantWireError(t, err, "BadRequestException", "Invalid domain name specified: "+name+why)
	}
	for _, name := range []string{"example.com", "a.b.c.d.example.com", "*.example.com", "xn--bcher-kva.example.com", "1.example.com", "execute-api.example.com", "api.test"} {
		b.domain(who, name)
	}
}

// What an account has of names and mappings is listed in pages.
func TestPagesOfDomainNames(t *testing.T) {
	f := newFixture(t)
	var names, paths []string
	for i := range 7 {
		name := string(rune('g'-i)) + ".example.com"
		if _, err := f.CreateDomainName(ctx(), &apigateway.CreateDomainNameInput{DomainName: &name, CertificateArn: aws.String(acm + "a")}); err != nil {
			t.Fatal(err)
		}
		path := string(rune('g' - i))
		if _, err := f.CreateBasePathMapping(ctx(), &apigateway.CreateBasePathMappingInput{DomainName: aws.String("g.example.com"), RestApiId: &f.api, BasePath: &path}); err != nil {
			t.Fatal(err)
		}
		names, paths = append(names, name), append(paths, path)
	}
	for _, limit := range []int32{1, 3, 7, 500} {
		var gotNames, gotPaths []string
		for p := apigateway.NewGetDomainNamesPaginator(f, &apigateway.GetDomainNamesInput{Limit: &limit}); p.HasMorePages(); {
			page, err := p.NextPage(ctx())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.Items {
				gotNames = append(gotNames, *d.DomainName)
			}
		}
		for p := apigateway.NewGetBasePathMappingsPaginator(f, &apigateway.GetBasePathMappingsInput{DomainName: aws.String("g.example.com"), Limit: &limit}); p.HasMorePages(); {
			page, err := p.NextPage(ctx())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Items {
				gotPaths = append(gotPaths, *m.BasePath)
			}
		}
		if !slices.Equal(gotNames, names) || !slices.Equal(gotPaths, paths) {
			t.Errorf("limit %d: got %q and %q", limit, gotNames, gotPaths)
		}
	}
}

func TestDomainNameQuota(t *testing.T) {
	b := newBench(t)
	b.Service = control.New(control.Options{Store: b.store, Limits: control.Limits{DomainNames: 1}})
	b.domain(who, "a.example.com")
	_, err := b.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: "b.example.com", CertificateARN: new(acm + "a")})
	wantWireError(t, err, "LimitExceededException", "Maximum number of Domain Names has been reached.  Please contact AWS if you need additional Domain Names.")
}

// Endpoints have AWS's names and zones, by region.
func TestEndpointNames(t *testing.T) {
	for region, want := range map[string]string{
		"us-east-1": ".execute-api.us-east-1.amazonaws.com Z1UJRXOUMOOFQ8", "eu-west-1": ".execute-api.eu-west-1.amazonaws.com ZLY8HYME6SFDD",
		"cn-north-1": ".execute-api.cn-north-1.amazonaws.com.cn ", "xx-made-1": ".execute-api.xx-made-1.amazonaws.com ",
	} {
		b := newBench(t)
		partition := map[bool]string{true: "aws-cn", false: "aws"}[region == "cn-north-1"]
		d := must(b.CreateDomainName(ctx(), &wire.Caller{Account: testAccount, Region: region}, &wire.CreateDomainNameRequest{
			DomainName: "api.example.com", EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}}, RegionalCertificateARN: new("arn:" + partition + ":acm:" + region + ":1:certificate/a"),
		}))(t)
		zone := ""
		if d.RegionalHostedZoneID != nil {
			zone = *d.RegionalHostedZoneID
		}
		if name := *d.RegionalDomainName; len(name) < 12 || name[:2] != "d-" || name[12:]+" "+zone != want {
			t.Errorf("%s: got %s %s, want d-… and %s", region, name, zone, want)
		}
		if arn := "arn:" + partition + ":apigateway:" + region + "::/domainnames/api.example.com"; *d.DomainNameARN != arn {
			t.Errorf("got %s, want %s", *d.DomainNameARN, arn)
		}
	}
}
