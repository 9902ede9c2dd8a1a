#!/usr/bin/env bash
# check.sh find_package|add_subdirectory PROJECT BUILD MPIRUN...: builds the program of outside/ that way and runs it.
set -euo pipefail
way=$1 project=$2 build=$3
mpirun=(timeout 60 "${@:4}")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [[ $way == find_package ]]; then
    cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
    how=(-DCMAKE_PREFIX_PATH="$scratch/prefix")
    # What goes on inside is not installed.
    [[ -f $scratch/prefix/include/rankpool/batch/job.hpp && ! -e $scratch/prefix/include/rankpool/transport ]]
else
    how=(-DRANKPOOL_FOLDER="$project")
fi
cmake -S "$project/tests/install/outside" -B "$scratch/build" "${how[@]}"
cmake --build "$scratch/build"

# Every rank works, and the answer is right.
[[ $("${mpirun[@]}" "$scratch/build/squares" | tee /dev/stderr) == "338350 by 2 ranks" ]]

# A program with a job of its own has the whole command line.
cd "$scratch"
[[ $("${mpirun[@]}" build/cubes run cubes --count 100 --run-dir run) == "25502500 is the sum of 100 cubes" ]]
[[ $(build/cubes export run --format csv | tail -n 1) == "99,100,1000000" ]]
build/cubes status run | grep "100 ok, 0 failed, 0 lost of 100"
build/cubes list | grep "^cubes .*The cubes of 1, 2"

if [[ $way == find_package && -x $scratch/prefix/bin/rankpool ]]; then
    # The installed program finds its data, and its functions of Python.
    serve='from rankpool_worker import serve; serve(lambda value: value)'
    "$scratch/prefix/bin/rankpool" exec --progress none --persistent -- python3 -c "$serve" ::: "works" | grep '^"works"$'
    "${mpirun[@]}" "$scratch/prefix/bin/rankpool" run align --progress none | grep "of 990 pairs"
fi
