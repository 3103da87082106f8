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
		"newer":                            {fmt.Sprintf(`{"format":%d}`, snapshot.Format+1), func(err error) bool { return errors.Is(err, store.ErrNewer) }},
		"newer, of another shape":          {fmt.Sprintf(`{"format":%d,"resources":7}`, snapshot.Format+1), func(err error) bool { return errors.Is(err, store.ErrNewer) }},
		"broken":                           {`{"format":`, func(err error) bool { return err != nil }},
		"current format, of another shape": {fmt.Sprintf(`{"format":%d,"resources":7}`, snapshot.Format), func(err error) bool { return err != nil }},
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
