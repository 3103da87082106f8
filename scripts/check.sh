#!/usr/bin/env bash
# Format, vet, lint, and the proof that generated files match their facts.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
  printf 'not gofmt-ed:\n%s\n' "$unformatted" >&2
  exit 1
fi
go vet ./...
go tool staticcheck ./...

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
go test ./internal/archtest
