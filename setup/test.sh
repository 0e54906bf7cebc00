# shellcheck shell=bash
# `neurovisor test`: everything that this machine can run. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

readonly test_usage=('Usage: neurovisor test                    everything that this machine can run'
    '       neurovisor test --kernel           the same with the small kernel, which it builds first'
    '       neurovisor test --no-lab           the same without what needs the lab machine'
    '       neurovisor test --no-llm           the same without a real model server and its half gigabyte of model'
    '       neurovisor test --llm              the same, and it is an error if they cannot be fetched'
    '       neurovisor test --clients          the same, and it is an error if a real client, monitor or browser cannot be fetched'
    '       neurovisor test --oci              the same with the container image, which it makes and runs (needs root)'
    '       neurovisor test --long             with all variants of what each run shows of some'
    '       neurovisor test --corpus           with all programs of the corpus, of which some run otherwise'
    '       neurovisor test --calls            with 2000 calls of the service instead of 200'
    '       neurovisor test --hostile          all hostile programs and nothing else; writes their table into SECURITY.md'
    '       neurovisor test --hostile-agent [--minutes N] [--seed N]   attacks of guests that are not ours, for 5 minutes, and nothing else'
    '       neurovisor test --chaos [--minutes N] [--seed N]   honest programs beside hostile ones, for 10 minutes, and nothing else'
    '       neurovisor test --fuzz [--minutes N]   each decoder of hostile bytes fuzzed until it has had 30 CPU minutes, with those of earlier runs'
    '       neurovisor test --fresh-root [...] the first use, in an empty system (needs root)')

# leave_out wanted|forced TESTS REASON
leave_out() {
    [[ $1 != forced ]] || die "$2 cannot be run, which --clients asks for: $3"
    say "$2 are skipped: $3"
}

