package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/usageplan"
)

// Gather adds what nodes have counted to what a server counts that has the store alone,
// and forgets the nodes' parts: a store that several used is this server's now. It is
// called before anything is counted; what it did before an error is not done again.
func (u Usage) Gather(ctx context.Context) error {
	for _, kind := range []string{kindNodeUsageDay, kindNodeUsage} {
		err := u.all(ctx, kind, func(rows []store.Row) error {
			_, err := u.Store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
				for _, row := range rows {
					if err := gather(tx, kind, row); err != nil {
						return fmt.Errorf("the usage of %q cannot be gathered: %w", row.ID, err)
					}
				}
				return nil
			})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gather adds a node's document to the server's own, and deletes it.
func gather(tx *store.Tx, kind string, row store.Row) error {
	id, _ := cutNode(row.ID)
	if kind == kindNodeUsageDay {
		day, err := readDay(store.Row{ID: id, Doc: row.Doc})
		if err == nil {
			err = addDay(tx, id, day)
		}
		if err != nil {
			return err
		}
	} else {
		state, err := readState(row.Doc)
		if err == nil {
			err = addState(tx, usageplan.ID(id), state)
		}
		if err != nil {
			return err
		}
	}
	return tx.Delete(store.Key{Kind: kind, ID: row.ID})
}

// addDay adds to a day that is over. What is left of the quota is the least that anybody
// knew of; below zero is a day that says nothing of that.
func addDay(tx *store.Tx, id string, d usageplan.DayUsage) error {
	key := store.Key{Kind: kindUsageDay, ID: id}
	doc, err := tx.Get(key)
	if err == nil {
		var was usageplan.DayUsage
		if was, err = readDay(store.Row{ID: id, Doc: doc}); err != nil {
			return err
		}
		d.Calls += was.Calls
		if d.Left < 0 || was.Left >= 0 && was.Left < d.Left {
			d.Left = was.Left
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return tx.Put(key, dayDoc(&d))
}

// addState adds a state: what was spent where it is of the same period, else the later
// period counts; and the calls of the day, where the earlier one is over.
func addState(tx *store.Tx, id usageplan.ID, s usageplan.State) error {
	doc, err := tx.Get(usageKey(id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var sum usageplan.State
	if doc != nil {
		if sum, err = readState(doc); err != nil {
			return err
		}
	}
	switch {
	case s.Period == sum.Period:
		sum.Spent += s.Spent
	case s.Period > sum.Period:
		sum.Period, sum.Spent = s.Period, s.Spent
	}
	if s.Day == sum.Day {
		sum.Calls += s.Calls
	} else {
		over := usageplan.DayUsage{Day: s.Day, Calls: s.Calls, Left: -1}
		if s.Day > sum.Day {
			over.Day, over.Calls = sum.Day, sum.Calls
			sum.Day, sum.Calls = s.Day, s.Calls
		}
		if over.Day != 0 {
			if err := addDay(tx, dayID(id, over.Day), over); err != nil {
				return err
			}
		}
	}
	return tx.Put(usageKey(id), stateDoc(sum))
}
