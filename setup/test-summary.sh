# shellcheck shell=bash
# Repeats what failed, and summarises a test run: a table of its parts, the skipped tests, the failures with the commands that repeat
# them, and the exit code. Sourced.
# shellcheck disable=SC2154 # Variables of the files that are sourced with this one.

# The exit code of a run whose first failed part is this one.
declare -A part_exits=([check]=10 [packages]=11 [build]=11 [images]=12 [compile]=13 [rust]=14 [unit]=15 [launcher]=16 [system]=20 [lab]=21
    [lab-qemu]=21 [user]=22 [models]=23)
readonly other_exit=30 flaky_max=3 repeated_max=10
# A failure of isolation is no accident, nor is one of the rules that read files.
readonly isolation_tests='JailInjectionIT|VmmConfinementIT|SeccompPolicyIT|UniquenessIT|NamespaceFilesIT|HostileProgramsIT|LayerMatrixIT'
# "PLACE NAME" of each test that failed once and then passed alone; parts whose failures are all of this kind; "PART<tab>PLACE NAME" of the others.
flaky_tests=() failed_tests=()
declare -A flaky_parts=()

# repeat_planned_parts: for --repeat N, the second to the last run.
repeat_planned_parts() {
    local number
    for ((number = 2; number <= repeats; number++)); do
        round=-$number
        run_planned_parts
    done
    round=''
}

