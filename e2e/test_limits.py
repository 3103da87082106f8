"""Quotas and rates of the control plane, and every error of PutMethodResponse by a real cause."""

import pytest
from conftest import Server

KEYS = """
- {accessKeyId: AKIAADMINEXAMPLE1111, secretAccessKey: admin-secret-admin-secret-admin-secret, account: "111111111111"}
- {accessKeyId: AKIADISABLEDEXAMPLE1, secretAccessKey: disabled-secret-disabled-secret-disa, account: "111111111111", disabled: true}
"""


@pytest.fixture
def limited(tmp_path):
    """Starts a server with a configuration file."""
    servers = []

    def start(config, *flags):
        file = tmp_path / "gatehouse.yaml"
        file.write_text(config)
        servers.append(Server(tmp_path / "data", "--config", str(file), *flags).start())
        return servers[-1]

    yield start
    for server in servers:
        assert server.stop() == 0


def fails(kind, message, status, call):
    """Checks the type of an error, its words, its status, and returns its answer."""
    with pytest.raises(kind) as error:
        call()
    response = error.value.response
    assert response["Error"]["Code"] == kind.__name__
    assert message in response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    return response


def method_of(client, name="limited"):
    """Makes an API with a GET on its root."""
    api = client.create_rest_api(name=name, endpointConfiguration={"types": ["REGIONAL"]})
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**method, authorizationType="NONE")
    return method


def test_every_error_of_put_method_response(limited, tmp_path):
    keys = tmp_path / "keys.yaml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    server = limited("quotas: {method-responses-per-method: 2}\nrates: {put-method-response: 6/m}\n", "--credentials", str(keys))
    client = server.client(aws_access_key_id="AKIAADMINEXAMPLE1111", aws_secret_access_key="admin-secret-admin-secret-admin-secret")
    disabled = server.client(aws_access_key_id="AKIADISABLEDEXAMPLE1", aws_secret_access_key="disabled-secret-disabled-secret-disa")
    method, put, error = method_of(client), client.put_method_response, client.exceptions

    fails(disabled.exceptions.UnauthorizedException, "The request is denied", 401, lambda: disabled.put_method_response(**method, statusCode="200"))
    put(**method, statusCode="200")  # the first of six calls in a minute
    fails(error.BadRequestException, "Invalid model identifier specified: Nope", 400,
          lambda: put(**method, statusCode="201", responseModels={"application/json": "Nope"}))
    fails(error.NotFoundException, "Invalid Method identifier specified", 404, lambda: put(**{**method, "httpMethod": "POST"}, statusCode="200"))
    fails(error.ConflictException, "Response already exists for this resource", 409, lambda: put(**method, statusCode="200"))
    put(**method, statusCode="201")
    full = fails(error.LimitExceededException, "Maximum number of Method Responses for this Method has been reached.", 429,
                 lambda: put(**method, statusCode="202"))
    assert full["retryAfterSeconds"] == "1"
    slow = fails(error.TooManyRequestsException, "Too Many Requests", 429, lambda: put(**method, statusCode="203"))
    assert 1 <= int(slow["retryAfterSeconds"]) <= 10, "one call comes back every ten seconds"
    assert set(client.get_method(**method)["methodResponses"]) == {"200", "201"}


def test_limits_of_aws(limited):
    server = limited("quotas: {resources-per-api: 3}\nrates: {put-method-response: 1/h, create-resource: unlimited}\n", "--aws-limits")
    client = server.client()
    method, error = method_of(client), client.exceptions
    slow = fails(error.TooManyRequestsException, "Too Many Requests", 429, lambda: method_of(client, "too soon"))
    assert 1 <= int(slow["retryAfterSeconds"]) <= 3

    parts = [client.create_resource(restApiId=method["restApiId"], parentId=method["resourceId"], pathPart=part) for part in ("a", "b")]
    full = fails(error.LimitExceededException,
                 "Maximum number of Resources for this API has been reached.  Please contact AWS if you need additional Resources.", 429,
                 lambda: client.create_resource(restApiId=method["restApiId"], parentId=method["resourceId"], pathPart="c"))
    assert full["retryAfterSeconds"] == "1"
    assert len(parts) == 2

    client.put_method_response(**method, statusCode="200")
    slow = fails(error.TooManyRequestsException, "Too Many Requests", 429, lambda: client.put_method_response(**method, statusCode="201"))
    assert 3000 < int(slow["retryAfterSeconds"]) <= 3600

    with pytest.raises(error.TooManyRequestsException):
        for _ in range(200):  # ten a second, forty at once
            client.get_account()


def test_nothing_is_limited_by_itself(server):
    client = server.client()
    for i in range(3):
        method = method_of(client, f"n{i}")
    for status in range(200, 260):
        client.put_method_response(**method, statusCode=str(status))
    assert len(client.get_method(**method)["methodResponses"]) == 60
