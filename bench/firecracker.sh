#!/usr/bin/env bash
# What a Firecracker clone costs through the product's driver, from the request for a machine to the guest agent's answer,
# against the bare sequence in the jailer (the floor), and without it. Prints the median of N runs of each (default 20), in
# one run of this script; fails when the first is more than 1.2 times the second. As root, where KVM boots guests (./neurovisor lab elsewhere), with firecracker and jailer in PATH.
#
#   bench/firecracker.sh [N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runs=${1:-20}
jars=(java/cli/target/app/lib/*.jar)

{ read -r template; read -r rootfs; read -r product; } < <(
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms32m \
        --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
        -cp "$(IFS=: && printf '%s' "${jars[*]}")" bench/FirecrackerRestore.java "$PWD" small "$runs")
jailed=$(python3 bench/firecracker-floor.py jailed "$template" "$rootfs" "$runs")
bare=$(python3 bench/firecracker-floor.py bare "$template" "$rootfs" "$runs")

printf '%-44s\n' "median of $runs, ms"
printf '%-44s %8.1f\n' 'restore to answer through the driver' "$product" 'bare sequence in the jailer' "$jailed" \
    'bare sequence without the jailer' "$bare"
awk -v product="$product" -v floor="$jailed" 'BEGIN { 
    printf "%-44s %8.2f\n", "driver / bare sequence in the jailer", product / floor
    exit product > 1.2 * floor
}'
