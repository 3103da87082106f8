// Package records keeps what the neighbouring services are told: documents of JSON in
// the server's store, of kinds of their own.
package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/docform"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Records are those of a server. They are safe for concurrent use, and durable when a
// Write has returned. While a shared database does not answer, their errors are those of
// status 503 that clients try again for.
type Records struct {
	store   *store.Store
	applied func(ctx context.Context, of store.Scope, rev store.Revision) error
	may     func() error
}

// Options are the parts of Records.
type Options struct {
	Store *store.Store

	// Applied waits until all that a write of a scope has published up to a revision is
	// served; nil does not wait.
	Applied func(ctx context.Context, of store.Scope, rev store.Revision) error

	// May returns why this process must not write now; nil is that it always may.
	May func() error
}

// New makes the records of a store.
func New(o Options) *Records {
	if o.Applied == nil {
		o.Applied = func(context.Context, store.Scope, store.Revision) error { return nil }
	}
	if o.May == nil {
		o.May = func() error { return nil }
	}
	return &Records{o.Store, o.Applied, o.May}
}

// said is what clients are told of an error of the store.
func said(err error) error {
	switch {
	case errors.Is(err, store.ErrUnknown):
		return fmt.Errorf("%w: %w", wire.ServiceUnavailable("The database does not answer, and it is not known whether the request was done"), err)
	case errors.Is(err, store.ErrUnavailable):
		return fmt.Errorf("%w: %w", wire.ServiceUnavailable("The database does not answer, and nothing was done"), err)
	}
	return err
}

// A Tx is one transaction on the records of an account in a region, see store.Tx.
type Tx struct {
	*store.Tx
	account, region string
}

// In is the same transaction on another account's records. Where what a service keeps
// is in no region, region is "".
func (t *Tx) In(account, region string) *Tx { return &Tx{t.Tx, account, region} }

// Read calls fn with one snapshot of the records of an account in a region.
func (r *Records) Read(ctx context.Context, account, region string, fn func(*Tx) error) error {
	return said(r.store.Read(ctx, func(tx *store.Tx) error { return fn(&Tx{tx, account, region}) }))
}

// Write calls fn in a transaction and returns when what it did is durable, and served where
// it has published something, or undone. fn may run more than once, and must be quick; see
// store.Write.
func (r *Records) Write(ctx context.Context, account, region string, fn func(*Tx) error) error {
	if err := r.may(); err != nil {
		return fmt.Errorf("%w: %w", wire.ServiceUnavailable("This node was cut off from the database, or stopped, and has not read yet what was done meanwhile"), err)
	}
	scope := store.Scope{Account: account, Region: region}
	rev, err := r.store.Write(ctx, scope, func(tx *store.Tx) error { return fn(&Tx{tx, account, region}) })
	if err != nil || rev == 0 {
		return said(err)
	}
	return r.applied(ctx, scope, rev)
}

// Served returns what records publish of a kind, by its ids.
func (r *Records) Served(ctx context.Context, kind string) (map[string][]byte, error) {
	rows, _, err := r.store.AllServed(ctx, snapshot.ServedDeployment, snapshot.ServedDomainCertificate)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]byte)
	for _, row := range rows {
		if row.Kind == kind {
			out[row.ID] = row.Data
		}
	}
	return out, nil
}

// Publish makes v what the data plane is told of a thing: a kind and id of package
// snapshot. Retract takes it back.
func (t *Tx) Publish(kind, id string, v any) error {
	data, err := snapshot.Encode(kind, v)
	if err != nil {
		return fmt.Errorf("publish %s %s: %w", kind, id, err)
	}
	return t.Tx.Publish(store.Served{Kind: kind, ID: id, Data: data})
}

// ID joins the parts of an id, so that what belongs to a thing has ids that begin with
// its own: Prefix(group) begins those of its streams, ID(group, stream). No part may
// contain a NUL.
func ID(parts ...string) string { return strings.Join(parts, "\x00") }

// Prefix begins the ids of what belongs to a thing.
func Prefix(parts ...string) string { return ID(parts...) + "\x00" }

// A Kind is one sort of records, of which T is the JSON.
type Kind[T any] struct {
	Name     string // as keys have it: it stays as it is once there are records
	Upgrades docform.Upgrades
}

func (k Kind[T]) key(t *Tx, id string) store.Key {
	return store.Key{Account: t.account, Region: t.region, Kind: k.Name, ID: id}
}

// Get returns the record of an id, nil where there is none.
func (k Kind[T]) Get(t *Tx, id string) (*T, error) {
	doc, err := t.Tx.Get(k.key(t, id))
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrTooLarge) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := new(T)
	return out, k.Upgrades.Decode(k.Name, id, doc, out)
}

// Put writes a record, whether or not there is one.
func (k Kind[T]) Put(t *Tx, id string, record *T) error {
	doc, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", k.Name, id, err)
	}
	if err := note(t, k.Name); err != nil {
		return err
	}
	return t.Tx.Put(k.key(t, id), k.Upgrades.Stamp(doc))
}

// Delete removes a record; that there is none is no error.
func (k Kind[T]) Delete(t *Tx, id string) error {
	err := t.Tx.Delete(k.key(t, id))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// DeletePrefix removes all records whose ids begin so.
func (k Kind[T]) DeletePrefix(t *Tx, prefix string) error {
	return t.Tx.DeletePrefix(t.account, t.region, k.Name, "", prefix)
}

// Count returns how many records have ids that begin with prefix.
func (k Kind[T]) Count(t *Tx, prefix string) (int, error) {
	ids, err := k.IDs(t, prefix)
	return len(ids), err
}

// An Item is a record of a list.
type Item[T any] struct {
	ID     string
	Record *T
}

// List returns the records whose ids begin with prefix and lie behind after, in order
// of their ids, limit of them at most (0 for all). more says that there are others.
func (k Kind[T]) List(t *Tx, prefix, after string, limit int) (items []Item[T], more bool, err error) {
	from := prefix
	if after != "" {
		from = max(from, after+"\x00")
	}
	rows, err := t.ListRange(t.account, t.region, k.Name, "", from, prefix+"\xff", store.Limit{Rows: limit + min(1, limit)})
	if err != nil {
		return nil, false, err
	}
	if more = limit > 0 && len(rows) > limit; more {
		rows = rows[:limit]
	}
	items = make([]Item[T], len(rows))
	for i, row := range rows {
		items[i] = Item[T]{row.ID, new(T)}
		if err := k.Upgrades.Decode(k.Name, row.ID, row.Doc, items[i].Record); err != nil {
			return nil, false, err
		}
	}
	return items, more, nil
}

// IDs returns the ids that begin with prefix, in their order, without reading the
// records.
func (k Kind[T]) IDs(t *Tx, prefix string) ([]string, error) {
	return t.ListIDs(t.account, t.region, k.Name, "", prefix)
}

// First is the first part of an id.
func First(id string) string {
	first, _, _ := strings.Cut(id, "\x00")
	return first
}

// Last is the last part of an id.
func Last(id string) string { return id[strings.LastIndexByte(id, 0)+1:] }
