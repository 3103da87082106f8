package control

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/patch"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// customIDTag is the tag that chooses the id of a new API or VPC link.
const customIDTag = "_custom_id_"

var customIDPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// maxNameLength bounds names that AWS publishes no bound for, in bytes.
const maxNameLength = 1024

// maxCompressionSize is AWS's bound on minimumCompressionSize, in bytes.
const (
	maxCompressionSize = 10485760
	badCompressionSize = "Invalid minimum compression size, must be between 0 and 10485760"
)

// A restAPI is an API as it is stored: as the service shows it, and whether
// somebody chose what AWS's default is too.
type restAPI struct {
	wire.RestAPI
	EdgeChosen bool   `json:"edgeChosen,omitzero"`
	File       string `json:"file,omitzero"` // that describes it; "" for an API of clients
}

// errAPI is the answer for an API id that the caller's account does not have.
func (t *tx) errAPI() error {
	return wire.NotFound("Invalid API identifier specified %s:%s", t.who.Account, wire.Truncated(t.api))
}

// restAPI reads the API.
func (t *tx) restAPI() (*restAPI, error) {
	return load[restAPI](t, kindRestAPI, t.api, t.errAPI())
}

// restAPIOf is restAPI with an id that is the transaction's.
func (t *tx) restAPIOf(string) (*restAPI, error) { return t.restAPI() }

// requireAPI refuses an API that is not there.
func (t *tx) requireAPI() error { return t.require(kindRestAPI, t.api, t.errAPI()) }

// CreateRestAPI makes an empty API with its root resource and default models,
// or a copy of another API.
func (s *Service) CreateRestAPI(ctx context.Context, who *wire.Caller, in *wire.CreateRestAPIRequest) (*wire.RestAPI, error) {
	if err := s.throttle.NewAPI(who, in.EndpointConfiguration); err != nil {
		return nil, err
	}
	from := text(in.CloneFrom)
	run := write[wire.RestAPI]
	if from != "" {
		run = writeAhead[wire.RestAPI]
	}
	return run(ctx, s, who, "", func(t *tx) (*wire.RestAPI, error) {
		api, err := t.newRestAPI(in)
		if err != nil {
			return nil, err
		}
		if from != "" {
			if err := t.inherit(from, api, in); err != nil {
				return nil, err
			}
		}
		if t, err = t.addRestAPI(api); err != nil {
			return nil, err
		}
		if from != "" {
			err = t.cloneRestAPI(from, api, in.Policy == nil)
		} else {
			err = errors.Join(t.addRoot(&api.RestAPI), t.addDefaultModels())
		}
		return shownRestAPI(&api.RestAPI), err
	})
}

