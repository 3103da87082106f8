#!/usr/bin/env bash
# Runs the fuzz targets of the packages that are named, of all if none is, one
# after the other, for FUZZTIME each (10s unless it is set; Go's -fuzztime).
# Every target has its turn; the script fails if one has found something. Go
# keeps an input that fails in the package's testdata/fuzz, where it is a case
# of go test from then on, and those that are merely new in its cache.
set -euo pipefail
cd "$(dirname "$0")/.."

# go test -list prints the targets of a package, then a line that begins with
# "ok" and has the package's name.
listed=$(go test -list '^Fuzz' "${@:-./...}")
targets=$(awk '
  /^Fuzz/ { names[++n] = $1 }
  $1 == "ok" { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }
' <<<"$listed")
if [ -z "$targets" ]; then
  echo "There is no fuzz target in ${*:-the module}." >&2
  exit 1
fi

# Without the limit, Go makes each new input smaller for a minute, in which it
# tries no others.
failed=()
while read -r package name; do
  printf '%s %s\n' "$package" "$name"
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-10s}" -fuzzminimizetime 10x "$package" </dev/null ||
    failed+=("$package $name")
done <<<"$targets"

if [ ${#failed[@]} -gt 0 ]; then
  printf 'FAILED: %s\n' "${failed[@]}" >&2
  exit 1
fi
