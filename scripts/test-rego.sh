#!/bin/sh
# Runs the default bundle's own tests, prints how much of its rules they reach, and fails below all of it.
# Needs OPA (https://www.openpolicyagent.org): in OPA=…, on the path, in ~/go/bin or .tools (scripts/get-opa.sh puts it there).
set -eu
cd "$(dirname "$0")/.."
opa=${OPA:-$(scripts/get-opa.sh)}

"$opa" check --strict rego
"$opa" test rego
"$opa" test rego --coverage --format=json | sed -n 's/^  "coverage": \([0-9.]*\),*$/rule coverage: \1 %/p'
"$opa" test rego --coverage --threshold 100 > /dev/null
