"""Custom domain names: boto3 makes them, and they lead to stages."""

import json

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
