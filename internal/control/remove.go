package control

import (
	"slices"
	"strings"
)

// remove deletes a document with everything under it, takes it out of what names
// it and ends its service; missing is the error for one that is not there.
func (t *tx) remove(k kind, id string, missing error) error {
	info := t.svc.kinds.byName[k]
	if len(info.indexes) > 0 {
		was, err := t.stored(info, id)
		if err != nil {
			return err
		}
		if err := t.reindex(info, id, was, nil, nil); err != nil {
			return err
		}
	}
	err := t.Delete(t.key(k, id))
	if isAbsent(err) {
		return missing
	}
	if err != nil {
		return err
	}
	if err := t.retract(info, id); err != nil {
		return err
	}
	if info.leave != nil {
		if err := info.leave(t, id); err != nil {
			return err
		}
	}
	return t.removeBelow(k, id)
}

// removeBelow deletes what is under a document.
func (t *tx) removeBelow(k kind, id string) error {
	for _, below := range t.svc.kinds.below[k] {
		if below.sameID {
			if err := t.remove(below.kind, id, nil); err != nil {
				return err
			}
			continue
		}
		if err := t.removeAll(below.kind, id+"/"); err != nil {
			return err
		}
	}
	return nil
}

// removeEach is remove for many documents of a kind: of each kind that is under it,
// all ids are read once. docs has those documents by their ids whose kind has an
// index.
func (t *tx) removeEach(k kind, ids []string, docs map[string]any) error {
	info, gone := t.svc.kinds.byName[k], make(map[string]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
		if err := t.reindex(info, id, docs[id], nil, nil); err != nil {
			return err
		}
		if err := t.Delete(t.key(k, id)); err != nil {
			return err
		}
		if err := t.retract(info, id); err != nil {
			return err
		}
	}
	for _, below := range t.svc.kinds.below[k] {
		all, err := t.ids(below.kind, "")
		if err != nil {
			return err
		}
		under := slices.DeleteFunc(all, func(id string) bool { return !gone[below.above(id)] })
		if err := t.removeEach(below.kind, under, nil); err != nil {
			return err
		}
	}
	return nil
}

// above is the id of the document that one of the kind is under.
func (k *kindInfo) above(id string) string {
	if k.sameID {
		return id
	}
	return id[:strings.LastIndexByte(id, '/')]
}

// removeAll deletes the documents of a kind whose ids begin with prefix, with
// everything under them, and ends their service. It does not take them out of what
// names them.
func (t *tx) removeAll(k kind, prefix string) error {
	info := t.svc.kinds.byName[k]
	if err := t.unindexAll(info, prefix); err != nil {
		return err
	}
	if info.served != nil {
		ids, err := t.ids(k, prefix)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.retract(info, id); err != nil {
				return err
			}
		}
	}
	at := t.key(k, "")
	if err := t.DeletePrefix(at.Account, at.Region, at.Kind, at.Parent, prefix); err != nil {
		return err
	}
	for _, below := range t.svc.kinds.below[k] {
		if err := t.removeAll(below.kind, prefix); err != nil {
			return err
		}
	}
	return nil
}

// unindexAll removes the entries of the documents whose ids begin with prefix. When
// all documents of a scope go, all entries do, without a look at the documents.
func (t *tx) unindexAll(k *kindInfo, prefix string) error {
	if len(k.indexes) == 0 {
		return nil
	}
	whole := prefix == ""
	for _, ix := range k.indexes {
		whole = whole && ix.scope == k.scope
	}
	if whole {
		for _, ix := range k.indexes {
			at := t.key(ix.kind, "")
			if err := t.DeletePrefix(at.Account, at.Region, at.Kind, at.Parent, ""); err != nil {
				return err
			}
		}
		return nil
	}
	rows, err := t.rowsWith(k.kind, prefix)
	if err != nil {
		return err
	}
	for _, row := range rows {
		was, err := k.indexes[0].read(k, row.ID, row.Doc)
		if err != nil {
			return err
		}
		if err := t.reindex(k, row.ID, was, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
