#!/usr/bin/env bash
# Makes sandboxes of a copy of the example, whole and sampled, and lets dbt build on them what their manifests say it can.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
node="$root/node_modules/.bin/node"
example="$root/examples/energy-community"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false

dbt=$(bash "$root/scripts/dbt-venv.sh") || { echo 'skipped: see above'; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$node" "$example/build-warehouse.ts" >/dev/null
tar -C "$example" --exclude=./.venv --exclude=./.sluice --exclude=./logs -cf - . | tar -C "$work" -xf -
cd "$work"
sluice() { "$node" "$root/src/main.ts" "$@"; }

# Someone who builds on what is landed, and sees none of it in clear.
cat >>personas.yml <<'YAML'
  engineer:
    sub: erik.engineer
    groups: [employees, data-engineers, "community:alpha", "community:beta"]
    attributes: { communities: [alpha, beta, gamma], regions: [north, south, east, west] }
YAML
# References that a sample must keep; dbt tests them on what it built.
reference() {
  sed -i.bak -e "/- name: $2\$/,/- name: member_id\$/ s/- name: member_id\$/&\n        data_tests: [{ relationships: { arguments: { to: ref('members'), field: member_id } } }]/" "$1"
  grep -q relationships "$1" || { echo "$1 has no member_id where one is wanted"; exit 1; }
}
reference models/marts/finance/_finance.yml invoices
reference models/marts/metering/_metering.yml meters
cat >>profiles.yml <<YAML
    sandbox: { type: duckdb, path: "$work/sandbox.duckdb", threads: 2 }
YAML

"$dbt" parse --quiet --profiles-dir .
sluice push

manifest() { "$node" -p "const m = JSON.parse(require('node:fs').readFileSync('sandbox.manifest.json', 'utf8')); $1"; }

# build NAME OPTION…: makes a sandbox and runs the command that its manifest names.
build() {
  local name=$1
  shift
  echo "── $name"
  sluice sandbox --as engineer --out sandbox.duckdb --force "$@"
  # shellcheck disable=SC2046
  "$dbt" $(manifest 'm.dbt.command.replace(/^dbt /, "")') --quiet --profiles-dir .
  # Both tests have their nodes in the file, whether dbt built them or found them there.
  "$dbt" test --quiet --target sandbox --target-path target/sandbox --profiles-dir . --select 'test_name:relationships'
  echo "dbt built $(manifest 'm.dbt.buildable.length') models, and every reference holds"
}

build 'all that an engineer may see'
build 'a tenth of it' --sample 10%
first=$(manifest m.content_hash)
sluice sandbox --as engineer --out sandbox.duckdb --force --sample 10% >/dev/null
[ "$first" = "$(manifest m.content_hash)" ]
echo "the same again: $first"
[ "$(manifest 'm.references.length > 0 && m.references.every((one) => one.holds)')" = true ]
