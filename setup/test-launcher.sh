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
    touch "$copy/java/cli/src/main/A.java"
    launch >/dev/null
    expect 'builds after a change' 2 "$(builds)"
    rm "$copy/java/cli/src/main/B.java"
    launch >/dev/null
    expect 'builds after a deletion' 3 "$(builds)"
    mkdir -p "$copy/proto/target" && touch "$copy/proto/target/output"
    launch >/dev/null
    expect 'builds after output' 3 "$(builds)"
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

test_stopped_build_leaves_nothing_running() {
    touch "$HOME/slow"
    launch_in_background
    eventually test -s "$HOME/maven.child"
    kill -TERM "$launched"
    wait "$launched"
    expect 'exit code' 143 $?
    eventually ended "$(<"$HOME/maven.child")"
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
    touch "$copy/pom.xml"
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

# with_gvisor COMMAND...: a command of setup/gvisor.sh, with an apt that knows the packages in $known.
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

# make_gvisor_apt VERSION...: an apt that knows these, of a package whose program tells its version.
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
    expect reason 'runsc could not be fetched (E: no route to the mirror)' "${shown%%; log: *}"
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

main launcher
