"""A script of every aws apigateway subcommand, with the options that scripts use."""

import json
import re
import subprocess
import zipfile

import botocore.session
import pytest
from botocore import xform_name
from conftest import CACHE, ROOT, call


class Cli:
    """The aws CLI, which runs the commands of a script in one process (cli.py), and remembers which have succeeded."""

    def __init__(self, environment):
        command = [CACHE / "venv" / "bin" / "python", ROOT / "e2e" / "cli.py"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.used = set()

    def run(self, *arguments):
        print(json.dumps(["apigateway", *map(str, arguments)]), file=self.process.stdin, flush=True)
        done = json.loads(self.process.stdout.readline())
        if done["code"] == 0 and "--generate-cli-skeleton" not in arguments:  # which asks nobody
            self.used.add(arguments[0])
        return done

    def __call__(self, *arguments):
        """What a command printed, parsed if it is JSON."""
        done = self.run(*arguments)
        assert done["code"] == 0, (arguments, done["err"])
        text = done["out"].strip()
        return json.loads(text) if text[:1] in ("{", "[", '"') else text

    def fails(self, code, *arguments):
        """The message of an error of the service."""
        done = self.run(*arguments)
        found = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation: (.*)", done["err"], re.DOTALL)
        assert done["code"] == 255 and found, (arguments, done)
        assert found[1] == code and xform_name(found[2], "-") == arguments[0], done["err"]
        return found[3].strip()

    def from_skeleton(self, subcommand, directory, *arguments, **values):
        """Runs a command with the skeleton of its input, of which only what has a value is left."""
        skeleton = self(subcommand, "--generate-cli-skeleton", "input")
        assert set(values) <= set(skeleton), "the skeleton has no such member"
        file = directory / f"{subcommand}.json"
        file.write_text(json.dumps({**{k: v for k, v in skeleton.items() if k in values}, **values}))
        return self(subcommand, "--cli-input-json", f"file://{file}", *arguments)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.process.stdout.close()


@pytest.fixture
def cli(server):
    cli = Cli(server.environment())
    yield cli
    cli.close()


def subcommands():
    """Every subcommand of the aws CLI for an operation: botocore's list, and not ours."""
    return {xform_name(name, "-") for name in botocore.session.get_session().get_service_model("apigateway").operation_names}


def test_script(server, cli, tmp_path):
    api, root = make_api(cli, tmp_path)
    items = resources(cli, api, root)
    parts(cli, tmp_path, api)
    authorizers(cli, tmp_path, api, items)
    method = methods(cli, tmp_path, api, items)
    deployments(server, cli, tmp_path, api, method)
    clients(cli, tmp_path, api)
    documentation(cli, tmp_path, api)
    links(cli, tmp_path)
    callers(cli, tmp_path, api)
    domain_names(server, cli, tmp_path, api)
    private_domain_names(cli, tmp_path)
    account_and_tags(cli, tmp_path, api)
    definitions(server, cli, tmp_path)
    take_down(cli, api, items, method)
    assert len(subcommands()) == 124
    assert cli.used == subcommands()


def make_api(cli, tmp_path):
    made = cli.from_skeleton("create-rest-api", tmp_path, name="shop", description="from a skeleton", tags={"team": "a b"},
                             endpointConfiguration={"types": ["REGIONAL"]}, binaryMediaTypes=["image/png"], minimumCompressionSize=0)
    api = made["id"]
    assert made["endpointConfiguration"] == {"types": ["REGIONAL"], "ipAddressType": "ipv4"}
    assert cli("get-rest-api", "--rest-api-id", api, "--query", "[name, description, tags.team]", "--output", "text") == "shop\tfrom a skeleton\ta b"
    assert cli("get-rest-apis", "--query", "items[?name=='shop'].id | [0]", "--output", "text") == api
    table = cli("get-rest-apis", "--query", "items[].{Id:id,Name:name}", "--output", "table")
    assert re.search(rf"\|\s+Id\s+\|\s+Name\s+\|.*\|\s+{api}\s+\|\s+shop\s+\|", table, re.DOTALL)
    patched = cli("update-rest-api", "--rest-api-id", api, "--patch-operations",
                  "op=replace,path=/name,value=store", "op=add,path=/binaryMediaTypes/image~1jpeg", "op=remove,path=/binaryMediaTypes/image~1png")
    assert (patched["name"], patched["binaryMediaTypes"]) == ("store", ["image/jpeg"])
    assert cli.fails("BadRequestException", "update-rest-api", "--rest-api-id", api, "--patch-operations", "op=replace,path=/nope,value=x") == "Invalid patch path /nope"
    assert cli.fails("NotFoundException", "get-rest-api", "--rest-api-id", "nope") == "Invalid API identifier specified 000000000000:nope"
    return api, cli("get-resources", "--rest-api-id", api, "--query", "items[?path=='/'].id | [0]", "--output", "text")


def resources(cli, api, root):
    made = [cli("create-resource", "--rest-api-id", api, "--parent-id", root, "--path-part", f"part{i}", "--query", "id", "--output", "text") for i in range(5)]
    items = cli("create-resource", "--rest-api-id", api, "--parent-id", made[0], "--path-part", "{id}")["id"]
    moved = cli("update-resource", "--rest-api-id", api, "--resource-id", items, "--patch-operations",
                json.dumps([{"op": "replace", "path": "/parentId", "value": made[1]}, {"op": "replace", "path": "/pathPart", "value": "{item}"}]))
    assert moved["path"] == "/part1/{item}"
    assert cli("get-resource", "--rest-api-id", api, "--resource-id", items, "--query", "path", "--output", "text") == "/part1/{item}"
    # the CLI's own paging: page by page, item by item, on from a token
    everything = cli("get-resources", "--rest-api-id", api, "--query", "items[].id")
    assert len(everything) == 7
    assert cli("get-resources", "--rest-api-id", api, "--page-size", "2", "--query", "items[].id") == everything
    first = cli("get-resources", "--rest-api-id", api, "--page-size", "2", "--max-items", "3")
    rest = cli("get-resources", "--rest-api-id", api, "--page-size", "2", "--starting-token", first["NextToken"])
    assert [r["id"] for r in first["items"] + rest["items"]] == everything
    assert len(cli("get-resources", "--rest-api-id", api, "--no-paginate", "--limit", "4")["items"]) == 4
    cli("delete-resource", "--rest-api-id", api, "--resource-id", made[4])
    return items


def parts(cli, tmp_path, api):
    """Models, validators and gateway responses."""
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}))
    of = ("--rest-api-id", api)
    assert cli("create-model", *of, "--name", "Item", "--content-type", "application/json", "--schema", f"file://{schema}", "--query", "name") == "Item"
    assert cli("get-models", *of, "--query", "sort(items[].name)") == ["Empty", "Error", "Item"]
    assert json.loads(cli("get-model", *of, "--model-name", "Item", "--flatten", "--query", "schema"))["required"] == ["name"]
    assert '"name" : "foo"' in cli("get-model-template", *of, "--model-name", "Item", "--query", "value")
    assert cli("update-model", *of, "--model-name", "Item", "--patch-operations", "op=replace,path=/description,value=an item")["description"] == "an item"

    validator = cli.from_skeleton("create-request-validator", tmp_path, restApiId=api, name="all", validateRequestBody=True, validateRequestParameters=False)["id"]
    assert cli("update-request-validator", *of, "--request-validator-id", validator, "--patch-operations", "op=replace,path=/validateRequestParameters,value=true")[
        "validateRequestParameters"] is True
    assert cli("get-request-validator", *of, "--request-validator-id", validator, "--query", "name", "--output", "text") == "all"
    assert cli("get-request-validators", *of, "--query", "length(items)") == "1"

    cli("put-gateway-response", *of, "--response-type", "MISSING_AUTHENTICATION_TOKEN", "--status-code", "404",
        "--response-templates", '{"application/json": "{\\"no\\": $context.error.messageString}"}', "--response-parameters", json.dumps({"gatewayresponse.header.X-No": "'yes'"}))
    assert cli("update-gateway-response", *of, "--response-type", "MISSING_AUTHENTICATION_TOKEN", "--patch-operations", "op=replace,path=/statusCode,value=410")["statusCode"] == "410"
    assert cli("get-gateway-response", *of, "--response-type", "MISSING_AUTHENTICATION_TOKEN", "--query", "defaultResponse") == "false"
    assert cli("get-gateway-responses", *of, "--query", "items[?!defaultResponse].responseType") == ["MISSING_AUTHENTICATION_TOKEN"]
    cli("put-gateway-response", *of, "--response-type", "THROTTLED", "--status-code", "503")
    cli("delete-gateway-response", *of, "--response-type", "THROTTLED")


FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"
POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEf123"


def authorizers(cli, tmp_path, api, items):
    of = ("--rest-api-id", api)
    made = cli.from_skeleton("create-authorizer", tmp_path, restApiId=api, name="auth", type="TOKEN", authorizerUri=FUNCTION, identitySource="method.request.header.Auth")
    assert (made["authType"], made["authorizerResultTtlInSeconds"]) == ("custom", 300)
    token = ("--authorizer-id", made["id"])
    assert cli("update-authorizer", *of, *token, "--patch-operations", "op=replace,path=/authorizerResultTtlInSeconds,value=0", "op=replace,path=/name,value=token")["name"] == "token"
    assert cli("get-authorizer", *of, *token, "--query", "[name, type, authorizerResultTtlInSeconds]") == ["token", "TOKEN", 0]
    pool = cli("create-authorizer", *of, "--name", "pool", "--type", "COGNITO_USER_POOLS", "--provider-arns", POOL, "--identity-source", "method.request.header.Authorization",
               "--query", "id", "--output", "text")
    assert cli("get-authorizers", *of, "--query", "items[].name") == ["token", "pool"]
    assert cli.fails("BadRequestException", "create-authorizer", *of, "--name", "pool", "--type", "TOKEN", "--authorizer-uri", FUNCTION, "--identity-source", "method.request.header.A") == (
        "Authorizer name must be unique. Authorizer pool already exists in this RestApi.")

    tried = cli("test-invoke-authorizer", *of, *token, "--path-with-query-string", "/part1/7", "--headers", "Other=abcdefgh")  # without a token nobody is asked
    assert tried["clientStatus"] == 401 and re.search(rf" : Starting authorizer: {made['id']} for request: .* : Unauthorized request: ", tried["log"], re.DOTALL)

    method = (*of, "--resource-id", items, "--http-method", "DELETE")
    cli("put-method", *method, "--authorization-type", "COGNITO_USER_POOLS", "--authorizer-id", pool, "--authorization-scopes", "shop/write")
    assert cli.fails("ConflictException", "delete-authorizer", *of, "--authorizer-id", pool) == "Cannot delete authorizer 'pool', is referenced in method: DELETE//part1/{item}"
    changed = cli("update-method", *method, "--patch-operations", "op=remove,path=/authorizationScopes,value=shop/write", "op=replace,path=/authorizationType,value=CUSTOM",
                  f"op=replace,path=/authorizerId,value={made['id']}")
    assert (changed["authorizerId"], changed.get("authorizationScopes")) == (made["id"], None)
    cli("delete-method", *method)
    for id in (pool, made["id"]):
        cli("delete-authorizer", *of, "--authorizer-id", id)


