package control

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// An account that fills its place again and again leaves the others theirs.
func TestPlacesOfOneAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(placesAtOnce, 1)
		_, leave, err := p.enter(t.Context(), "greedy")
		if err != nil {
			t.Fatal(err)
		}
		refused := make(chan error)
		for range 20 {
			go func() {
				_, _, err := p.enter(t.Context(), "greedy")
				refused <- err
			}()
		}
		synctest.Wait()
		for i := range placesAtOnce - 1 {
			begun := time.Now()
			_, leave, err := p.enter(t.Context(), fmt.Sprint(i))
			if err != nil || time.Since(begun) > 0 {
				t.Fatalf("another waited for %v: %v", time.Since(begun), err)
			}
			defer leave()
		}
		begun := time.Now()
		var answer *wire.Error
		if _, _, err = p.enter(t.Context(), "late"); !errors.As(err, &answer) || answer.Status != 503 || answer.RetryAfter == 0 {
			t.Errorf("when all are taken: %v", err)
		}
		if took := time.Since(begun); took != placeWait {
			t.Errorf("it was told after %v", took)
		}
		for range 20 {
			if err := <-refused; !errors.As(err, &answer) || answer.Status != 429 || answer.RetryAfter == 0 {
				t.Errorf("beyond an account's own: %v", err)
			}
		}
		leave()
		_, leave, err = p.enter(t.Context(), "greedy")
		if err != nil {
			t.Fatal(err)
		}
		leave()
	})
}

// Accounts have their turns in the order of coming, however many calls each has.
func TestPlacesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(placesAtOnce, 1)
		var leaves []func()
		for i := range placesAtOnce {
			_, leave, err := p.enter(t.Context(), fmt.Sprint(i))
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		entered := make(chan string)
		for _, account := range []string{"a", "a", "a", "b"} {
			go func() {
				ctx, leave, err := p.enter(t.Context(), account)
				if err != nil {
					t.Error(err)
					return
				}
				entered <- account
				leave()
				if ctx.Err() == nil {
					t.Error("a place that was left has time")
				}
			}()
			synctest.Wait()
		}
		leaves[0]()
		got := ""
		for range 4 {
			got += <-entered
			synctest.Wait()
		}
		if got != "abaa" {
			t.Errorf("got %s", got)
		}
		for _, leave := range leaves[1:] {
			leave()
		}
		if len(p.accounts) > 0 || len(p.all) > 0 {
			t.Errorf("%d accounts and %d places are left", len(p.accounts), len(p.all))
		}
	})
}

func TestPlacesAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces(placesAtOnce, 1)
		ctx, leave, err := p.enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, _, err := p.enter(gone, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that has left: %v", err)
		}
		begun := time.Now()
		<-ctx.Done()
		if took := time.Since(begun); took != placeTime-time.Second {
			t.Errorf("whoever has a place has it for %v", took+time.Second)
		}
		leave()
		if len(p.accounts) > 0 || len(p.all) > 0 {
			t.Errorf("%d accounts and %d places are left", len(p.accounts), len(p.all))
		}
	})
}
