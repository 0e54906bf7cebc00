# shellcheck shell=bash
# Real clients of other makers, for the tests of the service. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# Versions that the Go of Debian 12's backports (1.23) builds. NAME MODULE VERSION PACKAGE.
readonly clients='
grpcurl github.com/fullstorydev/grpcurl v1.9.3  cmd/grpcurl
ghz     github.com/bojand/ghz           v0.93.0 cmd/ghz
buf     github.com/bufbuild/buf         v1.50.0 cmd/buf
'
readonly clients_seconds=900

# fetch_clients: true when all clients are in clients_directory; else clients_reason says why not.
fetch_clients() {
    local name module version package base versions='' work log status=0
    base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/clients clients_reason=''
    while read -r name module version package; do
        [[ -z $name ]] || versions+=${versions:+_}$name-$version
    done <<<"$clients"
    clients_directory=$base/$versions
    ! clients_are_there || return 0
    has_go || { clients_reason="Go $go_minimum or newer is missing" && return 1; }
    mkdir -p -- "$base"
    log=$base/fetch.log
    # What was downloaded and compiled on the way is ten times as large as the programs, and goes.
    work=$(mktemp -d "$base/work-XXXXXX")
    with_progress 'Fetching grpcurl, ghz and buf' "$log" read_go_line build_clients "$work" || status=$?
    if ((status == 0)); then
        rm -rf -- "$clients_directory"
        mv -- "$work/bin" "$clients_directory"
    else
        clients_reason="grpcurl, ghz or buf could not be built ($(grep -v '^go: downloading' "$log" | tail -n 1)); log: $log"
        ((status != 124)) || clients_reason="they were not built within $clients_seconds s; log: $log"
    fi
    rm -rf -- "$work"
    return "$status"
}

clients_are_there() {
    local name rest
    while read -r name rest; do
        [[ -z $name || -x $clients_directory/$name ]] || return 1
    done <<<"$clients"
}

# The machine's own proxy and flags for Go hold. A read-only module cache could not be removed.
build_clients() {
    local name module version package
    while read -r name module version package; do
        [[ -n $name ]] || continue
        printf 'client: %s %s\n' "$name" "$version"
        GOBIN=$1/bin GOPATH=$1/path GOMODCACHE=$1/modules GOCACHE=$1/cache CGO_ENABLED=0 \
            GOFLAGS="${GOFLAGS-$(go env GOFLAGS)} -modcacherw -trimpath" timeout "$clients_seconds" \
            go install -ldflags='-s -w' "$module/$package@$version" || return
    done <<<"$clients"
}

read_go_line() {
    case $1 in
        'client: '*) progress_step=${1#client: } progress_detail='' ;;
        'go: downloading '*) progress_detail=${1#go: } ;;
    esac
}
