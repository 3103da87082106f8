#!/usr/bin/env bash
# Makes sure that the programs which the tests need are there, or with the
# argument bench those of bench/gwbench.py. On Debian, as root, missing ones are
# installed; elsewhere what is missing is said, and the script fails.
set -euo pipefail

missing=()
need() { # command package...
  local command=$1
  shift
  eval "$command" >/dev/null 2>&1 || missing+=("$@")
}

tests() {
  need 'cc --version' gcc libc6-dev # for the race detector
  need 'node --version' nodejs
  need 'npm --version' npm
  need 'python3 --version' python3
  need 'python3 -c "import ensurepip, venv"' python3-venv
  need 'curl --version' curl
  need 'openssl version' openssl
  need 'chromium --version || google-chrome --version' chromium # a browser that reads streams
  need 'prometheus --version && promtool --version' prometheus # reads the metrics
  need 'PATH=$PATH:/usr/sbin nginx -v' nginx-light # a backend of the security tests
  need 'systemd-analyze --version' systemd # judges the unit of deploy/
  need 'PATH=$PATH:/usr/sbin logrotate --version' logrotate
  need 'ls /usr/lib/postgresql/*/bin/postgres || command -v postgres' postgresql-15
  need 'redis-server --version' redis-server
}

bench() {
  need 'python3 --version' python3
  need 'openssl version' openssl
  need 'curl --version' curl
  need 'command -v wrk' wrk
  need 'h2load --version' nghttp2-client
  need 'PATH=$PATH:/usr/sbin nginx -v' nginx-light
  need 'PATH=$PATH:/usr/sbin haproxy -v' haproxy
}

"${1:-tests}"

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  exit 0
fi
echo "The ${1:-tests} need what these packages have (Debian names): ${missing[*]}" >&2
exit 1
