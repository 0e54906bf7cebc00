# shellcheck shell=bash
# Has the decoders of hostile bytes read what libFuzzer and Jazzer make up, led by what of the code it reaches. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

readonly fuzz_work=$root/target/fuzz
readonly fuzz_programs=$fuzz_work/build/x86_64-unknown-linux-gnu/fuzz
# What `cargo fuzz --sanitizer none` compiles with, for which it would need a compiler of its own.
readonly fuzz_flags='--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares'
# Of ours, and of the libraries that decode for us.
readonly fuzz_instrumented='io.neurovisor.**:com.fasterxml.jackson.core.**:org.yaml.snakeyaml.**:io.netty.handler.codec.**'

# The seeds of each decoder, which are the list of them: what a guest reaches comes first.
fuzz_seeds() {
    (cd "$root" && printf '%s\n' java/host/src/test/resources/io/neurovisor/host/*/*FuzzTestInputs/* \
        fuzz/corpus/{spawner,agent}/* java/{server,agent}/src/test/resources/io/neurovisor/*/*/*FuzzTestInputs/*)
}

# Short: spawner requests, GuestLink frames.
fuzz_name() {
    local directory=${1%/*}
    directory=${directory##*/}
    printf '%s %s' "${directory%FuzzTestInputs}" "${1##*/}"
}

# build_fuzz_targets: those of Rust; those of Java are among the tests.
build_fuzz_targets() {
    RUSTFLAGS=${fuzz_flags//$'\n'/ } CARGO_TARGET_DIR=$fuzz_work/build cargo build --quiet --locked --profile fuzz \
        --target x86_64-unknown-linux-gnu --package neurovisor-spawner --package neurovisor-guest-agent --bins
}

# fuzz_one SEEDS SECONDS [SEED]: adds a line to the results: decoder, exit code, executions, features, inputs, CPU seconds.
# Ctrl-C, which a shell keeps from what it starts in the background, ends what runs, and with it the shell that is to go on.
fuzz_one() {
    local seeds=$1 name file log program='' class='' module status=0 cpu
    name=$(fuzz_name "$seeds")
    file=${name// /-}
    log=$fuzz_work/logs/$file.log
    mkdir -p -- "$fuzz_work"/{logs,findings} "$fuzz_work/corpus/$file"
    local arguments=("$fuzz_work/corpus/$file" "$root/$seeds" "-max_total_time=$2" -timeout=60 -max_len=65536
        -print_final_stats=1 "-artifact_prefix=$fuzz_work/findings/$file-" ${3:+"-seed=$3"})
    case $seeds in
        fuzz/corpus/spawner/*) program=$fuzz_programs/neurovisor-spawner ;;
        fuzz/corpus/agent/*) program=$fuzz_programs/neurovisor-guest-agent ;;
        *)
            module=${seeds#java/} && module=${module%%/*}
            class=${seeds#*/resources/} && class=${class%Inputs/*} && class=${class//\//.}
            ;;
    esac
    local TIMEFORMAT='%U %S'
    if [[ -n $program ]]; then
        cpu=$({ time env --default-signal=INT "NEUROVISOR_FUZZ_TARGET=${seeds##*/}" "$program" "${arguments[@]}" >"$log" 2>&1; } 2>&1) || status=$?
    else
        cpu=$({ time env --default-signal=INT "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx1g -XX:+EnableDynamicAgentLoading \
            --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
            -cp "$root/java/$module/target/test-classes:$root/java/system-tests/target/libraries/*" \
            com.code_intelligence.jazzer.Jazzer "--target_class=$class" "--target_method=${seeds##*/}" \
            "--instrumentation_includes=$fuzz_instrumented" "--custom_hook_includes=io.neurovisor.**" \
            "--reproducer_path=$fuzz_work/findings" "${arguments[@]}" >"$log" 2>&1; } 2>&1) || status=$?
    fi
    # libFuzzer's word for interrupted, and the JVM's.
    ((status != 72 && status != 130)) || exit 130
    awk -v name="$name" -v status="$status" -v cpu="$cpu" '
        match($0, /ft: [0-9]+/) { features = substr($0, RSTART + 4, RLENGTH - 4) }
        match($0, /corp: [0-9]+/) { inputs = substr($0, RSTART + 6, RLENGTH - 6) }
        /^stat::number_of_executed_units:/ { executions = $2 }
        END {
            split(cpu, part, " ")
            # One that has read nothing has not been tested.
            printf "%s\t%d\t%d\t%d\t%d\t%d\n", name, status == 0 && !executions ? 1 : status, executions, features, inputs, part[1] + part[2]
        }' "$log" >>"$fuzz_work/results"
    ((status == 0)) || tell_finding "$seeds" "$file" "$log"
}

# tell_finding SEEDS FILE LOG: a seed is a test, so that what was found becomes one.
tell_finding() {
    local again="cargo test --package neurovisor-spawner corpora_hold"
    case $1 in
        fuzz/corpus/agent/*) again="cargo test --package neurovisor-guest-agent corpora_hold" ;;
        java/*) again="./mvnw test -pl $(cut -d/ -f1-2 <<<"$1") -am -Dexec.skip=true -Dsurefire.failIfNoSpecifiedTests=false -Dtest=$(sed -E 's:.*/([A-Za-z]+)Inputs/.*:\1:' <<<"$1")" ;;
    esac
    printf 'FINDING in %s: %s\nInput as Base64: %s\nIts bytes: %s\nAgain: copy them into %s, then %s\nThe whole log: %s\n' "$(fuzz_name "$1")" \
        "$(grep -aEm 1 'panicked at|^== Java Exception|ERROR: libFuzzer' "$3" || { echo -n 'it did not run: ' && tail -n 1 -- "$3"; })" \
        "$(sed -n 's/^Base64: //p' "$3")" \
        "$(find "$fuzz_work/findings" -name "$2-*" -newer "$fuzz_work/begun" -printf '%p ' | head -c 500)" "$1" "$again" "$3"
}

# fuzz_decoders SECONDS LANES [SEED]: each for so long, so many at a time; a table; 1 if there was a finding.
# With a seed the same inputs each time, as far as the time goes: what is tested by the way is to fail for what has changed.
fuzz_decoders() {
    local seeds lane began=$SECONDS
    mkdir -p -- "$fuzz_work"
    : >"$fuzz_work/results"
    touch -- "$fuzz_work/begun"
    build_fuzz_targets || return 1
    for ((lane = 0; lane < $2; lane++)); do
        fuzz_seeds | awk -v lane="$lane" -v lanes="$2" 'NR % lanes == lane' | while read -r seeds; do
            fuzz_one "$seeds" "$1" ${3:+"$3"}
        done &
    done
    wait
    awk -F '\t' -v all="$(fuzz_seeds | wc -l)" '
        BEGIN { printf "%-28s %12s %9s %7s %8s %9s\n", "decoder", "executions", "features", "inputs", "CPU s", "findings" }
        {
            printf "%-28s %12d %9d %7d %8d %9s\n", $1, $3, $4, $5, $6, $2 ? "FOUND" : "0"
            if (!$2) passed++
        }
        # What has no line was interrupted, or never begun.
        END { failed = all - passed; printf "fuzz: %d passed, %d failed\n", passed, failed; exit failed > 0 }' "$fuzz_work/results"
    local status=$?
    printf 'fuzz time %s\n' $((SECONDS - began))
    return "$status"
}