def methods(cli, tmp_path, api, items):
    method = ("--rest-api-id", api, "--resource-id", items, "--http-method", "GET")
    ids = {"restApiId": api, "resourceId": items, "httpMethod": "GET"}
    made = cli.from_skeleton("put-method", tmp_path, **ids, authorizationType="NONE", requestParameters={"method.request.querystring.who": False})
    assert made["apiKeyRequired"] is False
    cli("update-method", *method, "--patch-operations", "op=add,path=/requestParameters/method.request.path.item,value=true", "op=replace,path=/operationName,value=getItem")
    cli.from_skeleton("put-method-response", tmp_path, **ids, statusCode="200", responseParameters={"method.response.header.X-A": True}, responseModels={"application/json": "Item"})
    assert cli.fails("ConflictException", "put-method-response", *method, "--status-code", "200") == "Response already exists for this resource"
    cli("update-method-response", *method, "--status-code", "200", "--patch-operations", "op=add,path=/responseParameters/method.response.header.X-B,value=false")
    assert cli("get-method-response", *method, "--status-code", "200", "--query", "keys(responseParameters)") == ["method.response.header.X-A", "method.response.header.X-B"]

    cli.from_skeleton("put-integration", tmp_path, **ids, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}, passthroughBehavior="NEVER")
    assert cli("update-integration", *method, "--patch-operations", "op=replace,path=/timeoutInMillis,value=1000")["timeoutInMillis"] == 1000
    assert cli("get-integration", *method, "--query", "[type, passthroughBehavior]") == ["MOCK", "NEVER"]
    cli("put-integration-response", *method, "--status-code", "200", "--selection-pattern", "",
        "--response-parameters", json.dumps({"method.response.header.X-A": "'from the script'"}),
        "--response-templates", json.dumps({"application/json": '{"name": "$input.params(\'who\')", "stage": "$stageVariables.color"}'}))
    cli("update-integration-response", *method, "--status-code", "200", "--patch-operations", "op=add,path=/responseParameters/method.response.header.X-B,value=\"'b'\"")
    assert cli("get-integration-response", *method, "--status-code", "200", "--query", 'responseParameters."method.response.header.X-B"', "--output", "text") == "'b'"
    assert cli("get-method", *method, "--query", "[operationName, keys(methodResponses), methodIntegration.type]") == ["getItem", ["200"], "MOCK"]
    tried = cli("test-invoke-method", *method, "--path-with-query-string", "/part1/7?who=Ann", "--stage-variables", "color=red")
    assert (tried["status"], json.loads(tried["body"])) == (200, {"name": "Ann", "stage": "red"})
    return method


