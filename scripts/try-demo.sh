#!/usr/bin/env bash
# Starts the demo as a newcomer would, runs the commands that it prints and checks their answers, sees a taken port
# refused, closes the demo, and checks that nothing is left running.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp)
npm start "$@" >"$out" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null || true; wait $demo 2>/dev/null || true; rm -f "$out"' EXIT

fail() {
  echo "$1"
  cat "$out"
  exit 1
}

for _ in $(seq 1 120); do
  grep -q 'Ctrl-C closes the gate' "$out" && break
  kill -0 $demo 2>/dev/null || fail 'npm start ended'
  sleep 1
done
grep -q 'Ctrl-C closes the gate' "$out" || fail 'npm start did not open the gate within two minutes'
address=$(sed -n 's/^Sluice is open at \(http[^ ]*\).*/\1/p' "$out")

count=0
while IFS= read -r command; do
  echo "\$ $command"
  answer=$(bash -c "$command")
  printf '%s\n' "$answer"
  case "$answer" in *M0001* | *'"rows":[['*) count=$((count + 1)) ;; esac
done < <(grep -E '^  (npx|curl) ' "$out")
[ "$count" -eq 3 ] || fail "only $count of 3 printed commands answered with rows"

# A second gate on the same port says so. (The development issuer's port is taken as well, and looked at first.)
second=$(npm start "$@" 2>&1) && fail 'a second gate opened on the same port'
grep -q 'port_taken: Port [0-9]* ' <<<"$second" || fail "a taken port is not named: $second"
grep '^port_taken' <<<"$second"

kill $demo
wait $demo || true
# Npm may be gone before the gate has said its last word.
for _ in $(seq 1 40); do
  grep -q 'the gate is closed' "$out" && break
  sleep 0.5
done
if curl -s -o /dev/null --max-time 1 "$address/health/live"; then fail 'the gate outlived npm start'; fi
grep -q 'the gate is closed' "$out" || fail 'the gate did not close in order'
echo 'the demo answers its three commands, and closes'
