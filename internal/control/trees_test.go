package control

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/httpmsg"
	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An import whose tree there is no memory for is refused, smaller ones are not,
// and what a tree took is there again when its call is over.
func TestMemoryOfDefinitions(t *testing.T) {
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s := New(Options{Store: st})
	s.trees = httpmsg.NewBudget(8 << 20)
	who := &wire.Caller{Account: "000000000000", Region: "us-east-1"}
	head := `{"openapi":"3.0.1","info":{"title":"t","version":"1"},"paths":{},"x":[{}`
	small := []byte(head + strings.Repeat(",{}", 1000) + "]}")
	large := []byte(head + strings.Repeat(",{}", 100_000) + "]}")
	for range 3 {
		var answer *wire.Error
		_, err := s.ImportRestAPI(t.Context(), who, &wire.ImportRestAPIRequest{Body: large})
		if !errors.As(err, &answer) || answer.Status != 503 || answer.RetryAfter == 0 {
			t.Fatalf("a large one: %v", err)
		}
		api, err := s.ImportRestAPI(t.Context(), who, &wire.ImportRestAPIRequest{Body: small})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutRestAPI(t.Context(), who, &wire.PutRestAPIRequest{RestAPIID: *api.ID, Body: large}); !errors.As(err, &answer) || answer.Status != 503 {
			t.Fatalf("a large one over another: %v", err)
		}
	}
	if held := s.trees.Used(); held != 0 {
		t.Errorf("%d bytes are held in the end", held)
	}
}
