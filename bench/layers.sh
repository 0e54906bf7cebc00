#!/usr/bin/env bash
# What layer 5 costs a program on the warm path: two daemons at once, whose machines the kernel watches and does not watch, asked in
# turn. As root, where the kernel takes LSM programs (the lab does: ./neurovisor lab run --memory 4096 -- bench/layers.sh).
#
#   bench/layers.sh [ROUNDS]
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."
readonly rounds=${1:-15} modes=(off on)
work=$(mktemp -d)
daemons=()
trap 'kill "${daemons[@]}" 2>/dev/null; wait; rm -rf -- "$work"' EXIT

for mode in "${modes[@]}"; do
    ./neurovisor serve --ebpf="$mode" --warm=1 --max=2 --size=small --port=0 --metrics-port=0 --log-format=text \
        --socket="$work/$mode.sock" 2>"$work/$mode.log" &
    daemons+=("$!")
done

# ask MODE: prints acquire and run in ms. Machines of both are awaited first, so that each finds one that is warm. An emulated host
# may take longer to answer than a client waits; that one is not counted.
ask() {
    { ./neurovisor run --daemon=on --socket="$work/$1.sock" --json --language python -c 'print(6*7)' || true; } |
        sed -nE 's/.*"timings_ms":\{"acquire":([0-9.]+),"run":([0-9.]+).*/\1 \2/p'
}

await_warm() {
    local port
    for ((;;)); do
        port=$(sed -nE 's/.* on 127\.0\.0\.1:([0-9]+).*/\1/p' "$work/$1.log" | tail -n 1)
        if [[ -n $port && $(curl -s "http://127.0.0.1:$port/metrics" | sed -n 's/^neurovisor_pool_warm_vms //p') == 1* ]]; then return; fi
        kill -0 "${daemons[@]}" || { cat -- "$work"/*.log >&2 && exit 1; }
        read -r -t 0.2 <> <(:) || true
    done
}

for mode in "${modes[@]}"; do await_warm "$mode"; done
for ((round = 0; round < rounds; round++)); do
    for mode in "${modes[@]}"; do
        for other in "${modes[@]}"; do await_warm "$other"; done
        ask "$mode" >>"$work/$mode.ms"
    done
done
for mode in "${modes[@]}"; do
    for column in 1 2; do
        sort -n -k "$column,$column" "$work/$mode.ms" | awk -v c="$column" -v m="$mode" '{v[NR] = $c}
            END {printf "ebpf %-3s %-7s p50 %9.1f ms, from %.1f to %.1f (n = %d)\n", m, c == 1 ? "acquire" : "run", v[int((NR + 1) / 2)], v[1], v[NR], NR}'
    done
done
