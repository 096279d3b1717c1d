#!/usr/bin/env bash
# Runs the example's dbt project for real and writes its artifacts; needs Python 3.10 or newer. Only for people who
# change the project: the gate itself lives from the committed artifacts.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
node="$root/node_modules/.bin/node"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false
cd "$root/examples/energy-community"

if [ ! -x .venv/bin/dbt ] || ! cmp -s requirements.txt .venv/installed.txt; then
  "${PYTHON:-python3}" -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt .venv/installed.txt
fi

"$node" generate-seeds.ts
"$node" build-warehouse.ts --raw

rm -rf target
.venv/bin/dbt build --profiles-dir . --no-partial-parse
# docs generate parses anew and would leave a manifest without compiled SQL: the one of the build is kept.
mv target/manifest.json target/manifest.build.json
.venv/bin/dbt docs generate --no-compile --profiles-dir .
mv target/manifest.build.json target/manifest.json
"$node" scrub-artifacts.ts

# What dbt built makes way for what the gate builds from the artifacts: both hold the same.
"$node" build-warehouse.ts --force
