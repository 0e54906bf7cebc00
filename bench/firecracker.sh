#!/usr/bin/env bash
# What a Firecracker clone costs through the product's driver, from the request for a machine to the guest agent's answer,
# against the bare sequence in the jailer (the floor), and without it; and a program in a fresh clone, and in a machine that
# waits, which is against a plain process, too, with the memory that such a machine has. Who is compared takes turns, N rounds
# (default 20). Prints medians, writes each value to FILE (default bench/results/firecracker.json), and fails when the first is
# more than 1.2 times the second.
# As root, where KVM boots guests; elsewhere, where its ratios alone say something:
#
#   ./neurovisor lab run --memory 4096 --out bench/results -- bench/firecracker.sh
#
#   bench/firecracker.sh [N [FILE]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jars=(java/cli/target/app/lib/*.jar)
floor=target/x86_64-unknown-linux-gnu/release/neurovisor-floor
[[ -x $floor ]] || { echo "$floor is missing; outside of the lab, run: setup/rust.sh floor" >&2 && exit 1; }

# What `setup --firecracker` has fetched is what the driver takes, too.
for fetched in "${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor}"/firecracker/*/; do
    PATH=${fetched%/}:$PATH
done
exec python3 bench/firecracker.py "${1:-20}" "${2:-${LAB_OUT:-bench/results}/firecracker.json}" \
    "$floor" \
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms32m \
    -XX:ReservedCodeCacheSize=200m -XX:CompileThresholdScaling=0.02 \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$(IFS=: && printf '%s' "${jars[*]}")" bench/FirecrackerRestore.java "$PWD" small
