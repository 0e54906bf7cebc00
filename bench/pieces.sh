#!/usr/bin/env bash
# Measures single steps of a request without machines, with JMH, and writes each value into bench/results/pieces.json, or into the
# file of -rff. Arguments are passed to JMH: a part of a name selects steps, -f 1 -i 3 shortens the run, -h lists all options.
# Arguments must not contain blanks.
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
exec ./mvnw -q -Ppieces -pl bench/pieces -am -Dexec.skip=true -Dpieces.skip=false \
    "-Dpieces.options=-rf json $*" package
