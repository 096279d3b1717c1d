#!/usr/bin/env bash
# Runs the example's dbt project for real and writes its artifacts; needs Python 3.10 or newer. Only for people who
# change the project: the gate itself lives from the committed artifacts.
#   --check   builds a copy, and compares what comes out with what is committed
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
node="$root/node_modules/.bin/node"
example="$root/examples/energy-community"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false

check=false
case "${1:-}" in
  '') ;;
  --check) check=true ;;
  *) echo "usage: $0 [--check]" >&2; exit 64 ;;
esac

dbt=$(bash "$root/scripts/dbt-venv.sh") || {
  if $check; then echo 'skipped: see above'; exit 0; fi
  exit 1
}

project=$example
if $check; then
  # Inside the repository, so that the copy's programs find the libraries of the original.
  mkdir -p "$root/.tools"
  project=$(mktemp -d "$root/.tools/example-XXXXXX")
  trap 'rm -rf "$project"' EXIT
  tar -C "$example" --exclude=./.venv --exclude=./.sluice --exclude=./data --exclude=./target --exclude=./logs -cf - . | tar -C "$project" -xf -
fi
cd "$project"

"$node" generate-seeds.ts
"$node" build-warehouse.ts --raw

rm -rf target
"$dbt" build --profiles-dir . --no-partial-parse
# docs generate parses anew and would leave a manifest without compiled SQL: the one of the build is kept.
mv target/manifest.json target/manifest.build.json
"$dbt" docs generate --no-compile --profiles-dir .
mv target/manifest.build.json target/manifest.json
"$node" scrub-artifacts.ts

if $check; then
  same=true
  for file in seeds/*.csv target/manifest.json target/catalog.json target/run_results.json; do
    cmp -s "$example/$file" "$file" && continue
    same=false
    echo "$file differs from what is committed"
    diff -u "$example/$file" "$file" | head -40 || true
  done
  $same || { echo 'run scripts/rebuild-example.sh, and commit what it writes' >&2; exit 1; }
  echo 'dbt gives what is committed'
  exit 0
fi

# What dbt built makes way for what the gate builds from the artifacts: both hold the same.
"$node" build-warehouse.ts --force
