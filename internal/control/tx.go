package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/keypair"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A tx is one transaction on the documents of one caller's account and region,
// and on those of one API within.
type tx struct {
	*store.Tx
	svc *Service
	who *wire.Caller
	api string // id of the API that the call is about, "" for none
	now wire.Timestamp

	brief bool // it runs in its turn and must not take long (see writeBriefly)

	upload *keypair.Upload // what the call uploads for a domain name; nil for nothing

	known *int // how many resources the API has, nil when not counted
}

// of is the same transaction about another API.
func (t *tx) of(api string) *tx {
	other := *t
	other.api, other.known = api, nil
	return &other
}

// as is the same transaction about an account in a region.
func (t *tx) as(account, region string) *tx {
	other := t.of("")
	other.who = &wire.Caller{Account: account, Region: region}
	return other
}

// key is where a document lies, as the scope of its kind says.
func (t *tx) key(k kind, id string) store.Key {
	key := store.Key{Kind: string(k), ID: id}
	of := t.svc.kinds.byName[k].scope
	if of != ofServer {
		key.Account, key.Region = t.who.Account, t.who.Region
	}
	if of == ofAPI {
		key.Parent = t.api
	}
	return key
}

// load reads a document; missing is the error for one that is not there. With
// a missing of nil that is no error, and the document nil.
func load[T any](t *tx, k kind, id string, missing error) (*T, error) {
	doc, err := t.Get(t.key(k, id))
	if isAbsent(err) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return decode[T](t, k, id, doc)
}

// loadMany reads documents in the order of their ids; missing is the error for
// one that is not there.
func loadMany[T any](t *tx, k kind, ids []string, missing error) ([]*T, error) {
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = t.key(k, id)
	}
	docs, err := t.GetMany(keys)
	if err != nil {
		return nil, err
	}
	out := make([]*T, len(ids))
	for i, doc := range docs {
		if doc == nil {
			return nil, missing
		}
		if out[i], err = decode[T](t, k, ids[i], doc); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// isAbsent reports whether err says that there is no document: not under this
// name, or that no name is as long as this one.
func isAbsent(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrTooLarge)
}

// decode reads what a stored document says, whatever form it has.
func decode[T any](t *tx, k kind, id string, doc []byte) (*T, error) {
	out := new(T)
	return out, t.svc.kinds.byName[k].decode(id, doc, out)
}

// exists reports whether there is a document.
func (t *tx) exists(k kind, id string) (bool, error) {
	found, err := t.Has(t.key(k, id))
	if isAbsent(err) {
		return false, nil
	}
	return found, err
}

// require returns missing unless there is a document.
func (t *tx) require(k kind, id string, missing error) error {
	found, err := t.exists(k, id)
	if err == nil && !found {
		return missing
	}
	return err
}

// save writes a document, whether or not there is one.
func (t *tx) save(k kind, id string, v any) error { return t.saveUnique(k, id, v, nil) }

// saveUnique is save for a kind whose index has unique keys: taken is the error when
// another document has one of the keys.
func (t *tx) saveUnique(k kind, id string, v any, taken error) error {
	info := t.svc.kinds.byName[k]
	doc, err := info.encode(id, v)
	if err != nil {
		return err
	}
	if len(info.indexes) > 0 {
		was, err := t.stored(info, id)
		if err != nil {
			return err
		}
		if err := t.reindex(info, id, was, v, taken); err != nil {
			return err
		}
	}
	if err := t.noteTenant(info); err != nil {
		return err
	}
	return tooLarge(string(k), t.Put(t.key(k, id), doc))
}

// encode writes a document whose parts are within their bounds.
func (k *kindInfo) encode(id string, v any) ([]byte, error) {
	if !k.frozen {
		if err := checkSizes(v); err != nil {
			return nil, err
		}
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s %s: %w", k.kind, id, err)
	}
	return k.stamped(doc), nil
}

// tooLarge tells a client that its document is over the store's bound.
func tooLarge(kind string, err error) error {
	if errors.Is(err, store.ErrTooLarge) {
		return wire.BadRequest("The %s is larger than %d bytes", kind, store.MaxDoc)
	}
	return err
}

// insert writes a new document; taken is the error when there is one, or one
// with the same unique key.
func (t *tx) insert(k kind, id string, v any, taken error) error {
	info := t.svc.kinds.byName[k]
	doc, err := info.encode(id, v)
	if err != nil {
		return err
	}
	if err := t.noteTenant(info); err != nil {
		return err
	}
	if err := t.reindex(info, id, nil, v, taken); err != nil {
		return err
	}
	err = t.Insert(t.key(k, id), doc)
	if errors.Is(err, store.ErrExists) {
		return taken
	}
	return tooLarge(string(k), err)
}

// list reads the documents of a kind in order of id, from after on, at most
// limit of them (0: all).
func list[T any](t *tx, k kind, after string, limit int) ([]T, error) {
	rows, err := t.rows(k, after, store.Limit{Rows: limit})
	if err != nil {
		return nil, err
	}
	return decodeRows[T](t, k, rows)
}

