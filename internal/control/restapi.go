package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// customIDTag is the tag of CreateRestApi that chooses the API's id.
const customIDTag = "_custom_id_"

var customIDPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// An apiOwner says where on the server an API id lives.
type apiOwner struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// errAPI is the answer for an API id that the caller's account does not have.
func (t *tx) errAPI(id string) error {
	return wire.NotFound("Invalid API identifier specified %s:%s", t.who.Account, id)
}

// restAPI reads an API.
func (t *tx) restAPI(id string) (*wire.RestAPI, error) {
	return load[wire.RestAPI](t, kindRestAPI, "", id, t.errAPI(id))
}

// CreateRestAPI makes an empty API with its root resource and default models,
// or a copy of another API.
func (s *Service) CreateRestAPI(ctx context.Context, who *wire.Caller, in *wire.CreateRestAPIRequest) (*wire.RestAPI, error) {
	var out *wire.RestAPI
	err := s.write(ctx, who, "", func(t *tx) error {
		api, err := newRestAPI(in)
		if err != nil {
			return err
		}
		if err := t.addRestAPI(api); err != nil {
			return err
		}
		if id := text(in.CloneFrom); id != "" {
			err = t.cloneRestAPI(id, api)
		} else {
			err = errors.Join(t.addRoot(api), t.addDefaultModels(*api.ID))
		}
		out = shownRestAPI(api)
		return err
	})
	return out, err
}

// newRestAPI checks the input, in the order in which AWS does, and fills in
// what it leaves out.
func newRestAPI(in *wire.CreateRestAPIRequest) (*wire.RestAPI, error) {
	if in.Description != nil && *in.Description == "" {
		return nil, wire.BadRequest("Description cannot be an empty string")
	}
	if strings.TrimSpace(in.Name) == "" {
		return nil, wire.BadRequest("Name cannot be empty")
	}
	if len(in.Name) > maxNameLength {
		return nil, wire.BadRequest("Name cannot be longer than %d characters", maxNameLength)
	}
	if err := checkCompressionSize(in.MinimumCompressionSize); err != nil {
		return nil, err
	}
	endpoint, err := newEndpointConfiguration(in.EndpointConfiguration)
	if err != nil {
		return nil, err
	}
	policy, err := newPolicy(text(in.Policy))
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	api := &wire.RestAPI{
		Name: &in.Name, Description: in.Description, Version: in.Version,
		MinimumCompressionSize: in.MinimumCompressionSize, EndpointConfiguration: endpoint, Policy: policy,
		APIKeySource:              withDefault(in.APIKeySource, "HEADER"),
		DisableExecuteAPIEndpoint: withDefault(in.DisableExecuteAPIEndpoint, false),
		SecurityPolicy:            in.SecurityPolicy, EndpointAccessMode: in.EndpointAccessMode,
	}
	if len(in.BinaryMediaTypes) > 0 {
		api.BinaryMediaTypes = in.BinaryMediaTypes
	}
	if len(in.Tags) > 0 {
		api.Tags = in.Tags
	}
	return api, unservedRestAPI(api)
}

// maxNameLength bounds names that AWS publishes no bound for.
const maxNameLength = 1024

func withDefault[T any](v *T, def T) *T {
	if v == nil {
		return &def
	}
	return v
}

const maxCompressionSize = 10485760

func checkCompressionSize(n *int32) error {
	if n != nil && (*n < 0 || *n > maxCompressionSize) {
		return wire.BadRequest("Invalid minimum compression size, must be between 0 and %d", maxCompressionSize)
	}
	return nil
}

// newEndpointConfiguration checks the endpoint's kind, of which the enums are
// checked before. The default is EDGE, as AWS's is.
func newEndpointConfiguration(in *wire.EndpointConfiguration) (*wire.EndpointConfiguration, error) {
	out := &wire.EndpointConfiguration{Types: []string{"EDGE"}}
	if in == nil {
		out.IPAddressType = new("ipv4")
		return out, nil
	}
	out.VPCEndpointIDs = in.VPCEndpointIDs
	if in.Types != nil {
		if len(in.Types) == 0 {
			return nil, wire.BadRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
		}
		if len(in.Types) > 1 {
			return nil, wire.BadRequest("Cannot create an api with multiple Endpoint Types.")
		}
		out.Types = in.Types
	}
	out.IPAddressType = in.IPAddressType
	private := out.Types[0] == "PRIVATE"
	if private && text(in.IPAddressType) == "ipv4" {
		return nil, wire.BadRequest("Only dualstack ipAddressType is supported for Private APIs.")
	}
	if out.IPAddressType == nil {
		out.IPAddressType = new("ipv4")
		if private {
			out.IPAddressType = new("dualstack")
		}
	}
	return out, nil
}

