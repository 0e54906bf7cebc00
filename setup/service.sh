# shellcheck shell=bash
# `neurovisor service`: NeuroVisor as a service of systemd. Sourced.
# shellcheck disable=SC2154 # Variables and functions of the file that sources this one.

readonly unit=/etc/systemd/system/neurovisor.service

run_service() {
    case "${1-} $#" in
        'install 1') install_service ;;
        'uninstall 1') uninstall_service ;;
        *)
            say 'Usage: neurovisor service install      makes this NeuroVisor a service of systemd, which is not started yet' \
                '       neurovisor service uninstall    stops it and takes the service away; its data stays'
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
    # The unit's PrivateTmp= has the service see an empty directory in their place.
    [[ $root/ != /tmp/* && $root/ != /var/tmp/* ]] ||
        die "A service does not see what is in /tmp and /var/tmp, and this clone is $root." 'Clone the repository into /opt/neurovisor.'
    require_systemd install
    # Whoever can change what root executes is root.
    owner=$(what_others_can_change "$root")
    [[ -z $owner ]] || die "The service would run $root as root, but others can write there: $owner." \
        "Give it to root: chown -R root: $root && chmod -R go-w $root, or clone it into /opt as root."
    [[ $root != *[[:space:]%\"\'\\]* ]] || die "systemd cannot start a program in $root, because of a character in that path." \
        'Clone the repository into /opt/neurovisor.'
    # Builds, and makes image and template, with all that the service itself may not do: installing packages, for example. And
    # with the Java that the service finds, for which a start is recorded.
    JAVA_HOME=$(sed -n 's/^JAVA_HOME=//p' /etc/neurovisor/environment 2>/dev/null) NEUROVISOR_DATA_DIR=/var/lib/neurovisor \
        "$root/neurovisor" setup
    sed "s|/opt/neurovisor/|$root/|" "$root/packaging/systemd/neurovisor.service" >"$unit.new"
    mv -f -- "$unit.new" "$unit"
    systemctl daemon-reload
    say "Installed: $unit" 'Start it, now and at every boot: systemctl enable --now neurovisor' \
        'Let the command line find it: export NEUROVISOR_SOCKET=/run/neurovisor/daemon.sock'
}

# what_others_can_change DIRECTORY: prints one file in it, or one directory above, that another user than root could change or replace.
what_others_can_change() {
    local directory found
    directory=$(realpath -- "$1")
    found=$(find "$directory" \( ! -user root -o -perm /022 ! -type l \) -print -quit)
    while [[ -z $found && $directory != / ]]; do
        directory=${directory%/*} directory=${directory:-/}
        # In a directory with the sticky bit others can neither rename nor remove what is root's.
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
