package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/policy"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// ImportRestAPI makes an API from an OpenAPI definition.
func (s *Service) ImportRestAPI(ctx context.Context, who *wire.Caller, in *wire.ImportRestAPIRequest) (*wire.RestAPI, error) {
	ctx, leave, err := s.long.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	var memory httpmsg.Charge
	memory.Open(s.trees)
	defer memory.Release()
	id := newID(apiIDLength)
	def, err := parseDefinition(ctx, who, id, in.Body, in.Parameters, &memory)
	if err != nil {
		return nil, err
	}
	endpoint := &wire.EndpointConfiguration{}
	if v := in.Parameters["endpointConfigurationTypes"]; v != "" {
		endpoint.Types = strings.Split(v, ",")
	}
	if err := s.throttle.NewAPI(who, endpoint); err != nil {
		return nil, err
	}
	out, err := writeBy(ctx, s, s.store.WriteAhead, who, "", func(t *tx) (*wire.RestAPI, error) {
		return t.of(id).importNew(def, endpoint, isTrue(in.FailOnWarnings))
	})
	if err == nil {
		s.logImport(ctx, *out.ID, def)
	}
	return out, err
}

// importNew stores an API made from a definition under its new id.
func (t *tx) importNew(def *openapi.API, endpoint *wire.EndpointConfiguration, failOnWarnings bool) (*wire.RestAPI, error) {
	if def.RestAPI.Name == nil {
		return nil, wire.BadRequest("Invalid OpenAPI input.")
	}
	edge := choosesEdge(endpoint)
	endpoint, err := newEndpointConfiguration(endpoint)
	if err != nil {
		return nil, err
	}
	api := &restAPI{EdgeChosen: edge, RestAPI: wire.RestAPI{
		ID: &t.api, Name: def.RestAPI.Name, EndpointConfiguration: endpoint,
		APIKeySource: new("HEADER"), DisableExecuteAPIEndpoint: new(false),
	}}
	if _, err := t.addRestAPI(api); err != nil {
		return nil, err
	}
	if err := t.addRoot(&api.RestAPI); err != nil {
		return nil, err
	}
	out, err := t.applyDefinition(api, def, false, failOnWarnings)
	if err == nil {
		out.Tags = nil
	}
	return out, err
}

// PutRestAPI lays an OpenAPI definition over an API: merged into it, or in its
// place. Unlike AWS's it is all or nothing.
func (s *Service) PutRestAPI(ctx context.Context, who *wire.Caller, in *wire.PutRestAPIRequest) (*wire.RestAPI, error) {
	ctx, leave, err := s.long.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	var memory httpmsg.Charge
	memory.Open(s.trees)
	defer memory.Release()
	def, err := parseDefinition(ctx, who, in.RestAPIID, in.Body, in.Parameters, &memory)
	if err != nil {
		return nil, err
	}
	out, err := s.putDefinition(ctx, s.store.WriteAhead, who, in.RestAPIID, def, text(in.Mode) == "overwrite", isTrue(in.FailOnWarnings))
	if err != nil {
		return nil, err
	}
	s.logImport(ctx, in.RestAPIID, def)
	if kind := in.Parameters["endpointConfigurationTypes"]; kind != "" && !slices.Equal(out.EndpointConfiguration.Types, strings.Split(kind, ",")) {
		out.Warnings = append(out.Warnings, "Ignored endpointConfigurationTypes: an import over an API leaves its endpoint type as it is")
	}
	return out, nil
}

// PutDefinition is PutRestAPI with a definition that has been read already. What
// of it is ignored is the caller's to log.
func (s *Service) PutDefinition(ctx context.Context, who *wire.Caller, id string, def *openapi.API, overwrite, failOnWarnings bool) (*wire.RestAPI, error) {
	return s.putDefinition(ctx, s.ahead, who, id, def, overwrite, failOnWarnings)
}

func (s *Service) putDefinition(ctx context.Context, run writer, who *wire.Caller, id string, def *openapi.API, overwrite, failOnWarnings bool) (*wire.RestAPI, error) {
	return writeBy(ctx, s, run, who, id, func(t *tx) (*wire.RestAPI, error) {
		api, err := t.restAPI()
		if err != nil {
			return nil, err
		}
		return t.applyDefinition(api, def, overwrite, failOnWarnings)
	})
}

// errTrees refuses what would take the trees of definitions beyond treeBytes.
func errTrees() error {
	return wire.ServiceUnavailable("The server holds as much of definitions as it may")
}

// treeBytes is how much memory the trees of the definitions may take that are
// imported or exported at one time: a usual definition's of 6 MB takes 70 MB, that of the
// largest number of values 150 MB, in YAML 350 MB while it is read.
const treeBytes = 512 << 20

