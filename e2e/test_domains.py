"""Custom domain names: boto3 makes them, and they lead to stages."""

import base64
import json
import os
import subprocess

import pytest
from conftest import Server, call
from walk import build

NAME = "api.example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/1"


def test_domain_name_leads_to_stages(server, client, backend):
    api = build(client, backend.url)
    made = client.create_domain_name(domainName=NAME, regionalCertificateArn=CERTIFICATE, endpointConfiguration={"types": ["REGIONAL"]})
    assert made["domainNameStatus"] == "AVAILABLE" and made["certificateUploadDate"].year > 2000

    def ask(path):
        return call(server.url + path, headers={"Host": NAME})

    assert ask("/mock?who=Ann").body == b'{"message":"Forbidden"}'
    assert client.create_base_path_mapping(domainName=NAME, restApiId=api, stage="prod")["basePath"] == "(none)"
    client.create_base_path_mapping(domainName=NAME, restApiId=api, basePath="v1")
    assert ask("/mock?who=Ann").json == {"hello": "Ann", "stage": "prod"}
    assert ask("/v1/prod/mock?who=Bob").json == {"hello": "Bob", "stage": "prod"}
    assert ask("/pets/a%20b?full=yes").json == {"seen": "/animals/a%20b?full=yes", "verb": "GET"}
    assert ask("/v1/mock").status == 403

    assert server.stop() == 0
    server.start()
    client = server.client()
    assert ask("/mock?who=Ann").json == {"hello": "Ann", "stage": "prod"}
    with pytest.raises(client.exceptions.BadRequestException, match="Deleting stage prod failed. Please remove all base path mappings related to the stage in your domains: api.example.com"):
        client.delete_stage(restApiId=api, stageName="prod")
    client.delete_base_path_mapping(domainName=NAME, basePath="(none)")
    client.delete_stage(restApiId=api, stageName="prod")
    assert ask("/mock?who=Ann").status == 403
    assert ask("/v1/prod/mock").status == 403
    client.delete_domain_name(domainName=NAME)
    with pytest.raises(client.exceptions.NotFoundException, match="Invalid domain name identifier specified"):
        client.get_base_path_mappings(domainName=NAME)


def test_routing_rules_and_levels_by_boto3_and_the_cli(server, client, backend):
    api = build(client, backend.url)
    client.create_domain_name(domainName=NAME, regionalCertificateArn=CERTIFICATE, endpointConfiguration={"types": ["REGIONAL"]})
    v2 = server.client("apigatewayv2")

    def ask(path, **headers):
        return call(server.url + path, headers={"Host": NAME} | headers)

    made = v2.create_api_mapping(DomainName=NAME, ApiId=api, Stage="prod", ApiMappingKey="shop/v1")
    assert ask("/shop/v1/mock?who=Ann").json == {"hello": "Ann", "stage": "prod"}
    assert v2.get_api_mappings(DomainName=NAME)["Items"] == [{k: made[k] for k in ("ApiId", "ApiMappingId", "ApiMappingKey", "Stage")}]
    with pytest.raises(v2.exceptions.ConflictException, match="ApiMapping key already exists for this domain name"):
        v2.create_api_mapping(DomainName=NAME, ApiId=api, Stage="prod", ApiMappingKey="shop/v1")
    with pytest.raises(v2.exceptions.ClientError, match="The operation GetApis is not implemented"):
        v2.get_apis()

    client.update_domain_name(domainName=NAME, patchOperations=[{"op": "replace", "path": "/routingMode", "value": "ROUTING_RULE_ONLY"}])
    assert ask("/shop/v1/mock").status == 403
    conditions = [{"MatchHeaders": {"AnyOf": [{"Header": "x-version", "ValueGlob": "beta*"}]}}, {"MatchBasePaths": {"AnyOf": ["shop"]}}]
    actions = [{"InvokeApi": {"ApiId": api, "Stage": "prod", "StripBasePath": True}}]
    rule = server.aws("apigatewayv2", "create-routing-rule", "--domain-name", NAME, "--priority", "50", "--conditions", json.dumps(conditions), "--actions", json.dumps(actions))
    assert rule["Conditions"] == conditions and rule["Actions"] == actions and rule["RoutingRuleArn"].endswith("/routingrules/" + rule["RoutingRuleId"])
    assert ask("/shop/mock?who=Ann", **{"X-Version": "beta-2"}).json == {"hello": "Ann", "stage": "prod"}
    assert ask("/shop/mock?who=Ann", **{"X-Version": "2"}).status == 403
    assert [r["Priority"] for page in v2.get_paginator("list_routing_rules").paginate(DomainName=NAME) for r in page["RoutingRules"]] == [50]
    v2.put_routing_rule(DomainName=NAME, RoutingRuleId=rule["RoutingRuleId"], Priority=30, Conditions=[], Actions=actions)
    assert ask("/mock?who=Ann").json == {"hello": "Ann", "stage": "prod"}
    with pytest.raises(client.exceptions.BadRequestException, match="Please remove all routing rules|Please remove all base path mappings"):
        client.delete_stage(restApiId=api, stageName="prod")
    assert server.aws("apigatewayv2", "delete-routing-rule", "--domain-name", NAME, "--routing-rule-id", rule["RoutingRuleId"]) is None
    assert ask("/mock").status == 403
    with pytest.raises(v2.exceptions.NotFoundException, match="Invalid routing rule identifier specified"):
        v2.get_routing_rule(DomainName=NAME, RoutingRuleId=rule["RoutingRuleId"])
    v2.delete_api_mapping(DomainName=NAME, ApiMappingId=made["ApiMappingId"])


