package chart

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files")

// render is helm template: the chart's files with the values of a file, or its own.
func render(t *testing.T, values map[string]any) (map[string]string, error) {
	t.Helper()
	c, err := loader.LoadDir("../../deploy/helm/gatehouse")
	if err != nil {
		t.Fatal(err)
	}
	options := chartutil.ReleaseOptions{Name: "shop", Namespace: "gateways", IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

func valuesOf(t *testing.T, text string) map[string]any {
	t.Helper()
	values := make(map[string]any)
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

// nodes are values by which nodes share a database.
const nodes = `
database: {existingSecret: gateway-database}
config: {log-format: json, access-log-format: json, wait-for-nodes: 2s, valkey: "redis://valkey:6379"}
apis:
  orders: {definition: '{"openapi": "3.0.1", "info": {"title": "orders", "version": "1"}, "paths": {}}'}
controlPlane: {expose: true}
credentials: {existingSecret: gateway-credentials}
secretsKey: {existingSecret: gateway-secrets}
tls: {existingSecret: gateway-tls}
gateways: {replicas: 5}
`

// TestChart renders the chart with its own values and with all that there are, and
// compares the objects with files, which cmd/gatehouse reads the configuration of.
func TestChart(t *testing.T) {
	full, err := os.ReadFile("testdata/full.values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range map[string]string{"default": "", "full": string(full), "nodes": nodes} {
		t.Run(name, func(t *testing.T) {
			files, err := render(t, valuesOf(t, values))
			if err != nil {
				t.Fatal(err)
			}
			var all bytes.Buffer
			for _, file := range slices.Sorted(maps.Keys(files)) {
				text := strings.TrimSpace(files[file])
				if text == "" || strings.HasSuffix(file, "NOTES.txt") || strings.HasSuffix(file, ".tpl") {
					continue
				}
				for _, object := range strings.Split(text, "\n---\n") {
					if object = strings.TrimSpace(strings.TrimPrefix(object, "---")); object != "" {
						checkObject(t, object)
					}
				}
				fmt.Fprintf(&all, "---\n# Source: %s\n%s\n", file, text)
			}
			golden := filepath.Join("testdata", name+".golden.yaml")
			if *update {
				if err := os.WriteFile(golden, all.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || !bytes.Equal(all.Bytes(), want) {
				t.Errorf("the chart is rendered otherwise than in %s (go -C tools/chart test . -update writes it; error %v):\n%s", golden, err, all.String())
			}
		})
	}
}

// checkObject reads an object as Kubernetes does, which knows all of its members.
func checkObject(t *testing.T, text string) {
	t.Helper()
	var kind struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	into, ok := map[string]any{
		"v1 ConfigMap": new(core.ConfigMap), "v1 Secret": new(core.Secret), "v1 Service": new(core.Service), "v1 ServiceAccount": new(core.ServiceAccount),
		"apps/v1 StatefulSet": new(apps.StatefulSet), "apps/v1 Deployment": new(apps.Deployment), "policy/v1 PodDisruptionBudget": new(policy.PodDisruptionBudget), "networking.k8s.io/v1 Ingress": new(networking.Ingress), "networking.k8s.io/v1 NetworkPolicy": new(networking.NetworkPolicy),
	}[kind.APIVersion+" "+kind.Kind]
	if !ok {
		t.Fatalf("there is no %+v", kind)
	}
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Errorf("%s: %v\n%s", kind.Kind, err, text)
	}
}

// TestDigest keeps the digest of the chart and of what it was rendered to, by which a
// test of cmd/gatehouse sees, without Helm, that somebody has changed one alone.
func TestDigest(t *testing.T) {
	digest := sha256.New()
	for _, dir := range []string{"../../deploy/helm/gatehouse", "testdata"} {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == "digest" {
				return err
			}
			data, err := os.ReadFile(name)
			inside, _ := filepath.Rel(dir, name)
			fmt.Fprintf(digest, "%s %d\n%s", filepath.ToSlash(inside), len(data), data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	got := fmt.Sprintf("%x\n", digest.Sum(nil))
	if *update {
		if err := os.WriteFile("testdata/digest", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile("testdata/digest"); err != nil || string(want) != got {
		t.Errorf("testdata/digest has %s, not %s (error %v)", want, got, err)
	}
}

// TestRefusedValues has values that cannot act refused by name.
func TestRefusedValues(t *testing.T) {
	for values, says := range map[string]string{
		"replicas: 3":                  "replicas",
		"image: {tags: x}":             "tags",
		"controlPlane: {expose: true}": "controlPlane.expose needs credentials",
		"{database: {existingSecret: a}, credentials: {existingSecret: b}}": "database with credentials needs secretsKey",
		"config: {listen: '0.0.0.0:1'}":                                     "config: listen is the chart's to set",
		"apis: {orders: {stage: prod}}":                                     "definition",
		"apis: {gatehouse: {definition: x}}":                                "gatehouse", // the file of the configuration
		"apis: {openapi: {definition: x}}":                                  "openapi",   // whose API would have the directory's name
		"apis: {orders-: {definition: x}}":                                  "orders-",   // whose API would be orders
		"apis: {orders: {definition: x, basePath: a}}":                      "basePath",
		"service: {port: 70000}":                                            "/service/port",
		"persistence: {enabled: false, accessMode: Any}":                    "accessMode",
	} {
		if _, err := render(t, valuesOf(t, values)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error with %q", values, err, says)
		}
	}
}
