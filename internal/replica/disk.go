package replica

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/secrets"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// A disk is rows in a store of the node's own. A row is sealed where there are keys, and
// has a checksum where there are none. Rows are in one of two slots, so that those of
// before stay until all others are there.
type disk struct {
	store *store.Store
	keys  *secrets.Keyring // nil seals nothing
}

// A stand is what the rows of a slot are: all that was served at a revision, but for what
// is read when it is needed, of which some may not have been fetched yet.
type stand struct {
	Generation string         `json:"generation"`
	Revision   store.Revision `json:"revision"`
	Slot       int            `json:"slot"`

	// Of the commit that gave the revision; see store.Stand.
	Commit store.Revision `json:"commit,omitzero"`
	Mark   string         `json:"mark,omitzero"`
}

// of is a database's stand.
func (at stand) of() store.Stand {
	return store.Stand{Generation: at.Generation, Revision: at.Revision, Commit: at.Commit, Mark: at.Mark}
}

// standAt is the stand in a slot of who has read up to at.
func standAt(at store.Stand, slot int) stand {
	return stand{Generation: at.Generation, Revision: at.Revision, Slot: slot, Commit: at.Commit, Mark: at.Mark}
}

const kindStand = "replicastand"

var standKey = store.Key{Kind: kindStand, ID: "current"}

// slotKind is the kind of a slot's documents. Their ids are those of rowID.
func slotKind(slot int) string { return "replica" + strconv.Itoa(slot) }

func rowID(kind, id string) string { return kind + "\x00" + id }

func rowKey(slot int, kind, id string) store.Key {
	return store.Key{Kind: slotKind(slot), ID: rowID(kind, id)}
}

// The first byte of a document says what follows its revision, eight bytes.
const (
	formBare   = 'b' // nothing: the row is one that is fetched when it is needed, and was not yet
	formPlain  = 'p' // a checksum of four bytes, and the row's data
	formSealed = 's' // the row's data, sealed
)

const headSize = 1 + 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged says that a document is not as it was written.
var errDamaged = errors.New("it is damaged")

// encode makes the document of a row; bare leaves its data out.
func (d *disk) encode(row *store.Served, bare bool) []byte {
	head := binary.BigEndian.AppendUint64([]byte{formBare}, uint64(row.Revision))
	switch {
	case bare:
		return head
	case d.keys != nil:
		head[0] = formSealed
		return append(head, d.keys.Seal(row.Data, about(row))...)
	}
	head[0] = formPlain
	return append(binary.BigEndian.AppendUint32(head, checksum(row)), row.Data...)
}

// about is what a sealed row is about.
func about(row *store.Served) string {
	return "replica " + rowID(row.Kind, row.ID) + "\x00" + strconv.FormatInt(int64(row.Revision), 10)
}

func checksum(row *store.Served) uint32 {
	return crc32.Update(crc32.Checksum([]byte(about(row)), castagnoli), castagnoli, row.Data)
}

// decode reads the document of a row. bare says that its data was not fetched yet.
func (d *disk) decode(kind, id string, doc []byte) (row store.Served, bare bool, err error) {
	row = store.Served{Kind: kind, ID: id}
	if len(doc) < headSize {
		return row, false, errDamaged
	}
	row.Revision = store.Revision(binary.BigEndian.Uint64(doc[1:headSize]))
	rest := doc[headSize:]
	switch doc[0] {
	case formBare:
		return row, true, nil
	case formSealed:
		row.Data, err = d.keys.Open(string(rest), about(&row))
		return row, false, err
	case formPlain:
		if len(rest) < 4 {
			return row, false, errDamaged
		}
		row.Data = rest[4:]
		if binary.BigEndian.Uint32(rest) != checksum(&row) {
			return row, false, errDamaged
		}
		return row, false, nil
	}
	return row, false, errDamaged
}

// stand reads what the disk has; ok is false where that is nothing.
func (d *disk) stand(ctx context.Context) (at stand, ok bool, err error) {
	err = d.store.Read(ctx, func(tx *store.Tx) error {
		doc, err := tx.Get(standKey)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			ok, err = true, json.Unmarshal(doc, &at)
		}
		return err
	})
	return at, ok && err == nil, err
}

func putStand(tx *store.Tx, at stand) error {
	doc, err := json.Marshal(at)
	if err != nil {
		return err
	}
	return tx.Put(standKey, doc)
}

// What is written or read at once.
const (
	batchRows  = 500
	batchBytes = 4 << 20
)

