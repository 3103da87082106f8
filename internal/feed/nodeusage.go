package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// NodeUsage keeps what the nodes of a system have counted in one store; it is a
// usageplan.NodeSink. Each node has documents of its own, so that what one saves twice
// counts once and no two write the same. The documents of Usage are the base: they are
// those of the server that had the store alone before, and of what somebody has set.
type NodeUsage struct {
	Usage
	Node string // has no slash
}

const (
	kindNodeUsage    = "nodeusage"    // id: a usageplan.ID, a slash and the node
	kindNodeUsageDay = "nodeusageday" // the same with the day before the node, in the form of dayForm
)

func (u NodeUsage) key(id usageplan.ID) store.Key {
	return store.Key{Kind: kindNodeUsage, ID: string(id) + "/" + u.Node}
}

// cutNode takes the node from the end of an id.
func cutNode(id string) (rest, node string) {
	i := strings.LastIndexByte(id, '/')
	return id[:max(i, 0)], id[i+1:]
}

// Load implements usageplan.Sink, with what this node has saved.
func (u NodeUsage) Load(ctx context.Context, ids []usageplan.ID, each func(usageplan.ID, usageplan.State, error)) error {
	if ids == nil {
		return u.all(ctx, kindNodeUsage, func(rows []store.Row) error {
			for _, row := range rows {
				if id, node := cutNode(row.ID); node == u.Node {
					s, err := readState(row.Doc)
					each(usageplan.ID(id), s, err)
				}
			}
			return nil
		})
	}
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = u.key(id)
	}
	var docs [][]byte
	err := u.Store.Read(ctx, func(tx *store.Tx) (err error) {
		docs, err = tx.GetMany(keys)
		return err
	})
	if err != nil {
		return err
	}
	for i, doc := range docs {
		if doc != nil {
			s, err := readState(doc)
			each(ids[i], s, err)
		}
	}
	return nil
}

// Save implements usageplan.Sink.
func (u NodeUsage) Save(ctx context.Context, records []usageplan.Record) error {
	docs := make([]store.Document, 0, 2*len(records))
	for _, r := range records {
		docs = append(docs, store.Document{Key: u.key(r.ID), Doc: stateDoc(r.State)})
		if d := r.Before; d != nil {
			docs = append(docs, store.Document{Key: store.Key{Kind: kindNodeUsageDay, ID: dayID(r.ID, d.Day) + "/" + u.Node}, Doc: dayDoc(d)})
		}
	}
	_, err := u.Store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		for _, r := range records {
			if r.Begin == nil {
				continue
			}
			if there, err := tx.Has(usageKey(r.ID)); err != nil {
				return err
			} else if !there {
				if err := tx.Put(usageKey(r.ID), stateDoc(*r.Begin)); err != nil {
					return err
				}
			}
		}
		return tx.PutMany(docs)
	})
	return err
}

// All implements usageplan.NodeSink.
func (u NodeUsage) All(ctx context.Context, ids []usageplan.ID, from, to usageplan.Day) ([]usageplan.Together, error) {
	var out []usageplan.Together
	err := u.Store.Read(ctx, func(tx *store.Tx) error {
		out = make([]usageplan.Together, len(ids))
		for i, id := range ids {
			if err := readTogether(tx, id, &out[i]); err != nil {
				return fmt.Errorf("the usage of %q cannot be read: %w", id, err)
			}
			if from > to {
				continue
			}
			if err := readDays(tx, id, from, to, &out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// baseDoc is a base as it is stored: a state, with how often somebody has set it.
type baseDoc struct {
	usageplan.State
	Version int64 `json:"version,omitempty"`
}

// readTogether reads what all nodes have saved of a key in a plan.
func readTogether(tx *store.Tx, id usageplan.ID, out *usageplan.Together) error {
	doc, err := tx.Get(usageKey(id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if doc != nil {
		if out.Base, err = readState(doc); err != nil {
			return err
		}
		var base baseDoc
		if err := json.Unmarshal(doc, &base); err != nil {
			return err
		}
		out.Version = base.Version
	}
	rows, err := tx.ListRange("", "", kindNodeUsage, "", string(id)+"/", string(id)+"0", store.Limit{})
	if err != nil {
		return err
	}
	out.Nodes = make(map[string]usageplan.State, len(rows))
	for _, row := range rows {
		_, node := cutNode(row.ID)
		if out.Nodes[node], err = readState(row.Doc); err != nil {
			return err
		}
	}
	return nil
}

// readDays reads the days that are over.
func readDays(tx *store.Tx, id usageplan.ID, from, to usageplan.Day, out *usageplan.Together) error {
	for _, kind := range []string{kindUsageDay, kindNodeUsageDay} {
		rows, err := tx.ListRange("", "", kind, "", dayID(id, from), dayID(id, to+1), store.Limit{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			node := ""
			if kind == kindNodeUsageDay {
				row.ID, node = cutNode(row.ID)
			}
			d, err := readDay(row)
			if err != nil {
				return err
			}
			out.Days = append(out.Days, usageplan.NodeDay{Node: node, DayUsage: d})
		}
	}
	return nil
}

// SetBase implements usageplan.NodeSink. What nodes have counted, and nobody knows of yet,
// comes on top.
func (u NodeUsage) SetBase(ctx context.Context, id usageplan.ID, period usageplan.Day, spent, counted int64) error {
	_, err := u.Store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		var t usageplan.Together
		if err := readTogether(tx, id, &t); err != nil {
			return err
		}
		saved := int64(0)
		for _, s := range t.Nodes {
			if s.Period >= period {
				saved += s.Spent
			}
		}
		t.Base.Period, t.Base.Spent = period, spent-max(saved, counted)
		doc, err := json.Marshal(baseDoc{t.Base, t.Version + 1})
		if err != nil {
			return err
		}
		return tx.Put(usageKey(id), doc)
	})
	return err
}

// Prune implements usageplan.Sink.
func (u NodeUsage) Prune(ctx context.Context, before usageplan.Day) error {
	if err := u.Usage.Prune(ctx, before); err != nil {
		return err
	}
	err := u.all(ctx, kindNodeUsageDay, func(rows []store.Row) error {
		return u.remove(ctx, kindNodeUsageDay, rows, func(row store.Row) bool {
			id, _ := cutNode(row.ID)
			day, err := dayOf(id)
			return err == nil && day < before
		})
	})
	if err != nil {
		return err
	}
	return u.all(ctx, kindNodeUsage, func(rows []store.Row) error {
		return u.remove(ctx, kindNodeUsage, rows, func(row store.Row) bool {
			var s usageplan.State
			return json.Unmarshal(row.Doc, &s) == nil && max(s.Day, s.Period+longestPeriod) < before
		})
	})
}
