package control_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// held is how long others could not write while fn ran, at most, and how long fn
// took.
func (l *load) held(fn func()) (held, took time.Duration) {
	l.Helper()
	if before := l.store.Held(); before > 20*time.Millisecond {
		l.Logf("held for %v before", before)
	}
	begun := time.Now()
	fn()
	return l.store.Held(), time.Since(begun)
}

// manyPaths is a definition with n paths that have a method each.
func manyPaths(n int) string {
	var b strings.Builder
	b.WriteString(`{"swagger": "2.0", "info": {"title": "many", "version": "1"}, "paths": {`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"/path%d": {"get": {"responses": {"200": {"description": "d"}}, "x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}, "responses": {"default": {"statusCode": "200"}}}}}`, i)
	}
	b.WriteString("}}")
	return b.String()
}

// What takes long is done before its turn: others wait for a part of it alone.
func TestLongWritesHoldOthersBriefly(t *testing.T) {
	const resources = 2000
	for name, call := range map[string]func(l *load){
		"CreateDeployment": func(l *load) {
			l.call("POST", "/restapis/"+l.api+"/deployments", `{"stageName": "prod"}`, 201)
		},
		"CreateRestApi that clones": func(l *load) {
			l.call("POST", "/restapis", `{"name": "clone", "cloneFrom": "`+l.api+`"}`, 201)
		},
		"DeleteModel": func(l *load) { l.call("DELETE", "/restapis/"+l.api+"/models/Error", "", 202) },
		"ImportRestApi": func(l *load) {
			l.call("POST", "/restapis?mode=import", manyPaths(resources), 201)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoad(t, t.TempDir(), 1)
			if name != "ImportRestApi" {
				l.grow(resources)
				l.reopen()
			}
			held, took := l.held(func() { call(l) })
			t.Logf("others waited for %v of %v", held, took)
			if held > took/2 {
				t.Errorf("others waited for %v of the %v that the call took", held, took)
			}
		})
	}
}

// Nobody's other writes wait for a request with ever so many operations.
func TestPatchIsBounded(t *testing.T) {
	l := newLoad(t, "", 0)
	root := *must(l.GetRestAPI(ctx(), who, &wire.GetRestAPIRequest{RestAPIID: l.api}))(t).RootResourceID
	at := root
	var deepest string
	for range 1000 {
		r := must(l.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: l.api, ParentID: at, PathPart: "a"}))(t)
		at, deepest = *r.ID, *r.ID
	}
	moved := must(l.CreateResource(ctx(), who, &wire.CreateResourceRequest{RestAPIID: l.api, ParentID: root, PathPart: "b"}))(t)
	patch := func(n int) error {
		ops := make([]wire.PatchOperation, n)
		for i := range ops {
			ops[i] = wire.PatchOperation{Op: new("replace"), Path: new("/parentId"), Value: &deepest}
		}
		_, err := l.UpdateResource(ctx(), who, &wire.UpdateResourceRequest{RestAPIID: l.api, ResourceID: *moved.ID, PatchOperations: ops})
		return err
	}
	var answer *wire.Error
	if err := patch(10_001); !errors.As(err, &answer) || answer.Message != "Invalid patchOperations specified: it cannot have more than 10000 members" {
		t.Errorf("10001 operations: got %v", err)
	}
	few := allocated(func() {
		if err := patch(10); err != nil {
			t.Error(err)
		}
	})
	many := allocated(func() {
		if err := patch(1000); err != nil {
			t.Error(err)
		}
	})
	if each := many / 1000; each > few {
		t.Errorf("an operation of a thousand takes %d bytes, ten took %d", each, few)
	}
}
