# shellcheck shell=bash
# Runs the parts of a test run, several at a time. Each part is a process group with a log, so that Ctrl-C ends all of them. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

# A test run within a test run has a separate directory.
readonly test_logs=${NEUROVISOR_TEST_LOGS:-$root/target/test} system_tests=$root/java/system-tests/target
declare -A part_pids=() part_codes=() part_seconds=() part_began=() part_news=() part_rest=()
part_order=() parts_not_run=() together=()
# A suffix of the names of parts, where they run again.
round=''

# begin_part NAME COMMAND...: starts COMMAND with its output in the log of that name. end_together waits for it.
begin_part() {
    local name=$1$round reading
    part_order+=("$name")
    together+=("$name")
    part_began[$name]=$SECONDS part_rest[$name]=''
    : >"$test_logs/$name.log"
    exec {reading}<"$test_logs/$name.log"
    part_news[$name]=$reading
    say "$(part_clock)  $name begins (log: $test_logs/$name.log)"
    set -m
    # The lock of the clone must not be held by what a test leaves behind.
    "${@:2}" >>"$test_logs/$name.log" 2>&1 </dev/null {test_lock}>&- &
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
        for name in "$@"; do [[ -z ${part_pids[$name]-} ]] || alive=true; done
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

# end_together: waits for all parts that have begun.
end_together() {
    ((${#together[@]} == 0)) || end_parts "${together[@]}"
    together=()
}

run_part() { begin_part "$@" && end_parts "$1$round"; }

# can_begin PART NEEDED...: whether none of the needed parts has failed; otherwise the part is recorded as not run.
can_begin() {
    local needed
    for needed in "${@:2}"; do
        [[ ${part_codes[$needed]-0} == 0 ]] && continue
        parts_not_run+=("$1$round, because $needed failed")
        say "$(part_clock)  $1$round is not run, because $needed failed"
        return 1
    done
}

part_clock() { printf '%5d s' "$SECONDS"; }

# print_news NAME: a line for each finished class, each failure and each step.
print_news() {
    local line
    while IFS= read -r -u "${part_news[$1]}" line || { part_rest[$1]+=$line && false; }; do
        line=${part_rest[$1]}$line part_rest[$1]=''
        case $line in
            'test: '*) say "$(part_clock)  ${line#test: }" ;;
            'FAILED test_'*) say "$(part_clock)  $1 $line" ;;
            '[INFO] Building '*'['*/*']') say "$(part_clock)  $1: ${line#\[INFO\] Building }" ;;
            '  '[0-9]*' s: '*) say "$(part_clock)  $1: ${line#* s: }" ;;
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

end_run() { stop_parts; remove_own_places; }

interrupt_parts() {
    trap '' INT TERM HUP
    end_run
    trap - "$1" EXIT
    kill -s "$1" $$
}

# --- the parts

# Runs the parts of the selection, each as soon as what it needs has passed. A failed part ends only those that need it.
run_planned_parts() {
    local name
    [[ -z $with_unit_tests && ${#launcher[@]} == 0 ]] || begin_part launcher script_launcher "${launcher[@]}"
    ! can_begin rust packages || begin_rust
    end_together
    ! can_begin unit packages compile || begin_unit
    if plan_needs_machines; then
        if ! can_begin 'each part with machines' packages build images compile; then
            :
        elif [[ $tier == short ]]; then
            # An emulated machine uses one processor, so the lab runs beside the unit tests and the first system tests.
            begin_lab
            ((${#together[@]} == 0)) || end_unit
            begin_here
            end_together
            begin_user
            begin_models
        else
            for name in begin_here begin_models begin_user begin_lab; do
                end_together
                "$name"
            done
        fi
    fi
    end_together
    for name in "${script[@]}"; do
        # This part ran with the unit tests.
        [[ $name == launcher && -n $with_unit_tests ]] || run_part "$name" "script_${name//-/_}"
    done
}

# Without names, all Rust tests of a run with unit tests.
begin_rust() {
    [[ -n $with_unit_tests || ${#rust[@]} -gt 0 ]] || return 0
    begin_part rust rust_tests "${rust[@]}"
}

begin_unit() {
    [[ -n $with_unit_tests || ${#unit[@]} -gt 0 ]] || return 0
    local names=("${unit[@]}")
    # All of them, whichever the table names.
    [[ -z $with_unit_tests ]] || names=()
    begin_part unit "$root/setup/unit-tests.sh" "${names[@]}"
}
end_unit() { [[ -z ${part_pids[unit$round]-} ]] || end_parts "unit$round"; }

compile_tests() {
    if ! plan_needs_machines && [[ -z $with_unit_tests ]]; then
        compile_unit_tests
        return
    fi
    remove_copied_modules
    maven -Ppieces pre-integration-test -Dexec.skip=true && touch -- "$system_tests/libraries" && compile_measurements && compile_injector
}

# Compiles what only the scripts in bench start, so that a change of the product does not break it unseen.
compile_measurements() {
    local jars=("$root"/java/cli/target/app/lib/*.jar)
    (cd "$root" && "$JAVA_HOME/bin/javac" -d target/measurements \
        -cp "java/server/target/test-classes:java/engine/target/test-classes:$(IFS=: && printf '%s' "${jars[*]}")" bench/*.java)
}

# Compiles only the modules of the chosen unit tests, if their libraries are present.
compile_unit_tests() {
    local name modules
    ((${#unit[@]})) || return 0
    if [[ ! -d $system_tests/libraries || -n $(cd "$root" && find pom.xml {proto,java/*}/pom.xml -newer "$system_tests/libraries") ]]; then
        remove_copied_modules
        maven pre-integration-test -Dexec.skip=true && touch -- "$system_tests/libraries"
        return
    fi
    modules=$(for name in "${unit[@]}"; do unit_test_module "${name%%#*}"; done | sort -u | paste -s -d ,)
    maven test-compile -pl "$modules" -am -Dexec.skip=true
}

# rust_tests [TEST...]: all Rust tests, or those of these exact names.
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
    (($# == 0)) || set -- -- --exact "$@"
    cd "$root" && cargo test --locked --workspace --no-fail-fast "$@"
)

# Removes our own libraries from the class path of system tests: Maven copies the present ones and leaves those of removed modules.
remove_copied_modules() { rm -f -- "$system_tests"/libraries/neurovisor-*.jar; }

# Builds the program that injects system calls into a VMM: the lab machine has no compiler.
compile_injector() { (cd "$root" && cargo build --quiet --locked --workspace --example inject); }

# junit_options PLACE: sets options to the JVM options of the tests. In the short tier three classes run at a time, because its cases wait
# for a third of their time; an emulated machine uses one of two processors.
junit_options() {
    local classes=2
    [[ $tier == long ]] || classes=3
    options=("-Dneurovisor.test.place=$1" "-Djava.io.tmpdir=${TMPDIR:-/tmp}" "-Dneurovisor.test.times=$test_logs/times.tsv" --enable-native-access=ALL-UNNAMED
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
    --config=junit.jupiter.execution.parallel.config.{executor-service=WORKER_THREAD_POOL,strategy=fixed})

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
        "--reports-dir=$test_logs/reports/here$round" "${selected[@]}"
}

begin_models() {
    ((${#models[@]})) && ! [[ -z $models_ready && -z $ollama ]] || return 0
    begin_part models run_model_tests "$ollama"
}

# Isolation differs between root and other users. A run by an ordinary user has already tested the latter.
begin_user() {
    ((${#user[@]} && EUID == 0)) || return 0
    # shellcheck source=setup/test-user.sh
    source "$root/setup/test-user.sh"
    begin_part user run_tests_as_user "${user[@]}"
}

begin_lab() {
    ((${#lab_qemu[@]} + ${#lab_firecracker[@]} + ${#lab_user[@]} + ${#lab_systemd[@]})) || return 0
    bring_monitors
    ((${#lab_qemu[@]} == 0)) || begin_part lab-qemu run_in_lab lab-test-qemu "${lab_qemu[*]}" '' '' ''
    ((${#lab_firecracker[@]} + ${#lab_user[@]} + ${#lab_systemd[@]} == 0)) ||
        begin_part lab run_in_lab lab-test '' "${lab_firecracker[*]}" "${lab_user[*]}" "${lab_systemd[*]}"
}

# script_launcher [TEST...]
script_launcher() {
    local status=0
    "$root/setup/test-launcher.sh" "$@" || status=$?
    "$root/setup/test-runner.sh" "$@" || status=$?
    return "$status"
}
script_supply_chain() { "$root/setup/test-supply-chain.sh"; }

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
