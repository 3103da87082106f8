package control_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What holds between the members of an endpoint's configuration, at creation and
// after patches.
func TestEndpointConditions(t *testing.T) {
	const (
		dualstack = "Only dualstack ipAddressType is supported for Private APIs."
		endpoints = "VPCEndpoints can only be specified with PRIVATE apis."
	)
	private := func(ip *string) *wire.EndpointConfiguration {
		return &wire.EndpointConfiguration{Types: []string{"PRIVATE"}, IPAddressType: ip}
	}
	regional := &wire.EndpointConfiguration{Types: []string{"REGIONAL"}}
	toPrivate := [3]string{"replace", "/endpointConfiguration/types/0", "PRIVATE"}
	toRegional := [3]string{"replace", "/endpointConfiguration/types/0", "REGIONAL"}
	toIPv4 := [3]string{"replace", "/endpointConfiguration/ipAddressType", "ipv4"}
	addEndpoint := [3]string{"add", "/endpointConfiguration/vpcEndpointIds", "vpce-1"}
	for _, tt := range []struct {
		name    string
		made    *wire.EndpointConfiguration
		patches [][3]string
		want    *wire.EndpointConfiguration
		refused string
	}{
		{name: "private", made: private(nil), want: private(new("dualstack"))},
		{name: "private with IPv4 alone", made: private(new("ipv4")), refused: dualstack},
		{name: "private, later IPv4 alone", made: private(nil), patches: [][3]string{toIPv4}, refused: dualstack},
		{name: "private, later IPv4 alone and private again", made: private(nil), patches: [][3]string{toIPv4, toPrivate}, refused: dualstack},
		{name: "regional", made: regional, want: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}, IPAddressType: new("ipv4")}},
		{name: "regional, later private", made: regional, patches: [][3]string{toPrivate}, want: private(new("dualstack"))},
		{name: "private, later regional", made: private(nil), patches: [][3]string{toRegional}, want: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}, IPAddressType: new("dualstack")}},
		{name: "regional with VPC endpoints", made: &wire.EndpointConfiguration{Types: []string{"REGIONAL"}, VPCEndpointIDs: []string{"vpce-1"}}, refused: endpoints},
		{name: "regional, later with VPC endpoints", made: regional, patches: [][3]string{addEndpoint}, refused: endpoints},
		{name: "private with VPC endpoints, later regional", made: private(nil), patches: [][3]string{addEndpoint, toRegional}, refused: endpoints},
		{name: "private, later with VPC endpoints", made: private(nil), patches: [][3]string{addEndpoint},
			want: &wire.EndpointConfiguration{Types: []string{"PRIVATE"}, IPAddressType: new("dualstack"), VPCEndpointIDs: []string{"vpce-1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newOwned(t)
			api, err := s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop", EndpointConfiguration: tt.made})
			if err == nil && tt.patches != nil {
				api, err = s.UpdateRestAPI(ctx(), who, &wire.UpdateRestAPIRequest{RestAPIID: *api.ID, PatchOperations: ops(tt.patches...)})
			}
			if tt.refused != "" {
				if err == nil || err.Error() != wire.BadRequest("%s", tt.refused).Error() {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, api.EndpointConfiguration); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
}

// A private API is deployed with a resource policy alone; others need none.
func TestDeployPrivate(t *testing.T) {
	for endpoint, want := range map[string]string{"PRIVATE": "Private REST API doesn't have a resource policy attached to it", "REGIONAL": "", "EDGE": ""} {
		t.Run(endpoint, func(t *testing.T) {
			s := newOwned(t)
			api := must(s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop", EndpointConfiguration: &wire.EndpointConfiguration{Types: []string{endpoint}}}))(t)
			addMock(t, s.Service, api)
			_, err := s.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: *api.ID})
			if want == "" && err != nil || want != "" && (err == nil || err.Error() != wire.BadRequest("%s", want).Error()) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// An API that has more resources than another may have now cannot be cloned.
func TestCloneQuota(t *testing.T) {
	s := newOwned(t)
	api := must(s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop"}))(t)
	for _, part := range []string{"a", "b"} {
		must(s.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: *api.ID, ParentID: *api.RootResourceID, PathPart: part}))(t)
	}
	clone := &wire.CreateRestAPIRequest{Name: "copy", CloneFrom: api.ID}
	for limit, fits := range map[int]bool{0: true, 2: false, 3: true} {
		limited := control.New(control.Options{Store: s.store, Limits: control.Limits{ResourcesPerAPI: limit}})
		_, err := limited.CreateRestAPI(ctx(), who, clone)
		const want = "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources."
		if fits && err != nil || !fits && (err == nil || err.Error() != wire.LimitExceeded("%s", want).Error()) {
			t.Errorf("%d resources: got %v", limit, err)
		}
	}
}

// addMock gives an API's root a GET of type MOCK.
func addMock(t testing.TB, s *control.Service, api *wire.RestAPI) {
	t.Helper()
	must(s.PutMethod(ctx(), who, &wire.PutMethodRequest{RestAPIID: *api.ID, ResourceID: *api.RootResourceID, HTTPMethod: "GET", AuthorizationType: "NONE"}))(t)
	must(s.PutIntegration(ctx(), who, &wire.PutIntegrationRequest{RestAPIID: *api.ID, ResourceID: *api.RootResourceID, HTTPMethod: "GET", Type: "MOCK"}))(t)
}
