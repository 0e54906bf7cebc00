# shellcheck shell=bash
# The public suite of the Connect protocol, for the test of ConnectApi. Sourced, after setup/clients.sh.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# The version with the lowest requirement that the module proxies offer: Go 1.24. Later ones need Go 1.26.
readonly conformance_module=connectrpc.com/conformance conformance_version=v1.0.5

# fetch_conformance: puts the runner of the suite and the descriptors of its messages into conformance_directory; on failure sets conformance_reason.
fetch_conformance() {
    local base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/conformance log work status=0
    conformance_directory=$base/$conformance_version conformance_reason=''
    [[ ! -x $conformance_directory/connectconformance || ! -s $conformance_directory/messages.binpb ]] || return 0
    [[ -n ${NEUROVISOR_TEST_CLIENTS-} ]] || { conformance_reason='buf is missing, which compiles its messages' && return 1; }
    mkdir -p -- "$base"
    log=$base/fetch.log
    work=$(mktemp -d "$base/work-XXXXXX")
    with_progress 'Fetching the suite of the Connect protocol' "$log" read_go_line build_conformance "$work" || status=$?
    if ((status == 0)); then
        rm -rf -- "$conformance_directory"
        mv -- "$work/bin" "$conformance_directory"
    else
        conformance_reason="connectconformance could not be built ($(grep -v '^go: downloading' "$log" | grep ' ' | tail -n 1)); log: $log"
        ((status != 124)) || conformance_reason="it was not built within $clients_seconds s; log: $log"
    fi
    rm -rf -- "$work"
    return "$status"
}

# Its files are compiled where Go has unpacked them, and none is kept.
build_conformance() {
    printf 'client: connectconformance %s\n' "$conformance_version"
    build_with_go "$1" install "$conformance_module/cmd/connectconformance@$conformance_version" || return
    BUF_CACHE_DIR=$1/buf timeout "$clients_seconds" "$NEUROVISOR_TEST_CLIENTS/buf" build \
        "$1/modules/$conformance_module@$conformance_version" -o "$1/bin/messages.binpb"
}
