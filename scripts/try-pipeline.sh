#!/usr/bin/env bash
# Runs the steps of docs/operations/dbt-pipelines.md on a copy of the example: a real dbt build, then the push; then a
# changed tag, a tag of another tool, and the way back.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
node="$root/node_modules/.bin/node"
example="$root/examples/energy-community"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_PROFILES_DIR=. DBT_QUIET=true

dbt=$(bash "$root/scripts/dbt-venv.sh") || { echo 'skipped: see above'; exit 0; }
PATH="$(dirname "$dbt"):$PATH"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$node" "$example/build-warehouse.ts" >/dev/null
tar -C "$example" --exclude=./.venv --exclude=./.sluice --exclude=./logs --exclude=./target -cf - . | tar -C "$work" -xf -
cd "$work"
sluice() { "$node" "$root/src/main.ts" "$@"; }

step() {
  sed -n '/try-pipeline.sh runs this block/,/^```$/p' "$root/docs/operations/dbt-pipelines.md" | sed -e '1,2d' -e '$d' >step.sh
  grep -q 'sluice push' step.sh || { echo 'the documented step is not there'; exit 1; }
  # shellcheck disable=SC1091
  source step.sh
}
phone() { sluice query 'SELECT phone FROM gold.members ORDER BY member_id LIMIT 1' --as analyst --format csv | tail -1 | tr -d '\r'; }

step | tee first.log
grep -q '✓ applied' first.log
sluice push | tee again.log
grep -q '✓ unchanged' again.log
grep -Eq '^[0-9a-f]{64}$' <<<"$(phone)"

sed -i.bak 's/tags: \[pii\.phone\]/tags: [pii.address]/' models/marts/core/_core.yml
step | tail -2 | tee changed.log
grep -q '✓ applied' changed.log
[ "$(phone)" = withheld ]

region() { sluice query 'SELECT region FROM gold.members ORDER BY member_id LIMIT 1' --as analyst --format csv | tail -1 | tr -d '\r'; }
before=$(region)
printf 'dataset,column,tag\ngold.members,region,pii\n' >tags.csv
sluice tag tags.csv --source spreadsheet
grep -Eq '^[0-9a-f]{64}$' <<<"$(region)"
sluice push --policies policies | tee still.log
grep -q '✓ unchanged' still.log
grep -Eq '^[0-9a-f]{64}$' <<<"$(region)"
echo 'a push leaves the tags of other tools'

sluice history
first=$(sluice history --json | "$node" -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).at(-1).etag')
sluice rollback "$first"
[ "$(region)" = "$before" ]
grep -Eq '^[0-9a-f]{64}$' <<<"$(phone)"
echo 'rolled back to the first push'
