# shellcheck shell=bash
# IPython for the tests of the guest's Python driver, which are skipped without it. Sourced.

ipython_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/ipython

# fetch_ipython ROOT: makes the packages of setup/ipython.txt available in ipython_directory.
fetch_ipython() {
    local lock work digest
    digest=$(sha256sum <"$1/setup/ipython.txt") || return
    mkdir -p -- "$ipython_directory" || return
    # Locked, because two concurrent runs would install into the same directory.
    exec {lock}>"$ipython_directory/fetch.lock"
    flock "$lock"
    if [[ $(cat -- "$ipython_directory/made" 2>/dev/null) != "$digest" ]]; then
        rm -rf -- "$ipython_directory"/{packages,work-??????}
        work=$(mktemp -d "$ipython_directory/work-XXXXXX") &&
            timeout 300 python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: --require-hashes \
                --target "$work" --requirement "$1/setup/ipython.txt" >&2 &&
            mv -- "$work" "$ipython_directory/packages" && echo "$digest" >"$ipython_directory/made" || {
            exec {lock}>&-
            return 1
        }
    fi
    exec {lock}>&-
}
