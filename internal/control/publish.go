package control

import (
	"encoding/json"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What the data plane serves is published in the transaction that changes it.
// The id of a served row is the API's id, "/", and the row's own.
const (
	ServedDeployment = "deployment" // a snapshot.Deployment
	ServedStage      = "stage"      // a snapshot.Stage
)

// ServedID is the id of an API's served row.
func ServedID(api, id string) string { return api + "/" + id }

func (t *tx) publish(kind, id string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return t.Publish(store.Served{Kind: kind, ID: id, Data: data})
}

func (t *tx) publishDeployment(api string, d *wire.Deployment, src *source) error {
	return t.publish(ServedDeployment, ServedID(api, *d.ID), t.freeze(api, d, src))
}

func (t *tx) publishStage(api string, st *wire.Stage) error {
	return t.publish(ServedStage, ServedID(api, *st.StageName), &snapshot.Stage{
		APIID: api, Name: *st.StageName, Account: t.who.Account, Region: t.who.Region, DeploymentID: *st.DeploymentID,
		Variables: st.Variables, ClientCertificateID: text(st.ClientCertificateID),
	})
}

func (t *tx) retractStage(api, name string) error {
	return t.Retract(ServedStage, ServedID(api, name))
}

// retractAPI takes all of an API out of service: its stages first, so that
// nobody looks for a deployment that is gone.
func (t *tx) retractAPI(api string) error {
	for _, served := range []struct {
		kind kind
		name string
	}{{kindStage, ServedStage}, {kindDeployment, ServedDeployment}} {
		ids, err := t.ids(served.kind, api, "")
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.Retract(served.name, ServedID(api, id)); err != nil {
				return err
			}
		}
	}
	return nil
}
