package logs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-gw/gatehouse/internal/logevents"
)

// Groups are listed by name, page by page, those that somebody has made and those that
// have come to be with their events.
func TestGroups(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1<<20)
	for _, name := range []string{"a/one", "a/two", "b"} {
		r.must("CreateLogGroup", `{"logGroupName":"`+name+`"}`)
	}
	r.events.Append(logevents.Group{Account: account, Region: region, Name: "a/own"}, "s", []logevents.Line{{Time: 1, Text: []byte("x")}})
	r.events.Append(logevents.Group{Account: "999999999999", Region: region, Name: "a/other"}, "s", []logevents.Line{{Time: 1, Text: []byte("x")}})
	group := func(name string) string {
		bytes := "0"
		if name == "a/own" {
			bytes = "41"
		}
		return `{"logGroupName":"` + name + `","creationTime":0,"metricFilterCount":0,"arn":"arn:aws:logs:us-east-1:111122223333:log-group:` + name + `:*","storedBytes":` + bytes +
			`,"logGroupClass":"STANDARD","logGroupArn":"arn:aws:logs:us-east-1:111122223333:log-group:` + name + `","deletionProtectionEnabled":false}`
	}
	wrong := func(text string) string {
		return `{"__type":"InvalidParameterException","message":"` + text + `"}`
	}
	for name, tt := range map[string]struct{ op, body, want string }{
		"a page":           {"DescribeLogGroups", `{"logGroupNamePrefix":"a","limit":2}`, `{"logGroups":[` + group("a/one") + `,` + group("a/own") + `],"nextToken":"a/own"}`},
		"the next":         {"DescribeLogGroups", `{"logGroupNamePrefix":"a","limit":2,"nextToken":"a/own"}`, `{"logGroups":[` + group("a/two") + `]}`},
		"a part":           {"DescribeLogGroups", `{"logGroupNamePattern":"/t"}`, `{"logGroups":[` + group("a/two") + `]}`},
		"none":             {"DescribeLogGroups", `{"logGroupNamePrefix":"c"}`, `{"logGroups":[]}`},
		"of another class": {"DescribeLogGroups", `{"logGroupClass":"DELIVERY"}`, `{"logGroups":[]}`},
		"both":             {"DescribeLogGroups", `{"logGroupNamePrefix":"c","logGroupNamePattern":"c"}`, wrong("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")},
		"too much":         {"DescribeLogGroups", `{"limit":51}`, wrong("1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50")},
		"linked":           {"DescribeLogGroups", `{"includeLinkedAccounts":true}`, wrong("This server has no linked accounts (includeLinkedAccounts).")},
		"not supported":    {"DescribeLogGroups", `{"accountIdentifiers":["111122223333"]}`, wrong(`This server does not support the member \"accountIdentifiers\" of DescribeLogGroups.`)},
		"a wrong type":     {"DescribeLogGroups", `{"limit":"x"}`, `{"__type":"SerializationException","message":"The member limit can not be a string"}`},
		"no JSON":          {"DescribeLogGroups", `{`, `{"__type":"SerializationException","message":"The request is no JSON"}`},
		"list":             {"ListLogGroups", `{"logGroupNamePattern":"^a/t|own","limit":1}`, `{"logGroups":[{"logGroupName":"a/own","logGroupArn":"arn:aws:logs:us-east-1:111122223333:log-group:a/own","logGroupClass":"STANDARD"}],"nextToken":"a/own"}`},
		"there is one":     {"CreateLogGroup", `{"logGroupName":"b"}`, `{"__type":"ResourceAlreadyExistsException","message":"The specified log group already exists"}`},
		"there is, by use": {"CreateLogGroup", `{"logGroupName":"a/own"}`, `{"__type":"ResourceAlreadyExistsException","message":"The specified log group already exists"}`},
		"another class":    {"CreateLogGroup", `{"logGroupName":"c","logGroupClass":"INFREQUENT_ACCESS"}`, wrong("This server has log groups of the class STANDARD alone.")},
		"AWS's name":       {"CreateLogGroup", `{"logGroupName":"aws/c"}`, wrong("Log groups starting with aws/ are reserved for AWS.")},
		"no name":          {"CreateLogGroup", `{"logGroupName":"a b"}`, wrong(`1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`)},
		"a tag of AWS's":   {"CreateLogGroup", `{"logGroupName":"c","tags":{"aws:x":"y"}}`, wrong("The key of a tag may not begin with aws:.")},
		"there is none":    {"DeleteLogGroup", `{"logGroupName":"c"}`, `{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}`},
		"a live tail":      {"StartLiveTail", `{}`, `of CloudWatch Logs alone, and not Logs_20140328.StartLiveTail"}`},
		"a strange ARN":    {"ListTagsForResource", `{"resourceArn":"arn:aws:logs:us-east-1:999999999999:log-group:b"}`, `{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}`},
		"no ARN":           {"ListTagsForResource", `{"resourceArn":"b"}`, wrong("The ARN of a log group is needed.")},
		"a retention":      {"PutRetentionPolicy", `{"logGroupName":"b","retentionInDays":2}`, "failed to satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, "},
		"no retention":     {"PutRetentionPolicy", `{"logGroupName":"b"}`, wrong("1 validation error detected: Value null at 'retentionInDays' failed to satisfy constraint: Member must not be null")},
	} {
		if got := steady(r.ask(tt.op, tt.body)); got != tt.want && (tt.want[0] == '{' || !strings.Contains(got, tt.want)) {
			t.Errorf("%s: got\n%s, want\n%s", name, got, tt.want)
		}
	}
	if err := r.kept.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.events.Reset()
	if got := r.ask("DescribeLogGroups", ""); got != `{"logGroups":[]}` {
		t.Errorf("after a reset: %s", got)
	}
}

