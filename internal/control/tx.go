package control

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A kind names the documents of one sort. What is said of the parent and the
// id is how they are keyed within an account and region.
type kind string

const (
	kindRestAPI          kind = "restapi"          // id: API id
	kindResource         kind = "resource"         // parent: API id; id: resource id
	kindChild            kind = "child"            // parent: API id; id: parent id "/" path part; a resource's place among its siblings
	kindMethod           kind = "method"           // parent: API id; id: resource id "/" verb; with its responses and integration
	kindModel            kind = "model"            // parent: API id; id: name
	kindDeployment       kind = "deployment"       // parent: API id; id: deployment id
	kindDeploymentSource kind = "deploymentsource" // like the deployment; the definition that it froze
	kindStage            kind = "stage"            // parent: API id; id: stage name

	// kindAPIOwner is the server's own: API ids are unique on a server, and
	// this says which account and region an id belongs to.
	kindAPIOwner kind = "apiowner"
)

// apiKinds are the kinds whose parent is an API, which go with it.
var apiKinds = []kind{kindResource, kindChild, kindMethod, kindModel, kindDeployment, kindDeploymentSource, kindStage}

// A tx is one transaction on the documents of one caller's account and region.
type tx struct {
	*store.Tx
	who *wire.Caller
	now wire.Timestamp
}

func (t *tx) key(k kind, parent, id string) store.Key {
	return store.Key{Account: t.who.Account, Region: t.who.Region, Kind: string(k), Parent: parent, ID: id}
}

// load reads a document; missing is the error for one that is not there.
func load[T any](t *tx, k kind, parent, id string, missing error) (*T, error) {
	doc, err := t.Get(t.key(k, parent, id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return decode[T](k, id, doc)
}

func decode[T any](k kind, id string, doc []byte) (*T, error) {
	out := new(T)
	if err := json.Unmarshal(doc, out); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", k, id, err)
	}
	return out, nil
}

// exists reports whether there is a document.
func (t *tx) exists(k kind, parent, id string) (bool, error) {
	return t.Has(t.key(k, parent, id))
}

// save writes a document, whether or not there is one.
func (t *tx) save(k kind, parent, id string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", k, id, err)
	}
	return t.Put(t.key(k, parent, id), doc)
}

// insert writes a new document; taken is the error when there is one.
func (t *tx) insert(k kind, parent, id string, v any, taken error) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", k, id, err)
	}
	err = t.Insert(t.key(k, parent, id), doc)
	if errors.Is(err, store.ErrExists) {
		return taken
	}
	return err
}

// remove deletes a document; missing is the error for one that is not there.
func (t *tx) remove(k kind, parent, id string, missing error) error {
	err := t.Delete(t.key(k, parent, id))
	if errors.Is(err, store.ErrNotFound) {
		return missing
	}
	return err
}

// list reads the documents of one parent in order of id, from after on, at
// most limit of them (0: all).
func list[T any](t *tx, k kind, parent, after string, limit int) ([]T, error) {
	rows, err := t.List(t.who.Account, t.who.Region, string(k), parent, after, limit)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Doc, &out[i]); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", k, row.ID, err)
		}
	}
	return out, nil
}

// ids lists the ids of one parent's documents that start with prefix.
func (t *tx) ids(k kind, parent, prefix string) ([]string, error) {
	return t.ListIDs(t.who.Account, t.who.Region, string(k), parent, prefix)
}

// withPrefix reads the documents of one parent whose id starts so.
func (t *tx) withPrefix(k kind, parent, prefix string) ([]store.Row, error) {
	return t.ListPrefix(t.who.Account, t.who.Region, string(k), parent, prefix)
}

// text returns the value of an optional string, "" when absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// given returns s unless it is absent or empty, which some clients send for
// an attribute that their user did not set.
func given(s *string) *string {
	if text(s) == "" {
		return nil
	}
	return s
}

// isTrue reads an optional boolean, false when absent.
func isTrue(b *bool) bool { return b != nil && *b }
