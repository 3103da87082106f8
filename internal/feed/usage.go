package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/jsontext"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// Usage keeps what API keys have used of usage plans in a store; it is a
// usageplan.Sink. Of each key in a plan there is a document with its state, and one
// for each day that is over and had calls. They belong to the server and not to
// their accounts, so that those of keys and plans that are gone are found.
type Usage struct{ Store *store.Store }

const (
	kindUsage    = "usage"    // id: a usageplan.ID
	kindUsageDay = "usageday" // the same, a slash and the day
)

// dayForm is how a day stands in an id.
const dayForm = "20060102"

func usageKey(id usageplan.ID) store.Key { return store.Key{Kind: kindUsage, ID: string(id)} }

func dayID(id usageplan.ID, d usageplan.Day) string {
	return string(id) + "/" + d.Time().Format(dayForm)
}

// page is how many documents are read at once.
const page = 1000

// Load implements usageplan.Sink.
func (u Usage) Load(ctx context.Context, ids []usageplan.ID, each func(usageplan.ID, usageplan.State, error)) error {
	if ids == nil {
		return u.all(ctx, kindUsage, func(rows []store.Row) error {
			for _, row := range rows {
				s, err := readState(row.Doc)
				each(usageplan.ID(row.ID), s, err)
			}
			return nil
		})
	}
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = usageKey(id)
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

// readState reads a state. One that says its form is of a newer version of this
// program: the first form, which is the only one yet, does not say it.
func readState(doc []byte) (usageplan.State, error) {
	var period, spent, day, calls int64
	if jsontext.Scan(doc, `{"period":`, &period, `,"spent":`, &spent, `,"day":`, &day, `,"calls":`, &calls, `}`) {
		return usageplan.State{Period: usageplan.Day(period), Spent: spent, Day: usageplan.Day(day), Calls: calls}, nil
	}
	var s struct {
		Format int `json:"format"`
		usageplan.State
	}
	err := json.Unmarshal(doc, &s)
	if err == nil && s.Format != 0 {
		err = store.ErrNewer
	}
	return s.State, err
}

// all hands on all documents of a kind, a page at a time, each of one snapshot.
func (u Usage) all(ctx context.Context, kind string, each func([]store.Row) error) error {
	for after := ""; ; {
		var rows []store.Row
		err := u.Store.Read(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.List("", "", kind, "", after, store.Limit{Rows: page})
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}

// Save implements usageplan.Sink.
func (u Usage) Save(ctx context.Context, records []usageplan.Record) error {
	docs := make([]store.Document, 0, 2*len(records))
	for _, r := range records {
		docs = append(docs, store.Document{Key: usageKey(r.ID), Doc: stateDoc(r.State)})
		if d := r.Before; d != nil {
			docs = append(docs, store.Document{Key: store.Key{Kind: kindUsageDay, ID: dayID(r.ID, d.Day)}, Doc: dayDoc(d)})
		}
	}
	_, err := u.Store.Write(ctx, store.Scope{}, func(tx *store.Tx) error { return tx.PutMany(docs) })
	return err
}

// stateDoc is a state as encoding/json writes it: many are saved twice a second.
func stateDoc(s usageplan.State) []byte {
	doc := strconv.AppendInt([]byte(`{"period":`), int64(s.Period), 10)
	doc = strconv.AppendInt(append(doc, `,"spent":`...), s.Spent, 10)
	doc = strconv.AppendInt(append(doc, `,"day":`...), int64(s.Day), 10)
	doc = strconv.AppendInt(append(doc, `,"calls":`...), s.Calls, 10)
	return append(doc, '}')
}

// dayDoc is a day as JSON: the calls, and what was left.
func dayDoc(d *usageplan.DayUsage) []byte {
	doc := strconv.AppendInt([]byte("["), d.Calls, 10)
	doc = strconv.AppendInt(append(doc, ','), d.Left, 10)
	return append(doc, ']')
}

// Days implements usageplan.Sink.
func (u Usage) Days(ctx context.Context, of usageplan.Plan, keys []string, from, to usageplan.Day, each func(string, usageplan.DayUsage)) error {
	return u.Store.Read(ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			id := of.Key(key)
			rows, err := tx.ListRange("", "", kindUsageDay, "", dayID(id, from), dayID(id, to+1), store.Limit{})
			if err != nil {
				return err
			}
			for _, row := range rows {
				d, err := readDay(row)
				if err != nil {
					return err
				}
				each(key, d)
			}
		}
		return nil
	})
}

func readDay(row store.Row) (usageplan.DayUsage, error) {
	day, err := dayOf(row.ID)
	var counts [2]int64
	if !jsontext.Scan(row.Doc, "[", &counts[0], ",", &counts[1], "]") {
		err = errors.Join(err, json.Unmarshal(row.Doc, &counts))
	}
	if err != nil {
		return usageplan.DayUsage{}, fmt.Errorf("the usage of %q cannot be read: %w", row.ID, err)
	}
	return usageplan.DayUsage{Day: day, Calls: counts[0], Left: counts[1]}, nil
}

// longestPeriod is how many days a quota's period has at the most: what was spent in
// one that goes on is kept, however few days of usage are.
const longestPeriod = 31

// Prune implements usageplan.Sink. It goes through all documents, a page at a time,
// so that nothing waits for it.
func (u Usage) Prune(ctx context.Context, before usageplan.Day) error {
	err := u.all(ctx, kindUsageDay, func(rows []store.Row) error {
		return u.remove(ctx, kindUsageDay, rows, func(row store.Row) bool {
			day, err := dayOf(row.ID)
			return err == nil && day < before
		})
	})
	if err != nil {
		return err
	}
	return u.all(ctx, kindUsage, func(rows []store.Row) error {
		return u.remove(ctx, kindUsage, rows, func(row store.Row) bool {
			var s usageplan.State
			return json.Unmarshal(row.Doc, &s) == nil && max(s.Day, s.Period+longestPeriod) < before
		})
	})
}

// remove deletes those of some documents that are old.
func (u Usage) remove(ctx context.Context, kind string, rows []store.Row, old func(store.Row) bool) error {
	var keys []store.Key
	for _, row := range rows {
		if old(row) {
			keys = append(keys, store.Key{Kind: kind, ID: row.ID})
		}
	}
	if len(keys) == 0 {
		return nil
	}
	_, err := u.Store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		docs, err := tx.GetMany(keys)
		if err != nil {
			return err
		}
		for i, k := range keys {
			if docs[i] == nil || !old(store.Row{ID: k.ID, Doc: docs[i]}) { // it was saved again meanwhile
				continue
			}
			if err := tx.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// dayOf reads the day that ends an id.
func dayOf(id string) (usageplan.Day, error) {
	t, err := time.Parse(dayForm, id[strings.LastIndexByte(id, '/')+1:])
	return usageplan.DayOf(t), err
}
