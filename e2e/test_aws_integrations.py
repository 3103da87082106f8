"""Services of AWS behind a deployed API. Moto stands in for AWS at --aws-endpoint-url."""

import json
import urllib.parse
import urllib.request

import pytest
from conftest import ACCOUNT, Server, call

ROLE = f"arn:aws:iam::{ACCOUNT}:role/gateway"


@pytest.fixture
def server(tmp_path, moto):
    server = Server(tmp_path / "data", "--aws-endpoint-url", moto).start()
    yield server
    assert server.stop() == 0


class API:
    """An API whose methods are added one by one and then deployed."""

    def __init__(self, server, **options):
        self.server, self.client = server, server.client(**options)
        self.id = self.client.create_rest_api(name="services")["id"]
        self.root = self.client.get_resources(restApiId=self.id)["items"][0]["id"]

    def method(self, path, uri, verb="POST", integration="POST", parameters=None, mappings=None, template=None, responses=None, headers=(), credentials=ROLE):
        """Adds a method with an integration of AWS. responses are (status, pattern, template, header mappings)."""
        parent = self.root
        for part in path.strip("/").split("/"):
            items = self.client.get_resources(restApiId=self.id, limit=500)["items"]
            have = next((r["id"] for r in items if r.get("parentId") == parent and r.get("pathPart") == part), None)
            parent = have or self.client.create_resource(restApiId=self.id, parentId=parent, pathPart=part)["id"]
        at = dict(restApiId=self.id, resourceId=parent, httpMethod=verb)
        self.client.put_method(**at, authorizationType="NONE", requestParameters={name: False for name in parameters or ()})
        arguments = dict(type="AWS", integrationHttpMethod=integration, uri="arn:aws:apigateway:us-east-1:" + uri, requestParameters=mappings or {})
        if template is not None:
            arguments["requestTemplates"] = {"application/json": template}
        self.client.put_integration(**at, credentials=credentials, **arguments)
        for status, pattern, body, mapped in responses or [("200", "", None, {})]:
            self.client.put_method_response(**at, statusCode=status, responseParameters={name: False for name in mapped})
            self.client.put_integration_response(
                **at, statusCode=status, selectionPattern=pattern, responseParameters=mapped, responseTemplates={} if body is None else {"application/json": body},
            )

    def deploy(self):
        self.client.create_deployment(restApiId=self.id, stageName="prod")
        return f"{self.server.url}/_aws/execute-api/{self.id}/prod"


JSON = {"Content-Type": "application/json"}


