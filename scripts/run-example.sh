#!/usr/bin/env bash
# Starts the example backend and serves the example API from its OpenAPI file,
# until interrupted. Arguments go to gatehouse dev.
set -euo pipefail
cd "$(dirname "$0")/.."

go build -o bin/petstore-backend ./examples/petstore/backend
bin/petstore-backend -listen 127.0.0.1:8081 &
backend=$!
trap 'kill $backend 2>/dev/null || true' EXIT
bin/gatehouse dev --config examples/petstore/gatehouse.yaml examples/petstore/openapi.yaml "$@"