// newRestAPI checks the input, in the order in which AWS does, and fills in
// what it leaves out.
func (t *tx) newRestAPI(in *wire.CreateRestAPIRequest) (*restAPI, error) {
	if in.Description != nil && *in.Description == "" {
		return nil, wire.BadRequest("Description cannot be an empty string")
	}
	endpoint, err := newEndpointConfiguration(in.EndpointConfiguration)
	if err != nil {
		return nil, err
	}
	api := &restAPI{EdgeChosen: choosesEdge(in.EndpointConfiguration), RestAPI: wire.RestAPI{
		Name: &in.Name, Description: in.Description, Version: given(in.Version), Tags: filled(in.Tags),
		MinimumCompressionSize: in.MinimumCompressionSize, EndpointConfiguration: endpoint, Policy: given(in.Policy),
		APIKeySource:              withDefault(in.APIKeySource, "HEADER"),
		DisableExecuteAPIEndpoint: withDefault(in.DisableExecuteAPIEndpoint, false),
		SecurityPolicy:            in.SecurityPolicy, EndpointAccessMode: in.EndpointAccessMode,
	}}
	if len(in.BinaryMediaTypes) > 0 {
		api.BinaryMediaTypes = in.BinaryMediaTypes
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return api, t.checkRestAPI(&api.RestAPI, nil)
}

// checkRestAPI checks what holds of an API between its members and within
// those that a patch can set, and puts the policy into its stored form. kept is
// the policy that the API had, nil for none: it is not checked again, since
// completing its resources may have made it longer than a policy may be.
func (t *tx) checkRestAPI(api *wire.RestAPI, kept *string) error {
	if strings.TrimSpace(*api.Name) == "" {
		return wire.BadRequest("Name cannot be empty")
	}
	if len(*api.Name) > maxNameLength {
		return wire.BadRequest("Name cannot be longer than %d characters", maxNameLength)
	}
	if n := api.MinimumCompressionSize; n != nil && (*n < 0 || *n > maxCompressionSize) {
		return ofSetting("minimum-compression-size", "", wire.BadRequest(badCompressionSize))
	}
	if err := checkEndpoint(api.EndpointConfiguration); err != nil {
		return ofSetting(endpointSetting, "", err)
	}
	if source := text(api.APIKeySource); source != "HEADER" && source != "AUTHORIZER" {
		return ofSetting("api-key-source", "", wire.BadRequest("Invalid API Key Source specified. Valid options are HEADER,AUTHORIZER"))
	}
	if err := checkSecurityPolicy(api.SecurityPolicy, api.EndpointAccessMode); err != nil {
		return ofSetting("security-policy", "", err)
	}
	if api.Policy != nil && (kept == nil || *kept != *api.Policy) {
		policy, err := t.newPolicy(*api.Policy)
		if err != nil {
			return err
		}
		api.Policy = &policy
	}
	return nil
}

// addRestAPI stores a new API under an id that no API on the server has: the
// one that it has or that its tag chooses, else a new one. It returns the
// transaction about the API.
func (t *tx) addRestAPI(api *restAPI) (*tx, error) {
	id, chosen := api.Tags[customIDTag]
	if !chosen {
		id = *withDefault(api.ID, newID(apiIDLength))
	} else if !customIDPattern.MatchString(id) {
		return nil, errCustomID(id)
	}
	if err := t.apiQuota(api.EndpointConfiguration.Types[0]); err != nil {
		return nil, err
	}
	api.ID, api.CreatedDate, api.RootResourceID = &id, &t.now, new(newID(apiIDLength))
	t = t.of(id)
	if err := t.expandStored(api); err != nil {
		return nil, err
	}
	return t, t.insert(kindRestAPI, id, api, wire.Conflict("API id %s is already in use", id))
}

// apiOwnerKeys are the keys of kindAPIOwner: API ids are unique on a server.
func apiOwnerKeys(api *restAPI) []string { return []string{*api.ID} }

// apiOwners lists the APIs of all accounts, each with its account and region.
func (t *tx) apiOwners() ([]entry, error) {
	rows, err := t.rows(kindAPIOwner, "", store.Limit{})
	if err != nil {
		return nil, err
	}
	owners, err := decodeRows[entry](t, kindAPIOwner, rows)
	for i := range owners {
		owners[i].ID = rows[i].ID // which older entries do not say
	}
	return owners, err
}

func errCustomID(id string) error {
	return wire.BadRequest("Invalid value of tag %s: %q is not 1 to 63 of a-z, 0-9 and -", customIDTag, wire.Truncated(id))
}

// saveRestAPI writes an API that was changed.
func (t *tx) saveRestAPI(api *restAPI) error {
	if err := t.expandStored(api); err != nil {
		return err
	}
	was, err := t.restAPI()
	if err != nil {
		return err
	}
	if err := t.save(kindRestAPI, t.api, api); err != nil {
		return err
	}
	if text(was.SecurityPolicy) == text(api.SecurityPolicy) && was.EndpointConfiguration.Types[0] == api.EndpointConfiguration.Types[0] {
		return nil
	}
	return t.publishStages()
}

// publishStages publishes what the stages say of the API, which its handshakes follow
// whatever is deployed.
func (t *tx) publishStages() error {
	stages, err := list[stage](t, kindStage, "", 0)
	for i := range stages {
		if err == nil {
			err = t.publishDoc(kindStage, *stages[i].StageName, &stages[i])
		}
	}
	return err
}

// expandStored gives the policy of an API the form in which it is stored, which
// names its resources in full.
func (t *tx) expandStored(api *restAPI) error {
	if api.Policy == nil {
		return nil
	}
	policy, err := t.expandPolicy(*api.Policy)
	if err == nil {
		api.Policy = &policy
	}
	return err
}

// shownRestAPI is an API as answers show it: the quotes of the policy are
// escaped once more than JSON needs (a fact that Terraform's provider undoes).
// A change of the TLS policy takes AWS a while, which clients see in the
// status; here it is done at once.
func shownRestAPI(api *wire.RestAPI) *wire.RestAPI {
	out := *api
	if out.SecurityPolicy != nil {
		out.APIStatus = new("AVAILABLE")
	}
	if out.Policy != nil {
		out.Policy = new(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(*out.Policy))
	}
	return &out
}

// withTags gives an API the member tags that Get, Update and Put always show.
func withTags(api *wire.RestAPI) *wire.RestAPI {
	if api.Tags == nil {
		api.Tags = map[string]string{}
	}
	return api
}

// GetRestAPI reads one API.
func (s *Service) GetRestAPI(ctx context.Context, who *wire.Caller, in *wire.GetRestAPIRequest) (*wire.RestAPI, error) {
	return read(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.RestAPI, error) {
		api, err := t.restAPI()
		if err != nil {
			return nil, err
		}
		return withTags(shownRestAPI(&api.RestAPI)), nil
	})
}

