package control

import (
	"encoding/json"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// What the data plane serves is published in the transaction that changes it.
// The id of an API's served row is the API's id, "/", and the row's own; that
// of an account is the account, "/", and the region.
const (
	ServedDeployment = "deployment" // a snapshot.Deployment
	ServedStage      = "stage"      // a snapshot.Stage
	ServedAccount    = "account"    // a snapshot.Account

	// The ids of these are made by snapshot.OfAccount.
	ServedVPCLink           = "vpclink"           // a snapshot.VPCLink
	ServedClientCertificate = "clientcertificate" // a snapshot.ClientCertificate
)

// ServedID is the id of an API's, or of an account's, served row.
func ServedID(of, id string) string { return of + "/" + id }

func (t *tx) publish(kind, id string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tooLarge(kind, t.Publish(store.Served{Kind: kind, ID: id, Data: data}))
}

func (t *tx) publishDeployment(d *wire.Deployment, src *source) error {
	return t.publish(ServedDeployment, ServedID(t.api, *d.ID), t.freeze(d, src))
}

func (t *tx) publishStage(st *stage) error {
	return t.publish(ServedStage, ServedID(t.api, *st.StageName), &snapshot.Stage{
		APIID: t.api, Name: *st.StageName, Account: t.who.Account, Region: t.who.Region, DeploymentID: *st.DeploymentID,
		Variables: st.Variables, ClientCertificateID: text(st.ClientCertificateID), MethodSettings: freezeMethodSettings(st),
		AccessLog: freezeAccessLog(st),
	})
}

func (t *tx) publishAccount(a *wire.Account) error {
	return t.publish(ServedAccount, ServedID(t.who.Account, t.who.Region), &snapshot.Account{
		Account: t.who.Account, Region: t.who.Region, CloudWatchRoleARN: text(a.CloudwatchRoleARN),
	})
}

// retractAPI takes all of the API out of service: its stages first, so that
// nobody looks for a deployment that is gone.
func (t *tx) retractAPI() error {
	for _, served := range []struct {
		kind kind
		name string
	}{{kindStage, ServedStage}, {kindDeployment, ServedDeployment}} {
		ids, err := t.ids(served.kind, "")
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.Retract(served.name, ServedID(t.api, id)); err != nil {
				return err
			}
		}
	}
	return nil
}

// freezeAccessLog is a stage's access log once it has both of its settings.
func freezeAccessLog(st *stage) *snapshot.AccessLog {
	l := st.AccessLogSettings
	if l == nil || text(l.DestinationARN) == "" || text(l.Format) == "" {
		return nil
	}
	return &snapshot.AccessLog{DestinationARN: *l.DestinationARN, Format: *l.Format}
}
