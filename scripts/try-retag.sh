#!/usr/bin/env bash
# Changes one line of tags in the YAML of a copy of the example, lets dbt write its artifacts, pushes them, and sees the
# next answer of a running gate change, while others keep asking it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
node="$root/node_modules/.bin/node"
example="$root/examples/energy-community"
export DBT_SEND_ANONYMOUS_USAGE_STATS=false

dbt=$(bash "$root/scripts/dbt-venv.sh") || { echo 'skipped: see above'; exit 0; }

work=$(mktemp -d)
gate='' asker=''
finish() {
  for process in $asker $gate; do kill "$process" 2>/dev/null && wait "$process" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

"$node" "$example/build-warehouse.ts" >/dev/null
tar -C "$example" --exclude=./.venv --exclude=./.sluice --exclude=./logs -cf - . | tar -C "$work" -xf -
cd "$work"
free_port() { "$node" -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
sed -i.bak -e "s/port: 8080/port: $(free_port)/" -e "s/port: 8081/port: $(free_port)/" sluice.yml
sluice() { "$node" "$root/src/main.ts" "$@"; }

sluice push
SLUICE_LOG=warn "$node" "$root/src/main.ts" serve >serve.log 2>&1 &
gate=$!
for _ in $(seq 1 60); do grep -q 'the gate is open' serve.log && break; sleep 0.5; done
address=$(sed -n 's/.*the gate is open at \(http[^ ]*\).*/\1/p' serve.log)
[ -n "$address" ] || { cat serve.log; exit 1; }

question='SELECT phone FROM gold.members ORDER BY member_id LIMIT 1'
ask() { sluice query "$question" --as analyst --format csv | tail -1 | tr -d '\r'; }

# Others who ask on and on: none of them may be refused.
token=$(sluice token --as service)
while :; do
  curl -s -o /dev/null -w '%{http_code}\n' "$address/v1/query" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' -d '{"sql": "SELECT count(*) AS n FROM gold.members"}' >>codes.log
done &
asker=$!

before=$(ask)
echo "before: phone is tagged pii.phone, the analyst reads $before"
grep -Eq '^[0-9a-f]{64}$' <<<"$before"

sed -i.bak 's/tags: \[pii\.phone\]/tags: [pii.address]/' models/marts/core/_core.yml
diff models/marts/core/_core.yml.bak models/marts/core/_core.yml && { echo 'the line to change is not there'; exit 1; }
"$dbt" compile --quiet --profiles-dir .
sluice push

after=$(ask)
echo "after:  phone is tagged pii.address, the analyst reads $after"
[ "$after" = withheld ]

kill "$asker" && wait "$asker" 2>/dev/null || true
asker=''
echo "meanwhile: $(sort codes.log | uniq -c | awk '{ print $1 " answers of status " $2 }')"
[ "$(sort -u codes.log)" = 200 ]
kill -0 "$gate"