func decodeRows[T any](t *tx, k kind, rows []store.Row) ([]T, error) {
	info, out := t.svc.kinds.byName[k], make([]T, len(rows))
	for i, row := range rows {
		if err := info.decode(row.ID, row.Doc, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rows is list without reading what the documents say.
func (t *tx) rows(k kind, after string, limit store.Limit) ([]store.Row, error) {
	at := t.key(k, "")
	return t.List(at.Account, at.Region, at.Kind, at.Parent, after, limit)
}

// rowsWith reads the documents of a kind whose ids begin with prefix.
func (t *tx) rowsWith(k kind, prefix string) ([]store.Row, error) {
	at := t.key(k, "")
	return t.ListPrefix(at.Account, at.Region, at.Kind, at.Parent, prefix)
}

// rowsBetween reads the documents of a kind with from <= id < to, within limit.
func (t *tx) rowsBetween(k kind, from, to string, limit store.Limit) ([]store.Row, error) {
	at := t.key(k, "")
	return t.ListRange(at.Account, at.Region, at.Kind, at.Parent, from, to, limit)
}

// idsBetween lists the ids of rowsBetween.
func (t *tx) idsBetween(k kind, from, to string) ([]string, error) {
	at := t.key(k, "")
	return t.ListRangeIDs(at.Account, at.Region, at.Kind, at.Parent, from, to)
}

// ids lists the ids of a kind that begin with prefix.
func (t *tx) ids(k kind, prefix string) ([]string, error) {
	at := t.key(k, "")
	return t.ListIDs(at.Account, at.Region, at.Kind, at.Parent, prefix)
}

// page reads one page of the documents of a kind in the order of their creation,
// and the position of the next page, nil when there is none. That order is a
// choice: AWS documents none, and it is what people expect.
func page[T any](t *tx, k kind, position *string, limit *int32) ([]T, *string, error) {
	return pageOf(t, k, "", position, limit, func(*T) bool { return true })
}

// pageOf is page of the documents whose ids begin with prefix and for which keep
// returns true. It reads on until the page is full, so it takes as long as there
// are documents that are left out.
func pageOf[T any](t *tx, k kind, prefix string, position *string, limit *int32, keep func(*T) bool) ([]T, *string, error) {
	items, next, err := wire.Paginate(position, limit, placed[T].position, func(after string, n int) ([]placed[T], bool, error) {
		return kept(t, k, prefix, after, n, keep)
	})
	if err != nil {
		return nil, nil, err
	}
	out := make([]T, len(items))
	for i := range items {
		out[i] = items[i].doc
	}
	return out, next, nil
}

// A placed is a document with its place in the order of creation.
type placed[T any] struct {
	doc   T
	place int64
}

func (p placed[T]) position() string { return strconv.FormatInt(p.place, 10) }

// pageBytes is how long the documents of one kind may be together that a page of
// a listing is made of: the page ends with the one that reaches it, and its
// position leads on. A client's limit is a maximum, as AWS has it.
const pageBytes = 2 << 20

// kept reads the documents behind a place for which keep returns true, the first n or
// as many as make a page, and whether there are more. While it has too few, it reads
// twice as many as the time before, since each reading goes through the keys of all.
func kept[T any](t *tx, k kind, prefix, after string, n int, keep func(*T) bool) (out []placed[T], more bool, err error) {
	size := 0
	for look := n + 1; ; look *= 2 {
		limit := store.Limit{Rows: look, Bytes: pageBytes}
		rows, err := t.createdWith(k, prefix, after, limit)
		if err != nil {
			return nil, false, err
		}
		docs, err := decodeRows[T](t, k, rows)
		if err != nil {
			return nil, false, err
		}
		for i := range docs {
			switch {
			case !keep(&docs[i]):
			case len(out) == n || size >= pageBytes:
				return out, true, nil
			default:
				out, size = append(out, placed[T]{docs[i], rows[i].Place}), size+len(rows[i].Doc)
			}
		}
		if !limit.Cut(rows) {
			return out, false, nil
		}
		after = placed[T]{place: rows[len(rows)-1].Place}.position()
	}
}

// inOrder reads all documents of a kind in the order of their creation.
func inOrder[T any](t *tx, k kind) ([]T, error) {
	rows, err := t.created(k, "", store.Limit{})
	if err != nil {
		return nil, err
	}
	return decodeRows[T](t, k, rows)
}

// created reads the documents of a kind in the order of their creation, from
// behind a place on ("": from the first), within limit.
func (t *tx) created(k kind, after string, limit store.Limit) ([]store.Row, error) {
	return t.createdWith(k, "", after, limit)
}

// createdWith is created of the documents whose ids begin with prefix.
func (t *tx) createdWith(k kind, prefix, after string, limit store.Limit) ([]store.Row, error) {
	var place int64
	if after != "" {
		var err error
		if place, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, wire.ErrPosition()
		}
	}
	at := t.key(k, "")
	return t.ListCreated(at.Account, at.Region, at.Kind, at.Parent, prefix, place, limit)
}
