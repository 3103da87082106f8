"""The aws CLI walks the classic path with the words of AWS's tutorial."""

import json
import subprocess

from conftest import BINARY, CACHE, Server, call


def test_classic_path(server, aws):
    api = aws("create-rest-api", "--name", "cli", "--query", "id")
    root = aws("get-resources", "--rest-api-id", api, "--query", "items[0].id")
    resource = aws("create-resource", "--rest-api-id", api, "--parent-id", root, "--path-part", "greet", "--query", "id")
    method = ("--rest-api-id", api, "--resource-id", resource, "--http-method", "GET")
    aws("put-method", *method, "--authorization-type", "NONE")
    aws("put-method-response", *method, "--status-code", "200", "--response-parameters", "method.response.header.X-A=true")
    aws("put-integration", *method, "--type", "MOCK", "--request-templates", '{"application/json":"{\\"statusCode\\": 200}"}')
    aws(
        "put-integration-response", *method, "--status-code", "200",
        "--response-parameters", '{"method.response.header.X-A":"\'from the CLI\'"}',
        "--response-templates", '{"application/json":"hello"}',
    )
    aws("create-deployment", "--rest-api-id", api, "--stage-name", "dev")
    answer = call(f"{server.url}/_aws/execute-api/{api}/dev/greet")
    assert (answer.status, answer.body, answer.headers["X-A"]) == (200, b"hello", "from the CLI")

    updated = aws(
        "update-method-response", *method, "--status-code", "200",
        "--patch-operations", "op=add,path=/responseParameters/method.response.header.X-B,value=false",
    )
    assert updated["responseParameters"] == {"method.response.header.X-A": True, "method.response.header.X-B": False}
    aws("put-method-response", *method, "--status-code", "200", fails="(ConflictException) when calling the PutMethodResponse operation: Response already exists for this resource")
    aws("get-method", "--rest-api-id", api, "--resource-id", resource, "--http-method", "POST", fails="(NotFoundException)")
    aws("delete-rest-api", "--rest-api-id", api)
    aws("get-rest-api", "--rest-api-id", api, fails=f"Invalid API identifier specified 000000000000:{api}")


def test_caller_identity(server):
    """AWS_ENDPOINT_URL alone, with all services at one address: the CLI asks who it is."""
    env = {k: v for k, v in server.environment().items() if not k.startswith("AWS_ENDPOINT_URL")} | {"AWS_ENDPOINT_URL": server.url}
    for flags in ([], ["--endpoint-url", server.url]):
        done = subprocess.run([CACHE / "venv" / "bin" / "aws", "sts", "get-caller-identity", *flags], capture_output=True, text=True, env=env, timeout=60)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"UserId": "000000000000", "Account": "000000000000", "Arn": "arn:aws:iam::000000000000:root"}


def test_tls(tmp_path):
    """The control plane under TLS, with a certificate of an authority of one's own."""
    authority = tmp_path / "ca"
    subprocess.run([BINARY, "ca", "--dir", authority, "localhost"], check=True, capture_output=True, timeout=60)
    server = Server(tmp_path / "data", "--listen-cert", authority / "localhost.pem", "--listen-key", authority / "localhost.key").start()
    url = f"https://localhost:{server.port}"
    command = [CACHE / "venv" / "bin" / "aws", "apigateway", "create-rest-api", "--name", "tls", "--query", "name", "--endpoint-url", url]
    try:
        done = subprocess.run([*command, "--ca-bundle", authority / "ca.pem"], capture_output=True, text=True, env=server.environment(), timeout=60)
        assert (done.returncode, done.stdout.strip()) == (0, '"tls"'), done.stderr
        done = subprocess.run(command, capture_output=True, text=True, env=server.environment(), timeout=60)
        assert done.returncode != 0 and "SSL validation failed" in done.stderr, done.stderr
    finally:
        assert server.stop() == 0
