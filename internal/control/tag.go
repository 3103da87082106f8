package control

import (
	"context"
	"maps"
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
			return wire.BadRequest("Invalid tag key specified: %s", truncated(k))
		}
		if len([]rune(tags[k])) > maxTagValue {
			return wire.BadRequest("Invalid value of tag %s: longer than %d characters", k, maxTagValue)
		}
	}
	return nil
}

// A tagged is the tags of one resource and how to store them.
type tagged struct {
	tags *map[string]string
	save func() error
}

// TagResource adds tags to a resource, or gives those that it has new values.
func (s *Service) TagResource(ctx context.Context, who *wire.Caller, in *wire.TagResourceRequest) (*wire.Empty, error) {
	return erase(ctx, s, who, "", func(t *tx) error {
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
		*r.tags = filled(all)
		return r.save()
	})
}

// UntagResource takes tags away; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, who *wire.Caller, in *wire.UntagResourceRequest) (*wire.Empty, error) {
	return erase(ctx, s, who, "", func(t *tx) error {
		r, err := t.tagged(in.ResourceARN)
		if err != nil {
			return err
		}
		for _, key := range in.TagKeys {
			delete(*r.tags, key)
		}
		*r.tags = filled(*r.tags)
		return r.save()
	})
}

// GetTags reads a resource's tags; like AWS it does not page them.
func (s *Service) GetTags(ctx context.Context, who *wire.Caller, in *wire.GetTagsRequest) (*wire.Tags, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.Tags, error) {
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

// tagged finds the resource that an ARN names.
func (t *tx) tagged(arn string) (*tagged, error) {
	path, ok := t.parseARN(arn)
	if !ok {
		return nil, wire.BadRequest("Invalid ARN specified in the request")
	}
	switch {
	case len(path) == 2 && path[0] == "restapis":
		return t.of(path[1]).taggedAPI()
	case len(path) == 4 && path[0] == "restapis" && path[2] == "stages":
		return t.of(path[1]).taggedStage(path[3])
	case len(path) == 2 && path[0] == "vpclinks":
		return t.taggedVPCLink(path[1])
	case len(path) == 2 && path[0] == "clientcertificates":
		return t.taggedClientCertificate(path[1])
	}
	return nil, wire.NotFound("Invalid resource identifier specified: %s", truncated(arn))
}

func (t *tx) taggedAPI() (*tagged, error) {
	api, err := t.restAPI()
	if err != nil {
		return nil, err
	}
	return &tagged{&api.Tags, func() error { return t.saveRestAPI(api) }}, nil
}

func (t *tx) taggedStage(name string) (*tagged, error) {
	st, err := t.stage(name)
	if err != nil {
		return nil, err
	}
	return &tagged{&st.Tags, func() error { return t.save(kindStage, name, st) }}, nil
}

// parseARN returns the path of an ARN of this service, its segments after the
// first slash: arn:{partition}:apigateway:{region}::/{path}. An ARN of another
// region or account is none of the caller's.
func (t *tx) parseARN(arn string) (path []string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") || parts[2] != "apigateway" {
		return nil, false
	}
	if parts[3] != t.who.Region || parts[4] != "" && parts[4] != t.who.Account {
		return nil, false
	}
	rest, ok := strings.CutPrefix(parts[5], "/")
	return strings.Split(rest, "/"), ok && rest != ""
}
