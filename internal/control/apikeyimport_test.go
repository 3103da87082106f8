package control_test

import (
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-gw/gatehouse/internal/control"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// A key of which the file does not say clearly whether it is enabled is disabled, and
// the answer says so; who fails on warnings gets none of the keys.
func TestImportUnclearKey(t *testing.T) {
	st, err := store.Open(ctx(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s := control.New(control.Options{Store: st, Log: slog.New(slog.DiscardHandler)})
	body := []byte("key,name,enabled,colour\nfirst-0123456789-0123456789-01,a,true,red\nsecond-0123456789-0123456789-0,b,yess,\n")
	if _, err := s.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Body: body, FailOnWarnings: new(true)}); err == nil {
		t.Error("keys are imported in spite of the warning")
	}
	out := must(s.ImportAPIKeys(ctx(), who, &wire.ImportAPIKeysRequest{Body: body}))(t)
	if d := cmp.Diff([]string{"Record 2: 'enabled' is neither true nor false. The API Key is disabled"}, out.Warnings); d != "" {
		t.Error("-want +got", d)
	}
	if len(out.IDs) != 2 {
		t.Fatalf("%d keys are imported, want 2", len(out.IDs))
	}
	for i, enabled := range []bool{true, false} {
		if k := must(s.GetAPIKey(ctx(), who, &wire.GetAPIKeyRequest{APIKey: out.IDs[i]}))(t); *k.Enabled != enabled {
			t.Errorf("key %d: enabled is %v, want %v", i+1, *k.Enabled, enabled)
		}
	}
}
