package control

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-gw/gatehouse/internal/store"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// Beyond the places of listings that may be large an account's next are told to
// come again, while its other calls and others' listings are answered at once.
func TestStormOfListings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(t.Context(), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		s := New(Options{Store: st})
		one, other := &wire.Caller{Account: "111111111111", Region: "us-east-1"}, &wire.Caller{Account: "222222222222", Region: "us-east-1"}
		apis := make(map[*wire.Caller]string)
		for _, who := range []*wire.Caller{one, other} {
			api, err := s.CreateRestAPI(t.Context(), who, &wire.CreateRestAPIRequest{Name: "a"})
			if err != nil {
				t.Fatal(err)
			}
			apis[who] = *api.ID
		}
		listings := map[string]func(*wire.Caller) error{
			"methods": func(who *wire.Caller) error {
				_, err := s.GetResources(t.Context(), who, &wire.GetResourcesRequest{RestAPIID: apis[who], Embed: []string{"methods"}})
				return err
			},
			"models": func(who *wire.Caller) error {
				_, err := s.GetModels(t.Context(), who, &wire.GetModelsRequest{RestAPIID: apis[who]})
				return err
			},
			"gateway responses": func(who *wire.Caller) error {
				_, err := s.GetGatewayResponses(t.Context(), who, &wire.GetGatewayResponsesRequest{RestAPIID: apis[who]})
				return err
			},
		}
		for range ownPages {
			_, leave, err := s.pages.enter(t.Context(), one.Account)
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
		}
		for name, list := range listings {
			var answer *wire.Error
			if err := list(one); !errors.As(err, &answer) || answer.Status != 429 || answer.RetryAfter == 0 {
				t.Errorf("%s: %v", name, err)
			}
			if err := list(other); err != nil {
				t.Errorf("another's %s: %v", name, err)
			}
		}
		if _, err := s.GetResources(t.Context(), one, &wire.GetResourcesRequest{RestAPIID: apis[one]}); err != nil {
			t.Errorf("resources alone: %v", err)
		}
	})
}
