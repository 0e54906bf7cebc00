#!/usr/bin/env bash
# Runs inside the lab machine: test.sh "TEST..." "TEST..." runs the first tests on QEMU and the second on Firecracker, which
# were compiled outside. Leaves their reports in $LAB_OUT. A VMM that has tests and passes none is a failure.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=0

# run_on VMM TEST...
run_on() {
    local vmm=$1 test selected=() log count
    shift
    (($# > 0)) || return 0
    log=$(mktemp)
    for test in "$@"; do
        case $test in
            *'#'*) selected+=(--select-method "io.neurovisor.tests.$test") ;;
            *) selected+=(--select-class "io.neurovisor.tests.$test") ;;
        esac
    done
    # Before the tests, whose time-outs are for what is ready.
    NEUROVISOR_VMM=$vmm ./neurovisor setup || failed=1
    [[ "$*" != *LanguageIT* ]] || NEUROVISOR_VMM=$vmm ./neurovisor setup --image full || failed=1
    NEUROVISOR_VMM=$vmm "${JAVA_HOME:-/usr/lib/jvm/java-25-openjdk-amd64}/bin/java" \
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED "-Dneurovisor.home=$PWD" \
        -cp "java/system-tests/target/test-classes:java/system-tests/target/libraries/*" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=tree --disable-ansi-colors \
        --reports-dir "$LAB_OUT/$vmm" "${selected[@]}" 2>&1 </dev/null | tee "$log" || failed=1
    count=$(sed -nE 's/^\[ +([0-9]+) tests successful +\]$/\1/p' "$log")
    printf 'lab: %s tests passed on %s\n' "${count:-0}" "$vmm"
    ((${count:-0} > 0)) || failed=1
    mv -- "$LAB_OUT/$vmm/TEST-junit-jupiter.xml" "$LAB_OUT/TEST-lab-$vmm.xml" || failed=1
    rm -rf -- "${LAB_OUT:?}/$vmm" "$log"
}

read -ra qemu <<<"$1"
read -ra firecracker <<<"$2"
((${#qemu[@]} + ${#firecracker[@]} > 0)) || { echo 'lab: no test is named' >&2 && exit 2; }
run_on qemu "${qemu[@]}"
run_on firecracker "${firecracker[@]}"
exit "$failed"
