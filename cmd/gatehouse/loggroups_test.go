package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/gatehouse-gw/gatehouse/internal/logevents"
	"github.com/gatehouse-gw/gatehouse/internal/sdktest"
)

func newLogsClient(url string) *cloudwatchlogs.Client {
	return cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "us-east-1", BaseEndpoint: &url, HTTPClient: sdktest.NewClient(), Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// TestTerraformLogGroup calls what Terraform's provider calls for aws_cloudwatch_log_group,
// in its order: create, read, a second plan, a change, destroy, gone.
func TestTerraformLogGroup(t *testing.T) {
	t.Parallel()
	_, _, url := launchWith(t, t.TempDir(), "in-memory: true\n")
	c, ctx, name := newLogsClient(url), context.Background(), aws.String("/aws/lambda/orders")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func() *types.LogGroup { // findLogGroupByName, and the tags of its ARN
		t.Helper()
		pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(c, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			must(err)
			for _, g := range page.LogGroups {
				if *g.LogGroupName == *name {
					return &g
				}
			}
		}
		return nil
	}
	tags := func(g *types.LogGroup) map[string]string {
		t.Helper()
		out, err := c.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(strings.TrimSuffix(*g.Arn, ":*"))})
		must(err)
		return out.Tags
	}
	_, err := c.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, Tags: map[string]string{"team": "orders"}, DeletionProtectionEnabled: aws.Bool(false)})
	must(err)
	_, err = c.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(*name + "-2")})
	must(err)
	_, err = c.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: name, RetentionInDays: aws.Int32(7)})
	must(err)
	for range 2 { // read, and the second plan
		g := read()
		if *g.Arn != "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/orders:*" || *g.RetentionInDays != 7 || g.LogGroupClass != types.LogGroupClassStandard || g.KmsKeyId != nil || tags(g)["team"] != "orders" {
			t.Errorf("read %+v, tags %v", g, tags(g))
		}
	}
	_, err = c.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: name})
	must(err)
	arn := aws.String(strings.TrimSuffix(*read().Arn, ":*"))
	_, err = c.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}})
	must(err)
	_, err = c.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"cost": "1"}})
	must(err)
	if g := read(); g.RetentionInDays != nil || len(tags(g)) != 1 || tags(g)["cost"] != "1" {
		t.Errorf("changed %+v, tags %v", g, tags(g))
	}
	_, err = c.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	must(err)
	if read() != nil {
		t.Error("the group is not gone")
	}
	_, err = c.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	if !errors.As(err, new(*types.ResourceNotFoundException)) {
		t.Errorf("a second time: %v", err)
	}
}

// TestLogGroupsOfCalls reads what a stage and a function have written, as aws logs tail
// --follow does: a filter from a time on, again and again.
func TestLogGroupsOfCalls(t *testing.T) {
	t.Parallel()
	_, c, url := launchWith(t, t.TempDir(), "in-memory: true\nlambda-functions:\n  printer: {command: testfunction}\n")
	logs, ctx := newLogsClient(url), context.Background()
	deployFunctionsAPI(t, c, "calls", "printer")
	logTo(t, url, "calls", logGroup+"access")
	if got := exchange(t, "PATCH", url+"/account", []byte(`{"patchOperations":[{"op":"replace","path":"/cloudwatchRoleArn","value":"arn:aws:iam::000000000000:role/logs"}]}`)); got.status != 200 {
		t.Fatal(got)
	}
	if got := exchange(t, "PATCH", url+"/restapis/calls/stages/prod", []byte(`{"patchOperations":[{"op":"replace","path":"/*/*/logging/loglevel","value":"INFO"}]}`)); got.status != 200 {
		t.Fatal(got)
	}
	begin := time.Now().Add(-time.Second).UnixMilli()
	if text := answerText(t, "POST", url+"/_aws/execute-api/calls/prod/proxy/slow", "{}", nil); !strings.HasPrefix(text, "201\n") {
		t.Fatal(text)
	}
	seen := make(map[string]bool)
	tail := func(group string) (messages []string) {
		t.Helper()
		if group == "/aws/lambda/printer" { // which is there with the first line that it has printed
			if list, err := logs.ListLogGroups(ctx, &cloudwatchlogs.ListLogGroupsInput{LogGroupNamePattern: &group}); err != nil || len(list.LogGroups) == 0 {
				return nil
			}
		}
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(logs, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: &begin})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(group, err)
			}
			for _, e := range page.Events {
				if !seen[*e.EventId] {
					messages = append(messages, *e.Message)
				}
				seen[*e.EventId] = true
			}
		}
		return messages
	}
	const execution = "API-Gateway-Execution-Logs_calls/prod"
	access, steps := tail("access"), tail(execution)
	if len(access) != 1 || !strings.HasPrefix(access[0], "POST ") {
		t.Errorf("the access log has %q", access)
	}
	id := strings.TrimPrefix(access[0], "POST ")
	if len(steps) < 5 || !slices.ContainsFunc(steps, func(m string) bool { return m == "("+id+") Method completed with status: 201" }) || strings.Contains(steps[0], execution) {
		t.Errorf("the execution log has %q", steps)
	}
	for begin, printed := time.Now(), []string(nil); !slices.Contains(printed, "this takes a while"); {
		if printed = append(printed, tail("/aws/lambda/printer")...); time.Since(begin) > patience {
			t.Fatalf("the function's log has %q", printed)
		}
	}
	if again := tail(execution); again != nil {
		t.Errorf("what was seen comes again: %q", again)
	}
	streams, err := logs.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("access"), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)})
	if err != nil || len(streams.LogStreams) != 1 {
		t.Fatal(streams, err)
	}
	events, err := logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("access"), LogStreamName: streams.LogStreams[0].LogStreamName})
	if err != nil || len(events.Events) != 1 || *events.Events[0].Message != access[0] {
		t.Errorf("the stream has %+v, %v", events, err)
	}
	groups, err := logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil || len(groups.LogGroups) < 2 {
		t.Errorf("the groups are %+v, %v", groups, err)
	}
}

// Where nothing is kept nothing is read, and an execution log's lines lose what a file of
// all groups has in front of them.
func TestLogGroupLines(t *testing.T) {
	t.Parallel()
	if g := newLogGroups(&config{}, nil); g.group() != nil || g.lines != nil {
		t.Error("something is kept without a budget")
	}
	const name = "API-Gateway-Execution-Logs_a1/prod"
	g := &logGroups{events: logevents.New(1<<20, nil)}
	g.take("1\nus-east-1\n"+name+"/Canary", []byte("2026-08-18T17:36:14.201Z "+name+" (id) one\n2026-08-18T17:36:14.202Z (id) two\nno time\n\n"))
	g.take("1\nus-east-1\naccess", []byte("2026-08-18T17:36:14.201Z GET\n"))
	var got []string
	for _, group := range []string{name + "/Canary", "access"} {
		page, err := g.events.Find(t.Context(), logevents.Group{Account: "1", Region: "us-east-1", Name: group}, &logevents.Query{Until: 1 << 60, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			got = append(got, e.Message)
		}
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(page.Events[0].Stream) || group != "access" && page.Events[0].Time != 1787074574201 {
			t.Errorf("%+v", page.Events[0])
		}
	}
	if want := []string{"(id) one", "(id) two", "no time", "2026-08-18T17:36:14.201Z GET"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
