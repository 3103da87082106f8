#!/usr/bin/env bash
# Creates on a running gateway the API that gwbench.py loads: 100 routes
# GET /api/v1/res{0..99}/{id}/items/{item}, each an HTTP proxy to the same path
# of the upstream. GW_PORT is the gateway's port, GW_UPSTREAM the backend's URL.
# The access log goes where serve's --access-log says. The last line says, as JSON, how to address the stage and what ran.
set -euo pipefail

: "${GW_PORT:?}" "${GW_UPSTREAM:?}"
base=http://127.0.0.1:$GW_PORT

definition() {
  python3 - "$GW_UPSTREAM" <<'PY'
import json, sys

upstream = sys.argv[1]
paths = {}
for i in range(100):
    path = "/api/v1/res%d/{id}/items/{item}" % i
    paths[path] = {
        "get": {
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("id", "item")
            ],
            "responses": {"200": {"description": "ok"}},
            "x-amazon-apigateway-integration": {
                "type": "http_proxy",
                "httpMethod": "GET",
                "uri": upstream + path,
                "requestParameters": {
                    "integration.request.path.id": "method.request.path.id",
                    "integration.request.path.item": "method.request.path.item",
                },
            },
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
