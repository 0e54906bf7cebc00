#!/usr/bin/env bash
# What traces, measurements, the status page's memory and the log line of an execution cost a request of the daemon: in one run, in
# turn with all of it and with nothing of it. Exit code 1 where that is more than half a millisecond.
# Guests take no time in it, so that what is left is the host's own part of the path.
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
# The Rust programs have no part in it.
./mvnw --quiet -pl java/cli -am -Dexec.skip=true -DskipTests package
# In memory where there is such a file system: that the audit log waits for the disk is no telemetry, and takes now this long, now that.
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
jars=(java/cli/target/app/lib/*.jar)
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "java/server/target/test-classes:java/engine/target/test-classes:$(IFS=: && printf '%s' "${jars[*]}")" \
    bench/TelemetryCost.java "$work"
