#!/usr/bin/env bash
# Compares the two guest kernels: the time until a machine answers, booted and cloned, the time of a program in it, the size of
# the kernel, and the free memory. Prints medians of N runs (default 9). The kernels take turns, because the speed of a shared
# machine changes by the minute. Needs the small kernel (./neurovisor kernel build).
#
#   bench/kernels.sh [N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-9}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# field NAME: prints a field of the report on standard input.
field() { sed -n "s/.*\"$1\" *: *\([0-9.]*\).*/\1/p"; }

run() { ./neurovisor run --json=full --size small --kernel "$@" -l bash -c "awk '/^MemTotal/ { print \$2 }' /proc/meminfo" 2>/dev/null; }

for kernel in debian small; do run "$kernel" >/dev/null; done
for ((i = 0; i < runs; i++)); do
    for kernel in debian small; do
        for snapshot in off on; do
            run "$kernel" "--snapshot=$snapshot" >"$work/report"
            field acquire <"$work/report" >>"$work/$kernel.$snapshot.acquire"
            field run <"$work/report" >>"$work/$kernel.$snapshot.run"
            sed -n 's/.*"stdout" *: *"\([0-9]*\).*/\1/p' "$work/report" >>"$work/$kernel.memory"
        done
    done
done

row() {
    awk -v what="$1" -v debian="$2" -v small="$3" \
        'BEGIN { printf "%-46s %9d %9d %7.2f\n", what, debian, small, small / debian }'
}

printf '%-46s %9s %9s %7s\n' "median of $runs" debian small ratio
row 'cold boot, request to answering agent, ms' "$(median <"$work/debian.off.acquire")" "$(median <"$work/small.off.acquire")"
row 'clone, request to answering agent, ms' "$(median <"$work/debian.on.acquire")" "$(median <"$work/small.on.acquire")"
row 'clone, from there to the end of a program, ms' "$(median <"$work/debian.on.run")" "$(median <"$work/small.on.run")"
size() { ./neurovisor kernel list | awk -v kernel="$1" '$1 == kernel { print $4 }'; }
row 'kernel, MiB' "$(size debian)" "$(size small)"
row 'MemTotal of a small guest, KiB' "$(median <"$work/debian.memory")" "$(median <"$work/small.memory")"