// parseDefinition reads the body of an import under the request's parameters. The
// caller has a place: of a few megabytes it may make some hundred.
func parseDefinition(ctx context.Context, who *wire.Caller, id string, body []byte, params map[string]string, memory *httpmsg.Charge) (*openapi.API, error) {
	o := optionsFor(ctx, who, id, memory)
	if err := readImportParameters(params, &o); err != nil {
		return nil, err
	}
	return readDefinition(ctx, openapi.Parse, body, o)
}

// readImportParameters reads the documented parameters of an import. The words of the
// refusals are a guess.
func readImportParameters(params map[string]string, o *openapi.Options) error {
	if err := checkParameters(params, "basepath", "endpointConfigurationTypes", "ignore"); err != nil {
		return err
	}
	var ok bool
	if o.BasePath, ok = openapi.ParseBasePath(params["basepath"]); !ok {
		return wire.BadRequest("Invalid basepath specified: %s. Valid options are ignore,prepend,split", wire.Truncated(params["basepath"]))
	}
	switch ignored := params["ignore"]; ignored {
	case "documentation", "":
		o.IgnoreDocumentation = ignored != ""
	default:
		return wire.BadRequest("Invalid ignore specified: %s. Valid options are documentation", wire.Truncated(ignored))
	}
	for kind := range strings.SplitSeq(params["endpointConfigurationTypes"], ",") {
		if kind != "" && !slices.Contains(endpointTypes, kind) {
			return errEndpointType()
		}
	}
	return nil
}

// checkParameters refuses a parameter that is none of those known, because what it asks
// for would not be done. What AWS does with one is not known.
func checkParameters(given map[string]string, known ...string) error {
	for _, name := range sortedKeys(given) {
		if !slices.Contains(known, name) {
			return wire.BadRequest("Invalid parameter specified: %s. Valid parameters are %s", wire.Truncated(name), strings.Join(known, ","))
		}
	}
	return nil
}

// optionsFor is how the definition of an API is read for a caller, until ctx ends.
func optionsFor(ctx context.Context, who *wire.Caller, id string, memory *httpmsg.Charge) openapi.Options {
	return openapi.Options{APIID: id, AccountID: who.Account, Partition: policy.Partition(who.Region), Region: who.Region, Stop: ctx.Err, Memory: memory}
}

// readDefinition reads a body with one of package openapi's readers, whose errors it
// makes answers.
func readDefinition(ctx context.Context, parse func([]byte, openapi.Options) (*openapi.API, error), body []byte, o openapi.Options) (*openapi.API, error) {
	def, err := parse(body, o)
	if errors.Is(err, httpmsg.ErrBudget) {
		return nil, errTrees()
	}
	if err != nil && ctx.Err() != nil {
		return nil, tookTooLong(ctx.Err())
	}
	if err != nil {
		return nil, wire.BadRequest("%s", err.Error())
	}
	return def, nil
}

// importWarnings is what the answer to an import tells: AWS's warnings, and then what
// AWS leaves out of the API without a word, such as security at the top of the
// document. The parameter failonwarnings is about AWS's warnings alone.
func importWarnings(def *openapi.API) []string {
	all := slices.Clone(def.Warnings)
	for _, f := range def.Findings {
		if f.Severity == openapi.Dropped {
			all = append(all, "Ignored "+f.Path+": "+f.Text)
		}
	}
	return boundWarnings(all)
}

// boundWarnings is the first maxWarnings warnings, or as many as maxWarningBytes has
// room for, and one that says how many more there are.
func boundWarnings(all []string) []string {
	bytes := 0
	for i, warning := range all {
		if bytes += len(warning); i == maxWarnings || bytes > maxWarningBytes {
			return append(all[:i:i], fmt.Sprintf("… and %d more", len(all)-i))
		}
	}
	return all
}

const (
	maxWarnings     = 500
	maxWarningBytes = 64 << 10
)

// maxLogged is how many findings of one import are logged one by one.
const maxLogged = 20

// logImport logs what the answer to an import tells, of most concern first.
func (s *Service) logImport(ctx context.Context, api string, def *openapi.API) {
	findings := slices.SortedStableFunc(slices.Values(def.Findings), func(a, b openapi.Finding) int { return cmp.Compare(b.Concern, a.Concern) })
	for _, f := range findings[:min(len(findings), maxLogged)] {
		s.log.WarnContext(ctx, "import finding", "severity", f.Severity.String(), "api", api, "at", f.Path, "position", f.Position.String(), "text", f.Text)
	}
	if more := len(findings) - maxLogged; more > 0 {
		s.log.WarnContext(ctx, "import findings not logged", "api", api, "more", more)
	}
}

// A DefinitionError is the answer to a definition that cannot be applied,
// which it wraps, with each thing that is wrong and its place.
type DefinitionError struct {
	answer   error
	Findings []openapi.Finding
}

// Error returns the answer's text.
func (e *DefinitionError) Error() string { return e.answer.Error() }

// Unwrap returns the answer, a *wire.Error.
func (e *DefinitionError) Unwrap() error { return e.answer }
