# shellcheck shell=bash
# The public suite of the Connect protocol, for the test of ConnectApi. Sourced, after setup/clients.sh.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# The version with the lowest requirement that the module proxies offer: Go 1.24. Later ones need Go 1.26.
readonly conformance_module=connectrpc.com/conformance conformance_version=v1.0.5

# fetch_conformance: puts the runner of the suite and the descriptors of its messages into conformance_directory; on failure sets conformance_reason.
fetch_conformance() {
    conformance_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/conformance/$conformance_version conformance_reason=''
    [[ ! -x $conformance_directory/connectconformance || ! -s $conformance_directory/messages.binpb ]] || return 0
    [[ -n ${NEUROVISOR_TEST_CLIENTS-} ]] || { conformance_reason='buf is missing, which compiles its messages' && return 1; }
    fetch_once "$conformance_directory" 'the suite of the Connect protocol' read_go_line build_conformance ||
        { conformance_reason=$fetch_reason && return 1; }
}

# Its files are compiled where Go has unpacked them, and none is kept.
build_conformance() {
    printf 'client: connectconformance %s\n' "$conformance_version"
    build_with_go "$1" install "$conformance_module/cmd/connectconformance@$conformance_version" || return
    BUF_CACHE_DIR=$1/buf timeout "$clients_seconds" "$NEUROVISOR_TEST_CLIENTS/buf" build \
        "$1/modules/$conformance_module@$conformance_version" -o "$1/bin/messages.binpb"
}
