package control

import (
	"encoding/base64"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// AWS's bounds on the size of a page.
const (
	defaultPage = 25
	maxPage     = 500
)

// page reads one page of the documents of a parent in order of their id, and
// the position of the next page, nil when there is none. A position is the
// last id of the page before, so that pages stay whole while others write.
func page[T any](t *tx, k kind, parent string, position *string, limit *int32, id func(*T) string) ([]T, *string, error) {
	after, err := decodePosition(position)
	if err != nil {
		return nil, nil, err
	}
	size := defaultPage
	if limit != nil && *limit > 0 {
		size = min(int(*limit), maxPage)
	}
	items, err := list[T](t, k, parent, after, size+1)
	if err != nil || len(items) <= size {
		return items, nil, err
	}
	items = items[:size]
	next := base64.StdEncoding.EncodeToString([]byte(id(&items[size-1])))
	return items, &next, nil
}

func decodePosition(position *string) (string, error) {
	if text(position) == "" {
		return "", nil
	}
	after, err := base64.StdEncoding.DecodeString(*position)
	if err != nil || len(after) == 0 || len(after) > maxNameLength {
		return "", wire.BadRequest("Invalid position parameter specified")
	}
	return string(after), nil
}
