#!/usr/bin/env bash
# Walks docs/walkthrough-access.md on a copy of the example and a running gate: a denied query whose answer says how to ask, an
# approval for some seconds, the same query answered at once, and denied again without anybody doing anything; all of it in the
# audit, whose chain holds. SECONDS_OPEN=120 takes as long as the document says.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
node="$root/node_modules/.bin/node"
example="$root/examples/energy-community"
open=${SECONDS_OPEN:-10}

work=$(mktemp -d)
gate=''
finish() {
  if [ -n "$gate" ]; then kill "$gate" 2>/dev/null && wait "$gate" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "$1"
  [ ! -f "$work/serve.log" ] || tail -20 "$work/serve.log"
  exit 1
}

"$node" "$example/build-warehouse.ts" >/dev/null
tar -C "$example" --exclude=./.venv --exclude=./.sluice --exclude=./logs -cf - . | tar -C "$work" -xf -
cd "$work"
free_port() { "$node" -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
sed -i.bak -e "s/port: 8080/port: $(free_port)/" -e "s/port: 8081/port: $(free_port)/" sluice.yml
sluice() { "$node" "$root/src/main.ts" "$@"; }
field() { "$node" -e 'const value = JSON.parse(require("node:fs").readFileSync(0, "utf8"))[process.argv[1]]; console.log(typeof value === "string" ? value : JSON.stringify(value))' "$1"; }

sluice push
SLUICE_LOG=warn "$node" "$root/src/main.ts" serve >serve.log 2>&1 &
gate=$!
for _ in $(seq 1 60); do
  grep -q 'the gate is open' serve.log && break
  kill -0 "$gate" 2>/dev/null || fail 'the gate ended'
  sleep 0.5
done
address=$(sed -n 's/.*the gate is open at \(http[^ ]*\).*/\1/p' serve.log)
[ -n "$address" ] || fail 'the gate did not open'
analyst=$(sluice token --as analyst)
officer=$(sluice token --as officer)

# call TOKEN METHOD PATH [BODY]: the body of the answer, then its status on a line of its own.
call() {
  curl -s -w '\n%{http_code}' -X "$2" "$address$3" -H "Authorization: Bearer $1" \
    ${4:+-H 'Content-Type: application/json' -d "$4"}
}
query() { call "$analyst" POST /v1/query '{"sql":"SELECT count(*) AS readings FROM bronze.readings"}'; }
status() { tail -1 <<<"$1"; }
body() { sed '$d' <<<"$1"; }

echo '── an analyst is denied, and told how to ask'
denied=$(query)
body "$denied"
[ "$(status "$denied")" = 403 ] || fail 'the first query was not denied'
link=$(body "$denied" | field request_access)
href=$(field href <<<"$link")
dataset=$(field dataset <<<"$link")
told=$(sluice query 'SELECT count(*) FROM bronze.readings' --server "$address" --token "$analyst" 2>&1 || true)
grep "sluice requests ask dataset $dataset" <<<"$told" || fail 'the command line does not say how to ask'

echo '── the analyst asks'
asked=$(call "$analyst" POST "$href" "{\"kind\":\"dataset\",\"dataset\":\"$dataset\",\"reason\":\"the meters of March look wrong\",\"duration\":$open}")
[ "$(status "$asked")" = 201 ] || fail "asking was refused: $asked"
request=$(body "$asked" | field id)
grep -q policies <<<"$asked" && fail 'whoever asks is told policies'
own=$(call "$analyst" POST "/v1/access-requests/$request/approve" '{}')
[ "$(status "$own")" = 403 ] || fail 'the analyst approved it alone'

echo '── an officer sees it, and approves'
sluice requests list --to-decide --server "$address" --token "$officer" --json | grep -q "$request" || fail 'the officer does not see it'
sluice requests show "$request" --server "$address" --token "$officer"
sluice requests approve "$request" --comment 'for the meters' --server "$address" --token "$officer"

echo '── the same query, at once'
opened=$(query)
body "$opened"
[ "$(status "$opened")" = 200 ] || fail 'the query was denied after the approval'
sluice grants list --server "$address" --token "$analyst"
grant=$(sluice grants list --server "$address" --token "$analyst" --json | "$node" -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).grants[0].id')

echo "── and after $open seconds, with nobody doing anything"
sleep $((open + 1))
closed=$(query)
body "$closed"
[ "$(status "$closed")" = 403 ] || fail 'the query is still answered'

echo '── both moments, and what was read, are in the audit'
# The end is put on record by the gate itself, within a second or two.
for _ in $(seq 1 20); do
  sluice audit tail --lines 200 --json >audit.ndjson
  grep -q '"action":"expire"' audit.ndjson && break
  sleep 0.5
done
expect() {
  "$node" -e '
    const [what, ...wanted] = process.argv.slice(1);
    const lines = require("node:fs").readFileSync("audit.ndjson", "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const found = lines.filter((one) => wanted.every((part) => JSON.stringify(one).includes(part)));
    if (found.length === 0) { console.log(`not in the audit: ${what}`); process.exit(1); }
    for (const { time, event, action, decision, subject, rows } of found.slice(0, 1))
      console.log([time, event, action, decision, subject.sub, rows].join("  "));
  ' "$@"
}
expect 'the denial' '"event":"query"' '"decision":"deny"' 'bronze.readings'
expect 'the asking' '"action":"ask"' "$request"
expect 'the approval' '"action":"approve"' '"decision":"allow"' "$request" "$grant"
expect 'the grant' '"event":"grant"' '"action":"grant"' "$grant"
expect 'the decision that used the grant' '"event":"decision"' '"decision":"allow"' "$grant"
expect 'what was read' '"event":"query"' '"decision":"allow"' "$grant" '"rows":1'
expect 'the end of the grant' '"action":"expire"' "$grant"
sluice audit verify
echo 'from a denied query to an approved grant, and its end'