def deployments(server, cli, tmp_path, api, method):
    of = ("--rest-api-id", api)
    first = cli("create-deployment", *of, "--stage-name", "dev", "--variables", "color=blue", "--description", "one", "--query", "id", "--output", "text")
    url = f"{server.url}/_aws/execute-api/{api}/dev"
    answer = call(url + "/part1/7?who=Ann")
    assert (answer.status, answer.json, answer.headers["X-A"], answer.headers["X-B"]) == (200, {"name": "Ann", "stage": "blue"}, "from the script", "b")
    missing = call(url + "/nowhere")
    assert (missing.status, missing.headers["X-No"], missing.body) == (410, "yes", b'{"no": "Missing Authentication Token"}')

    second = cli("create-deployment", *of, "--output", "json")["id"]
    assert cli("update-deployment", *of, "--deployment-id", second, "--patch-operations", "op=replace,path=/description,value=two")["description"] == "two"
    assert cli("get-deployment", *of, "--deployment-id", first, "--embed", "apisummary", "--query", 'apiSummary."/part1/{item}".GET.authorizationType', "--output", "text") == "NONE"
    assert sorted(cli("get-deployments", *of, "--query", "items[].description", "--output", "text").split()) == ["one", "two"]
    cli.from_skeleton("create-stage", tmp_path, restApiId=api, stageName="prod", deploymentId=second, variables={"color": "green"}, tags={"env": "prod"})
    assert call(f"{server.url}/_aws/execute-api/{api}/prod/part1/7").json["stage"] == "green"
    stage = cli("update-stage", *of, "--stage-name", "prod", "--patch-operations",
                "op=replace,path=/variables/color,value=black", "op=replace,path=/*/*/throttling/rateLimit,value=2.5", f"op=replace,path=/deploymentId,value={first}")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 2.5
    assert cli("get-stage", *of, "--stage-name", "prod", "--query", "variables.color", "--output", "text") == "black"
    assert cli("get-stages", *of, "--deployment-id", first, "--query", "sort(item[].stageName)") == ["dev", "prod"]
    cli("flush-stage-authorizers-cache", *of, "--stage-name", "prod")
    cli("flush-stage-cache", *of, "--stage-name", "prod")
    assert "Active stages pointing to this deployment" in cli.fails("BadRequestException", "delete-deployment", *of, "--deployment-id", first)
    cli("delete-deployment", *of, "--deployment-id", second)


