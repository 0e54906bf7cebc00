# shellcheck shell=bash
# `neurovisor lab test`: system tests in the lab machine, where KVM, cgroup v2 and BPF LSM are. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

# CLASS or CLASS#METHOD: what only a machine with KVM and cgroup v2 can show, and what both VMMs must do alike. These run at
# the end of `neurovisor test --lab`, in less than a quarter of an hour; all others by `lab test --all`.
readonly lab_qemu_tests=(QemuVmmIT VmmConfinementIT)
readonly lab_firecracker_tests=(FirecrackerVmmIT)
readonly lab_all_firecracker_tests=(FirecrackerClonesIT FirecrackerFaultIT)
readonly lab_all_tests=(RunIT OutcomeIT LanguageIT ProgramsIT UniquenessIT PoolIT TemplateIT)
readonly lab_test_memory=3072

run_lab_tests() {
    local all='' test qemu=("${lab_qemu_tests[@]}") firecracker=("${lab_firecracker_tests[@]}")
    case ${1-} in
        '') ;;
        --all) all=true ;;
        -*)
            say 'Usage: neurovisor lab test [--all | TEST...]  system tests in the lab machine, on each VMM'
            [[ $1 == -h || $1 == --help ]] && exit 0 || exit 2
            ;;
        *)
            # Each on the VMMs that it is not about the other of.
            qemu=() firecracker=()
            for test in "$@"; do
                [[ $test == Firecracker* ]] || qemu+=("$test")
                [[ $test == Qemu* ]] || firecracker+=("$test")
            done
            ;;
    esac
    [[ -z $all ]] || { qemu+=("${lab_all_tests[@]}") && firecracker+=("${lab_all_firecracker_tests[@]}" "${lab_all_tests[@]}"); }
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    install_missing_packages build run lab fetch
    find_jdk || die_without_jdk
    build_if_stale ""
    "$root/neurovisor" setup --firecracker
    [[ -z $all ]] || "$root/neurovisor" setup --image full
    compile_system_tests
    run_compiled_lab_tests "${qemu[*]}" "${firecracker[*]}"
}

compile_system_tests() {
    crates_built=0 crates_all=$(grep -c "^\[\[package\]\]" "$root/Cargo.lock" || true)
    with_progress 'Compiling the tests' "$root/target/lab-compile.log" read_maven_line maven pre-integration-test \
        -Psystem-tests -pl java/system-tests -am -DskipTests -Dexec.skip=true -Dspotless.check.skip=true ||
        die 'The tests do not compile.' "The whole log: $root/target/lab-compile.log"
}

# run_compiled_lab_tests "QEMU TEST..." "FIRECRACKER TEST..."
run_compiled_lab_tests() {
    local reports=$root/java/system-tests/target/failsafe-reports
    mkdir -p -- "$reports"
    rm -f -- "$reports"/TEST-lab-*.xml
    "$root/neurovisor" lab run --name lab-test --memory "$lab_test_memory" --out "$reports" -- \
        lab/test.sh "$1" "$2" </dev/null
}
