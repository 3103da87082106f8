package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// storedShapes is what documents of each kind are made of.
func storedShapes() map[kind]any {
	return map[kind]any{
		kindTenant: new(struct{}), kindAPIOwner: new(entry), kindChild: new(entry),
		kindAccount: new(accountDoc), kindRestAPI: new(restAPI), kindVPCLink: new(vpcLink), kindClientCertificate: new(clientCertificate),
		kindResource: new(wire.Resource), kindMethod: new(wire.Method), kindMethodResponse: new(wire.MethodResponse),
		kindIntegrationResponse: new(wire.IntegrationResponse), kindModel: new(wire.Model), kindValidator: new(wire.RequestValidator),
		kindAuthorizer: new(wire.Authorizer), kindGatewayResponse: new(wire.GatewayResponse), kindDeployment: new(wire.Deployment), kindDeploymentSource: new(source), kindStage: new(stage),
		kindAPIKey: new(wire.APIKey), kindUsagePlan: new(wire.UsagePlan), kindUsagePlanKey: new(planKey),
		kindDomainName: new(wire.DomainName), kindTruststore: new(truststoreDoc), kindBasePathMapping: new(basePathMapping), kindRoutingRule: new(routingRule), kindRulePriority: new(entry), kindRuleStage: new(entry), kindDomainOwner: new(entry), kindMappingStage: new(entry),
		kindAccessAssociation: new(accessAssociation), kindDomainCertificate: new(uploadedCertificate), kindSealedWith: new(entry), kindPrivateDomain: new(entry), kindDomainAssociation: new(entry), kindAssociationSource: new(entry),
		kindDocumentationPart: new(wire.DocumentationPart), kindDocumentationVersion: new(wire.DocumentationVersion), kindDocumentationSource: new(documentationSource),
		kindDocumentationPlace: new(entry), kindAPIKeyValue: new(entry), kindKeyStage: new(entry), kindKeyPlan: new(entry), kindPlanStage: new(entry),
	}
}

// servedShapes is what rows of each kind are made of.
func servedShapes() map[string]any {
	return map[string]any{
		snapshot.ServedDeployment: new(snapshot.Deployment), snapshot.ServedStage: new(snapshot.Stage), snapshot.ServedAccount: new(snapshot.Account),
		snapshot.ServedVPCLink: new(snapshot.VPCLink), snapshot.ServedClientCertificate: new(snapshot.ClientCertificate),
		snapshot.ServedAPIKey: new(snapshot.APIKey), snapshot.ServedUsagePlan: new(snapshot.UsagePlan), snapshot.ServedUsagePlanKey: new(snapshot.UsagePlanKey),
		snapshot.ServedDomainName: new(snapshot.DomainName), snapshot.ServedBasePathMapping: new(snapshot.BasePathMapping), snapshot.ServedRoutingRule: new(snapshot.RoutingRule),
		snapshot.ServedDomainCertificate: new(snapshot.DomainCertificate), snapshot.ServedAccessAssociation: new(snapshot.AccessAssociation),
	}
}

// full sets all that a value has: texts to a letter, numbers to one, and each list
// and map to one element.
func full(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			full(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		full(v.Index(0))
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		full(element)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("k").Convert(v.Type().Key()), element)
	case reflect.String:
		v.SetString("s")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	default:
		panic("a stored shape has a " + v.Type().String())
	}
}

// formFile has what is stored of a shape all of whose members are set. A file
// stays as it is once a version has been released.
func formFile(what, name string, format int) string {
	return filepath.Join("testdata", "forms", fmt.Sprintf("%s-%s.%d.json", what, name, format))
}

