package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestChartIsRendered sees that what tools/chart has rendered with Helm is of the chart as
// it is, without Helm, which takes minutes to compile.
func TestChartIsRendered(t *testing.T) {
	t.Parallel()
	digest := sha256.New()
	for _, dir := range []string{"../../deploy/helm/gatehouse", "../../tools/chart/testdata"} {
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
	want, err := os.ReadFile("../../tools/chart/testdata/digest")
	if err != nil || fmt.Sprintf("%x\n", digest.Sum(nil)) != string(want) {
		t.Errorf("deploy/helm or tools/chart/testdata has changed since it was rendered: make chart (%v)", err)
	}
}

// TestChartConfigures reads the configurations that the chart makes, as the server does.
func TestChartConfigures(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]config{
		"default": {Listen: "127.0.0.1:4566", DataDir: "/data"},
		"nodes":   {Listen: "0.0.0.0:4566", DataDir: "/data", Credentials: "/etc/gatehouse/credentials/credentials.yaml"},
		"full":    {Listen: "0.0.0.0:4566", DataDir: "/data", GatewayTLSListen: "0.0.0.0:8443", Credentials: "/etc/gatehouse/credentials/credentials.yaml"},
	} {
		text, err := os.ReadFile("../../tools/chart/testdata/" + name + ".golden.yaml")
		if err != nil {
			t.Fatal(err)
		}
		var object struct {
			Kind string
			Data map[string]string
		}
		objects := yaml.NewDecoder(bytes.NewReader(text))
		if err := objects.Decode(&object); err != nil || object.Kind != "ConfigMap" {
			t.Fatalf("%s: the first object is a %s, %v", name, object.Kind, err)
		}
		if name == "nodes" { // the second is of the role gateway
			second := object
			second.Data = nil
			if err := objects.Decode(&second); err != nil || second.Kind != "ConfigMap" {
				t.Fatalf("%s: the second object is a %s, %v", name, second.Kind, err)
			}
			checkConfiguration(t, name, second.Data["gatehouse.yaml"])
		}
		c := checkConfiguration(t, name, object.Data["gatehouse.yaml"])
		if got := (config{Listen: c.Listen, DataDir: c.DataDir, GatewayTLSListen: c.GatewayTLSListen, Credentials: c.Credentials}); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// checkConfiguration reads a configuration, with the database that nodes have from their
// environment.
func checkConfiguration(t *testing.T, name, text string) config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gatehouse.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := defaults()
	if err := c.readFile(file); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
	if c.Role != "" {
		c.Database = "postgres://gatehouse@db/gatehouse"
	}
	if err := c.check(inServe); err != nil {
		t.Errorf("%s: %v\n%s", name, err, text)
	}
	return c
}
