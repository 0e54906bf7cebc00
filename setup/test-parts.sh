# shellcheck shell=bash
# Runs the parts of a test run, several at a time. Each part is a process group with a log, so that Ctrl-C ends all of them. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

# A test run within a test run has a separate directory.
readonly test_logs=${NEUROVISOR_TEST_LOGS:-$root/target/test} system_tests=$root/java/system-tests/target
declare -A part_pids=() part_codes=() part_seconds=() part_began=() part_news=() part_rest=()
part_order=() parts_not_begun=() together=()

# begin_part NAME COMMAND...: starts COMMAND with its output in the log of that name.
begin_part() {
    local name=$1 reading
    part_order+=("$name")
    part_began[$name]=$SECONDS part_rest[$name]=''
    : >"$test_logs/$name.log"
    exec {reading}<"$test_logs/$name.log"
    part_news[$name]=$reading
    say "$(part_clock)  $name begins (log: $test_logs/$name.log)"
    set -m
    "${@:2}" >>"$test_logs/$name.log" 2>&1 </dev/null &
    part_pids[$name]=$!
    set +m
}

# end_parts NAME...: waits for these parts and meanwhile prints the reports of all parts, and records the result of each that ends.
end_parts() {
    local name alive=true
    while $alive; do
        alive=false
        for name in "${!part_pids[@]}"; do
            kill -0 "${part_pids[$name]}" 2>/dev/null || end_part "$name"
        done
        for name in "$@"; do [[ -n ${part_codes[$name]-} ]] || alive=true; done
        for name in "${!part_news[@]}"; do print_news "$name"; done
        ! $alive || sleep 0.3
    done
}

# end_part NAME: records the result of a part whose process has ended.
end_part() {
    local reading
    part_codes[$1]=0
    wait "${part_pids[$1]}" || part_codes[$1]=$?
    part_seconds[$1]=$((SECONDS - part_began[$1]))
    print_news "$1"
    reading=${part_news[$1]}
    exec {reading}<&-
    unset "part_news[$1]" "part_pids[$1]"
    say "$(part_clock)  $1 ended with ${part_codes[$1]} after ${part_seconds[$1]} s"
}

