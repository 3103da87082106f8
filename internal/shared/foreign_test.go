package shared

import (
	"strings"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/limit"
	"github.com/gatehouse-gw/gatehouse/internal/valkeytest"
)

// What somebody else has put under the keys of limits bounds nothing for long, and takes
// nothing else away: the server goes on to be asked.
func TestForeignKeys(t *testing.T) {
	s := valkeytest.Start(t)
	tokens, counted := key("tokens", "bucket"), key("count", "quota/20000")
	rate := limit.Rate{PerSecond: 1000, Burst: 1000}
	for name, commands := range map[string][]string{
		"strings":        {"SET %t x", "SET %c x"},
		"lists":          {"RPUSH %t a", "RPUSH %c a"},
		"empty values":   {"HSET %t t - a - b - n:x -", "HSET %c a - v - n:x -"},
		"no numbers":     {"HSET %t t nan a inf b 0 n:x nan_nan", "HSET %c a nan v nan n:x nan"},
		"held for ever":  {"HSET %t t -1e300 a 1e300 b -5", "HSET %c a 1e300 v 1e300 n:x -5"},
		"nodes of other": {"HSET %t n:x 1e12", "HSET %c n:x 1e12"},
	} {
		t.Run(name, func(t *testing.T) {
			valkeytest.Do(t, s.Addr, "FLUSHALL")
			for _, command := range commands {
				valkeytest.Do(t, s.Addr, strings.NewReplacer("%t", tokens, "%c", counted).Replace(command))
			}
			n := nodes(t, s, 1, true, nil)[0]
			valkeytest.Poll(t, "tokens are given", func() bool { return n.take(rate) })
			valkeytest.Poll(t, "calls are counted", func() bool { return n.add(1000) })
			valkeytest.Poll(t, "what is there is ours", func() bool {
				n.take(rate)
				n.add(1000)
				return strings.HasPrefix(valkeytest.Do(t, s.Addr, "TYPE "+tokens), "+hash") && strings.HasPrefix(valkeytest.Do(t, s.Addr, "TYPE "+counted), "+hash")
			})
			if lost, _ := n.client.Losses(); lost > 0 {
				t.Errorf("the server was taken to be away %d times", lost)
			}
		})
	}
}

// A set of nodes that is none is made anew.
func TestForeignPresence(t *testing.T) {
	s := valkeytest.Start(t)
	valkeytest.Do(t, s.Addr, "SET gatehouse:nodes x")
	c := client(t, s)
	go NewPresence(c, "a").Run(t.Context())
	valkeytest.Poll(t, "the node is there", func() bool { return strings.HasPrefix(valkeytest.Do(t, s.Addr, "TYPE gatehouse:nodes"), "+zset") })
	if lost, _ := c.Losses(); lost > 0 {
		t.Errorf("the server was taken to be away %d times", lost)
	}
}

// An answer that cannot be is none, and no count that is kept for good grows by it.
func TestAnswer(t *testing.T) {
	tokens := &limit.Ask{Need: 1, Extra: 2}
	count := &limit.Ask{Need: 1, Count: 5, Period: limit.Period{Number: 20000, Most: 100}}
	failed := limit.Answer{Failed: true}
	const huge = 1<<63 - 1
	for _, tt := range []struct {
		ask  *limit.Ask
		got  []int64
		want limit.Answer
	}{
		{tokens, []int64{3, 1500}, limit.Answer{Given: 3, Left: 1.5}},
		{tokens, nil, failed},
		{tokens, []int64{1}, failed},
		{tokens, []int64{4, 0}, failed},
		{tokens, []int64{-1, 0}, failed},
		{tokens, []int64{1, 2, 3, 4, 5}, failed},
		{count, []int64{1, 90, 9, 10, 10}, limit.Answer{Given: 1, Left: 90, Count: 9, Total: 10, Counted: 10}},
		{count, []int64{-1, 0, 0, 0, 0}, limit.Answer{Unknown: true}},
		{count, []int64{1, 0, 200, 200, 200}, limit.Answer{Given: 1, Count: 100, Total: 200, Counted: 200}},
		{count, []int64{1, 0}, failed},
		{count, []int64{1, 0, 4, 5, 5}, failed},
		{count, []int64{1, 0, huge, huge, huge}, failed},
		{count, []int64{1, 0, 9, -huge, 9}, failed},
		{count, []int64{1, 0, 9, -huge - 1, 9}, failed},
		{count, []int64{1, 0, 9, 9, 8}, failed},
	} {
		if got := answer(tt.ask, tt.got); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.got, got, tt.want)
		}
	}
}
