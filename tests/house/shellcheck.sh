#!/usr/bin/env bash
# Every shell script of the project, known by its first line, passes shellcheck: $1 SHELLCHECK, $2 PROJECT.
set -euo pipefail
cd "$2"
# -x follows `source`, so that scripts/lib.sh is looked at too.
grep --recursive --files-with-matches --binary-files=without-match --max-count=1 --extended-regexp \
    '^#!.*\b(ba|da)?sh\b' .ci scripts tests cluster | LC_ALL=C sort | xargs "$1" -x --source-path=SCRIPTDIR