// A group's tags, key and protection are read back, and a protected group stays.
func TestGroupSettings(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1<<20)
	const arn = `"resourceArn":"arn:aws:logs:us-east-1:111122223333:log-group:g"`
	r.must("CreateLogGroup", `{"logGroupName":"g","kmsKeyId":"k","deletionProtectionEnabled":true,"tags":{"a":"1"}}`)
	r.must("TagResource", `{`+arn+`,"tags":{"b":"2","c":"3"}}`)
	r.must("UntagResource", `{`+arn+`,"tagKeys":["c"]}`)
	r.must("TagLogGroup", `{"logGroupName":"g","tags":{"d":"4"}}`)
	r.must("UntagLogGroup", `{"logGroupName":"g","tags":["a"]}`)
	for _, list := range []string{r.must("ListTagsForResource", `{`+arn+`}`), r.must("ListTagsLogGroup", `{"logGroupName":"g"}`)} {
		if list != `{"tags":{"b":"2","d":"4"}}` {
			t.Errorf("tags: %s", list)
		}
	}
	many := make(map[string]string)
	for i := range 49 {
		many[fmt.Sprint("k", i)] = ""
	}
	tags, _ := json.Marshal(many)
	if got := r.ask("TagLogGroup", `{"logGroupName":"g","tags":`+string(tags)+`}`); !strings.Contains(got, "TooManyTagsException") {
		t.Errorf("51 tags: %s", got)
	}
	if got := r.ask("DeleteLogGroup", `{"logGroupName":"g"}`); !strings.Contains(got, "deletion protection") {
		t.Errorf("a protected group: %s", got)
	}
	if got := r.must("DescribeLogGroups", `{}`); !strings.Contains(got, `"kmsKeyId":"k"`) || !strings.Contains(got, `"deletionProtectionEnabled":true`) {
		t.Errorf("described: %s", got)
	}
	r.must("DisassociateKmsKey", `{"logGroupName":"g"}`)
	r.must("PutLogGroupDeletionProtection", `{"logGroupIdentifier":"g","deletionProtectionEnabled":false}`)
	if got := r.must("DescribeLogGroups", `{}`); strings.Contains(got, "kmsKeyId") || strings.Contains(got, "true") {
		t.Errorf("described: %s", got)
	}
	r.must("AssociateKmsKey", `{"logGroupName":"g","kmsKeyId":"k2"}`)
	r.must("DeleteLogGroup", `{"logGroupName":"g"}`)
	if got := r.must("DescribeLogGroups", `{}`); got != `{"logGroups":[]}` {
		t.Errorf("left: %s", got)
	}
}

// Streams are listed by name or by their last event, both ways.
func TestStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1<<20)
	r.must("CreateLogGroup", `{"logGroupName":"g"}`)
	for _, name := range []string{"one", "two", "three"} {
		r.must("CreateLogStream", `{"logGroupName":"g","logStreamName":"`+name+`"}`)
	}
	if got := steady(r.ask("DescribeLogStreams", `{"logGroupName":"g","limit":1}`)); !strings.HasPrefix(got, `{"logStreams":[{"logStreamName":"one","creationTime":0,"uploadSequenceToken":`) {
		t.Errorf("without events, as after a restart: %s", got)
	}
	r.put("g", "one", "x")
	names := func(body string) (list string) {
		var out describeStreamsResponse
		for {
			if err := json.Unmarshal([]byte(r.must("DescribeLogStreams", body)), &out); err != nil {
				t.Fatal(err)
			}
			for _, st := range out.Streams {
				list += st.Name + " "
			}
			if out.Next == nil {
				return strings.TrimSpace(list)
			}
			list += "| "
			body = strings.Split(body, `,"nextToken"`)[0]
			body = strings.TrimSuffix(body, "}") + `,"nextToken":"` + *out.Next + `"}`
			out = describeStreamsResponse{}
		}
	}
	for body, want := range map[string]string{
		`{"logGroupName":"g"}`: "one three two",
		`{"logGroupIdentifier":"arn:aws:logs:us-east-1:111122223333:log-group:g","limit":2}`: "one three | two",
		`{"logGroupName":"g","logStreamNamePrefix":"t","descending":true}`:                   "two three",
		`{"logGroupName":"g","orderBy":"LastEventTime","descending":true,"limit":1}`:         "one | two | three",
		`{"logGroupName":"g","orderBy":"LastEventTime","limit":2}`:                           "three two | one",
	} {
		if got := names(body); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	for body, want := range map[string]string{
		`{"logGroupName":"g","orderBy":"LastEventTime","logStreamNamePrefix":"t"}`: "Cannot order by LastEventTime with a logStreamNamePrefix.",
		`{"logGroupName":"g","nextToken":"x"}`:                                     "The specified nextToken is invalid.",
		`{"logGroupName":"g","logGroupIdentifier":"g"}`:                            "mutually exclusive",
		`{}`: "Either logGroupName or logGroupIdentifier must be provided",
	} {
		if got := r.ask("DescribeLogStreams", body); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", body, got)
		}
	}
	if got := r.ask("CreateLogStream", `{"logGroupName":"g","logStreamName":"one"}`); !strings.Contains(got, "The specified log stream already exists") {
		t.Error(got)
	}
	r.must("DeleteLogStream", `{"logGroupName":"g","logStreamName":"one"}`)
	if got := r.ask("DeleteLogStream", `{"logGroupName":"g","logStreamName":"one"}`); !strings.Contains(got, "The specified log stream does not exist.") {
		t.Error(got)
	}
	if got := r.must("FilterLogEvents", `{"logGroupName":"g"}`); got != `{"events":[],"searchedLogStreams":[]}` {
		t.Errorf("events of a deleted stream: %s", got)
	}
}