run_tests() {
    local ignored
    # Who starts this in the background of a script has it ignore Ctrl-C, and so would all that the tests interrupt.
    ignored=$(sed -n 's/^SigIgn:\t//p' /proc/$$/status)
    ((0x$ignored & 2)) && exec env --default-signal=INT "$root/neurovisor" test "$@"
    local log=$root/target/test.log launcher_log=$root/target/test-launcher.log user_log=$root/target/test-user.log
    local lab_log=$root/target/test-lab.log lab_status=0
    local models_log=$root/target/test-models.log models_status=0 ollama=${OLLAMA_HOST-}
    local status=0 launcher_status=0 user_status=0 options=() began kernel='' lab=true llm=wanted oci='' clients_wanted=wanted hostile='' alone='' minutes='' seed=''
    local fuzz_log=$root/target/test-fuzz.log fuzz_status=0 fuzzing images images_log=$root/target/setup.log
    while (($#)); do
        case $1 in
            --kernel) kernel=small ;;
            --no-lab) lab='' ;;
            --llm) llm=forced ;;
            --no-llm) llm=never ;;
            --clients) clients_wanted=forced ;;
            --oci) oci=true ;;
            --long) export NEUROVISOR_TEST_LONG=true ;;
            --corpus) options+=('-Dneurovisor.corpus=.*') ;;
            --calls) options+=('-Dneurovisor.calls=2000') ;;
            --hostile-agent | --chaos | --fuzz) alone=${1#--} lab='' llm=never ;;
            --minutes | --seed)
                [[ -n $alone && ${2-} =~ ^[1-9][0-9]{0,18}$ ]] || { say "${test_usage[@]}" && exit 2; }
                local "${1#--}=$2"
                shift
                ;;
            --hostile) hostile=true lab='' llm=never ;;
            --fresh-root) exec "$root/setup/fresh-root.sh" "${@:2}" ;;
            -h | --help) say "${test_usage[@]}" && exit ;;
            *) say "${test_usage[@]}" && exit 2 ;;
        esac
        shift
    done
    # Only the tests that are about it ask the Ollama of whoever tests.
    unset OLLAMA_HOST
    # shellcheck source=setup/build.sh
    source "$root/setup/build.sh"
    # shellcheck source=setup/lab-test.sh
    source "$root/setup/lab-test.sh"
    # shellcheck source=setup/test-models.sh
    source "$root/setup/test-models.sh"
    install_missing_packages build run test
    if [[ -n $lab ]]; then
        # shellcheck source=setup/bpf.sh
        source "$root/setup/bpf.sh"
        install_missing_packages lab fetch bpf
        bpf_is_current || compile_bpf
    fi
    find_jdk || die_without_jdk
    build_if_stale ""

    if [[ -n $kernel ]]; then
        "$root/neurovisor" kernel build
        export NEUROVISOR_KERNEL=$kernel
    fi

    if [[ -n $hostile ]]; then
        run_hostile_programs
        return
    fi

    # shellcheck source=setup/fuzz.sh
    source "$root/setup/fuzz.sh"
    case $alone in
        fuzz)
            maven pre-integration-test -Psystem-tests -DskipTests -Dexec.skip=true >"$log" 2>&1 ||
                die 'The tests could not be compiled.' "The whole log: $log"
            fuzz_for_long "${minutes:-30}"
            return
            ;;
        hostile-agent)
            run_alone HostileAgentIT "-Dneurovisor.hostile.agent.minutes=${minutes:-5}" ${seed:+"-Dneurovisor.hostile.agent.seed=$seed"}
            return
            ;;
        chaos)
            run_alone HostileChaosIT "-Dneurovisor.chaos=${minutes:-10}" ${seed:+"-Dneurovisor.chaos.seed=$seed"}
            return
            ;;
    esac

    # Each has one processor busy, and what is fetched meanwhile the network. What the compiler says it says again when it is time to fuzz.
    { renice --priority 19 --pid "$BASHPID" && build_fuzz_targets; } >/dev/null 2>&1 &
    set_up_images "$lab" >"$images_log" 2>&1 &
    images=$!
    say "Setting up the images meanwhile (log: $images_log)"
    prepare_model_tests "$llm"

    # shellcheck source=setup/clients.sh
    source "$root/setup/clients.sh"
    if fetch_clients; then
        export NEUROVISOR_TEST_CLIENTS=$clients_directory
    else
        unset NEUROVISOR_TEST_CLIENTS
        leave_out "$clients_wanted" 'The tests with real clients' "$clients_reason"
    fi

    # shellcheck source=setup/monitors.sh
    source "$root/setup/monitors.sh"
    if fetch_monitors; then
        export NEUROVISOR_TEST_MONITORS=$monitors_directory
    else
        unset NEUROVISOR_TEST_MONITORS
        leave_out "$clients_wanted" 'The tests with a real Prometheus' "$monitors_reason"
    fi

    # shellcheck source=setup/browser.sh
    source "$root/setup/browser.sh"
    if fetch_browser; then
        export NEUROVISOR_TEST_BROWSER=$browser_program
    else
        unset NEUROVISOR_TEST_BROWSER
        leave_out "$clients_wanted" 'The tests of the status page in a browser' "$browser_reason"
    fi

    with_progress 'Setting up the images' "$root/target/setup-followed.log" read_setup_line tail --quiet --lines=+1 --follow --pid="$images" -- "$images_log" || true
    wait "$images" || { tail -n 15 -- "$images_log" >&2 && die 'The images could not be set up.' "The whole log: $images_log"; }

    if [[ -n $oci ]]; then
        install_missing_packages oci-test
        export NEUROVISOR_TEST_OCI=$root/target/neurovisor-oci.tar
        "$root/neurovisor" oci build --output "$NEUROVISOR_TEST_OCI"
    fi

    [[ -z $lab ]] || export NEUROVISOR_TEST_LAB=true

    began=$SECONDS
    "$root/setup/test-launcher.sh" 2>&1 | tee "$launcher_log" || launcher_status=$?
    printf 'launcher time %s\n' $((SECONDS - began)) >>"$launcher_log"

    has_clippy || options+=(-Dneurovisor.clippy.skip=true)
    rm -rf -- "$root/java/system-tests/target/libraries"
    maven verify -Psystem-tests --fail-at-end ${options[@]+"${options[@]}"} 2>&1 | tee "$log" || status=$?
    # They are laid out when the unit tests have passed, and are what all that follows runs.
    if [[ ! -d $root/java/system-tests/target/libraries ]]; then
        summarize_tests "$launcher_log" "$log"
        tell_failures "$launcher_log" "$log"
        die 'Nothing else was tested: the unit tests come first, and have failed.' "The whole log: $log"
    fi

    began=$SECONDS
    run_model_tests "$ollama" 2>&1 | tee "$models_log" || models_status=$?
    printf 'models time %s\n' $((SECONDS - began)) >>"$models_log"

    # What keeps host and guests apart differs between root and everybody else; whoever is no root has just run the other half.
    : >"$user_log"
    if ((EUID == 0)); then
        # shellcheck source=setup/test-user.sh
        source "$root/setup/test-user.sh"
        began=$SECONDS
        run_tests_as_user "${user_tests[@]}" 2>&1 | tee "$user_log" || user_status=$?
        printf 'user time %s\n' $((SECONDS - began)) >>"$user_log"
    fi

    # What this machine need not have: KVM that boots guests, cgroup v2, Firecracker at work. The lab is one processor; the
    # decoders are fuzzed by another meanwhile.
    : >"$lab_log"
    if [[ -z $lab ]]; then
        fuzz_decoders 5 2 1 2>&1 | tee "$fuzz_log" || fuzz_status=$?
    else
        {
            renice --priority 10 --pid "$BASHPID"
            fuzz_decoders 5 1 1 || exit
        } >"$fuzz_log" 2>&1 &
        fuzzing=$!
        began=$SECONDS
        run_compiled_lab_tests "${lab_qemu_tests[*]}" "${lab_firecracker_tests[*]}" "${lab_user_tests[*]}" 2>&1 | tee "$lab_log" || lab_status=$?
        printf 'lab time %s\n' $((SECONDS - began)) >>"$lab_log"
        wait "$fuzzing" || fuzz_status=$?
        cat -- "$fuzz_log"
    fi

    tell_hostile_programs
    summarize_tests "$launcher_log" "$log" "$fuzz_log" "$models_log" "$user_log" "$lab_log"
    tell_failures "$launcher_log" "$log" "$fuzz_log" "$models_log" "$user_log" "$lab_log"
    tell_model_tests "$ollama"
    grep -E '^lab: [0-9]+ tests passed on ' "$lab_log" || true
    [[ -z $clients_reason ]] || printf 'Skipped, the tests with real clients: %s\n' "$clients_reason"
    [[ -z $monitors_reason ]] || printf 'Skipped, the tests with a real Prometheus: %s\n' "$monitors_reason"
    [[ -z $browser_reason ]] || printf 'Skipped, the test of the status page in a browser: %s\n' "$browser_reason"
    tell_codes "launcher $launcher_status" "test $status" "fuzz $fuzz_status" "models $models_status" "user $user_status" "lab $lab_status"
}

