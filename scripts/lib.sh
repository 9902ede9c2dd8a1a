# shellcheck shell=bash
# What the scripts share; sourced by them.

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive

# What building, testing and running take, as Debian 12 calls it.
# shellcheck disable=SC2034  # used by the scripts
packages=(
    g++ cmake ninja-build openmpi-bin libopenmpi-dev libboost-mpi-dev libboost-serialization-dev libboost-dev
    libfmt-dev libcli11-dev librandom123-dev libparasail-dev libpng-dev libxxhash-dev
    libsqlite3-dev libsqlitecpp-dev nlohmann-json3-dev libtomlplusplus-dev libcsv-dev zlib1g-dev libgtest-dev
    libgmock-dev python3 shellcheck clang-format black pyflakes3 faketime strace
)
# What the test cluster takes.
# shellcheck disable=SC2034
cluster_packages=(slurm-wlm munge iproute2)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# need_packages PACKAGE...: installs what is missing, or prints the line to type.
need_packages() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "Not a Debian system: taking for granted that there is $*"
        return
    fi
    for package in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    ((${#missing[@]} == 0)) && return

    local root=()
    if ((EUID != 0)); then
        if ! sudo --non-interactive true 2>/dev/null; then
            die "Some packages are missing. Please type:" \
                "sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
        fi
        root=(sudo --non-interactive env DEBIAN_FRONTEND=noninteractive)
    fi
    say "Installing ${missing[*]}"
    mkdir -p "$project/build"
    logged "$project/build/install.log" "${root[@]}" apt-get update
    logged "$project/build/install.log" "${root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"
}

# logged FILE COMMAND...: runs the command with its output in a file, which is shown if it fails.
logged() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null && return
    cat "$log" >&2
    die "failed: $*"
}

# build PRESET [TARGET]: configures, and builds everything or one target, in build/PRESET.
build() {
    local note="log: build/$1.log"
    [[ -d $project/build/$1 ]] || note="this once it takes minutes; $note"
    say "Building $1 ($note)"
    mkdir -p "$project/build"
    (
        cd "$project"
        logged "build/$1.configure.log" cmake --preset "$1"
        logged "build/$1.log" cmake --build --preset "$1" --target "${2:-all}"
    )
}

# Open MPI refuses root without these.
if ((EUID == 0)); then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
