package control_test

import (
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// The endpoints of domain names and APIs move from type to type as AWS documents it: each
// case is calls of an Update operation, of which the last is refused, or none.
func TestEndpointMoves(t *testing.T) {
	const (
		enhanced = "SecurityPolicy_TLS13_1_3_2025_09"
		edge     = "SecurityPolicy_TLS13_2025_EDGE"
		strict   = "Cannot change the endpoint type while the endpoint access mode is STRICT. Change the endpoint access mode to BASIC first"
	)
	set := func(path, value string) [3]string { return [3]string{"replace", path, value} }
	policy := func(name, mode string) [][3]string {
		return [][3]string{set("/securityPolicy", name), set("/endpointAccessMode", mode)}
	}
	addRegional := [][3]string{{"add", endpointTypes, "REGIONAL"}, {"add", "/regionalCertificateArn", acm + "r"}}
	becomeRegional := [][3]string{set(endpointTypes+"/0", "REGIONAL"), set("/regionalCertificateArn", acm+"r")}
	dropEdge := [][3]string{{"remove", endpointTypes, "EDGE"}}
	join := func(parts ...[][3]string) (all [][3]string) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	domains := map[string]struct {
		calls   [][][3]string
		refused string
	}{
		"there and back":                           {[][][3]string{addRegional, dropEdge}, ""},
		"with a new policy, as documented":         {[][][3]string{policy(edge, "BASIC"), join(addRegional, [][3]string{set("/securityPolicy", enhanced)}), dropEdge}, ""},
		"strict":                                   {[][][3]string{policy(edge, "STRICT"), addRegional}, strict},
		"strict, by another path":                  {[][][3]string{policy(edge, "STRICT"), join(becomeRegional, policy(enhanced, "STRICT"))}, strict},
		"strict, and basic in the same call":       {[][][3]string{policy(edge, "STRICT"), join(addRegional, policy(enhanced, "BASIC"))}, strict},
		"strict, and basic before":                 {[][][3]string{policy(edge, "STRICT"), policy(edge, "BASIC"), addRegional}, ""},
		"added as strict":                          {[][][3]string{join(addRegional, policy(enhanced, "STRICT"))}, "An endpoint type can only be added while the endpoint access mode is BASIC"},
		"of two types, strict":                     {[][][3]string{policy(edge, "BASIC"), addRegional, policy(edge, "STRICT")}, "Cannot change the endpoint access mode of a domain name with multiple endpoint types"},
		"of two types, another policy":             {[][][3]string{addRegional, {set("/securityPolicy", "TLS_1_0")}}, "Cannot update the security policy of a domain name with multiple endpoint types"},
		"of two types, the same policy":            {[][][3]string{addRegional, {set("/securityPolicy", "TLS_1_2")}}, ""},
		"of two types, another policy for one":     {[][][3]string{policy(edge, "BASIC"), addRegional, join(dropEdge, [][3]string{set("/securityPolicy", enhanced)})}, ""},
		"of two types, one gone and a policy left": {[][][3]string{policy(edge, "BASIC"), addRegional, dropEdge}, "Security policy " + edge + " is not supported for the endpoint type REGIONAL"},
	}
	apis := map[string]struct {
		calls   [][][3]string
		refused string
	}{
		"strict":                          {[][][3]string{policy(edge, "STRICT"), {set(endpointTypes+"/0", "REGIONAL")}}, strict},
		"newer policy":                    {[][][3]string{policy(edge, "BASIC"), {set(endpointTypes+"/0", "REGIONAL")}}, "Unable to update EndpointType. SecurityPolicy is required for EndpointType update."},
		"newer policy, and its successor": {[][][3]string{policy(edge, "BASIC"), {set(endpointTypes+"/0", "REGIONAL"), set("/securityPolicy", enhanced)}}, ""},
		"older policy":                    {[][][3]string{{set("/securityPolicy", "TLS_1_2")}, {set(endpointTypes+"/0", "REGIONAL")}}, ""},
		"a policy between two older":      {[][][3]string{{set("/securityPolicy", "TLS_1_0")}, {set("/securityPolicy", "TLS_1_2")}}, "Cannot update the security policy of an API from TLS_1_0 to TLS_1_2"},
	}
	check := func(t *testing.T, calls [][][3]string, refused string, call func([][3]string) error) {
		t.Helper()
		for i, patches := range calls {
			err := call(patches)
			if last := i == len(calls)-1; last && refused != "" {
				if err == nil || err.Error() != wire.BadRequest("%s", refused).Error() {
					t.Errorf("got %v, want %s", err, refused)
				}
			} else if err != nil {
				t.Fatalf("call %d: %v", i+1, err)
			}
		}
	}
	for name, tt := range domains {
		t.Run("domain name/"+name, func(t *testing.T) {
			s := newOwned(t)
			if _, err := s.CreateDomainName(ctx(), who, &wire.CreateDomainNameRequest{DomainName: "a.example.com", CertificateARN: new(acm + "a")}); err != nil {
				t.Fatal(err)
			}
			check(t, tt.calls, tt.refused, func(patches [][3]string) error {
				_, err := s.UpdateDomainName(ctx(), who, &wire.UpdateDomainNameRequest{DomainName: "a.example.com", PatchOperations: ops(patches...)})
				return err
			})
		})
	}
	for name, tt := range apis {
		t.Run("API/"+name, func(t *testing.T) {
			s := newOwned(t)
			api, err := s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "a"})
			if err != nil {
				t.Fatal(err)
			}
			check(t, tt.calls, tt.refused, func(patches [][3]string) error {
				_, err := s.UpdateRestAPI(ctx(), who, &wire.UpdateRestAPIRequest{RestAPIID: *api.ID, PatchOperations: ops(patches...)})
				return err
			})
		})
	}
}