// newPolicy checks that a resource policy is a JSON object and takes its
// white space out, as answers print it on one line.
func newPolicy(policy string) (*string, error) {
	if policy == "" {
		return nil, nil
	}
	var buf bytes.Buffer
	if err := json.Compact(&buf, []byte(policy)); err != nil || buf.Bytes()[0] != '{' {
		return nil, wire.BadRequest("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
	}
	return new(buf.String()), nil
}

// addRestAPI stores a new API under an id that no API on the server has: the
// one that it has or that its tag chooses, else a new one.
func (t *tx) addRestAPI(api *wire.RestAPI) error {
	id, chosen := api.Tags[customIDTag]
	if !chosen {
		id = *withDefault(api.ID, newID(apiIDLength))
	} else if !customIDPattern.MatchString(id) {
		return wire.BadRequest("Invalid value of tag %s: %q is not 1 to 63 of a-z, 0-9 and -", customIDTag, id)
	}
	api.ID, api.CreatedDate, api.RootResourceID = &id, &t.now, new(newID(apiIDLength))
	owner, err := json.Marshal(apiOwner{t.who.Account, t.who.Region})
	if err != nil {
		return err
	}
	err = t.Insert(store.Key{Kind: string(kindAPIOwner), ID: id}, owner)
	if errors.Is(err, store.ErrExists) {
		return wire.Conflict("API id %s is already in use", id)
	}
	if err != nil {
		return err
	}
	return t.save(kindRestAPI, "", id, api)
}

// shownRestAPI is an API as answers show it: the quotes of the policy are
// escaped once more than JSON needs (a fact that Terraform's provider undoes).
func shownRestAPI(api *wire.RestAPI) *wire.RestAPI {
	out := *api
	if out.Policy != nil {
		out.Policy = new(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(*out.Policy))
	}
	return &out
}

// withTags gives the member tags that Get, Update and Put always show.
func withTags(api *wire.RestAPI) *wire.RestAPI {
	if api.Tags == nil {
		api.Tags = map[string]string{}
	}
	return api
}

// GetRestAPI reads one API.
func (s *Service) GetRestAPI(ctx context.Context, who *wire.Caller, in *wire.GetRestAPIRequest) (*wire.RestAPI, error) {
	var out *wire.RestAPI
	err := s.read(ctx, who, func(t *tx) error {
		api, err := t.restAPI(in.RestAPIID)
		if err == nil {
			out = withTags(shownRestAPI(api))
		}
		return err
	})
	return out, err
}

// GetRestAPIs lists the caller's APIs.
func (s *Service) GetRestAPIs(ctx context.Context, who *wire.Caller, in *wire.GetRestAPIsRequest) (*wire.RestAPIs, error) {
	var out *wire.RestAPIs
	err := s.read(ctx, who, func(t *tx) error {
		items, position, err := page(t, kindRestAPI, "", in.Position, in.Limit, func(a wire.RestAPI) string { return *a.ID })
		for i := range items {
			items[i] = *shownRestAPI(&items[i])
		}
		out = &wire.RestAPIs{Items: items, Position: position}
		return err
	})
	return out, err
}

// DeleteRestAPI removes an API with everything below it, its stages and
// deployments included.
func (s *Service) DeleteRestAPI(ctx context.Context, who *wire.Caller, in *wire.DeleteRestAPIRequest) (*wire.Empty, error) {
	return &wire.Empty{}, s.write(ctx, who, in.RestAPIID, func(t *tx) error {
		id := in.RestAPIID
		if err := t.remove(kindRestAPI, "", id, t.errAPI(id)); err != nil {
			return err
		}
		if err := t.retractAPI(id); err != nil {
			return err
		}
		for _, k := range apiKinds {
			if err := t.DeleteChildren(t.who.Account, t.who.Region, string(k), id); err != nil {
				return err
			}
		}
		return t.Delete(store.Key{Kind: string(kindAPIOwner), ID: id})
	})
}

// checkTags holds AWS's bounds on tags.
func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return wire.BadRequest("Invalid number of tags specified: a resource has at most 50")
	}
	for k, v := range tags {
		if k == "" || len(k) > 128 || strings.HasPrefix(k, "aws:") {
			return wire.BadRequest("Invalid tag key specified: %s", truncated(k))
		}
		if len(v) > 256 {
			return wire.BadRequest("Invalid value of tag %s: longer than 256 characters", k)
		}
	}
	return nil
}

// truncated shortens a value that an error message repeats.
func truncated(s string) string {
	const most = 256
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// sortedKeys gives maps a fixed order for checks whose first failure is told.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
