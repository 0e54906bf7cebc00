# shellcheck shell=bash
# Fuzzes the decoders of hostile bytes with libFuzzer and Jazzer, guided by coverage. Sourced.
# shellcheck disable=SC2154 # Variables of the file that sources this one.

readonly fuzz_work=$root/target/fuzz
readonly fuzz_programs=$fuzz_work/build/x86_64-unknown-linux-gnu/fuzz
# The flags of `cargo fuzz --sanitizer none`, which itself would require a nightly compiler.
readonly fuzz_flags='--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares'
# Instruments our code and the decoding libraries.
readonly fuzz_instrumented='io.neurovisor.**:com.fasterxml.jackson.core.**:org.eclipse.jetty.http.**:org.yaml.snakeyaml.**:io.netty.handler.codec.**'

# The seed directories, which define the list of decoders. Those that a guest can reach come first.
fuzz_seeds() {
    (cd "$root" && printf '%s\n' java/host/src/test/resources/io/neurovisor/host/*/*FuzzTestInputs/* \
        fuzz/corpus/{spawner,agent}/* java/{server,agent,e2b}/src/test/resources/io/neurovisor/*/*/*FuzzTestInputs/*)
}

# Short: spawner requests, GuestLink frames.
fuzz_name() {
    local directory=${1%/*}
    directory=${directory##*/}
    printf '%s %s' "${directory%FuzzTestInputs}" "${1##*/}"
}

# build_fuzz_targets: compiles the Rust targets; those of Java are tests.
build_fuzz_targets() {
    RUSTFLAGS=${fuzz_flags//$'\n'/ } CARGO_TARGET_DIR=$fuzz_work/build env --default-signal=INT cargo build --quiet --locked --profile fuzz \
        --target x86_64-unknown-linux-gnu --package neurovisor-spawner --package neurovisor-guest-agent --bins
}

# fuzz_one SEEDS SECONDS [SEED]: adds a line to the results: decoder, exit code, executions, features, inputs, CPU seconds.
# Returns 1 after a finding, and 130 after Ctrl-C, on which the caller must stop.
fuzz_one() {
    local seeds=$1 name file log program='' class='' module line status=0 cpu level=4
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
    # C2 pays off after a minute: 1.4 times the executions after one and a half minutes.
    (($2 >= 60)) || level=1
    local TIMEFORMAT='%U %S'
    if [[ -n $program ]]; then
        cpu=$({ time env --default-signal=INT "NEUROVISOR_FUZZ_TARGET=${seeds##*/}" "$program" "${arguments[@]}" >"$log" 2>&1; } 2>&1) || status=$?
    else
        cpu=$({ time env --default-signal=INT "$JAVA_HOME/bin/java" -XX:+UseSerialGC "-XX:TieredStopAtLevel=$level" -Xmx1g -XX:+EnableDynamicAgentLoading \
            --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
            -cp "$root/java/$module/target/test-classes:$root/java/system-tests/target/libraries/*" \
            com.code_intelligence.jazzer.Jazzer "--target_class=$class" "--target_method=${seeds##*/}" \
            "--instrumentation_includes=$fuzz_instrumented" "--custom_hook_includes=io.neurovisor.**" \
            "--reproducer_path=$fuzz_work/findings" "${arguments[@]}" >"$log" 2>&1; } 2>&1) || status=$?
    fi
    # The exit codes of an interrupted libFuzzer, alone and within a JVM.
    ((status != 72)) && ! grep -qa 'libFuzzer: exiting as requested' "$log" || status=130
    line=$(awk -v name="$name" -v status="$status" -v cpu="$cpu" '
        match($0, /ft: [0-9]+/) { features = substr($0, RSTART + 4, RLENGTH - 4) }
        /^#[0-9]+\t/ { executions = substr($1, 2) }
        match($0, /corp: [0-9]+/) { inputs = substr($0, RSTART + 6, RLENGTH - 6) }
        /^stat::number_of_executed_units:/ { executions = $2 }
        END {
            split(cpu, part, " ")
            # A decoder without executions has not been tested.
            printf "%s\t%d\t%d\t%d\t%d\t%d\n", name, status == 0 && !executions ? 1 : status, executions, features, inputs, part[1] + part[2]
        }' "$log")
    echo "$line" >>"$fuzz_work/results"
    status=$(cut -f 2 <<<"$line")
    case $status in
        0 | 130) return "$status" ;;
        *) report_finding "$seeds" "$file" "$log" && return 1 ;;
    esac
}

