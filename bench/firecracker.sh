#!/usr/bin/env bash
# Compares Firecracker clones of the product's driver with the bare sequence in the jailer (the floor) and without the jailer,
# from the request for a machine to the guest agent's answer. Also compares a program in a fresh clone, and in an idle machine
# (there also with a plain process), and the memory of an idle machine. Compares a checkpoint and its restore with Firecracker's
# own full snapshot. Contenders take turns for N rounds (default 20). Prints medians, writes each value to FILE (default bench/results/firecracker.json), and fails if the driver takes more than 1.2 times
# as long as the floor.
# Runs as root, with KVM. Without KVM it can run in the lab, where only the ratios are meaningful:
#
#   ./neurovisor lab run --memory 4096 --out bench/results -- bench/firecracker.sh
#
#   bench/firecracker.sh [N [FILE]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jars=(java/cli/target/app/lib/*.jar)
floor=target/x86_64-unknown-linux-gnu/release/neurovisor-floor
[[ -x $floor ]] || { echo "$floor is missing; outside of the lab, run: setup/rust.sh floor" >&2 && exit 1; }

# The driver uses the Firecracker that `setup --firecracker` has fetched.
for fetched in "${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor}"/firecracker/*/; do
    PATH=${fetched%/}:$PATH
done
exec python3 bench/firecracker.py "${1:-20}" "${2:-${LAB_OUT:-bench/results}/firecracker.json}" \
    "$floor" \
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms32m \
    -XX:ReservedCodeCacheSize=200m -XX:CompileThresholdScaling=0.02 \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$(IFS=: && printf '%s' "${jars[*]}")" bench/FirecrackerRestore.java "$PWD" small
