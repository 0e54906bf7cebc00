# shellcheck shell=bash
# Third-party clients, and checkers of the files in monitoring/, for the tests of the service. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# Versions that Go 1.23 of the Debian 12 backports builds. NAME MODULE VERSION PACKAGE; without a module for sources in this repository.
readonly clients='
grpcurl github.com/fullstorydev/grpcurl v1.9.3  cmd/grpcurl
ghz     github.com/bojand/ghz           v0.93.0 cmd/ghz
buf     github.com/bufbuild/buf         v1.50.0 cmd/buf
otelcol -                               v0.130.0 setup/collector
monitoring-check -                      v2.9.1   setup/monitoring-check
'
readonly clients_seconds=900

# shellcheck source=setup/fetch.sh
source "$root/setup/fetch.sh"

# fetch_clients: makes all clients available in clients_directory; on failure sets clients_reason.
fetch_clients() {
    local name module version package base versions=''
    base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/clients clients_reason=''
    while read -r name module version package; do
        [[ -z $name ]] || versions+=${versions:+_}$name-$version
    done <<<"$clients"
    clients_directory=$base/$versions
    ! clients_are_there || return 0
    has_go || { clients_reason="Go $go_minimum or newer is missing" && return 1; }
    fetch_once "$clients_directory" 'grpcurl, ghz, buf, a Collector and what reads Compose files' read_go_line build_clients ||
        { clients_reason=$fetch_reason && return 1; }
}

clients_are_there() {
    local name rest
    while read -r name rest; do
        [[ -z $name || -x $clients_directory/$name ]] || return 1
    done <<<"$clients"
}

# Uses the configured proxy and flags of Go. A read-only module cache could not be removed.
build_clients() {
    local name module version package
    while read -r name module version package; do
        [[ -n $name ]] || continue
        printf 'client: %s %s\n' "$name" "$version"
        if [[ $module == - ]]; then
            (cd "$root/$package" && build_with_go "$1" build -o "$1/bin/$name" .) || return
        else
            build_with_go "$1" install "$module/$package@$version" || return
        fi
    done <<<"$clients"
}

# build_with_go DIRECTORY build|install ARGUMENT...: writes only below the directory.
build_with_go() {
    GOBIN=$1/bin GOPATH=$1/path GOMODCACHE=$1/modules GOCACHE=$1/cache CGO_ENABLED=0 \
        GOFLAGS="${GOFLAGS-$(go env GOFLAGS)} -modcacherw -trimpath" timeout "$clients_seconds" \
        go "$2" -v -ldflags='-s -w' "${@:3}"
}

read_go_line() {
    case $1 in
        'client: '*) progress_step=${1#client: } progress_detail='' go_packages=0 ;;
        'go: downloading '*) progress_detail=${1#go: } ;;
        *' '*) ;;
        *) progress_detail="$((++go_packages)) packages compiled" ;; # Option -v names each.
    esac
}
