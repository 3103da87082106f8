#!/usr/bin/env bash
# Makes the environments of the end-to-end suite under .cache/e2e: a Python
# venv with boto3, the aws CLI and pytest, and the JavaScript SDK. Does nothing
# when they are there already.
set -euo pipefail
cd "$(dirname "$0")"
cache=$(cd .. && pwd)/.cache/e2e
mkdir -p "$cache"

stamp() { cat "$@" | sha256sum | cut -d' ' -f1; }

python_stamp=$(stamp requirements.txt)
if [ "$(cat "$cache/python.stamp" 2>/dev/null || true)" != "$python_stamp" ]; then
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  echo "$python_stamp" >"$cache/python.stamp"
fi

node_stamp=$(stamp package.json package-lock.json)
if [ "$(cat "$cache/node.stamp" 2>/dev/null || true)" != "$node_stamp" ]; then
  mkdir -p "$cache/node"
  cp package.json package-lock.json "$cache/node/"
  (cd "$cache/node" && npm ci --silent --no-audit --no-fund)
  echo "$node_stamp" >"$cache/node.stamp"
fi
