package records

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// noteKind has account, region and kind wherever there is or was a record, for Reset.
const noteKind = "neighbours"

// note notes that an account has records of a kind in a region.
func note(t *Tx, kind string) error {
	key := store.Key{Kind: noteKind, ID: t.account + "/" + t.region + "/" + kind}
	if noted, err := t.Has(key); noted || err != nil {
		return err
	}
	return t.Tx.Put(key, []byte("{}"))
}

// published are the kinds of rows that records publish.
var published = []string{snapshot.ServedRole, snapshot.ServedManagedPolicy, snapshot.ServedCertificate, snapshot.ServedFunction}

// retractAll takes back what records have published. It returns when that is served.
func (r *Records) retractAll(ctx context.Context) error {
	rows, _, err := r.store.AllServed(ctx, append([]string{snapshot.ServedDeployment, snapshot.ServedDomainCertificate}, published...)...) // without what they have
	if err != nil {
		return err
	}
	rev, err := r.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		for _, row := range rows {
			if slices.Contains(published, row.Kind) {
				if err := tx.Retract(row.Kind, row.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil || rev == 0 {
		return err
	}
	return r.applied(ctx, store.Scope{}, rev)
}

// Reset removes all records of every account.
func (r *Records) Reset(ctx context.Context) error {
	return errors.Join(r.removeAll(ctx), r.retractAll(ctx))
}

func (r *Records) removeAll(ctx context.Context) error {
	var notes []string
	err := r.store.Read(ctx, func(tx *store.Tx) (err error) {
		notes, err = tx.ListIDs("", "", noteKind, "", "")
		return err
	})
	for _, id := range notes {
		if err != nil {
			return err
		}
		account, rest, _ := strings.Cut(id, "/")
		region, kind, _ := strings.Cut(rest, "/")
		_, err = r.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
			if err := tx.DeleteChildren(account, region, kind, ""); err != nil {
				return err
			}
			return tx.Delete(store.Key{Kind: noteKind, ID: id})
		})
	}
	return err
}

// A Place is an account in a region.
type Place struct{ Account, Region string }

// Places returns where there are, or were, records of a kind.
func (r *Records) Places(ctx context.Context, kind string) (places []Place, err error) {
	err = r.store.Read(ctx, func(tx *store.Tx) error {
		notes, err := tx.ListIDs("", "", noteKind, "", "")
		for _, id := range notes {
			account, rest, _ := strings.Cut(id, "/")
			if region, of, _ := strings.Cut(rest, "/"); of == kind {
				places = append(places, Place{account, region})
			}
		}
		return err
	})
	return places, err
}
