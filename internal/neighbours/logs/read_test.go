package logs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// page is what TestGetEvents and TestFilterEvents look at of an answer.
type answerPage struct {
	Events []struct {
		Stream  string `json:"logStreamName"`
		Time    int64  `json:"timestamp"`
		Message string `json:"message"`
		ID      string `json:"eventId"`
	} `json:"events"`
	Forward, Backward string
	Next              string `json:"nextToken"`
}

func (r *rig) page(op, body string) (messages string, p answerPage) {
	r.t.Helper()
	answer := r.must(op, body)
	answer = strings.NewReplacer("nextForwardToken", "forward", "nextBackwardToken", "backward").Replace(answer)
	if err := json.Unmarshal([]byte(answer), &p); err != nil {
		r.t.Fatal(err)
	}
	var list []string
	for _, e := range p.Events {
		list = append(list, e.Message)
	}
	return strings.Join(list, " "), p
}

// The events of a stream are read from either end, on and back, and a token comes back
// where there are no more.
func TestGetEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1<<20)
	r.must("CreateLogGroup", `{"logGroupName":"g"}`)
	for _, name := range []string{"s", "other"} {
		r.must("CreateLogStream", `{"logGroupName":"g","logStreamName":"`+name+`"}`)
	}
	if got, p := r.page("GetLogEvents", `{"logGroupName":"g","logStreamName":"s","startFromHead":true}`); got != "" || p.Forward == "" || p.Backward == "" {
		t.Errorf("of none: %q %+v", got, p)
	}
	first := r.put("g", "s", "a", "b", "c", "d", "e")
	r.put("g", "other", "x")
	ask := func(more string) (string, answerPage) {
		return r.page("GetLogEvents", `{"logGroupIdentifier":"g","logStreamName":"s"`+more+`}`)
	}
	got, p := ask(`,"limit":2,"startFromHead":true`)
	next, q := ask(`,"limit":2,"startFromHead":true,"nextToken":"` + p.Forward + `"`)
	back, _ := ask(`,"limit":2,"nextToken":"` + q.Backward + `"`)
	if got != "a b" || next != "c d" || back != "a b" {
		t.Errorf("on and back: %q, %q, %q", got, next, back)
	}
	if got, p = ask(`,"limit":2`); got != "d e" {
		t.Errorf("the last: %q", got)
	}
	if end, q := ask(`,"startFromHead":true,"nextToken":"` + p.Forward + `"`); end != "" || q.Forward != p.Forward {
		t.Errorf("the end: %q, %q behind %q", end, q.Forward, p.Forward)
	} else if last, _ := ask(`,"limit":1,"nextToken":"` + q.Backward + `"`); last != "e" {
		t.Errorf("back from the end: %q", last)
	}
	_, p = ask(`,"limit":1,"startFromHead":true`)
	if begin, q := ask(`,"nextToken":"` + p.Backward + `"`); begin != "" || q.Backward != p.Backward {
		t.Errorf("the beginning: %q, %q behind %q", begin, q.Backward, p.Backward)
	} else if first, _ := ask(`,"limit":1,"nextToken":"` + q.Forward + `"`); first != "a" {
		t.Errorf("on from the beginning: %q", first)
	}
	if got, _ := ask(fmt.Sprintf(`,"startTime":%d,"endTime":%d`, first+1000, first+3000)); got != "b c" {
		t.Errorf("a range: %q", got)
	}
	for body, want := range map[string]string{
		`{"logGroupName":"g","logStreamName":"none"}`:                     "The specified log stream does not exist.",
		`{"logGroupName":"none","logStreamName":"s"}`:                     "The specified log group does not exist.",
		`{"logGroupName":"g","logStreamName":"s","nextToken":"f/1-2/s "}`: "The specified nextToken is invalid.",
		`{"logGroupName":"g","logStreamName":"s","nextToken":"x/1-2/s"}`:  "The specified nextToken is invalid.",
	} {
		if got := r.ask("GetLogEvents", body); !strings.Contains(got, want) {
			t.Errorf("%s: %s", body, got)
		}
	}
	if want := "logs:GetLogEvents arn:aws:logs:us-east-1:111122223333:log-group:g:log-stream:s"; !slices.Contains(r.asked, want) {
		t.Errorf("no %s among the permissions", want)
	}
}

// The events of a group are searched in all streams, by time, stream and pattern, in both
// directions.
func TestFilterEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1<<20)
	r.must("CreateLogGroup", `{"logGroupName":"g"}`)
	for _, name := range []string{"web/1", "web/2", "job"} {
		r.must("CreateLogStream", `{"logGroupName":"g","logStreamName":"`+name+`"}`)
	}
	first := r.put("g", "web/1", "ERROR-1", "INFO-1", "ERROR-2")
	r.put("g", "web/2", `{"code":1}`, `{"code":2}`, `{"code":3}`)
	r.put("g", "job", "ERROR-3", "x", "y")
	for more, want := range map[string]string{
		`"filterPattern":"ERROR"`:                                     "ERROR-1 ERROR-3 ERROR-2",
		`"filterPattern":"{ $.code > 1 }"`:                            `{"code":2} {"code":3}`,
		`"filterPattern":"ERROR","logStreamNames":["job"]`:            "ERROR-3",
		`"filterPattern":"?ERROR ?INFO","logStreamNamePrefix":"web/"`: "ERROR-1 INFO-1 ERROR-2",
		`"filterPattern":"ERROR","startFromHead":false`:               "ERROR-2 ERROR-3 ERROR-1",
		`"filterPattern":"%^ERROR-[12]$%","interleaved":false`:        "ERROR-1 ERROR-2",
	} {
		if got, p := r.page("FilterLogEvents", `{"logGroupName":"g",`+more+`}`); got != want || p.Next != "" {
			t.Errorf("%s: got %s, want %s", more, got, want)
		}
	}
	for _, head := range []string{"true", "false"} {
		var all []string
		ids := make(map[string]bool)
		for next, body := "", ""; ; {
			body = `{"logGroupName":"g","limit":2,"startFromHead":` + head
			if next != "" {
				body += `,"nextToken":"` + next + `"`
			}
			got, p := r.page("FilterLogEvents", body+`}`)
			for _, e := range p.Events {
				ids[e.ID] = true
			}
			if got != "" {
				all = append(all, got)
			}
			if next = p.Next; next == "" {
				break
			}
		}
		if len(all) != 5 || len(ids) != 9 {
			t.Errorf("pages from head %s: %q, %d ids", head, all, len(ids))
		}
	}
	if got, _ := r.page("FilterLogEvents", fmt.Sprintf(`{"logGroupName":"g","startTime":%d,"endTime":%d,"logStreamNames":["web/1"]}`, first+1000, first+2000)); got != "INFO-1 ERROR-2" {
		t.Errorf("a range has both ends: %s", got)
	}
	for more, want := range map[string]string{
		`"filterPattern":"{ $.a"`:                             "If a filter pattern starts with '{' it must end with '}'",
		`"filterPattern":"a-b"`:                               "Invalid character(s) in term 'a-b'",
		`"logStreamNames":["a"],"logStreamNamePrefix":"b"`:    "mutually exclusive",
		`"nextToken":"x"`:                                     "The specified nextToken is invalid.",
		`"filterPattern":"` + strings.Repeat("a", 1025) + `"`: "less than or equal to 1024",
	} {
		if got := r.ask("FilterLogEvents", `{"logGroupName":"g",`+more+`}`); !strings.Contains(got, want) {
			t.Errorf("%s: %s", more, got)
		}
	}
}
