#!/usr/bin/env bash
# Runs the unit tests of all Java modules, or the named ones, once Maven has compiled them (`./mvnw pre-integration-test`).
# Usage: setup/unit-tests.sh [CLASS|CLASS#METHOD]...
# Two JVMs run all tests, because starting one for each module would take longer than most tests.
set -uo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=setup/test-table.sh
source "$root/setup/test-table.sh"

# The modules of the first JVM, which take half of the time, and the last ones of the second: their fuzz tests make Jazzer instrument
# every class that is loaded later.
readonly first_modules=(bench server agent) last_modules=(e2b host) libraries=$root/java/system-tests/target/libraries

main() {
    local module rest=() first status=0 log
    cd -- "$root/java/system-tests/target" || exit
    if (($#)); then
        run_tests_of "$(chosen_modules "$@")" "$@"
        exit
    fi
    for module in "$root"/java/*/src/test; do
        module=${module%/src/test} module=${module##*/}
        [[ " ${first_modules[*]} ${last_modules[*]} " == *" $module "* ]] || rest+=("$module")
    done
    log=$(mktemp) || exit
    # shellcheck disable=SC2064 # The file of now.
    trap "rm -f -- '$log'" EXIT
    run_tests_of "${first_modules[*]}" >"$log" 2>&1 &
    first=$!
    run_tests_of "${rest[*]} ${last_modules[*]}" || status=$?
    wait "$first" || status=$?
    cat -- "$log"
    return "$status"
}

# run_tests_of "MODULE..." [CLASS|CLASS#METHOD]...: runs the tests of these modules, or those named, in one JVM.
run_tests_of() {
    local module name roots='' selected=()
    for module in $1; do roots+=${roots:+:}$root/java/$module/target/test-classes; done
    # The better compiler takes more than it gains in the time that unit tests run: half of Lincheck's.
    local flags=(-ea -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -XX:+EnableDynamicAgentLoading
        "-Dneurovisor.home=$root" -Dneurovisor.test.place=unit
        --add-opens=java.base/java.util=ALL-UNNAMED) # Lincheck reads the fields of comparators.
    for name in "${@:2}"; do
        selected+=("--select-class=$(test_package "${name%%#*}").${name%%#*}")
        [[ $name == *'#'* ]] || name+='#.*'
        selected+=("--include-methodname=.*\\.$name")
    done
    (($# > 1)) || selected=("--scan-classpath=$roots" '--include-classname=.*Test')
    # Ctrl-C ends background processes of scripts, too.
    env --default-signal=INT "$JAVA_HOME/bin/java" "${flags[@]}" -cp "$roots:$(class_path "$1")" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=summary --disable-ansi-colors --fail-if-no-tests \
        --config=jqwik.database=jqwik-database --config=jqwik.reporting.onlyfailures=true \
        "--reports-dir=$root/java/system-tests/target/unit-reports/${1%% *}" "${selected[@]}" </dev/null
}

# class_path "MODULE...": the compiled classes of all modules, not their jars, which may be older; the testkit, the report of failures,
# and the libraries. The command line has a logging configuration that replaces any other, so tests of other modules run without it.
class_path() {
    local path
    for path in "$root"/{proto,java/*}/target/classes "$root"/java/{engine,system-tests}/target/test-classes "$libraries"/*.jar; do
        [[ $path == "$libraries"/neurovisor-* || ($path == */cli/target/classes && ! " $1 " =~ \ (cli|system-tests)\ ) ]] || printf '%s:' "$path"
    done
}

chosen_modules() {
    local name
    for name in "$@"; do
        name=$(unit_test_module "${name%%#*}")
        echo "${name#java/}"
    done | sort -u | paste -s -d ' '
}

main "$@"
