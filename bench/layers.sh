#!/usr/bin/env bash
# Measures the cost of the security layers for a program in a warm machine. A client in Java asks daemons with and without layer
# 5, and the daemon of CHECKOUT if given, in turn, and measures the time outside the guest. If layer 5 is available, the kernel
# also reports the time of its programs. Runs as root; in the lab:
#
#   ./neurovisor lab run --memory 4096 -- bench/layers.sh
#
#   bench/layers.sh [ROUNDS [CHECKOUT]]
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=setup/console.sh
source "$root/setup/console.sh"
# shellcheck source=setup/jdk.sh
source "$root/setup/jdk.sh"
find_jdk || die_without_jdk
readonly rounds=${1:-15} other=${2-}
work=$(mktemp -d)
names=() daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null; wait; rm -rf -- "$work"' EXIT

# start NAME CHECKOUT FLAG...
start() {
    "$2/neurovisor" serve "${@:3}" --warm=1 --max=2 --size=small --port=0 --metrics-port=0 --http-port=off \
        --log-format=text --acquire-timeout=10m --socket="$work/$1.sock" 2>"$work/$1.log" &
    names+=("$1") daemons+=("$!")
}

# Prints the name and the ports of a daemon, as soon as it has logged them.
address() {
    local ports
    for ((;;)); do
        mapfile -t ports < <(grep -oE 'on 127\.0\.0\.1:[0-9]+' "$work/$1.log" | grep -oE '[0-9]+$')
        ((${#ports[@]} < 2)) || break
        kill -0 "${daemons[@]}" || { cat -- "$work"/*.log >&2 && exit 1; }
        read -r -t 0.2 <> <(:) || true
    done
    printf '%s=%s,%s\n' "$1" "${ports[@]:0:2}"
}

# Prints the runs and the nanoseconds of layer 5's programs, as counted by the kernel (sysctl kernel.bpf_stats_enabled).
taken() {
    local spawner
    spawner=$(pgrep -P "$(pgrep -P "${daemons[-1]}" java || printf '%s' "${daemons[-1]}")" neurovisor-spaw)
    awk '/^run_cnt:/ { runs += $2 } /^run_time_ns:/ { ns += $2 } END { printf "%d %d\n", runs, ns }' "/proc/$spawner/fdinfo"/*
}

[[ -z $other ]] || start before "$other"
start off "$root" --ebpf=off
watched=
if [[ -e /sys/kernel/security/lsm && ,$(</sys/kernel/security/lsm), == *,bpf,* ]]; then
    watched=true
    sysctl -q kernel.bpf_stats_enabled=1
    start on "$root" --ebpf=on
fi
addresses=()
for name in "${names[@]}"; do addresses+=("$(address "$name")"); done
[[ -z $watched ]] || read -r runs ns < <(taken)
jars=("$root"/java/cli/target/app/lib/*.jar)
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "$(IFS=: && printf '%s' "${jars[*]}")" \
    "$root/bench/WarmCalls.java" "$rounds" "${addresses[@]}"
if [[ -n $watched ]]; then
    read -r runs_after ns_after < <(taken)
    # Includes the rehearsals, and the machines that were started during the calls.
    awk -v runs=$((runs_after - runs)) -v ns=$((ns_after - ns)) -v calls=$((rounds + 3)) \
        'BEGIN { printf "eBPF programs: %.0f runs and %.3f ms for a call and the start of its machine\n", runs / calls, ns / calls / 1e6 }'
fi
