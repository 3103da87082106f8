package template

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-gw/gatehouse/internal/openapi"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata/*.txtar")

func options(parameters map[string]string) Options {
	return Options{
		Read:       openapi.Options{AccountID: "000000000000", Partition: "aws", Region: "us-east-1"},
		Parameters: parameters,
		APIID:      func(_ int, name string) string { return strings.ToLower(name) },
		KeyValue:   func(name string) string { return "key-of-" + strings.Repeat(name, 3) },
	}
}

// TestCorpus evaluates the templates of testdata: archives of templates, of files beside
// them and, for each template NAME.yaml or NAME.json, of NAME.want, which is what comes of
// it: the APIs with their stages, routes, integrations and what protects them, the
// functions, and what is told.
func TestCorpus(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	sam, cdk := 0, 0
	for _, name := range archives {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := extract(t, a)
		wants := make(map[string]string)
		for _, f := range a.Files {
			if of, ok := strings.CutSuffix(f.Name, ".want"); ok {
				wants[of] = string(f.Data)
			}
		}
		var out []txtar.File
		for _, f := range a.Files {
			if !strings.HasSuffix(f.Name, ".want") {
				out = append(out, f)
			}
			of := strings.TrimSuffix(f.Name, filepath.Ext(f.Name))
			if strings.HasSuffix(f.Name, ".want") || !Is(f.Data) {
				continue
			}
			if bytes.Contains(f.Data, []byte("AWS::Serverless-2016-10-31")) {
				sam++
			} else {
				cdk++
			}
			t.Run(of, func(t *testing.T) {
				got := evaluated(t, filepath.Join(dir, f.Name), dir)
				out = append(out, txtar.File{Name: of + ".want", Data: []byte(got)})
				if !*update && got != wants[of] {
					t.Errorf("%s: got\n%s\nwant\n%s", name, got, wants[of])
				}
			})
		}
		if *update {
			if err := os.WriteFile(name, txtar.Format(&txtar.Archive{Comment: a.Comment, Files: out}), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if sam < 60 || cdk < 20 {
		t.Errorf("%d templates of SAM, %d of cdk", sam, cdk)
	}
}

// extract writes an archive into a directory.
func extract(t testing.TB, a *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range a.Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// evaluated is what a template comes to, as text.
func evaluated(t testing.TB, file, dir string) string {
	t.Helper()
	made, _, err := Load(file, options(nil))
	var b strings.Builder
	if err != nil {
		fmt.Fprintln(&b, "error:", err)
		return b.String()
	}
	for i := range made.APIs {
		writeAPI(&b, &made.APIs[i])
	}
	for _, f := range made.Functions {
		fmt.Fprintf(&b, "function %s %s %s %s%s\n", f.LogicalID, f.Runtime, f.Handler, f.Dir, sorted(f.Variables, " %s=%s"))
	}
	writeFindings(&b, made.Findings)
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), dir+"/", ""), dir, ".")
}

func writeAPI(b *strings.Builder, api *API) {
	def := api.Definition
	fmt.Fprintf(b, "api %s stage %s%s\n", api.LogicalID, cmp.Or(api.Stage, "-"), sorted(api.Variables, " %s=%s"))
	for _, r := range def.Resources {
		for i := range r.Methods {
			fmt.Fprintf(b, "  %s\n", routeText(r.Path, &r.Methods[i]))
		}
	}
	for _, a := range def.Authorizers {
		fmt.Fprintf(b, "  authorizer %s %s %s%s%s\n", *a.Name, *a.Type, said(a.IdentitySource), short(a.AuthorizerURI), strings.Join(a.ProviderARNs, " "))
	}
	for _, m := range def.Models {
		if *m.Name != "Empty" && *m.Name != "Error" {
			fmt.Fprintf(b, "  model %s %s\n", *m.Name, *m.Schema)
		}
	}
	for _, g := range def.GatewayResponses {
		fmt.Fprintf(b, "  response %s %s%s\n", *g.ResponseType, said(g.StatusCode), sorted(g.ResponseParameters, " %s=%s"))
	}
	for _, p := range def.UsagePlans {
		fmt.Fprintf(b, "  plan %s %v\n", p.Name, p.Keys)
	}
	for _, s := range api.Settings {
		fmt.Fprintf(b, "  setting %s %s\n", *s.Path, *s.Value)
	}
	if e := def.RestAPI.EndpointConfiguration; e != nil {
		fmt.Fprintf(b, "  endpoint %v %v\n", e.Types, e.VPCEndpointIDs)
	}
	if p := def.RestAPI.Policy; p != nil {
		fmt.Fprintf(b, "  policy %s\n", *p)
	}
	if len(def.RestAPI.BinaryMediaTypes) > 0 {
		fmt.Fprintf(b, "  binary %v\n", def.RestAPI.BinaryMediaTypes)
	}
	writeFindings(b, def.Findings)
}

func routeText(path string, m *openapi.Method) string {
	text := *m.HTTPMethod + " " + path
	if in := m.MethodIntegration; in != nil {
		text += " " + said(in.Type) + short(in.URI) + sorted(in.RequestParameters, " %s=%s")
		if m.Mocked {
			text += " from examples"
		}
	}
	if *m.AuthorizationType != "NONE" {
		text += " [" + *m.AuthorizationType + " " + m.Authorizer + strings.Join(m.AuthorizationScopes, " ") + "]"
	}
	if m.APIKeyRequired != nil && *m.APIKeyRequired {
		text += " [key]"
	}
	if m.RequestValidator != "" {
		text += " [" + m.RequestValidator + "]"
	}
	return text
}

func writeFindings(b *strings.Builder, findings []openapi.Finding) {
	for _, f := range findings {
		fmt.Fprintln(b, " ", f)
	}
}

// short is the function or the service of a URI, or the URI.
func short(uri *string) string {
	if uri == nil {
		return ""
	}
	_, function, ok := strings.Cut(*uri, "/functions/")
	if !ok {
		return " " + *uri
	}
	return " " + strings.TrimSuffix(function, "/invocations")
}

func said(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

func sorted(values map[string]string, format string) string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text += fmt.Sprintf(format, name, values[name])
	}
	return text
}
