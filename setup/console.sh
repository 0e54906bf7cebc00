# shellcheck shell=bash
# Reports progress to the terminal, on stderr only. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables shared with the files that source this one.

say() { printf '%s\n' "$@" >&2; }

quiet=''

# note LINE...: prints lines that are not part of an error, unless quiet is set.
note() { [[ -n $quiet ]] || say "$@"; }

# set_quiet ARGUMENT...: sets quiet if the command line or the environment asks for errors only, as Java reads them.
set_quiet() {
    local level=${NEUROVISOR_LOG-} previous='' argument
    for argument in "$@"; do
        [[ $argument != -- ]] || break
        [[ $previous != --log-level ]] || level=$argument
        case $argument in
            -q | --quiet) quiet=true ;;
            --log-level=*) level=${argument#*=} ;;
        esac
        previous=$argument
    done
    [[ $level != error ]] || quiet=true
}

# Exits with the code for a failure of NeuroVisor, as opposed to one of the user's program.
die() {
    if on_terminal; then printf '\e[31mneurovisor:\e[0m %s\n' "$1" >&2; else printf 'neurovisor: %s\n' "$1" >&2; fi
    (($# == 1)) || say "${@:2}"
    exit 125
}

on_terminal() { [[ -t 2 && ${TERM-dumb} != dumb && -z ${NO_COLOR-} ]]; }

# with_progress TITLE LOG READER COMMAND...: a single step.
with_progress() {
    forget_steps
    add_step only '' "$@"
    run_steps
}

forget_steps() {
    step_names=() failed_step=''
    declare -gA step_after=() step_title=() step_log=() step_reader=() step_command=() step_state=() step_pid=() step_input=() \
        step_began=() step_line=() step_text=() step_detail=() step_percent=() step_shown=() step_printed=()
}

# add_step NAME AFTER TITLE LOG READER COMMAND...
# Adds a step to run_steps, which begins when the steps in AFTER are done. It runs COMMAND with its output in LOG. READER
# receives each line and sets progress_step (the current item and the total; without a terminal each new one is printed as a
# line, and the current one every 30 s), progress_detail and progress_percent.
add_step() {
    local name=$1
    step_names+=("$name")
    step_after[$name]=$2 step_title[$name]=$3 step_log[$name]=$4 step_reader[$name]=$5
    printf -v "step_command[$name]" '%q ' "${@:6}"
    step_state[$name]=waiting step_line[$name]='' step_text[$name]='' step_detail[$name]='' step_percent[$name]='' step_shown[$name]=''
    : >"$4"
}

# Runs all added steps, in parallel where possible. A failed step ends the others and is stored in failed_step. Ctrl-C ends
# all steps with their children, or, if progress_stop is "gently", asks them to end and waits.
run_steps() {
    local name status=0 outer_traps
    progress_lines=0
    outer_traps=$(trap -p INT TERM HUP)
    trap 'progress_interrupted INT' INT
    trap 'progress_interrupted TERM' TERM
    trap 'progress_interrupted HUP' HUP
    begin_steps
    while ((status == 0)) && [[ " ${step_state[*]} " == *' running '* ]]; do
        for name in "${step_names[@]}"; do
            [[ ${step_state[$name]} != running ]] || follow_step "$name" || status=$?
        done
        ((status == 0)) || break
        begin_steps
        [[ -n $quiet ]] || ! on_terminal || draw_progress
        sleep 0.2
    done
    clear_progress
    ((status == 0)) || stop_steps TERM
    # Restores the trap of the caller, if any.
    trap - INT TERM HUP
    eval "$outer_traps"
    return "$status"
}

begin_steps() {
    local name other ready input
    for name in "${step_names[@]}"; do
        ready=${step_state[$name]}
        for other in ${step_after[$name]}; do [[ ${step_state[$other]} == passed ]] || ready=''; done
        [[ $ready == waiting ]] || continue
        clear_progress
        on_terminal || note "${step_title[$name]} (log: ${step_log[$name]})"
        exec {input}<"${step_log[$name]}"
        set -m # A process group of its own, so that all of it can be ended together.
        eval "${step_command[$name]}" >>"${step_log[$name]}" 2>&1 </dev/null &
        step_pid[$name]=$! step_input[$name]=$input step_began[$name]=$SECONDS step_printed[$name]=$SECONDS step_state[$name]=running
        set +m
    done
}

# follow_step NAME: reads the new output of a step; returns its exit code once it has ended.
follow_step() {
    local name=$1 alive=true part='' status=0 input=${step_input[$1]}
    kill -0 "${step_pid[$name]}" 2>/dev/null || alive=false
    progress_step=${step_text[$name]} progress_detail=${step_detail[$name]} progress_percent=${step_percent[$name]}
    while IFS= read -r -u "$input" part; do
        "${step_reader[$name]}" "${step_line[$name]}$part" || true
        step_line[$name]=''
    done
    step_line[$name]+=$part
    step_text[$name]=$progress_step step_detail[$name]=$progress_detail step_percent[$name]=$progress_percent
    if ! on_terminal && { [[ $progress_step != "${step_shown[$name]}" ]] || ((SECONDS - step_printed[$name] >= 30)); }; then
        part=$progress_step
        # An item that takes long is shown again with what it does.
        [[ $part != "${step_shown[$name]}" ]] || part+=${part:+${progress_detail:+ · }}$progress_detail
        [[ -n $part ]] || part=running
        step_shown[$name]=$progress_step step_printed[$name]=$SECONDS
        ((${#step_names[@]} == 1)) || part="${step_title[$name]}: $part"
        note "  $((SECONDS - step_began[$name])) s: $part"
    fi
    ! $alive || return 0
    exec {input}<&-
    wait "${step_pid[$name]}" || status=$?
    step_state[$name]=passed
    clear_progress
    if ((status == 0)); then
        note "${step_title[$name]}: done in $((SECONDS - step_began[$name])) s"
    else
        step_state[$name]=failed failed_step=$name
    fi
    return "$status"
}

# stop_steps SIGNAL: ends the running steps with all their children, and waits for them.
stop_steps() {
    local name
    for name in "${step_names[@]}"; do
        [[ ${step_state[$name]} == running ]] || continue
        kill -s "$1" -- "-${step_pid[$name]}" 2>/dev/null || true
        wait "${step_pid[$name]}" 2>/dev/null || true
        step_state[$name]=stopped
    done
}

progress_interrupted() {
    local name
    trap '' INT TERM HUP
    if [[ ${progress_stop-} == gently ]]; then
        note '' 'Stopping as soon as that is safe ...'
        for name in "${step_names[@]}"; do
            [[ ${step_state[$name]} == running ]] || continue
            kill -INT "${step_pid[$name]}" 2>/dev/null || true
            wait "${step_pid[$name]}" 2>/dev/null || true
        done
    else
        stop_steps TERM
    fi
    note '' 'Stopped. The next start goes on from here.'
    trap - INT TERM HUP
    kill -s "$1" $$
}

# Draws a line for each running step.
draw_progress() {
    local name text bar filled percent all=''
    for name in "${step_names[@]}"; do
        [[ ${step_state[$name]} == running ]] || continue
        bar='' percent=${step_percent[$name]}
        if [[ -n $percent ]]; then
            filled=$((percent / 5))
            printf -v bar '%*s' "$filled" ''
            bar=${bar// /#}
            printf -v bar '[%-20s] ' "$bar"
        fi
        text="${step_title[$name]} $bar$((SECONDS - step_began[$name])) s  ${step_text[$name]}${step_detail[$name]:+ · ${step_detail[$name]}}"
        all+=$'\e[K'"${text:0:${COLUMNS:-80}-1}"$'\n'
    done
    clear_progress
    printf '%s' "$all" >&2
    all=${all//[!$'\n']/}
    progress_lines=${#all}
}

clear_progress() {
    ((progress_lines == 0)) || printf '\e[%dA\e[J' "$progress_lines" >&2
    progress_lines=0
}

# Prints the end of LOG and, for a known cause, its fix.
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

# require_space DIR MEGABYTES WHAT: exits if the file system of DIR, which need not exist, has less space.
require_space() {
    local directory=$1 free
    while [[ ! -d $directory ]]; do directory=$(dirname -- "$directory"); done
    free=$(df -Pm -- "$directory" | awk 'NR == 2 { print $4 }')
    ((free >= $2)) || die "$3 needs about $2 MB, and the disk of $directory has $free MB free." "${@:4}"
}
