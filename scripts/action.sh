#!/usr/bin/env bash
# The steps of action.yml: download a release, compare it with its checksum, start
# it, wait for it, and tell the steps behind where it is. GitHub's runners set
# RUNNER_… and GITHUB_…, and action.yml INPUT_….
set -euo pipefail

fail() {
  echo "::error::gatehouse: $*"
  exit 1
}

[[ $INPUT_VERSION =~ ^[0-9A-Za-z.-]+$ ]] || fail "version: '$INPUT_VERSION' is no release, such as 1.2.3"
case $RUNNER_OS in
  Linux) system=linux suffix=tar.gz ;;
  macOS) system=darwin suffix=tar.gz ;;
  Windows) system=windows suffix=zip ;;
  *) fail "there is no release for $RUNNER_OS" ;;
esac
case $RUNNER_ARCH in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) fail "there is no release for $RUNNER_ARCH" ;;
esac

releases=${ACTION_RELEASES:-https://github.com/gatehouse-gw/gatehouse/releases/download}/v$INPUT_VERSION
name=gatehouse_${INPUT_VERSION}_${system}_$arch
dir=$RUNNER_TEMP/gatehouse
mkdir -p "$dir"
cd "$dir"
get() { curl --fail --silent --show-error --location --retry 3 --max-time 300 --output "$1" "$releases/$1"; }

get "$name.$suffix" || fail "$releases/$name.$suffix cannot be downloaded"
want=$INPUT_SHA256
if [ -z "$want" ]; then
  get SHA256SUMS || fail "$releases/SHA256SUMS cannot be downloaded"
  want=$(awk -v name="$name.$suffix" '$2 == name { print $1 }' SHA256SUMS)
fi
got=$( (sha256sum "$name.$suffix" 2>/dev/null || shasum -a 256 "$name.$suffix") | cut -d' ' -f1)
[ "$got" = "$want" ] || fail "$name.$suffix has the checksum $got, not '$want'"

if [ "$suffix" = zip ]; then unzip -oq "$name.zip"; else tar -xzf "$name.tar.gz"; fi
echo "$dir/$name" >>"$GITHUB_PATH"
gatehouse=$dir/$name/gatehouse # by its path: on Windows that has a colon, at which bash parts PATH
"$gatehouse" version
if [ "$INPUT_START" != true ]; then
  exit 0
fi

cd "${GITHUB_WORKSPACE:-.}" # which relative names of the arguments are of
log=$dir/gatehouse.log
# shellcheck disable=SC2086 # the arguments are several words
nohup "$gatehouse" serve $INPUT_ARGUMENTS >"$log" 2>&1 &
process=$!
endpoint=
for _ in $(seq 300); do
  endpoint=$(sed -n 's/^Control plane  *//p' "$log")
  [ -z "$endpoint" ] && kill -0 $process 2>/dev/null || break
  sleep 0.1
done
if [ -z "$endpoint" ] || ! "$gatehouse" wait --endpoint "$endpoint"; then
  cat "$log"
  fail "it does not serve"
fi
eval "$("$gatehouse" env --endpoint "$endpoint")"
for variable in AWS_ENDPOINT_URL_API_GATEWAY AWS_ENDPOINT_URL_APIGATEWAYV2 AWS_ENDPOINT_URL_STS AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION AWS_DEFAULT_REGION; do
  echo "$variable=${!variable}" >>"$GITHUB_ENV"
done
echo "endpoint=$endpoint" >>"$GITHUB_OUTPUT"
echo "gatehouse serves at $endpoint; its log is $log"
