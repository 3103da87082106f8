package records

import (
	"context"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
	"github.com/gatehouse-gw/gatehouse/internal/store"
)

// What a write publishes is served when it returns, and a reset takes it back.
func TestPublish(t *testing.T) {
	ctx := context.Background()
	st, err := store.Open(ctx, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var waited []store.Revision
	r := New(Options{Store: st, Applied: func(_ context.Context, _ store.Scope, rev store.Revision) error {
		waited = append(waited, rev)
		return nil
	}})
	const arn = "arn:aws:iam::111122223333:role/a"
	kind := Kind[struct{}]{Name: "thing"}
	err = r.Write(ctx, "111122223333", "", func(tx *Tx) error {
		if err := kind.Put(tx, "a", new(struct{})); err != nil {
			return err
		}
		return tx.Publish(snapshot.ServedRole, arn, &snapshot.Role{ARN: arn})
	})
	if err == nil {
		err = r.Write(ctx, "111122223333", "", func(tx *Tx) error { return kind.Put(tx, "b", new(struct{})) })
	}
	if err != nil || len(waited) != 1 {
		t.Fatalf("waited %d times: %v", len(waited), err)
	}
	if err := r.Reset(ctx); err != nil || len(waited) != 2 {
		t.Fatalf("waited %d times: %v", len(waited), err)
	}
	if rows, _, err := st.AllServed(ctx); err != nil || len(rows) != 0 {
		t.Errorf("%d rows are served after a reset: %v", len(rows), err)
	}
}
