// Puts log events with the JavaScript SDK, reads them back in each way, and prints what came back.
import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, DeleteLogGroupCommand, DescribeLogGroupsCommand, DescribeLogStreamsCommand, FilterLogEventsCommand,
  GetLogEventsCommand, ListTagsForResourceCommand, paginateFilterLogEvents, PutLogEventsCommand, PutRetentionPolicyCommand, StartLiveTailCommand,
} from "@aws-sdk/client-cloudwatch-logs";

const logs = new CloudWatchLogsClient({});
const logGroupName = "js";
const logStreamName = "one";
const texts = (page) => page.events.map((e) => e.message);
const out = {};
await logs.send(new CreateLogGroupCommand({ logGroupName, tags: { a: "1" } }));
await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
const timestamp = Date.now();
await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: ["ERROR é", "fine", '{"code":500}'].map((message) => ({ timestamp, message })) }));
const group = (await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "js" }))).logGroups[0];
out.group = [group.arn, group.retentionInDays];
out.tags = (await logs.send(new ListTagsForResourceCommand({ resourceArn: group.logGroupArn }))).tags;
out.streams = (await logs.send(new DescribeLogStreamsCommand({ logGroupName }))).logStreams.map((s) => s.logStreamName);
out.stream = texts(await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true })));
out.found = texts(await logs.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "{ $.code = 5* }" })));
out.pages = [];
for await (const page of paginateFilterLogEvents({ client: logs, pageSize: 2 }, { logGroupName })) out.pages.push(texts(page));
out.live = await logs.send(new StartLiveTailCommand({ logGroupIdentifiers: [group.logGroupArn] }), { requestTimeout: 10000 }).catch((e) => e.name);
await logs.send(new DeleteLogGroupCommand({ logGroupName }));
out.gone = await logs.send(new DeleteLogGroupCommand({ logGroupName })).catch((e) => `${e.name}: ${e.message}`);
console.log(JSON.stringify(out));
