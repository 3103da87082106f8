package authz

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/oidctest"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A source is an issuer whose answers take a second of a bubble's time.
type source struct {
	mu      sync.Mutex
	keys    []byte
	err     error
	hangs   bool
	fetched atomic.Int32
}

func (s *source) set(err error, keys ...*oidctest.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.keys = err, oidctest.Set(keys...)
}

func (s *source) fetch(ctx context.Context, _ string, _ int) ([]byte, error) {
	s.fetched.Add(1)
	s.mu.Lock()
	keys, err, hangs := s.keys, s.err, s.hangs
	s.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	time.Sleep(time.Second)
	return keys, err
}

// wants fails unless keys were fetched so often.
func (s *source) wants(t *testing.T, n int32) {
	t.Helper()
	if got := s.fetched.Load(); got != n {
		t.Errorf("keys were fetched %d times, want %d", got, n)
	}
}

const poolIssuer = "https://login.example.com"

// bubble runs a test over a pool whose keys are those of a source; the clock is its own.
func bubble(t *testing.T, keys *source, test func(t *testing.T, u *UserPools)) {
	synctest.Test(t, func(t *testing.T) {
		pools := NewPools(PoolOptions{Fetch: keys.fetch})
		defer pools.Close()
		pools.Configure(&PoolSettings{Issuers: []PoolIssuer{{ARN: "*", Issuer: poolIssuer, Keys: poolIssuer + "/keys"}}})
		a, err := NewUserPoolAuthorizer(&snapshot.Authorizer{Type: "COGNITO_USER_POOLS", ProviderARNs: []string{benchARN}})
		if err != nil {
			t.Fatal(err)
		}
		test(t, a.Bind(pools))
	})
}

// call verifies a token of a key, and returns what came of it and how long it took.
func call(u *UserPools, k *oidctest.Key, jti string) (string, time.Duration) {
	begin := time.Now()
	token := k.Token(oidctest.Claims(poolIssuer, map[string]any{"jti": jti}))
	_, err := u.Verify(&TokenRequest{Values: []string{token}, Now: time.Now(), Until: time.Now().Add(29 * time.Second)})
	return outcome(err), time.Since(begin)
}

func outcome(err error) string {
	var r *Refusal
	switch {
	case err == nil:
		return "in"
	case !errors.As(err, &r):
		return err.Error()
	case r.Kind == Unauthorized:
		return r.Message
	}
	return fmt.Sprint("kind ", int(r.Kind), " ", r.Message)
}

var unreachableKind = fmt.Sprint("kind ", int(AuthorizerConfig), " ")

// Calls that wait for the first keys wait for one fetch.
func TestOneFetchForManyCalls(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	keys := new(source)
	keys.set(nil, k)
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if got, took := call(u, k, fmt.Sprint(i)); got != "in" || took != time.Second {
					t.Errorf("%s after %s", got, took)
				}
			})
		}
		wg.Wait()
		keys.wants(t, 1)
	})
}

// A token that is kept uses its keys as one that is verified does: they go on being
// refreshed, one that was taken away lets it in no more, and none that cannot be refreshed
// does so for longer than a day.
func TestKeptTokenAndItsKeys(t *testing.T) {
	before, after := oidctest.RSA("k1", "RS256"), oidctest.OtherRSA("k2", "RS256")
	for name, change := range map[string]struct {
		err  error
		keys *oidctest.Key
		at   time.Duration
		want string
	}{
		"another key":           {nil, after, 3 * idleAfter, "Unauthorized"},
		"an issuer that is up":  {nil, before, 3 * idleAfter, "in"},
		"one that is not":       {errors.New("down"), before, longestStale / 2, "in"},
		"for longer than a day": {errors.New("down"), before, longestStale + 10*time.Minute, unreachableKind},
	} {
		t.Run(name, func(t *testing.T) {
			keys := new(source)
			keys.set(nil, before)
			bubble(t, keys, func(t *testing.T, u *UserPools) {
				token := before.Token(oidctest.Claims(poolIssuer, map[string]any{"exp": time.Now().Add(3 * longestStale).Unix()}))
				ask := func() string {
					_, err := u.Verify(&TokenRequest{Values: []string{token}, Now: time.Now(), Until: time.Now().Add(29 * time.Second)})
					return outcome(err)
				}
				for begin := time.Now(); time.Since(begin) < 2*idleAfter; time.Sleep(time.Minute) {
					if got := ask(); got != "in" {
						t.Fatal(got)
					}
				}
				keys.set(change.err, change.keys)
				got := ""
				for begin := time.Now(); time.Since(begin) < change.at; time.Sleep(10 * time.Minute) {
					got = ask()
				}
				if got != change.want {
					t.Errorf("got %s, want %s", got, change.want)
				}
			})
		})
	}
}