# end_together: waits for the parts that the begin_... functions below have started.
end_together() {
    ((${#together[@]} == 0)) || end_parts "${together[@]}"
    together=()
}

run_part() { begin_part "$@" && end_parts "$1"; }

part_clock() { printf '%5d s' "$SECONDS"; }

# print_news NAME: a line for each finished class, each failure and each module that is built.
print_news() {
    local line
    while IFS= read -r -u "${part_news[$1]}" line || { part_rest[$1]+=$line && false; }; do
        line=${part_rest[$1]}$line part_rest[$1]=''
        case $line in
            'test: '*) say "$(part_clock)  ${line#test: }" ;;
            '[INFO] Building '*'['*/*']') say "$(part_clock)  $1: ${line#\[INFO\] Building }" ;;
        esac
    done
}

# Ends all running parts: first as by Ctrl-C, so that each can clean up, then by killing the rest of its group, because background
# processes of scripts ignore Ctrl-C.
stop_parts() {
    local name signal limit=$((SECONDS + 60))
    for name in "${!part_pids[@]}"; do kill -INT -- "-${part_pids[$name]}" 2>/dev/null || unset "part_pids[$name]"; done
    ((${#part_pids[@]})) || return 0
    say '' "Ending ${!part_pids[*]} ..."
    for name in "${!part_pids[@]}"; do
        while kill -0 "${part_pids[$name]}" 2>/dev/null && ((SECONDS < limit)); do sleep 0.1; done
        for signal in TERM KILL; do
            kill -s "$signal" -- "-${part_pids[$name]}" 2>/dev/null || break
            for _ in {1..50}; do
                kill -0 -- "-${part_pids[$name]}" 2>/dev/null || break
                sleep 0.1
            done
        done
    done
    part_pids=()
}

interrupt_parts() {
    trap '' INT TERM HUP
    stop_parts
    trap - "$1" EXIT
    kill -s "$1" $$
}

# may_begin NAME SECONDS: whether a part of this recorded duration ends by NEUROVISOR_TEST_UNTIL, also on a machine that is three
# times slower. ClassDeadline decides that for each class.
may_begin() {
    [[ -n ${NEUROVISOR_TEST_UNTIL-} ]] && ((EPOCHSECONDS + 3 * $2 > NEUROVISOR_TEST_UNTIL)) || return 0
    parts_not_begun+=("$1")
    return 1
}

# expected_seconds PLACE...: the expected duration of the parts in these places, from the table.
expected_seconds() {
    awk -F '\t' -v places=" $* " 'NR == FNR { split($0, part, "[ #]"); planned[part[1], part[2]]; next }
        !/^#/ && ($2, $3) in planned && index(places, " " $2 " ") { sum += $6 } END { print sum + 0 }' <(echo "$parts") "$test_table"
}

# --- the parts

# The unit tests run beside the lab, whose emulated machine uses one processor for minutes. Everything else begins after them.
run_unit_tests() {
    [[ -z $with_unit_tests ]] || begin_part launcher script_launcher
    if plan_needs_machines || [[ -n $with_unit_tests ]]; then
        run_part compile compile_tests
    else
        run_part compile compile_unit_tests
    fi
    require_success compile 'The tests do not compile.'
    if [[ -n $with_unit_tests ]]; then
        # Alone, because interpreters of many languages answer signals there within seconds.
        begin_part rust rust_tests
        end_parts launcher rust
        require_success rust 'The unit tests failed, so nothing else was tested.'
        begin_part unit "$root/setup/unit-tests.sh"
        [[ $tier == long ]] || begin_lab
        end_parts unit
    elif ((${#unit[@]})); then
        run_part unit "$root/setup/unit-tests.sh" "${unit[@]}"
    fi
    require_success unit 'The unit tests failed, so nothing else was tested.'
}

# require_success PART MESSAGE: unless the part has not run or has passed, ends this run.
require_success() {
    [[ ${part_codes[$1]-0} == 0 ]] || {
        stop_parts
        summarize_tests || true
        die "$2" "The logs: $test_logs"
    }
}

compile_tests() {
    remove_copied_modules
    maven pre-integration-test -Dexec.skip=true && touch -- "$system_tests/libraries" && compile_injector
}

# Compiles only the modules of the chosen unit tests, if their libraries are present.
compile_unit_tests() {
    local name modules
    if [[ ! -d $system_tests/libraries || -n $(cd "$root" && find pom.xml {proto,java/*}/pom.xml -newer "$system_tests/libraries") ]]; then
        compile_tests
        return
    fi
    modules=$(for name in "${unit[@]}"; do unit_test_module "${name%%#*}"; done | sort -u | paste -s -d ,)
    maven test-compile -pl "$modules" -am -Dexec.skip=true
}

rust_tests() (
    # shellcheck source=setup/ipython.sh
    source "$root/setup/ipython.sh"
    if fetch_ipython "$root"; then
        export PYTHONPATH=$ipython_directory/packages
    else
        echo 'IPython could not be fetched, so the tests of the Python driver are skipped'
    fi
    if fetch_jupyter "$root"; then
        export NEUROVISOR_TEST_JUPYTER=$jupyter_directory/packages
    else
        echo 'ipykernel and pyarrow could not be fetched, so the tests that need them are skipped'
    fi
    cd "$root" && cargo test --locked --workspace
)

# Removes our own libraries from the class path of system tests: Maven copies the present ones and leaves those of removed modules.
remove_copied_modules() { rm -f -- "$system_tests"/libraries/neurovisor-*.jar; }

# Builds the program that injects system calls into a VMM: the lab machine has no compiler.
compile_injector() { (cd "$root" && cargo build --quiet --locked --workspace --example inject); }

run_planned_parts() {
    local name labs
    if [[ $tier == short ]]; then
        labs=("${together[@]}")
        begin_here
        ((${#labs[@]} == 0)) || end_parts "${labs[@]}"
        begin_user
        begin_models
        end_together
    else
        for name in begin_here begin_models begin_user begin_lab; do
            "$name"
            end_together
        done
    fi
    for name in "${script[@]}"; do
        # This part ran with the unit tests.
        [[ $name != launcher || -z $with_unit_tests ]] || continue
        ! may_begin "$name" "$(expected_seconds script)" || run_part "$name" "script_${name//-/_}"
    done
}

# junit_options PLACE: sets options to the JVM options of the tests. In the short tier three classes run at a time, because its cases wait
# for a third of their time; an emulated machine uses one of two processors.
junit_options() {
    local classes=2
    [[ $tier == long ]] || classes=3
    options=("-Dneurovisor.test.place=$1" "-Dneurovisor.test.times=$test_logs/times.tsv" --enable-native-access=ALL-UNNAMED
        "-Djunit.jupiter.execution.parallel.config.fixed.parallelism=$classes"
        ${minutes:+"-Dneurovisor.test.minutes=$minutes"} ${seed:+"-Dneurovisor.test.seed=$seed"})
}

# Prints "--select-class=..." or "--select-method=..." for each name, and the tag of the short tier.
selectors() {
    local name kind
    for name in "$@"; do
        [[ $name == *'#'* ]] && kind=method || kind=class
        printf -- '--select-%s=%s.%s\n' "$kind" "$(test_package "${name%%#*}")" "$name"
    done
    [[ $tier == long ]] || echo --include-tag=short
}

# The engine of property tests would write a file.
readonly junit_console=(org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=summary --disable-ansi-colors
    --fail-if-no-tests --exclude-engine=jqwik)
readonly junit_in_parallel=(--config=junit.jupiter.execution.parallel.{enabled=true,mode.default=same_thread,mode.classes.default=concurrent}
    --config=junit.jupiter.execution.parallel.config.{executor-service=WORKER_THREAD_POOL,strategy=fixed}
    --config=junit.jupiter.extensions.autodetection.{enabled=true,'include=io.neurovisor.*'})

# Starts the parts planned on this machine, if any. The functions below do the same for other places.
begin_here() {
    local options selected
    ((${#here[@]})) || return 0
    mapfile -t here < <(longest_first here "${here[@]}")
    mapfile -t selected < <(selectors "${here[@]}")
    junit_options here
    begin_part system "$JAVA_HOME/bin/java" "${options[@]}" "-Dneurovisor.home=$root" ${hostile_report:+"-Dneurovisor.hostile.report=$hostile_report"} \
        ${clients_report:+"-Dneurovisor.hostile.clients.report=$clients_report"} \
        -cp "$system_tests/test-classes:$system_tests/libraries/*" "${junit_console[@]}" "${junit_in_parallel[@]}" \
        "--reports-dir=$test_logs/reports/here" "${selected[@]}"
    together+=(system)
}

begin_models() {
    ((${#models[@]})) && ! [[ -z $models_ready && -z $ollama ]] || return 0
    begin_part models run_model_tests "$ollama"
    together+=(models)
}

# Isolation differs between root and other users. A run by an ordinary user has already tested the latter.
begin_user() {
    ((${#user[@]} && EUID == 0)) || return 0
    may_begin user "$(expected_seconds user)" || return 0
    # shellcheck source=setup/test-user.sh
    source "$root/setup/test-user.sh"
    begin_part user run_tests_as_user "${user[@]}"
    together+=(user)
}

begin_lab() {
    ((${#lab_qemu[@]} + ${#lab_firecracker[@]} + ${#lab_user[@]} + ${#lab_systemd[@]})) || return 0
    may_begin lab "$(expected_seconds lab-qemu lab-firecracker lab-user lab-systemd)" || return 0
    bring_monitors
    if ((${#lab_qemu[@]})); then
        begin_part lab-qemu run_in_lab lab-test-qemu "${lab_qemu[*]}" '' '' ''
        together+=(lab-qemu)
    fi
    if ((${#lab_firecracker[@]} + ${#lab_user[@]} + ${#lab_systemd[@]})); then
        begin_part lab run_in_lab lab-test '' "${lab_firecracker[*]}" "${lab_user[*]}" "${lab_systemd[*]}"
        together+=(lab)
    fi
}

script_launcher() { "$root/setup/test-launcher.sh" && "$root/setup/test-runner.sh"; }
script_supply_chain() { "$root/setup/test-supply-chain.sh"; }
script_form() { "$root/setup/test-form.sh"; }

# Presses Ctrl-C while a test has machines, while the lab runs one, and while the short tier runs unit tests and a lab.
script_interrupt() {
    export NEUROVISOR_TEST_LOGS=$test_logs/interrupted
    "$root/setup/test-interrupt.sh" 'qemu-system-x86_64.*-incoming' "$root/neurovisor" test RunIT &&
        "$root/setup/test-interrupt.sh" 'ssh .*lab/test\.sh' "$root/neurovisor" test lab/FirecrackerVmmIT &&
        "$root/setup/test-interrupt.sh" 'qemu-system-x86_64.*neurovisor-lab' "$root/neurovisor" test &&
        echo 'interrupt: 3 passed, 0 failed'
}

script_fresh_trixie() { "$root/setup/fresh-root.sh" --suite trixie --user; }
script_fresh_bookworm() { "$root/setup/fresh-root.sh" --suite bookworm; }

script_fuzz() {
    if [[ -n $minutes ]]; then fuzz_for_long "$minutes"; else fuzz_decoders 5 2 "${seed:-1}"; fi
}

# Runs the tests that depend on the guest kernel with the small one.
script_small_kernel() {
    local options selected
    "$root/neurovisor" kernel build
    mapfile -t selected < <(selectors KernelIT RunIT)
    junit_options script
    NEUROVISOR_KERNEL=small "$JAVA_HOME/bin/java" "${options[@]}" "-Dneurovisor.home=$root" \
        -cp "$system_tests/test-classes:$system_tests/libraries/*" "${junit_console[@]}" "${junit_in_parallel[@]}" "${selected[@]}"
}
