package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/gateway"
	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// together are the rows that are applied together, behind the others.
type together struct {
	stages    []gateway.Change
	planKeys  []usageplan.PlanKey
	functions []string // ARNs
	domains   gateway.DomainChanges
}

// apply hands on what one row says, or puts it to those that are applied together.
// An error is of a row that cannot be served; what it is about is closed then.
func (f *Feed) apply(ctx context.Context, c store.Served, later *together) error {
	switch c.Kind {
	case snapshot.ServedStage:
		change, err := f.stageChange(ctx, c)
		later.stages = append(later.stages, change)
		return err
	case snapshot.ServedVPCLink:
		link, err := read(ctx, c, f.rebuild, func(l *snapshot.VPCLink) string { return snapshot.OfAccount(l.Account, l.Region, l.ID) })
		f.backends.SetVPCLink(c.ID, link)
		return err
	case snapshot.ServedClientCertificate:
		cert, err := read(ctx, c, f.rebuild, func(cert *snapshot.ClientCertificate) string {
			return snapshot.OfAccount(cert.Account, cert.Region, cert.ID)
		})
		return errors.Join(err, f.backends.SetClientCertificate(c.ID, cert))
	case snapshot.ServedAccount, snapshot.ServedDeployment, snapshot.ServedDomainCertificate: // the first has no effect; the others are read when somebody needs them
		return nil
	case snapshot.ServedAPIKey:
		key, err := read(ctx, c, f.rebuild, func(k *snapshot.APIKey) string { return snapshot.OfAccount(k.Account, k.Region, k.ID) })
		return errors.Join(err, f.plans.SetKey(c.ID, key))
	case snapshot.ServedUsagePlan:
		plan, err := read(ctx, c, f.rebuild, func(p *snapshot.UsagePlan) string { return snapshot.OfAccount(p.Account, p.Region, p.ID) })
		return errors.Join(err, f.plans.SetPlan(c.ID, plan))
	case snapshot.ServedUsagePlanKey:
		key, err := read(ctx, c, f.rebuild, func(k *snapshot.UsagePlanKey) string {
			return snapshot.OfAccount(k.Account, k.Region, snapshot.PlanKeyID(k.PlanID, k.KeyID))
		})
		later.planKeys = append(later.planKeys, usageplan.PlanKey{Served: c.ID, Gone: key == nil})
		return err
	}
	if c.Kind == snapshot.ServedFunction {
		if f.functions != nil {
			later.functions = append(later.functions, c.ID)
		}
		return nil
	}
	if known, err := f.applyRecord(ctx, c); known {
		return err
	}
	return f.applyDomain(ctx, c, later)
}

// applyRecord is apply of the rows of what the services beside API Gateway keep. known is
// false for others.
func (f *Feed) applyRecord(ctx context.Context, c store.Served) (known bool, err error) {
	switch c.Kind {
	case snapshot.ServedRole:
		role, err := read(ctx, c, f.rebuild, func(r *snapshot.Role) string { return r.ARN })
		f.callers.SetRole(c.ID, role)
		return true, err
	case snapshot.ServedManagedPolicy:
		p, err := read(ctx, c, f.rebuild, func(p *snapshot.ManagedPolicy) string { return p.ARN })
		f.callers.SetManagedPolicy(c.ID, p)
		return true, err
	case snapshot.ServedCertificate:
		cert, err := read(ctx, c, f.rebuild, func(cert *snapshot.Certificate) string { return cert.ARN })
		if f.certificates != nil {
			f.certificates.Set(c.ID, cert)
		}
		return true, err
	}
	return f.applyIssued(ctx, c)
}

// applyIssued is applyRecord of the rows of ACME authorities.
func (f *Feed) applyIssued(ctx context.Context, c store.Served) (known bool, err error) {
	switch c.Kind {
	case snapshot.ServedIssued:
		cert, err := read(ctx, c, f.rebuild, func(cert *snapshot.Issued) string { return cert.Name })
		if f.issued != nil {
			f.issued.SetIssued(c.ID, cert)
		}
		return true, err
	case snapshot.ServedChallenge:
		challenge, err := read(ctx, c, f.rebuild, func(ch *snapshot.Challenge) string { return ch.Key })
		if f.issued != nil {
			err = errors.Join(err, f.issued.SetChallenge(c.ID, challenge))
		}
		return true, err
	}
	return false, nil
}

// applyDomain is apply of the rows of custom domain names, and of none that is not
// known.
func (f *Feed) applyDomain(ctx context.Context, c store.Served, later *together) error {
	switch c.Kind {
	case snapshot.ServedDomainName:
		d, err := read(ctx, c, f.rebuild, func(d *snapshot.DomainName) string { return snapshot.OfAccount(d.Account, d.Region, d.Key()) })
		later.domains.Names = append(later.domains.Names, gateway.DomainChange{ID: c.ID, Domain: d, Err: err})
		return err
	case snapshot.ServedBasePathMapping:
		m, err := read(ctx, c, f.rebuild, func(m *snapshot.BasePathMapping) string {
			return snapshot.OfAccount(m.Account, m.Region, snapshot.MappingID(m.Domain, m.BasePath))
		})
		later.domains.Mappings = append(later.domains.Mappings, gateway.MappingChange{ID: c.ID, Mapping: m, Err: err})
		return err
	case snapshot.ServedAccessAssociation:
		a, err := read(ctx, c, f.rebuild, func(a *snapshot.AccessAssociation) string {
			return snapshot.OfAccount(a.Account, a.Region, snapshot.AssociationID(a.Domain, a.VPCEndpoint))
		})
		later.domains.Associations = append(later.domains.Associations, gateway.AssociationChange{ID: c.ID, Association: a})
		return err
	case snapshot.ServedRoutingRule:
		r, err := read(ctx, c, f.rebuild, func(r *snapshot.RoutingRule) string {
			return snapshot.OfAccount(r.Account, r.Region, snapshot.RoutingRuleID(r.Domain, r.ID))
		})
		later.domains.Rules = append(later.domains.Rules, gateway.RuleChange{ID: c.ID, Rule: r, Err: err})
		return err
	}
	return errors.New("this kind of row is not known")
}

