#!/usr/bin/env bash
# What `./neurovisor run -c 'print(6*7)'` costs against its floor: the bare QEMU sequence with the same image, kernel,
# agent and machine, driven by as little code as possible (bench/floor), and against the host's own Python. Then the same
# of a machine that is there already: from the request to the first byte of output in a primed clone.
# Prints the median of N runs of each (default 15), in one run of this script, for machines differ and are shared.
#
#   bench/compare.sh [N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-15}
data=${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor}
floor=target/x86_64-unknown-linux-gnu/release/neurovisor-floor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

./neurovisor setup
(($(find "$data/templates" -name template.json | wc -l) > 0)) || { echo "no template in $data" >&2; exit 1; }

# The directory that an artifact's pointer file names.
current() { sed -n "s|^directory ||p" "$data/$1.current" | sed "s|^|$data/${1%/*}/|"; }

# What the product's template was booted with, beyond what the floor always says.
template=$(grep -l '"size" : "medium"' "$data"/templates/*/template.json | tail -n 1)
append=$(sed -n 's/.*"machine" : ".*tsc=reliable \(.*\)",*$/\1/p' "$template")
rootfs=$(current images/base)/rootfs.squashfs
kernel=$(./neurovisor kernel list | awk '$6 == "yes" { print $1 }')

"$floor" template "$work" --kernel "$(current "kernels/$kernel")/vmlinux" --initrd "$(current "initrds/$kernel")/initrd.cpio" \
    --rootfs "$rootfs" --memory-mib 544 --vcpus 2 --append "loglevel=4 $append" --accel tcg,tb-size=256 \
    --prime-python "$(cat guest/image/base/warm.py)" --prime-bash "$(cat guest/image/base/warm.sh)" \
    --prime-javascript "$(cat guest/image/base/warm.js)" --warm >"$work/log"

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

milliseconds() {
    local began
    for ((run = 0; run < runs; run++)); do
        began=$(date +%s%N)
        "$@" >/dev/null 2>&1
        echo $((($(date +%s%N) - began) / 1000000))
    done | median
}

# How long step $1 took by itself.
took() { awk -v step="$1" '$1 " " $2 == step { print $5 }'; }

# Both for one program of language $1: the bare sequence, then the product's whole path inside one JVM.
primed_floor() {
    "$floor" clone "$work" --rootfs "$rootfs" --memory-mib 544 --vcpus 2 --accel tcg,tb-size=128 \
        --language "$1" --code "$2" --prime --count "$runs" | took 'first byte'
}
primed_product() {
    local jars=(java/cli/target/app/lib/*.jar)
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms32m \
        --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -cp "$(IFS=: && printf '%s' "${jars[*]}")" bench/PrimedExecution.java "$PWD" "$1" "$2" "$runs"
}

last_step() { awk '$1 == "exit" { print int($2) }'; }

product=$(milliseconds ./neurovisor run --language python -c 'print(6*7)')
bare=$("$floor" clone "$work" --rootfs "$rootfs" --memory-mib 544 --vcpus 2 --accel tcg,tb-size=128 \
    --code 'print(6*7)' --count "$runs" | last_step)
plain=$(milliseconds /usr/bin/python3 -I -c 'print(6*7)')

printf '%-44s %6s\n' "median of $runs, ms" ''
printf '%-44s %6d\n' './neurovisor run, command to exit' "$product" 'bare QEMU clone, process start to exit' "$bare" \
    '/usr/bin/python3 on the host, no isolation' "$plain"
awk -v product="$product" -v bare="$bare" 'BEGIN { printf "%-44s %6.2f\n", "run / bare QEMU clone", product / bare }'

for program in "python print(6*7)" "javascript console.log(6*7)"; do
    language=${program%% *} code=${program#* }
    bare=$(primed_floor "$language" "$code")
    product=$(primed_product "$language" "$code")
    printf '%-44s %6.1f\n' "$language in a primed clone, bare" "$bare" "$language in a primed clone, Executions" "$product"
    awk -v product="$product" -v bare="$bare" 'BEGIN { printf "%-44s %6.2f\n", "Executions / bare", product / bare }'
done
