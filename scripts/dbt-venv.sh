#!/usr/bin/env bash
# Prints the path of a dbt that has what the example needs, in a virtual environment of its own, made at first use.
# Exit code 3, and the reason on standard error, where that cannot be: there is no Python, or no packages to be had.
set -euo pipefail
cd "$(dirname "$0")/../examples/energy-community"

python=${PYTHON:-python3}
if [ ! -x .venv/bin/dbt ] || ! cmp -s requirements.txt .venv/installed.txt; then
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    { echo "there is no Python 3.10 or newer ($python)" >&2; exit 3; }
  { "$python" -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt; } >&2 ||
    { echo 'dbt cannot be installed' >&2; exit 3; }
  cp requirements.txt .venv/installed.txt
fi
echo "$PWD/.venv/bin/dbt"
