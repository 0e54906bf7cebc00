# shellcheck shell=bash
# E2B's public specification, and schemathesis, which makes requests of it, for their test. Sourced, after setup/clients.sh.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

readonly e2b_repository=https://github.com/e2b-dev/E2B e2b_commit=b8029973aa7da5f741f7bb1a9f833b38a0885438
specification_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/schemathesis

# fetch_specification: puts a checkout into e2b_checkout, and schemathesis into specification_directory; on failure sets specification_reason.
fetch_specification() {
    specification_reason=''
    # shellcheck source=setup/ipython.sh
    source "$root/setup/ipython.sh"
    fetch_e2b_checkout || return
    [[ -s $e2b_checkout/spec/openapi.yml ]] || { specification_reason="$e2b_checkout has no spec/openapi.yml" && return 1; }
    mkdir -p -- "$specification_directory"
    if ! fetch_python_packages "$root/setup/schemathesis.txt" "$specification_directory" 2>"$specification_directory/fetch.log"; then
        specification_reason="schemathesis could not be installed ($(tail -n 1 -- "$specification_directory/fetch.log"))"
        return 1
    fi
    printf '#!/bin/sh\nPYTHONPATH=%q exec python3 -c "from schemathesis.cli import schemathesis; schemathesis()" "$@"\n' \
        "$specification_directory/packages" >"$specification_directory/run.new"
    chmod +x -- "$specification_directory/run.new"
    mv -- "$specification_directory/run.new" "$specification_directory/schemathesis"
}

# fetch_e2b_checkout: sets e2b_checkout to the one that NEUROVISOR_TEST_E2B names, or else to one of the pinned commit.
fetch_e2b_checkout() {
    local base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/e2b-checkout
    e2b_checkout=${NEUROVISOR_TEST_E2B:-$base/$e2b_commit}
    [[ -z ${NEUROVISOR_TEST_E2B-} && ! -d $e2b_checkout ]] || return 0
    mkdir -p -- "$base"
    rm -rf -- "$base/new"
    if ! { git init --quiet "$base/new" && timeout 120 git -C "$base/new" fetch --quiet --depth 1 "$e2b_repository" "$e2b_commit" &&
        git -C "$base/new" checkout --quiet FETCH_HEAD; } 2>"$base/fetch.log"; then
        specification_reason="the repository of E2B could not be fetched ($(tail -n 1 -- "$base/fetch.log")); NEUROVISOR_TEST_E2B names a checkout"
        return 1
    fi
    mv -- "$base/new" "$e2b_checkout"
}
