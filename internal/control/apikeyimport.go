package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/keyfile"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// ImportAPIKeys makes the keys of a file and puts them into usage plans. A key
// whose value there is already is changed into that of the file; it stays in the
// plans that it is in. A record that cannot be a key is left out with a warning, or
// makes the whole import fail, as the caller wishes; so does one of which it is not
// clear whether its key is enabled, which is disabled then.
func (s *Service) ImportAPIKeys(ctx context.Context, who *wire.Caller, in *wire.ImportAPIKeysRequest) (*wire.APIKeyIDs, error) {
	records, err := keyfile.Parse(in.Body)
	if err != nil {
		return nil, err
	}
	return writeBriefly(ctx, s, who, "", func(t *tx) (*wire.APIKeyIDs, error) {
		im := keyImport{tx: t, plans: make(map[string]*wire.UsagePlan)}
		if err := im.countKeys(); err != nil {
			return nil, err
		}
		out := &wire.APIKeyIDs{IDs: []string{}}
		seen := make(map[string]bool)
		warnings := []string{}
		for i := range records {
			id, err := im.add(&records[i])
			if refusal, ok := errors.AsType[*wire.Error](err); ok && refusal.Status != http.StatusTooManyRequests {
				warnings = append(warnings, fmt.Sprintf("Skipped invalid record: %d. %s", i+1, refusal.Message))
				continue
			}
			if err != nil {
				return nil, err
			}
			if records[i].Unclear {
				warnings = append(warnings, fmt.Sprintf("Record %d: 'enabled' is neither true nor false. The API Key is disabled", i+1))
			}
			if !seen[id] {
				seen[id], out.IDs = true, append(out.IDs, id)
			}
		}
		out.Warnings = boundWarnings(warnings)
		if isTrue(in.FailOnWarnings) && len(warnings) > 0 {
			return nil, wire.BadRequest("%s", openapi.FailOnWarnings(out.Warnings).Error())
		}
		return out, nil
	})
}

// A keyImport puts the keys of a file into the store.
type keyImport struct {
	*tx
	plans map[string]*wire.UsagePlan // that were read
	keys  int                        // how many the account has, where they are bounded
}

func (im *keyImport) countKeys() error {
	if im.svc.limits.APIKeys <= 0 {
		return nil
	}
	ids, err := im.ids(kindAPIKey, "")
	im.keys = len(ids)
	return err
}

// add makes or changes the key of one record, and returns its id. It writes
// nothing before it knows that the record is good.
func (im *keyImport) add(r *keyfile.Record) (string, error) {
	k, isNew, err := im.keyOf(r)
	if err != nil {
		return "", err
	}
	added, err := im.newPlans(r, *k.ID, isNew)
	if err != nil {
		return "", err
	}
	if !isNew {
		err = im.changeAPIKey(k)
	} else if im.keys++; over(im.keys, im.svc.limits.APIKeys) {
		err = errQuota("API Keys", "")
	} else {
		err = im.insertAPIKey(k)
	}
	if err != nil {
		return "", err
	}
	for _, p := range added {
		if err := im.insertPlanKey(*p.ID, *k.ID); err != nil {
			return "", err
		}
	}
	return *k.ID, nil
}

// keyOf is the key of a record: the one that has the value already, or a new one.
func (im *keyImport) keyOf(r *keyfile.Record) (k *wire.APIKey, isNew bool, err error) {
	at, err := load[entry](im.tx, kindAPIKeyValue, keyValueHash(r.Value), nil)
	if err != nil {
		return nil, false, err
	}
	if at == nil {
		k, isNew = &wire.APIKey{ID: new(newID(apiIDLength)), Value: &r.Value, StageKeys: []string{}}, true
	} else if k, err = im.apiKey(at.ID); err != nil {
		return nil, false, err
	}
	k.Name, k.Description, k.Enabled = given(&r.Name), given(&r.Description), &r.Enabled
	if err := checkKeyValue(r.Value); err != nil {
		return nil, false, err
	}
	if err := checkAPIKey(k); err != nil {
		return nil, false, err
	}
	return k, isNew, checkSizes(k)
}

// newPlans reads the plans of a record into which the key is to come. One that is new
// is in none: looking would make the import wait for everybody who puts a key into a
// plan.
func (im *keyImport) newPlans(r *keyfile.Record, key string, isNew bool) (added []*wire.UsagePlan, err error) {
	if len(r.Plans) > keyfile.MaxPlans {
		return nil, wire.BadRequest("An API Key cannot be put into more than %d Usage Plans at once", keyfile.MaxPlans)
	}
	if len(r.Plans) == 0 {
		return nil, nil
	}
	var plans []*wire.UsagePlan
	if !isNew {
		if plans, err = im.plansWith(key); err != nil {
			return nil, err
		}
	}
	had := len(plans)
	for _, id := range r.Plans {
		if slices.ContainsFunc(plans, func(p *wire.UsagePlan) bool { return *p.ID == id }) {
			continue
		}
		if im.plans[id] == nil {
			if im.plans[id], err = im.usagePlan(id); err != nil {
				delete(im.plans, id)
				return nil, err
			}
		}
		if err := im.checkPlanAmong(plans, im.plans[id], key); err != nil {
			return nil, err
		}
		plans = append(plans, im.plans[id])
	}
	return plans[had:], nil
}