def documentation(cli, tmp_path, api):
    """Documentation parts, their import, and versions that stages name."""
    of = ("--rest-api-id", api)
    part = cli.from_skeleton("create-documentation-part", tmp_path, restApiId=api, location={"type": "METHOD", "path": "/part1", "method": "GET"}, properties='{"summary": "One"}')
    assert part["location"] == {"type": "METHOD", "path": "/part1", "method": "GET"} and part["properties"] == '{"summary": "One"}'
    of_part = (*of, "--documentation-part-id", part["id"])
    assert cli.fails("ConflictException", "create-documentation-part", *of, "--location", "type=METHOD,path=/part1,method=GET", "--properties", "{}") == (
        "Documentation part already exists for the specified location: type 'METHOD', path '/part1', method 'GET'")
    patch = json.dumps([{"op": "replace", "path": "/properties", "value": '{"summary": "List"}'}])
    assert cli("update-documentation-part", *of_part, "--patch-operations", patch)["properties"] == '{"summary": "List"}'
    assert cli("get-documentation-part", *of_part, "--query", "id", "--output", "text") == part["id"]

    file = tmp_path / "documentation.json"
    file.write_text(json.dumps({"openapi": "3.0.1", "info": {"title": "doc"}, "x-amazon-apigateway-documentation": {"documentationParts": [
        {"location": {"type": "API"}, "properties": {"info": {"description": "all of it"}}},
        {"location": {"type": "METHOD", "path": "/part1", "method": "GET"}, "properties": {"description": "more"}},
    ]}}))
    imported = cli("import-documentation-parts", *of, "--mode", "merge", "--fail-on-warnings", "--body", f"fileb://{file}")
    assert len(imported["ids"]) == 2 and imported["ids"][1] == part["id"]
    assert json.loads(cli("get-documentation-part", *of_part)["properties"]) == {"summary": "List", "description": "more"}
    assert cli("get-documentation-parts", *of, "--type", "API", "--location-status", "DOCUMENTED", "--query", "items[].id") == imported["ids"][:1]
    assert cli("get-documentation-parts", *of, "--path", "/part1", "--query", "items[].id") == [part["id"]]

    of_version = (*of, "--documentation-version", "1.0")
    assert cli("create-documentation-version", *of_version, "--stage-name", "dev", "--query", "version", "--output", "text") == "1.0"
    assert cli("get-stage", *of, "--stage-name", "dev", "--query", "documentationVersion", "--output", "text") == "1.0"
    assert cli("update-documentation-version", *of_version, "--patch-operations", "op=replace,path=/description,value=first")["description"] == "first"
    assert cli("get-documentation-version", *of_version, "--query", "description", "--output", "text") == "first"
    assert cli("get-documentation-versions", *of, "--query", "items[].version") == ["1.0"]
    assert cli.fails("BadRequestException", "delete-documentation-version", *of_version) == "Cannot delete documentation version because there are API Stages associated with it."
    cli("update-stage", *of, "--stage-name", "dev", "--patch-operations", "op=replace,path=/documentationVersion,value=")
    cli("delete-documentation-version", *of_version)
    cli("delete-documentation-part", *of_part)
    assert cli("get-documentation-parts", *of, "--query", "items[].id") == imported["ids"][:1]


def clients(cli, tmp_path, api):
    """SDKs and an export of the stage."""
    assert cli("get-sdk-types", "--page-size", "2", "--query", "items[].id") == ["android", "javascript", "objectivec", "swift", "java", "ruby", "python", "go"]
    assert cli("get-sdk-type", "--id", "android", "--query", "configurationProperties[?required].name") == ["groupId", "invokerPackage", "artifactId", "artifactVersion"]
    of, archive = ("--rest-api-id", api, "--stage-name", "dev"), str(tmp_path / "sdk.zip")
    told = cli("get-sdk", *of, "--sdk-type", "javascript", archive)
    assert told["contentType"] == "application/octet-stream"
    assert re.fullmatch(r'attachment; filename="javascript_\d{4}-\d\d-\d\d_\d\d-\d\dZ.zip"', told["contentDisposition"])
    assert "client.part1ItemGet = " in zipfile.ZipFile(archive).read("apiGateway-js-sdk/apigClient.js").decode()
    exported = tmp_path / "exported.yaml"
    told = cli("get-export", *of, "--export-type", "oas30", "--parameters", "extensions=integrations", "--accepts", "application/yaml", str(exported))
    assert told["contentDisposition"].endswith('.yaml"') and "  /part1/{item}:\n    get:\n" in exported.read_text()
    assert cli.fails("BadRequestException", "get-sdk", *of, "--sdk-type", "objectivec", "--parameters", "classPrefix=myprefix", archive) == (
        "This server does not generate SDKs of type objectivec. It generates go, javascript, python")


def links(cli, tmp_path):
    """VPC links and client certificates."""
    target = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/orders/1"
    link = cli.from_skeleton("create-vpc-link", tmp_path, name="orders", targetArns=[target])["id"]
    assert cli("get-vpc-link", "--vpc-link-id", link, "--query", "[name, status]") == ["orders", "AVAILABLE"]
    assert cli("update-vpc-link", "--vpc-link-id", link, "--patch-operations", "op=replace,path=/description,value=d")["description"] == "d"
    assert cli("get-vpc-links", "--query", "items[].id") == [link]
    cli("delete-vpc-link", "--vpc-link-id", link)

    made = cli("generate-client-certificate", "--description", "mine", "--tags", "a=b")
    certificate = made["clientCertificateId"]
    assert made["pemEncodedCertificate"].startswith("-----BEGIN CERTIFICATE-----")
    cli("update-client-certificate", "--client-certificate-id", certificate, "--patch-operations", "op=replace,path=/description,value=ours")
    assert cli("get-client-certificate", "--client-certificate-id", certificate, "--query", "description", "--output", "text") == "ours"
    assert cli("get-client-certificates", "--query", "items[].clientCertificateId") == [certificate]
    cli("delete-client-certificate", "--client-certificate-id", certificate)


