package throttle

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// authorize asks for n calls at once and returns how many pass, and the
// seconds to wait that the first refusal tells.
func authorize(l *Throttle, account, op string, n int) (passed, retryAfter int) {
	for range n {
		err := l.Authorize(context.Background(), &wire.Caller{Account: account}, &wire.Operation{Name: op}, "")
		var answer *wire.Error
		switch {
		case err == nil:
			passed++
		case errors.As(err, &answer) && answer.Status == 429 && answer.Type == "TooManyRequestsException" && answer.Message == "Too Many Requests":
			if retryAfter == 0 {
				retryAfter = answer.RetryAfter
			}
		default:
			panic(err)
		}
	}
	return passed, retryAfter
}

func TestThrottle(t *testing.T) {
	tests := map[string]struct {
		op         string
		burst      int           // calls that pass at once
		retryAfter int           // what the next one is told
		pause      time.Duration // after which
		again      int           // as many pass again
	}{
		"only the total":    {"GetRestApi", 40, 1, time.Second, 10},
		"the total fills":   {"GetRestApi", 40, 1, time.Hour, 40},
		"five a second":     {"CreateResource", 5, 1, 200 * time.Millisecond, 1},
		"five in two":       {"GetResources", 5, 1, 2 * time.Second, 5},
		"one in five":       {"CreateDeployment", 1, 5, 5 * time.Second, 1},
		"not yet":           {"CreateDeployment", 1, 5, 4900 * time.Millisecond, 0},
		"one in thirty":     {"DeleteRestApi", 1, 30, 30 * time.Second, 1},
		"not in the table":  {"UpdateStage", 40, 1, 0, 0},
		"one in twenty":     {"UpdateAccount", 1, 20, time.Hour, 1},
		"one second at all": {"PutRestApi", 1, 1, time.Second, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := New(AWSRates(), nil)
				passed, retryAfter := authorize(l, "1", tt.op, tt.burst+1)
				if passed != tt.burst || retryAfter != tt.retryAfter {
					t.Errorf("got %d calls and %d s to wait, want %d and %d", passed, retryAfter, tt.burst, tt.retryAfter)
				}
				if passed, _ := authorize(l, "2", tt.op, 1); passed != 1 {
					t.Error("another account has to wait too")
				}
				time.Sleep(tt.pause)
				if passed, _ := authorize(l, "1", tt.op, tt.again+1); passed != tt.again {
					t.Errorf("after %v got %d calls, want %d", tt.pause, passed, tt.again)
				}
			})
		})
	}
}

// A call that is refused for one reason takes nothing for another.
func TestThrottleTakesAllOrNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(AWSRates(), nil)
		if passed, _ := authorize(l, "1", "DeleteRestApi", 100); passed != 1 {
			t.Errorf("got %d deletes, want 1", passed)
		}
		if passed, _ := authorize(l, "1", "GetRestApi", 100); passed != 39 {
			t.Errorf("got %d calls, want the 39 that are left", passed)
		}
	})
}

// However many accounts call, buckets that are full again are forgotten.
func TestThrottleForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(AWSRates(), nil)
		for i := range 50000 {
			authorize(l, fmt.Sprint(i), "GetRestApi", 1)
			if i%1000 == 0 {
				time.Sleep(time.Minute)
			}
		}
		if n := len(l.buckets); n > 20000 {
			t.Errorf("%d buckets are kept", n)
		}
	})
}

func TestNoThrottle(t *testing.T) {
	var none *Throttle
	for _, l := range []*Throttle{none, New(Rates{}, nil)} {
		if passed, _ := authorize(l, "1", "DeleteRestApi", 1000); passed != 1000 {
			t.Errorf("%d of 1000 calls pass", passed)
		}
	}
}