// GetRestAPIs lists the caller's APIs.
func (s *Service) GetRestAPIs(ctx context.Context, who *wire.Caller, in *wire.GetRestAPIsRequest) (*wire.RestAPIs, error) {
	return read(ctx, s, who, "", func(t *tx) (*wire.RestAPIs, error) {
		items, position, err := page[wire.RestAPI](t, kindRestAPI, in.Position, in.Limit)
		for i := range items {
			items[i] = *shownRestAPI(&items[i])
		}
		return &wire.RestAPIs{Items: items, Position: position}, err
	})
}

// UpdateRestAPI patches an API. What is deployed stays as it is, but for the handshakes
// that clients may make.
func (s *Service) UpdateRestAPI(ctx context.Context, who *wire.Caller, in *wire.UpdateRestAPIRequest) (*wire.RestAPI, error) {
	return write(ctx, s, who, in.RestAPIID, func(t *tx) (*wire.RestAPI, error) {
		api, err := t.restAPI()
		if err != nil {
			return nil, err
		}
		before, policy := api.EndpointConfiguration.Types[0], api.Policy
		was := endpointStateOf(api.EndpointConfiguration, api.SecurityPolicy, api.EndpointAccessMode)
		if err := restAPIPatch.Apply(t, &api.RestAPI, in.PatchOperations); err != nil {
			return nil, err
		}
		if err := t.checkRestAPI(&api.RestAPI, policy); err != nil {
			return nil, err
		}
		if err := was.checkAPIMove(endpointStateOf(api.EndpointConfiguration, api.SecurityPolicy, api.EndpointAccessMode), in.PatchOperations); err != nil {
			return nil, err
		}
		if to := api.EndpointConfiguration.Types[0]; to != before {
			if err := t.checkMappedType(before); err != nil {
				return nil, err
			}
			if err := t.apiQuota(to); err != nil {
				return nil, err
			}
			api.EdgeChosen = choosesEdge(api.EndpointConfiguration)
		}
		if err := t.saveRestAPI(api); err != nil {
			return nil, err
		}
		return withTags(shownRestAPI(&api.RestAPI)), nil
	})
}

// DeleteRestAPI removes an API with everything below it, its stages and
// deployments included.
func (s *Service) DeleteRestAPI(ctx context.Context, who *wire.Caller, in *wire.DeleteRestAPIRequest) (*wire.Empty, error) {
	return writeBrieflyEmpty(ctx, s, who, in.RestAPIID, func(t *tx) error {
		if err := t.requireAPI(); err != nil {
			return err
		}
		if err := t.checkUnmapped("RestApi "+t.api, "RestApi", t.api+"/"); err != nil {
			return err
		}
		return t.removeAPI()
	})
}