def self_signed(tmp_path, name):
    """A certificate for a name that is its own authority, and its key, both as PEM."""
    cert, key = tmp_path / (name + ".pem"), tmp_path / (name + ".key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes", "-days", "2", "-subj", "/CN=" + name,
         "-addext", "subjectAltName=DNS:" + name, "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )
    return cert, key


@pytest.fixture
def started(tmp_path):
    """Starts a server with flags."""
    servers = []

    def start(*flags):
        servers.append(Server(tmp_path / "data", *flags).start())
        return servers[0]

    yield start
    assert servers[0].stop() == 0


def test_private_names_are_shared_and_associated_by_boto3_and_the_cli(started):
    server = started("--vpc-endpoints", "vpce-1=vpc-1 10.1.0.0/16", "--vpc-endpoints", "vpce-2=vpc-1@222222222222 10.2.0.0/16")
    owner, other = server.client(aws_access_key_id="111111111111"), server.client(aws_access_key_id="222222222222")
    made = owner.create_domain_name(domainName=NAME, certificateArn=CERTIFICATE.replace("000000000000", "111111111111"), endpointConfiguration={"types": ["PRIVATE"]})
    arn, identity = made["domainNameArn"], dict(domainName=NAME, domainNameId=made["domainNameId"])
    wanted = dict(domainNameArn=arn, accessAssociationSourceType="VPCE", accessAssociationSource="vpce-2")
    with pytest.raises(other.exceptions.ClientError, match="Invalid domain name identifier specified"):
        other.create_domain_name_access_association(**wanted)
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "apigateway:CreateAccessAssociation", "Resource": arn}]}
    owner.update_domain_name(**identity, patchOperations=[{"op": "replace", "path": "/managementPolicy", "value": json.dumps(policy)}])
    assert [d["domainNameArn"] for d in other.get_domain_names(resourceOwner="OTHER_ACCOUNTS")["items"]] == [arn]
    with pytest.raises(owner.exceptions.BadRequestException, match="Invalid access association source specified: vpce-2"):
        owner.create_domain_name_access_association(**wanted)
    foreign = other.create_domain_name_access_association(**wanted)["domainNameAccessAssociationArn"]
    with pytest.raises(other.exceptions.ConflictException):
        other.create_domain_name_access_association(**wanted)
    as_owner = {"AWS_ACCESS_KEY_ID": "111111111111"}
    source = ("--access-association-source-type", "VPCE", "--access-association-source", "vpce-1", "--tags", "a=b")
    own = server.aws("apigateway", "create-domain-name-access-association", "--domain-name-arn", arn, *source, env=as_owner)
    assert own["accessAssociationSource"] == "vpce-1" and own["tags"] == {"a": "b"}

    def listed(resource_owner):
        found = server.aws("apigateway", "get-domain-name-access-associations", "--resource-owner", resource_owner, env=as_owner)
        return [a["domainNameAccessAssociationArn"] for a in found["items"]]

    assert listed("SELF") == [own["domainNameAccessAssociationArn"]] and listed("OTHER_ACCOUNTS") == [foreign]
    server.aws("apigateway", "reject-domain-name-access-association", "--domain-name-access-association-arn", foreign, "--domain-name-arn", arn, env=as_owner)
    assert listed("OTHER_ACCOUNTS") == []
    with pytest.raises(other.exceptions.NotFoundException):
        other.delete_domain_name_access_association(domainNameAccessAssociationArn=foreign)
    with pytest.raises(owner.exceptions.ClientError):
        owner.delete_domain_name(**identity)
    server.aws("apigateway", "delete-domain-name-access-association", "--domain-name-access-association-arn", own["domainNameAccessAssociationArn"], env=as_owner)
    owner.delete_domain_name(**identity)


