#!/bin/sh
# SPDX-License-Identifier: MIT
# check.sh COMPILER FLAGS... FILE: succeeds if compiling FILE fails with the words of its first line,
# `// expect: WORDS`, in what the compiler says. `// expect: compiles` is for a file that must compile.
set -u

for file in "$@"; do :; done
expected=$(sed -n '1s|^// expect: ||p' "$file")
if [ -z "$expected" ]; then
    echo "$file: the first line is no '// expect: ...'" >&2
    exit 1
fi

if output=$(LC_ALL=C "$@" -fsyntax-only 2>&1); then
    [ "$expected" = compiles ] && exit 0
    echo "$file: compiles, but should not: $expected" >&2
    exit 1
fi
# Only in an error: compilers also quote the source line that holds the words.
if printf '%s\n' "$output" | grep 'error:' | grep -qF -- "$expected"; then
    exit 0
fi
printf '%s\n%s\n' "$file: should say: $expected" "$output" >&2
exit 1
