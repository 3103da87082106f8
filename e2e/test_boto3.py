"""boto3 walks the classic path, and the stages serve what it deployed."""

import signal

import pytest
from conftest import Server, call, stage_urls
from walk import build


def test_every_url_form_serves_every_integration(server, client, backend):
    api = build(client, backend.url)
    for url, headers in stage_urls(server, api, "prod"):
        mock = call(url + "/mock?who=Ann", headers=headers)
        assert (mock.status, mock.json) == (200, {"hello": "Ann", "stage": "prod"})
        assert mock.headers["Content-Type"] == "application/json"
        assert len(mock.headers["x-amzn-RequestId"]) == 36
        assert mock.headers["x-amz-apigw-id"].endswith("=")
        assert "X-Amzn-Trace-Id" not in mock.headers

        pet = call(url + "/pets/a%20b?full=yes", headers=headers)
        assert (pet.status, pet.json) == (200, {"seen": "/animals/a%20b?full=yes", "verb": "GET"})
        assert pet.headers["X-From"] == "two"
        assert pet.headers["X-All"] == "one,two"
        assert pet.headers["X-Path"] == "/animals/a%20b?full=yes"
        assert pet.headers["X-Static"] == "fixed"
        assert pet.headers["X-Env"] == "test"
        assert pet.headers["X-Stage"] == "prod"
        assert "X-Backend" not in pet.headers, "a header that nothing maps"
        assert pet.headers["X-Amzn-Trace-Id"].startswith("Root=1-")

        proxied = call(url + "/proxy/a/b%2Fc?q=1&q=2", "PUT", b"body", {**headers, "X-Mine": "yes", "X-Want-Status": "418"})
        assert proxied.status == 418
        assert proxied.json["method"] == "PUT"
        assert proxied.json["path"] == "/up/a/b%2Fc?q=1&q=2"
        assert proxied.json["body"] == "body"
        assert ["X-Mine", "yes"] in proxied.json["headers"]
        assert ["X-Amzn-Apigateway-Api-Id", api] in proxied.json["headers"]
        assert proxied.headers.get_all("X-Backend") == ["one", "two"]
        assert proxied.headers["x-amzn-Remapped-Content-Length"] == str(len(proxied.body))


def test_no_route_is_missing_authentication_token(server, client, backend):
    api = build(client, backend.url)
    url, _ = stage_urls(server, api, "prod")[0]
    for path, method in (("/nope", "GET"), ("/mock", "POST"), ("/", "GET")):
        answer = call(url + path, method)
        assert answer.status == 403
        assert answer.body == b'{"message":"Missing Authentication Token"}'
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_what_is_served_is_what_was_deployed(server, client, backend):
    api = build(client, backend.url)
    url, _ = stage_urls(server, api, "prod")[0]
    mock = next(r["id"] for r in client.get_resources(restApiId=api)["items"] if r["path"] == "/mock")
    client.put_integration_response(
        restApiId=api, resourceId=mock, httpMethod="GET", statusCode="200", responseTemplates={"application/json": "changed"},
    )
    assert call(url + "/mock?who=Ann").json["hello"] == "Ann", "editing the tree changed what is served"
    client.create_deployment(restApiId=api, stageName="prod")
    assert call(url + "/mock").body == b"changed", "a request right after create_deployment saw the old one"
    client.delete_resource(restApiId=api, resourceId=mock)
    assert call(url + "/mock").status == 200
    client.delete_stage(restApiId=api, stageName="prod")
    gone = call(url + "/mock")
    assert (gone.status, gone.body) in ((403, b'{"message":"Forbidden"}'), (404, gone.body))


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGKILL])
def test_everything_is_there_after_a_restart(tmp_path, backend, sig):
    server = Server(tmp_path / "data").start()
    client = server.client()
    api = build(client, backend.url)
    before = client.get_resources(restApiId=api, embed=["methods"])["items"]
    code = server.stop(sig)
    assert code == (0 if sig == signal.SIGTERM else -sig)

    server.start()
    try:
        client = server.client()
        assert client.get_resources(restApiId=api, embed=["methods"])["items"] == before
        for url, headers in stage_urls(server, api, "prod"):
            assert call(url + "/mock?who=Ann", headers=headers).json == {"hello": "Ann", "stage": "prod"}
    finally:
        server.stop()


def test_one_server_a_directory(server, tmp_path):
    second = Server(tmp_path / "data")
    with pytest.raises(RuntimeError, match="in use by another process"):
        second.start()
    assert second.process.wait(10) == 1


def test_accounts_and_regions_are_apart(server):
    mine = server.client()
    api = mine.create_rest_api(name="mine")["id"]
    for other in (server.client(aws_access_key_id="111111111111"), server.client(region_name="eu-west-1")):
        assert other.get_rest_apis()["items"] == []
        with pytest.raises(other.exceptions.NotFoundException):
            other.get_rest_api(restApiId=api)
    assert [a["id"] for a in mine.get_rest_apis()["items"]] == [api]
