package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A kind names the documents of one sort. Those of an API have its id for
// parent; what is said here is their own id.
type kind string

const (
	kindAccount kind = "account" // one for an account and region, without an id
	kindRestAPI kind = "restapi" // API id

	// Of an account in a region; accountKinds lists them.
	kindVPCLink           kind = "vpclink"           // link id
	kindClientCertificate kind = "clientcertificate" // certificate id

	// Of an API; apiKinds lists them.
	kindResource         kind = "resource"         // resource id
	kindChild            kind = "child"            // parent id "/" path part; a resource's place among its siblings
	kindMethod           kind = "method"           // resource id "/" verb; with its integration
	kindMethodResponse   kind = "methodresponse"   // resource id "/" verb "/" status code
	kindModel            kind = "model"            // name
	kindValidator        kind = "requestvalidator" // validator id
	kindGatewayResponse  kind = "gatewayresponse"  // response type
	kindDeployment       kind = "deployment"       // deployment id
	kindDeploymentSource kind = "deploymentsource" // deployment id; the definition that it froze
	kindStage            kind = "stage"            // stage name

	kindIntegrationResponse kind = "integrationresponse" // resource id "/" verb "/" status code

	// kindAPIOwner is the server's own: API ids are unique on a server, and
	// this says which account and region an id belongs to.
	kindAPIOwner kind = "apiowner"

	// kindTenant is the server's own too: account "/" region, where there is or
	// was something of accountKinds, or a setting of the account.
	kindTenant kind = "tenant"
)

// accountKinds are the kinds that an account has beside its APIs, with the name
// under which each is served.
var accountKinds = map[kind]string{kindVPCLink: ServedVPCLink, kindClientCertificate: ServedClientCertificate}

// apiKinds are the kinds whose documents go with their API.
var apiKinds = []kind{
	kindResource, kindChild, kindMethod, kindMethodResponse, kindIntegrationResponse, kindModel, kindValidator, kindGatewayResponse,
	kindDeployment, kindDeploymentSource, kindStage,
}

// A tx is one transaction on the documents of one caller's account and region,
// and on those of one API within.
type tx struct {
	*store.Tx
	svc *Service
	who *wire.Caller
	api string // id of the API that the call is about, "" for none
	now wire.Timestamp

	known *int // how many resources the API has, nil when not counted
}

// of is the same transaction about another API.
func (t *tx) of(api string) *tx {
	other := *t
	other.api, other.known = api, nil
	return &other
}

// parent is the parent of a kind's documents.
func (t *tx) parent(k kind) string {
	if _, ok := accountKinds[k]; ok || k == kindRestAPI || k == kindAccount {
		return ""
	}
	return t.api
}

func (t *tx) key(k kind, id string) store.Key {
	return store.Key{Account: t.who.Account, Region: t.who.Region, Kind: string(k), Parent: t.parent(k), ID: id}
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
	return decode[T](k, id, doc)
}

// isAbsent reports whether err says that there is no document: not under this
// name, or that no name is as long as this one.
func isAbsent(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrTooLarge)
}

