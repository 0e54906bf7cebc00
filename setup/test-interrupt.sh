#!/usr/bin/env bash
# test-interrupt.sh WHEN COMMAND...: runs the command as a terminal would, in a separate session and process group, presses Ctrl-C
# (SIGINT to that group), and fails unless all processes of the command end within two minutes. WHEN is a number of seconds, or an
# extended regular expression: Ctrl-C is sent when the command line of one of these processes matches it.
#
# The processes are found by ancestry, because the empty environment of a VMM cannot carry a mark. This script is the subreaper of its
# descendants (PR_SET_CHILD_SUBREAPER), so that orphans remain descendants.
set -uo pipefail
readonly begin_seconds=3600 end_seconds=120 log=${TMPDIR:-/tmp}/neurovisor-interrupt-$$.log

# find_descendants: sets descendants to the living descendants of this process.
find_descendants() {
    local stat line pid
    local -A parents=()
    descendants=()
    for stat in /proc/[0-9]*/stat; do
        { read -r line <"$stat"; } 2>/dev/null || continue
        # State and parent follow the name, which may contain parentheses.
        [[ ${line##*) } =~ ^([A-Z])\ ([0-9]+) && ${BASH_REMATCH[1]} != Z ]] || continue
        parents[${line%% *}]=${BASH_REMATCH[2]}
    done
    for pid in "${!parents[@]}"; do
        ! is_below "$pid" || descendants+=("$pid")
    done
}

# is_below PID: whether the process is a descendant, by the map of parents of the caller.
is_below() {
    local pid=${parents[$1]}
    while ((pid > 1 && pid != $$)); do pid=${parents[$pid]-0}; done
    ((pid == $$))
}

# command_line PID: sets words; empty for an ended process.
command_line() {
    words=()
    { mapfile -d '' -t words <"/proc/$1/cmdline"; } 2>/dev/null || true
}

is_time() {
    local pid
    if [[ $1 =~ ^[0-9]+$ ]]; then
        ((SECONDS >= $1))
        return
    fi
    for pid in "${descendants[@]}"; do
        command_line "$pid"
        [[ ! ${words[*]} =~ $1 ]] || return 0
    done
    return 1
}

fail() {
    printf 'interrupt: %s; what it said: %s\n' "$1" "$log" >&2
    find_descendants
    for pid in "${descendants[@]}"; do
        command_line "$pid"
        printf 'interrupt: left: %s %s\n' "$pid" "${words[*]:0:300}" | cut -c 1-300 >&2
    done
    tail -n 5 -- "$log" >&2
    exit 1
}

end_all() {
    find_descendants
    while ((${#descendants[@]})); do
        kill -KILL "${descendants[@]}" 2>/dev/null
        find_descendants
    done
}

if [[ ${1-} != --reaper ]]; then
    (($# >= 2)) || { echo "Usage: $0 SECONDS|PATTERN COMMAND..." >&2 && exit 2; }
    # PR_SET_CHILD_SUBREAPER, which survives execve.
    # shellcheck disable=SC2016 # Perl's own.
    exec perl -e 'syscall(157, 36, 1, 0, 0, 0) == 0 or die "prctl: $!\n"; exec @ARGV or die "$ARGV[0]: $!\n"' "$0" --reaper "$@"
fi
time=$2
shift 2
trap end_all EXIT
# Otherwise, a background command of a script ignores SIGINT.
env --default-signal=INT,QUIT setsid -- "$@" >"$log" 2>&1 </dev/null &
command=$!
find_descendants
until is_time "$time"; do
    ((SECONDS < begin_seconds)) || fail "no process matches $time within $begin_seconds s"
    kill -0 "$command" 2>/dev/null || fail "the command ended before the time for Ctrl-C had come"
    sleep 0.2
    find_descendants
done
count=${#descendants[@]}
kill -INT -- "-$command" || fail 'the command ended before Ctrl-C'
began=$SECONDS
find_descendants
while ((${#descendants[@]})); do
    ((SECONDS - began < end_seconds)) || fail "after $end_seconds s there are ${#descendants[@]} processes of $count"
    sleep 0.2
    find_descendants
done
wait "$command"
printf 'interrupt: all of %s processes ended within %s s, the command with %s\n' "$count" $((SECONDS - began)) "$?"
rm -f -- "$log"