# repeat_failed_tests: runs each failed class of a part once more, alone.
repeat_failed_tests() {
    local part failed test is_flaky
    for part in "${part_order[@]}"; do
        [[ ${part_codes[$part]-0} != 0 ]] || continue
        mapfile -t failed < <(failed_in "$part")
        is_flaky=${failed:+true}
        # These are the codes of JUnit, of scripts and of Cargo for failed tests; any other one is that of a part that did not end by itself.
        [[ ${part_codes[$part]} =~ ^(1|101)$ ]] || is_flaky=''
        if ((${#failed[@]} > repeated_max)); then
            say "$(part_clock)  $part: ${#failed[@]} tests failed, too many to be repeated"
        fi
        for test in "${failed[@]}"; do
            if ((repeats == 1 && ${#failed[@]} <= repeated_max)) && may_repeat "${test#* }" && passes_alone $test; then
                flaky_tests+=("$test")
            else
                failed_tests+=("$part"$'\t'"$test")
                is_flaky=''
            fi
        done
        [[ -z $is_flaky ]] || flaky_parts[$part]=true
    done
    ((${#flaky_tests[@]} == 0)) || printf '%s\n' "${flaky_tests[@]}" | tr ' ' '\t' >"$test_logs/flaky.tsv"
}

# failed_in PART: "PLACE NAME" for each test class of JUnit, test of Rust or function of a script that failed, from its log.
failed_in() {
    sed -nE -e 's/^test: ([a-z-]+) FAILED ([A-Za-z0-9]+).*/\1 \2/p' -e 's/^test ([^ ]+) \.\.\. FAILED$/rust \1/p' \
        -e 's/^FAILED (test_[a-z0-9_A-Z]+)$/launcher \1/p' "$test_logs/$1.log" | awk '!seen[$0]++'
}

may_repeat() {
    [[ ! $1 =~ ^($isolation_tests)$ && -z $(find "$root"/java/*/src/test -name "$1.java" -exec grep -lF 'Tag("rule")' {} +) ]]
}

# passes_alone PLACE NAME: whether the test, or the methods of the class that were chosen, pass when they run once more with nothing beside them.
# shellcheck disable=SC2034 # The plan of the run below, in place of the whole one.
passes_alone() {
    local name chosen code=1
    chosen=$(grep -E "^$1 $2(#|$)" <<<"$parts" || echo "$1 $2")
    local unit=() rust=() launcher=() here=() user=() models=() lab_qemu=() lab_firecracker=() lab_user=() lab_systemd=() script=()
    local -n planned=${1//-/_}
    mapfile -t planned < <(cut -d ' ' -f 2 <<<"$chosen")
    local with_unit_tests='' parts=$chosen round=-alone-${2//:/.}
    say "$(part_clock)  $2 failed; it is repeated alone"
    run_planned_parts
    for name in "${part_order[@]}"; do
        [[ $name != *"$round" ]] || code=${part_codes[$name]}
    done
    return "$code"
}

# again PLACE NAME: the command that runs this test alone.
again() {
    case $1 in
        here | unit) printf './neurovisor test %s' "$2" ;;
        *) printf './neurovisor test %s/%s' "$1" "$2" ;;
    esac
}

# summarize_tests: returns the exit code of the run.
summarize_tests() {
    local name code=0 failed=()
    for name in "${part_order[@]}"; do
        [[ ${part_codes[$name]-0} == 0 || -n ${flaky_parts[$name]-} || $name == *-alone-* ]] || failed+=("$name")
    done
    for name in "${failed[@]}"; do
        printf '\n--- the end of %s\n' "$test_logs/$name.log"
        tail -n 80 -- "$test_logs/$name.log"
    done
    [[ -z $record ]] || record_run
    printf '\n%s\n' "NeuroVisor's tests: $selection"
    print_counts || code=1
    print_left_out
    print_reports
    ((${#failed[@]} == 0)) || print_failures "${failed[@]/%/.log}"
    ((${#parts_not_run[@]} == 0)) || printf 'not run: %s\n' "${parts_not_run[@]}"
    print_repeats
    if ((${#flaky_tests[@]} > flaky_max)); then
        printf 'failed: %d tests are flaky, more than %d\n' "${#flaky_tests[@]}" "$flaky_max"
        for name in "${part_order[@]}"; do [[ -z ${flaky_parts[$name]-} ]] || failed+=("$name"); done
    fi
    printf '%d passed, %d failed, %d skipped\n' "$all_passed" "$all_failed" "$all_skipped"
    ((${#failed[@]} == 0)) || code=${part_exits[${failed[0]%%-[0-9]*}]-$other_exit}
    return "$code"
}

# print_repeats: a line for each failed test or part, with the command that repeats it, and for each flaky one.
print_repeats() {
    local name one
    for name in "${failed[@]}"; do
        printf 'failed, %s: ended with code %s after %s s, log: %s\n' "$name" "${part_codes[$name]}" "${part_seconds[$name]-0}" "$test_logs/$name.log"
    done
    for one in "${flaky_tests[@]}"; do printf 'FLAKY   %-40s passed alone; again: %s\n' "${one#* }" "$(again $one)"; done
    for one in "${failed_tests[@]}"; do printf 'FAILED  %-40s again: %s\n' "${one##* }" "$(again ${one#*$'\t'})"; done
}

# print_counts: a line for each part that ran, from its log and its time. Sets all_passed, all_failed and all_skipped. Fails if no test passed.
print_counts() {
    local name passed failed skipped
    all_passed=0 all_failed=0 all_skipped=0
    printf '%-16s %8s %8s %8s %8s\n' part passed failed skipped time
    for name in "${part_order[@]}"; do
        read -r passed failed skipped < <(count_tests "$test_logs/$name.log")
        printf '%-16s %8d %8d %8d %6d s\n' "$name" "$passed" "$failed" "$skipped" "${part_seconds[$name]-0}"
        [[ $name != *-alone-* ]] || continue
        # What is flaky has passed in the end.
        [[ -z ${flaky_parts[$name]-} ]] || ((passed += failed, failed = 0)) || true
        ((all_passed += passed, all_failed += failed, all_skipped += skipped)) || true
    done
    printf '%-16s %8d %8d %8d %6d s\n' all "$all_passed" "$all_failed" "$all_skipped" "$SECONDS"
    ((all_passed > 0 && all_failed == 0))
}

# count_tests LOG: passed, failed and skipped, as Surefire, the console of JUnit, cargo and the scripts in setup/ print them.
count_tests() {
    awk '
        /Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+ *$/ {
            gsub(/[^0-9 ]/, "")
            failed += $2 + $3; skipped += $4; passed += $1 - $2 - $3 - $4
        }
        /^test result: / { passed += $4; failed += $6; skipped += $8 }
        # Aborted: a requirement of the test is missing.
        /^\[ +[0-9]+ tests (successful|failed|skipped|aborted) +\]$/ {
            if ($4 == "successful") passed += $2
            else if ($4 == "failed") failed += $2
            else skipped += $2
        }
        match($0, /^[A-Za-z ]+: [0-9]+ passed, [0-9]+ failed/) {
            split(substr($0, index($0, ": ") + 2), word, " ")
            passed += word[1]; failed += word[3]; skipped += word[5]
        }
        END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

# print_failures LOG...: one line per failure. Includes the bytes of a small finding of a fuzzer.
print_failures() {
    (cd "$test_logs" && awk '
        FNR == 1 { suite = FILENAME; sub(/\.log$/, "", suite) }
        /^FAILED test_/ || /^test .* \.\.\. FAILED$/ || /^\[ERROR\] +[A-Z][A-Za-z0-9]*(IT|Test)[.:]/ || /^test: FAILED / ||
            /^test: [a-z-]+ FAILED / || /^\[ERROR\] .*Failed to execute goal/ || /^(FINDING in|Input as Base64:) / {
            sub(/^test: /, "")
            printf "failed, %s: %s\n", suite, substr($0, 1, 400)
        }' "$@" | awk '!seen[$0]++' | head -n 60)
}

print_left_out() {
    ((${#models[@]} == 0)) || report_model_tests "$ollama"
    ((${#left_out[@]} == 0)) || printf 'Skipped, %s\n' "${left_out[@]}"
    sed -n 's/^SKIPPED \([a-z]*\): /Skipped, of supply-chain \1: /p' "$test_logs/supply-chain.log" 2>/dev/null || true
}

# print_reports: the tables of hostile programs and clients, if this run has written them.
print_reports() {
    local report
    for report in "$hostile_report" "$clients_report"; do
        [[ -z $report || ! -s $report ]] || { echo && cat -- "$report" && echo; }
    done
}

# Updates the repository from this run: times, and the tables of hostile programs and clients.
record_run() {
    local name
    for name in "${script[@]}"; do
        [[ -z ${part_seconds[$name]-} ]] || printf 'script\t%s\t%s\n' "$name" "${part_seconds[$name]}"
    done >>"$test_logs/times.tsv"
    record_times "$test_logs/times.tsv"
    record_report hostile "$hostile_report"
    record_report hostile-clients "$clients_report"
}

# record_report AREA REPORT: copies the table of an area into its document, if this run has written it.
record_report() {
    local page=$root/docs/design/security-tests.md
    [[ -n $2 && -s $2 ]] || return 0
    awk -v report="$2" -v mark="<!-- written by ./neurovisor test --area $1 --record -->" '
        writes && $0 == "<!-- end of what it writes -->" { while ((getline line <report) > 0) print line; writes = 0 }
        !writes
        $0 == mark { writes = 1 }' "$page" >"$page.new"
    mv -- "$page.new" "$page"
}
