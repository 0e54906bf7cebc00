# shellcheck shell=bash
# Tells the person at the terminal what is happening, on stderr only. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables shared with the files that source this one.

say() { printf '%s\n' "$@" >&2; }

# Ends with the exit code that means "NeuroVisor failed", as opposed to the user's program.
die() {
    if on_terminal; then printf '\e[31mneurovisor:\e[0m %s\n' "$1" >&2; else printf 'neurovisor: %s\n' "$1" >&2; fi
    (($# == 1)) || say "${@:2}"
    exit 125
}

on_terminal() { [[ -t 2 && ${TERM-dumb} != dumb && -z ${NO_COLOR-} ]]; }

# with_progress TITLE LOG READER COMMAND...
# Runs COMMAND with its output in LOG. READER gets each line of it and sets progress_step (what is done now; without a
# terminal each new one is a line), progress_detail and progress_percent. Ctrl-C ends COMMAND with all its children, or,
# when progress_stop is "gently", asks it to end and waits.
with_progress() {
    local title=$1 log=$2 reader=$3 began=$SECONDS status=0 line='' part='' shown='' alive=true reading
    shift 3
    progress_step='' progress_detail='' progress_percent=''
    : >"$log"
    exec {reading}<"$log"
    on_terminal || say "$title (log: $log)"
    set -m # A process group of its own, so that all of it can be ended together.
    "$@" >>"$log" 2>&1 </dev/null &
    progress_pid=$!
    set +m
    trap 'progress_interrupted INT' INT
    trap 'progress_interrupted TERM' TERM
    trap 'progress_interrupted HUP' HUP
    while $alive; do
        kill -0 "$progress_pid" 2>/dev/null || alive=false
        while IFS= read -r -u "$reading" part; do
            "$reader" "$line$part" || true
            line=''
        done
        line+=$part
        if on_terminal; then
            draw_progress "$title" $((SECONDS - began))
        elif [[ $progress_step != "$shown" ]]; then
            shown=$progress_step
            say "  $((SECONDS - began)) s: $shown"
        fi
        ! $alive || sleep 0.2
    done
    wait "$progress_pid" || status=$?
    trap - INT TERM HUP
    exec {reading}<&-
    if on_terminal; then printf '\r\e[K' >&2; fi
    if ((status == 0)); then say "$title: done in $((SECONDS - began)) s"; fi
    return "$status"
}

progress_interrupted() {
    trap '' INT TERM HUP
    if [[ ${progress_stop-} == gently ]]; then
        say '' 'Stopping as soon as that is safe ...'
        kill -INT "$progress_pid" 2>/dev/null || true
    else
        kill -TERM -- "-$progress_pid" 2>/dev/null || true
    fi
    wait "$progress_pid" 2>/dev/null || true
    say '' 'Stopped. The next start goes on from here.'
    trap - INT TERM HUP
    kill -s "$1" $$
}

draw_progress() {
    local bar='' text filled
    if [[ -n $progress_percent ]]; then
        filled=$((progress_percent / 5))
        printf -v bar '%*s' "$filled" ''
        bar=${bar// /#}
        printf -v bar '[%-20s] ' "$bar"
    fi
    text="$1 $bar$2 s  $progress_step${progress_detail:+ · $progress_detail}"
    printf '\r\e[K%s' "${text:0:${COLUMNS:-80}-1}" >&2
}

# Prints the end of LOG and, where the cause is a known one, its fix.
explain_failure() {
    local log=$1
    say "The end of $log:"
    {
        grep -E -A 4 '^(\[ERROR\]|[EW]:|error)' "$log" |
            grep -vE '^--$|^(dl|pm)status:|^\[ERROR\] *$|^[a-z.]+Exception|^ +at |\[Help [0-9]\] http|Re-run Maven|To see the full stack|For more information|After correcting|mvn <args>' ||
            grep -vE '^(dl|pm)status:' "$log"
    } | tail -n 15 | sed 's/^/  /' >&2 || true
    if grep -qiE 'no space left on device|enough free space|disk quota exceeded' "$log"; then
        say 'The disk is full:'
        df -h "$root" "${HOME:-/}" "${TMPDIR:-/tmp}" /var 2>/dev/null | awk '!seen[$0]++' | sed 's/^/  /' >&2 || true
        say 'Make room and start again. CARGO_HOME moves the Rust libraries, MAVEN_ARGS=-Dmaven.repo.local=DIR the Java' \
            'ones, TMPDIR the temporary files and --data-dir (or NEUROVISOR_DATA_DIR) the images elsewhere.'
    elif grep -qE 'PKIX path building failed|certificate verify failed|self.signed certificate|SSL certificate problem' "$log"; then
        say 'A server showed a certificate that this machine does not trust, as some proxies do. Add their certificate' \
            'to /usr/local/share/ca-certificates, run update-ca-certificates, and start again.'
    elif grep -qiE 'could not resolve host|unknown host|UnknownHostException|temporary failure (in name resolution|resolving)|connection refused|connection timed out|network is unreachable|no route to host|failed to fetch|could not transfer|failed to download|spurious network error|407 proxy' "$log"; then
        say 'The network, or what lies between, did not answer. Only the first start needs it. Check the connection;' \
            'behind a proxy set http_proxy, https_proxy and no_proxy; mirrors are taken from the settings of apt,' \
            'Maven (~/.m2/settings.xml) and Cargo (~/.cargo/config.toml). Then start again: it goes on from here.'
    fi
}

# require_space DIR MEGABYTES WHAT: ends when the disk that holds DIR (or will) has less room.
require_space() {
    local directory=$1 free
    while [[ ! -d $directory ]]; do directory=$(dirname -- "$directory"); done
    free=$(df -Pm -- "$directory" | awk 'NR == 2 { print $4 }')
    ((free >= $2)) || die "$3 needs about $2 MB, and the disk of $directory has $free MB free." "${@:4}"
}
