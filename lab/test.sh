#!/usr/bin/env bash
# Runs inside the lab machine: test.sh "TEST..." "TEST..." "TEST..." runs the first tests on QEMU, the second on Firecracker and
# the third on Firecracker as an ordinary user; of the second, ServiceUnitIT at a systemd of its own. They were compiled outside.
# Leaves their reports in $LAB_OUT. Where there are tests and none passes, it is a failure.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
readonly user=neurovisor-test user_home=/lab/test-user
java=${JAVA_HOME:-/usr/lib/jvm/java-25-openjdk-amd64}/bin/java
failed=0
# One template for each VMM: a machine that is emulated makes it in minutes.
export NEUROVISOR_SIZE=small
# Whoever has those run here that have a shorter form wants them whole.
export NEUROVISOR_TEST_LONG=true
# What is put before each command, and where it finds the repository.
as=() home=$PWD

# run_on NAME VMM TEST...
run_on() {
    local name=$1 vmm=$2 test selected=() out=$LAB_OUT/$1 log count
    shift 2
    (($# > 0)) || return 0
    log=$(mktemp)
    mkdir -p -- "$out" && chmod 777 -- "$out"
    for test in "$@"; do
        case $test in
            *'#'*) selected+=(--select-method "io.neurovisor.tests.$test") ;;
            *) selected+=(--select-class "io.neurovisor.tests.$test") ;;
        esac
    done
    # Before the tests, whose time-outs are for what is ready.
    ! need_template "$@" || NEUROVISOR_VMM=$vmm ./neurovisor setup || failed=1
    # Of the size that compilers are given.
    [[ "$*" != *LanguageIT* ]] || NEUROVISOR_VMM=$vmm ./neurovisor setup --image full --size medium || failed=1
    "${as[@]}" env "NEUROVISOR_VMM=$vmm" "$java" \
        -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED "-Dneurovisor.home=$home" \
        "-Dneurovisor.hostile=${NEUROVISOR_TEST_HOSTILE-}" \
        -cp "java/system-tests/target/test-classes:java/system-tests/target/libraries/*" \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=tree --disable-ansi-colors \
        --reports-dir "$out" "${selected[@]}" 2>&1 </dev/null | tee "$log" || failed=1
    count=$(sed -nE 's/^\[ +([0-9]+) tests successful +\]$/\1/p' "$log")
    printf 'lab: %s tests passed on %s\n' "${count:-0}" "$name"
    ((${count:-0} > 0)) || failed=1
    mv -- "$out/TEST-junit-jupiter.xml" "$LAB_OUT/TEST-lab-$name.xml" || failed=1
    rm -rf -- "${out:?}" "$log"
}

# Whether any of these does more than start machines of its own.
need_template() {
    local test
    for test in "$@"; do
        [[ ${test%%#*} =~ ^(QemuVmm|Firecracker(Vmm|Fault|Clones|Sizes))IT$ ]] || return 0
    done
    return 1
}

# An ordinary user who may use KVM, with images of his own.
make_user() {
    id -u "$user" >/dev/null 2>&1 || useradd --home-dir "$user_home" "$user" || return
    chgrp "$user" /dev/kvm && chmod 660 /dev/kvm || return
    [[ ! -e $user_home ]] || return 0
    mkdir -m 700 -- "$user_home" "$user_home/data" "$user_home/data/images" || return
    cp -a -- "$NEUROVISOR_DATA_DIR"/{kernels,initrds,firecracker} "$user_home/data" || return
    cp -a -- "$NEUROVISOR_DATA_DIR"/images/base* "$user_home/data/images" || return
    chown -R "$user:$user" "$user_home"
}

# Programs that the host has put beside what is built: a machine without a network fetches none.
[[ ! -d target/monitors ]] || export NEUROVISOR_TEST_MONITORS=$PWD/target/monitors

read -ra qemu <<<"$1"
firecracker=() service=()
for test in $2; do
    [[ $test == ServiceUnitIT* ]] && service+=("$test") || firecracker+=("$test")
done
read -ra as_user <<<"$3"
((${#qemu[@]} + ${#firecracker[@]} + ${#service[@]} + ${#as_user[@]} > 0)) || { echo 'lab: no test is named' >&2 && exit 2; }
run_on qemu qemu "${qemu[@]}"
run_on firecracker firecracker "${firecracker[@]}"
as=(lab/systemd.sh) home=/opt/neurovisor
run_on firecracker-at-systemd firecracker "${service[@]}"
as=() home=$PWD
if ((${#as_user[@]} > 0)); then
    make_user || exit 1
    as=(setpriv --reuid "$user" --regid "$user" --init-groups env "HOME=$user_home" "NEUROVISOR_DATA_DIR=$user_home/data")
    # What root has built is for everybody.
    "${as[@]}" ./neurovisor --version || failed=1
    run_on firecracker-as-user firecracker "${as_user[@]}"
fi
# What this machine itself has been through: a processor that was stopped from outside shows here, and nowhere in a test.
if ((failed)); then
    printf 'lab: up %s s, load %s\n' "$(cut -d' ' -f1 /proc/uptime)" "$(</proc/loadavg)"
    dmesg | tail -n 40
fi
exit "$failed"