// Keys are refreshed while calls come, no call waits for that, and one that was taken
// away verifies nothing any more, nor lets what was kept of its tokens.
func TestRefresh(t *testing.T) {
	before, after := oidctest.RSA("k1", "RS256"), oidctest.OtherRSA("k2", "RS256")
	keys := new(source)
	keys.set(nil, before)
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		if got, _ := call(u, before, "a"); got != "in" {
			t.Fatal(got)
		}
		keys.set(nil, after)
		for range 9 {
			time.Sleep(time.Minute)
			if got, took := call(u, before, "a"); got != "in" || took > 0 {
				t.Fatalf("%s after %s", got, took)
			}
		}
		keys.wants(t, 1)
		time.Sleep(2 * time.Minute)
		keys.wants(t, 2)
		if got, took := call(u, after, "b"); got != "in" || took > 0 {
			t.Errorf("the new key: %s after %s", got, took)
		}
		if got, _ := call(u, before, "a"); got != "Unauthorized" {
			t.Errorf("the old key: %s", got)
		}
	})
}

// A token of an unknown kid has the keys fetched, once a minute, and calls of known ones
// do not wait for it.
func TestUnknownKid(t *testing.T) {
	known, rotated, unknown := oidctest.RSA("k1", "RS256"), oidctest.OtherRSA("k2", "RS256"), oidctest.OtherRSA("k3", "RS256")
	keys := new(source)
	keys.set(nil, known)
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		if got, _ := call(u, known, "a"); got != "in" {
			t.Fatal(got)
		}
		keys.set(nil, known, rotated)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if got, took := call(u, rotated, "b"); got != "in" || took != time.Second {
				t.Errorf("the new key: %s after %s", got, took)
			}
		}()
		synctest.Wait()
		if got, took := call(u, known, "c"); got != "in" || took > 0 {
			t.Errorf("meanwhile: %s after %s", got, took)
		}
		<-done
		keys.wants(t, 2)
		for i := range 1000 {
			if got, took := call(u, unknown, fmt.Sprint(i)); got != "Unauthorized" || took > 0 {
				t.Fatalf("%s after %s", got, took)
			}
		}
		keys.wants(t, 2)
		time.Sleep(time.Minute)
		if got, _ := call(u, unknown, "d"); got != "Unauthorized" {
			t.Error(got)
		}
		keys.wants(t, 3)
	})
}

// While the issuer is down the last keys stay, for a day.
func TestLastKnownGood(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	keys := new(source)
	keys.set(nil, k)
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		if got, _ := call(u, k, "a"); got != "in" {
			t.Fatal(got)
		}
		keys.set(errors.New("connection refused"), k)
		for hour := range 24 {
			time.Sleep(59 * time.Minute)
			if got, took := call(u, k, fmt.Sprint(hour)); got != "in" || took > 0 {
				t.Fatalf("after %d hours: %s after %s", hour, got, took)
			}
		}
		time.Sleep(30 * time.Minute)
		if got, _ := call(u, k, "b"); got != unreachableKind {
			t.Errorf("after a day: %s", got)
		}
		keys.set(nil, k)
		time.Sleep(retryEvery + 2*time.Second)
		if got, took := call(u, k, "c"); got != "in" || took > 0 {
			t.Errorf("when it is back: %s after %s", got, took)
		}
	})
}

// A pool whose keys were never fetched lets nobody in; its issuer is asked again at
// times, and not by each call.
func TestNeverFetched(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	keys := new(source)
	keys.set(errors.New("connection refused"), k)
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		for i := range 100 {
			if got, _ := call(u, k, fmt.Sprint(i)); got != unreachableKind {
				t.Fatal(got)
			}
		}
		keys.wants(t, 1)
		keys.set(nil, k)
		time.Sleep(retryFirst)
		if got, _ := call(u, k, "a"); got != "in" {
			t.Error(got)
		}
		keys.wants(t, 2)
	})
}