// change writes changes, which lead to a stand, in one transaction.
func (d *disk) change(ctx context.Context, at stand, rows []store.Served, lazy func(kind string) bool) error {
	docs := make([]store.Document, 0, len(rows))
	var gone []store.Key
	for i := range rows {
		key := rowKey(at.Slot, rows[i].Kind, rows[i].ID)
		if rows[i].Deleted {
			gone = append(gone, key)
			continue
		}
		docs = append(docs, store.Document{Key: key, Doc: d.encode(&rows[i], lazy(rows[i].Kind))})
	}
	_, err := d.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		for _, key := range gone {
			if err := tx.Delete(key); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		if err := tx.PutMany(docs); err != nil {
			return err
		}
		return putStand(tx, at)
	})
	return err
}

// replace has the disk hold these rows and no others. What it held before stays until all
// are there.
func (d *disk) replace(ctx context.Context, now store.Stand, rows []store.Served, lazy func(kind string) bool) (stand, error) {
	before, _, err := d.stand(ctx)
	if err != nil {
		before = stand{} // one that cannot be read
	}
	at := standAt(now, 1-before.Slot)
	if err := d.clear(ctx, at.Slot); err != nil {
		return at, err
	}
	for len(rows) > 0 {
		var docs []store.Document
		for bytes := 0; len(rows) > 0 && len(docs) < batchRows && bytes < batchBytes; rows = rows[1:] {
			doc := d.encode(&rows[0], lazy(rows[0].Kind))
			docs, bytes = append(docs, store.Document{Key: rowKey(at.Slot, rows[0].Kind, rows[0].ID), Doc: doc}), bytes+len(doc)
		}
		if _, err := d.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error { return tx.PutMany(docs) }); err != nil {
			return at, err
		}
	}
	if _, err := d.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error { return putStand(tx, at) }); err != nil {
		return at, err
	}
	return at, d.clear(ctx, before.Slot)
}

// clear removes the rows of a slot, some at a time.
func (d *disk) clear(ctx context.Context, slot int) error {
	for {
		n := 0
		_, err := d.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
			rows, err := tx.List("", "", slotKind(slot), "", "", store.Limit{Rows: batchRows, Bytes: batchBytes})
			if n = len(rows); err != nil {
				return err
			}
			for _, row := range rows {
				if err := tx.Delete(store.Key{Kind: slotKind(slot), ID: row.ID}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// all calls each with the rows of a slot.
func (d *disk) all(ctx context.Context, slot int, each func(row store.Served, bare bool)) error {
	for after := ""; ; {
		var rows []store.Row
		err := d.store.Read(ctx, func(tx *store.Tx) (err error) {
			rows, err = tx.List("", "", slotKind(slot), "", after, store.Limit{Rows: batchRows, Bytes: batchBytes})
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			kind, id := splitID(r.ID)
			row, bare, err := d.decode(kind, id, r.Doc)
			if err != nil {
				return fmt.Errorf("%s %q: %w", kind, id, err)
			}
			each(row, bare)
		}
		after = rows[len(rows)-1].ID
	}
}

func splitID(id string) (kind, of string) {
	for i := range len(id) {
		if id[i] == 0 {
			return id[:i], id[i+1:]
		}
	}
	return id, ""
}

// row reads one row of a slot; store.ErrNotFound where there is none, or its data was not
// fetched yet.
func (d *disk) row(ctx context.Context, slot int, kind, id string) (row store.Served, err error) {
	err = d.store.Read(ctx, func(tx *store.Tx) error {
		doc, err := tx.Get(rowKey(slot, kind, id))
		if err != nil {
			return err
		}
		var bare bool
		row, bare, err = d.decode(kind, id, doc)
		if err == nil && bare {
			err = store.ErrNotFound
		}
		return err
	})
	return row, err
}

// fill writes the data of a row that was bare, unless another has its place meanwhile.
func (d *disk) fill(ctx context.Context, slot int, row *store.Served) error {
	key, doc := rowKey(slot, row.Kind, row.ID), d.encode(row, false)
	if len(doc) > store.MaxDoc {
		return store.ErrTooLarge
	}
	_, err := d.store.Write(ctx, store.Scope{}, func(tx *store.Tx) error {
		before, err := tx.Get(key)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil || len(before) < headSize || store.Revision(binary.BigEndian.Uint64(before[1:headSize])) != row.Revision {
			return err
		}
		return tx.Put(key, doc)
	})
	return err
}
