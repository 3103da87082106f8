package usageplan

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/snapshot"
)

// A Day is a day of UTC: how many lie between it and 1 January 1970.
type Day int

const daySeconds = 24 * 60 * 60

// DayOf is the day in which a time is.
func DayOf(t time.Time) Day { return Day(t.Unix() / daySeconds) }

// Time is the midnight with which a day begins.
func (d Day) Time() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// A quota is how many calls a key may make in a period. It never changes.
type quota struct {
	snapshot.Quota
	start func(Day) Day

	last atomic.Uint64 // a day and, above 32 bits, the first of its period
}

// newQuota reads a published quota; nil is that there is none.
func newQuota(from *snapshot.Quota) (*quota, error) {
	if from == nil {
		return nil, nil
	}
	start := map[string]func(Day) Day{"DAY": startOfDay, "WEEK": startOfWeek, "MONTH": startOfMonth}[from.Period]
	if start == nil {
		return nil, fmt.Errorf("%q is no period of a quota", from.Period)
	}
	return &quota{Quota: *from, start: start}, nil
}

func startOfDay(d Day) Day { return d }

// A week begins on Sunday. That is a guess: AWS does not say.
func startOfWeek(d Day) Day {
	const thursday = 4 // 1 January 1970
	return d - (d+thursday)%7
}

// A month begins on its first day, as AWS's support says.
func startOfMonth(d Day) Day { return d - Day(d.Time().Day()-1) }

// period is the one in which a day is.
func (q *quota) period(d Day) limit.Period {
	first := Day(0)
	if last := q.last.Load(); Day(last&(1<<32-1)) == d {
		first = Day(last >> 32)
	} else {
		first = q.start(d)
		q.last.Store(uint64(first)<<32 | uint64(d))
	}
	return limit.Period{Number: int(first), First: int64(q.Offset), Most: int64(q.Limit)}
}

// unlimited is what is left where there is no quota.
const unlimited = -1

// left is how many calls are left on a day, of a counter of what was spent.
func (q *quota) left(spent *limit.Counter, d Day) int64 {
	if q == nil {
		return unlimited
	}
	return max(int64(q.Limit)-spent.Count(q.period(d)), 0)
}
