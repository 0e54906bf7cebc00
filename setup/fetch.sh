# shellcheck shell=bash
# Programs of others that tests and benchmarks use: fetched once and kept in the cache of this user. Sourced.
# shellcheck disable=SC2034 # A variable for the file that sources this one.

# fetch_once DIRECTORY NAMES READER COMMAND [ARGUMENT]...: runs COMMAND WORK ARGUMENT... with a new directory WORK, and moves WORK/bin to
# DIRECTORY, so that an interrupted download leaves nothing there. On failure sets fetch_reason.
fetch_once() {
    local base=${1%/*} log work status=0
    fetch_reason=''
    mkdir -p -- "$base"
    log=$base/fetch.log
    work=$(mktemp -d "$base/work-XXXXXX")
    with_progress "Fetching $2" "$log" "$3" "$4" "$work" "${@:5}" || status=$?
    case $status in
        0) rm -rf -- "$1" && mv -- "$work/bin" "$1" ;;
        124) fetch_reason="$2: not fetched in time; log: $log" ;;
        *) fetch_reason="$2 could not be fetched ($(grep -v '^go: downloading' "$log" | grep ' ' | tail -n 1)); log: $log" ;;
    esac
    # Removes intermediate files, which can be ten times as large as the programs.
    rm -rf -- "$work"
    return "$status"
}
