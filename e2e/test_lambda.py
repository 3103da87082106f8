"""Lambda's API: each call with boto3, the aws CLI and the JavaScript SDK; and from nothing to an answer."""

import base64
import io
import json
import os
import shutil
import subprocess
import zipfile

import pytest
from botocore.exceptions import ClientError

from conftest import CACHE, ROOT, Server, call

ROLE = "arn:aws:iam::000000000000:role/orders"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:orders"
CODE = """import json, os
def handler(event, context):
    print("printed")
    if event.get("fail"):
        raise ValueError("boom")
    return {"statusCode": 200, "body": json.dumps({"path": event.get("path"), "version": context.function_version, "word": os.environ.get("WORD")})}
"""


@pytest.fixture
def runs(tmp_path):
    """A server that runs functions."""
    server = Server(tmp_path / "data", "--allow-functions").start()
    yield server
    assert server.stop() == 0


def archive(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in files.items():
            z.writestr(name.replace("_", "."), text)
    return out.getvalue()


def make(client, name="orders", **more):
    given = dict(FunctionName=name, Runtime="python3.13", Handler="index.handler", Role=ROLE, Code={"ZipFile": archive(index_py=CODE)}, Environment={"Variables": {"WORD": "hello"}})
    return client.create_function(**given | more)


def refused(code, what, *args, **kwargs):
    with pytest.raises(ClientError) as e:
        what(*args, **kwargs)
    assert e.value.response["Error"]["Code"] == code, e.value
    return e.value.response["Error"]["Message"]


def test_every_call(runs):
    c = runs.client("lambda")
    assert make(c)["FunctionArn"] == ARN
    assert refused("ResourceConflictException", make, c) == "Function already exist: orders"
    c.get_waiter("function_active_v2").wait(FunctionName="orders")
    body = json.loads(json.load(c.invoke(FunctionName="orders", Payload=b'{"path": "/a"}')["Payload"])["body"])
    assert body == {"path": "/a", "version": "$LATEST", "word": "hello"}
    told = c.invoke(FunctionName="orders", Payload=b'{"fail": 1}', LogType="Tail")
    assert told["FunctionError"] == "Unhandled" and json.load(told["Payload"])["errorMessage"] == "boom"
    assert "printed\n" in base64.b64decode(told["LogResult"]).decode()
    assert c.invoke(FunctionName="orders", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
    assert c.invoke(FunctionName="orders", InvocationType="DryRun")["StatusCode"] == 204
    events = list(c.invoke_with_response_stream(FunctionName="orders", Payload=b"{}")["EventStream"])
    assert json.loads(events[0]["PayloadChunk"]["Payload"])["statusCode"] == 200 and events[1] == {"InvokeComplete": {}}

    assert c.publish_version(FunctionName="orders")["Version"] == "1"
    assert c.publish_version(FunctionName="orders")["Version"] == "1", "nothing has changed"
    c.update_function_configuration(FunctionName="orders", Environment={"Variables": {"WORD": "again"}})
    c.update_function_code(FunctionName="orders", ZipFile=archive(index_py=CODE + "\n"), Publish=True)
    c.get_waiter("function_updated_v2").wait(FunctionName="orders")
    assert [v["Version"] for v in c.list_versions_by_function(FunctionName="orders")["Versions"]] == ["$LATEST", "1", "2"]
    assert c.create_alias(FunctionName="orders", Name="live", FunctionVersion="1")["AliasArn"] == ARN + ":live"
    c.update_alias(FunctionName="orders", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert c.invoke(FunctionName="orders:live", Payload=b"{}")["ExecutedVersion"] == "2"
    c.update_alias(FunctionName="orders", Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert c.invoke(FunctionName="orders:live", Payload=b"{}")["ExecutedVersion"] == "1"
    assert "RoutingConfig" not in c.get_alias(FunctionName="orders", Name="live")
    assert [a["Name"] for a in c.list_aliases(FunctionName="orders")["Aliases"]] == ["live"]
    refused("ResourceConflictException", c.delete_function, FunctionName="orders", Qualifier="1")
    c.delete_alias(FunctionName="orders", Name="live")
    c.delete_function(FunctionName="orders", Qualifier="1")
    assert refused("ResourceNotFoundException", c.get_function, FunctionName="orders", Qualifier="1") == "Function not found: " + ARN + ":1"

    c.add_permission(FunctionName="orders", StatementId="a", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    assert json.loads(c.get_policy(FunctionName="orders")["Policy"])["Statement"][0]["Sid"] == "a"
    c.remove_permission(FunctionName="orders", StatementId="a")
    c.tag_resource(Resource=ARN, Tags={"a": "b", "c": "d"})
    c.untag_resource(Resource=ARN, TagKeys=["a"])
    assert c.list_tags(Resource=ARN)["Tags"] == c.get_function(FunctionName="orders")["Tags"] == {"c": "d"}
    c.put_function_concurrency(FunctionName="orders", ReservedConcurrentExecutions=0)
    assert c.get_function_concurrency(FunctionName="orders")["ReservedConcurrentExecutions"] == 0
    refused("TooManyRequestsException", c.invoke, FunctionName="orders")
    c.delete_function_concurrency(FunctionName="orders")
    assert c.get_function_code_signing_config(FunctionName="orders")["FunctionName"] == "orders"
    assert c.get_function_configuration(FunctionName="orders")["LastUpdateStatus"] == "Successful"
    for i in range(3):
        make(c, f"more{i}")
    pages = c.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert [f["FunctionName"] for page in pages for f in page["Functions"]] == ["more0", "more1", "more2", "orders"]
    c.delete_function(FunctionName="orders")
    refused("ResourceNotFoundException", c.delete_function, FunctionName="orders")


def test_large_archive(runs):
    c = runs.client("lambda")
    noise = os.urandom(40 << 20)
    assert make(c, Code={"ZipFile": archive(index_py=CODE, noise=noise)})["CodeSize"] > len(noise)
    assert c.invoke(FunctionName="orders", Payload=b"{}")["StatusCode"] == 200
    runs.stop()
    runs.start()
    assert runs.client("lambda").invoke(FunctionName="orders", Payload=b"{}")["StatusCode"] == 200
    refused("RequestEntityTooLargeException", make, runs.client("lambda"), "larger", Code={"ZipFile": archive(index_py=CODE, noise=os.urandom(52 << 20))})


def test_local_directory(runs, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text(CODE)
    c = runs.client("lambda")
    make(c, Code={"S3Bucket": "local-directory", "S3Key": str(tmp_path / "code")})
    assert c.invoke(FunctionName="orders", Payload=b"{}")["StatusCode"] == 200
    assert "no versions" in refused("InvalidParameterValueException", c.publish_version, FunctionName="orders")
    assert "This server has no S3" in refused("InvalidParameterValueException", make, c, "other", Code={"S3Bucket": "bucket", "S3Key": "key"})


def test_from_nothing_with_the_cli(runs, tmp_path):
    """What the Serverless Framework does: upload, create, permit, integrate, deploy."""
    (tmp_path / "orders.zip").write_bytes(archive(index_py=CODE))
    made = runs.aws("lambda", "create-function", "--function-name", "orders", "--runtime", "python3.13", "--handler", "index.handler", "--role", ROLE, "--zip-file", f"fileb://{tmp_path}/orders.zip")
    api = runs.aws("apigateway", "create-rest-api", "--name", "orders")
    id, root = api["id"], api["rootResourceId"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{made['FunctionArn']}/invocations"
    at = ("--rest-api-id", id, "--resource-id", root, "--http-method", "GET")
    runs.aws("apigateway", "put-method", *at, "--authorization-type", "NONE")
    runs.aws("apigateway", "put-integration", *at, "--type", "AWS_PROXY", "--integration-http-method", "POST", "--uri", uri)
    runs.aws("apigateway", "create-deployment", "--rest-api-id", id, "--stage-name", "dev")
    url = f"{runs.url}/_aws/execute-api/{id}/dev/"
    assert call(url).status == 500
    runs.aws(
        "lambda", "add-permission", "--function-name", "orders", "--statement-id", "gateway", "--action", "lambda:InvokeFunction",
        "--principal", "apigateway.amazonaws.com", "--source-arn", f"arn:aws:execute-api:us-east-1:000000000000:{id}/*/GET/",
    )
    answer = call(url)
    assert answer.status == 200 and answer.json["path"] == "/"
    runs.aws("lambda", "invoke", "--function-name", "orders", "--payload", "{}", str(tmp_path / "out"))
    assert json.loads((tmp_path / "out").read_text())["statusCode"] == 200
    assert runs.aws("lambda", "list-functions")["Functions"][0]["FunctionName"] == "orders"
    runs.aws("lambda", "delete-function", "--function-name", "orders")
    assert call(url).status == 500


def test_javascript(runs, tmp_path):
    code = 'export const handler = async (e) => { console.log("printed"); if (e.fail) throw new Error("boom"); return e; };'
    (tmp_path / "js.zip").write_bytes(archive(index_mjs=code))
    shutil.copy(ROOT / "e2e" / "lambda.mjs", CACHE / "node" / "lambda.mjs")
    done = subprocess.run(["node", "lambda.mjs", str(tmp_path / "js.zip")], cwd=CACHE / "node", env=runs.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    js = ARN.replace("orders", "js")
    assert said == {
        "arn": js, "state": "Active", "payload": {"a": 1}, "log": True, "failed": "Unhandled", "chunks": '{"b":2}', "complete": "whole", "version": "1",
        "alias": js + ":live", "sid": "a", "timeout": 9, "tags": {"a": "b"}, "names": ["js"], "gone": "ResourceNotFoundException: Function not found: " + js,
    }
