#!/usr/bin/env bash
# Builds and packs, installs the package into an empty folder, and uses it there on a copy of the example: compiled
# code, its worker and its engine process, without the sources beside it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm run --silent build
package=$(npm pack --silent --pack-destination "$work")
mkdir "$work/empty"
cd "$work/empty"
# Where Node is older than 24, the `node` package brings the right one; bin/sluice.js finds it. Its install script puts
# the binary into place, which newer npm runs only where it is named.
node=$(node -p "JSON.parse(require('node:fs').readFileSync('$root/package.json', 'utf8')).devDependencies.node")
cat >package.json <<JSON
{ "private": true, "dependencies": { "sluice": "file:../$package", "node": "$node" }, "allowScripts": { "node": true } }
JSON
npm install --loglevel=error --no-audit --no-fund
[ ! -e node_modules/sluice/src ] || { echo 'the package holds the sources: nothing compiled would be tried'; exit 1; }

npx --no-install sluice --version

# A dbt project as someone would have it: the example without what belongs to Sluice.
example="$root/examples/energy-community"
"$root/node_modules/.bin/node" "$example/build-warehouse.ts" >/dev/null
mkdir project
cp -r "$example/dbt_project.yml" "$example/profiles.yml" "$example/models" "$example/data" project/
mkdir project/target
cp "$example/target/manifest.json" "$example/target/catalog.json" project/target/

npx --no-install sluice init project
cd project
npx --no-install sluice push
npx --no-install sluice test
answer=$(npx --no-install sluice query 'SELECT name, email FROM gold.members ORDER BY member_id LIMIT 1' --as officer --format csv)
printf '%s\n' "$answer"
grep -q "Carla O'Watt,carla.owatt.1@example.org" <<<"$answer"
npx --no-install sluice query 'SELECT email FROM gold.members ORDER BY member_id LIMIT 1' --as analyst --format csv | grep -Eq '^[0-9a-f]{64}'
npx --no-install sluice audit verify
echo 'the package works from an empty folder'