def test_sqs(server, service):
    queue = service("sqs").create_queue(QueueName="orders")["QueueUrl"]
    api = API(server)
    api.method(
        "/path", f"sqs:path/{ACCOUNT}/orders", mappings={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        template="Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
    )
    api.method(
        "/action", "sqs:action/SendMessage", parameters=["method.request.querystring.text"],
        mappings={"integration.request.querystring.MessageBody": "method.request.querystring.text", "integration.request.querystring.QueueUrl": f"'{queue}'"},
        template="",
    )
    url = api.deploy()
    sent = call(url + "/path", "POST", b'{"order": "a & b + c"}', JSON)
    assert sent.status == 200 and b"MessageId" in sent.body, sent.body
    assert sent.headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    sent = call(url + "/action?text=one%20%26%20two", "POST", b"", JSON)
    assert sent.status == 200, sent.body
    received = [m["Body"] for _ in range(2) for m in service("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])]
    assert sorted(received) == ["one & two", '{"order": "a & b + c"}']


def test_sns(server, service):
    sns, sqs = service("sns"), service("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    queue = sqs.create_queue(QueueName="news")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:news", Attributes={"RawMessageDelivery": "true"})
    api = API(server)
    api.method(
        "/news", "sns:action/Publish", parameters=["method.request.querystring.text"],
        mappings={"integration.request.querystring.Message": "method.request.querystring.text", "integration.request.querystring.TopicArn": f"'{topic}'"},
    )
    published = call(api.deploy() + "/news?text=hello", "POST", b"", JSON)
    assert published.status == 200 and b"MessageId" in published.body, published.body
    assert [m["Body"] for m in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["hello"]


def test_dynamodb(server, service):
    service("dynamodb").create_table(
        TableName="pets", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "name", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}, {"AttributeName": "name", "AttributeType": "S"}],
    )
    api = API(server)
    api.method(
        "/pets", "dynamodb:action/PutItem",
        template="""{"TableName": "pets", "Item": {"kind": {"S": "$input.path('$.kind')"}, "name": {"S": "$input.path('$.name')"}, "by": {"S": "$context.requestId"}}}""",
        responses=[("201", "200", '{"id": "$context.requestId"}', {}), ("400", r"4\d{2}", """{"error": $input.json('$.__type')}""", {})],
    )
    api.method(
        "/pets/{kind}", "dynamodb:action/Query", verb="GET", parameters=["method.request.path.kind"],
        template="""{"TableName": "pets", "KeyConditionExpression": "kind = :k", "ExpressionAttributeValues": {":k": {"S": "$input.params('kind')"}}}""",
        responses=[("200", "", """[#foreach($i in $input.path('$.Items'))"$i.name.S"#if($foreach.hasNext),#end#end]""", {})],
    )
    url = api.deploy()
    for name in ("Rex", "Bello"):
        put = call(url + "/pets", "POST", json.dumps({"kind": "dog", "name": name}).encode(), JSON)
        assert put.status == 201 and put.json == {"id": put.headers["x-amzn-RequestId"]}, put.body
    assert call(url + "/pets/dog").json == ["Bello", "Rex"]
    assert call(url + "/pets/cat").json == []
    refused = call(url + "/pets", "POST", b'{"kind": "dog", "name": ""}', JSON)
    assert refused.status == 400 and "ValidationException" in refused.json["error"]


def test_s3(server, service):
    s3 = service("s3")
    s3.create_bucket(Bucket="files")
    api = API(server)
    mappings = {"integration.request.path.bucket": "method.request.path.bucket", "integration.request.path.key": "method.request.path.key"}
    parameters = ["method.request.path.bucket", "method.request.path.key", "method.request.header.Content-Type"]
    api.method(
        "/{bucket}/{key+}", "s3:path/{bucket}/{key}", verb="PUT", integration="PUT", parameters=parameters,
        mappings={**mappings, "integration.request.header.Content-Type": "method.request.header.Content-Type"},
        responses=[("200", "", None, {"method.response.header.ETag": "integration.response.header.ETag"})],
    )
    api.method(
        "/{bucket}/{key+}", "s3:path/{bucket}/{key}", verb="GET", integration="GET", parameters=parameters, mappings=mappings,
        responses=[("200", "", None, {"method.response.header.Content-Type": "integration.response.header.content-type"}), ("404", "404", '{"message": "no such file"}', {})],
    )
    url = api.deploy()
    for key in ("plain.txt", "a folder/file (1)+é.txt", "x~y'z!*.txt"):
        text = ("text of " + key).encode()
        put = call(f"{url}/files/{urllib.parse.quote(key)}", "PUT", text, {"Content-Type": "text/plain"})
        assert put.status == 200 and put.headers["ETag"], put.body
        assert s3.get_object(Bucket="files", Key=key)["Body"].read() == text
        got = call(f"{url}/files/{urllib.parse.quote(key)}")
        assert (got.status, got.body, got.headers["Content-Type"]) == (200, text, "text/plain")
    missing = call(url + "/files/nope")
    assert (missing.status, missing.json) == (404, {"message": "no such file"})


def test_step_functions(server, service):
    machine = service("stepfunctions").create_state_machine(
        name="m", roleArn=ROLE, definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}),
    )["stateMachineArn"]
    api = API(server)
    api.method("/runs", "states:action/StartExecution", template=f"""{{"stateMachineArn": "{machine}", "input": "$util.escapeJavaScript($input.json('$'))"}}""")
    started = call(api.deploy() + "/runs", "POST", b'{"n": 1}', JSON)
    assert started.status == 200, started.body
    execution = service("stepfunctions").describe_execution(executionArn=started.json["executionArn"])
    assert json.loads(execution["input"]) == {"n": 1}


def test_eventbridge(server, service):
    events, sqs = service("events"), service("sqs")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["shop"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:events"}])
    api = API(server)
    api.method(
        "/events", "events:action/PutEvents",
        mappings={"integration.request.header.X-Amz-Target": "'AWSEvents.PutEvents'", "integration.request.header.Content-Type": "'application/x-amz-json-1.1'"},
        template="""{"Entries": [{"Source": "shop", "DetailType": "order", "Detail": "$util.escapeJavaScript($input.json('$'))"}]}""",
    )
    put = call(api.deploy() + "/events", "POST", b'{"id": 7}', JSON)
    assert put.status == 200 and put.json["FailedEntryCount"] == 0, put.body
    assert json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])["detail"] == {"id": 7}


def test_role_of_another_account_is_refused(server):
    api = API(server, aws_access_key_id="222222222222")  # a key of 12 digits is its account
    with pytest.raises(api.client.exceptions.ClientError, match="Cross-account pass role is not allowed."):
        api.method("/x", "sqs:path/q", credentials="arn:aws:iam::111111111111:role/r")
