"""VPC links and client certificates: boto3 makes them, private backends are called by way of them."""

import http.server
import json
import socket
import ssl
import subprocess
import threading

import pytest
from botocore.exceptions import ClientError
from conftest import Server, call

HOST = "orders.internal"
TARGET = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/orders/50dc6c495c0c9188"


class Tell(http.server.BaseHTTPRequestHandler):
    """Tells which member of the pool was asked, for which host, by whom."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        body = json.dumps({"member": self.server.name, "host": self.headers["Host"], "path": self.path, "peer": peer and peer["subject"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        pass


@pytest.fixture
def members():
    """Starts members of a pool, and gives their addresses."""
    started = []

    def start(name, context=None):
        server = Quiet(("127.0.0.1", 0), Tell)
        server.name = name
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        started.append((server, thread))
        return "127.0.0.1:%d" % server.server_address[1]

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def authority(tmp_path):
    """A certificate for HOST that is its own authority, and its key."""
    cert, key = tmp_path / "server.pem", tmp_path / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + HOST,
         "-addext", "subjectAltName=DNS:" + HOST, "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )
    return cert, key


@pytest.fixture
def dead():
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return "127.0.0.1:%d" % free.getsockname()[1]


@pytest.fixture
def linked(tmp_path):
    """Starts a server with pools."""
    servers = []

    def start(pools):
        config = tmp_path / "gatehouse.yaml"
        config.write_text(json.dumps({"vpc-links": pools}))
        servers.append(Server(tmp_path / "data", "--config", str(config)).start())
        return servers[0]

    yield start
    assert servers[0].stop() == 0


def deploy(client, uri, connection, variables=None, **settings):
    """An API of one HTTP_PROXY method by way of a link, served as prod."""
    api = client.create_rest_api(name="linked")
    target = dict(restApiId=api["id"], resourceId=api["rootResourceId"], httpMethod="GET")
    client.put_method(authorizationType="NONE", **target)
    put = client.put_integration(
        type="HTTP_PROXY", integrationHttpMethod="GET", uri=uri, connectionType="VPC_LINK", connectionId=connection, **settings, **target
    )
    assert (put["connectionType"], put["connectionId"]) == ("VPC_LINK", connection)
    client.create_deployment(restApiId=api["id"], stageName="prod", variables=variables or {})
    return api["id"], api["rootResourceId"]


def url(server, api):
    return f"{server.url}/_aws/execute-api/{api}/prod"


def error(function, **arguments):
    with pytest.raises(ClientError) as caught:
        function(**arguments)
    return caught.value.response["Error"]


def test_a_link_from_its_making_to_its_end(linked, members, dead):
    server = linked({"orders": [members("a"), dead, members("b")]})
    client = server.client()
    link = client.create_vpc_link(name="orders", targetArns=[TARGET])
    assert (link["ResponseMetadata"]["HTTPStatusCode"], link["status"]) == (202, "PENDING")
    shown = client.get_vpc_link(vpcLinkId=link["id"])
    assert (shown["status"], shown["statusMessage"], shown["tags"]) == ("AVAILABLE", "Your vpc link is ready for use", {})
    assert [page["id"] for page in client.get_paginator("get_vpc_links").paginate().search("items")] == [link["id"]]

    api, root = deploy(client, f"http://{HOST}:8080/up", link["id"])
    answers = [call(url(server, api)).json for _ in range(9)]
    assert {a["member"] for a in answers} == {"a", "b"}, "calls take turns, and pass the dead member over"
    assert {(a["host"], a["path"]) for a in answers} == {(HOST + ":8080", "/up")}

    used = error(client.delete_vpc_link, vpcLinkId=link["id"])
    assert used["Message"] == (
        f"Cannot delete vpc link. Vpc link '{link['id']}', is referenced in [{api}:GET:{root}:prod] in format of [RESTApiId:Method:Resource:Stage]."
    )
    client.delete_rest_api(restApiId=api)
    client.delete_vpc_link(vpcLinkId=link["id"])
    assert error(client.get_vpc_link, vpcLinkId=link["id"])["Code"] == "NotFoundException"


def test_a_stage_chooses_its_link(linked, members):
    server = linked({"blue": [members("blue")], TARGET: [members("green")]})
    client = server.client()
    blue = client.create_vpc_link(name="blue", targetArns=[TARGET + "0"])["id"]
    green = client.create_vpc_link(name="green", targetArns=[TARGET])["id"]
    api, _ = deploy(client, f"http://{HOST}/", "${stageVariables.link}", {"link": blue})
    assert call(url(server, api)).json["member"] == "blue"
    patch = dict(op="replace", path="/variables/link", value=green)
    client.update_stage(restApiId=api, stageName="prod", patchOperations=[patch])
    assert call(url(server, api)).json["member"] == "green"


def test_a_link_without_addresses_says_so(linked, members):
    server = linked({"orders": [members("a")]})
    client = server.client()
    link = client.create_vpc_link(name="lonely", targetArns=[TARGET])["id"]
    api, _ = deploy(client, f"http://{HOST}/", link)
    answer = call(url(server, api))
    assert (answer.status, answer.body) == (500, b'{"message": "Internal server error"}')
    reason = f"VPC link {link} (lonely) has no addresses"
    server.logs(reason)
    (finding,) = call(server.url + "/_gatehouse/doctor").json["findings"]
    assert finding["text"].startswith(reason) and finding["field"] == "integration.connectionId"

    client.update_vpc_link(vpcLinkId=link, patchOperations=[dict(op="replace", path="/name", value="orders")])
    assert call(url(server, api)).json["member"] == "a", "a new name counts at once"


def test_an_integration_names_the_load_balancer_behind_a_link_of_the_second_generation(linked, members):
    balancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/orders/1"
    server = linked({balancer: [members("one")], "vpc": [members("any")]})
    client, v2 = server.client(), server.client(service="apigatewayv2")

    made = server.aws("apigatewayv2", "create-vpc-link", "--name", "vpc", "--subnet-ids", "subnet-1", "subnet-2", "--security-group-ids", "sg-1", "--tags", "a=b")
    link = made["VpcLinkId"]
    assert (made["VpcLinkStatus"], made["VpcLinkVersion"], made["SubnetIds"], made["Tags"]) == ("PENDING", "V2", ["subnet-1", "subnet-2"], {"a": "b"})
    assert v2.get_vpc_link(VpcLinkId=link)["VpcLinkStatus"] == "AVAILABLE"
    assert [item["VpcLinkId"] for item in v2.get_vpc_links(MaxResults="1")["Items"]] == [link]
    assert client.get_vpc_links()["items"] == []
    assert made["CreatedDate"].startswith("20") and v2.get_vpc_link(VpcLinkId=link)["CreatedDate"].year > 2000
    arn = f"arn:aws:apigateway:us-east-1::/vpclinks/{link}"
    v2.tag_resource(ResourceArn=arn, Tags={"c": "d"})
    v2.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert v2.get_tags(ResourceArn=arn)["Tags"] == client.get_tags(resourceArn=arn)["tags"] == {"c": "d"}

    api = client.create_rest_api(name="linked")
    target = dict(restApiId=api["id"], resourceId=api["rootResourceId"], httpMethod="GET")
    client.put_method(authorizationType="NONE", **target)
    put = dict(type="HTTP_PROXY", integrationHttpMethod="GET", uri=f"http://{HOST}/", connectionType="VPC_LINK", connectionId=link, **target)
    assert error(client.put_integration, **put)["Message"] == f"IntegrationTarget is required for VpcLinkV2 {link}."
    assert client.put_integration(integrationTarget=balancer, **put)["integrationTarget"] == balancer
    client.create_deployment(restApiId=api["id"], stageName="prod")
    assert call(url(server, api["id"])).json["member"] == "one"
    client.update_integration(**target, patchOperations=[dict(op="replace", path="/integrationTarget", value=balancer + "0")])
    client.create_deployment(restApiId=api["id"], stageName="prod")
    assert call(url(server, api["id"])).json["member"] == "any", "else the link's name says where calls go"
    assert "is referenced in" in error(v2.delete_vpc_link, VpcLinkId=link)["Message"]
    client.delete_rest_api(restApiId=api["id"])
    v2.update_vpc_link(VpcLinkId=link, Name="other")
    assert server.aws("apigatewayv2", "delete-vpc-link", "--vpc-link-id", link) is None
    assert error(v2.get_vpc_link, VpcLinkId=link)["Code"] == "NotFoundException"


def test_a_backend_lets_in_who_shows_the_certificate(linked, members, authority, monkeypatch):
    cert, key = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))  # whom the server trusts
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.verify_mode = ssl.CERT_REQUIRED
    server = linked({"orders": [members("secure", context)]})
    client = server.client()
    link = client.create_vpc_link(name="orders", targetArns=[TARGET])["id"]
    api, _ = deploy(client, f"https://{HOST}/", link)

    made = client.generate_client_certificate(description="who calls")
    assert (made["expirationDate"] - made["createdDate"]).days == 365
    assert "privateKey" not in json.dumps(made, default=str)
    context.load_verify_locations(cadata=made["pemEncodedCertificate"])
    assert call(url(server, api)).status == 504, "without a certificate"

    stage = dict(restApiId=api, stageName="prod")
    client.update_stage(**stage, patchOperations=[dict(op="replace", path="/clientCertificateId", value=made["clientCertificateId"])])
    subject = [[["countryName", "US"]], [["localityName", "Seattle"]], [["commonName", "ApiGateway"]]]
    for _ in range(3):
        assert call(url(server, api)).json == {"member": "secure", "host": HOST, "path": "/", "peer": subject}

    other = client.generate_client_certificate()["clientCertificateId"]
    client.update_stage(**stage, patchOperations=[dict(op="replace", path="/clientCertificateId", value=other)])
    assert call(url(server, api)).status == 504, "with another certificate"
    assert f"{api}:prod" in error(client.delete_client_certificate, clientCertificateId=other)["Message"]
    client.delete_client_certificate(clientCertificateId=made["clientCertificateId"])
    assert [c["clientCertificateId"] for c in client.get_client_certificates()["items"]] == [other]
