#!/usr/bin/env bash
# `neurovisor test --area first-use`: the first use of a clean clone in an empty Debian, the same again without a network, and with
# --user the first use of an ordinary user. The empty system is a directory, which is removed at the end.
#
#   setup/fresh-root.sh [--suite trixie|bookworm] [--user] [--keep] [--] [COMMAND...]
#
# COMMAND (default: the first ./neurovisor line of README.md, else ./neurovisor setup) runs in the clone of root and of the user, with
# the proxies, mirrors, certificates and settings that this machine needs to reach package servers.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=setup/console.sh
source "$root/setup/console.sh"
# shellcheck source=setup/jdk.sh
source "$root/setup/jdk.sh"
# shellcheck source=setup/packages.sh
source "$root/setup/packages.sh"

suite=trixie user=false keep=false environment=() binds=()

main() {
    parse "$@"
    ((EUID == 0)) || die 'Only root can make an empty system and enter it.' 'Run: sudo ./neurovisor test --area first-use'
    has git || die 'The clean clone is made by git, which is missing.' 'Run: apt-get install git'
    install_missing_packages run

    work=$(mktemp -d "${NEUROVISOR_FRESH_ROOT_DIR:-/var/tmp}/neurovisor-fresh-XXXXXX")
    system=$work/root
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    require_space "$work" 8000 'An empty system with everything in it' \
        'Choose another disk with NEUROVISOR_FRESH_ROOT_DIR=DIR.'
    make_system
    pass_environment_on
    bring_settings /root
    [[ $suite != bookworm ]] || bring_jdk
    use_first 'First use' /root root
    run_inside 'Second use, without a network' without-network /root root "${command[@]}"
    ! $user || use_first_as_user
    say "Fresh $suite: $($user && echo 3 || echo 2) passed, 0 failed"
}

# By useradd's default, the user gets subordinate ids.
use_first_as_user() {
    run_inside 'A user' with-network /root root sh -c \
        'apt-get install --yes --no-install-recommends uidmap >/dev/null && useradd --create-home newcomer'
    bring_settings /home/newcomer
    use_first "An ordinary user's first use" /home/newcomer newcomer
}

# use_first NAME HOME USER: runs the command in a new clone in this home directory.
use_first() {
    local cloned_at=$SECONDS
    clone "$2"
    run_inside "$1" with-network "$2" "$3" "${command[@]}"
    say "From git clone to the result: $((SECONDS - cloned_at)) s, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
}

