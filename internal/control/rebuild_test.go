package control_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/feed"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A published deployment of an older format is built again from what it froze,
// which the API may differ from by then; one of a newer format is refused.
func TestDeploymentOfOtherFormats(t *testing.T) {
	s := newOwned(t)
	source := feed.Deployments{Store: s.store, Rebuild: control.Rebuilder(s.store)}
	api := must(s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop"}))(t)
	addMock(t, s.Service, api)
	must(s.PutGatewayResponse(ctx(), who, &wire.PutGatewayResponseRequest{RestAPIID: *api.ID, ResponseType: "DEFAULT_4XX", StatusCode: new("418")}))(t)
	made := must(s.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: *api.ID}))(t)
	want := must(source.Deployment(ctx(), *api.ID, *made.ID))(t)
	must(s.DeleteGatewayResponse(ctx(), who, &wire.DeleteGatewayResponseRequest{RestAPIID: *api.ID, ResponseType: "DEFAULT_4XX"}))(t)

	id := snapshot.ServedID(*api.ID, *made.ID)
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		row  string
		fits func(error) bool
	}{
		"current":                          {string(data), nil},
		"older":                            {`{"format":0,"id":"` + *made.ID + `","resources":[]}`, nil},
		"older, of another shape":          {`{"format":0,"resources":{"/":"GET"}}`, nil},
		"from before there was a format":   {`{}`, nil},
		"newer":                            {fmt.Sprintf(`{"format":%d}`, snapshot.DeploymentFormat+1), func(err error) bool { return errors.Is(err, store.ErrNewer) }},
		"newer, of another shape":          {fmt.Sprintf(`{"format":%d,"resources":7}`, snapshot.DeploymentFormat+1), func(err error) bool { return errors.Is(err, store.ErrNewer) }},
		"broken":                           {`{"format":`, func(err error) bool { return err != nil }},
		"current format, of another shape": {fmt.Sprintf(`{"format":%d,"resources":7}`, snapshot.DeploymentFormat), func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.store.Write(ctx(), store.Scope{}, func(tx *store.Tx) error {
				return tx.Publish(store.Served{Kind: snapshot.ServedDeployment, ID: id, Data: []byte(tt.row)})
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := source.Deployment(ctx(), *api.ID, *made.ID)
			if tt.fits != nil {
				if !tt.fits(err) {
					t.Errorf("got %v, %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			form, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(data), string(form)); d != "" {
				t.Error("-want +got", d)
			}
		})
	}
	if _, err := source.Deployment(ctx(), *api.ID, "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no deployment: %v", err)
	}
}

// What an older version has published of any kind is made again of what is stored.
func TestRowsAreMadeAgain(t *testing.T) {
	s := newOwned(t)
	api := must(s.CreateRestAPI(ctx(), who, &wire.CreateRestAPIRequest{Name: "shop"}))(t)
	addMock(t, s.Service, api)
	must(s.CreateDeployment(ctx(), who, &wire.CreateDeploymentRequest{RestAPIID: *api.ID, StageName: new("prod"), Variables: map[string]string{"a": "b"}}))(t)
	must(s.CreateVPCLink(ctx(), who, &wire.CreateVPCLinkRequest{Name: "link", TargetARNs: []string{"arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/a/1"}}))(t)
	must(s.GenerateClientCertificate(ctx(), who, &wire.GenerateClientCertificateRequest{}))(t)
	must(s.UpdateAccount(ctx(), who, &wire.UpdateAccountRequest{PatchOperations: []wire.PatchOperation{
		{Op: new("replace"), Path: new("/cloudwatchRoleArn"), Value: new("arn:aws:iam::000000000000:role/logs")}}}))(t)
	rebuild, kinds := control.Rebuilder(s.store), make(map[string]bool)
	for _, row := range s.changes(t, 0) {
		kinds[row.Kind] = true
		again, err := rebuild(ctx(), row.Kind, row.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(row.Data), string(again)); d != "" {
			t.Errorf("%s %s: -published +made again %s", row.Kind, row.ID, d)
		}
		if _, err := rebuild(ctx(), row.Kind, row.ID+"x"); !errors.Is(err, store.ErrNotFound) && row.Kind != snapshot.ServedAccount {
			t.Errorf("%s that there is not: %v", row.Kind, err)
		}
	}
	if len(kinds) != 5 {
		t.Errorf("published were %v", kinds)
	}
	if _, err := rebuild(ctx(), "usageplan", "a"); err == nil {
		t.Error("a row of an unknown kind was made")
	}
}
