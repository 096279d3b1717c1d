#!/bin/sh
# Compiles the default policy bundle to WASM and records which sources it came from, so that a test can tell when it is stale.
# Needs OPA (https://www.openpolicyagent.org): in OPA=…, on the path, in ~/go/bin or .tools (scripts/get-opa.sh puts it there).
set -eu
cd "$(dirname "$0")/.."
opa=${OPA:-$(scripts/get-opa.sh)}
target=${1:-rego}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sources=$(find rego/sluice -name '*.rego' ! -name '*_test.rego' | LC_ALL=C sort)
"$opa" check --strict rego
# shellcheck disable=SC2086 # a list of files
"$opa" build --target wasm --entrypoint sluice/batch --optimize 0 --output "$work/bundle.tar.gz" $sources
tar -xzf "$work/bundle.tar.gz" -C "$work" 2>/dev/null
cp "$work/policy.wasm" "$target/sluice.wasm"
{
  echo "opa $("$opa" version | sed -n 's/^Version: //p')"
  for file in $sources; do
    echo "$(sha256sum "$file" | cut -d' ' -f1)  $file"
  done
  echo "$(sha256sum "$target/sluice.wasm" | cut -d' ' -f1)  rego/sluice.wasm"
} > "$target/sluice.wasm.sources"
