"""Every paginator that botocore has for the service: pages of any size, and lists that go on from a token."""

import botocore.session
import pytest
from botocore import xform_name

PAGINATORS = botocore.session.get_session().get_component("data_loader").load_service_model("apigateway", "paginators-1")["pagination"]

COUNT = 7


@pytest.fixture
def filled(client):
    """Makes COUNT of everything that lists have, and returns what the operations are asked about."""
    api = [client.create_rest_api(name=f"api{i}") for i in range(COUNT)][0]
    of = {"restApiId": api["id"]}
    for i in range(COUNT - 1):
        client.create_resource(**of, parentId=api["rootResourceId"], pathPart=f"part{i}")
        client.create_vpc_link(name=f"link{i}", targetArns=["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1"])
        client.generate_client_certificate(description=f"certificate{i}")
        client.create_request_validator(**of, name=f"validator{i}")
        client.create_authorizer(
            **of, name=f"authorizer{i}", type="REQUEST", authorizerResultTtlInSeconds=0,
            authorizerUri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations",
        )
        client.create_documentation_part(**of, location={"type": "MODEL", "name": f"Model{i}"}, properties="{}")
        client.create_documentation_version(**of, documentationVersion=str(i))
        client.create_model(**of, name=f"Model{i}", contentType="application/json", schema="{}")
    client.put_method(**of, resourceId=api["rootResourceId"], httpMethod="GET", authorizationType="NONE")
    client.put_integration(**of, resourceId=api["rootResourceId"], httpMethod="GET", type="MOCK")
    for _ in range(COUNT):
        client.create_deployment(**of)
    plan = [client.create_usage_plan(name=f"plan{i}")["id"] for i in range(COUNT)][0]
    for i in range(COUNT):
        client.create_usage_plan_key(usagePlanId=plan, keyId=client.create_api_key(name=f"key{i}")["id"], keyType="API_KEY")
    for i in range(COUNT):
        client.create_domain_name(domainName=f"api{i}.example.com", certificateArn="arn:aws:acm:us-east-1:000000000000:certificate/1")
        client.create_base_path_mapping(domainName="api0.example.com", basePath=f"path{i}", **of)
    return of


@pytest.fixture
def known(client, filled):
    """What operations must be told."""
    plan = client.get_usage_plans()["items"][0]["id"]
    return {**filled, "domainName": "api0.example.com", "usagePlanId": plan, "startDate": "2026-02-28", "endDate": "2026-03-01"}


def arguments(client, method, known):
    """What an operation must be told; of what is not there, anything."""
    members = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape.required_members
    return {name: known.get(name, "nope") for name in members}


def test_every_paginator(client, known):
    for operation in PAGINATORS:
        method = xform_name(operation)
        assert client.can_paginate(method)
        asked = arguments(client, method, known)
        everything = getattr(client, method)(**asked, limit=500)["items"]
        assert len(everything) >= COUNT - 1, operation
        if isinstance(everything, dict):  # by key, which botocore does not join
            for size in (1, 3, COUNT, 500):
                pages = [page["items"] for page in client.get_paginator(method).paginate(**asked, PaginationConfig={"PageSize": size})]
                assert {id: days for page in pages for id, days in page.items()} == everything, size
                assert all(len(page) <= size for page in pages)
            continue
        walk(client.get_paginator(method), asked, everything)


def walk(paginator, asked, everything):
    """Reads a list in pages of several sizes, and stops and goes on within pages and between them."""
    for size in (1, 3, len(everything), 500):
        pages = list(paginator.paginate(**asked, PaginationConfig={"PageSize": size}))
        assert [item for page in pages for item in page["items"]] == everything, size
        assert all(len(page["items"]) <= size for page in pages)
        assert all("position" in page for page in pages[:-1]) and "position" not in pages[-1]
    for size, some in ((1, 2), (3, 3), (3, 4), (500, 5)):
        token, seen = None, []
        while True:
            part = paginator.paginate(**asked, PaginationConfig={"PageSize": size, "MaxItems": some, "StartingToken": token}).build_full_result()
            seen += part["items"]
            if not (token := part.get("NextToken")):
                break
            assert len(part["items"]) == some
        assert seen == everything, (size, some)


def test_a_token_outlives_a_restart_and_what_it_stands_on(server, client, filled):
    pages = client.get_paginator("get_resources")
    first = pages.paginate(**filled, PaginationConfig={"PageSize": 3, "MaxItems": 3}).build_full_result()
    everything = client.get_resources(**filled, limit=500)["items"]
    client.delete_resource(**filled, resourceId=first["items"][-1]["id"])
    assert server.stop() == 0
    server.start()
    rest = server.client().get_paginator("get_resources").paginate(**filled, PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
    assert rest["items"] == everything[3:]


def test_filters_go_over_pages(client, filled):
    found = client.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 2}).search("items[?name=='api5'].id")
    assert len(list(found)) == 1
