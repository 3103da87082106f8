"""Methods of AWS_IAM: calls that botocore, curl and the JavaScript SDK sign, with keys of the credentials file and with sessions of STS."""

import json
import os
import shutil
import subprocess

import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import CACHE, ROOT, Server, call

ADMIN = ("AKIAADMINEXAMPLE1111", "admin-secret-admin-secret-admin-secret")
READER = ("AKIAREADEREXAMPLE111", "reader-secret-reader-secret-reader")

KEYS = f"""
- accessKeyId: {ADMIN[0]}
  secretAccessKey: {ADMIN[1]}
  account: "111111111111"
- accessKeyId: {READER[0]}
  secretAccessKey: {READER[1]}
  account: "111111111111"
  principal: arn:aws:iam::111111111111:user/reader
  policy:
    Version: 2012-10-17
    Statement:
      - {{Effect: Allow, Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:us-east-1:111111111111:*/prod/GET/*"}}
- role: arn:aws:iam::111111111111:role/caller
  trust: ["111111111111"]
"""

API = {
    "swagger": "2.0",
    "info": {"title": "signed", "version": "1"},
    "paths": {
        "/who/{name}": {
            "x-amazon-apigateway-any-method": {
                "responses": {"200": {"description": "ok"}},
                "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": '{"statusCode": 200}'},
                    "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": '{"arn": "$context.identity.userArn"}'}}},
                },
            }
        }
    },
}


@pytest.fixture
def signed(tmp_path):
    """A server with an API whose method wants a signature, and that API's id."""
    keys = tmp_path / "keys.yaml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    server = Server(tmp_path / "data", "--credentials", str(keys)).start()
    admin = server.client(aws_access_key_id=ADMIN[0], aws_secret_access_key=ADMIN[1])
    api = admin.import_rest_api(body=json.dumps(API))["id"]
    admin.create_deployment(restApiId=api, stageName="prod")
    yield server, api
    assert server.stop() == 0


def place(signed, name="a%20b"):
    server, api = signed
    return f"{server.url}/_aws/execute-api/{api}/prod/who/{name}"


def send(url, credentials, method="GET", body=None, auth=SigV4Auth, region="us-east-1"):
    """A call that botocore has signed."""
    request = AWSRequest(method=method, url=url, data=body, headers={"Content-Type": "application/json"})
    auth(Credentials(*credentials), "execute-api", region).add_auth(request)
    prepared = request.prepare()
    return call(prepared.url, method, body, dict(prepared.headers.items()))


def session(server, key):
    sts = boto3.client("sts", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id=key[0], aws_secret_access_key=key[1])
    answer = sts.assume_role(RoleArn="arn:aws:iam::111111111111:role/caller", RoleSessionName="e2e")
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111111111111:assumed-role/caller/e2e"
    found = answer["Credentials"]
    return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]


def test_botocore(signed):
    url = place(signed)
    bare = call(url)
    assert (bare.status, bare.headers["x-amzn-ErrorType"], bare.json) == (403, "MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})
    for auth in SigV4Auth, SigV4QueryAuth:
        answer = send(url + "?b=2&a=%2F", READER, auth=auth)
        assert (answer.status, answer.json) == (200, {"arn": "arn:aws:iam::111111111111:user/reader"})
    assert send(url, ADMIN, "POST", b'{"quantity": 3}').status == 200

    denied = send(url, READER, "POST", b"{}")
    assert (denied.status, denied.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
    assert denied.json["Message"].startswith("User: arn:aws:iam::111111111111:user/reader is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********1111:")
    for credentials, region, kind in [
        ((READER[0], "not-the-secret-not-the-secret"), "us-east-1", "InvalidSignatureException"),
        (("AKIANOBODYEXAMPLE111", "x"), "us-east-1", "UnrecognizedClientException"),
        (READER, "eu-west-1", "InvalidSignatureException"),
    ]:
        refused = send(url, credentials, region=region)
        assert (refused.status, refused.headers["x-amzn-ErrorType"]) == (403, kind)


def test_session(signed):
    credentials = session(signed[0], ADMIN)
    for auth in SigV4Auth, SigV4QueryAuth:
        answer = send(place(signed), credentials, auth=auth)
        assert (answer.status, answer.json) == (200, {"arn": "arn:aws:sts::111111111111:assumed-role/caller/e2e"})
    altered = send(place(signed), (*credentials[:2], credentials[2][:-2] + "AA"))
    assert (altered.status, altered.headers["x-amzn-ErrorType"]) == (403, "UnrecognizedClientException")
    again = session(signed[0], ADMIN)
    assert again[0] != credentials[0]


def test_curl(signed):
    def curl(key, *more):
        command = ["curl", "-s", "-w", " %{http_code}", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "-u", ":".join(key), *more, place(signed, "alice")]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout

    assert curl(ADMIN) == '{"arn": "arn:aws:iam::111111111111:user/AKIAADMINEXAMPLE1111"} 200'
    assert curl(ADMIN, "-d", "{}", "-H", "Content-Type: application/json").endswith(" 200")
    assert curl((ADMIN[0], "x")).endswith(" 403")


def test_javascript(signed):
    server, api = signed
    shutil.copy(ROOT / "e2e" / "sign.mjs", CACHE / "node" / "sign.mjs")
    key, secret, token = session(server, ADMIN)
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    command = ["node", "sign.mjs", server.url, "/prod/who/alice", f"{api}.execute-api.us-east-1.amazonaws.com"]
    done = subprocess.run(command, cwd=CACHE / "node", env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for answer in json.loads(done.stdout).values():
        assert answer == {"status": 200, "said": '{"arn": "arn:aws:sts::111111111111:assumed-role/caller/e2e"}'}