// stageChange is what a stage's row says, or that nobody knows.
func (f *Feed) stageChange(ctx context.Context, c store.Served) (gateway.Change, error) {
	api, name, _ := strings.Cut(c.ID, "/")
	st, err := Stage(ctx, c, f.rebuild)
	return gateway.Change{APIID: api, Name: name, Stage: st, Err: err}, err
}

// A Rebuild makes a row again that an older version of this program has published,
// of what the control plane has: it returns the row's data in the current form.
// What is not there is store.ErrNotFound. Where nobody can make rows again, it is
// nil, and such a row is an error.
type Rebuild func(ctx context.Context, kind, id string) ([]byte, error)

// Stage reads the row of a stage, nil where that is gone. Its errors are those of
// Deployments.Deployment.
func Stage(ctx context.Context, c store.Served, rebuild Rebuild) (*snapshot.Stage, error) {
	return read(ctx, c, rebuild, func(st *snapshot.Stage) string { return snapshot.ServedID(st.APIID, st.Name) })
}

// read reads what a row says, nil where that is gone or cannot be read. What it
// says must be of what the row's id names: else one could stand for another.
func read[T any](ctx context.Context, c store.Served, rebuild Rebuild, id func(*T) string) (*T, error) {
	if c.Deleted {
		return nil, nil
	}
	data, err := current(ctx, c, rebuild)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := decode(data, v); err != nil {
		return nil, err
	}
	if got := id(v); got != c.ID {
		return nil, fmt.Errorf("it is that of %q", got)
	}
	return v, nil
}

// decode is json.Unmarshal into a new value, which takes most of a start with many API
// keys, and a tenth of that where the row is spelt as snapshot.Encode spells it.
func decode(data []byte, v any) error {
	switch v := v.(type) {
	case *snapshot.APIKey:
		if scanKey(data, v) {
			return nil
		}
		*v = snapshot.APIKey{}
	case *snapshot.UsagePlanKey:
		if scanPlanKey(data, v) {
			return nil
		}
		*v = snapshot.UsagePlanKey{}
	}
	return json.Unmarshal(data, v)
}

func scanKey(data []byte, k *snapshot.APIKey) bool {
	return jsontext.Scan(data, `{"id":`, &k.ID, `,"account":`, &k.Account, `,"region":`, &k.Region, `,"value":`, &k.Value, `,"enabled":`, &k.Enabled, `}`)
}

func scanPlanKey(data []byte, k *snapshot.UsagePlanKey) bool {
	return jsontext.Scan(data, `{"account":`, &k.Account, `,"region":`, &k.Region, `,"planId":`, &k.PlanID, `,"keyId":`, &k.KeyID, `}`)
}

// current returns what a row says in the current form of its kind. A form that
// this version does not know is refused and not read: what it says may protect
// what this version would leave open.
func current(ctx context.Context, c store.Served, rebuild Rebuild) ([]byte, error) {
	format, err := snapshot.FormatOf(c.Kind, c.Data)
	if err != nil {
		return nil, err
	}
	switch known := snapshot.Format(c.Kind); {
	case format > known:
		return nil, fmt.Errorf("it has format %d, of which this version knows %d: %w", format, known, store.ErrNewer)
	case format == known:
		return c.Data, nil
	case rebuild == nil:
		return nil, fmt.Errorf("it has format %d, which is not known any more", format)
	}
	return rebuild(ctx, c.Kind, c.ID)
}

// Deployments reads published deployments; it is a gateway.Source.
type Deployments struct {
	// Store finds a row by its kind and id; *store.Store is one.
	Store interface {
		Served(ctx context.Context, kind, id string) (store.Served, error)
	}

	Rebuild Rebuild // of deployments that an older version has published; may be nil
}

// Deployment implements gateway.Source. One that there is not is store.ErrNotFound,
// and one that a newer version of this program has published store.ErrNewer.
func (ds Deployments) Deployment(ctx context.Context, api, id string) (*snapshot.Deployment, error) {
	row, err := ds.Store.Served(ctx, snapshot.ServedDeployment, snapshot.ServedID(api, id))
	if err != nil {
		return nil, err
	}
	d, err := read(ctx, row, ds.Rebuild, func(d *snapshot.Deployment) string { return snapshot.ServedID(d.APIID, d.ID) })
	if err != nil {
		return nil, fmt.Errorf("deployment %s of API %s: %w", id, api, err)
	}
	return d, nil
}
