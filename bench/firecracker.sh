#!/usr/bin/env bash
# What a Firecracker clone costs through the product's driver, from the request for a machine to the guest agent's answer,
# against the bare sequence in the jailer (the floor), and without it; they take turns, N rounds (default 30) in one run of this
# script. Beside that a program in a machine that waits for it, against the same as a plain process. Prints medians, writes each
# value to FILE (default bench/results/firecracker.json), and fails when the first is more than 1.2 times the second.
# As root, where KVM boots guests. Elsewhere, where its ratios alone say something:
#
#   ./neurovisor lab run --memory 4096 --out bench/results -- bench/firecracker.sh
#
#   bench/firecracker.sh [N [FILE]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rounds=${1:-30}
file=${2:-${LAB_OUT:-bench/results}/firecracker.json}
jars=(java/cli/target/app/lib/*.jar)

# What `setup --firecracker` has fetched is what the driver takes, too.
for fetched in "${NEUROVISOR_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/neurovisor}"/firecracker/*/; do PATH=${fetched%/}:$PATH; done
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms32m \
    --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$(IFS=: && printf '%s' "${jars[*]}")" bench/FirecrackerRestore.java "$PWD" "$rounds" "$file"
