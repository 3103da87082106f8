package control

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/export"
	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// exportType is what a published answer of GetExport says that its body is, whatever
// format the body has.
const exportType = "application/octet-stream"

// GetExport writes what a stage serves, and the documentation that it publishes, as an
// OpenAPI document. A canary's deployment is not part of it.
func (s *Service) GetExport(ctx context.Context, who *wire.Caller, in *wire.GetExportRequest) (*wire.ExportResponse, error) {
	o, err := exportOptions(in)
	if err != nil {
		return nil, err
	}
	ctx, leave, err := s.long.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	src, body, err := s.export(ctx, who, in.RestAPIID, in.StageName, o)
	if err != nil {
		return nil, err
	}
	return &wire.ExportResponse{ContentType: new(exportType), ContentDisposition: new(attachment(o, src)), Body: body}, nil
}

// DescribeStage returns what those who call a stage may know of it: the export in JSON as
// OpenAPI 3.0, without extensions and so without what is behind the API. It waits for none of the
// places of long calls and takes none: who asks bounds how many are made at once.
func (s *Service) DescribeStage(ctx context.Context, who *wire.Caller, api, stage string) ([]byte, error) {
	_, body, err := s.export(ctx, who, api, stage, export.Options{Format: export.OpenAPI30})
	return body, err
}

// export writes what a stage serves.
func (s *Service) export(ctx context.Context, who *wire.Caller, api, stage string, o export.Options) (*export.Source, []byte, error) {
	src, err := read(ctx, s, who, api, func(t *tx) (*export.Source, error) { return t.exported(stage) })
	if err != nil {
		return nil, nil, err
	}
	var memory httpmsg.Charge
	memory.Open(s.trees)
	defer memory.Release()
	if memory.Take(export.TreeSize(src)) != nil {
		return nil, nil, errTrees()
	}
	o.Stop = ctx.Err
	body, err := export.Document(src, o)
	if err != nil && ctx.Err() != nil {
		return nil, nil, tookTooLong(ctx.Err())
	}
	return src, body, err
}

// exportOptions is how a request wants its document. The words of the refusals are a
// guess. A client that accepts neither format gets JSON: some send what their library
// sends for all operations.
func exportOptions(in *wire.GetExportRequest) (o export.Options, err error) {
	switch o.Format = export.Format(in.ExportType); o.Format {
	case export.Swagger, export.OpenAPI30:
	default:
		return o, wire.BadRequest("Invalid export type specified: %s. Valid options are oas30,swagger", wire.Truncated(in.ExportType))
	}
	if err := checkParameters(in.Parameters, "extensions"); err != nil {
		return o, err
	}
	if o.Extensions, err = export.ParseExtensions(in.Parameters["extensions"]); err != nil {
		return o, wire.BadRequest("Invalid extensions specified: %s. Valid options are %s", wire.Truncated(in.Parameters["extensions"]), export.ExtensionNames)
	}
	o.YAML = prefersYAML(text(in.Accepts))
	return o, nil
}

// prefersYAML reports whether the header Accept wants YAML more than JSON, or names it first
// of the two where it wants them alike. A range, such as */*, is JSON's where YAML is wanted
// less.
func prefersYAML(accept string) bool {
	yaml, json := 0.0, 0.0 // the weights of the two
	first := ""
	for entry := range strings.SplitSeq(accept, ",") {
		mediaType, parameters, _ := strings.Cut(entry, ";")
		mediaType = strings.ToLower(strings.TrimSpace(mediaType))
		weight := quality(parameters)
		switch mediaType {
		case "application/yaml":
			yaml = max(yaml, weight)
		case "application/json":
			json = max(json, weight)
		case "*/*", "application/*":
			json = max(json, weight)
			continue
		default:
			continue
		}
		first = cmp.Or(first, mediaType)
	}
	return yaml > json || yaml == json && yaml > 0 && first == "application/yaml"
}

// quality is the weight among the parameters of a media type in the header Accept: 1 where
// it says none, or none that can be read.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && strings.EqualFold(strings.TrimSpace(name), "q") && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}

// attachment is the file name that a client may save a document under: its format and
// when the API was made, as in a published answer.
func attachment(o export.Options, src *export.Source) string {
	suffix := "json"
	if o.YAML {
		suffix = "yaml"
	}
	var made time.Time
	if src.RestAPI.CreatedDate != nil {
		made = src.RestAPI.CreatedDate.Time()
	}
	return fmt.Sprintf(`attachment; filename="%s_%s.%s"`, o.Format, made.Format(time.RFC3339), suffix)
}

// exported reads what a stage serves: its deployment's source, not the API as it is
// edited, and the version of the documentation that it names.
func (t *tx) exported(name string) (*export.Source, error) {
	st, err := t.stage(name)
	if err != nil {
		return nil, err
	}
	src, err := t.deploymentSource(*st.DeploymentID)
	if err != nil {
		return nil, err
	}
	out := &export.Source{
		Host: executeAPIHost(text(src.RestAPI.ID), t.who.Region), Stage: name, RestAPI: src.RestAPI, Resources: src.Resources, Models: src.Models,
		Validators: src.Validators, Authorizers: src.Authorizers, GatewayResponses: src.GatewayResponses,
	}
	out.Documentation, err = t.publishedDocumentation(text(st.DocumentationVersion))
	return out, err
}

// publishedDocumentation reads a version with its parts, nil for none.
func (t *tx) publishedDocumentation(version string) (*export.Documentation, error) {
	if version == "" {
		return nil, nil
	}
	v, err := t.documentationVersion(version)
	if err != nil {
		return nil, err
	}
	src, err := load[documentationSource](t, kindDocumentationSource, version, errDocumentationVersion())
	if err != nil {
		return nil, err
	}
	return &export.Documentation{Version: *v, Parts: src.Parts}, nil
}
