# shellcheck shell=bash
# `neurovisor lab test`: system tests in the lab machine, where KVM, cgroup v2 and BPF LSM are. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

# CLASS or CLASS#METHOD: what only a machine with KVM and cgroup v2 can show ends `neurovisor test`, in a quarter of an hour; the
# long ones take much longer in a machine that is emulated.
readonly lab_qemu_tests=(WatchedDaemonIT)
readonly lab_firecracker_tests=(FirecrackerVmmIT FirecrackerRunIT GuestHardeningIT WatchedDaemonIT)
# Once more as an ordinary user, for whom bubblewrap is in the place of Firecracker's jailer.
readonly lab_user_tests=(FirecrackerVmmIT#{coldBootedMachineRunsAProgram,everyLayerIsToldOnceAndNoneIsLiveOfAMachineThatHasEnded})
readonly lab_long_user_tests=(FirecrackerVmmIT)
readonly lab_long_qemu_tests=(QemuVmmIT VmmConfinementIT)
readonly lab_long_firecracker_tests=(FirecrackerFaultIT FirecrackerClonesIT FirecrackerSizesIT)
# At a real systemd (lab/systemd.sh).
readonly lab_systemd_tests=(ServiceUnitIT)
readonly lab_long_tests=(LanguageIT LayerMatrixIT OutcomeIT PoolIT TemplateIT)
readonly lab_test_memory=4096

run_lab_tests() {
    local test qemu=("${lab_qemu_tests[@]}") firecracker=("${lab_firecracker_tests[@]}") user=("${lab_user_tests[@]}")
    case ${1-} in
        '')
            qemu+=("${lab_long_qemu_tests[@]}" "${lab_long_tests[@]}")
            user=("${lab_long_user_tests[@]}")
            firecracker+=("${lab_long_firecracker_tests[@]}" "${lab_systemd_tests[@]}" "${lab_long_tests[@]}")
            ;;
        --short) ;;
        -*)
            say 'Usage: neurovisor lab test            system tests in the lab machine, on QEMU and on Firecracker' \
                '       neurovisor lab test --short    those that end `neurovisor test`' \
                '       neurovisor lab test TEST...    those, as CLASS or CLASS#METHOD'
            [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
            ;;
        *)
            # Each on the VMMs that it is not about the other of.
            qemu=() firecracker=() user=()
            for test in "$@"; do
                [[ $test == @(Firecracker|ServiceUnitIT)* ]] || qemu+=("$test")
                [[ $test == Qemu* ]] || firecracker+=("$test")
                [[ " ${lab_long_user_tests[*]} " != *" $test "* ]] || user+=("$test")
            done
            ;;
    esac
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    # shellcheck source=setup/bpf.sh
    source "$root/setup/bpf.sh"
    install_missing_packages build run lab fetch bpf
    find_jdk || die_without_jdk
    build_if_stale ""
    "$root/neurovisor" setup --firecracker
    [[ "${qemu[*]} ${firecracker[*]}" != *LanguageIT* ]] || "$root/neurovisor" image build full
    bpf_is_current || compile_bpf
    compile_system_tests
    run_compiled_lab_tests "${qemu[*]}" "${firecracker[*]}" "${user[*]}"
}

compile_system_tests() {
    crates_built=0 crates_all=$(grep -c "^\[\[package\]\]" "$root/Cargo.lock" || true)
    with_progress 'Compiling the tests' "$root/target/lab-compile.log" read_maven_line maven pre-integration-test \
        -Psystem-tests -pl java/system-tests -am -DskipTests -Dexec.skip=true ||
        die 'The tests do not compile.' "The whole log: $root/target/lab-compile.log"
    # There is no compiler in the lab.
    (cd "$root" && cargo build --quiet --locked --workspace --example inject) ||
        die 'The program that makes a VMM do a system call does not compile.'
}

# run_compiled_lab_tests "QEMU TEST..." "FIRECRACKER TEST..." "FIRECRACKER TEST AS USER...": QEMU's in a machine of their own
# beside that of the others, for each is one processor. What they say comes when they have ended.
run_compiled_lab_tests() {
    local reports=$root/java/system-tests/target/failsafe-reports log=$root/target/lab-qemu.log beside='' status=0
    # shellcheck source=setup/monitors.sh
    [[ -n ${monitors_directory-} ]] || { source "$root/setup/monitors.sh" && fetch_monitors; } || true
    rm -rf -- "$root/target/monitors"
    [[ -z ${monitors_directory-} || ! -x $monitors_directory/prometheus ]] ||
        { mkdir -p -- "$root/target/monitors" && cp -- "$monitors_directory/prometheus" "$root/target/monitors/"; }
    mkdir -p -- "$reports"
    rm -f -- "$reports"/TEST-lab-*.xml
    if [[ -n $1 && -n $2$3 ]]; then
        env --default-signal=INT "$root/neurovisor" lab run --name lab-test-qemu --memory "$lab_test_memory" --out "$reports" -- \
            lab/test.sh "$1" '' '' >"$log" 2>&1 </dev/null &
        beside=$!
        set -- '' "$2" "$3"
    fi
    "$root/neurovisor" lab run --name lab-test --memory "$lab_test_memory" --out "$reports" -- \
        lab/test.sh "$1" "$2" "$3" </dev/null || status=$?
    if [[ -n $beside ]]; then
        wait "$beside" || status=$?
        cat -- "$log"
    fi
    return "$status"
}
