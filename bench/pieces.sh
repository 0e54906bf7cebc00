#!/usr/bin/env bash
# Measures single steps of a request without machines, by JMH, and writes each value into bench/results/pieces.json unless -rff
# names another file. Arguments are JMH's: a part of a name chooses steps, -f 1 -i 3 makes it short, -h lists them. Arguments with
# blanks are not taken.
#
#   bench/pieces.sh [JMH OPTION...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for argument; do
    if [[ $argument =~ [^A-Za-z0-9_.,:=/*+-] ]]; then
        printf 'bench/pieces.sh: %q: only letters, digits and _.,:=/*+- go to JMH\n' "$argument" >&2
        exit 2
    fi
done
[[ " $* " == *" -rff "* ]] || set -- -rff "$PWD/bench/results/pieces.json" "$@"
exec ./mvnw -q -Ppieces -pl bench/pieces -am -DskipTests -Dexec.skip=true -Dpieces.skip=false \
    "-Dpieces.options=-rf json $*" package
