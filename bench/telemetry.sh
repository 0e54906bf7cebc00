#!/usr/bin/env bash
# Measures the cost of telemetry for a request: traces, metrics, the history of the status page and the log line. Requests with and
# without telemetry take turns in one run. Fails with exit code 1 if the difference exceeds half a millisecond.
# The guests take no time, so that only the host's part of a request is measured.
#
#   bench/telemetry.sh
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=setup/console.sh
source "$root/setup/console.sh"
# shellcheck source=setup/jdk.sh
source "$root/setup/jdk.sh"
find_jdk || die_without_jdk
cd "$root"
# The Rust programs are not needed.
./mvnw --quiet -pl java/cli -am -Dexec.skip=true package
# Uses a file system in memory if there is one: the audit log's wait for the disk is not telemetry, and its duration varies.
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
jars=(java/cli/target/app/lib/*.jar)
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "java/server/target/test-classes:java/engine/target/test-classes:$(IFS=: && printf '%s' "${jars[*]}")" \
    bench/TelemetryCost.java "$work"
