package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
	"github.com/gatehouse-gw/gatehouse/internal/template"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A templated API is one of a template.
type templated struct {
	code  *templateCode
	name  string       // logical id; "" for the first API, until it is known
	stage template.API // what the template said last of its stage
	set   []wire.PatchOperation
}

// templateAPI is the id of an API of a template that is not at the root.
func templateAPI(logicalID string) string { return devAPI + "-" + apiID(logicalID) }

func (d *described) templateOptions() template.Options {
	o := templateOptions(d.server.config(), d.refs, d.template.code.root)
	o.Read.Upstream = d.upstream
	return o
}

// templateOptions are how templates are evaluated under a configuration. root is the API at
// the root, by its logical id; "" stands for the first. It has the id of each API that is
// alone in its file.
func templateOptions(c *config, refs refScope, root string) template.Options {
	parameters, _ := c.parameters() // checked when loaded
	id := func(number int, logicalID string) string {
		if logicalID == root || root == "" && number == 0 {
			return devAPI
		}
		return templateAPI(logicalID)
	}
	return template.Options{
		Read:       openapi.Options{AccountID: c.Account, Partition: "aws", Region: c.Region, MaxSize: devSize, RefRoot: refs.root, RefRule: refs.rule},
		Parameters: parameters, APIID: id, KeyValue: madeKey,
	}
}

// keySalt makes the keys of one run unlike those of another.
var keySalt = rand.Text()

// madeKey is the value of an API key that a template leaves to the service: the same for
// the whole run.
func madeKey(logicalID string) string {
	sum := sha256.Sum256([]byte(keySalt + logicalID))
	return hex.EncodeToString(sum[:20])
}

// load reads the definition of the API, which may be in a template.
func (d *described) load() (*openapi.API, []string, error) {
	if d.template == nil {
		return openapi.Load(d.file, openapi.Options{
			APIID: d.api, AccountID: d.who.Account, Partition: "aws", Region: d.who.Region,
			Lenient: true, Upstream: d.upstream, MaxSize: devSize, RefRoot: d.refs.root, RefRule: d.refs.rule,
		})
	}
	t, files, err := template.Load(d.file, d.templateOptions())
	if err != nil {
		return nil, files, err
	}
	for i := range t.APIs {
		if api := &t.APIs[i]; api.LogicalID == d.template.name || i == 0 && d.template.name == "" {
			d.template.stage = *api
			def := api.Definition
			if d.api == devAPI {
				own := slices.DeleteFunc(def.Findings, func(f openapi.Finding) bool { return slices.Contains(t.Findings, f) })
				def.Findings = slices.Concat(t.Findings, d.template.code.findings, own)
			}
			if api.Stage != d.stage && api.Stage != "" {
				def.Findings = append(def.Findings, d.about(openapi.Warning, "the stage %s of %s is served as %s: start gatehouse dev again to serve it by its name", brief(api.Stage), api.LogicalID, d.stage))
			}
			return def, files, nil
		}
	}
	return nil, files, &openapi.InputError{Findings: d.missing(t)}
}