parse() {
    while (($#)); do
        case $1 in
            --suite) suite=${2?--suite needs a name} && shift ;;
            --suite=*) suite=${1#*=} ;;
            --user) user=true ;;
            --keep) keep=true ;;
            --) shift && break ;;
            -*) say "Unknown option $1. Allowed: --suite trixie|bookworm, --user, --keep" && exit 2 ;;
            *) break ;;
        esac
        shift
    done
    [[ $suite == trixie || $suite == bookworm ]] || { say "--suite is $suite; allowed: trixie, bookworm" && exit 2; }
    command=("$@")
    ((${#command[@]})) || command=(bash -c "$(first_command)")
}

first_command() {
    local line
    line=$(sed -nE 's/^ *(\$ )?(\.\/neurovisor .*)/\2/p' "$root/README.md" 2>/dev/null | sed -n 1p)
    printf '%s' "${line:-./neurovisor setup}"
}

# The mounts ended with their namespace, so only files remain.
clean_up() {
    local status=$?
    trap '' INT TERM HUP
    if $keep; then say "Kept: $work"; else rm -rf --one-file-system -- "$work"; fi
    exit "$status"
}

# uri LABEL: the mirror of this machine for archives with that label.
uri() {
    # shellcheck disable=SC2016 # $(REPO_URI) is apt's own notation.
    apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' "Label: $1" | sed -n 1p
}

make_system() {
    local mirror security began=$SECONDS
    mirror=$(uri Debian) security=$(uri Debian-Security)
    if [[ -z $mirror ]]; then
        mmdebstrap --quiet --variant=minbase "$suite" "$system"
    else
        mmdebstrap --quiet --variant=minbase "$suite" "$system" "deb $mirror $suite main" \
            "deb $mirror $suite-updates main" ${security:+"deb $security $suite-security main"}
    fi
    say "An empty Debian ($suite): $((SECONDS - began)) s"
}

# bring_settings HOME: lets apt, Maven and Cargo reach the servers of this machine.
bring_settings() {
    local home=$system$1
    apt-config dump | grep -E '^Acquire::(http|https|Check|Retries|Force)' >"$system/etc/apt/apt.conf.d/90machine" || true
    mkdir -p "$system/usr/local/share" "$home/.m2" "$home/.cargo"
    [[ ! -d /usr/local/share/ca-certificates ]] || cp -r /usr/local/share/ca-certificates "$system/usr/local/share/"
    [[ ! -f ~/.m2/settings.xml ]] || cp ~/.m2/settings.xml "$home/.m2/"
    [[ ! -f ~/.cargo/config.toml ]] || cp ~/.cargo/config.toml "$home/.cargo/"
    chown -R --reference="$home" -- "$home"
}

pass_environment_on() {
    local name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY MVNW_REPOURL MAVEN_ARGS; do
        [[ -z ${!name-} ]] || environment+=("$name=${!name}")
    done
}

# On Debian 12, which has no JDK 25, a user must install one first. The JDK of this machine is mounted read-only instead, with
# its trusted certificates.
bring_jdk() {
    local certificates
    find_jdk || die_without_jdk
    binds+=("$JAVA_HOME")
    certificates=$(readlink -f -- "$JAVA_HOME/lib/security/cacerts")
    [[ $certificates == "$JAVA_HOME"/* ]] || install -D -m 644 -- "$certificates" "$system$certificates"
    environment+=("JAVA_HOME=$JAVA_HOME")
    say "Debian 12 has no JDK 25: this machine's is lent to it ($JAVA_HOME)"
}

# clone HOME
clone() {
    local changes home=$system$1
    git -c safe.directory='*' -c advice.detachedHead=false clone --quiet --no-local -- "$root" "$home/neurovisor"
    chown -R --reference="$home" -- "$home/neurovisor"
    changes=$(git -c safe.directory='*' -C "$root" status --porcelain | wc -l)
    ((changes == 0)) || say "Not in the clone: $changes uncommitted change(s)"
}

# run_inside NAME with-network|without-network HOME USER COMMAND...: runs the command in the clone of that home directory.
# All processes end with the PID namespace, and the mounts with their namespace.
run_inside() {
    local began=$SECONDS status=0 namespaces=(--mount --propagation private --pid --fork --kill-child)
    [[ $2 == with-network ]] || namespaces+=(--net)
    say '' "$1: ${*:5}"
    # shellcheck disable=SC2016 # The inner shell's variables.
    unshare "${namespaces[@]}" bash -euc '
        system=$1 && shift
        mount --bind -- "$system" "$system"
        mount -t proc proc "$system/proc"
        mount --rbind /sys "$system/sys"
        mount --rbind /dev "$system/dev"
        while [[ $1 != -- ]]; do
            mkdir -p -- "$system$1"
            mount --bind -- "$1" "$system$1"
            mount -o remount,bind,ro -- "$system$1"
            shift
        done
        shift
        ip link set lo up 2>/dev/null || true
        # Uses pivot_root: in a chroot, the kernel creates no user namespaces, which the jails of VMMs need.
        cd "$system"
        mount --move . /
        exec chroot . "$@"
    ' - "$system" ${binds[@]+"${binds[@]}"} -- env -i "HOME=$3" "TERM=${TERM-dumb}" LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ${environment[@]+"${environment[@]}"} \
        bash -c 'cd ~/neurovisor && exec setpriv --reuid "$0" --regid "$0" --init-groups "$@"' "$4" "${@:5}" || status=$?
    ((status == 0)) || die "$1 failed with exit code $status after $((SECONDS - began)) s."
    say "$1: $((SECONDS - began)) s"
}

main "$@"
