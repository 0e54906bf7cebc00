# shellcheck shell=bash
# gVisor's runsc, for the comparison in `bench`. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

# A fixed release, so that figures of different machines are comparable; in Debian 13 and the Debian 12 backports. apt verifies
# the signature of the package. Only its static program is extracted; nothing is installed.
readonly gvisor_release=20240729.0
readonly gvisor_seconds=300

# shellcheck source=setup/fetch.sh
source "$root/setup/fetch.sh"

# compares_with_gvisor ARGUMENT...: true for a command line of `bench` that measures scenario warm.
compares_with_gvisor() {
    local previous='' only='' warm='' argument
    [[ $1 == bench && ($# == 1 || $2 == -*) ]] || return 1
    for argument in "${@:2}"; do
        case $argument in
            -h | --help | --publish) return 1 ;;
            --only=*) only=true ;;&
            --only=warm) warm=true ;;
        esac
        if [[ $previous == --only ]]; then
            only=true
            [[ $argument != warm ]] || warm=true
        fi
        previous=$argument
    done
    [[ -z $only || -n $warm ]]
}

# provide_gvisor: adds runsc to PATH unless it has one; prints the reason on failure.
provide_gvisor() {
    ! has runsc || return 0
    if fetch_gvisor; then
        export PATH="$PATH:$gvisor_directory"
    else
        note "bench does not compare with gVisor: $gvisor_reason. It uses any runsc in PATH."
    fi
}

# fetch_gvisor: makes runsc available in gvisor_directory; on failure sets gvisor_reason.
fetch_gvisor() {
    local version
    gvisor_directory=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/gvisor/runsc-$gvisor_release gvisor_reason=''
    [[ ! -x $gvisor_directory/runsc ]] || return 0
    if ! has apt-get || ! has dpkg-deb; then
        gvisor_reason='there is no apt-get to fetch runsc with'
        return 1
    fi
    version=$(gvisor_version)
    # The package lists may be missing; only root can update them.
    if [[ -z $version ]] && ((EUID == 0)); then
        run_apt_update >/dev/null || true
        version=$(gvisor_version)
    fi
    [[ -n $version ]] || { gvisor_reason="apt knows no package runsc of release $gvisor_release" && return 1; }
    fetch_once "$gvisor_directory" "gVisor's runsc $gvisor_release" read_gvisor_line unpack_gvisor "$version" ||
        { gvisor_reason=$fetch_reason && return 1; }
}

# Prints Debian's version of the release, even if apt would prefer another one.
gvisor_version() {
    apt-cache madison runsc 2>/dev/null | awk -v release="0.0~$gvisor_release-" 'index($3, release) == 1 { print $3; exit }'
}

# unpack_gvisor DIRECTORY VERSION
unpack_gvisor() {
    mkdir -p -- "$1/root"
    (cd "$1" && timeout "$gvisor_seconds" apt-get -o APT::Sandbox::User=root download "runsc=$2") || return
    dpkg-deb --extract "$1"/runsc_*.deb "$1/root" || return
    mv -- "$1/root/usr/bin" "$1/bin"
    "$1/bin/runsc" --version
}

# shellcheck disable=SC2034 # For with_progress.
read_gvisor_line() { progress_detail=$1; }
