#!/usr/bin/env bash
# Creates on a running gateway the API that gwbench.py loads: 100 routes
# GET /api/v1/res{0..99}/{id}/items/{item}, each an HTTP proxy to the same path
# of the upstream, or what INTEGRATION says: http (with a template for the
# answer), mock (with templates) or aws_proxy (a Lambda function at
# --aws-endpoint-url). An API key is required: there are a thousand of them,
# key-{0..999}-abcdefghijklmnop, in a usage plan whose throttle and quota are never reached. GW_PORT is the gateway's port, GW_UPSTREAM the backend's
# URL. The access log goes where serve's --access-log says. The last line says,
# as JSON, how to address the stage and what ran.
set -euo pipefail

: "${GW_PORT:?}" "${GW_UPSTREAM:?}"
base=http://127.0.0.1:$GW_PORT

definition() {
  python3 - "$GW_UPSTREAM" "${INTEGRATION:-http_proxy}" <<'PY'
import json, sys

upstream, kind = sys.argv[1:]
body = '{"id":"abc123","name":"widget","price":12.5,"tags":["a","b"],"stock":42,"active":true,"n":1234567}'
paths = {}
for i in range(100):
    path = "/api/v1/res%d/{id}/items/{item}" % i
    mapped = {"integration.request.path." + name: "method.request.path." + name for name in ("id", "item")}
    template = '#set($id = $input.params("id"))' + body.replace("abc123", "${id}123")
    integration = {
        "http_proxy": {"uri": upstream + path, "httpMethod": "GET", "requestParameters": mapped},
        "http": {
            "uri": upstream + path,
            "httpMethod": "GET",
            "requestParameters": mapped,
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": "#set($root = $input.path('$'))" + body.replace("widget", "$root.name")}}},
        },
        "mock": {
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": template}}},
        },
        "aws_proxy": {
            "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:bench/invocations",
            "httpMethod": "POST",
        },
    }[kind]
    paths[path] = {
        "get": {
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("id", "item")
            ],
            "responses": {"200": {"description": "ok"}},
            "security": [{"key": []}],
            "x-amazon-apigateway-integration": {"type": kind, **integration},
        }
    }
schemes = {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
print(json.dumps({"openapi": "3.0.1", "info": {"title": "bench", "version": "1"}, "components": {"securitySchemes": schemes}, "paths": paths}))
PY
}

# keys makes the API keys, and puts them in a plan of the stage.
keys() {
  python3 - "$base" "$1" <<'PY'
import http.client, json, sys, urllib.parse

base, api = sys.argv[1:]
gateway = http.client.HTTPConnection(urllib.parse.urlsplit(base).netloc)


def post(path, body):
    gateway.request("POST", path, json.dumps(body))
    answer = gateway.getresponse()
    text = answer.read()
    if answer.status != 201:
        sys.exit("%s: %d %s" % (path, answer.status, text.decode()))
    return json.loads(text)


never = {"rateLimit": 1_000_000, "burstLimit": 1_000_000}
plan = post("/usageplans", {"name": "bench", "throttle": never, "quota": {"limit": 2_000_000_000, "period": "MONTH"}, "apiStages": [{"apiId": api, "stage": "bench"}]})
for i in range(1000):
    key = post("/apikeys", {"name": "bench-%d" % i, "value": "key-%d-abcdefghijklmnop" % i, "enabled": True})
    post("/usageplans/%s/keys" % plan["id"], {"keyId": key["id"], "keyType": "API_KEY"})
PY
}

api=$(definition | curl -fsS "$base/restapis?mode=import" --data-binary @- | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
curl -fsS -o /dev/null "$base/restapis/$api/deployments" -d '{"stageName":"bench"}'
patch='{"patchOperations":[
  {"op":"replace","path":"/accessLogSettings/destinationArn","value":"arn:aws:logs:us-east-1:000000000000:log-group:bench"},
  {"op":"replace","path":"/accessLogSettings/format","value":"$context.requestId $context.identity.sourceIp [$context.requestTime] \"$context.httpMethod $context.path $context.protocol\" $context.resourcePath $context.status $context.responseLength $context.responseLatency"}]}'
curl -fsS -o /dev/null -X PATCH "$base/restapis/$api/stages/bench" -d "$patch"
keys "$api"
printf '{"host":"%s.execute-api.localhost","prefix":"/bench","headers":{"X-Api-Key":"key-42-abcdefghijklmnop"},"features":["routes","path variables","API key","throttle","quota","request id","trace id","access log"]}\n' "$api"
