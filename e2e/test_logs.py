"""CloudWatch Logs by boto3 and the aws CLI."""

import json
import shutil
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from conftest import CACHE, ROOT, call


def messages(page):
    return [e["message"] for e in page["events"]]


def tail(logs, group, since, pattern=""):
    """What `aws logs tail --follow` (version 2 of the CLI) does: a filter from the last event on, again and again."""
    seen = set()
    while True:
        events = []
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since, interleaved=True, filterPattern=pattern):
            events += [e for e in page["events"] if e["eventId"] not in seen]
        seen.update(e["eventId"] for e in events)
        since = max([since, *(e["timestamp"] for e in events)])
        yield [e["message"] for e in events]


def test_every_call(server):
    logs = server.client("logs")
    logs.create_log_group(logGroupName="app", tags={"a": "1"})
    logs.create_log_stream(logGroupName="app", logStreamName="one")
    logs.put_retention_policy(logGroupName="app", retentionInDays=3)
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:app"
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.tag_log_group(logGroupName="app", tags={"c": "3"})
    logs.untag_log_group(logGroupName="app", tags=["b"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == logs.list_tags_log_group(logGroupName="app")["tags"] == {"c": "3"}
    logs.associate_kms_key(logGroupName="app", kmsKeyId="arn:aws:kms:us-east-1:000000000000:key/1")
    logs.disassociate_kms_key(logGroupName="app")
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=False)
    now = int(time.time() * 1000)
    put = logs.put_log_events(
        logGroupName="app", logStreamName="one",
        logEvents=[{"timestamp": now - 15 * 86400_000, "message": "old"}, {"timestamp": now, "message": '{"code": 500}'}, {"timestamp": now + 1, "message": "ERROR at é"}],
    )
    assert put["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert messages(logs.get_log_events(logGroupName="app", logStreamName="one", startFromHead=True)) == ['{"code": 500}', "ERROR at é"]
    assert messages(logs.filter_log_events(logGroupIdentifier=arn, filterPattern="{ $.code >= 500 }")) == ['{"code": 500}']
    [group] = logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"]
    assert group["retentionInDays"] == 3 and group["arn"] == arn + ":*" and group["storedBytes"] > 0
    assert logs.list_log_groups(logGroupNamePattern="app")["logGroups"][0]["logGroupName"] == "app"
    [stream] = logs.describe_log_streams(logGroupName="app")["logStreams"]
    assert stream["lastEventTimestamp"] == now + 1
    logs.delete_retention_policy(logGroupName="app")
    logs.delete_log_stream(logGroupName="app", logStreamName="one")
    logs.delete_log_group(logGroupName="app")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_log_group(logGroupName="app")
    with pytest.raises(ClientError) as refused:
        logs.start_query(logGroupName="app", startTime=0, endTime=1, queryString="fields @message")
    assert "not Logs_20140328.StartQuery" in refused.value.response["Error"]["Message"]


def test_tail(server):
    logs = server.client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="one")
    begin = int(time.time() * 1000)
    lines = tail(logs, "app", begin, "ERROR")
    assert next(lines) == []
    for i in range(3):
        logs.put_log_events(logGroupName="app", logStreamName="one", logEvents=[{"timestamp": begin, "message": f"ERROR {i}"}, {"timestamp": begin, "message": "fine"}])
        assert next(lines) == [f"ERROR {i}"]


def test_access_log(server, client):
    api = client.create_rest_api(name="a")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    client.put_method_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200")
    client.put_integration_response(restApiId=api, resourceId=root, httpMethod="GET", statusCode="200", selectionPattern="")
    client.create_deployment(restApiId=api, stageName="prod")
    destination = "arn:aws:logs:us-east-1:000000000000:log-group:access"
    client.update_stage(restApiId=api, stageName="prod", patchOperations=[
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": destination},
        {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.httpMethod $context.status"},
    ])
    assert call(f"{server.url}/_aws/execute-api/{api}/prod/").status == 200
    found = server.aws("logs", "filter-log-events", "--log-group-name", "access", "--filter-pattern", '"GET 200"', "--output", "json")
    assert [e["message"] for e in found["events"]] == ["GET 200"]
    groups = server.aws("logs", "describe-log-groups", "--output", "json")["logGroups"]
    assert [g["logGroupName"] for g in groups] == ["access"]


def test_javascript(server):
    shutil.copy(ROOT / "e2e" / "logs.mjs", CACHE / "node" / "logs.mjs")
    env = server.environment() | {"AWS_ENDPOINT_URL": server.url}
    done = subprocess.run(["node", "logs.mjs"], cwd=CACHE / "node", env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out.pop("live") != ""  # refused, whatever the SDK makes of the host that it puts before ours
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:js"
    assert out == {
        "group": [arn + ":*", 1],
        "tags": {"a": "1"},
        "streams": ["one"],
        "stream": ["ERROR é", "fine", '{"code":500}'],
        "found": ['{"code":500}'],
        "pages": [["ERROR é", "fine"], ['{"code":500}']],
        "gone": "ResourceNotFoundException: The specified log group does not exist.",
    }