// An issuer that does not answer holds a call for as long as a fetch may take, and no
// longer than the call itself may.
func TestHangingIssuer(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	keys := &source{hangs: true}
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		if got, took := call(u, k, "a"); got != unreachableKind || took > fetchTime {
			t.Errorf("%s after %s", got, took)
		}
		time.Sleep(retryFirst)
		begin := time.Now()
		_, err := u.Verify(&TokenRequest{Values: []string{k.Token(oidctest.Claims(poolIssuer, nil))}, Now: begin, Until: begin.Add(time.Second)})
		if got, took := outcome(err), time.Since(begin); got != unreachableKind || took != time.Second {
			t.Errorf("%s after %s", got, took)
		}
	})
}

// Keys that nobody has used for a while are not fetched any more, and are fetched before
// they are used again.
func TestIdlePool(t *testing.T) {
	old, fresh := oidctest.RSA("k1", "RS256"), oidctest.OtherRSA("k2", "RS256")
	keys := new(source)
	keys.set(nil, old)
	bubble(t, keys, func(t *testing.T, u *UserPools) {
		if got, _ := call(u, old, "a"); got != "in" {
			t.Fatal(got)
		}
		time.Sleep(3 * idleAfter)
		n := keys.fetched.Load()
		if most := int32(idleAfter/refreshEvery) + 2; n > most {
			t.Errorf("%d fetches for nobody", n)
		}
		keys.set(nil, fresh)
		if got, _ := call(u, old, "b"); got != "Unauthorized" {
			t.Errorf("a key that was taken away meanwhile: %s", got)
		}
		if got, _ := call(u, fresh, "c"); got != "in" {
			t.Error(got)
		}
	})
}

// What an issuer answers in place of keys changes nothing of what is known.
func TestWrongKeySets(t *testing.T) {
	k := oidctest.RSA("k1", "RS256")
	many := make([]*oidctest.Key, maxKeys+1)
	for i := range many {
		many[i] = oidctest.RSA(fmt.Sprint("k", i), "RS256")
	}
	weak := oidctest.NewRSA("k1", "RS256", 1024)
	secret := oidctest.RSA("k1", "RS256")
	secret.Members = map[string]any{"d": "AQAB"}
	tests := map[string]string{
		"nothing": "", "HTML": "<html>", "a list": "[]", "no keys": `{}`, "an empty list": `{"keys":[]}`, "keys that are no list": `{"keys":{}}`,
		"a key that is no object": `{"keys":[1]}`, "keys twice": `{"keys":[],"keys":[]}`, "cut short": string(oidctest.Set(k))[:100],
		"text behind it": string(oidctest.Set(k)) + "x", "deep": `{"keys":[{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}]}`,
		"a flood of keys": string(oidctest.Set(many...)), "too long": string(oidctest.Set(k)) + strings.Repeat(" ", MaxKeySet), "a weak key alone": string(oidctest.Set(weak)),
		"a private key alone": string(oidctest.Set(secret)), "a secret alone": `{"keys":[{"kty":"oct","kid":"k1","k":"AAAA"}]}`,
		"a point that is on no curve": `{"keys":[{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}]}`,
		"an even exponent":            `{"keys":[{"kty":"RSA","n":"` + fmt.Sprint(oidctest.RSA("", "RS256").JWK()["n"]) + `","e":"Ag"}]}`,
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := parseKeySet([]byte(text), nil); err == nil {
				t.Fatal("it is taken")
			}
			keys := new(source)
			keys.set(nil, k)
			bubble(t, keys, func(t *testing.T, u *UserPools) {
				if got, _ := call(u, k, "a"); got != "in" {
					t.Fatal(got)
				}
				keys.mu.Lock()
				keys.keys = []byte(text)
				keys.mu.Unlock()
				time.Sleep(refreshEvery + 2*time.Second)
				keys.wants(t, 2)
				if got, took := call(u, k, "b"); got != "in" || took > 0 {
					t.Errorf("%s after %s", got, took)
				}
			})
		})
	}
}