def test_certificates_are_uploaded_by_boto3_and_the_cli(started, tmp_path):
    (tmp_path / "secrets").write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
    os.chmod(tmp_path / "secrets", 0o600)
    server = started("--secrets-key-file", str(tmp_path / "secrets"))
    client = server.client()
    (cert, key), (second, second_key) = self_signed(tmp_path, NAME), self_signed(tmp_path, "second.example.com")
    upload = dict(certificateBody=cert.read_text(), certificatePrivateKey=key.read_text())
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_domain_name(domainName=NAME, certificateBody=cert.read_text(), certificatePrivateKey=second_key.read_text())
    made = client.create_domain_name(domainName=NAME, certificateName="mine", **upload)
    assert made["certificateName"] == "mine" and "PRIVATE KEY" not in json.dumps(made, default=str)
    shown = server.aws(
        "apigateway", "create-domain-name", "--domain-name", "second.example.com", "--endpoint-configuration", "types=REGIONAL",
        "--certificate-body", "file://" + str(second), "--certificate-private-key", "file://" + str(second_key),
    )
    assert shown["domainNameStatus"] == "AVAILABLE" and "PRIVATE KEY" not in json.dumps(shown)
    patches = [{"op": "replace", "path": "/" + name, "value": value} for name, value in upload.items()]
    client.update_domain_name(domainName=NAME, patchOperations=patches)
    assert "PRIVATE KEY" not in (tmp_path / "log").read_text()


def test_truststores_of_s3_by_boto3_and_the_cli(started, tmp_path, moto, service):
    server = started("--aws-endpoint-url", moto)
    cert, _ = self_signed(tmp_path, "clients.example.com")
    s3 = service("s3")
    s3.create_bucket(Bucket="trust")
    s3.put_bucket_versioning(Bucket="trust", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="trust", Key="clients.pem", Body=cert.read_bytes())["VersionId"]
    client = server.client()
    regional = dict(regionalCertificateArn=CERTIFICATE, endpointConfiguration={"types": ["REGIONAL"]})
    with pytest.raises(client.exceptions.BadRequestException, match="Mutual TLS authentication is supported for Regional APIs only"):
        client.create_domain_name(domainName=NAME, certificateArn=CERTIFICATE, mutualTlsAuthentication={"truststoreUri": "s3://trust/clients.pem"})
    with pytest.raises(client.exceptions.BadRequestException, match="The truststore s3://trust/none.pem cannot be read"):
        client.create_domain_name(domainName=NAME, mutualTlsAuthentication={"truststoreUri": "s3://trust/none.pem"}, **regional)
    place = {"truststoreUri": "s3://trust/clients.pem", "truststoreVersion": version}
    assert client.create_domain_name(domainName=NAME, mutualTlsAuthentication=place, **regional)["mutualTlsAuthentication"] == place
    (tmp_path / "patches").write_text(json.dumps([{"op": "replace", "path": "/mutualTlsAuthentication/truststoreVersion", "value": ""}]))
    changed = server.aws("apigateway", "update-domain-name", "--domain-name", NAME, "--patch-operations", "file://" + str(tmp_path / "patches"))
    assert changed["mutualTlsAuthentication"] == {"truststoreUri": "s3://trust/clients.pem"}
    off = client.update_domain_name(domainName=NAME, patchOperations=[{"op": "replace", "path": "/mutualTlsAuthentication/truststoreUri", "value": ""}])
    assert "mutualTlsAuthentication" not in off


def test_domain_names_of_the_second_service(server, client):
    v2 = server.client("apigatewayv2")
    made = server.aws(
        "apigatewayv2", "create-domain-name", "--domain-name", NAME, "--tags", "a=b", "--domain-name-configurations",
        "CertificateArn=" + CERTIFICATE + ",EndpointType=REGIONAL,SecurityPolicy=TLS_1_2",
    )
    (configuration,) = made["DomainNameConfigurations"]
    assert configuration["DomainNameStatus"] == "AVAILABLE" and configuration["ApiGatewayDomainName"] == client.get_domain_name(domainName=NAME)["regionalDomainName"]
    shown = v2.get_domain_name(DomainName=NAME)
    assert shown["Tags"] == {"a": "b"} and shown["DomainNameConfigurations"][0]["CertificateUploadDate"].year > 2000
    changed = v2.update_domain_name(DomainName=NAME, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE + "0", "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}])
    assert changed["DomainNameConfigurations"][0]["CertificateArn"] == CERTIFICATE + "0"
    assert [d["DomainName"] for page in v2.get_paginator("get_domain_names").paginate() for d in page["Items"]] == [NAME]
    v2.delete_domain_name(DomainName=NAME)
    with pytest.raises(v2.exceptions.NotFoundException, match="Invalid domain name identifier specified"):
        v2.get_domain_name(DomainName=NAME)
