package control

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A method lies in parts, so that adding a response costs the same however many
// there are: itself with its integration in one document, and one document for
// each response of either. A method is whole with all of them and bare without
// its responses.

func responseID(resource, verb, status string) string {
	return methodID(resource, verb) + "/" + status
}

// A storedMethod is a method with its place.
type storedMethod struct {
	*wire.Method
	resource, verb string
}

// saveMethod writes the bare part of a method.
func (t *tx) saveMethod(resource string, m *wire.Method) error {
	return t.save(kindMethod, methodID(resource, *m.HTTPMethod), bare(m))
}

// bare is a copy of a method without the responses.
func bare(m *wire.Method) *wire.Method {
	out := *m
	out.MethodResponses = nil
	if i := m.MethodIntegration; i != nil {
		integration := *i
		integration.IntegrationResponses = nil
		out.MethodIntegration = &integration
	}
	return &out
}

// replaceMethod writes a whole method in place of what there is.
func (t *tx) replaceMethod(resource string, m *wire.Method) error {
	if err := t.removeBelow(kindMethod, methodID(resource, *m.HTTPMethod)); err != nil {
		return err
	}
	if err := t.saveMethod(resource, m); err != nil {
		return err
	}
	for status, r := range m.MethodResponses {
		if err := t.save(kindMethodResponse, responseID(resource, *m.HTTPMethod, status), &r); err != nil {
			return err
		}
	}
	if m.MethodIntegration == nil {
		return nil
	}
	for status, r := range m.MethodIntegration.IntegrationResponses {
		if err := t.save(kindIntegrationResponse, responseID(resource, *m.HTTPMethod, status), &r); err != nil {
			return err
		}
	}
	return nil
}

// wholeMethods reads methods in order of resource id and verb. rowsOf reads the
// documents of one kind: of methods, and then of each kind of response the same part.
func (t *tx) wholeMethods(rowsOf func(kind) ([]store.Row, error)) ([]storedMethod, error) {
	rows, err := rowsOf(kindMethod)
	if err != nil {
		return nil, err
	}
	out := make([]storedMethod, len(rows))
	byID := make(map[string]*wire.Method, len(rows))
	for i, row := range rows {
		m, err := decode[wire.Method](t, kindMethod, row.ID, row.Doc)
		if err != nil {
			return nil, err
		}
		resource, verb, _ := strings.Cut(row.ID, "/")
		out[i], byID[row.ID] = storedMethod{m, resource, verb}, m
	}
	return out, t.attachResponses(byID, rowsOf)
}

// attachResponses makes bare methods whole. rowsOf reads the documents of one kind of
// response; those of other methods are passed over.
func (t *tx) attachResponses(methods map[string]*wire.Method, rowsOf func(kind) ([]store.Row, error)) error {
	err := eachResponse(t, kindMethodResponse, methods, rowsOf, func(m *wire.Method, status string, r *wire.MethodResponse) {
		if m.MethodResponses == nil {
			m.MethodResponses = make(map[string]wire.MethodResponse)
		}
		m.MethodResponses[status] = *r
	})
	if err != nil {
		return err
	}
	return eachResponse(t, kindIntegrationResponse, methods, rowsOf, func(m *wire.Method, status string, r *wire.IntegrationResponse) {
		i := m.MethodIntegration
		if i == nil { // cannot be: the responses go with their integration
			return
		}
		if i.IntegrationResponses == nil {
			i.IntegrationResponses = make(map[string]wire.IntegrationResponse)
		}
		i.IntegrationResponses[status] = *r
	})
}

func eachResponse[T any](t *tx, k kind, methods map[string]*wire.Method, rowsOf func(kind) ([]store.Row, error), add func(m *wire.Method, status string, r *T)) error {
	rows, err := rowsOf(k)
	if err != nil {
		return err
	}
	for _, row := range rows {
		slash := strings.LastIndexByte(row.ID, '/')
		m := methods[row.ID[:slash]]
		if m == nil {
			continue
		}
		r, err := decode[T](t, k, row.ID, row.Doc)
		if err != nil {
			return err
		}
		add(m, row.ID[slash+1:], r)
	}
	return nil
}

// makeWhole adds its responses to a bare method.
func (t *tx) makeWhole(resource string, m *wire.Method) error {
	id := methodID(resource, *m.HTTPMethod)
	return t.attachResponses(map[string]*wire.Method{id: m}, func(k kind) ([]store.Row, error) { return t.rowsWith(k, id+"/") })
}