// removeAPI deletes the API and what belongs to it, takes that out of what names
// it, such as usage plans, and ends its service.
func (t *tx) removeAPI() error {
	for _, k := range t.svc.kinds.tops(ofAPI) {
		if k.leave != nil {
			if err := k.leave(t, ""); err != nil {
				return err
			}
		}
		if err := t.removeAll(k.kind, ""); err != nil {
			return err
		}
	}
	return t.remove(kindRestAPI, t.api, t.errAPI())
}

// restAPIPatch is every path that UpdateRestApi takes.
var restAPIPatch = patchTable[wire.RestAPI]{
	Dialect: patch.Plain,
	Paths: []patchPath[wire.RestAPI]{
		{At: "/name", Replace: func(_ *tx, a *wire.RestAPI, op *patch.Op) error { a.Name = new(text(op.Value)); return nil }},
		{At: "/description", Add: setDescription, Replace: setDescription,
			Remove: func(_ *tx, a *wire.RestAPI, _ *patch.Op) error { a.Description = nil; return nil }},
		{At: "/version", Replace: setText(func(a *wire.RestAPI) **string { return &a.Version })},
		{At: "/policy", Replace: setText(func(a *wire.RestAPI) **string { return &a.Policy })},
		{At: "/apiKeySource", Replace: setText(func(a *wire.RestAPI) **string { return &a.APIKeySource })},
		{At: "/disableExecuteApiEndpoint", Replace: setBool(func(a *wire.RestAPI) **bool { return &a.DisableExecuteAPIEndpoint })},
		{At: "/minimumCompressionSize", Replace: setCompressionSize},
		{At: "/binaryMediaTypes/{type}", Add: addBinaryType, Replace: replaceBinaryType, Remove: removeBinaryType},
		{At: "/endpointConfiguration/types/{type}", Add: refuseEndpointOp, Replace: setEndpointType, Remove: refuseEndpointOp},
		{At: "/endpointConfiguration/ipAddressType", Replace: setIPAddressType},
		elements("/endpointConfiguration/vpcEndpointIds", func(a *wire.RestAPI) *[]string { return &a.EndpointConfiguration.VPCEndpointIDs }),
		{At: "/securityPolicy", Replace: setText(func(a *wire.RestAPI) **string { return &a.SecurityPolicy })},
		{At: "/endpointAccessMode", Replace: setText(func(a *wire.RestAPI) **string { return &a.EndpointAccessMode })},
	},
}

var setDescription = setText(func(a *wire.RestAPI) **string { return &a.Description })

// setCompressionSize takes a number of bytes; null and the empty string turn
// compression off.
func setCompressionSize(t *tx, a *wire.RestAPI, op *patch.Op) error {
	if text(op.Value) == "" {
		a.MinimumCompressionSize = nil
		return nil
	}
	return parseCompressionSize(t, a, op)
}

var parseCompressionSize = setInt(func(a *wire.RestAPI) **int32 { return &a.MinimumCompressionSize }, badCompressionSize)

// addBinaryType puts the media type of the path at the end; AWS gives no
// meaning to "-" (recorded).
func addBinaryType(_ *tx, a *wire.RestAPI, op *patch.Op) error {
	return patch.AddElement(&a.BinaryMediaTypes, op.Names[0], op)
}

// replaceBinaryType puts the value at the end and takes the path's type away.
func replaceBinaryType(_ *tx, a *wire.RestAPI, op *patch.Op) error {
	patch.RemoveElement(&a.BinaryMediaTypes, op.Names[0])
	return patch.AddElement(&a.BinaryMediaTypes, text(op.Value), op)
}

func removeBinaryType(_ *tx, a *wire.RestAPI, op *patch.Op) error {
	patch.RemoveElement(&a.BinaryMediaTypes, op.Names[0])
	return nil
}
