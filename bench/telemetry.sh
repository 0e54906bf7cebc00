#!/usr/bin/env bash
# What traces, measurements and the log line of an execution cost a request of the daemon: in one run, in turn with and without.
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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jars=(java/cli/target/app/lib/*.jar)
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "java/server/target/test-classes:java/testkit/target/classes:$(IFS=: && printf '%s' "${jars[*]}")" \
    bench/TelemetryCost.java "$work"
