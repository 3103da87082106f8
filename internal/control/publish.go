package control

import (
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A servedForm is what the data plane serves of a kind's documents.
type servedForm struct {
	name string // of the rows' kind, one of snapshot's

	// of makes the served form of a document, to which it gets a pointer; nil for a
	// kind whose served form is published by other means.
	of func(t *tx, doc any) (any, error)

	// again makes the served form of a stored document, by its id, as it was when it
	// was published; store.ErrNotFound where there is no document.
	again func(t *tx, id string) (any, error)
}

// serves is the served form of a kind whose documents are Ts.
func serves[T, S any](name string, k kind, form func(*tx, *T) *S) *servedForm {
	return servesMore(name, k, func(t *tx, doc *T) (*S, error) { return form(t, doc), nil })
}

// servesMore is serves of a form that takes other documents, too: whoever changes these
// publishes it again.
func servesMore[T, S any](name string, k kind, form func(*tx, *T) (*S, error)) *servedForm {
	return &servedForm{
		name: name,
		of:   func(t *tx, doc any) (any, error) { return form(t, doc.(*T)) },
		again: func(t *tx, id string) (any, error) {
			doc, err := load[T](t, k, id, store.ErrNotFound)
			if err != nil {
				return nil, err
			}
			return form(t, doc)
		},
	}
}

// servedID is the id under which the data plane finds a document.
func (t *tx) servedID(k *kindInfo, id string) string {
	switch {
	case k.scope == ofAPI:
		return snapshot.ServedID(t.api, id)
	case id == "":
		return snapshot.ServedID(t.who.Account, t.who.Region)
	}
	return snapshot.OfAccount(t.who.Account, t.who.Region, id)
}

// insertServed is insert for a kind that is served.
func (t *tx) insertServed(k kind, id string, doc any, taken error) error {
	if err := t.insert(k, id, doc, taken); err != nil {
		return err
	}
	return t.publishDoc(k, id, doc)
}

// saveServed is save for a kind that is served.
func (t *tx) saveServed(k kind, id string, doc any) error {
	if err := t.save(k, id, doc); err != nil {
		return err
	}
	return t.publishDoc(k, id, doc)
}

// publishDoc publishes the served form of a document.
func (t *tx) publishDoc(k kind, id string, doc any) error {
	form, err := t.svc.kinds.byName[k].served.of(t, doc)
	if err != nil {
		return err
	}
	return t.publish(k, id, form)
}

// publish makes form what the data plane serves of a document.
func (t *tx) publish(k kind, id string, form any) error {
	info := t.svc.kinds.byName[k]
	data, err := snapshot.Encode(info.served.name, form)
	if err != nil {
		return err
	}
	return tooLarge(info.served.name, t.Publish(store.Served{Kind: info.served.name, ID: t.servedID(info, id), Data: data}))
}

// retract ends the service of a document.
func (t *tx) retract(k *kindInfo, id string) error {
	if k.served == nil {
		return nil
	}
	return t.Retract(k.served.name, t.servedID(k, id))
}
