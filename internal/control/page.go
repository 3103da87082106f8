package control

import "github.com/gatehouse-gw/gatehouse/internal/wire"

// page reads one page of the documents of a parent in order of their id, and
// the position of the next page, nil when there is none.
func page[T any](t *tx, k kind, parent string, position *string, limit *int32, id func(T) string) ([]T, *string, error) {
	return wire.Paginate(position, limit, id, func(after string, n int) ([]T, error) {
		return list[T](t, k, parent, after, n)
	})
}
