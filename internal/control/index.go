package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// An index finds documents of a kind by what they say. It is declared with its
// kind, in the table of kinds; insert, save and remove keep its entries, in the
// same transaction as the document.
//
// An entry is a document of its own kind. Its id is one of the keys that the
// document has and, unless keys are unique, what tells documents with one key
// apart. A kind that has documents already gets an index by a migration.
type index struct {
	kind   kind
	scope  scope // within which keys are looked up; keys of the whole server may be another account's
	shared bool  // several documents may have one key

	keys func(doc any) []string
	read func(of *kindInfo, id string, doc []byte) (any, error) // decodes a document for keys
}

// indexOf is an index whose keys are unique within a scope.
func indexOf[T any](k kind, of scope, keys func(*T) []string) index {
	return index{
		kind: k, scope: of,
		keys: func(doc any) []string { return keys(doc.(*T)) },
		read: func(of *kindInfo, id string, doc []byte) (any, error) {
			out := new(T)
			return out, of.decode(id, doc, out)
		},
	}
}

// sharedIndexOf is an index in which several documents may have one key.
func sharedIndexOf[T any](k kind, of scope, keys func(*T) []string) index {
	ix := indexOf(k, of, keys)
	ix.shared = true
	return ix
}

// keyEnd ends the key in the id of an entry of a shared index.
const keyEnd = "\x00"

// An entry is what an index says of a document: where it is. The account and
// the region are those of an entry that all accounts share.
type entry struct {
	Account string `json:"account,omitzero"`
	Region  string `json:"region,omitzero"`
	ID      string `json:"id,omitzero"`
}

// reindex moves a document's entries from the keys that it had to those that it
// has. was is the document as it was, nil for a new one, and is as it is, nil for one
// that goes. taken is the error when another document has a key.
func (t *tx) reindex(k *kindInfo, id string, was, is any, taken error) error {
	for i := range k.indexes {
		ix := &k.indexes[i]
		before, after := ix.entryIDs(was, id), ix.entryIDs(is, id)
		for _, e := range without(before, after) {
			if err := t.Delete(t.key(ix.kind, e)); err != nil {
				return fmt.Errorf("remove %s %q: %w", ix.kind, e, err)
			}
		}
		for _, e := range without(after, before) {
			if err := t.addEntry(ix, e, id, taken); err != nil {
				return err
			}
		}
	}
	return nil
}

// without returns the ids that are not among others. A document may have a thousand
// keys, as a usage plan has stages, so it looks at each once.
func without(ids, others []string) []string {
	if len(others) == 0 {
		return ids
	}
	known := make(map[string]bool, len(others))
	for _, id := range others {
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return known[id] })
}

// entryIDs lists the ids of the entries that a document has; none for nil.
func (ix *index) entryIDs(doc any, id string) []string {
	if doc == nil {
		return nil
	}
	ids := ix.keys(doc)
	if ix.shared {
		for i, key := range ids {
			ids[i] = key + keyEnd + id
		}
	}
	return ids
}

func (t *tx) addEntry(ix *index, entryID, id string, taken error) error {
	e := entry{ID: id}
	if ix.scope == ofServer {
		e.Account, e.Region = t.who.Account, t.who.Region
	}
	doc, err := json.Marshal(e)
	if err != nil {
		return err
	}
	err = t.Insert(t.key(ix.kind, entryID), doc)
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	if taken == nil {
		return fmt.Errorf("%s %q is taken", ix.kind, entryID)
	}
	return taken
}

// stored reads the document that is there, for its keys; nil for none.
func (t *tx) stored(k *kindInfo, id string) (any, error) {
	doc, err := t.Get(t.key(k.kind, id))
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return k.indexes[0].read(k, id, doc)
}

// lookUp reads the entries of an index whose ids begin with prefix: in order of key,
// and for one key in order of the ids of the documents.
func (t *tx) lookUp(index kind, prefix string) ([]entry, error) {
	rows, err := t.rowsWith(index, prefix)
	if err != nil {
		return nil, err
	}
	return decodeRows[entry](t, index, rows)
}