// missing is what there is to say of a template that does not have the API.
func (d *described) missing(t *template.Template) []openapi.Finding {
	gone := d.about(openapi.Error, "the template has no REST API %s any more", d.template.name)
	switch {
	case d.api != devAPI: // the one at the root tells the rest
		return []openapi.Finding{gone}
	case len(t.APIs) == 0:
		return append(t.Findings, d.about(openapi.Error, "the template has no REST API (AWS::Serverless::Api, an event of type Api, or AWS::ApiGateway::RestApi)"))
	}
	found := []openapi.Finding{gone}
	for i := range t.APIs { // which are not served as long as it is not known which there are
		for _, f := range mistakes(t.APIs[i].Definition) {
			if !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	return found
}

// about is a finding about the file as a whole.
func (d *described) about(severity openapi.Severity, format string, args ...any) openapi.Finding {
	return openapi.Finding{Severity: severity, Concern: openapi.Serving, Position: openapi.Position{File: d.file}, Text: fmt.Sprintf(format, args...)}
}

// stageVariables are those of the configuration over those of the template, nil for none.
func (d *described) stageVariables() map[string]string {
	if d.template == nil || len(d.template.stage.Variables) == 0 {
		return d.variables
	}
	out := maps.Clone(d.template.stage.Variables)
	maps.Copy(out, d.variables)
	return out
}

// setStage gives the stage the settings that the template has for it, in place of those
// that it had before. What is wrong with one is a finding.
func (d *described) setStage(ctx context.Context, def *openapi.API) {
	if d.template == nil || reflect.DeepEqual(d.template.set, d.template.stage.Settings) {
		return
	}
	var operations []wire.PatchOperation
	dropped := make(map[string]bool)
	for _, op := range d.template.set {
		if of := path.Dir(path.Dir(*op.Path)); of != "/" && !dropped[of] { // of methods: /resource/VERB/setting/name
			dropped[of] = true
			operations = append(operations, wire.PatchOperation{Op: new("remove"), Path: &of})
		}
		if *op.Path == "/cacheClusterEnabled" || *op.Path == "/tracingEnabled" {
			operations = append(operations, wire.PatchOperation{Op: new("replace"), Path: op.Path, Value: new("false")})
		}
	}
	d.template.set = d.template.stage.Settings
	d.allowLogs(ctx)
	for _, op := range append(operations, d.template.set...) {
		_, err := d.server.control.UpdateStage(ctx, d.who, &wire.UpdateStageRequest{RestAPIID: d.api, StageName: d.stage, PatchOperations: []wire.PatchOperation{op}})
		if err != nil {
			def.Findings = append(def.Findings, d.about(openapi.Warning, "the stage's setting %s has no effect: %s", *op.Path, plainAnswer(err)))
		}
	}
}

// allowLogs gives the account the role that the service wants before a stage may be logged, where
// the template has a stage logged. It is of the account and not of the template at AWS.
func (d *described) allowLogs(ctx context.Context) {
	logged := func(op wire.PatchOperation) bool { return strings.Contains(*op.Path, "/logging/") }
	account, err := d.server.control.GetAccount(ctx, d.who, &wire.GetAccountRequest{})
	if err != nil || account.CloudwatchRoleARN != nil || !slices.ContainsFunc(d.template.set, logged) {
		return
	}
	role := "arn:aws:iam::" + d.who.Account + ":role/gatehouse-dev"
	_, _ = d.server.control.UpdateAccount(ctx, d.who, &wire.UpdateAccountRequest{PatchOperations: []wire.PatchOperation{
		{Op: new("replace"), Path: new("/cloudwatchRoleArn"), Value: &role},
	}}) // the stage's settings tell what is wrong
}

// parameters are the values of the parameters of templates, nil for none.
func (c *config) parameters() (map[string]string, error) { return namedValues(c.Parameter) }

func checkParameters(c *config) error {
	_, err := c.parameters()
	return err
}

// errNoTemplate is why serve takes no template.
var errNoTemplate = errors.New("is a template of CloudFormation or SAM, which gatehouse dev serves: serve takes the definition of an API. " +
	"GetExport of a running dev writes that (aws apigateway get-export --rest-api-id dev --export-type oas30 --parameters extensions=apigateway …)")

// refuseTemplate refuses a template where a definition is wanted.
func refuseTemplate(file string) error {
	if isTemplate(file) {
		return fmt.Errorf("%s %w", file, errNoTemplate)
	}
	return nil
}

// isTemplate reports whether a file is a template, and false where it cannot be read, which
// its reader tells.
func isTemplate(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	data, err := openapi.ReadFile(file, openapi.Options{MaxSize: devSize})
	return err == nil && template.Is(data)
}
