# shellcheck shell=bash
# Python packages for the tests of the guest's drivers, which are skipped without them. Sourced.

ipython_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/ipython
jupyter_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/jupyter

# fetch_ipython ROOT: makes the packages of setup/ipython.txt available in ipython_directory.
fetch_ipython() { fetch_python_packages "$1/setup/ipython.txt" "$ipython_directory"; }

# fetch_jupyter ROOT: makes those of setup/jupyter.txt, which need the others, available in jupyter_directory.
fetch_jupyter() { fetch_python_packages "$1/setup/jupyter.txt" "$jupyter_directory"; }

# fetch_python_packages REQUIREMENTS DIRECTORY
fetch_python_packages() {
    local lock work digest
    digest=$(sha256sum <"$1") || return
    mkdir -p -- "$2" || return
    # Locked, because two concurrent runs would install into the same directory.
    exec {lock}>"$2/fetch.lock"
    flock "$lock"
    if [[ $(cat -- "$2/made" 2>/dev/null) != "$digest" ]]; then
        rm -rf -- "$2"/{packages,work-??????}
        work=$(mktemp -d "$2/work-XXXXXX") &&
            timeout 300 python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: --require-hashes \
                --target "$work" --requirement "$1" >&2 &&
            mv -- "$work" "$2/packages" && echo "$digest" >"$2/made" || {
            exec {lock}>&-
            return 1
        }
    fi
    exec {lock}>&-
}
