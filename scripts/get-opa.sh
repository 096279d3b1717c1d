#!/bin/sh
# Puts OPA into .tools/ where this machine has none (OPA=…, on the path, in ~/go/bin), built by Go or as its makers publish it.
# Prints where it is. Tests and scripts that want OPA look there as well.
set -eu
cd "$(dirname "$0")/.."
version=1.22.2
for place in "${OPA:-}" "$(command -v opa || true)" "$HOME/go/bin/opa" .tools/opa; do
  if [ -n "$place" ] && [ -x "$place" ]; then
    echo "$place"
    exit 0
  fi
done
mkdir -p .tools
if command -v go > /dev/null && GOBIN="$PWD/.tools" go install "github.com/open-policy-agent/opa@v$version" >&2; then
  echo .tools/opa
  exit 0
fi
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) file=opa_linux_amd64_static ;;
  Linux-aarch64) file=opa_linux_arm64_static ;;
  Darwin-arm64) file=opa_darwin_arm64_static ;;
  Darwin-x86_64) file=opa_darwin_amd64 ;;
  *) echo "there is no OPA for this machine: $(uname -sm)" >&2; exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
from="https://openpolicyagent.org/downloads/v$version/$file"
if ! curl -fsSL -o "$work/$file" "$from" || ! curl -fsSL -o "$work/$file.sha256" "$from.sha256"; then
  echo "OPA cannot be fetched: neither go nor $from gives it" >&2
  exit 1
fi
(cd "$work" && sha256sum -c "$file.sha256" >&2)
chmod +x "$work/$file"
mv "$work/$file" .tools/opa
echo .tools/opa
