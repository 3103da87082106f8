"""Custom domain names: boto3 makes them, and they lead to stages."""

import pytest
from conftest import call
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
