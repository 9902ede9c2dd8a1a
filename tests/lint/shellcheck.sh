#!/usr/bin/env bash
# Every shell script of the project, known by its first line, passes shellcheck: $1 SHELLCHECK, $2 PROJECT.
set -euo pipefail
cd "$2"
# -x follows `source`, so that scripts/lib.sh is looked at too.
find .ci scripts tests cluster -type f -exec awk 'FNR == 1 && /^#!.*sh$/ { print FILENAME }' {} + |
    LC_ALL=C sort | xargs "$1" -x --source-path=SCRIPTDIR
