package wire

import (
	"encoding/base64"
	"strings"
)

// Page sizes of the service's listings.
const (
	defaultLimit = 25
	maxLimit     = 500
)

// positionPrefix marks the positions that we made, with a version.
const positionPrefix = "1:"

// maxPosition bounds a position, in bytes.
const maxPosition = 4096

// Paginate makes one page of a listing. list returns, in the listing's order, at
// most n of the items behind the one with the id after, which is "" at the start,
// and whether there are more; it may return fewer, but one at least if there is
// one, where n of them would be too large for an answer. id returns the id
// of an item, from which list can go on even when the item is gone by then.
//
// A position says after which id the next page starts, so items that come or go
// between two pages neither repeat nor hide others. next is nil on the last
// page; a page without items is empty, not nil, as the service's are.
//
// limit and position are the operation's input. The default limit is 25, and a
// limit above 500 counts as 500 (the service takes any; what it does above 500
// is not known). A limit below 1, which the service answers with an internal
// error, and a position that is none of ours are a BadRequestException.
func Paginate[T any](position *string, limit *int32, id func(T) string, list func(after string, n int) (items []T, more bool, err error)) (page []T, next *string, err error) {
	size := defaultLimit
	if limit != nil {
		size = min(int(*limit), maxLimit)
	}
	if size < 1 {
		return nil, nil, BadRequest("Invalid limit parameter specified")
	}
	after, err := parsePosition(position)
	if err != nil {
		return nil, nil, err
	}
	page, more, err := list(after, size)
	if err != nil {
		return nil, nil, err
	}
	if len(page) == 0 {
		return []T{}, nil, nil
	}
	if more {
		next = new(makePosition(id(page[len(page)-1])))
	}
	return page, next, nil
}

// makePosition returns the position after an id.
func makePosition(id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(positionPrefix + id))
}

// parsePosition returns the id that a position is after, "" for the start.
func parsePosition(position *string) (string, error) {
	if position == nil || *position == "" {
		return "", nil
	}
	if len(*position) <= maxPosition {
		text, _ := base64.RawURLEncoding.DecodeString(*position)
		id, ok := strings.CutPrefix(string(text), positionPrefix)
		if ok && id != "" && makePosition(id) == *position {
			return id, nil
		}
	}
	return "", ErrPosition()
}

// ErrPosition is the answer to a position that is none of ours; the service's own
// words are not known.
func ErrPosition() error { return BadRequest("Invalid position parameter specified") }
