package iam

import (
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

// A listRequest asks for a page of a list.
type listRequest struct {
	Marker   string `min:"1" max:"320"`
	MaxItems *int   `min:"1" max:"1000"`
}

// defaultPage is how long a page is where nothing is said (documented).
const defaultPage = 100

func (r *listRequest) size() int {
	if r.MaxItems == nil {
		return defaultPage
	}
	return *r.MaxItems
}

// A page says what comes behind a list.
type page struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// list returns a page of the records that keep takes; the marker is the id of its last.
func list[T any](tx *records.Tx, kind records.Kind[T], r listRequest, keep func(*T) bool) (items []records.Item[T], p page, err error) {
	size, after := r.size(), r.Marker
	for {
		found, more, err := kind.List(tx, "", after, size)
		if err != nil {
			return nil, p, err
		}
		for _, item := range found {
			if !keep(item.Record) {
				continue
			}
			if len(items) == size {
				return items, page{true, items[size-1].ID}, nil
			}
			items = append(items, item)
		}
		if !more {
			return items, p, nil
		}
		after = found[len(found)-1].ID
	}
}

// cut returns a page of what a record has, which is in order of its names.
func cut[T any](all []T, r listRequest, name func(T) string) (out []T, p page) {
	for _, v := range all {
		if r.Marker != "" && strings.Compare(name(v), r.Marker) <= 0 {
			continue
		}
		if len(out) == r.size() {
			return out, page{true, name(out[len(out)-1])}
		}
		out = append(out, v)
	}
	return out, p
}
