package iam

import (
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/query"
)

// A tag is one in records and requests.
type tag struct {
	Key   string  `required:"" min:"1" max:"128" pattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
	Value *string `required:"" max:"256" pattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"`
}

// maxTags is how many a thing may have (documented).
const maxTags = 50

// tagged adds tags to those that there are. One whose key is there already takes its place.
// Keys are not told apart by the case of their letters.
func tagged(there, more []tag) ([]tag, error) {
	out := slices.Clone(there)
	for i, t := range more {
		same := func(other tag) bool { return strings.EqualFold(other.Key, t.Key) }
		if slices.ContainsFunc(more[:i], same) {
			return nil, invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		if at := slices.IndexFunc(out, same); at >= 0 {
			out[at] = t
		} else {
			out = append(out, t)
		}
	}
	if len(out) > maxTags {
		return nil, exceeded("The number of tags has reached the maximum limit.")
	}
	return out, nil
}

// untagged is what is left of tags.
func untagged(there []tag, keys []string) []tag {
	return slices.DeleteFunc(slices.Clone(there), func(t tag) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, t.Key) })
	})
}

// tagList is the list of tags in an answer, nil for none.
func tagList(tags []tag) *query.List[tag] {
	if len(tags) == 0 {
		return nil
	}
	return &query.List[tag]{Members: tags}
}

// A tagsResponse is a page of a thing's tags.
type tagsResponse struct {
	Tags query.List[tag]
	page
}

func tagsPage(tags []tag, r listRequest) *tagsResponse {
	all := slices.SortedFunc(slices.Values(tags), func(a, b tag) int { return strings.Compare(a.Key, b.Key) })
	out, p := cut(all, r, func(t tag) string { return t.Key })
	return &tagsResponse{query.List[tag]{Members: out}, p}
}
