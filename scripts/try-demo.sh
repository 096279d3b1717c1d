#!/usr/bin/env bash
# Starts the demo as a newcomer would, runs the commands that it prints, and checks that they answer.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp)
npm start >"$out" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null || true; wait $demo 2>/dev/null || true; rm -f "$out"' EXIT

for _ in $(seq 1 120); do
  grep -q 'Ctrl-C closes the gate' "$out" && break
  kill -0 $demo 2>/dev/null || { cat "$out"; exit 1; }
  sleep 1
done
grep -q 'Ctrl-C closes the gate' "$out" || { cat "$out"; exit 1; }

count=0
while IFS= read -r command; do
  echo "\$ $command"
  answer=$(bash -c "$command")
  printf '%s\n' "$answer"
  case "$answer" in *M0001* | *'"rows":[['*) count=$((count + 1)) ;; esac
done < <(grep -E '^  (npx|curl) ' "$out")

[ "$count" -eq 3 ] || { echo "only $count of 3 printed commands answered with rows"; exit 1; }
