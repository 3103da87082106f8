package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// wantDoctor compares what the doctor says of settings whose names begin so with what it is to say.
func (r *compatRig) wantDoctor(t *testing.T, what, prefix string, list func(*report) []idleSetting, want ...string) {
	t.Helper()
	found, err := fetchReport(t.Context(), http.DefaultClient, r.url)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list(found) {
		if strings.HasPrefix(s.Setting, prefix) {
			got = append(got, s.String())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

func keptOf(r *report) []idleSetting   { return r.Kept }
func closedOf(r *report) []idleSetting { return r.Closed }

// Who may reach an API is what was last deployed. The doctor says where the API says
// something else by now, until it is deployed.
func TestDoctorListsWhatIsNotDeployed(t *testing.T) {
	r := newCompatRig(t)
	r.attempt(t, "UpdateRestApi") // deploys c1 to dev
	patch := func(operations string) { r.ok(t, "PATCH", "/restapis/c1", `{"patchOperations": [`+operations+`]}`) }
	r.wantDoctor(t, "as deployed", "RestApi.", keptOf)
	patch(`{"op": "replace", "path": "/endpointConfiguration/types/0", "value": "PRIVATE"}, {"op": "add", "path": "/endpointConfiguration/vpcEndpointIds", "value": "vpce-1"},
		{"op": "replace", "path": "/policy", "value": "{\"Statement\": []}"}, {"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}`)
	r.wantDoctor(t, "made private", "RestApi.", keptOf,
		"c1/dev: RestApi.endpointConfiguration.types PRIVATE: the stage serves REGIONAL, as it was last deployed",
		"c1/dev: RestApi.endpointConfiguration.vpcEndpointIds vpce-1: the stage was last deployed without one",
		"c1/dev: RestApi.disableExecuteApiEndpoint true: the stage was last deployed without one",
		"c1/dev: RestApi.policy: the stage serves the policy that it was last deployed with")
	r.ok(t, "POST", "/restapis/c1/deployments", `{"stageName": "dev"}`)
	r.wantDoctor(t, "deployed", "RestApi.", keptOf)
}

// Settings of handshakes do nothing where no listener has any, and those that want TLS let
// nobody in.
func TestDoctorListsWhatWantsTLS(t *testing.T) {
	r := newCompatRig(t)
	r.attempt(t, "UpdateRestApi")
	const strict = `"securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09", "endpointAccessMode": "STRICT"`
	r.ok(t, "POST", "/domainnames", `{"domainName": "plain.example.com", `+regionalBody+`}`)
	r.ok(t, "POST", "/domainnames", `{"domainName": "strict.example.com", `+regionalBody+`, `+strict+`}`)
	r.ok(t, "PATCH", "/restapis/c1", `{"patchOperations": [{"op": "replace", "path": "/securityPolicy", "value": "SecurityPolicy_TLS13_1_3_2025_09"}, {"op": "replace", "path": "/endpointAccessMode", "value": "STRICT"}]}`)
	r.ok(t, "POST", "/restapis/c1/deployments", `{"stageName": "dev"}`)
	const at = "account 000000000000 in us-east-1: strict.example.com: "
	r.wantDoctor(t, "the domain names", "DomainName.securityPolicy", keptOf, at+"DomainName.securityPolicy SecurityPolicy_TLS13_1_3_2025_09: no listener for stages speaks TLS")
	r.wantDoctor(t, "the domain names", "DomainName.", closedOf, at+"DomainName.endpointAccessMode STRICT: it protects, and no listener for stages speaks TLS")
	r.wantDoctor(t, "the stage", "RestApi.securityPolicy", keptOf, "c1/dev: RestApi.securityPolicy SecurityPolicy_TLS13_1_3_2025_09: no listener for stages speaks TLS")
	r.wantDoctor(t, "the stage", "RestApi.", closedOf, "c1/dev: RestApi.endpointAccessMode STRICT: it protects, and no listener for stages speaks TLS")

	row, err := json.Marshal(&snapshot.DomainName{Name: "mutual.example.com", SecurityPolicy: "TLS_1_2", Truststore: "PEM"})
	if err != nil {
		t.Fatal(err)
	}
	var mutual report
	mutual.withoutTLS([]store.Served{{Kind: snapshot.ServedDomainName, Data: row}}, nil)
	if len(mutual.Closed) != 1 || mutual.Closed[0].Setting != "DomainName.mutualTlsAuthentication" || mutual.Kept != nil {
		t.Errorf("of mutual TLS: %+v", mutual)
	}
}
