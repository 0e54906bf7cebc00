# shellcheck shell=bash
# Runs system tests in the lab machine, which has KVM, cgroup v2 and BPF LSM. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

readonly lab_test_memory=4096

# run_in_lab MACHINE "QEMU TEST..." "FIRECRACKER TEST..." "FIRECRACKER TEST AS USER..." "SYSTEMD TEST...": in a machine of that name.
# Each machine uses one processor.
run_in_lab() {
    local status=0 out=$test_logs/reports/$1
    mkdir -p -- "$out"
    "$root/neurovisor" lab run --name "$1" --memory "$lab_test_memory" --out "$out" -- lab/test.sh "$tier" "${@:2}" </dev/null || status=$?
    [[ ! -f $out/times.tsv ]] || cat -- "$out/times.tsv" >>"$test_logs/times.tsv"
    return "$status"
}

# Copies programs to a directory that lab machines see, because they have no network. Called before machines start.
bring_monitors() {
    local directory=${NEUROVISOR_TEST_MONITORS-}
    rm -rf -- "$root/target/monitors"
    [[ -n $directory && -x $directory/prometheus ]] || return 0
    mkdir -p -- "$root/target/monitors"
    cp -- "$directory/prometheus" "$root/target/monitors/"
}
