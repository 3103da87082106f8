package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// apply hands on what one row says, or appends it to stages where it is of one.
// An error is of a row that cannot be served; what it is about is closed then.
func (f *Feed) apply(c store.Served, stages *[]gateway.Change) error {
	switch c.Kind {
	case snapshot.ServedStage:
		change, err := stageChange(c)
		*stages = append(*stages, change)
		return err
	case snapshot.ServedVPCLink:
		link, err := read(c, func(l *snapshot.VPCLink) string { return snapshot.OfAccount(l.Account, l.Region, l.ID) })
		f.backends.SetVPCLink(c.ID, link)
		return err
	case snapshot.ServedClientCertificate:
		cert, err := read(c, func(cert *snapshot.ClientCertificate) string {
			return snapshot.OfAccount(cert.Account, cert.Region, cert.ID)
		})
		return errors.Join(err, f.backends.SetClientCertificate(c.ID, cert))
	case snapshot.ServedAccount, snapshot.ServedDeployment: // the former has no effect; the latter is read when a stage needs it
		return nil
	case snapshot.ServedAPIKey, snapshot.ServedUsagePlan, snapshot.ServedUsagePlanKey: // methods that require a key are closed
		return nil
	}
	return errors.New("this kind of row is not known")
}

// stageChange is what a stage's row says, or that nobody knows.
func stageChange(c store.Served) (gateway.Change, error) {
	api, name, _ := strings.Cut(c.ID, "/")
	st, err := Stage(c)
	return gateway.Change{APIID: api, Name: name, Stage: st, Err: err}, err
}

// Stage reads the row of a stage, nil where that is gone.
func Stage(c store.Served) (*snapshot.Stage, error) {
	return read(c, func(st *snapshot.Stage) string { return snapshot.ServedID(st.APIID, st.Name) })
}

// read reads what a row says, nil where that is gone or cannot be read. What it
// says must be of what the row's id names: else one could stand for another.
func read[T any](c store.Served, id func(*T) string) (*T, error) {
	if c.Deleted {
		return nil, nil
	}
	v := new(T)
	if err := json.Unmarshal(c.Data, v); err != nil {
		return nil, err
	}
	if got := id(v); got != c.ID {
		return nil, fmt.Errorf("it is that of %q", got)
	}
	return v, nil
}

// Deployments reads published deployments; it is a gateway.Source.
type Deployments struct {
	// Store finds a row by its kind and id; *store.Store is one.
	Store interface {
		Served(ctx context.Context, kind, id string) (store.Served, error)
	}

	// Rebuild makes a deployment that an older version of this program has published
	// again, of what it froze. Where nobody can, it is nil, and such a deployment is an
	// error.
	Rebuild func(ctx context.Context, api, id string) (*snapshot.Deployment, error)
}

// Deployment implements gateway.Source. One that there is not is store.ErrNotFound,
// and one that a newer version of this program has published store.ErrNewer: it may
// protect what this version would leave open.
func (ds Deployments) Deployment(ctx context.Context, api, id string) (*snapshot.Deployment, error) {
	row, err := ds.Store.Served(ctx, snapshot.ServedDeployment, snapshot.ServedID(api, id))
	if err != nil {
		return nil, err
	}
	var form struct { // which every form has, whatever became of the rest
		Format int `json:"format"`
	}
	if err := json.Unmarshal(row.Data, &form); err != nil {
		return nil, fmt.Errorf("deployment %s of API %s: %w", id, api, err)
	}
	switch {
	case form.Format > snapshot.Format:
		return nil, fmt.Errorf("deployment %s of API %s has format %d: %w", id, api, form.Format, store.ErrNewer)
	case form.Format < snapshot.Format && ds.Rebuild == nil:
		return nil, fmt.Errorf("deployment %s of API %s has format %d, which is not known any more", id, api, form.Format)
	case form.Format < snapshot.Format:
		return ds.Rebuild(ctx, api, id)
	}
	d, err := read(row, func(d *snapshot.Deployment) string { return snapshot.ServedID(d.APIID, d.ID) })
	if err != nil {
		return nil, fmt.Errorf("deployment %s of API %s: %w", id, api, err)
	}
	return d, nil
}