// checkForm compares what is stored of a full shape with its file, and what is
// read from that with what it says. FORMS=write writes the file.
func checkForm(t *testing.T, file string, shape any, encode func(any) ([]byte, error), decode func([]byte, any) error) {
	t.Helper()
	full(reflect.ValueOf(shape).Elem())
	is, err := encode(shape)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("FORMS") == "write" {
		if err := os.WriteFile(file, append(is, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if was = bytes.TrimSuffix(was, []byte("\n")); !bytes.Equal(was, is) {
		t.Errorf("%s: the form has changed. A change that an older program would misread, or that has to be made to what is stored, "+
			"needs a new number (form.go; snapshot.Format). For a member that an older program may pass over, FORMS=write go test writes the file again.\nwas %s\nis  %s", file, was, is)
	}
	read := reflect.New(reflect.TypeOf(shape).Elem()).Interface()
	if err := decode(was, read); err != nil {
		t.Fatalf("%s cannot be read: %v", file, err)
	}
	if again, err := encode(read); !bytes.Equal(again, was) || err != nil {
		t.Errorf("%s: read and written it is %v\n%s", file, err, again)
	}
}

// Nobody changes the form of what is stored without noticing, and documents and
// rows of each form that there was can be read.
func TestForms(t *testing.T) {
	kinds, shapes := newKindSet(kindTable()), storedShapes()
	for _, k := range kinds.byName {
		if shapes[k.kind] == nil {
			t.Errorf("what is %s made of?", k.kind)
			continue
		}
		encode := func(v any) ([]byte, error) {
			doc, err := k.encode("id", v)
			if bytes.HasPrefix(doc, []byte(formMember)) != (k.version() > 1) {
				t.Errorf("%s is stored as %s, which begins as the number of a form", k.kind, doc)
			}
			return doc, err
		}
		decode := func(doc []byte, out any) error { return k.decode("id", doc, out) }
		checkForm(t, formFile("document", string(k.kind), k.version()), shapes[k.kind], encode, decode)
		for form := 1; form < k.version(); form++ {
			doc, err := os.ReadFile(formFile("document", string(k.kind), form))
			if err != nil {
				t.Error(err)
			} else if err := decode(doc, shapes[k.kind]); err != nil {
				t.Error(err)
			}
		}
	}
	served := servedShapes()
	for _, k := range kinds.all {
		if k.served != nil && served[k.served.name] == nil {
			t.Errorf("what is served as %s made of?", k.served.name)
		}
	}
	for name, shape := range served {
		encode := func(v any) ([]byte, error) {
			if d, ok := v.(*snapshot.Deployment); ok {
				d.Format = snapshot.DeploymentFormat
			}
			return snapshot.Encode(name, v)
		}
		checkForm(t, formFile("row", name, snapshot.Format(name)), shape, encode, func(data []byte, out any) error {
			if format, err := snapshot.FormatOf(name, data); format != snapshot.Format(name) || err != nil {
				t.Errorf("the row of %s has format %d, %v", name, format, err)
			}
			return json.Unmarshal(data, out)
		})
		if kinds.servedAs(name) == nil {
			t.Errorf("nothing is served as %s", name)
		}
	}
}

// upgraded is the table of kinds of a later version, in which a model's schema
// is called otherwise and a stage has a form that nothing can be made of.
func upgraded() []kindInfo {
	table := kindTable()
	for i := range table {
		switch table[i].kind {
		case kindModel:
			table[i].upgrades = []upgrade{func(doc []byte) ([]byte, error) {
				return bytes.Replace(doc, []byte(`"schema":`), []byte(`"description":`), 1), nil
			}, func(doc []byte) ([]byte, error) {
				return bytes.Replace(doc, []byte(`"name":"`), []byte(`"name":"New`), 1), nil
			}}
		case kindStage:
			table[i].upgrades = []upgrade{func([]byte) ([]byte, error) { return nil, errors.New("it makes no sense") }}
		}
	}
	return table
}

// A later version reads documents of each older form, in every way in which
// documents are read, and writes the current one, which an older version refuses.
func TestDocumentsOfOtherForms(t *testing.T) {
	s, who, api := newService(t)
	ctx := t.Context()
	put := func(k kind, id, doc string) {
		t.Helper()
		if _, err := writeEmpty(ctx, s, who, api, func(t *tx) error { return t.Put(t.key(k, id), []byte(doc)) }); err != nil {
			t.Fatal(err)
		}
	}
	const id = `"id":"abc123","name":"M","contentType":"application/json"`
	put(kindModel, "M", `{`+id+`,"schema":"{}"}`)
	put(kindModel, "N", strings.Replace(`{"format":2,`+id+`,"description":"{}"}`, `"M"`, `"N"`, 1))
	put(kindStage, "prod", `{"stageName":"prod","deploymentId":"d"}`)
	put(kindStage, "new", `{"format":2,"stageName":"new","deploymentId":7}`)

	later := *s
	later.kinds = newKindSet(upgraded())
	names := func(s *Service) (map[string]string, error) {
		models, err := s.GetModels(ctx, who, &wire.GetModelsRequest{RestAPIID: api})
		if err != nil {
			return nil, err
		}
		out := make(map[string]string)
		for _, m := range models.Items {
			out[*m.Name] = text(m.Description)
		}
		return out, nil
	}
	if got, err := names(&later); err != nil || got["NewM"] != "{}" || got["NewN"] != "{}" {
		t.Errorf("listed: %v, %v", slices.Sorted(maps.Keys(got)), err)
	}
	if _, err := names(s); !errors.Is(err, store.ErrNewer) {
		t.Errorf("the older version lists newer documents: %v", err)
	}
	if _, err := s.GetModel(ctx, who, &wire.GetModelRequest{RestAPIID: api, ModelName: "N"}); !errors.Is(err, store.ErrNewer) ||
		!strings.Contains(err.Error(), "read model N: it has form 2, of which this version knows 1: written by a newer version") {
		t.Errorf("the older version reads a newer document: %v", err)
	}
	if _, err := s.GetStage(ctx, who, &wire.GetStageRequest{RestAPIID: api, StageName: "new"}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("a newer document of another shape: %v", err)
	}
	if _, err := later.GetStage(ctx, who, &wire.GetStageRequest{RestAPIID: api, StageName: "prod"}); err == nil || !strings.Contains(err.Error(), "upgrade stage prod from form 1: it makes no sense") {
		t.Errorf("an upgrade that fails: %v", err)
	}

	change := &wire.UpdateModelRequest{RestAPIID: api, ModelName: "Empty", PatchOperations: []wire.PatchOperation{{Op: new("replace"), Path: new("/schema"), Value: new(`{"type": "object"}`)}}}
	if _, err := later.UpdateModel(ctx, who, change); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetModel(ctx, who, &wire.GetModelRequest{RestAPIID: api, ModelName: "Empty"}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("the older version reads what the later one wrote: %v", err)
	}
	m, err := later.GetModel(ctx, who, &wire.GetModelRequest{RestAPIID: api, ModelName: "Empty"})
	if err != nil || *m.Name != "NewEmpty" || text(m.Schema) != `{"type": "object"}` {
		t.Errorf("the later version reads what it wrote: %v, %v", m, err)
	}
}