# report_finding SEEDS FILE LOG: copies a finding to the seeds, which are tests.
report_finding() {
    local again="cargo test --package neurovisor-spawner corpora_hold"
    case $1 in
        fuzz/corpus/agent/*) again="cargo test --package neurovisor-guest-agent corpora_hold" ;;
        java/*) again="./neurovisor test $(sed -E 's:.*/([A-Za-z]+)Inputs/.*:\1:' <<<"$1")" ;;
    esac
    printf 'FINDING in %s: %s\nInput as Base64: %s\nIts bytes: %s\nAgain: copy them into %s, then %s\nThe whole log: %s\n' "$(fuzz_name "$1")" \
        "$(grep -aEm 1 'panicked at|^== Java Exception|ERROR: libFuzzer' "$3" || { echo -n 'it did not run: ' && tail -n 1 -- "$3"; })" \
        "$(sed -n 's/^Base64: //p' "$3")" \
        "$(find "$fuzz_work/findings" -name "$2-*" -newer "$fuzz_work/begun" -printf '%p ' | head -c 500)" "$1" "$again" "$3"
}

# begin_fuzzing: clears the results.
begin_fuzzing() {
    rm -rf -- "$fuzz_work"/{results,taken}
    mkdir -p -- "$fuzz_work/taken"
    : >"$fuzz_work/results"
    touch -- "$fuzz_work/begun"
    build_fuzz_targets
}

# run_lanes MANY COMMAND...: runs the command in parallel lanes. On Ctrl-C, the lanes report their results and end; returns 130.
run_lanes() {
    local lane status=0
    trap 'status=130' INT
    for ((lane = 0; lane < $1; lane++)); do
        (trap '' INT && "${@:2}" "$lane") &
    done
    until wait; do :; done
    trap - INT
    return "$status"
}

# fuzz_each SECONDS LANES SEED LANE: fuzzes the decoders of one lane sequentially.
fuzz_each() {
    local seeds
    fuzz_seeds | awk -v lane="$4" -v lanes="$2" 'NR % lanes == lane' | while read -r seeds; do
        fuzz_one "$seeds" "$1" ${3:+"$3"} || (($? != 130)) || exit
    done
}

# fuzz_decoders SECONDS LANES [SEED]: fuzzes each decoder for the given time in parallel lanes and prints a table; returns 1 after
# a finding. A seed makes the inputs repeatable, so that a failing test run is caused by a change.
fuzz_decoders() {
    local status=0 began=$SECONDS
    begin_fuzzing || return 1
    run_lanes "$2" fuzz_each "$1" "$2" "${3-}" || status=$?
    awk -F '\t' -v all="$(fuzz_seeds | wc -l)" '
        BEGIN { printf "%-28s %12s %9s %7s %8s %9s\n", "decoder", "executions", "features", "inputs", "CPU s", "findings" }
        {
            printf "%-28s %12d %9d %7d %8d %9s\n", $1, $3, $4, $5, $6, $2 == 130 ? "stopped" : $2 ? "FOUND" : "0"
            if (!$2) passed++
        }
        # A decoder without a line was not started.
        END { failed = all - passed; printf "fuzz: %d passed, %d failed\n", passed, failed; exit failed > 0 }' "$fuzz_work/results" || ((status)) || status=1
    printf 'fuzz time %s\n' $((SECONDS - began))
    return "$status"
}

