"""TestInvokeMethod: methods called as they are defined, with nothing deployed, through boto3 and the aws CLI."""

import json
import re

import pytest
from botocore.exceptions import ClientError

API = {
    "openapi": "3.0.1",
    "info": {"title": "tested", "version": "1"},
    "paths": {
        "/pets/{petId}": {
            "get": {
                "parameters": [{"name": "petId", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {"description": "ok"}},
                "x-amazon-apigateway-integration": {
                    "type": "http_proxy",
                    "httpMethod": "GET",
                    "uri": "BACKEND/pets/{petId}",
                    "requestParameters": {"integration.request.path.petId": "method.request.path.petId"},
                },
            },
            "post": {
                "responses": {"200": {"description": "ok"}},
                "x-amazon-apigateway-integration": {
                    "type": "http",
                    "httpMethod": "POST",
                    "uri": "http://${stageVariables.host}/",
                    "responses": {"default": {"statusCode": "200"}},
                },
            },
        },
        "/any": {
            "x-amazon-apigateway-any-method": {
                "responses": {"200": {"description": "ok"}},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": "{statusCode: 200}"},
                    "responses": {
                        "default": {
                            "statusCode": "200",
                            "responseTemplates": {
                                "application/json": '{"verb": "$context.httpMethod", "stage": "$context.stage", "env": "$stageVariables.env", '
                                '"agent": "$context.identity.userAgent", "account": "$context.identity.accountId", "key": "$context.identity.accessKey"}'
                            },
                        }
                    },
                },
            }
        },
    },
}


@pytest.fixture
def api(client, backend):
    """The API's id, and the ids of its resources by path."""
    made = client.import_rest_api(body=json.dumps(API).replace("BACKEND", backend.url).encode())
    return made["id"], {r["path"]: r["id"] for r in client.get_resources(restApiId=made["id"])["items"]}


def lines(log):
    """The texts of a log's lines; the first line has no date."""
    first, *rest = log.removesuffix("\n").split("\n")
    texts = [first]
    for line in rest:
        date, text = line.split(" : ", 1)
        assert re.fullmatch(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}", date)
        texts.append(text)
    return texts


def test_a_proxied_call(client, backend, api):
    api, resources = api
    answer = client.test_invoke_method(
        restApiId=api,
        resourceId=resources["/pets/{petId}"],
        httpMethod="GET",
        pathWithQueryString="/pets/7?limit=10",
        headers={"X-Mine": "yes", "Authorization": "Bearer 0123456789"},
        multiValueHeaders={"X-Many": ["a", "b"]},
    )
    assert answer["status"] == 200
    seen = json.loads(answer["body"])
    assert seen["path"] == "/pets/7?limit=10"
    assert ["X-Mine", "yes"] in seen["headers"]
    assert [v for k, v in seen["headers"] if k == "X-Many"] == ["a", "b"]
    assert answer["multiValueHeaders"]["X-Backend"] == ["one", "two"]
    assert answer["headers"]["X-Backend"] == "two"
    assert not {"x-amzn-RequestId", "x-amz-apigw-id"} & answer["headers"].keys()
    assert isinstance(answer["latency"], int)

    log = lines(answer["log"])
    request_id = re.fullmatch("Execution log for request ([0-9a-f-]{36})", log[0])[1]
    uri = backend.url + "/pets/7?limit=10"
    assert log[1:10] == [
        f"Starting execution for request: {request_id}",
        "HTTP Method: GET, Resource Path: /pets/7",
        "Method request path: {petId=7}",
        "Method request query string: {limit=10}",
        "Method request headers: {Authorization=***********456789, X-Many=a,b, X-Mine=yes}",
        "Method request body before transformations: ",
        f"Endpoint request URI: {uri}",
        log[8],
        "Endpoint request body after transformations: ",
    ]
    assert log[8].startswith("Endpoint request headers: {Authorization=***********456789, X-Many=a,b, X-Mine=yes, X-Amzn-Trace-Id=Root=1-")
    assert log[10] == f"Sending request to {uri}"
    assert re.fullmatch(r"Received response\. Status: 200, Integration latency: \d+ ms", log[11])
    assert [re.split("[:{]", line)[0] for line in log[12:]] == [
        "Endpoint response headers",
        "Endpoint response body before transformations",
        "Method response body after transformations",
        "Method response headers",
        "Successfully completed execution",
        "Method completed with status",
    ]


def test_what_a_test_shows_of_itself(client, api):
    api, resources = api
    answer = client.test_invoke_method(restApiId=api, resourceId=resources["/any"], httpMethod="PUT", stageVariables={"env": "test"})
    assert answer["headers"] == {"Content-Type": "application/json"}
    assert answer["multiValueHeaders"] == {"Content-Type": ["application/json"]}
    body = json.loads(answer["body"])
    assert re.match(r"Boto3/|aws-", body.pop("agent"))
    assert body == {"verb": "PUT", "stage": "test-invoke-stage", "env": "test", "account": "000000000000", "key": "test"}


def test_an_integration_that_fails(client, api):
    api, resources = api
    answer = client.test_invoke_method(restApiId=api, resourceId=resources["/pets/{petId}"], httpMethod="POST")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["status"] == 500
    assert answer["body"] == '{"message": "Internal server error"}'
    assert answer["headers"] == {"x-amzn-ErrorType": "InternalServerErrorException"}
    assert lines(answer["log"])[-2:] == [
        "Execution failed due to configuration error: Invalid endpoint address",
        "Method completed with status: 500",
    ]


def test_paths(client, api):
    api, resources = api
    for path, params in ((None, "{petId={petId}}"), ("/cats/1/2", "{}"), ("", "{petId={petId}}"), ("/pets/a%20b", "{petId=a b}")):
        given = {} if path is None else {"pathWithQueryString": path}
        answer = client.test_invoke_method(restApiId=api, resourceId=resources["/pets/{petId}"], httpMethod="GET", **given)
        assert answer["status"] == 200
        assert f"Method request path: {params}" in lines(answer["log"])


@pytest.mark.parametrize(
    "change, code, message",
    [
        ({"restApiId": "nope"}, "NotFoundException", "Invalid Resource identifier specified"),
        ({"resourceId": "nope"}, "NotFoundException", "Invalid Resource identifier specified"),
        ({"httpMethod": "HEAD"}, "NotFoundException", "Invalid Method identifier specified"),
        ({"clientCertificateId": "nope"}, "NotFoundException", "Invalid client certificate identifier specified"),
    ],
)
def test_errors(client, api, change, code, message):
    api, resources = api
    call = {"restApiId": api, "resourceId": resources["/pets/{petId}"], "httpMethod": "GET", **change}
    with pytest.raises(ClientError) as failure:
        client.test_invoke_method(**call)
    error = failure.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


def test_the_cli(aws, api):
    api, resources = api
    answer = aws("test-invoke-method", "--rest-api-id", api, "--resource-id", resources["/any"], "--http-method", "GET")
    assert list(answer) == ["status", "body", "headers", "multiValueHeaders", "log", "latency"]
    assert answer["status"] == 200
    assert answer["log"].endswith(" : Method completed with status: 200\n")