// Batches are taken as AWS documents it, and what of them is too old or too new is told.
func TestPutEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t, 8<<20)
	r.must("CreateLogGroup", `{"logGroupName":"g"}`)
	r.must("CreateLogStream", `{"logGroupName":"g","logStreamName":"s"}`)
	now := time.Now().UnixMilli()
	const day, hour = 24 * 3600 * 1000, 3600 * 1000
	put := func(stream string, times ...int64) string {
		var list []string
		for _, at := range times {
			list = append(list, fmt.Sprintf(`{"timestamp":%d,"message":"m"}`, at))
		}
		return r.ask("PutLogEvents", `{"logGroupName":"g","logStreamName":"`+stream+`","sequenceToken":"any","logEvents":[`+strings.Join(list, ",")+`]}`)
	}
	if got := put("s", now-15*day, now-14*day-1000, now-1000, now+3*hour, now+4*hour); !strings.Contains(got, `"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":3,"tooOldLogEventEndIndex":2}`) {
		t.Errorf("some are rejected: %s", got)
	}
	r.must("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":1}`)
	if got := put("s", now-2*day, now); !strings.Contains(got, `"rejectedLogEventsInfo":{"expiredLogEventEndIndex":1}`) {
		t.Errorf("expired: %s", got)
	}
	long := strings.Repeat("x", 1<<20)
	for name, tt := range map[string]struct{ got, want string }{
		"out of order":  {put("s", now, now-1), "must be in chronological order."},
		"no stream":     {put("none", now), "The specified log stream does not exist."},
		"none":          {put("s"), "Value '[0]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"over a day":    {put("s", now-day+1000, now+hour), "cannot span more than 24 hours."},
		"too large":     {r.ask("PutLogEvents", `{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1,"message":"`+long+`"}]}`), "Upload too large"},
		"far too large": {r.ask("PutLogEvents", `{"logGroupName":"g","logStreamName":"`+strings.Repeat(long, 5)+`"}`), "413"},
		"no budget":     {newRig(t, 0).ask("PutLogEvents", `{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1,"message":"x"}]}`), "log-events-bytes is 0"},
	} {
		if !strings.Contains(tt.got, tt.want) && !(tt.want == "413" && strings.Contains(tt.got, "TooLarge")) {
			t.Errorf("%s: got %.300s", name, tt.got)
		}
	}
}

// What a retention keeps no longer is gone for good.
func TestRetention(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1<<20)
	r.must("CreateLogGroup", `{"logGroupName":"g"}`)
	g := logevents.Group{Account: account, Region: region, Name: "g"}
	now := time.Now()
	r.events.Append(g, "s", []logevents.Line{{Time: now.AddDate(0, 0, -4).UnixMilli(), Text: []byte("old")}, {Time: now.AddDate(0, 0, -2).UnixMilli(), Text: []byte("new")}})
	read := func() string {
		got := r.must("FilterLogEvents", `{"logGroupName":"g"}`)
		return fmt.Sprint(strings.Contains(got, `"old"`), strings.Contains(got, `"new"`))
	}
	if got := read(); got != "true true" {
		t.Error("before:", got)
	}
	r.must("PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":3}`)
	if got := r.must("DescribeLogGroups", `{}`); !strings.Contains(got, `"retentionInDays":3`) {
		t.Error(got)
	}
	r.must("DeleteRetentionPolicy", `{"logGroupName":"g"}`)
	if got := read(); got != "false true" {
		t.Error("after:", got)
	}
}
