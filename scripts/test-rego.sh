#!/bin/sh
# Runs the default bundle's own tests, prints how much of its rules they reach, and fails below all of it.
# Needs OPA (https://www.openpolicyagent.org): in OPA=…, on the path, or in ~/go/bin.
set -eu
cd "$(dirname "$0")/.."
opa=${OPA:-$(command -v opa || echo "$HOME/go/bin/opa")}

"$opa" check --strict rego
"$opa" test rego
"$opa" test rego --coverage --format=json | sed -n 's/^  "coverage": \([0-9.]*\),*$/rule coverage: \1 %/p'
"$opa" test rego --coverage --threshold 100 > /dev/null
