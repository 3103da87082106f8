"""The classic path of a client that builds an API by hand."""

import json


def build(client, backend_url, name="shop"):
    """Builds and deploys an API to the stage prod, and returns its id.

    GET /mock answers a template; GET /pets is an HTTP integration whose answer
    a template reshapes; ANY /proxy/{proxy+} passes through.
    """
    api = client.create_rest_api(name=name, description="by hand")["id"]
    root = next(r["id"] for r in client.get_resources(restApiId=api)["items"] if r["path"] == "/")

    client.create_model(
        restApiId=api, name="Pet", contentType="application/json",
        schema=json.dumps({"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "properties": {"id": {"type": "string"}}}),
    )

    mock = client.create_resource(restApiId=api, parentId=root, pathPart="mock")["id"]
    client.put_method(restApiId=api, resourceId=mock, httpMethod="GET", authorizationType="NONE")
    client.put_method_response(restApiId=api, resourceId=mock, httpMethod="GET", statusCode="200", responseModels={"application/json": "Empty"})
    client.put_integration(
        restApiId=api, resourceId=mock, httpMethod="GET", type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    client.put_integration_response(
        restApiId=api, resourceId=mock, httpMethod="GET", statusCode="200",
        responseTemplates={"application/json": '{"hello":"$input.params(\'who\')","stage":"$context.stage"}'},
    )

    pets = client.create_resource(restApiId=api, parentId=root, pathPart="pets")["id"]
    pet = client.create_resource(restApiId=api, parentId=pets, pathPart="{id}")["id"]
    client.put_method(
        restApiId=api, resourceId=pet, httpMethod="GET", authorizationType="NONE",
        requestParameters={"method.request.path.id": True, "method.request.querystring.full": False},
    )
    client.put_method_response(
        restApiId=api, resourceId=pet, httpMethod="GET", statusCode="200",
        responseParameters={
            "method.response.header.X-From": True, "method.response.header.X-Path": False, "method.response.header.X-Static": False,
            "method.response.header.X-All": False, "method.response.header.X-Env": False, "method.response.header.X-Stage": False,
        },
        responseModels={"application/json": "Pet"},
    )
    client.put_integration(
        restApiId=api, resourceId=pet, httpMethod="GET", type="HTTP", integrationHttpMethod="GET", uri=backend_url + "/animals/{id}",
        requestParameters={
            "integration.request.path.id": "method.request.path.id",
            "integration.request.querystring.full": "method.request.querystring.full",
            "integration.request.header.X-Request": "context.requestId",
        },
    )
    client.put_integration_response(
        restApiId=api, resourceId=pet, httpMethod="GET", statusCode="200",
        responseParameters={
            "method.response.header.X-From": "integration.response.header.X-Backend",
            "method.response.header.X-All": "integration.response.multivalueheader.X-Backend",
            "method.response.header.X-Path": "integration.response.body.path",
            "method.response.header.X-Static": "'fixed'",
            "method.response.header.X-Env": "stageVariables.env",
            "method.response.header.X-Stage": "context.stage",
        },
        responseTemplates={"application/json": '#set($b = $input.path(\'$\'))\n{"seen":"$b.path","verb":"$b.method"}'},
    )

    proxy = client.create_resource(restApiId=api, parentId=root, pathPart="proxy")["id"]
    rest = client.create_resource(restApiId=api, parentId=proxy, pathPart="{proxy+}")["id"]
    client.put_method(
        restApiId=api, resourceId=rest, httpMethod="ANY", authorizationType="NONE", requestParameters={"method.request.path.proxy": True},
    )
    client.put_integration(
        restApiId=api, resourceId=rest, httpMethod="ANY", type="HTTP_PROXY", integrationHttpMethod="ANY", uri=backend_url + "/up/{proxy}",
        requestParameters={"integration.request.path.proxy": "method.request.path.proxy"},
    )

    client.create_deployment(restApiId=api, stageName="prod", variables={"env": "test"})
    return api
