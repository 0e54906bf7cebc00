# shellcheck shell=bash
# `neurovisor service`: NeuroVisor as a service of systemd. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

readonly unit=/etc/systemd/system/neurovisor.service

run_service() {
    case "${1-} $#" in
        'install 1') install_service ;;
        'uninstall 1') uninstall_service ;;
        *)
            say 'Usage: neurovisor service install      installs this NeuroVisor as a systemd service without starting it' \
                '       neurovisor service uninstall    stops and removes the service; its data stays'
            [[ ${1-} == -h || ${1-} == --help ]] || exit 2
            ;;
    esac
}

require_systemd() {
    [[ -d /run/systemd/system ]] || die 'This system was not started by systemd (no /run/systemd/system), so it has no services' \
        "of its kind. Another supervisor can start $root/neurovisor serve; SIGTERM ends it."
    ((EUID == 0)) || die "Only root can change the system's services." "Run: sudo $root/neurovisor service $1"
}

install_service() {
    local owner
    # PrivateTmp= of the unit replaces them with empty directories.
    [[ $root/ != /tmp/* && $root/ != /var/tmp/* ]] ||
        die "A service does not see what is in /tmp and /var/tmp, and this clone is $root." 'Clone the repository into /opt/neurovisor.'
    require_systemd install
    # A user who can change files that root executes can become root.
    owner=$(what_others_can_change "$root")
    [[ -z $owner ]] || die "The service would run $root as root, but others can write there: $owner." \
        "Give it to root: chown -R root: $root && chmod -R go-w $root, or clone it into /opt as root."
    [[ $root != *[[:space:]%\"\'\\]* ]] || die "systemd cannot start a program in $root, because of a character in that path." \
        'Clone the repository into /opt/neurovisor.'
    # Builds the product, the image and the template, because the service must not install packages, for example. Uses the Java
    # of the service, for which it records a start.
    JAVA_HOME=$(sed -n 's/^JAVA_HOME=//p' /etc/neurovisor/environment 2>/dev/null) NEUROVISOR_DATA_DIR=/var/lib/neurovisor \
        "$root/neurovisor" setup
    sed "s|/opt/neurovisor/|$root/|" "$root/packaging/systemd/neurovisor.service" >"$unit.new"
    mv -f -- "$unit.new" "$unit"
    systemctl daemon-reload
    say "Installed: $unit" 'Start it, now and at every boot: systemctl enable --now neurovisor' \
        'Let the command line find it: export NEUROVISOR_SOCKET=/run/neurovisor/daemon.sock'
}

# what_others_can_change DIRECTORY: prints a file in it, or a parent directory, that users other than root can change or replace.
what_others_can_change() {
    local directory found
    directory=$(realpath -- "$1")
    found=$(find "$directory" \( ! -user root -o -perm /022 ! -type l \) -print -quit)
    while [[ -z $found && $directory != / ]]; do
        directory=${directory%/*} directory=${directory:-/}
        # In a directory with the sticky bit, other users cannot rename or remove files of root.
        found=$(find "$directory" -maxdepth 0 \( ! -user root -o -perm /022 ! -perm -1000 \) -print)
    done
    printf '%s' "$found"
}

uninstall_service() {
    require_systemd uninstall
    [[ -e $unit ]] || die "$unit is not there: nothing to uninstall."
    systemctl disable --now neurovisor.service
    rm -f -- "$unit"
    systemctl daemon-reload
    say "Removed: $unit" 'Its data stays: /var/lib/neurovisor, which ./neurovisor uninstall --data-dir /var/lib/neurovisor removes.'
}