func decode[T any](k kind, id string, doc []byte) (*T, error) {
	out := new(T)
	if err := json.Unmarshal(doc, out); err != nil {
		return nil, fmt.Errorf("read %s %s: %w", k, id, err)
	}
	return out, nil
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
func (t *tx) save(k kind, id string, v any) error {
	doc, err := encode(k, id, v)
	if err != nil {
		return err
	}
	return tooLarge(string(k), t.Put(t.key(k, id), doc))
}

// encode writes a document whose parts are within their bounds; those of a
// frozen definition were so when they were stored.
func encode(k kind, id string, v any) ([]byte, error) {
	if k != kindDeploymentSource {
		if err := checkSizes(v); err != nil {
			return nil, err
		}
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s %s: %w", k, id, err)
	}
	return doc, nil
}

// tooLarge tells a client that its document is over the store's bound.
func tooLarge(kind string, err error) error {
	if errors.Is(err, store.ErrTooLarge) {
		return wire.BadRequest("The %s is larger than %d bytes", kind, store.MaxDoc)
	}
	return err
}

// insert writes a new document; taken is the error when there is one.
func (t *tx) insert(k kind, id string, v any, taken error) error {
	doc, err := encode(k, id, v)
	if err != nil {
		return err
	}
	err = t.Insert(t.key(k, id), doc)
	if errors.Is(err, store.ErrExists) {
		return taken
	}
	return tooLarge(string(k), err)
}

// remove deletes a document; missing is the error for one that is not there.
func (t *tx) remove(k kind, id string, missing error) error {
	err := t.Delete(t.key(k, id))
	if isAbsent(err) {
		return missing
	}
	return err
}

// removeAll deletes the documents of a kind whose id starts so.
func (t *tx) removeAll(k kind, prefix string) error {
	return t.DeletePrefix(t.who.Account, t.who.Region, string(k), t.parent(k), prefix)
}

// list reads the documents of a kind in order of id, from after on, at most
// limit of them (0: all).
func list[T any](t *tx, k kind, after string, limit int) ([]T, error) {
	rows, err := t.rows(k, after, limit)
	if err != nil {
		return nil, err
	}
	return decodeRows[T](k, rows)
}

func decodeRows[T any](k kind, rows []store.Row) ([]T, error) {
	out := make([]T, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Doc, &out[i]); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", k, row.ID, err)
		}
	}
	return out, nil
}

// rows is list without reading what the documents say.
func (t *tx) rows(k kind, after string, limit int) ([]store.Row, error) {
	return t.List(t.who.Account, t.who.Region, string(k), t.parent(k), after, limit)
}

// rowsWith reads the documents of a kind whose id starts so.
func (t *tx) rowsWith(k kind, prefix string) ([]store.Row, error) {
	return t.ListPrefix(t.who.Account, t.who.Region, string(k), t.parent(k), prefix)
}

// rowsBetween reads the documents of a kind with from <= id < to.
func (t *tx) rowsBetween(k kind, from, to string) ([]store.Row, error) {
	return t.ListRange(t.who.Account, t.who.Region, string(k), t.parent(k), from, to)
}

// idsBetween lists the ids of rowsBetween.
func (t *tx) idsBetween(k kind, from, to string) ([]string, error) {
	return t.ListRangeIDs(t.who.Account, t.who.Region, string(k), t.parent(k), from, to)
}

// ids lists the ids of a kind that start so.
func (t *tx) ids(k kind, prefix string) ([]string, error) {
	return t.ListIDs(t.who.Account, t.who.Region, string(k), t.parent(k), prefix)
}

// page reads one page of the documents of a kind in the order of their creation,
// and the position of the next page, nil when there is none. That order is a
// choice: AWS documents none, and it is what people expect.
func page[T any](t *tx, k kind, position *string, limit *int32) ([]T, *string, error) {
	place := func(r store.Row) string { return strconv.FormatInt(r.Place, 10) }
	rows, next, err := wire.Paginate(position, limit, place, func(after string, n int) ([]store.Row, error) {
		return t.created(k, after, n)
	})
	if err != nil {
		return nil, nil, err
	}
	out, err := decodeRows[T](k, rows)
	return out, next, err
}

// inOrder reads all documents of a kind in the order of their creation.
func inOrder[T any](t *tx, k kind) ([]T, error) {
	rows, err := t.created(k, "", 0)
	if err != nil {
		return nil, err
	}
	return decodeRows[T](k, rows)
}

// created reads the documents of a kind in the order of their creation, from
// behind a place on ("": from the first), at most limit of them (0: all).
func (t *tx) created(k kind, after string, limit int) ([]store.Row, error) {
	var place int64
	if after != "" {
		var err error
		if place, err = strconv.ParseInt(after, 10, 64); err != nil {
			return nil, wire.ErrPosition()
		}
	}
	return t.ListCreated(t.who.Account, t.who.Region, string(k), t.parent(k), place, limit)
}
