# shellcheck shell=bash
# Summarises a test run: a table of its parts, the failures, the skipped tests, and the exit code. Sourced.
# shellcheck disable=SC2154 # Variables of the files that are sourced with this one.

# summarize_tests: returns 1 if a test or part failed, or none ran.
summarize_tests() {
    local name code=0 failed=()
    for name in "${part_order[@]}"; do
        [[ ${part_codes[$name]-0} == 0 ]] || failed+=("$name")
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
    for name in "${failed[@]}"; do
        printf 'failed, %s: ended with code %s\n' "$name" "${part_codes[$name]}"
        code=1
    done
    ((${#failed[@]} == 0)) || print_failures "${failed[@]/%/.log}"
    printf '%d passed, %d failed, %d skipped\n' "$all_passed" "$all_failed" "$all_skipped"
    return "$code"
}

# print_counts: a line for each part that ran, from its log and its time. Sets all_passed, all_failed and all_skipped.
print_counts() {
    local name passed failed skipped
    all_passed=0 all_failed=0 all_skipped=0
    printf '%-16s %8s %8s %8s %8s\n' part passed failed skipped time
    for name in "${part_order[@]}"; do
        read -r passed failed skipped < <(count_tests "$test_logs/$name.log")
        printf '%-16s %8d %8d %8d %6d s\n' "$name" "$passed" "$failed" "$skipped" "${part_seconds[$name]-0}"
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
    [[ -z $clients_reason ]] || printf 'Skipped, the tests with real clients: %s\n' "$clients_reason"
    [[ -z $monitors_reason ]] || printf 'Skipped, the tests with a real Prometheus: %s\n' "$monitors_reason"
    [[ -z $browser_reason ]] || printf 'Skipped, the test of the status page in a browser: %s\n' "$browser_reason"
    [[ -z $conformance_reason ]] || printf 'Skipped, the test of the Connect protocol by its public suite: %s\n' "$conformance_reason"
    [[ -z $e2b_clients_reason ]] || printf "Skipped, the test of E2B's clients: %s\n" "$e2b_clients_reason"
    [[ -z $e2b_go_suite_reason ]] || printf "Skipped, E2B's own tests of envd: %s\n" "$e2b_go_suite_reason"
    [[ -z $e2b_suites_reason ]] || printf "Skipped, E2B's own tests: %s\n" "$e2b_suites_reason"
    [[ -z $e2b_envd_reason ]] || printf "Skipped, the comparison with E2B's envd: %s\n" "$e2b_envd_reason"
    [[ -z $specification_reason ]] || printf "Skipped, the test of E2B's specification: %s\\n" "$specification_reason"
    sed -n 's/^SKIPPED \([a-z]*\): /Skipped, of supply-chain \1: /p' "$test_logs/supply-chain.log" 2>/dev/null || true
    ((${#parts_not_begun[@]} == 0)) ||
        printf 'Not started before the end of the time of this run: %s. Run them with ./neurovisor test --area or --slice.\n' "${parts_not_begun[*]}"
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
