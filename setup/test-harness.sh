# shellcheck shell=bash
# Runs each function test_... of the sourcing script in a scratch copy of the launcher, with a stub of Java that prints its arguments and
# a stub of Maven that counts its builds.
# shellcheck disable=SC2034,SC2154 # Variables shared with the script that sources this one.

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
    unset NEUROVISOR_JAVA_OPTS NEUROVISOR_AOT NEUROVISOR_LOG http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
    for test in $(compgen -A function | grep '^test_'); do
        (($# == 1)) || [[ " ${*:2} " == *" $test "* ]] || continue
        make_copy "$scratch/a copy"
        if problem=$("$test" 2>&1); then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            printf 'FAILED %s\n%s\n' "$test" "$problem"
        fi
    done
    printf '%s: %d passed, %d failed\n' "$1" "$passed" "$failed"
    ((failed == 0))
}

# --- stubs

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

# Stubs of a recent cargo and QEMU, and of an apt-get that installs nothing, independent of this machine.
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
    mkdir -p -- "$copy"/{.mvn,.cargo,proto,guest/agent,seccomp,spawner,java/cli/src/{main,build}} "$HOME"
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
    # Gives all files the same time, so that only files that a test touches are newer than a build.
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
    for _ in {1..600}; do
        "$@" 2>/dev/null && return
        sleep 0.1
    done
    printf 'not in time: %s\n' "$*"
    exit 1
}
