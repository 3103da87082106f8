#!/usr/bin/env bash
# Creates on a running gateway the API that gwbench.py loads: 100 routes
# GET /api/v1/res{0..99}/{id}/items/{item}, each an HTTP proxy to the same path
# of the upstream, or what INTEGRATION says: http (with a template for the
# answer), mock (with templates) or aws_proxy (a Lambda function at
# --aws-endpoint-url). GW_PORT is the gateway's port, GW_UPSTREAM the backend's
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
            "x-amazon-apigateway-integration": {"type": kind, **integration},
        }
    }
print(json.dumps({"openapi": "3.0.1", "info": {"title": "bench", "version": "1"}, "paths": paths}))
PY
}

api=$(definition | curl -fsS "$base/restapis?mode=import" --data-binary @- | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
curl -fsS -o /dev/null "$base/restapis/$api/deployments" -d '{"stageName":"bench"}'
patch='{"patchOperations":[
  {"op":"replace","path":"/accessLogSettings/destinationArn","value":"arn:aws:logs:us-east-1:000000000000:log-group:bench"},
  {"op":"replace","path":"/accessLogSettings/format","value":"$context.requestId $context.identity.sourceIp [$context.requestTime] \"$context.httpMethod $context.path $context.protocol\" $context.resourcePath $context.status $context.responseLength $context.responseLatency"}]}'
curl -fsS -o /dev/null -X PATCH "$base/restapis/$api/stages/bench" -d "$patch"
printf '{"host":"%s.execute-api.localhost","prefix":"/bench","features":["routes","path variables","request id","trace id","access log"]}\n' "$api"
