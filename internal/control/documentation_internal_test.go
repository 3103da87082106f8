package control

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A version has the parts as they were when it was made, whatever becomes of them,
// and they go with it.
func TestVersionsAreSnapshots(t *testing.T) {
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	s, ctx, who := New(Options{Store: st}), context.Background(), &wire.Caller{Account: "1", Region: "r"}
	do := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	api, err := s.CreateRestAPI(ctx, who, &wire.CreateRestAPIRequest{Name: "a"})
	do(api, err)
	var want []wire.DocumentationPart
	for _, name := range []string{"b", "a"} {
		p, err := s.CreateDocumentationPart(ctx, who, &wire.CreateDocumentationPartRequest{
			RestAPIID: *api.ID, Location: &wire.DocumentationPartLocation{Type: "MODEL", Name: &name}, Properties: "{}",
		})
		do(p, err)
		want = append(want, *p)
	}
	do(s.CreateDocumentationVersion(ctx, who, &wire.CreateDocumentationVersionRequest{RestAPIID: *api.ID, DocumentationVersion: "1"}))
	do(s.UpdateDocumentationPart(ctx, who, &wire.UpdateDocumentationPartRequest{RestAPIID: *api.ID, DocumentationPartID: *want[0].ID, PatchOperations: []wire.PatchOperation{
		{Op: new("replace"), Path: new("/properties"), Value: new(`{"new":1}`)}}}))
	do(s.DeleteDocumentationPart(ctx, who, &wire.DeleteDocumentationPartRequest{RestAPIID: *api.ID, DocumentationPartID: *want[1].ID}))

	frozen := func() *documentationSource {
		out, err := read(ctx, s, who, *api.ID, func(t *tx) (*documentationSource, error) {
			return load[documentationSource](t, kindDocumentationSource, "1", nil)
		})
		do(out, err)
		return out
	}
	if d := cmp.Diff(&documentationSource{Parts: want}, frozen()); d != "" {
		t.Error("-want +got", d)
	}
	do(s.DeleteDocumentationVersion(ctx, who, &wire.DeleteDocumentationVersionRequest{RestAPIID: *api.ID, DocumentationVersion: "1"}))
	if got := frozen(); got != nil {
		t.Errorf("what a version froze is still there: %v", got)
	}
}