def callers(cli, tmp_path, api):
    """API keys, usage plans and usage."""
    key = cli.from_skeleton("create-api-key", tmp_path, name="mobile", enabled=True, customerId="c1", tags={"team": "a"})
    of_key = ("--api-key", key["id"])
    assert len(key["value"]) == 40 and key["stageKeys"] == []
    assert "value" not in cli("get-api-key", *of_key)
    assert cli("get-api-key", *of_key, "--include-value", "--query", "value", "--output", "text") == key["value"]
    assert cli("update-api-key", *of_key, "--patch-operations", "op=replace,path=/description,value=d", "op=replace,path=/enabled,value=false")["enabled"] is False
    assert cli.fails("ConflictException", "create-api-key", "--name", "again", "--value", key["value"]) == "API Key already exists"
    assert cli.fails("BadRequestException", "create-api-key", "--value", "short") == "API Key value should be at least 20 characters"

    plan = cli.from_skeleton("create-usage-plan", tmp_path, name="gold", apiStages=[{"apiId": api, "stage": "dev"}],
                             throttle={"rateLimit": 2.5, "burstLimit": 7}, quota={"limit": 10, "period": "WEEK"})["id"]
    of_plan = ("--usage-plan-id", plan)
    assert cli("get-usage-plan", *of_plan, "--query", "[quota.offset, throttle.rateLimit, tags]") == [0, 2.5, {}]
    changed = cli("update-usage-plan", *of_plan, "--patch-operations", f"op=add,path=/apiStages,value={api}:prod",
                  f"op=replace,path=/apiStages/{api}:dev/throttle/~1part1/GET/burstLimit,value=3", "op=replace,path=/quota/limit,value=20")
    assert changed["apiStages"] == [{"apiId": api, "stage": "dev", "throttle": {"/part1/GET": {"burstLimit": 3}}}, {"apiId": api, "stage": "prod"}]
    assert cli("create-usage-plan-key", *of_plan, "--key-id", key["id"], "--key-type", "API_KEY") == {
        "id": key["id"], "type": "API_KEY", "value": key["value"], "name": "mobile"}
    assert cli("get-usage-plan-key", *of_plan, "--key-id", key["id"], "--query", "name", "--output", "text") == "mobile"
    assert cli("get-usage-plan-keys", *of_plan, "--name-query", "mob", "--query", "length(items)") == "1"
    assert cli("get-usage-plans", "--key-id", key["id"], "--query", "items[].id") == [plan]

    file = tmp_path / "keys.csv"
    file.write_text(f"Enabled,Name,key,UsageplanIds\ntrue,first,apikey1234abcdefghij0123456789,{plan}\ntrue,short,1234,\n")
    imported = cli("import-api-keys", "--format", "csv", "--body", f"fileb://{file}")
    assert len(imported["ids"]) == 1 and imported["warnings"] == ["Skipped invalid record: 2. API Key value should be at least 20 characters"]
    assert "Skipped invalid record: 2." in cli.fails("BadRequestException", "import-api-keys", "--format", "csv", "--fail-on-warnings", "--body", f"fileb://{file}")
    assert cli("get-api-keys", "--include-values", "--name-query", "fir", "--query", "items[].value") == ["apikey1234abcdefghij0123456789"]

    usage = cli("get-usage", *of_plan, "--start-date", "2026-02-27", "--end-date", "2026-03-01")
    assert usage["items"] == {id: [[0, 20]] * 3 for id in (key["id"], imported["ids"][0])}
    assert set(cli("update-usage", *of_plan, "--key-id", key["id"])["items"]) == {key["id"]}
    assert cli.fails("NotFoundException", "get-usage", *of_plan, "--key-id", "nope", "--start-date", "2026-03-01", "--end-date", "2026-03-01") == "Invalid Key identifier specified"

    assert cli.fails("BadRequestException", "delete-usage-plan", *of_plan) == (
        f"Cannot delete Usage Plan {plan} because there are API Stages associated with it, including {api}:dev")
    cli("update-usage-plan", *of_plan, "--patch-operations", f"op=remove,path=/apiStages,value={api}:dev", f"op=remove,path=/apiStages,value={api}:prod")
    cli("delete-usage-plan-key", *of_plan, "--key-id", key["id"])
    cli("delete-usage-plan", *of_plan)
    for id in (key["id"], imported["ids"][0]):
        cli("delete-api-key", "--api-key", id)
    assert cli("get-api-keys", "--query", "length(items)") == "0"


