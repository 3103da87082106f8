package control

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// AWS's bounds on tags, in characters.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// checkTags holds AWS's bounds on tags. Its words are not known.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return wire.BadRequest("Invalid number of tags specified: a resource has at most %d", maxTags)
	}
	for _, k := range sortedKeys(tags) {
		if k == "" || len([]rune(k)) > maxTagKey || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return wire.BadRequest("Invalid tag key specified: %s", wire.Truncated(k))
		}
		if len([]rune(tags[k])) > maxTagValue {
			return wire.BadRequest("Invalid value of tag %s: longer than %d characters", k, maxTagValue)
		}
	}
	return nil
}

// A taggable says which ARNs name documents of a kind and how their tags are
// reached.
type taggable struct {
	pattern []string // the path of the ARN in segments; {api} and {id} stand for one each, two {id} for the halves of an id with a slash
	find    func(t *tx, id string) (doc any, tags *map[string]string, err error)
}

// tagsAt makes a kind taggable. find reads a document, of the API if the pattern
// has one.
func tagsAt[T any](pattern string, find func(*tx, string) (*T, error), tags func(*T) *map[string]string) *taggable {
	return &taggable{strings.Split(pattern, "/")[1:], func(t *tx, id string) (any, *map[string]string, error) {
		doc, err := find(t, id)
		if err != nil {
			return nil, nil, err
		}
		return doc, tags(doc), nil
	}}
}

// match returns what the pattern's {api} and {id} stand for in a path. The id of
// a pattern without {id} is the API's.
func (g *taggable) match(path []string) (api, id string, ok bool) {
	if len(path) != len(g.pattern) {
		return "", "", false
	}
	for i, want := range g.pattern {
		switch want {
		case "{api}":
			api, id = path[i], path[i]
		case "{id}":
			if i > 0 && slices.Contains(g.pattern[:i], "{id}") {
				id += "/" + path[i]
			} else {
				id = path[i]
			}
		case path[i]:
		default:
			return "", "", false
		}
	}
	return api, id, true
}

// TagResource adds tags to a resource, or gives those that it has new values.
func (s *Service) TagResource(ctx context.Context, who *wire.Caller, in *wire.TagResourceRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, apiOfARN(who, in.ResourceARN), func(t *tx) error {
		r, err := t.tagged(in.ResourceARN)
		if err != nil {
			return err
		}
		all := maps.Clone(*r.tags)
		if all == nil {
			all = make(map[string]string, len(in.Tags))
		}
		maps.Copy(all, in.Tags)
		if err := checkTags(all); err != nil {
			return err
		}
		return r.change(all)
	})
}

// UntagResource takes tags away; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, who *wire.Caller, in *wire.UntagResourceRequest) (*wire.Empty, error) {
	return writeEmpty(ctx, s, who, apiOfARN(who, in.ResourceARN), func(t *tx) error {
		r, err := t.tagged(in.ResourceARN)
		if err != nil {
			return err
		}
		rest := maps.Clone(*r.tags)
		for _, key := range in.TagKeys {
			delete(rest, key)
		}
		return r.change(rest)
	})
}

// GetTags reads a resource's tags; like AWS it does not page them.
func (s *Service) GetTags(ctx context.Context, who *wire.Caller, in *wire.GetTagsRequest) (*wire.Tags, error) {
	return read(ctx, s, who, apiOfARN(who, in.ResourceARN), func(t *tx) (*wire.Tags, error) {
		r, err := t.tagged(in.ResourceARN)
		if err != nil {
			return nil, err
		}
		if *r.tags == nil {
			return &wire.Tags{Tags: map[string]string{}}, nil
		}
		return &wire.Tags{Tags: *r.tags}, nil
	})
}

// A tagged is a document with its tags.
type tagged struct {
	*tx
	kind *kindInfo
	id   string
	doc  any
	tags *map[string]string
}

// change gives the document other tags. If tags are part of what the data plane
// serves of it, that is published again.
func (d *tagged) change(tags map[string]string) error {
	before, err := d.served()
	if err != nil {
		return err
	}
	*d.tags = filled(tags)
	if err := d.save(d.kind.kind, d.id, d.doc); err != nil {
		return err
	}
	after, err := d.served()
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	return d.publish(d.kind.kind, d.id, json.RawMessage(after))
}

// served is the served form of the document, nil for none.
func (d *tagged) served() ([]byte, error) {
	if d.kind.served == nil || d.kind.served.of == nil {
		return nil, nil
	}
	form, err := d.kind.served.of(d.tx, d.doc)
	if err != nil {
		return nil, err
	}
	return json.Marshal(form)
}

// tagged finds the document that an ARN names.
func (t *tx) tagged(arn string) (*tagged, error) {
	path, ok := parseARN(t.who, arn)
	if !ok {
		return nil, wire.BadRequest("Invalid ARN specified in the request")
	}
	for i := range t.svc.kinds.all {
		g := t.svc.kinds.all[i].tags
		if g == nil {
			continue
		}
		if api, id, ok := g.match(path); ok {
			of := t.of(api)
			doc, tags, err := g.find(of, id)
			return &tagged{of, &t.svc.kinds.all[i], id, doc, tags}, err
		}
	}
	return nil, wire.NotFound("Invalid resource identifier specified: %s", wire.Truncated(arn))
}

// apiOfARN is the id of the API to which the resource belongs that an ARN names,
// "" where it belongs to none.
func apiOfARN(who *wire.Caller, arn string) string {
	if path, ok := parseARN(who, arn); ok && len(path) > 1 && path[0] == "restapis" {
		return path[1]
	}
	return ""
}

// parseARN returns the path of an ARN of this service, its segments after the
// first slash: arn:{partition}:apigateway:{region}::/{path}. An ARN of another
// region or account is none of the caller's.
func parseARN(who *wire.Caller, arn string) (path []string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") || parts[2] != "apigateway" {
		return nil, false
	}
	if parts[3] != who.Region || parts[4] != "" && parts[4] != who.Account {
		return nil, false
	}
	rest, ok := strings.CutPrefix(parts[5], "/")
	return strings.Split(rest, "/"), ok && rest != ""
}