# --- long runs, which continue from a record

# The record since the last finding: decoder, CPU seconds, executions, maximum of features, date of the last run.
readonly fuzz_record=$root/fuzz/record.tsv

# recorded NAME: the recorded CPU seconds of a decoder.
recorded() { awk -F '\t' -v name="$1" '$1 == name { seconds = $2 } END { print seconds + 0 }' "$fuzz_record"; }

# take_decoder SECONDS: claims the first decoder with less CPU time than that and prints its seeds.
take_decoder() {
    local seeds name
    while read -r seeds; do
        name=$(fuzz_name "$seeds")
        if [[ ! -e $fuzz_work/taken/${name// /-} ]] && (($(recorded "$name") < $1)); then
            touch -- "$fuzz_work/taken/${name// /-}"
            echo "$seeds"
            return
        fi
    done < <(fuzz_seeds)
}

# record_fuzzing NAME: adds the last result to the record. A finding resets the record of the decoder.
record_fuzzing() {
    {
        head -n 1 -- "$fuzz_record"
        awk -F '\t' -v OFS='\t' -v name="$1" -v today="$(date +%F)" '
            NR == FNR { if ($1 == name) { status = $2; executions = $3; features = $4; seconds = $6 } next }
            FNR == 1 { next }
            $1 == name { executions += $3; features = features > $4 ? features : $4; seconds += $2; next }
            { print }
            END { if (!status || status == 130) print name, seconds, executions, features, today }' "$fuzz_work/results" "$fuzz_record" |
            LC_ALL=C sort
    } >"$fuzz_record.new"
    mv -- "$fuzz_record.new" "$fuzz_record"
}

# fuzz_lane SECONDS LANE: fuzzes until each decoder has had the CPU time, in any lane, or the parent shell has ended.
fuzz_lane() {
    local seeds name left status lock
    exec {lock}>"$fuzz_work/lock"
    while kill -0 "$$" 2>/dev/null && flock "$lock" && seeds=$(take_decoder "$1") && flock --unlock "$lock" && [[ -n $seeds ]]; do
        name=$(fuzz_name "$seeds") status=0
        left=$(($1 - $(recorded "$name")))
        # In short parts, so that a power failure loses only one.
        fuzz_one "$seeds" $((left > 600 ? 600 : left < 30 ? 30 : left)) || status=$?
        flock "$lock" && record_fuzzing "$name" && flock --unlock "$lock"
        # Skips a decoder with a finding, which would be found again.
        ((status)) || rm -- "$fuzz_work/taken/${name// /-}"
        ((status != 130)) || exit 130
        printf '  %s has had %d of %d CPU seconds\n' "$name" "$(recorded "$name")" "$1"
    done
}

# fuzz_for_long MINUTES: fuzzes with one lane per processor until each decoder has had this CPU time without a finding, in this
# and earlier runs. Returns 1 if a decoder has not, and 130 if it was interrupted.
fuzz_for_long() {
    local seeds status=0 began=$SECONDS
    begin_fuzzing || return 1
    run_lanes "$(nproc)" fuzz_lane $(($1 * 60)) || status=$?
    awk -F '\t' -v wanted=$(($1 * 60)) '
        NR == FNR { known[$1]; all++; next }
        FNR == 1 { printf "%-28s %12s %9s %8s  %s\n", $1, $3, $4, "CPU s", $5; next }
        { printf "%-28s %12d %9d %8d  %s\n", $1, $3, $4, $2, $5 }
        $1 in known && $2 >= wanted { passed++ }
        END { printf "fuzz: %d passed, %d failed\n", passed, all - passed; exit passed < all }' \
        <(fuzz_seeds | while read -r seeds; do fuzz_name "$seeds" && echo; done) "$fuzz_record" || ((status)) || status=1
    printf 'fuzz time %s\n' $((SECONDS - began))
    return "$status"
}