# set_up_images LAB: images and templates, so that the system tests find them; Firecracker where there is a lab for it.
set_up_images() {
    local full status=0
    env --default-signal=INT "$root/neurovisor" setup --image full &
    full=$!
    env --default-signal=INT "$root/neurovisor" setup || status=$?
    [[ -z $1 ]] || env --default-signal=INT "$root/neurovisor" setup --firecracker || status=$?
    wait "$full" || status=$?
    return "$status"
}

# shellcheck disable=SC2034 # For with_progress.
read_setup_line() { progress_step=${1#neurovisor: }; }

# run_alone TEST OPTION...: one system test, and no other test.
run_alone() {
    "$root/neurovisor" setup --size small
    maven verify -Psystem-tests -pl java/system-tests -am -Dexec.skip=true -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \
        -Dit.test="$1" -Dfailsafe.failIfNoSpecifiedTests=false "${@:2}"
}

# All of them, those of the full image too. Their table replaces that of SECURITY.md, whatever it says.
run_hostile_programs() {
    local log=$root/target/test-hostile.log report=$root/target/hostile.md security=$root/SECURITY.md status=0
    "$root/neurovisor" setup --image full
    rm -f -- "$report"
    # Of the unit tests none: that which compares SECURITY.md with the programs is for what is written here.
    run_alone HostileProgramsIT '-Dneurovisor.hostile=.*' "-Dneurovisor.hostile.report=$report" 2>&1 | tee "$log" || status=$?
    [[ -s $report ]] || die 'The hostile programs have left no report.' "The whole log: $log"
    awk -v report="$report" '
        /^<!-- end of what it writes -->$/ { while ((getline line <report) > 0) print line; writes = 0 }
        !writes
        /^<!-- written by .\/neurovisor test --hostile -->$/ { writes = 1 }' "$security" >"$security.new"
    mv -- "$security.new" "$security"
    cat -- "$report"
    return "$status"
}

# How long those took that run each time.
tell_hostile_programs() {
    local report=$root/java/system-tests/target/failsafe-reports/TEST-io.neurovisor.tests.HostileProgramsIT.xml
    [[ ! -f $report ]] ||
        sed -nE 's/^<testsuite .* time="([0-9.,]+)" tests="([0-9]+)" errors="([0-9]+)" skipped="[0-9]+" failures="([0-9]+)".*/hostile programs: \2 in \1 s, \3 errors, \4 failures/p' "$report" || true
}

# Adds up what Surefire, Failsafe, cargo and the launcher's tests have printed.
summarize_tests() {
    awk '
        function seconds(text) {
            gsub(/[\[\] ]|min|s$/, "", text)
            return split(text, part, ":") == 2 ? part[1] * 60 + part[2] : text
        }
        /^\[INFO\] Building .*\[[0-9]+\/[0-9]+\]$/ { suite = /system-tests/ ? "system" : "unit" }
        /Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+ *$/ {
            gsub(/[^0-9 ]/, "")
            failed[suite] += $2 + $3; skipped[suite] += $4; passed[suite] += $1 - $2 - $3 - $4
        }
        /^test result: / { passed[suite] += $4; failed[suite] += $6; skipped[suite] += $8 }
        /^launcher: [0-9]+ passed, / { passed["launcher"] += $2; failed["launcher"] += $4 }
        /^fuzz: [0-9]+ passed, / { passed["fuzz"] += $2; failed["fuzz"] += $4 }
        /^(launcher|fuzz) time / { time[$1] = $3 }
        # The console of JUnit, for the suites that run without Maven. Aborted: something that the test needs is not there.
        FNR == 1 { console = FILENAME ~ /test-lab/ ? "lab" : FILENAME ~ /test-models/ ? "models" : "user" }
        /^\[ +[0-9]+ tests (successful|failed|skipped|aborted) +\]$/ {
            if ($4 == "successful") passed[console] += $2
            if ($4 == "failed") failed[console] += $2
            if ($4 == "skipped" || $4 == "aborted") skipped[console] += $2
        }
        /^(models|user|lab) time / { time[$1] = $3 }
        /^\[INFO\] .* (SUCCESS|FAILURE) \[.*\]$/ {
            time[/system-tests/ ? "system" : "unit"] += seconds(substr($0, match($0, /\[[^\[]*\]$/)))
        }
        END {
            printf "\n%-10s %8s %8s %8s %8s\n", "suite", "passed", "failed", "skipped", "time"
            for (i = split("launcher unit system fuzz models user lab", names, " "); i > 0; i--) {
                suite = names[8 - i]
                printf "%-10s %8d %8d %8d %6d s\n", suite, passed[suite], failed[suite], skipped[suite], time[suite]
                all_passed += passed[suite]; all_failed += failed[suite]; all_skipped += skipped[suite]
            }
            printf "%d passed, %d failed, %d skipped\n", all_passed, all_failed, all_skipped
        }' "$@"
}

# What failed, a line each, after a log of which many see the end only. Of a finding the bytes, where they are few.
tell_failures() {
    awk '
        FNR == 1 { suite = FILENAME; sub(/.*\/(test-)?/, "", suite); sub(/\.log$/, "", suite) }
        /^FAILED test_/ || /^test .* \.\.\. FAILED$/ || /^\[ERROR\] +[A-Z][A-Za-z0-9]*(IT|Test)[.:]/ || / ✘( |$)/ ||
            /^\[ERROR\] .*Failed to execute goal/ || /^(FINDING in|Input as Base64:) / {
            gsub(/^[^A-Za-z\[]+/, "")
            printf "failed, %s: %s\n", suite, substr($0, 1, 400)
        }' "$@" | awk '!seen[$0]++' | head -n 60
}

# tell_codes "SUITE CODE"...: a line for each that ended with another code than 0, be it without a failed test; fails for any.
tell_codes() {
    local suite failed=0
    for suite in "$@"; do
        [[ $suite == *' 0' ]] || { printf 'failed, %s: ended with code %s\n' "${suite% *}" "${suite##* }" && failed=1; }
    done
    return "$failed"
}
