#!/bin/bash
# The tests that need a whole product of somebody else's: each is fetched once into .tools/, started by its tests, and
# skipped with a word where it cannot be had. What is left in .tools/ is used again.
set -eu
cd "$(dirname "$0")/.."

keycloak_version=26.7.3

skip() { echo "skipped: $1"; }

# The newest JDK that is installed.
newest_jdk() {
  for home in ${JAVA_HOME:-} /usr/lib/jvm/*; do
    [ -x "$home/bin/java" ] || continue
    version=$("$home/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
    [ -n "$version" ] && echo "$version $home"
  done | sort -n | tail -1 | cut -d' ' -f2-
}

fetch_keycloak() {
  home=.tools/keycloak-$keycloak_version
  [ -x "$home/bin/kc.sh" ] && return 0
  command -v mvn > /dev/null || { skip 'Keycloak, since there is no Maven to fetch it with (apt-get install maven)'; return 1; }
  mkdir -p .tools/download
  if ! mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$keycloak_version:zip" -DoutputDirectory=.tools/download \
    -Dmdep.useBaseVersion=true > .tools/download/keycloak.log 2>&1; then
    skip "Keycloak, which Maven could not fetch: see .tools/download/keycloak.log"
    return 1
  fi
  (cd .tools && "$JAVA_HOME/bin/jar" xf "download/keycloak-quarkus-dist-$keycloak_version.zip")
  rm -rf .tools/download
  chmod +x "$home/bin/kc.sh"
}

JAVA_HOME=$(newest_jdk)
export JAVA_HOME
if [ -z "$JAVA_HOME" ]; then
  skip 'Keycloak, since there is no Java (apt-get install openjdk-17-jdk-headless)'
elif fetch_keycloak; then
  SLUICE_KEYCLOAK=$PWD/.tools/keycloak-$keycloak_version
  export SLUICE_KEYCLOAK
fi

# These run with `npm test` too, where there is an OPA.
if [ $# -eq 0 ]; then
  if OPA=$(scripts/get-opa.sh); then
    export OPA
    npx vitest run test/access/opa- test/access/decisions test/access/packages
  else
    skip 'OPA, which could not be fetched'
  fi
fi

exec npx vitest run --config vitest.engines.config.ts "$@"
