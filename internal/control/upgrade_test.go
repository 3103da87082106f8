package control_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// testdata/schema1.db is a database of the schema in which a method was one
// document with its responses, and schema1.json what GetMethod answered then.
func TestDatabaseOfSchema1(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "gatehouse.db"), readFile(t, "testdata/schema1.db"), 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(ctx(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	s := control.New(control.Options{Store: st})
	who := &wire.Caller{Account: control.UnknownAccount, Region: "us-east-1"}
	apis := must(s.GetRestAPIs(ctx(), who, &wire.GetRestAPIsRequest{}))(t)
	api, root := *apis.Items[0].ID, *apis.Items[0].RootResourceID

	m := must(s.GetMethod(ctx(), who, &wire.GetMethodRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET"}))(t)
	var was wire.Method
	if err := json.Unmarshal(readFile(t, "testdata/schema1.json"), &was); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&was, m); d != "" {
		t.Error("the method -then +now", d)
	}
	response := &wire.PutMethodResponseRequest{RestAPIID: api, ResourceID: root, HTTPMethod: "GET", StatusCode: "404"}
	if _, err := s.PutMethodResponse(ctx(), who, response); err == nil {
		t.Error("a second response for a status code was taken")
	}
	response.HTTPMethod = "POST"
	must(s.PutMethodResponse(ctx(), who, response))(t)
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
