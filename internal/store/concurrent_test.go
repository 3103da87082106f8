package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/pgtest"
)

// Transfers between accounts go on while reads sum all accounts up, until the
// store is closed under all of them.
func TestConcurrent(t *testing.T) {
	for name, o := range map[string]Options{"memory": {}, "disk": {Dir: t.TempDir()}, "postgres": {URL: pgtest.Schema(t)}} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, o)
			const accounts, each = 20, 100
			mustWrite(t, s, func(tx *Tx) error {
				for i := range accounts {
					if err := put(key(fmt.Sprint(i)), fmt.Sprint(each))(tx); err != nil {
						return err
					}
				}
				return nil
			})
			var transfers, sums atomic.Int64
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for {
						rev, err := s.Write(context.Background(), Scope{}, transfer(rand.IntN(accounts), rand.IntN(accounts)))
						if errors.Is(err, ErrClosed) {
							return
						}
						if err == nil && rev == 0 || err != nil && !errors.Is(err, errOverdrawn) {
							t.Errorf("got %d, %v", rev, err)
						}
						if err != nil {
							continue
						}
						if n := transfers.Add(1); n == 200 {
							go s.Close()
						}
						// A read that begins after a write sees it.
						if err := s.Read(context.Background(), func(tx *Tx) error {
							if last, _, err := tx.view.last(tx.ctx); last < rev {
								t.Errorf("got revision %d, %v after %d", last, err, rev)
							}
							return nil
						}); err != nil && !errors.Is(err, ErrClosed) {
							t.Error(err)
						}
					}
				})
			}
			for range 4 {
				all.Go(func() {
					for {
						sum, err := total(s)
						if errors.Is(err, ErrClosed) {
							return
						}
						if sum != accounts*each || err != nil {
							t.Errorf("got a sum of %d, %v", sum, err)
						}
						sums.Add(1)
					}
				})
			}
			all.Wait()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			t.Logf("%d transfers, %d sums", transfers.Load(), sums.Load())
			if name == "memory" {
				return
			}
			s = mustOpen(t, o)
			defer s.Close()
			if sum, err := total(s); sum != accounts*each || err != nil {
				t.Errorf("opened again: got a sum of %d, %v", sum, err)
			}
			if r := s.Revision(); r != Revision(transfers.Load()) {
				t.Errorf("opened again: got revision %d, want %d", r, transfers.Load())
			}
		})
	}
}

var errOverdrawn = errors.New("overdrawn")

// transfer moves 30 from one account to another, and notices only after it has
// paid out that there was too little.
func transfer(from, to int) func(*Tx) error {
	add := func(tx *Tx, account, amount int) error {
		k := key(strconv.Itoa(account))
		doc, err := tx.Get(k)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(doc))
		if err != nil {
			return err
		}
		if err := tx.Put(k, []byte(strconv.Itoa(n+amount))); err != nil {
			return err
		}
		if n+amount < 0 {
			return errOverdrawn
		}
		return nil
	}
	return func(tx *Tx) error {
		return errors.Join(add(tx, from, -30), add(tx, to, 30), tx.Publish(Served{Kind: "transfer"}))
	}
}

func total(s *Store) (sum int, err error) {
	err = s.Read(context.Background(), func(tx *Tx) error {
		rows, err := tx.List("111122223333", "us-east-1", "stage", "api", "", Limit{})
		for _, row := range rows {
			n, _ := strconv.Atoi(string(row.Doc))
			sum += n
		}
		return err
	})
	return sum, err
}
