#!/usr/bin/env bash
# Tests the launcher: when it builds, how it starts Java, what it installs.
set -uo pipefail

# shellcheck source=setup/test-harness.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/test-harness.sh"

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
    local TIMEFORMAT='%U %S' processor_seconds
    launch >/dev/null
    touch "$copy/java/cli/src/main/A.java" "$copy/Cargo.lock"
    launch >/dev/null
    expect 'what a touched source says' '' "$(<"$HOME/stderr")"
    rm "$copy/target/neurovisor.stamp"
    # CPU time, so that other load does not matter.
    processor_seconds=$({ time launch >/dev/null; } 2>&1)
    awk '$1 + $2 >= 2 { exit 1 }' <<<"$processor_seconds" || { echo "it took $processor_seconds s of the processor" && exit 1; }
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

# As ./mvnw compiles them.
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

# Only the directories of sources and generated files differ between the compilations.
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

# The programs of this checkout, if they exist.
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

test_failed_build_is_reported() {
    touch "$HOME/broken"
    launch >/dev/null
    expect 'exit code' 125 $?
    grep -q 'cannot find symbol' "$HOME/stderr" && grep -q 'target/build.log' "$HOME/stderr" || exit 1
    rm "$HOME/broken"
    launch >/dev/null
    expect 'exit code' 0 $?
    expect builds 2 "$(builds)"
}

test_prints_only_errors_when_quiet() {
    local arguments
    for arguments in -q --quiet '--log-level error' --log-level=error; do
        make_copy "$copy"
        # shellcheck disable=SC2086 # Several words.
        launch $arguments >/dev/null
        expect "stderr of a build with $arguments" '' "$(<"$HOME/stderr")"
    done
    make_copy "$copy"
    NEUROVISOR_LOG=error launch >/dev/null
    expect 'stderr of a build with NEUROVISOR_LOG' '' "$(<"$HOME/stderr")"
    make_copy "$copy"
    touch "$HOME/broken"
    launch --quiet >/dev/null
    expect 'exit code' 125 $?
    expect 'first line' "The end of $copy/target/build.log:" "$(head -n 1 "$HOME/stderr")"
    expect_line "$(<"$HOME/stderr")" 'neurovisor: The build failed: Compiling Java.'
}

