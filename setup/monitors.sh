# shellcheck shell=bash
# Debian's Prometheus, promtool and Pushgateway, for the tests of metrics. Sourced.
# shellcheck disable=SC2034,SC2154 # Variables and functions shared with the file that sources this one.

# Installing them would start services on the ports of NeuroVisor, so they are unpacked into the cache. PACKAGE PROGRAM NAME.
readonly monitors='
prometheus             usr/bin/prometheus             prometheus
prometheus             usr/bin/promtool               promtool
prometheus-pushgateway usr/bin/prometheus-pushgateway pushgateway
'
readonly monitor_packages=(prometheus prometheus-pushgateway)
readonly monitors_seconds=300

# shellcheck source=setup/fetch.sh
source "$root/setup/fetch.sh"

# fetch_monitors: makes all of them available in monitors_directory; on failure sets monitors_reason.
fetch_monitors() {
    local package version versions='' base
    base=${XDG_CACHE_HOME:-$HOME/.cache}/neurovisor/monitors monitors_reason=''
    if ! has apt-get || ! has dpkg-deb; then
        monitors_reason='there is no apt-get to fetch them with'
        return 1
    fi
    # The package lists may be missing; only root can update them.
    ((EUID != 0)) || [[ -n $(candidate "${monitor_packages[0]}") ]] || run_apt_update >/dev/null || true
    for package in "${monitor_packages[@]}"; do
        version=$(candidate "$package")
        [[ -n $version && $version != '(none)' ]] || { monitors_reason="apt knows no package $package" && return 1; }
        versions+=${versions:+_}$package-${version//:/.}
    done
    monitors_directory=$base/$versions
    ! monitors_are_there "$monitors_directory" || return 0
    # Removes older versions, which are large.
    rm -rf -- "$base"/prometheus-*
    fetch_once "$monitors_directory" 'Prometheus and Pushgateway' read_monitor_line unpack_monitors ||
        { monitors_reason=$fetch_reason && return 1; }
}

monitors_are_there() {
    local package program name
    while read -r package program name; do
        [[ -z $package || -x $1/$name ]] || return 1
    done <<<"$monitors"
}

# The packages are not installed, and their scripts do not run.
unpack_monitors() {
    local deb package program name
    mkdir -p -- "$1/debs" "$1/root" "$1/bin"
    (cd "$1/debs" && timeout "$monitors_seconds" apt-get -o APT::Sandbox::User=root download "${monitor_packages[@]}") || return
    for deb in "$1"/debs/*.deb; do
        printf 'unpacking %s\n' "${deb##*/}"
        dpkg-deb --extract "$deb" "$1/root" || return
    done
    while read -r package program name; do
        [[ -z $package ]] || mv -- "$1/root/$program" "$1/bin/$name" || return
    done <<<"$monitors"
    # Checks that their libraries are available.
    "$1/bin/prometheus" --version && "$1/bin/promtool" --version && "$1/bin/pushgateway" --version
}

read_monitor_line() { progress_detail=$1; }