def domain_names(server, cli, tmp_path, api):
    certificate = "arn:aws:acm:us-east-1:000000000000:certificate/1"
    made = cli.from_skeleton("create-domain-name", tmp_path, domainName="api.example.com", regionalCertificateArn=certificate, tags={"team": "a"},
                             endpointConfiguration={"types": ["REGIONAL"]})
    assert made["domainNameStatus"] == "AVAILABLE" and made["regionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    of = ("--domain-name", "api.example.com")
    assert cli("get-domain-name", *of, "--query", "[securityPolicy, routingMode, tags.team]", "--output", "text") == "TLS_1_2\tBASE_PATH_MAPPING_ONLY\ta"
    edge = cli("create-domain-name", "--domain-name", "edge.example.com", "--certificate-arn", certificate, "--query", "distributionHostedZoneId", "--output", "text")
    assert edge == "Z2FDTNDATAQYW2"
    assert cli("get-domain-names", "--page-size", "1", "--query", "items[].domainName") == ["api.example.com", "edge.example.com"]
    assert cli("update-domain-name", *of, "--patch-operations", "op=replace,path=/securityPolicy,value=TLS_1_0")["securityPolicy"] == "TLS_1_0"
    message = "Invalid certificate ARN: arn:aws:acm:eu-west-1:000000000000:certificate/1. Certificate must be in 'us-east-1'."
    assert cli.fails("BadRequestException", "create-domain-name", "--domain-name", "x.example.com", "--certificate-arn", certificate.replace("us-east-1", "eu-west-1")) == message

    assert cli("create-base-path-mapping", *of, "--rest-api-id", api, "--stage", "dev")["basePath"] == "(none)"
    cli("create-base-path-mapping", *of, "--rest-api-id", api, "--stage", "dev", "--base-path", "orders")
    assert cli("get-base-path-mapping", *of, "--base-path", "(none)", "--query", "stage", "--output", "text") == "dev"
    moved = cli("update-base-path-mapping", *of, "--base-path", "orders", "--patch-operations", "op=replace,path=/basePath,value=v1")
    assert moved == {"basePath": "v1", "restApiId": api, "stage": "dev"}
    assert cli("get-base-path-mappings", *of, "--query", "items[].basePath") == ["(none)", "v1"]
    message = "Base path already exists for this domain name"
    assert cli.fails("ConflictException", "create-base-path-mapping", *of, "--rest-api-id", api, "--base-path", "v1") == message
    answer = call(f"{server.url}/nope", headers={"Host": "api.example.com"})
    assert answer.status == 410 and "Missing Authentication Token" in answer.body.decode()  # the API's own gateway response
    message = f"Deleting RestApi {api} failed. Please remove all base path mappings related to the RestApi in your domains: api.example.com"
    assert cli.fails("BadRequestException", "delete-rest-api", "--rest-api-id", api) == message
    cli("delete-base-path-mapping", *of, "--base-path", "(none)")
    cli("delete-domain-name", *of)
    cli("delete-domain-name", "--domain-name", "edge.example.com")
    assert cli.fails("NotFoundException", "get-domain-name", *of) == "Invalid domain name identifier specified"


def private_domain_names(cli, tmp_path):
    """A private custom domain name, and the VPC endpoint that reaches it."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]})
    made = cli.from_skeleton("create-domain-name", tmp_path, domainName="inner.example.com", certificateArn="arn:aws:acm:us-east-1:000000000000:certificate/1",
                             endpointConfiguration={"types": ["PRIVATE"]}, policy=policy)
    arn = made["domainNameArn"]
    association = cli("create-domain-name-access-association", "--domain-name-arn", arn, "--access-association-source-type", "VPCE", "--access-association-source", "vpce-1")[
        "domainNameAccessAssociationArn"]
    cli("create-domain-name-access-association", "--domain-name-arn", arn, "--access-association-source-type", "VPCE", "--access-association-source", "vpce-2")
    listed = cli("get-domain-name-access-associations", "--resource-owner", "SELF")
    assert [a["accessAssociationSource"] for a in listed["items"]] == ["vpce-1", "vpce-2"]
    cli("reject-domain-name-access-association", "--domain-name-access-association-arn", association, "--domain-name-arn", arn)
    (left,) = cli("get-domain-name-access-associations")["items"]
    cli("delete-domain-name-access-association", "--domain-name-access-association-arn", left["domainNameAccessAssociationArn"])
    assert cli("get-domain-name-access-associations") == {"items": []}
    cli("delete-domain-name", "--domain-name", "inner.example.com", "--domain-name-id", made["domainNameId"])


def account_and_tags(cli, tmp_path, api):
    assert cli("get-account", "--query", "throttleSettings.[burstLimit, rateLimit]") == [5000, 10000.0]
    role = "arn:aws:iam::000000000000:role/logs"
    assert cli("update-account", "--patch-operations", f"op=replace,path=/cloudwatchRoleArn,value={role}")["cloudwatchRoleArn"] == role
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api}"
    cli("tag-resource", "--resource-arn", arn, "--tags", "cost=7,owner=me")
    cli("untag-resource", "--resource-arn", arn, "--tag-keys", "cost", "team")
    assert cli("get-tags", "--resource-arn", arn)["tags"] == {"owner": "me"}


def definitions(server, cli, tmp_path):
    file = tmp_path / "api.json"
    mock = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "imported"}}}}
    operation = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": mock}
    file.write_text(json.dumps({"openapi": "3.0.1", "info": {"title": "imported", "version": "1"}, "paths": {"/a": {"get": operation}}}))
    api = cli("import-rest-api", "--body", f"fileb://{file}", "--parameters", "endpointConfigurationTypes=REGIONAL", "--query", "id", "--output", "text")
    file.write_text(json.dumps({"openapi": "3.0.1", "info": {"title": "imported", "version": "2"}, "paths": {"/b": {"get": operation}}}))
    assert cli("put-rest-api", "--rest-api-id", api, "--mode", "merge", "--fail-on-warnings", "--body", f"fileb://{file}")["version"] == "2"
    assert cli("get-resources", "--rest-api-id", api, "--query", "sort(items[].path)") == ["/", "/a", "/b"]
    cli("create-deployment", "--rest-api-id", api, "--stage-name", "dev")
    assert call(f"{server.url}/_aws/execute-api/{api}/dev/b").body == b"imported"
    exports(cli, tmp_path, api)
    cli("delete-rest-api", "--rest-api-id", api)


def exports(cli, tmp_path, api):
    """Every option of get-export, whose last argument is the file that it writes."""
    file = tmp_path / "export"
    for kind, version in (("oas30", "openapi"), ("swagger", "swagger")):
        for accepts, end in (("application/json", "json"), ("application/yaml", "yaml")):
            for extensions in ("integrations", "authorizers", "documentation", "validators", "gatewayresponses", "apigateway", "postman", "integrations,authorizers"):
                answer = cli("get-export", "--rest-api-id", api, "--stage-name", "dev", "--export-type", kind, "--accepts", accepts,
                             "--parameters", f"extensions='{extensions}'", file)
                assert answer["contentType"] == "application/octet-stream"
                assert re.fullmatch(rf'attachment; filename="{kind}_\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.{end}"', answer["contentDisposition"])
                text = file.read_text()
                assert text.startswith(f'{{\n  "{version}" : ' if end == "json" else f"---\n{version}: ")
                assert ("x-amazon-apigateway-integration" in text) == (extensions in ("integrations", "apigateway", "integrations,authorizers"))
    assert cli("get-export", "--rest-api-id", api, "--stage-name", "dev", "--export-type", "oas30", "--parameters", "extensions=apigateway", file)
    assert cli("put-rest-api", "--rest-api-id", api, "--mode", "overwrite", "--fail-on-warnings", "--body", f"fileb://{file}")["version"] == "2"
    assert cli("get-resources", "--rest-api-id", api, "--query", "sort(items[].path)") == ["/", "/a", "/b"]
    assert cli.fails("NotFoundException", "get-export", "--rest-api-id", api, "--stage-name", "nope", "--export-type", "oas30", file) == "Invalid stage identifier specified"
    assert "Invalid export type specified: raml" in cli.fails("BadRequestException", "get-export", "--rest-api-id", api, "--stage-name", "dev", "--export-type", "raml", file)


def take_down(cli, api, items, method):
    of = ("--rest-api-id", api)
    cli("delete-integration-response", *method, "--status-code", "200")
    cli("delete-integration", *method)
    cli("delete-method-response", *method, "--status-code", "200")
    cli("delete-method", *method)
    cli("delete-model", *of, "--model-name", "Item")
    validator = cli("get-request-validators", *of, "--query", "items[0].id", "--output", "text")
    cli("delete-request-validator", *of, "--request-validator-id", validator)
    for stage in ("dev", "prod"):
        cli("delete-stage", *of, "--stage-name", stage)
    cli("delete-resource", *of, "--resource-id", items)
    cli("delete-rest-api", *of)
    assert cli("get-rest-apis", "--query", "length(items)") == "0"
