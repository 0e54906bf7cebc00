#!/usr/bin/env bash
# Runs inside the lab machine: test.sh short|long "TEST..." "TEST..." "TEST..." "TEST..." runs the first tests on QEMU, the second on
# Firecracker, the third on Firecracker as an ordinary user, and the fourth on Firecracker at a systemd. They were compiled outside.
# Writes their reports and times to $LAB_OUT. Fails if there are tests and none of them passes.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
readonly user=neurovisor-test user_home=/lab/test-user
java=${JAVA_HOME:-/usr/lib/jvm/java-25-openjdk-amd64}/bin/java
failed=0
# One template for each VMM: an emulated machine takes minutes to make it.
export NEUROVISOR_SIZE=small
# The prefix of each command, and its path of the repository.
as=() home=$PWD root=$PWD

# shellcheck source=setup/test-table.sh
source "$root/setup/test-table.sh"

# run_on PLACE VMM TEST...
run_on() {
    local place=$1 vmm=$2 test selected=() out=$LAB_OUT/$1 count log
    shift 2
    (($# > 0)) || return 0
    log=$(mktemp)
    mkdir -p -- "$out" && chmod 777 -- "$out"
    for test in "$@"; do
        case $test in
            *'#'*) selected+=(--select-method "$(test_package "${test%%#*}").$test") ;;
            *) selected+=(--select-class "$(test_package "$test").$test") ;;
        esac
    done
    [[ $tier == long ]] || selected+=(--include-tag short)
    # Before the tests, whose time-outs assume that templates exist.
    ! need_template "$@" || NEUROVISOR_VMM=$vmm ./neurovisor setup || failed=1
    "${as[@]}" env "NEUROVISOR_VMM=$vmm" "$java" \
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED "-Dneurovisor.home=$home" \
        "-Dneurovisor.test.place=$place" "-Dneurovisor.test.times=$out/times.tsv" \
        -cp "java/system-tests/target/test-classes:java/system-tests/target/libraries/*" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=summary --disable-ansi-colors \
        --exclude-engine=jqwik --reports-dir "$out" "${selected[@]}" 2>&1 </dev/null | tee "$log" || failed=1
    count=$(sed -nE 's/^\[ +([0-9]+) tests successful +\]$/\1/p' "$log")
    printf 'lab: %s tests passed in %s\n' "${count:-0}" "$place"
    ((${count:-0} > 0)) || failed=1
    [[ ! -f $out/times.tsv ]] || cat -- "$out/times.tsv" >>"$LAB_OUT/times.tsv"
    mv -- "$out/TEST-junit-jupiter.xml" "$LAB_OUT/TEST-$place.xml" || failed=1
    rm -rf -- "${out:?}" "$log"
}

# Whether any of these tests needs more than the machines that it starts.
need_template() {
    local test
    for test in "$@"; do
        [[ ${test%%#*} =~ ^(QemuVmm|Firecracker(Vmm|Fault|Clones|Sizes))IT$ ]] || return 0
    done
    return 1
}

# An ordinary user who may use KVM, with separate images.
make_user() {
    id -u "$user" >/dev/null 2>&1 || useradd --home-dir "$user_home" "$user" || return
    chgrp "$user" /dev/kvm && chmod 660 /dev/kvm || return
    [[ ! -e $user_home ]] || return 0
    mkdir -m 700 -- "$user_home" "$user_home/data" "$user_home/data/images" || return
    cp -a -- "$NEUROVISOR_DATA_DIR"/{kernels,initrds,firecracker} "$user_home/data" || return
    cp -a -- "$NEUROVISOR_DATA_DIR"/images/base* "$user_home/data/images" || return
    chown -R "$user:$user" "$user_home"
}

# Programs that the host has placed next to the build: a machine without a network cannot fetch any.
[[ ! -d target/monitors ]] || export NEUROVISOR_TEST_MONITORS=$PWD/target/monitors

tier=$1
[[ $tier == short ]] || export NEUROVISOR_TEST_LONG=true
read -ra qemu <<<"$2"
read -ra firecracker <<<"$3"
read -ra as_user <<<"$4"
read -ra at_systemd <<<"$5"
((${#qemu[@]} + ${#firecracker[@]} + ${#as_user[@]} + ${#at_systemd[@]} > 0)) || { echo 'lab: no test is named' >&2 && exit 2; }
run_on lab-qemu qemu "${qemu[@]}"
run_on lab-firecracker firecracker "${firecracker[@]}"
as=(lab/systemd.sh) home=/opt/neurovisor
run_on lab-systemd firecracker "${at_systemd[@]}"
as=() home=$PWD
if ((${#as_user[@]} > 0)); then
    make_user || exit 1
    as=(setpriv --reuid "$user" --regid "$user" --init-groups env "HOME=$user_home" "NEUROVISOR_DATA_DIR=$user_home/data")
    # All users may run what root has built.
    "${as[@]}" ./neurovisor --version || failed=1
    run_on lab-user firecracker "${as_user[@]}"
fi
# Events of the machine itself: a processor that was stopped from outside is visible only here.
if ((failed)); then
    printf 'lab: up %s s, load %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$(</proc/loadavg)"
    dmesg | tail -n 40
fi
exit "$failed"