test_arguments_of_the_program_do_not_make_it_quiet() {
    local arguments
    for arguments in '-- --quiet' '--log-level=error --log-level=info' '--log-level info'; do
        make_copy "$copy"
        # shellcheck disable=SC2086 # Several words.
        NEUROVISOR_LOG='' launch $arguments >/dev/null
        expect_line "$(<"$HOME/stderr")" "Compiling Java (log: $copy/target/build.log)"
    done
    make_copy "$copy"
    NEUROVISOR_LOG=error launch --log-level info >/dev/null
    expect_line "$(<"$HOME/stderr")" "Compiling Java (log: $copy/target/build.log)"
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

test_an_item_that_takes_long_is_shown_again() {
    local shown
    shown=$(
        source "$copy/setup/console.sh"
        # Half a minute passes with each line.
        read_item() {
            progress_step="1/10 server" progress_detail=$1 SECONDS=$((SECONDS + 31))
            touch "$HOME/$1"
        }
        # shellcheck disable=SC2016 # Another shell expands it.
        with_progress Working "$HOME/log" read_item bash -c 'echo first; until [[ -f $HOME/first ]]; do sleep 0.1; done; sleep 0.5; echo second' 2>&1
    )
    grep -qE '^  3[0-9] s: 1/10 server$' <<<"$shown" && grep -qE '^  6[0-9] s: 1/10 server · second$' <<<"$shown" || {
        echo "$shown"
        exit 1
    }
}

# A terminal shows a line for each running step.
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

# as_user COMMAND...: runs it as an ordinary user in a mount namespace with these contents of /etc/subuid and /etc/subgid.
as_user() {
    chmod a+rx "$scratch"
    chown -R daemon "$copy" "$HOME"
    printf '%s' "$subuid" >"$scratch/subuid"
    printf '%s' "$subgid" >"$scratch/subgid"
    # shellcheck disable=SC2016 # The inner shell's variables.
    unshare --mount --propagation private sh -c 'mount --bind "$1/subuid" /etc/subuid && mount --bind "$1/subgid" /etc/subgid &&
        shift && exec setpriv --reuid=daemon --regid=nogroup --clear-groups --inh-caps=-all -- "$@"' sh "$scratch" "$@"
}

test_first_use_names_the_command_that_adds_user_ids() {
    local subuid subgid status=0 shown
    ((EUID == 0)) && [[ -e /etc/subuid && -e /etc/subgid ]] && unshare --mount true 2>/dev/null || return 0
    for subgid in '' $'anna:200000:65536\n'; do
        subuid=$'anna:100000:65536\n'
        make_copy "$copy"
        shown=$(as_user "$copy/neurovisor" run x.py 2>&1) || status=$?
        expect 'exit code' 125 "$status"
        expect_line "$shown" 'neurovisor: Building images without root needs a range of user ids, and daemon has none. Run:'
        if [[ -z $subgid ]]; then
            expect_line "$shown" '  sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 daemon'
        else
            expect_line "$shown" '  sudo usermod --add-subuids 265536-331071 --add-subgids 265536-331071 daemon'
        fi
        [[ ! -e $HOME/builds ]] || exit 1
    done
    subuid=$'daemon:100000:65536\n' subgid=$subuid
    make_copy "$copy"
    as_user "$copy/neurovisor" run x.py >/dev/null 2>&1
    expect builds 1 "$(builds)"
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

test_a_daemon_started_by_nohup_gets_hangups() {
    (trap '' HUP && exec "$copy/neurovisor" serve wait >/dev/null 2>"$HOME/stderr") &
    eventually test -s "$HOME/java.pid"
    kill -HUP "$!"
    wait "$!"
    expect 'exit code' 129 $?
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

test_service_refuses_what_others_can_change() (
    ((EUID == 0)) || return 0
    # shellcheck source=/dev/null disable=SC2030,SC2031 # The copy's own, here only.
    root=$copy && source "$copy/setup/console.sh" && source "$copy/setup/service.sh"
    expect 'at first' '' "$(what_others_can_change "$copy")"
    chmod o+w "$copy/java/cli/pom.xml"
    expect 'a file' "$copy/java/cli/pom.xml" "$(what_others_can_change "$copy")"
    chmod o-w "$copy/java/cli/pom.xml"
    chmod 0777 "$scratch"
    expect 'a directory above' "$scratch" "$(what_others_can_change "$copy")"
    chmod 0700 "$scratch"
)

test_passes_proxies_to_maven() {
    https_proxy='http://me:p%40ss%26word@proxy.example:3128/' no_proxy='localhost,.example' launch >/dev/null
    grep -q -- '--global-settings' "$HOME/maven.arguments" || exit 1
    settings=$(<"$copy/target/maven-proxies.xml")
    [[ $settings == *'<protocol>https</protocol><host>proxy.example</host><port>3128</port>'* &&
        $settings == *'<password>p@ss&amp;word</password>'* &&
        $settings == *'<nonProxyHosts>localhost|*.example</nonProxyHosts>'* ]] || exit 1
    expect mode 600 "$(stat -c %a "$copy/target/maven-proxies.xml")"
}

# with_gvisor COMMAND...: runs a command of setup/gvisor.sh with an apt stub that has the packages in $known.
with_gvisor() {
    (
        # shellcheck disable=SC2030,SC2031 # The copy's own, here only.
        root=$copy
        for part in console packages gvisor; do
            # shellcheck source=/dev/null
            source "$copy/setup/$part.sh"
        done
        local status=0
        "$@" || status=1
        # shellcheck disable=SC2154 # Set by fetch_gvisor.
        [[ $1 != fetch_gvisor ]] || printf '%s\n' "${gvisor_reason:-$gvisor_directory}"
        exit "$status"
    ) 2>"$HOME/stderr"
}

# make_gvisor_apt VERSION...: creates an apt stub with these versions of a package whose program prints its version.
make_gvisor_apt() {
    mkdir -p -- "$HOME/apt"
    printf ' runsc | %s | a mirror\n' "$@" >"$HOME/known"
    # shellcheck disable=SC2016 # The stand-ins' own variables.
    printf '#!/bin/sh\ncat "$HOME/known"\n' >"$HOME/apt/apt-cache"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\ncase "$*" in *download*) echo "$*" >>"$HOME/downloads"; touch runsc_1_amd64.deb ;; esac\n' >"$HOME/apt/apt-get"
    printf '#!/bin/sh\nmkdir -p "$3/usr/bin" && printf "#!/bin/sh\\n" >"$3/usr/bin/runsc" && chmod +x "$3/usr/bin/runsc"\n' >"$HOME/apt/dpkg-deb"
    chmod +x -- "$HOME"/apt/*
    rm -rf -- "$XDG_CACHE_HOME/neurovisor/gvisor"
}

test_gvisor_is_fetched_once() {
    local directory
    make_gvisor_apt 0.0~20221219.0-2 0.0~20240729.0-4
    directory=$(PATH="$HOME/apt:$PATH" with_gvisor fetch_gvisor)
    expect directory "$XDG_CACHE_HOME/neurovisor/gvisor/runsc-20240729.0" "$directory"
    [[ -x $directory/runsc ]] || exit 1
    expect again "$directory" "$(PATH="$HOME/apt:$PATH" with_gvisor fetch_gvisor)"
    expect downloads '-o APT::Sandbox::User=root download runsc=0.0~20240729.0-4' "$(<"$HOME/downloads")"
    expect 'left behind' $'fetch.log\nrunsc-20240729.0' "$(ls "$XDG_CACHE_HOME/neurovisor/gvisor")"
}

test_gvisor_of_another_release_is_not_used() {
    local shown
    make_gvisor_apt 0.0~20221219.0-2
    shown=$(PATH="$HOME/apt:$PATH" with_gvisor fetch_gvisor)
    expect 'exit code' 1 $?
    expect reason 'apt knows no package runsc of release 20240729.0' "$shown"
}

test_gvisor_that_cannot_be_fetched_is_reported() {
    local shown
    make_gvisor_apt 0.0~20240729.0-4
    printf '#!/bin/sh\necho "E: no route to the mirror"\nexit 100\n' >"$HOME/apt/apt-get"
    shown=$(PATH="$HOME/apt:$PATH" with_gvisor fetch_gvisor)
    expect 'exit code' 1 $?
    expect reason "gVisor's runsc 20240729.0 could not be fetched (E: no route to the mirror)" "${shown%%; log: *}"
}

test_gvisor_is_wanted_by_a_bench_that_compares() {
    local arguments
    for arguments in bench 'bench --quick' 'bench --only warm' 'bench --only=boot --only=warm'; do
        # shellcheck disable=SC2086 # Split on purpose.
        with_gvisor compares_with_gvisor $arguments || { printf 'not wanted: %s\n' "$arguments" && exit 1; }
    done
    for arguments in 'bench agent' 'bench --publish' 'bench --only boot' 'bench --help' 'run --only warm'; do
        # shellcheck disable=SC2086
        ! with_gvisor compares_with_gvisor $arguments || { printf 'wanted: %s\n' "$arguments" && exit 1; }
    done
}

main launcher "$@"
