#!/usr/bin/env bash
# Format, vet, lint, and the proof that generated files match their facts. That the
# documents do is what tests hold, which make test runs.
set -euo pipefail
cd "$(dirname "$0")/.."

# The flags with which make builds the binary, whose compilation serves here as well.
export GOFLAGS="${GOFLAGS:--trimpath}" CGO_ENABLED="${CGO_ENABLED:-0}"

unformatted=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
  printf 'not gofmt-ed:\n%s\n' "$unformatted" >&2
  exit 1
fi
go vet ./...
go tool -modfile=tools/go.mod staticcheck ./...
go -C tools vet ./...
go -C tools tool staticcheck ./...

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
generated=$(git ls-files '*/z*.go')
for f in $generated; do
  mkdir -p "$work/$(dirname "$f")"
  cp "$f" "$work/$f"
done
go generate ./...
for f in $generated; do
  if ! diff -u "$work/$f" "$f"; then
    echo "$f is not what its facts say: run go generate ./... and commit it" >&2
    exit 1
  fi
done

go mod tidy -diff
go -C tools mod tidy -diff

# One run of text/template, or one method looked up by name, keeps the linker
# from dropping dead code: the size shows it. Two clients of databases, which are for
# clusters, have 3.5 of the megabytes.
limit=$((36 * 1024 * 1024))
size=$(wc -c <bin/gatehouse)
if [ "$size" -gt "$limit" ]; then
  echo "bin/gatehouse has $size bytes, more than $limit" >&2
  exit 1
fi
go test ./internal/archtest
